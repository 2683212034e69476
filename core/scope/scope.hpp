// Cancel scopes: the tree, and what cancels reach.
//
// Invariants. Each node's `seen` is the function of its own cancel, its shield and its parent's `seen` (refresh() in
// scope.cpp); `stop` follows from it, and is all that operations test. A change at a node is carried down without
// recursion, and stops where nothing changes. No application code runs while the tree is being walked: it is put off
// to scope_settle (statements 3, 31).
#pragma once

#include <cstdint>

#include "sched/scheduler.hpp"

namespace crib {

struct ScopeSpec {
    int64_t deadline = k_forever;
    int64_t grace = 0;
    Shield shield = Shield::none;
    bool graceful = false;
    bool fail = false;
};

// Told once when a scope becomes effectively cancelled. Whoever owns the memory unlinks it or lets `gone` do it. After a
// soft cancel it may link for the next change: the hard one, or the same again when a shield had hidden it.
struct ScopeLink {
    ScopeLink *next;
    ScopeLink **where;              // what points to this link; NULL = not linked
    void (*fire)(ScopeLink *link);  // the scope is cancelled; the link is unlinked already. NULL: stays until the close
    void (*gone)(ScopeLink *link);  // the scope closed first; unlinked already. May be NULL.
};

// The tree: children are a list, the newest last; the first child's `prev` is the last one.
inline void scope_attach(Scope *scope, Scope *parent) {
    scope->parent = parent;
    scope->next = nullptr;
    if (!parent) return;
    Scope *first = parent->first_child;
    if (!first) {
        parent->first_child = scope;
        scope->prev = scope;
        return;
    }
    scope->prev = first->prev;
    first->prev->next = scope;
    first->prev = scope;
}

inline void scope_detach(Scope *scope) {
    Scope *parent = scope->parent;
    if (!parent) return;
    if (scope->next) {
        scope->next->prev = scope->prev;
    } else {
        parent->first_child->prev = scope->prev;
    }
    if (parent->first_child == scope) {
        parent->first_child = scope->next;
    } else {
        scope->prev->next = scope->next;
    }
    scope->parent = nullptr;
}

// Walks in pre-order below `root`: the node after `n` and all below it, and the node after `n` alone; nullptr at the end.
inline Scope *scope_after(Scope *n, const Scope *root) {
    while (n != root && !n->next) n = n->parent;
    return n == root ? nullptr : n->next;
}
inline Scope *scope_next(Scope *n, const Scope *root) { return n->first_child ? n->first_child : scope_after(n, root); }

// `scope` is zeroed memory. 0, or UV_ENOMEM: then it is not in the tree.
int scope_enter_slow(Scheduler &s, Scope *scope, Scope *parent, Task *owner, ScopeKind kind, const ScopeSpec &spec);
inline int scope_enter(Scheduler &s, Scope *scope, Scope *parent, Task *owner, ScopeKind kind, const ScopeSpec &spec) {
    const bool plain = parent && !parent->seen && !parent->stop && !spec.graceful && spec.deadline > s.now;
    if (!plain) [[unlikely]]
        return scope_enter_slow(s, scope, parent, owner, kind, spec);
    scope->owner = owner;
    scope->kind = kind;
    scope->shield = spec.shield;
    scope->fail = spec.fail;
    scope->deadline = spec.deadline;
    scope->hard_at = k_forever;
    scope->grace = spec.grace;
    scope->timer.kind = k_deadline_scope;
    if (spec.deadline != k_forever) {
        const int rc = deadline_add(s, &scope->timer, spec.deadline);
        if (rc < 0) return rc;
    }
    scope_attach(scope, parent);
    return 0;
}

// Slots that named a scope which closes work in the nearest open one from now on.
inline void scope_rehome_ops(Scope *scope) {
    Task *t = scope->owner;
    if (!t) return;
    if (t->op.scope == scope) t->op.scope = scope->parent;
    for (ExtraOp *op = t->ops; op; op = op->next_of_task) {
        if (op->scope == scope) op->scope = scope->parent;
    }
}

// Takes a scope out of the tree and releases what it holds. Children it still has move up to its parent.
void scope_leave_slow(Scheduler &s, Scope *scope);
inline void scope_leave(Scheduler &s, Scope *scope) {
    scope_rehome_ops(scope);
    const bool bare = !scope->first_child && !scope->links && !scope->held && !scope->cause;
    if (!bare) [[unlikely]]
        return scope_leave_slow(s, scope);
    if (scope->timer.place) s.deadlines.remove(&scope->timer);
    scope_detach(scope);
}
// Hangs a scope, with all below it, under another parent.
void scope_move(Scheduler &s, Scope *scope, Scope *parent);

void scope_cancel(Scheduler &s, Scope *scope, uint8_t source, const char *reason);
void scope_cancel_soft(Scheduler &s, Scope *scope, bool interrupt, int64_t grace, uint8_t source, const char *reason);
// The node in the deadline heap has come up.
void scope_deadline_passed(Scheduler &s, Scope *scope);
int scope_set_deadline(Scheduler &s, Scope *scope, int64_t time);
// Lowers every shield below `root`; false if there was none.
bool scope_lower_shields(Scheduler &s, Scope *root);
void scope_set_shield(Scheduler &s, Scope *scope, Shield shield);
void scope_poison(Scope *scope, int code);

// Links to the scope; fires at once (before this returns, unless the tree is being walked) if it is cancelled already.
void scope_link(Scheduler &s, Scope *scope, ScopeLink *link);
// Links to be told of the next change only.
void scope_link_next(Scope *scope, ScopeLink *link);
void scope_unlink(ScopeLink *link);
// For links: cancels `target` the way `source` is (NULL: closed since). False if that was softly, and the hard cancel is
// still to come.
bool scope_follow(Scheduler &s, const Scope *source, Scope *target, const char *reason);

// Ends a walk: runs the application's abort functions and the links that were put off.
void scope_settle(Scheduler &s);

// From now on cancel points in the scope, and in all that is entered or moved below it, are counted.
inline void scope_count(Scope *scope) { scope->stop |= k_stop_counted; }

inline bool scope_stopped(const Scope *scope) { return scope->stop & k_stop_cancelled; }
inline bool scope_stopped_hard(const Scope *scope) { return scope->seen & k_seen_hard; }
// Rule 5: its Cancelled is its own to absorb.
bool scope_absorbs(const Scope *scope);
bool scope_cancel_called(Scheduler &s, Scope *scope);
// The nearest scope, from here outward, whose own cancel is seen here; nullptr if there is none.
const Scope *scope_canceller(const Scope *scope);
int64_t scope_effective_deadline(const Scope *scope);
int64_t scope_remaining_grace(Scheduler &s, const Scope *scope);

// Completes what is due at s.now: sleeping ops and scope deadlines.
void expire_deadlines(Scheduler &s);

const char *source_name(int source);

}  // namespace crib
