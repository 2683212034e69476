/* Events: something happens once, and whoever waits for it goes on. An event is never unset (statement 99).
 *
 * Threads: the run's own; crib_unref from any thread. An event belongs to its runtime, and serves its next run too. */
#ifndef CRIB_EVENT_H
#define CRIB_EVENT_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes an event that is not set.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it; crib_unref gives it up. Not while tasks wait on it: they would wake with CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 99) */
CRIB_API crib_event *crib_event_new(void);

/** Sets an event and wakes everybody who waits for it. Idempotent.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 99) */
CRIB_API void crib_event_set(crib_event *e);

/** Whether an event is set.
 * Returns: true or false; false for NULL.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API bool crib_event_is_set(const crib_event *e);

/** Waits until an event is set.
 * Returns: 0; CRIB_ECANCELLED; CRIB_ECLOSED if its last reference goes meanwhile; what task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statement 99) */
CRIB_API int crib_event_wait(crib_event *e);

/** Begins crib_event_wait on an op.
 * Returns: CRIB_PENDING or as crib_event_wait; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_event_wait(crib_op *op, crib_event *e);

typedef struct crib_event_stats {
    size_t size;    /* sizeof(crib_event_stats), set by the caller; what it has room for is filled in */
    size_t waiting; /* ops that wait */
    int32_t is_set;
    int32_t reserved;
} crib_event_stats;

/** What an event is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or an event of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 99) */
CRIB_API int crib_event_statistics(const crib_event *e, crib_event_stats *out);

#ifdef __cplusplus
}
#endif
#endif
