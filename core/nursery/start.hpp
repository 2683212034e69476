// start/started: a child that runs under whoever starts it until it says that it is ready (statements 75-85, D2).
#pragma once

#include "nursery/task.hpp"

namespace crib {

// CRIB_PENDING, or why not; the spec is consumed in every case. `*child` (may be NULL) is borrowed.
int begin_nursery_start(Op *op, Nursery *target, const TaskSpec &given, Task **child);
// The child is ready; consumes the value. 0 or CRIB_EMISUSE.
int task_started(Task *t, const char *function, Value v);
// The nursery a pending start is for; nullptr otherwise.
Nursery *start_target(const Task *t);

// Runs a body on a fiber of its own inside the op's scope.
int begin_call(Op *op, BodyFn body, void *user_data, DestroyFn destroy);

}  // namespace crib
