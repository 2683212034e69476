/* For tests: virtual time, and waiting until nothing moves. Virtual time is an option of the runtime; with an automatic
 * jump the clock moves to the next deadline whenever no task can run. */
#ifndef CRIB_TESTING_H
#define CRIB_TESTING_H

#include "crib/time.h"
#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Moves the mock clock of this run forward; deadlines that pass are noticed in the next pass.
 * Returns: 0; UV_EINVAL for ns < 0; CRIB_EMISUSE without a mock clock or outside a run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 116) */
CRIB_API int crib_clock_jump(int64_t ns);

/** Waits until no task can run, other than those that wait here, and none did for `cushion_ns` on the real clock;
 * under a mock clock the cushion only orders waiters: lowest first, ahead of the automatic jump.
 * Returns: 0; CRIB_ECANCELLED; UV_EINVAL for a negative cushion; what task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 (statement 116) */
CRIB_API int crib_wait_all_tasks_blocked(int64_t cushion_ns);

/** Begins crib_wait_all_tasks_blocked on an op.
 * Returns: CRIB_PENDING or as crib_wait_all_tasks_blocked; what op.h says of every begin function.
 * Context: loop thread.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 */
CRIB_API int crib_begin_wait_all_tasks_blocked(crib_op *op, int64_t cushion_ns);

#ifdef __cplusplus
}
#endif
#endif
