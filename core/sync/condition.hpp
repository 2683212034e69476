// Conditions (statement 103, D1). A waiting op goes through two queues: the condition's, until it is notified, cancelled
// or the condition goes; then the lock's, which nothing but the end of the lock ends.
#pragma once

#include "sync/lock.hpp"

namespace crib {

struct Condition : Primitive {
    Lock *lock;  // a reference
};

// Takes over the reference to `lock`.
Condition *condition_new(Scheduler &s, Lock *lock);
// Those that wait go on to the lock, and get CRIB_ECLOSED with it. Returns the lock, whose reference is the caller's now.
Lock *condition_free(Condition *c);

// How many were notified; CRIB_EMISUSE.
int condition_notify(Condition *c, Task *t, size_t n, const char *function);
int begin_condition_wait(Op *op, Condition *c, const char *function);

}  // namespace crib
