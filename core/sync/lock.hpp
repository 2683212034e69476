// Locks: an owner, and hand-over to the oldest waiter at the release (statements 100, 101, D5).
//
// States: free (no owner, nobody waits) ⇄ held; held → broken when the owner ends; broken → held by recovery. Ops of
// conditions that were notified wait here too (sync/condition.cpp): what an op gets with the lock stands in its status.
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct Lock : Primitive {
    Task *owner;
    TaskLink held;  // in the owner's list
    bool broken;
};

Lock *lock_new(Scheduler &s);
// `function` is the public one, for messages. 0; CRIB_EMISUSE.
int lock_release(Lock *l, Task *t, const char *function);
int lock_recover(Lock *l, Task *t);  // 0; CRIB_EBUSY

// 0; CRIB_EWOULDBLOCK, CRIB_EBROKEN; CRIB_EMISUSE if `t` is the owner.
inline int lock_try(Lock *l, Task *t) {
    if (l->broken) [[unlikely]]
        return CRIB_EBROKEN;
    if (l->owner) return l->owner == t ? CRIB_EMISUSE : CRIB_EWOULDBLOCK;
    l->owner = t;
    task_link(t, &l->held);
    return 0;
}
int lock_park(Op *op, Lock *l);
void lock_keep(Op *op, Lock *l);
int begin_lock_acquire(Op *op, Lock *l, const char *function);

// The op, which is in no queue, waits for the lock and then has `op->status` for a result; with CRIB_EBROKEN it does not
// wait, and has no lock. The kind undoes it by lock_undo.
void lock_queue(Op *op, Lock *l, const WaitKind *kind);
// A lock that was handed over and not taken. An op that got none, or whose task has released it by itself, is in no ring:
// what it waited on may be gone.
void lock_undo(Op *op);  // of an op on the lock
// The last reference to a lock goes.
void lock_free(Lock *l);

}  // namespace crib
