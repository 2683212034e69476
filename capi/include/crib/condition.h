/* Conditions: tasks that hold a lock wait until another one, holding it too, says that something has changed.
 *
 * A wait always ends with the lock held, also a cancelled one (statement 103); only if the lock breaks, or is gone,
 * the wait ends without it. A notification whose waiter is cancelled before it has the lock, or given up before anybody
 * took its result, goes to the next waiter (D1).
 *
 * Threads: the run's own; crib_unref from any thread. A condition belongs to its runtime, and serves its next run too. */
#ifndef CRIB_CONDITION_H
#define CRIB_CONDITION_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a condition.
 * Returns: a counted handle; NULL without memory, outside a run, or for a lock of another run.
 * Owns: the caller owns it; crib_unref gives it up. It keeps a reference to `lock`; NULL = it makes a lock of its own.
 * Tasks that wait on a condition whose last reference goes wake with CRIB_ECLOSED and the lock.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 103) */
CRIB_API crib_condition *crib_condition_new(crib_lock *lock);

/** The lock of a condition.
 * Returns: borrowed; NULL for NULL.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_lock *crib_condition_lock(const crib_condition *c);

/** Releases the lock, waits for a notification, and acquires the lock again.
 * Returns: 0; CRIB_ECANCELLED, with the lock held; CRIB_ECLOSED; CRIB_EBROKEN (the lock broke, and is not held);
 * CRIB_EDEADLOCK when a deadlock was ended by force (see runtime.h; it is not held); CRIB_EMISUSE if the calling task does
 * not own the lock; what task.h says of every wait. If it is refused at once the lock stays held.
 * Context: inside a fiber.
 * Cancel point: always; the wait for the lock after it is shielded. Schedules: always, unless it is refused.
 * Since: 0.1 (statement 103, D1) */
CRIB_API int crib_condition_wait(crib_condition *c);

/** Notifies the `n` oldest waiters: they wait for the lock now, in that order. The caller keeps the lock.
 * Returns: how many there were, 0 to n; CRIB_EMISUSE if the calling task does not own the lock.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 103) */
CRIB_API int crib_condition_notify(crib_condition *c, size_t n);

/** Notifies all waiters.
 * Returns: as crib_condition_notify.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 103) */
CRIB_API int crib_condition_notify_all(crib_condition *c);

/** As crib_condition_notify, for the task of a handle: callbacks and bindings, where no task is current.
 * Returns: as crib_condition_notify.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_condition_notify_by(crib_condition *c, crib_task *task, size_t n);

/** Begins crib_condition_wait on an op, whose task owns the lock. An abort is as a cancel: the op still completes, when
 * it has the lock; if nobody has the lock it is given up at once, without it. An op that is freed, or whose task ends,
 * does not wait for the lock.
 * Returns: CRIB_PENDING or as crib_condition_wait; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always; the wait for the lock after it is shielded. Schedules: always, unless it is refused.
 * Since: 0.1 */
CRIB_API int crib_begin_condition_wait(crib_op *op, crib_condition *c);

typedef struct crib_condition_stats {
    size_t size;    /* sizeof(crib_condition_stats), set by the caller; what it has room for is filled in */
    size_t waiting; /* ops that wait for a notification; the notified ones wait for the lock */
} crib_condition_stats;

/** What a condition is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a condition of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 103) */
CRIB_API int crib_condition_statistics(const crib_condition *c, crib_condition_stats *out);

#ifdef __cplusplus
}
#endif
#endif
