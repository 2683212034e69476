// What each kind of clause is: how it is tried, how it waits, and how its result can be undone.
#pragma once

#include "crib/select.h"
#include "sched/wait.hpp"

namespace crib {

// At once: 0 or what became of it; CRIB_EWOULDBLOCK. `*v` is the value that is sent, or that was received.
int clause_try(Task *t, int32_t kind, void *object, int64_t time, Value *v);
// Queues an op for it. CRIB_PENDING; UV_ENOMEM.
int clause_park(Op *op, int32_t kind, void *object, int64_t time, Value v);
// The result of a clause_try that said 0 may stay untaken in `op`.
void clause_keep(Op *op, int32_t kind, void *object);

}  // namespace crib
