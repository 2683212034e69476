/* Portals: how other threads and signal handlers reach a run. A portal belongs to the run it was opened in; while it is
 * open "a wake-up may come": the run is not reported as deadlocked. After that run, posting and waking give
 * CRIB_ERUNFINISHED and waiting is CRIB_EMISUSE; the handle stays valid until unref'd. */
#ifndef CRIB_PORTAL_H
#define CRIB_PORTAL_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Opens a portal to the run of this thread.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it; crib_unref, from any thread, closes it.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_portal *crib_portal_open(void);

/** Takes one more reference.
 * Returns: `p`; NULL for NULL.
 * Owns: the caller owns the new reference; crib_unref gives it up.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_portal *crib_portal_ref(crib_portal *p);

/** Runs `fn(user_data)` on the loop thread, soon. In order for one posting thread; each exactly once.
 * Returns: 0: it will run before the run ends; CRIB_ERUNFINISHED; UV_ENOMEM; CRIB_EMISUSE without `p` or `fn`.
 * Owns: `destroy` (may be NULL) runs exactly once: on the loop thread after `fn`, or in the calling thread when
 * this fails.
 * Context: any thread; allocates, so not from signal handlers.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 110) */
CRIB_API int crib_portal_post(crib_portal *p, crib_call_fn fn, void *user_data, crib_destroy_fn destroy);

/** Wakes whoever waits in crib_portal_wait. Wake-ups coalesce: one that finds none waiting is remembered once.
 * Returns: 0; CRIB_ERUNFINISHED; CRIB_EMISUSE without `p`.
 * Context: any thread and signal handlers; never allocates.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 110) */
CRIB_API int crib_portal_wake(crib_portal *p);

/** Waits for a crib_portal_wake since the last wait, on a portal of this run.
 * Returns: 0; CRIB_ECANCELLED; CRIB_EBUSY if somebody waits on this portal; CRIB_ECLOSED if its last reference goes
 * meanwhile; what task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_portal_wait(crib_portal *p);

/** Begins crib_portal_wait on an op.
 * Returns: CRIB_PENDING or as crib_portal_wait; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_portal_wait(crib_op *op, crib_portal *p);

#ifdef __cplusplus
}
#endif
#endif
