/* Cancel tokens: a named flag, set once, that says "stop", handed to whom it concerns. Unlike a scope a token is passed
 * along by hand, and reaches only who looks at it, waits for it or has linked a scope to it.
 *
 * A token is triggered by crib_token_trigger, or if it is a chain when one of its parts is; never the other way round.
 * Chains nest (S4).
 *
 * Threads: trigger, triggered, triggered_token, name, check, ref and unref from any thread, the rest on the loop thread
 * of the run. A trigger from another thread is seen by crib_token_triggered at once, and reaches waiters and scopes
 * soon. A token belongs to its runtime, and serves its next run too. */
#ifndef CRIB_TOKEN_H
#define CRIB_TOKEN_H

#include "crib/error.h"
#include "crib/types.h"
#include "crib/nursery.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a token.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it; crib_unref gives it up. Copies `name` (NULL is "").
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.1) */
CRIB_API crib_token *crib_token_new(const char *name);

/** As crib_token_new, for a token that another thread will trigger: until it is triggered or released, the run expects
 * that and is not reported as deadlocked.
 * Returns: as crib_token_new.
 * Owns: as crib_token_new.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_token *crib_token_new_external(const char *name);

/** Makes a token that is triggered when `first`, `second` or itself is. Its name is "first:second".
 * Returns: a counted handle; NULL without memory, for NULL, and for tokens of another run (CRIB_EMISUSE, S4.14).
 * Owns: the caller owns it; it keeps references to its parts.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.3-S4.5) */
CRIB_API crib_token *crib_token_chain(crib_token *first, crib_token *second);

/** Makes a token that is triggered when a scope is cancelled, in any way, also from outside; if it closes first, never.
 * Returns: a counted handle; NULL without memory and for a stale scope.
 * Owns: the caller owns it. Copies `name`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.17) */
CRIB_API crib_token *crib_token_of_scope(crib_scope *scope, const char *name);

/** Cancels a scope when a token is triggered, at once if it is: source CRIB_SOURCE_LINK, the reason is the name of the
 * token that was triggered.
 * Returns: 0; UV_ENOMEM; CRIB_EMISUSE for NULL, a stale scope, and a token of another run.
 * Owns: nothing changes hands; the link ends with the scope.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.17) */
CRIB_API int crib_scope_link_token(crib_scope *scope, crib_token *t);

/** Takes one more reference.
 * Returns: `t`; NULL for NULL.
 * Owns: the caller owns the new reference; crib_unref gives it up.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_token *crib_token_ref(crib_token *t);

/** A token's name.
 * Returns: borrowed; "" for NULL.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.1) */
CRIB_API const char *crib_token_name(const crib_token *t);

/** Triggers a token, and all chains it is part of. Idempotent. On the loop thread waiters are ready and linked scopes
 * cancelled when it returns; none of them has run.
 * Context: any thread; not from signal handlers.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.3, S4.4) */
CRIB_API void crib_token_trigger(crib_token *t);

/** Whether a token, or a part of a chain, is triggered.
 * Returns: true or false; false for NULL.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.3, S4.6) */
CRIB_API bool crib_token_triggered(const crib_token *t);

/** Which token it was: the token itself, else the first triggered one of its parts, depth first.
 * Returns: borrowed; NULL if none is triggered.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.3-S4.5) */
CRIB_API crib_token *crib_token_triggered_token(crib_token *t);

/** Fails if a token is triggered, with the message "Cancellation requested by NAME token".
 * Returns: 0; CRIB_EOPCANCELLED. In a fiber its innermost block then holds the error, as after crib_fail.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.6) */
CRIB_API int crib_token_check(const crib_token *t);

/** The error that crib_token_check would leave.
 * Returns: the error; NULL if the token is not triggered.
 * Owns: the caller owns the result.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.6) */
CRIB_API crib_error *crib_token_error(const crib_token *t);

/** Waits until a token is triggered.
 * Returns: 0; CRIB_ECANCELLED; CRIB_ECLOSED if its last reference goes meanwhile; what task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (S4.7) */
CRIB_API int crib_token_wait(crib_token *t);

/** Begins crib_token_wait on an op.
 * Returns: CRIB_PENDING or as crib_token_wait; what op.h says of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_token_wait(crib_op *op, crib_token *t);

/* A body to run with others; see combine.h, where most of them are used. */
typedef struct crib_work {
    const char *name;  /* of the task; not copied */
    crib_body_fn body; /* returns >= 0 for success; may leave a value by crib_task_set_result */
    void *user_data;
    crib_destroy_fn destroy; /* runs exactly once, also when the body never runs; may be NULL */
} crib_work;

/** Runs bodies as tasks until the first has ended, the token is triggered or `timeout` ns have passed; the others are
 * cancelled, and awaited before this returns. The bodies begin even if the token is triggered already.
 *
 * In this order: a body that failed leaves its error (S4.12); a triggered token is CRIB_EOPCANCELLED with its message,
 * even if a body succeeded (S4.9, S4.11); a timeout is CRIB_ETOOSLOW, whatever a body did after it (S4.8, S4.15).
 * Returns: the code, >= 0, of the body that ended first, and its index in `*winner` (may be NULL); otherwise the code
 * of what it failed with, whose tree the enclosing block holds, and `*winner` is left alone. UV_ECANCELED if the first
 * to end was cancelled by itself (crib_task_cancel). CRIB_ECANCELLED of the caller's own scopes. UV_EINVAL for no body
 * or a negative timeout; UV_ENOMEM; CRIB_EMISUSE for a token of another run; what task.h says of every wait (stackless
 * tasks run it by crib_begin_call).
 * Owns: consumes the user data of all works in every case. The winner's value goes to `*result` (NULL: it is dropped;
 * nil if there is no winner); those of the others are dropped.
 * Context: inside a fiber. CRIB_FOREVER = no timeout. `t` NULL = no token.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 (S4.8-S4.13) */
CRIB_API int crib_token_cancellable_wait(crib_token *t, const crib_work *works, size_t count, int64_t timeout,
                                         size_t *winner, crib_value *result);

#ifdef __cplusplus
}
#endif
#endif
