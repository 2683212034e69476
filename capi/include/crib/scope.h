/* Cancel scopes. A scope is a region of a task; cancelling it reaches everything inside, the task itself, the
 * nurseries opened inside and all their descendants, and stays: every cancel point inside fails with CRIB_ECANCELLED
 * until the scope is closed (statement 1). A timeout is a scope with a deadline; no operation has one of its own.
 *
 * Life: open → (cancelled) → closed. Opening and closing are never checkpoints. A scope is single-use. In a fiber it
 * nests in the innermost open block and is closed in reverse order; a stackless task names the parent, and siblings
 * may close in any order. An open that fails returns NULL and poisons the block around it: every cancel point of the
 * task in there returns that code until that block is closed, so a NULL scope never means "no timeout". Where no block
 * is known (a stackless task that names no open parent, outside tasks) there is only the NULL.
 *
 * Closing absorbs if and only if rc < 0, the scope is effectively cancelled and its parent's cancellation is not
 * visible through it (statement 5): of several cancelled scopes the outermost visible one absorbs.
 *
 * Threads: the run's own. Handles are checked ids: a stale one gives CRIB_EMISUSE from close, no effect elsewhere. */
#ifndef CRIB_SCOPE_H
#define CRIB_SCOPE_H

#include "crib/time.h"
#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
typedef struct crib_scope_options {
    size_t size;        /* sizeof(crib_scope_options); an unknown non-zero tail is UV_EINVAL */
    crib_scope *parent; /* fibers: NULL = innermost open block; stackless: mandatory */
    int64_t deadline;   /* absolute; 0 = none, CRIB_EXPIRED = already passed */
    int64_t timeout;    /* relative to entry, >= 0; 0 = none; of the two the earlier counts */
    int64_t grace;      /* >= 0; makes expiry a soft cancel that interrupts, with this grace; 0 = a hard one */
    int32_t shield;     /* 0 no, 1 full (hides all outer cancels), 2 soft (hides outer soft cancels) */
    int32_t graceful;   /* 1: a soft cancel of any mode ends it at once; inherited by inner scopes */
    int32_t fail;       /* 1: CRIB_ETOOSLOW when its own deadline ended it */
    int32_t reserved;   /* 0 */
} crib_scope_options;

/* Modes of a soft cancel. */
#define CRIB_SOFT_DRAIN     0 /* only graceful regions end now                       */
#define CRIB_SOFT_INTERRUPT 1 /* everything that is not soft-shielded ends now       */
#endif

/* Who cancelled a scope (statement 37). */
#define CRIB_SOURCE_NONE      0
#define CRIB_SOURCE_EXPLICIT  1 /* crib_scope_cancel and its kin */
#define CRIB_SOURCE_DEADLINE  2
#define CRIB_SOURCE_NURSERY   3 /* a child or the body failed */
#define CRIB_SOURCE_INTERRUPT 4 /* SIGINT */
#define CRIB_SOURCE_SHUTDOWN  5 /* the run is ending */
#define CRIB_SOURCE_DEADLOCK  6
#define CRIB_SOURCE_MISUSE    7 /* an outer block was closed first */
#define CRIB_SOURCE_LINK      8 /* a linked scope or token fired */

/* States of a scope. */
#define CRIB_SCOPE_OPEN      0
#define CRIB_SCOPE_SOFT      1 /* soft-cancelled */
#define CRIB_SCOPE_CANCELLED 2
#define CRIB_SCOPE_CLOSED    3

/** Opens a scope.
 * Returns: the scope, or NULL: UV_ENOMEM, UV_EINVAL (a negative timeout or grace, an unknown shield or option),
 * CRIB_EMISUSE (a parent that is not the fiber's innermost block, or not an open scope of a stackless task; outside a
 * run); the code is what the block is poisoned with.
 * Owns: the caller closes it with crib_scope_close or crib_scope_close_error. `options` NULL = all defaults.
 * Context: inside a task; callbacks and host code may open one below a scope of a stackless task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 18-20, 24, 26) */
CRIB_API crib_scope *crib_scope_open(const crib_scope_options *options);

/** Opens a scope that ends silently `ns` nanoseconds from now; CRIB_FOREVER = never.
 * Returns: as crib_scope_open; `ns` < 0 is UV_EINVAL, 0 has expired at once; outside a fiber NULL.
 * Owns: the caller closes it.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 20, 41) */
CRIB_API crib_scope *crib_move_on_after(int64_t ns);

/** Opens a scope that ends silently at an absolute time; one in the past has expired at once.
 * Returns: as crib_scope_open.
 * Owns: the caller closes it.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_scope *crib_move_on_at(int64_t time);

/** As crib_move_on_after, but its close fails with CRIB_ETOOSLOW if its own deadline ended it (D3).
 * Returns: as crib_scope_open.
 * Owns: the caller closes it.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 41, D3) */
CRIB_API crib_scope *crib_fail_after(int64_t ns);

/** As crib_move_on_at, with CRIB_ETOOSLOW as crib_fail_after.
 * Returns: as crib_scope_open.
 * Owns: the caller closes it.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_scope *crib_fail_at(int64_t time);

/** Closes the innermost scope of a fiber with the result of what ran inside.
 *
 * `*caught` (may be NULL) says that a cancellation was absorbed.
 * Returns: rc if rc >= 0; 0 if everything was absorbed; CRIB_ETOOSLOW from a failing timeout; otherwise the code of
 * what goes on, whose tree is then held by the enclosing block. For NULL, which an open that failed returns, rc if
 * rc < 0. CRIB_EMISUSE for a stale handle, NULL otherwise, a scope of another task, that of a nursery or task, or one
 * with inner blocks still open (those are cancelled, awaited and closed first: then it may wait; blocks given up by
 * crib_unref likewise, without the CRIB_EMISUSE); CRIB_ECANCELLED where nothing is cancelled is forged and becomes
 * CRIB_EMISUSE.
 * Owns: ends the scope.
 * Context: inside the fiber that opened it; stackless tasks use crib_scope_close_error, which gives them the tree.
 * Cancel point: never. Schedules: never, but to await inner blocks.
 * Since: 0.1 (statements 4-10, 33-36, D3, D10, D14) */
CRIB_API int crib_scope_close(crib_scope *scope, int rc, bool *caught);

/** Closes a scope with an error object; the form for stackless tasks and bindings.
 * Returns: what was not absorbed, NULL if nothing. In a fiber too the tree is returned instead of held. What
 * crib_scope_close refuses gives an error of code CRIB_EMISUSE, joined with `in`.
 * Owns: consumes `in` (NULL = success); the caller owns the result.
 * Context: inside the task that opened it, or a callback on the loop thread for scopes of stackless tasks.
 * Cancel point: never. Schedules: never, but to await inner blocks of a fiber.
 * Since: 0.1 */
CRIB_API crib_error *crib_scope_close_error(crib_scope *scope, crib_error *in, bool *caught);

/** Runs a body inside a scope: the closed form, which cannot be left open.
 * Returns: as crib_scope_close with the body's result; UV_ENOMEM, UV_EINVAL, CRIB_EMISUSE if the scope could not be
 * opened (the body did not run, and the block around is not poisoned); CRIB_ENOTFIBER in a stackless task.
 * Owns: nothing.
 * Context: inside a fiber.
 * Cancel point: never itself. Schedules: as the body does.
 * Since: 0.1 */
CRIB_API int crib_scope_run(const crib_scope_options *options, crib_body_fn body, void *user_data, bool *caught);

/** Cancels everything inside a scope, now and for good. Idempotent: the first source and reason stay (statement 2).
 *
 * Abort functions of everything that waits inside run before this returns; no task runs inside it (statement 3). Called
 * by such a function, or by one of crib_scope_on_cancel, it leaves the abort functions to the cancel under way.
 * Returns: 0, also for a closed scope (no effect, statement 14); CRIB_EMISUSE for what never was a scope of this
 * thread's run.
 * Owns: copies `reason` (NULL = none); if there is no memory for it the cancel happens without.
 * Context: loop thread: any task, callback or host code.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 2, 3, 11-14, 31) */
CRIB_API int crib_scope_cancel(crib_scope *scope, const char *reason);

/** Asks everything inside a scope to end, and cancels what is left `grace` nanoseconds later.
 *
 * Later calls can only move the hard time earlier and widen the mode; a grace of 0 is crib_scope_cancel.
 * Returns: as crib_scope_cancel; UV_EINVAL for an unknown mode or a negative grace (CRIB_FOREVER = no hard time).
 * Owns: copies `reason`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (semantics 3.1) */
CRIB_API int crib_scope_cancel_soft(crib_scope *scope, int mode, int64_t grace, const char *reason);

/** Whether this scope itself was cancelled, softly too (not an outer one). A deadline that has passed by the clock is
 * made final by this call (statement 23).
 * Returns: false for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API bool crib_scope_cancel_called(const crib_scope *scope);

/** Moves the deadline; CRIB_FOREVER disarms it. A time that has passed takes effect when deadlines are next looked at.
 * After a hard cancel or an expiry nothing changes any more (statement 17).
 * Returns: 0; CRIB_EMISUSE for a stale handle; UV_ENOMEM.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 15-17) */
CRIB_API int crib_scope_set_deadline(crib_scope *scope, int64_t time);

/** The scope's own deadline.
 * Returns: an absolute time; CRIB_FOREVER if there is none, and for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_scope_deadline(const crib_scope *scope);

/** Raises or lowers the full shield, with immediate effect (statements 27, 29); lowering takes a soft shield too.
 * Returns: 0; CRIB_EMISUSE for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_scope_set_shield(crib_scope *scope, bool shield);

/** The earliest deadline, or end of a grace time, among the calling task's innermost block and those around it, up to
 * the first full shield (statement 30). In a stackless task, of the scope that slot 0 works in.
 * Returns: an absolute time; CRIB_EXPIRED if it is cancelled already, CRIB_FOREVER if there is none or no task.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_current_effective_deadline(void);

/** The same of a scope that the caller names: the earliest deadline, or end of a grace time, of this scope and those around
 * it, up to the first full shield (statement 30). For bindings whose tasks have several scopes open at once.
 * Returns: an absolute time; CRIB_EXPIRED if it is cancelled already, CRIB_FOREVER if there is none, and for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_scope_effective_deadline(const crib_scope *scope);

/** The reason given when the scope, or else the nearest enclosing scope that cancels it, was cancelled (statement 39).
 * A scope cancelled after an outer one, so that it was cancelled already, shows the outer one's (statement 2). Cancels
 * by the library have reasons of their own, such as which child failed.
 * Returns: borrowed until the scope closes; NULL if there is none.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_scope_reason(const crib_scope *scope);

/** Who cancelled it: a CRIB_SOURCE_ number, of the same scope as crib_scope_reason.
 * Returns: CRIB_SOURCE_NONE if it is not cancelled or stale.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 37) */
CRIB_API int crib_scope_source(const crib_scope *scope);

/** The name of a source: "explicit", "deadline", "nursery", …
 * Returns: a static string; "unknown" for another number.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_source_name(int source);

/** What state the scope is in, outer cancels included that its shield lets through.
 * Returns: a CRIB_SCOPE_ number; CRIB_SCOPE_CLOSED for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_scope_state(const crib_scope *scope);

/** How long until a soft cancel of this scope or a visible outer one becomes a hard cancel.
 * Returns: nanoseconds; 0 once it is hard; CRIB_FOREVER if none is under way or it has no hard time.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (semantics 3.1) */
CRIB_API int64_t crib_scope_remaining_grace(const crib_scope *scope);

/** Links scopes one way: when `source` is cancelled, by itself or from outside, `target` is cancelled with source
 * "link". A soft cancel arrives as a soft one that interrupts, with the same hard time; a hard one that follows it does
 * too. The link ends with either scope.
 * Returns: 0; CRIB_EMISUSE for a stale handle; UV_ENOMEM.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S4.17) */
CRIB_API int crib_scope_link(crib_scope *source, crib_scope *target);

/* Runs on the loop thread, outside tasks, when a scope is cancelled; may cancel, wake and post, never wait. */
typedef void (*crib_cancel_fn)(void *user_data);

/** Calls `fn` once when the scope becomes effectively cancelled, or at once if it is: when cancel points directly
 * inside fail, so a drain counts only in graceful regions.
 * Returns: 0; CRIB_EMISUSE for a stale handle or without `fn`; UV_ENOMEM.
 * Owns: `destroy` runs exactly once: after `fn`, when the scope closes, or when this call fails.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_scope_on_cancel(crib_scope *scope, crib_cancel_fn fn, void *user_data, crib_destroy_fn destroy);

/** Asks for a CRIB_READY_SCOPE_CANCELLED record with `data` when the scope becomes effectively cancelled; the form of
 * crib_scope_on_cancel for runs driven by crib_runtime_poll_ready. Other runs give no records.
 * Returns: 0; CRIB_EMISUSE for a stale handle; UV_ENOMEM.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_scope_watch(crib_scope *scope, uint64_t data);

#ifdef __cplusplus
}
#endif
#endif
