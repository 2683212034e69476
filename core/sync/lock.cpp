#include "sync/lock.hpp"

#include "base/diag.hpp"

namespace crib {

namespace {

constexpr WaitKind k_lock = {"a lock", leave_queue_abort, lock_undo, false};

Lock *lock_of_link(TaskLink *link) {
    return reinterpret_cast<Lock *>(reinterpret_cast<char *>(link) - offsetof(Lock, held));
}

void give(Lock *l, Op *op) {
    l->owner = op->task;
    task_link(l->owner, &l->held);
    op_keep(op, op->kind, op->on, l->untaken);
    op_complete(op, op->status);
}

// Nobody's any more: the oldest waiter's, or free.
void hand_over(Lock *l) {
    op_keep_for_good(l->untaken);
    l->owner = nullptr;
    if (Op *op = take_oldest(l->waiting)) give(l, op);
}

void owner_ended(TaskLink *link) {
    Lock *l = lock_of_link(link);
    l->owner = nullptr;
    l->broken = true;
    l->sched->broken_locks++;
    complete_all(l->waiting, CRIB_EBROKEN);
}

}  // namespace

Lock *lock_new(Scheduler &s) {
    Lock *l = primitive_new<Lock>(s, Kind::lock);
    if (l) l->held.ended = owner_ended;
    return l;
}

void lock_free(Lock *l) {
    if (l->owner) task_unlink(&l->held);
    primitive_free(l);
}

int lock_release(Lock *l, Task *t, const char *function) {
    if (l->owner != t) return diag_misuse(function, task_name(t), "the task does not own the lock");
    task_unlink(&l->held);
    hand_over(l);
    return 0;
}

int lock_recover(Lock *l, Task *t) {
    if (!l->broken) return CRIB_EBUSY;
    l->broken = false;
    l->sched->broken_locks--;
    return lock_try(l, t);
}

int lock_park(Op *op, Lock *l) {
    link_append(l->waiting, op->link);
    op->status = 0;
    return op_park(op, &k_lock, l);
}

void lock_keep(Op *op, Lock *l) { op_keep(op, &k_lock, l, l->untaken); }

int begin_lock_acquire(Op *op, Lock *l, const char *function) {
    int rc = op_check(op);
    if (rc == 0) rc = lock_try(l, op->task);
    if (rc == CRIB_EWOULDBLOCK) return lock_park(op, l);
    if (rc == CRIB_EMISUSE && l->owner == op->task) [[unlikely]]
        return diag_misuse(function, task_name(op->task), "the task owns the lock already");
    return op_immediate_kept(op, rc, &k_lock, l, l->untaken);
}

void lock_undo(Op *op) {
    if (link_alone(op->link)) return;
    link_remove(op->link);
    Lock *l = static_cast<Lock *>(op->on);
    task_unlink(&l->held);
    hand_over(l);
}

void lock_queue(Op *op, Lock *l, const WaitKind *kind) {
    op->kind = kind;
    if (l->broken) return op_complete(op, CRIB_EBROKEN);
    if (!l->owner) return give(l, op);
    link_append(l->waiting, op->link);
}

}  // namespace crib
