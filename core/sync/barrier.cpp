#include "sync/barrier.hpp"

namespace crib {

namespace {

bool wait_abort(Op *op) {
    static_cast<Barrier *>(op->on)->arrived--;
    return leave_queue_abort(op);
}

constexpr WaitKind k_barrier = {"a barrier", wait_abort, nullptr, false};

}  // namespace

Barrier *barrier_new(Scheduler &s, uint32_t parties) {
    Barrier *b = primitive_new<Barrier>(s, Kind::barrier);
    if (b) b->parties = parties;
    return b;
}

int begin_barrier_wait(Op *op, Barrier *b) {
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    if (b->arrived + 1 < b->parties) {
        b->arrived++;
        link_append(b->waiting, op->link);
        return op_park(op, &k_barrier, b);
    }
    b->arrived = 0;
    b->rounds++;
    complete_all(b->waiting, 0);
    return op_immediate(op, 1);
}

}  // namespace crib
