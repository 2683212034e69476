// An intrusive doubly linked ring: a link that is alone points to itself. The head is a link too.
#pragma once

namespace crib {

struct Link {
    Link *next;
    Link *prev;
};

inline void link_reset(Link &l) { l.next = l.prev = &l; }
inline bool link_alone(const Link &l) { return l.next == &l; }

inline void link_append(Link &head, Link &l) {
    l.prev = head.prev;
    l.next = &head;
    head.prev->next = &l;
    head.prev = &l;
}

inline void link_prepend(Link &head, Link &l) { link_append(*head.next, l); }

inline void link_remove(Link &l) {
    l.prev->next = l.next;
    l.next->prev = l.prev;
    link_reset(l);
}

}  // namespace crib
