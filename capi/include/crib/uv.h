/* The bridge to libuv: running on a loop that the host owns and runs. Not part of <crib.h>; needs no libuv header. */
#ifndef CRIB_UV_H
#define CRIB_UV_H

#include "crib/guest.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;

/** Begins a run on the host's libuv loop. The host runs the loop as it always does; `done` is told the result from
 * inside it, when the last handle of the run is closed. The loop stays alive while the run goes on.
 *
 * The library never runs, stops or closes the loop; at most one batch of tasks runs in each of its iterations.
 * Deadlocks are not detected.
 * Returns: 0; as crib_guest_start; UV_EINVAL without a loop.
 * Owns: as crib_guest_start; the loop must outlive the run.
 * Context: the loop's thread, outside runs.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 118) */
CRIB_API int crib_uv_attach(crib_runtime *rt, struct uv_loop_s *loop, crib_body_fn body, void *user_data,
                            crib_destroy_fn destroy, crib_done_fn done, void *done_data);

/** Asks a run on a host's loop to end: cancels its main task (source "shutdown"). `done` is called as always, later.
 * Returns: 0; CRIB_EMISUSE if the runtime is not attached.
 * Context: the loop's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_uv_detach(crib_runtime *rt);

/** The libuv loop of this thread's run, for handles of the application's own. A guest or hosted run is the thread's
 * from its start until it is over, also between ticks.
 * Returns: borrowed; NULL outside a run.
 * Owns: nothing; close your handles before the main task ends. Active ones keep a wait from being taken for a deadlock.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API struct uv_loop_s *crib_uv_loop(void);

#ifdef __cplusplus
}
#endif
#endif
