/* Patterns that people otherwise write by hand, each a few lines on nurseries, scopes and channels. All bodies run as
 * tasks in a nursery of the call, which has ended when it returns: nothing is left running, no error is lost, and the
 * caller's scopes reach everything. A body leaves a value by crib_task_set_result.
 *
 * The functions are for fibers; a stackless task runs them by crib_begin_call. Refused, by UV_EINVAL or as task.h says
 * of every wait, they started nothing. CRIB_ECANCELLED says so too if the caller was cancelled before the call; later
 * it means that the bodies were cancelled and have ended. */
#ifndef CRIB_COMBINE_H
#define CRIB_COMBINE_H

#include "crib/token.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Runs all bodies, at most `limit` at a time (0 = no limit), in order, and gathers their results.
 *
 * The first failure cancels the rest. `results` (may be NULL) has room for `count` values: the one at i is that of the
 * body at i, nil if it left none.
 * Returns: 0; the code of the nursery's errors, whose tree the enclosing block holds, as crib_nursery_close; then all
 * results are dropped and nil. CRIB_ECANCELLED; UV_ENOMEM; UV_EINVAL for a work without a body; what task.h says of
 * every wait.
 * Owns: consumes the user data of all works in every case; the caller owns the results.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless `count` is 0.
 * Since: 0.1 */
CRIB_API int crib_gather(const crib_work *works, size_t count, size_t limit, crib_value *results);

/** Runs all bodies until the first one succeeds; the others are cancelled and awaited.
 * Returns: the code, >= 0, of the one that succeeded, its index in `*winner` and its value in `*result` (both may be
 * NULL); if none did, the code of their errors, whose tree the enclosing block holds, or UV_ECANCELED if each was
 * cancelled by itself (crib_task_cancel): then `*result` is nil and `*winner` left alone. CRIB_ECANCELLED of the
 * caller's own scopes; UV_EINVAL for no body; UV_ENOMEM; what task.h says of every wait.
 * Owns: consumes the user data of all works in every case; the caller owns the result, others are dropped.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 */
CRIB_API int crib_first_success(const crib_work *works, size_t count, size_t *winner, crib_value *result);

/* One item of crib_map: the body of a task. Returns >= 0 for success. */
typedef int (*crib_map_fn)(size_t index, void *user_data);

/** Calls `fn` for each index from 0 to count - 1, in tasks of their own, at most `limit` at a time (0 = no limit). The
 * first failure cancels the rest.
 * Returns: 0; the code of the errors, whose tree the enclosing block holds; CRIB_ECANCELLED; UV_ENOMEM; UV_EINVAL
 * without `fn`; what task.h says of every wait.
 * Owns: `user_data` stays the caller's.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless `count` is 0.
 * Since: 0.1 */
CRIB_API int crib_map(size_t count, size_t limit, crib_map_fn fn, void *user_data);

/* Bodies whose results come as they end. */
typedef struct crib_completed crib_completed;

/** Starts all bodies, at most `limit` at a time (0 = no limit), and hands out their results in the order in which they
 * end. It is a block of the fiber, like a nursery: crib_completed_close ends it, in reverse order of opening. A block
 * around it that is closed first ends the bodies, but the stream is still to be closed.
 * Returns: the stream; NULL without memory or with an invalid argument (a work without a body, more than INT_MAX
 * works): the block around it is then poisoned, as by crib_nursery_open. A body there is no memory to start fails with
 * UV_ENOMEM.
 * Owns: consumes the user data of all works in every case; the caller closes the stream.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_completed *crib_completed_open(const crib_work *works, size_t count, size_t limit);

/** Waits for the next body to end. A body's failure is a result like any other here: it cancels nobody. One that was
 * cancelled by itself (crib_task_cancel) has failed with UV_ECANCELED.
 * Returns: the index of the body that ended; CRIB_EENDOFCHANNEL after the last; CRIB_ECANCELLED (nothing was taken);
 * CRIB_EBUSY while another task waits here; CRIB_ECLOSED if the stream is closed meanwhile; what task.h says of every
 * wait.
 * Owns: the caller owns `*error` (NULL if it succeeded) and `*result`; both may be NULL: then they are released.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_completed_next(crib_completed *c, crib_value *result, crib_error **error);

/** Ends the stream: bodies still running are cancelled and awaited, results nobody took are dropped; failures nobody
 * took are reported as a nursery's.
 * Returns: as crib_nursery_close for `rc`; CRIB_EMISUSE in another task (the stream stays open), and if a block around
 * it was closed first.
 * Owns: consumes `c`.
 * Context: inside the fiber that opened it.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 */
CRIB_API int crib_completed_close(crib_completed *c, int rc);

typedef struct crib_retry_options {
    size_t size;        /* sizeof(crib_retry_options), as the caller knows it; all else zero = default */
    uint32_t attempts;  /* at most so many; 0 = until a scope's deadline ends it */
    uint32_t jitter;    /* per cent, 0 to 100: of each delay a random part of that is left out */
    int64_t delay;      /* ns before the second attempt; 0 = 100 ms */
    int64_t most_delay; /* ns; 0 = 30 s */
    double factor;      /* >= 1: each delay, before jitter, is so many times the one before; 0 = 2 */
    bool (*retries)(int code, void *user_data); /* whether this failure is worth another attempt; NULL = every one */
} crib_retry_options;

/** Calls a body until it succeeds, with growing delays between its attempts. Timeouts are scopes: around all of it, or
 * one an attempt inside the body. A delay that would last until the deadline in force, or longer, is not begun: the
 * failure is returned at once. Cancelled is not tried again.
 *
 * Jitter is repeatable in runs with a seed or a mock clock, and differs from run to run in others.
 * Returns: what the body returned at last, >= 0 if it succeeded; a failure's tree is held by the enclosing block.
 * CRIB_ECANCELLED, in a delay with the last failure as its cause; UV_EINVAL for options that make no sense or without
 * `body`; UV_ENOMEM; what task.h says of every wait.
 * Owns: `user_data` stays the caller's. `options` NULL = all defaults.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when the body does, and between attempts.
 * Since: 0.1 */
CRIB_API int crib_retry(const crib_retry_options *options, crib_body_fn body, void *user_data);

/* A clock that ticks every `period` ns, at start + period, start + 2 period…: it does not drift. Plain data. */
typedef struct crib_ticker {
    int64_t period; /* ns, > 0 */
    int64_t next;   /* absolute: the next tick */
} crib_ticker;

/** Starts a ticker at the current time.
 * Returns: 0; UV_EINVAL for a period < 1 or without `ticker`; CRIB_EMISUSE outside a run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_ticker_start(crib_ticker *ticker, int64_t period);

/** Waits for the next tick. Ticks that went by while nobody waited are not made up for; one that is due now is no such.
 * Returns: how many went by unseen, usually 0; CRIB_ECANCELLED; UV_EINVAL for one that was not started; what task.h
 * says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 */
CRIB_API int crib_ticker_wait(crib_ticker *ticker);

#ifdef __cplusplus
}
#endif
#endif
