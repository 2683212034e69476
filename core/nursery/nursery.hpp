// Nurseries: children, how their ends are recorded, and the close that waits for them.
//
// States: open → closing (the body has left; living children may still start more) → closed (the slot is released).
#pragma once

#include <cstdint>

#include "scope/outcome.hpp"

namespace crib {

enum class NurseryState : uint8_t { open, closing, closed };
enum class Policy : uint8_t { all, first_done, first_success, supervise };

using FailureFn = void (*)(crib_task *task, crib_error *error, void *user_data);

struct NurserySpec {
    Policy policy = Policy::all;
    uint32_t max_children = 0;
    uint32_t stack_bytes = 0;
    bool drain = false;
    bool service = false;
    int64_t grace = 0;
    FailureFn on_failure = nullptr;
    void *user_data = nullptr;
};

// Errors in the order of recording.
struct ErrorList {
    Error **items;
    uint32_t count;
    uint32_t capacity;
    bool lost;  // memory ran out: one more error says so
};

struct Nursery {
    Slot slot;
    Scope scope;        // the block: the body's, and around the children
    Scope *children;    // where children hang: &scope, or a shielded one below it (service)
    Task *owner;        // NULL for the run's own
    int64_t grace;      // of its own cancels; 0: they are hard
    uint32_t count;     // children
    uint32_t starting;  // pending start()s
    uint32_t max_children;
    uint32_t stack_bytes;
    NurseryState state;
    Policy policy;
    bool drain;
    bool succeeded;  // first_success: somebody did
    bool orphan;     // its owner is gone or gave it up: closes by itself
    int32_t body_code;
    uint32_t cancelled;  // children and bodies that ended Cancelled, with nothing more to say
    FailureFn on_failure;
    void *user_data;
    ErrorList errors;
    ErrorList body_errors;  // first_success: kept apart from the children's
    Op *closer;             // waits for the end
    Link room_waiters;
    Link idle_waiters;
    Nursery *next_free;
};

Nursery *nursery_of_scope(Scope *s);

struct NurserySlab : Slab<Nursery> {};

// Opens a nursery below `parent`; nullptr without memory.
Nursery *nursery_open(Scheduler &s, Scope *parent, Task *owner, const NurserySpec &spec);

// 0 if a child may be started: CRIB_ECLOSED, CRIB_EWOULDBLOCK.
int nursery_admits_slow(const Nursery *n);
inline int nursery_admits(const Nursery *n) {
    const bool plain = n->state == NurseryState::open && !n->drain && !n->max_children;
    return plain ? 0 : nursery_admits_slow(n);
}
inline void nursery_child_added(Nursery *n) { n->count++; }
// A child has ended; consumes the outcome.
void nursery_child_done_slow(Nursery *n, Task *t, Outcome outcome);
inline void nursery_child_done(Nursery *n, Task *t, Outcome o) {
    const bool others = n->count > 1 || (n->state == NurseryState::open && link_alone(n->idle_waiters));
    const bool plain = o.code >= 0 && n->policy == Policy::all && !n->max_children && others;
    if (!plain) [[unlikely]]
        return nursery_child_done_slow(n, t, o);
    n->count--;
}
// A pending start is over, one way or the other.
void nursery_start_done(Nursery *n);

// The body has ended with an outcome, which is consumed. The close completes `closer` when everything has ended: its
// status is the close's code, its error the tree; by then the slot has been released.
int begin_nursery_close(Op *closer, Nursery *n, Outcome body);
// Gives up an open nursery: cancelled, its children awaited by nobody but the task that owns it.
void nursery_abandon(Nursery *n, uint8_t source, const char *reason);

int begin_wait_room(Op *op, Nursery *n);
// `function` is the public one, for messages.
int begin_wait_idle(Op *op, Nursery *n, const char *function);

inline NurserySlab &nursery_slab(Scheduler &s) { return *s.nurseries; }

}  // namespace crib
