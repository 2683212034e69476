/* Tasks. A task is a fiber (a C function on a stack of its own) or stackless (a callback on the loop's stack); both
 * live in nurseries, under scopes. Each embeds a scope: crib_task_cancel cancels that one, its Cancelled is absorbed
 * there, and the nursery does not fail.
 *
 * Checkpoints: every operation that can wait checks for cancellation, always. It switches when it must wait; else
 * only when the task has spent its budget of operations since it was last scheduled. crib_checkpoint always yields.
 * An operation that returns CRIB_ECANCELLED did nothing.
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

/** Checks for cancellation without yielding.
 * Returns: as crib_checkpoint.
 * Context: inside a task.
 * Cancel point: always. Schedules: never.
 * Since: 0.1 (statement 47) */
CRIB_API int crib_checkpoint_if_cancelled(void);

/** Yields once, and is not cancelled.
 * Returns: 0; CRIB_ENOTFIBER; CRIB_EMISUSE outside a task.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 (statement 47) */
CRIB_API int crib_cancel_shielded_checkpoint(void);

/** Sleeps for at least `ns` nanoseconds, never less; 0 is a checkpoint, CRIB_FOREVER never ends.
 * Returns: 0; CRIB_ECANCELLED; UV_EINVAL for ns < 0; UV_ENOMEM.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always.
 * Since: 0.1 (statements 19, 51) */
CRIB_API int crib_sleep(int64_t ns);

/** Sleeps until an absolute time; one that has passed is a checkpoint.
 * Returns: as crib_sleep.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always.
 * Since: 0.1 (statement 51) */
CRIB_API int crib_sleep_until(int64_t time);

/** Sleeps until it is cancelled.
 * Returns: CRIB_ECANCELLED, or what crib_checkpoint returns where it cannot wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always.
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

/** The name given at the spawn.
 * Returns: borrowed while the task lives; "" if it had none, "(ended)" once its name may be gone.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_task_name(const crib_task *task);

/** Gives a task another name, which is copied.
 * Returns: 0; UV_ENOMEM.
 * Owns: copies `name`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_task_set_name(crib_task *task, const char *name);

/** Takes one more reference.
 * Returns: `task`.
 * Owns: the caller owns the new reference; crib_unref gives it up.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_task *crib_task_ref(crib_task *task);

/** What a task is doing.
 * Returns: a CRIB_TASK_ number.
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
 * Returns: 0, with its code in `*result` (may be NULL): what its body returned, CRIB_ECANCELLED if it was cancelled;
 * CRIB_ECANCELLED; CRIB_EMISUSE for the calling task itself.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_wait(crib_task *task, int *result);

/** Cancels one task and everything below it. Its nursery does not fail.
 * Returns: 0, also if it has ended.
 * Owns: copies `reason` (NULL = none).
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_cancel(crib_task *task, const char *reason);

/** Sets what crib_task_result gives: the task's result beyond its code.
 * Returns: 0; CRIB_EMISUSE outside a task (the value is dropped). A second call replaces the first.
 * Owns: consumes `v`.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API int crib_task_set_result(crib_value v);

/** Takes the result of a task that has ended.
 * Returns: 0; CRIB_EBUSY while it runs. The value is nil if there was none or somebody took it.
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
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 75-83) */
CRIB_API int crib_task_started(crib_value v);

/** As crib_task_started, for a named task: stackless tasks and bindings.
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
 * `abort` runs when the caller's scope is cancelled; NULL means it cannot be cancelled. `what` (static, for people)
 * says what the task waits on.
 * Returns: the status given to crib_unpark; CRIB_ECANCELLED.
 * Owns: the caller owns `*out` (NULL: it is dropped).
 * Context: inside a fiber.
 * Cancel point: always, unless `abort` is NULL. Schedules: always, unless it is cancelled already.
 * Since: 0.1 (statements 52-55) */
CRIB_API int crib_park(crib_abort_fn abort, void *user_data, const char *what, crib_value *out);

/** Wakes a task parked by crib_park, exactly once a wait. A cancel that comes later does not replace this result.
 * Returns: 0; CRIB_EMISUSE if the task is not parked by crib_park (the value is dropped).
 * Owns: consumes `v`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 54, 55) */
CRIB_API int crib_unpark(crib_task *task, int status, crib_value v);

#ifdef __cplusplus
}
#endif
#endif
