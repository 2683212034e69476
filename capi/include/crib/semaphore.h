/* Semaphores: a number of permits without owners. A permit that is released goes to the oldest waiter at once
 * (statement 102).
 *
 * Threads: the run's own; crib_unref from any thread. A semaphore belongs to its runtime, and serves its next run too. */
#ifndef CRIB_SEMAPHORE_H
#define CRIB_SEMAPHORE_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a semaphore with `initial` permits to give; `max` is how many there may ever be, 0 = no limit.
 * Returns: a counted handle; NULL without memory, outside a run, or if initial > max > 0.
 * Owns: the caller owns it; crib_unref gives it up. Tasks that wait for one whose last reference goes wake with
 * CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 102) */
CRIB_API crib_semaphore *crib_semaphore_new(uint32_t initial, uint32_t max);

/** Takes a permit, waiting for one.
 * Returns: 0; CRIB_ECANCELLED, CRIB_ECLOSED and what task.h says of every wait: none was taken.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 45, 54, 102) */
CRIB_API int crib_semaphore_acquire(crib_semaphore *s);

/** Takes a permit if that needs no wait.
 * Returns: 0; CRIB_EWOULDBLOCK; CRIB_EMISUSE for NULL or a semaphore of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_semaphore_acquire_nowait(crib_semaphore *s);

/** Gives a permit back, or one more: no task owns any.
 * Returns: 0; UV_EINVAL if there would be more than `max` (2^32 - 1 without a limit); CRIB_EMISUSE as above.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 102) */
CRIB_API int crib_semaphore_release(crib_semaphore *s);

/** Begins crib_semaphore_acquire on an op. A finished, untaken acquire that is aborted gives its permit back.
 * Returns: CRIB_PENDING or as crib_semaphore_acquire; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_semaphore_acquire(crib_op *op, crib_semaphore *s);

typedef struct crib_semaphore_stats {
    size_t size;    /* sizeof(crib_semaphore_stats), set by the caller; what it has room for is filled in */
    size_t waiting; /* ops that wait */
    uint32_t value; /* permits to give */
    uint32_t max;   /* 0 = no limit */
} crib_semaphore_stats;

/** What a semaphore is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a semaphore of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 102) */
CRIB_API int crib_semaphore_statistics(const crib_semaphore *s, crib_semaphore_stats *out);

#ifdef __cplusplus
}
#endif
#endif
