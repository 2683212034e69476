/* Capacity limiters: at most so many at a time. Unlike a semaphore it knows who has a token, the borrower, which has at
 * most one, and its total can be changed while it is in use (statement 104). A borrower is a task, or any address that
 * the application takes for one; a task that gives its own handle is the task. A second acquire by one borrower is
 * refused, also while the first still waits (D6).
 *
 * A task that ends gives its token back. Tokens acquired on behalf of something else are the application's to release.
 *
 * Threads: the run's own; crib_unref from any thread. A limiter belongs to its runtime, and serves its next run too. */
#ifndef CRIB_LIMITER_H
#define CRIB_LIMITER_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a limiter with `total` tokens: a whole number >= 0, or INFINITY.
 * Returns: a counted handle; NULL without memory, outside a run, or for another total.
 * Owns: the caller owns it; crib_unref gives it up. Tasks that wait for one whose last reference goes wake with
 * CRIB_ECLOSED.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API crib_limiter *crib_limiter_new(double total);

/** Borrows a token for the calling task, waiting for one.
 * Returns: 0; CRIB_ECANCELLED, CRIB_ECLOSED and what task.h says of every wait, UV_ENOMEM: none was borrowed.
 * CRIB_EMISUSE also if the task has one, or another op of it waits for one.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 45, 54, 104, D6) */
CRIB_API int crib_limiter_acquire(crib_limiter *l);

/** As crib_limiter_acquire, for any borrower: an address that is never looked at (not NULL).
 * Returns: as crib_limiter_acquire; UV_EINVAL for NULL.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statement 104) */
CRIB_API int crib_limiter_acquire_on_behalf_of(crib_limiter *l, const void *borrower);

/** Borrows a token if that needs no wait, for the calling task or for any borrower.
 * Returns: 0; CRIB_EWOULDBLOCK; UV_ENOMEM; CRIB_EMISUSE if the borrower has one or waits for one, and outside a task.
 * Context: inside a task; with a borrower, loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API int crib_limiter_acquire_nowait(crib_limiter *l);
CRIB_API int crib_limiter_acquire_nowait_on_behalf_of(crib_limiter *l, const void *borrower);

/** Gives back the token of the calling task, or of a borrower; the oldest waiter has it from now on.
 * Returns: 0; CRIB_EMISUSE if it has none, and outside a task.
 * Context: inside a task; with a borrower (a task's is its handle), loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API int crib_limiter_release(crib_limiter *l);
CRIB_API int crib_limiter_release_on_behalf_of(crib_limiter *l, const void *borrower);

/** Changes the total. Raising it serves waiters; lowering it below what is borrowed takes nothing away.
 * Returns: 0; UV_EINVAL for what is no whole number >= 0 nor INFINITY; CRIB_EMISUSE for NULL or another run's limiter.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API int crib_limiter_set_total(crib_limiter *l, double total);

/** Begins crib_limiter_acquire on an op, for the op's task (`borrower` NULL) or another borrower. A finished, untaken
 * acquire that is aborted gives its token back.
 * Returns: CRIB_PENDING or as crib_limiter_acquire; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_limiter_acquire(crib_op *op, crib_limiter *l, const void *borrower);

typedef struct crib_limiter_stats {
    size_t size;     /* sizeof(crib_limiter_stats), set by the caller; what it has room for is filled in */
    size_t waiting;  /* ops that wait */
    size_t borrowed; /* tokens; more than the total after that was lowered */
    double total;
} crib_limiter_stats;

/** What a limiter is doing.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a limiter of another run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API int crib_limiter_statistics(const crib_limiter *l, crib_limiter_stats *out);

/** Who has a token: writes up to `n` borrowers, in no order. A task's is its handle.
 * Returns: how many borrowers there are; may be more than `n`. 0 for NULL or another run's limiter.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 104) */
CRIB_API size_t crib_limiter_borrowers(const crib_limiter *l, const void **out, size_t n);

#ifdef __cplusplus
}
#endif
#endif
