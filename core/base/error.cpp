#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include "base/alloc.hpp"

namespace crib {

namespace {

// Constant-initialised: no guards, no start-up code.
Error *out_of_memory() {
    static Error e{
        {Kind::error, {1}, nullptr}, -ENOMEM, 0, 0, true, false, nullptr, nullptr, nullptr, nullptr, {}, nullptr};
    return &e;
}

Error *plain_cancelled() {
    static Error e{{Kind::error, {1}, nullptr},
                   CRIB_ECANCELLED,
                   0,
                   0,
                   true,
                   true,
                   nullptr,
                   nullptr,
                   nullptr,
                   nullptr,
                   {},
                   nullptr};
    return &e;
}

Error *instead_of(int code) { return code == CRIB_ECANCELLED ? plain_cancelled() : out_of_memory(); }

// The struct, then the members, then copies of the texts: one block.
Error *allocate(size_t members, const char *message, const char *task) {
    const size_t message_bytes = message ? strlen(message) + 1 : 0;
    const size_t task_bytes = task ? strlen(task) + 1 : 0;
    void *p = mem_alloc(sizeof(Error) + members * sizeof(Error *) + message_bytes + task_bytes);
    if (!p) return nullptr;
    Error *e = new (p) Error;
    counted_init(*e, Kind::error, 1);
    e->code = 0;
    e->depth = 0;
    e->count = 0;
    e->immortal = false;
    e->has_cancelled = false;
    e->shared = nullptr;
    e->cause = nullptr;
    e->payload = nil();
    e->members = reinterpret_cast<Error **>(e + 1);
    char *text = reinterpret_cast<char *>(e->members + members);
    e->message = message ? static_cast<char *>(memcpy(text, message, message_bytes)) : nullptr;
    e->task = task ? static_cast<char *>(memcpy(text + message_bytes, task, task_bytes)) : nullptr;
    return e;
}

// How many entries `e` brings into a new group: its members if it would make the tree too deep, else itself.
bool splices(const Error *e) { return e->count > 0 && e->depth + 1 >= k_error_depth; }

void add_member(Error *group, Error *member) {
    group->members[group->count++] = member;
    if (member->depth + 1 > group->depth) group->depth = member->depth + 1;
    group->has_cancelled |= member->has_cancelled;
    if (group->code == 0 || (group->code == CRIB_ECANCELLED && member->code != CRIB_ECANCELLED)) {
        group->code = member->code;
    }
}

void add_spliced(Error *group, Error *e) {
    for (uint32_t i = 0; i < e->count; i++) add_member(group, error_ref(e->members[i]));
    error_unref(e);
}

}  // namespace

// Keeps a chain of causes walkable: the newest link of one that is too long is left out, and of a tree that is too
// deep its first leaf stays.
static Error *shorten(Error *cause) {
    if (!cause || cause->depth + 1 < k_cause_depth) return cause;
    Error *rest = cause->count == 0 && cause->cause ? error_ref(cause->cause) : nullptr;
    if (!rest) {
        const Error *leaf = error_find(cause, cause->code);
        rest = leaf ? error_leaf(leaf->code, leaf->message, leaf->task) : error_leaf(cause->code, nullptr, nullptr);
    }
    error_unref(cause);
    return rest;
}

Error *error_leaf(int code, const char *message, const char *task) {
    return error_leaf_with_cause(code, message, task, nullptr);
}

Error *error_cancelled(const char *source_text, CancelCause *cause, const char *task) {
    Error *e = allocate(0, nullptr, task);
    if (!e) return plain_cancelled();
    e->code = CRIB_ECANCELLED;
    e->has_cancelled = true;
    e->shared = cause_ref(cause);
    e->message = cause ? cause->message : source_text;
    return e;
}

Error *error_leaf_with_cause(int code, const char *message, const char *task, Error *cause) {
    Error *e = allocate(0, message, task);
    if (!e) {
        error_unref(cause);
        return instead_of(code);
    }
    cause = shorten(cause);
    e->code = code;
    e->has_cancelled = code == CRIB_ECANCELLED;
    e->cause = cause;
    e->depth = cause ? cause->depth + 1 : 0;
    return e;
}

Error *error_group(const char *message, const char *task, Error **items, size_t count) {
    size_t entries = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i]) entries += splices(items[i]) ? items[i]->count : 1;
    }
    if (entries == 0) return nullptr;
    Error *group = allocate(entries, message, task);
    if (!group) {
        Error *kept = nullptr;
        for (size_t i = 0; i < count; i++) {
            const bool better = items[i] && (!kept || kept->code == CRIB_ECANCELLED);
            if (better) {
                error_unref(kept);
                kept = items[i];
            } else {
                error_unref(items[i]);
            }
        }
        return kept;
    }
    for (size_t i = 0; i < count; i++) {
        if (!items[i]) continue;
        if (splices(items[i])) {
            add_spliced(group, items[i]);
        } else {
            add_member(group, items[i]);
        }
    }
    return group;
}

Error *error_join(Error *first, Error *second) {
    if (!first) return second;
    if (!second) return first;
    Error *both[] = {first, second};
    return error_group("several errors in one block", nullptr, both, 2);
}

Error *error_ref(Error *e) {
    if (!e->immortal) counted_ref(*e);
    return e;
}

void error_unref(Error *e) {
    if (!e || e->immortal || !counted_unref(*e)) return;
    for (uint32_t i = 0; i < e->count; i++) error_unref(e->members[i]);
    error_unref(e->cause);
    if (!is_nil(e->payload)) value_drop_carried(e->payload);
    cause_unref(e->shared);
    e->handle = Kind::dead;
    mem_free(e);
}

Error *error_prune_cancelled(Error *e, bool *pruned) {
    if (!e || !e->has_cancelled) return e;
    if (e->count == 0) {
        Error *cause = e->cause ? error_ref(e->cause) : nullptr;
        error_unref(e);
        *pruned = true;
        return error_prune_cancelled(cause, pruned);
    }
    Error *copy = allocate(e->count, e->message, e->task);
    Error *kept = nullptr;
    for (uint32_t i = 0; i < e->count; i++) {
        Error *rest = error_prune_cancelled(error_ref(e->members[i]), pruned);
        if (!rest) continue;
        if (copy) {
            add_member(copy, rest);
        } else {
            kept = error_join(kept, rest);
        }
    }
    if (copy && copy->count > 0) {
        kept = copy;
    } else {
        error_unref(copy);
    }
    error_unref(e);
    return kept;
}

Error *error_find(Error *e, int code) {
    if (!e) return nullptr;
    if (e->count == 0) return e->code == code ? e : error_find(e->cause, code);
    for (uint32_t i = 0; i < e->count; i++) {
        Error *found = error_find(e->members[i], code);
        if (found) return found;
    }
    return nullptr;
}

}  // namespace crib
