#include "sync/semaphore.hpp"

#include <cerrno>

namespace crib {

namespace {

// A permit nobody took.
void acquire_undo(Op *op) {
    link_remove(op->link);
    if (op->status == 0) semaphore_release(static_cast<Semaphore *>(op->on));
}

constexpr WaitKind k_semaphore = {"a semaphore", leave_queue_abort, acquire_undo, false};

}  // namespace

Semaphore *semaphore_new(Scheduler &s, uint32_t initial, uint32_t max) {
    Semaphore *sem = primitive_new<Semaphore>(s, Kind::semaphore);
    if (!sem) return nullptr;
    sem->value = initial;
    sem->max = max;
    return sem;
}

int semaphore_release(Semaphore *s) {
    if (Op *op = take_oldest(s->waiting)) {
        semaphore_keep(op, s);
        op_complete(op, 0);
        return 0;
    }
    if (s->value == (s->max ? s->max : UINT32_MAX)) return -EINVAL;
    s->value++;
    return 0;
}

int semaphore_try(Semaphore *s) {
    if (s->value == 0) return CRIB_EWOULDBLOCK;
    s->value--;
    return 0;
}

int semaphore_park(Op *op, Semaphore *s) {
    link_append(s->waiting, op->link);
    return op_park(op, &k_semaphore, s);
}

void semaphore_keep(Op *op, Semaphore *s) { op_keep(op, &k_semaphore, s, s->untaken); }

int begin_semaphore_acquire(Op *op, Semaphore *s) {
    int rc = op_check(op);
    if (rc == 0) rc = semaphore_try(s);
    if (rc == CRIB_EWOULDBLOCK) return semaphore_park(op, s);
    return op_immediate_kept(op, rc, &k_semaphore, s, s->untaken);
}

}  // namespace crib
