/* Locks: one task at a time. A lock has an owner, a task; it is handed to the oldest waiter the moment it is released,
 * so that nobody barges in (statement 100). Not re-entrant.
 *
 * States: free, held, broken. A lock whose owner ends without releasing it is broken: what it guards may be half done.
 * Whoever waits and whoever comes gets CRIB_EBROKEN (statement 101, D5), until crib_lock_recover takes it over.
 *
 * Threads: the run's own; crib_unref from any thread. A lock belongs to its runtime, and serves its next run too. */
#ifndef CRIB_LOCK_H
#define CRIB_LOCK_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a lock that is free.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it; crib_unref gives it up. Tasks that wait for a lock whose last reference goes wake with
 * CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 100) */
CRIB_API crib_lock *crib_lock_new(void);

/** Acquires a lock, waiting for it.
 * Returns: 0: the calling task is the owner; CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_ECLOSED and what task.h says of every
 * wait: it is not. CRIB_EMISUSE also if it is the owner already.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 45, 54, 100, 101) */
CRIB_API int crib_lock_acquire(crib_lock *l);

/** Acquires a lock if that needs no wait, for the calling task.
 * Returns: 0; CRIB_EWOULDBLOCK; CRIB_EBROKEN; CRIB_EMISUSE if it is the owner already, outside a task, and for a lock of
 * another run.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 100, D5) */
CRIB_API int crib_lock_acquire_nowait(crib_lock *l);

/** Releases a lock; the oldest waiter is its owner from now on.
 * Returns: 0; CRIB_EMISUSE if the calling task is not the owner.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 100) */
CRIB_API int crib_lock_release(crib_lock *l);

/** Takes over a broken lock: the calling task is its owner and can set right what the lock guards.
 * Returns: 0; CRIB_EBUSY if it is not broken; CRIB_EMISUSE outside a task, and for a lock of another run.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D5) */
CRIB_API int crib_lock_recover(crib_lock *l);

/** As the three above, for the task of a handle: callbacks and bindings, where no task is current.
 * Returns: as those; CRIB_EMISUSE for a task that has ended or is of another run.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_lock_acquire_nowait_by(crib_lock *l, crib_task *task);
CRIB_API int crib_lock_release_by(crib_lock *l, crib_task *task);
CRIB_API int crib_lock_recover_by(crib_lock *l, crib_task *task);

/** Begins crib_lock_acquire on an op; the op's task will be the owner. A finished, untaken acquire that is aborted
 * releases the lock.
 * Returns: CRIB_PENDING or as crib_lock_acquire; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_lock_acquire(crib_op *op, crib_lock *l);

typedef struct crib_lock_stats {
    size_t size;      /* sizeof(crib_lock_stats), set by the caller; what it has room for is filled in */
    size_t waiting;   /* ops that wait */
    crib_task *owner; /* borrowed; NULL = nobody */
    int32_t broken;   /* its owner ended without releasing it, and nobody has recovered it */
    int32_t reserved;
} crib_lock_stats;

/** What a lock is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a lock of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 100, D5) */
CRIB_API int crib_lock_statistics(const crib_lock *l, crib_lock_stats *out);

#ifdef __cplusplus
}
#endif
#endif
