/* Barriers: a number of tasks wait until all of them have come. A barrier serves one round after another.
 *
 * Threads: the run's own; crib_unref from any thread. A barrier belongs to its runtime, and serves its next run too. */
#ifndef CRIB_BARRIER_H
#define CRIB_BARRIER_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a barrier for `parties` tasks, at least one.
 * Returns: a counted handle; NULL without memory, outside a run, or for 0 parties.
 * Owns: the caller owns it; crib_unref gives it up. Tasks that wait at one whose last reference goes wake with
 * CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_barrier *crib_barrier_new(uint32_t parties);

/** Waits until as many tasks as the barrier has parties have come. The last to come wakes the others and goes on; the
 * next round begins with it. Whoever is cancelled while waiting has not come.
 * Returns: 1 to the one task of each round that came last, 0 to the others; CRIB_ECANCELLED; CRIB_ECLOSED; what task.h
 * says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_barrier_wait(crib_barrier *b);

/** Begins crib_barrier_wait on an op.
 * Returns: CRIB_PENDING or as crib_barrier_wait; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_barrier_wait(crib_op *op, crib_barrier *b);

typedef struct crib_barrier_stats {
    size_t size;     /* sizeof(crib_barrier_stats), set by the caller; what it has room for is filled in */
    size_t waiting;  /* ops that wait for the others of this round */
    uint64_t rounds; /* that are complete */
    uint32_t parties;
    uint32_t reserved;
} crib_barrier_stats;

/** What a barrier is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a barrier of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_barrier_statistics(const crib_barrier *b, crib_barrier_stats *out);

#ifdef __cplusplus
}
#endif
#endif
