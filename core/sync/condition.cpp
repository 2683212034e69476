#include "sync/condition.hpp"

#include <climits>

#include "base/diag.hpp"

namespace crib {

namespace {

bool wait_abort(Op *op);
bool notified_abort(Op *op);

// An op that completes before it has the lock again has it not (the lock broke or went): there is nothing to undo.
constexpr WaitKind k_condition = {"a condition", wait_abort, nullptr, false};
constexpr WaitKind k_notified = {"the lock of a condition", notified_abort, nullptr, false};
constexpr WaitKind k_shielded = {"the lock of a condition", nullptr, nullptr, false};

// Cancelled: from now on it waits for the lock, with that for a result.
bool wait_abort(Op *op) {
    link_remove(op->link);
    op->status = CRIB_ECANCELLED;
    lock_queue(op, static_cast<Condition *>(op->on)->lock, &k_shielded);
    return false;
}

bool notify_oldest(Condition *c) {
    Op *op = take_oldest(c->waiting);
    if (!op) return false;
    lock_queue(op, c->lock, &k_notified);
    return true;
}

// Cancelled after it was notified: somebody else gets the notification (D1).
bool notified_abort(Op *op) {
    op->status = CRIB_ECANCELLED;
    op->kind = &k_shielded;
    notify_oldest(static_cast<Condition *>(op->on));
    return false;
}

int may_use(const Condition *c, const Task *t, const char *function) {
    if (c->lock->owner == t) return 0;
    return diag_misuse(function, task_name(t), "the task does not own the condition's lock");
}

}  // namespace

Condition *condition_new(Scheduler &s, Lock *lock) {
    Condition *c = primitive_new<Condition>(s, Kind::condition);
    if (c) c->lock = lock;
    return c;
}

Lock *condition_free(Condition *c) {
    Lock *l = c->lock;
    for (Link *at = l->waiting.next; at != &l->waiting; at = at->next) {
        Op *op = op_of_link(at);
        if (op->kind == &k_notified && op->on == c) op->kind = &k_shielded;
    }
    while (Op *op = take_oldest(c->waiting)) {
        op->status = CRIB_ECLOSED;
        lock_queue(op, l, &k_shielded);
    }
    primitive_free(c);
    return l;
}

int condition_notify(Condition *c, Task *t, size_t n, const char *function) {
    int notified = may_use(c, t, function);
    if (notified < 0) return notified;
    while (notified < INT_MAX && static_cast<size_t>(notified) < n && notify_oldest(c)) notified++;
    return notified;
}

int begin_condition_wait(Op *op, Condition *c, const char *function) {
    int rc = op_check(op);
    if (rc == 0) rc = may_use(c, op->task, function);
    if (rc < 0) {
        rc = op_immediate(op, rc);
        // The budget is spent: as after a wait, an op whose result is not taken has no lock.
        if (rc == CRIB_PENDING && c->lock->owner == op->task) lock_keep(op, c->lock);
        return rc;
    }
    link_append(c->waiting, op->link);
    op_park(op, &k_condition, c);
    op->status = 0;
    lock_release(c->lock, op->task, function);
    return CRIB_PENDING;
}

}  // namespace crib
