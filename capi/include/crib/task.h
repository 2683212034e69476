/* Tasks. A task is a fiber (a C function on a stack of its own) or stackless (a callback on the loop's stack); both
 * live in nurseries, under scopes. Each embeds a scope: crib_task_cancel cancels that one, its Cancelled is absorbed
 * there, and the nursery does not fail.
 *
 * Checkpoints: every operation that can wait checks for cancellation, always. It switches when it must wait; else
 * only when the task has spent its budget of operations since it was last scheduled. crib_checkpoint always yields.
 * An operation that returns CRIB_ECANCELLED did nothing.
 *
 * What every wait of a fiber may return besides: CRIB_ENOTFIBER in a stackless task, CRIB_EMISUSE outside a task or for
 * a handle that is NULL or of another run (nothing was started), and the code a failed open poisoned the block with.
 *
 * Task handles are counted pointers: crib_task_ref, crib_unref, from any thread. Everything else here belongs to the
 * loop thread. The floating-point environment is the thread's, not the task's. */
#ifndef CRIB_TASK_H
#define CRIB_TASK_H

#include "crib/time.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRIB_TASK_NEW     0 /* not run yet */
#define CRIB_TASK_READY   1 /* will run */
#define CRIB_TASK_RUNNING 2
#define CRIB_TASK_WAITING 3
#define CRIB_TASK_ENDED   4

/** Yields to the other tasks, then checks for cancellation.
 * Returns: 0; CRIB_ECANCELLED; CRIB_ENOTFIBER; CRIB_EMISUSE outside a task; the code the task is poisoned with.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always.
 * Since: 0.1 (statements 25, 47) */
CRIB_API int crib_checkpoint(void);

/** Checks for cancellation without yielding; in a stackless task, of the scope that slot 0 works in.
 * Returns: 0; CRIB_ECANCELLED; CRIB_EMISUSE outside a task; the code the task is poisoned with.
 * Context: inside a task.
 * Cancel point: always. Schedules: never.
 * Since: 0.1 (statement 47) */
CRIB_API int crib_checkpoint_if_cancelled(void);

/** Yields once, and is not cancelled.
 * Returns: 0; CRIB_ENOTFIBER; CRIB_EMISUSE outside a task; the code the task is poisoned with.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 (statement 47) */
CRIB_API int crib_cancel_shielded_checkpoint(void);

/** Sleeps for at least `ns` nanoseconds, never less; 0 is a checkpoint, CRIB_FOREVER never ends.
 * Returns: 0; CRIB_ECANCELLED; UV_EINVAL for ns < 0; UV_ENOMEM; what is said above of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless it is cancelled already or refused.
 * Since: 0.1 (statements 19, 51) */
CRIB_API int crib_sleep(int64_t ns);

/** Sleeps until an absolute time; one that has passed is a checkpoint.
 * Returns: as crib_sleep.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: as crib_sleep.
 * Since: 0.1 (statement 51) */
CRIB_API int crib_sleep_until(int64_t time);

/** Sleeps until it is cancelled.
 * Returns: CRIB_ECANCELLED; what is said above of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: as crib_sleep.
 * Since: 0.1 */
CRIB_API int crib_sleep_forever(void);

/** The task that is running.
 * Returns: borrowed; NULL outside tasks and in callbacks.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_task *crib_task_current(void);

/** Whether the caller runs inside a task; false in callbacks of the library.
 * Returns: true or false; never fails.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 113) */
CRIB_API bool crib_in_task(void);

/** The name given at the spawn, or by crib_task_set_name.
 * Returns: borrowed while the task lives; "" if it had none, "(ended)" once its name may be gone (a copied one stays).
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_task_name(const crib_task *task);

/** Gives a task another name, which is copied; NULL is "".
 * Returns: 0; UV_ENOMEM; CRIB_EMISUSE for a task of another run.
 * Owns: copies `name`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_task_set_name(crib_task *task, const char *name);

/** Takes one more reference.
 * Returns: `task`; NULL for NULL.
 * Owns: the caller owns the new reference; crib_unref gives it up.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_task *crib_task_ref(crib_task *task);

/** What a task is doing. A stackless one between resumes is READY if slot 0 has completed, else WAITING.
 * Returns: a CRIB_TASK_ number; CRIB_TASK_ENDED for NULL.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_task_state(const crib_task *task);

/** The nursery the task is a child of.
 * Returns: NULL for a task that has ended, one that crib_nursery_start still waits for, and one run by begin_call.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 71) */
CRIB_API crib_nursery *crib_task_parent_nursery(const crib_task *task);

/** The nursery a task will move to at crib_task_started (statement 84).
 * Returns: NULL unless a start is pending.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_nursery *crib_task_eventual_parent_nursery(const crib_task *task);

/** Waits until a task has ended.
 * Returns: 0, with its code in `*result` (may be NULL): what its body returned, or the code of what it failed with;
 * CRIB_ECANCELLED, of this wait; CRIB_EMISUSE for the calling task itself; what is said above of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_wait(crib_task *task, int *result);

/** Cancels one task and everything below it. Its nursery does not fail.
 * Returns: 0, also if it has ended; CRIB_EMISUSE for a task of another run.
 * Owns: copies `reason` (NULL = none).
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_cancel(crib_task *task, const char *reason);

/** Sets what crib_task_result gives: the task's result beyond its code.
 * Returns: 0; CRIB_EMISUSE outside a task (the value is dropped). A second call replaces the first.
 * Owns: consumes `v`.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_set_result(crib_value v);

/** Takes the result of a task that has ended.
 * Returns: 0; CRIB_EBUSY until it has ended. The value is nil if there was none or somebody took it.
 * Owns: the caller owns `*out`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_result(crib_task *task, crib_value *out);

/** In a task begun by crib_nursery_start: says that it is ready, which moves it into the nursery and ends the start.
 *
 * If the caller of start is cancelled by now, nothing moves and the task is cancelled where it is (statement 81).
 * Returns: 0; CRIB_EMISUSE if the task was not begun by start, or said so before (statement 79).
 * Owns: consumes `v`.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 75-83) */
CRIB_API int crib_task_started(crib_value v);

/** As crib_task_started, for the task of a handle: callbacks and bindings.
 * Returns: as crib_task_started.
 * Owns: consumes `v`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_task_started_by(crib_task *task, crib_value v);

/* Undoes a wait. Called at most once a wait, synchronously, by whoever cancels. Returns true if the wait is undone
 * (the waiter wakes with CRIB_ECANCELLED), false if whoever was going to wake it still will (statement 52). */
typedef bool (*crib_abort_fn)(crib_op *op, void *user_data);

/** Waits until crib_unpark: the one primitive to wait, for building others.
 *
 * `abort` runs when the caller's scope is cancelled; NULL means it cannot be cancelled. `what` (static, for people; may
 * be NULL) says what the task waits on.
 * Returns: the status given to crib_unpark; CRIB_ECANCELLED; CRIB_EDEADLOCK when a deadlock was ended by force (see
 * runtime.h); what is said above of every wait.
 * Owns: the caller owns `*out` (NULL: it is dropped); `user_data` stays the caller's.
 * Context: inside a fiber.
 * Cancel point: always, unless `abort` is NULL. Schedules: always, unless it is cancelled already.
 * Since: 0.1 (statements 52-55) */
CRIB_API int crib_park(crib_abort_fn abort, void *user_data, const char *what, crib_value *out);

/** Wakes a task parked by crib_park, exactly once a wait. A cancel that comes later does not replace this result.
 * Returns: 0; CRIB_EMISUSE if slot 0 of the task is not parked by crib_park or crib_begin_park (the value is dropped).
 * Owns: consumes `v`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 54, 55) */
CRIB_API int crib_unpark(crib_task *task, int status, crib_value v);

#ifdef __cplusplus
}
#endif
#endif
