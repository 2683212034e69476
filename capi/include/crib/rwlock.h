/* Read-write locks: many readers or one writer. First come, first served: a reader that comes after a waiting writer
 * waits too, and readers that wait next to each other go in together. A task holds it once, in one way: a second acquire
 * is refused, and to write a reader releases first.
 *
 * States: free, read, written, broken. It is broken when a task ends while holding it to write, as a lock (lock.h); a
 * reader that ends gives it back.
 *
 * Threads: the run's own; crib_unref from any thread. It belongs to its runtime, and serves its next run too. */
#ifndef CRIB_RWLOCK_H
#define CRIB_RWLOCK_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a read-write lock that is free.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it; crib_unref gives it up. Tasks that wait for one whose last reference goes wake with
 * CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_rwlock *crib_rwlock_new(void);

/** Acquires it to read or to write, waiting for that.
 * Returns: 0; CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_ECLOSED, UV_ENOMEM and what task.h says of every wait: it is not held.
 * CRIB_EMISUSE also if the task holds it already.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 45, 54) */
CRIB_API int crib_rwlock_acquire_read(crib_rwlock *l);
CRIB_API int crib_rwlock_acquire_write(crib_rwlock *l);

/** Acquires it to read or to write if that needs no wait, for the calling task.
 * Returns: 0; CRIB_EWOULDBLOCK; CRIB_EBROKEN; UV_ENOMEM; CRIB_EMISUSE if the task holds it already, outside a task, and
 * for one of another run.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_rwlock_acquire_read_nowait(crib_rwlock *l);
CRIB_API int crib_rwlock_acquire_write_nowait(crib_rwlock *l);

/** Releases it, however the calling task holds it; those whose turn it is hold it from now on.
 * Returns: 0; CRIB_EMISUSE if the task does not hold it.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_rwlock_release(crib_rwlock *l);

/** Takes over a broken one to write.
 * Returns: 0; CRIB_EBUSY if it is not broken; CRIB_EMISUSE outside a task, and for one of another run.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D5) */
CRIB_API int crib_rwlock_recover(crib_rwlock *l);

/** As the four above, for the task of a handle: callbacks and bindings, where no task is current.
 * Returns: as those; CRIB_EMISUSE for a task that has ended or is of another run.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_rwlock_acquire_read_nowait_by(crib_rwlock *l, crib_task *task);
CRIB_API int crib_rwlock_acquire_write_nowait_by(crib_rwlock *l, crib_task *task);
CRIB_API int crib_rwlock_release_by(crib_rwlock *l, crib_task *task);
CRIB_API int crib_rwlock_recover_by(crib_rwlock *l, crib_task *task);

/** Begins an acquire on an op, for the op's task. A finished, untaken acquire that is aborted releases it.
 * Returns: CRIB_PENDING or as crib_rwlock_acquire_read; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_rwlock_acquire_read(crib_op *op, crib_rwlock *l);
CRIB_API int crib_begin_rwlock_acquire_write(crib_op *op, crib_rwlock *l);

typedef struct crib_rwlock_stats {
    size_t size;    /* sizeof(crib_rwlock_stats), set by the caller; what it has room for is filled in */
    size_t readers; /* tasks that hold it to read */
    size_t waiting_readers;
    size_t waiting_writers;
    crib_task *writer; /* borrowed; NULL = nobody writes */
    int32_t broken;
    int32_t reserved;
} crib_rwlock_stats;

/** What a read-write lock is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or one of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_rwlock_statistics(const crib_rwlock *l, crib_rwlock_stats *out);

#ifdef __cplusplus
}
#endif
#endif
