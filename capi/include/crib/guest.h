/* Guest mode: a run inside a foreign host loop (GLib, Qt, an editor). The runtime keeps its own event loop; the host
 * watches crib_guest_fd for reading, never waits longer than crib_guest_timeout, and calls crib_guest_tick when either
 * says so. To run on a libuv loop of the host, see uv.h. Deadlocks are not detected in guest mode.
 *
 * From the start until `done` is called the thread has a run, also between ticks: the host may cancel, start tasks and
 * begin operations there, and cannot enter another run in this thread. */
#ifndef CRIB_GUEST_H
#define CRIB_GUEST_H

#include "crib/runtime.h"
#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Told once that the run is over, with its result, outside tasks on the loop thread; the runtime may be used again.
 * NULL: nobody is told. */
typedef void (*crib_done_fn)(int result, void *user_data);

/** Begins a run that the host drives. Nothing of it runs before this returns (statement 118).
 * Returns: 0; as crib_runtime_run when the run could not begin: then `done` is not called. What main returns, and a
 * lack of memory for it, is told to `done`.
 * Owns: `destroy` runs exactly once for `user_data`, also when this fails; `done_data` stays the caller's.
 * Context: outside runs.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 118) */
CRIB_API int crib_guest_start(crib_runtime *rt, crib_body_fn body, void *user_data, crib_destroy_fn destroy,
                              crib_done_fn done, void *done_data);

/** A descriptor that becomes readable when a tick is due.
 * Returns: the descriptor, the runtime's own, not to be closed; CRIB_EMISUSE if no guest run is going on.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_guest_fd(const crib_runtime *rt);

/** How long the host may wait before the next tick.
 * Returns: nanoseconds >= 0; CRIB_FOREVER: only the descriptor matters, or no guest run is going on.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_guest_timeout(const crib_runtime *rt);

/** Runs what is ready, at most about `budget` task steps (0 = 64), without blocking.
 * Returns: 1 while the run goes on, 0 when it is over (`done` has been called); CRIB_EMISUSE inside a tick, or if no
 * guest run is going on.
 * Context: the runtime's thread, outside tasks.
 * Cancel point: never. Schedules: runs tasks.
 * Since: 0.1 */
CRIB_API int crib_guest_tick(crib_runtime *rt, uint32_t budget);

#ifdef __cplusplus
}
#endif
#endif
