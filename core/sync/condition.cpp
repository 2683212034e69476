#include "sync/condition.hpp"

#include <climits>

#include "base/diag.hpp"

namespace crib {

namespace {

bool wait_abort(Op *op);
bool notified_abort(Op *op);
void notified_undo(Op *op);
void leave_queue(Op *op) { link_remove(op->link); }

// The second and third wait for the lock: on the condition, which may have to pass the notification on, and on the lock.
constexpr WaitKind k_condition = {"a condition", wait_abort, nullptr, false};
constexpr WaitKind k_notified = {"the lock of a condition", notified_abort, notified_undo, false, nullptr, leave_queue};
constexpr WaitKind k_shielded = {"the lock of a condition", nullptr, lock_undo, false, nullptr, leave_queue};

// It waits for nothing but the lock from now on.
void shield(Op *op, Lock *l) {
    op->kind = &k_shielded;
    op->on = l;
}

void queue_shielded(Op *op, Lock *l, int status) {
    op->status = status;
    op->on = l;
    lock_queue(op, l, &k_shielded);
}

// Cancelled: from now on it waits for the lock, with that for a result.
bool wait_abort(Op *op) {
    link_remove(op->link);
    queue_shielded(op, static_cast<Condition *>(op->on)->lock, CRIB_ECANCELLED);
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
    Condition *c = static_cast<Condition *>(op->on);
    op->status = CRIB_ECANCELLED;
    shield(op, c->lock);
    notify_oldest(c);
    return false;
}

// Likewise after it has got the lock, if nobody took that.
void notified_undo(Op *op) {
    if (link_alone(op->link)) return;
    Condition *c = static_cast<Condition *>(op->on);
    notify_oldest(c);
    op->on = c->lock;
    lock_undo(op);
}

// Those that were notified by the condition, which goes.
void shield_all(Link &ring, const Condition *c) {
    for (Link *at = ring.next; at != &ring; at = at->next) {
        Op *op = op_of_link(at);
        if (op->kind == &k_notified && op->on == c) shield(op, c->lock);
    }
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
    shield_all(l->waiting, c);
    shield_all(l->untaken, c);
    while (Op *op = take_oldest(c->waiting)) queue_shielded(op, l, CRIB_ECLOSED);
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
