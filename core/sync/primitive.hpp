// What the synchronisation primitives share. Each is a counted handle of the application that belongs to a run.
//
// An operation is three functions: x_try does what can be done at once or says CRIB_EWOULDBLOCK, x_park queues an op that
// waits, and begin_x is both of them behind op_check. select (select/select.cpp) uses the first two by themselves.
//
// Invariants. Ops wait only while they cannot be served; oldest first; what is given back goes to the oldest waiter in the
// same step, so that nobody barges in (statements 100, 102, 104).
#pragma once

#include "sched/wait.hpp"

namespace crib {

struct Primitive : Counted {
    Scheduler *sched;
    Link waiting;  // ops, the oldest first
    Link untaken;  // ops that were served, and whose result nobody has taken yet
};

// Memory for a primitive, zeroed but for its base; nullptr if there is none.
void *primitive_alloc(size_t bytes);
void primitive_init(Primitive *p, Scheduler &s, Kind kind);
template <class T>
T *primitive_new(Scheduler &s, Kind kind) {
    T *p = static_cast<T *>(primitive_alloc(sizeof(T)));
    if (p) primitive_init(p, s, kind);
    return p;
}

// The last reference is gone: those that still wait wake with CRIB_ECLOSED, and the memory goes.
void primitive_free(Primitive *p);
// The first half of that, for those that keep more than the base.
void primitive_close(Primitive *p);

// Completes every op of a queue. They leave it first: what is given up may run application code, which may free its owner.
void complete_all(Link &waiting, int status);

size_t count_waiting(const Link &waiting);

inline bool is_primitive(Kind kind) { return kind >= Kind::event && kind <= Kind::token; }

// Undoes a wait that is nothing but a place in a queue.
bool leave_queue_abort(Op *op);

}  // namespace crib
