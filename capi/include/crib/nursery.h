/* Nurseries. A nursery is a block that tasks can be started in; closing it waits for all of them, so that no task
 * outlives it and no failure is lost. It is a cancel scope too: children live in the scopes around the *nursery*.
 *
 * Life: open → (body ends, close waits for the children) → closed. A nursery takes children until it is closed; a
 * living child may start more while the close waits (statements 61, 69). Under the default policy the first failure
 * cancels the rest, and every error is reported in one tree (statements 62-66).
 *
 * When it cancels by itself (a child or the body failed, its policy says so, the body of a service has ended), that is a
 * hard cancel. With a `grace` it is a soft one that interrupts (see scope.h): what is soft-shielded, such as cleanup,
 * may go on for that long. Later failures do not prolong it.
 *
 * Threads: the run's own. Handles are checked ids. */
#ifndef CRIB_NURSERY_H
#define CRIB_NURSERY_H

#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
#define CRIB_POLICY_ALL           0 /* first failure cancels the rest, all errors reported */
#define CRIB_POLICY_FIRST_DONE    1 /* the first child to end cancels the rest */
#define CRIB_POLICY_FIRST_SUCCESS 2 /* the first success cancels the rest; failures count only if nobody succeeds */
#define CRIB_POLICY_SUPERVISE     3 /* a failure reaches on_failure and cancels nobody */

typedef struct crib_nursery_options {
    size_t size;           /* sizeof(crib_nursery_options); an unknown non-zero tail is UV_EINVAL */
    crib_scope *parent;    /* fibers: NULL = innermost open block; stackless: mandatory */
    int32_t policy;        /* CRIB_POLICY_... */
    uint32_t max_children; /* 0 = no limit; at the limit start_soon returns CRIB_EWOULDBLOCK */
    size_t stack_bytes;    /* of its fibers, up to 1 GiB; 0 = the runtime's */
    int32_t drain;         /* 1: refuse new children once it is cancelled, softly or not (CRIB_ECLOSED) */
    int32_t service;       /* 1: children are shielded until the body has ended, then cancelled */
    /* Policy supervise: told of each failure on the loop thread; must not wait. NULL: failures are reported at close. */
    void (*on_failure)(crib_task *task, crib_error *error, void *user_data);
    void *user_data;
    int64_t grace; /* >= 0; what cancels of its own leave to soft-shielded code, see above; 0 = none */
} crib_nursery_options;
#endif

/** Opens a nursery with the default policy.
 * Returns: the nursery, or NULL, which poisons the block around (see scope.h): UV_ENOMEM. Outside a fiber NULL.
 * Owns: the caller closes it.
 * Context: inside a fiber.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 49) */
CRIB_API crib_nursery *crib_nursery_open(void);

/** Opens a nursery with options (NULL = defaults).
 * Returns: as crib_nursery_open; UV_EINVAL for an unknown policy or option or a negative grace, CRIB_EMISUSE for a
 * parent that does not fit (see crib_scope_open).
 * Owns: the caller closes it.
 * Context: inside a task; stackless tasks name the parent scope, and so may callbacks and host code.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_nursery *crib_nursery_open_with(const crib_nursery_options *options);

/** Starts a fiber in a nursery. It does not run before the caller waits or yields (statement 56).
 * Returns: 0; CRIB_ECLOSED if the nursery takes no more (statement 69); CRIB_EWOULDBLOCK at max_children; UV_ENOMEM;
 * UV_EINVAL without a body; CRIB_EMISUSE for a stale handle. A cancelled nursery is no error (statement 70). Its stack
 * is found when it first runs: without memory for that the child fails with UV_ENOMEM.
 * Owns: `user_data` until `destroy` (may be NULL) has run, which is exactly once, also when the call fails. `name`
 * (may be NULL) is not copied and lives until then.
 * Context: loop thread: any task, callback or host code.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 32, 56, 69, 70) */
CRIB_API int crib_nursery_start_soon(crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                                     crib_destroy_fn destroy);

/** As crib_nursery_start_soon, with a handle of the task.
 * Returns: the task; NULL for what start_soon would refuse.
 * Owns: the caller owns the handle and gives it up with crib_unref; else as start_soon.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D16) */
CRIB_API crib_task *crib_nursery_spawn(crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                                       crib_destroy_fn destroy);

/** Starts a fiber under the caller and waits until it calls crib_task_started, which moves it, with all below it,
 * into the nursery. Until then a cancel of either reaches it, a soft one softly.
 * Returns: 0 with the value given to started in `*started`; the child's code if it failed before (its tree is then
 * held by the caller's block, unwrapped); CRIB_ENOTSTARTED if it ended without; CRIB_ECANCELLED if the caller was
 * cancelled meanwhile; CRIB_ENURSERYCANCELLED if the nursery was (D2); what start_soon refuses; what task.h says of
 * every wait.
 * Owns: the caller owns `*started` (NULL: it is dropped); else as start_soon.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless refused.
 * Since: 0.1 (statements 75-84, D2) */
CRIB_API int crib_nursery_start(crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                                crib_destroy_fn destroy, crib_value *started);

/** Waits until the nursery is below its max_children. All who wait are woken then; whoever starts a child first takes
 * the place.
 * Returns: 0; CRIB_ECANCELLED; CRIB_ECLOSED if it closes meanwhile; CRIB_EMISUSE for a stale handle; what task.h says
 * of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_nursery_wait_room(crib_nursery *n);

/** Waits until the nursery has no children, without closing it. One of its own children never sees that.
 * Returns: 0; CRIB_ECANCELLED; CRIB_EMISUSE for a stale handle or when called from inside one of its children; what
 * task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_nursery_wait_idle(crib_nursery *n);

/** Closes the innermost block, a nursery, with the result of its body: waits for all children and pending starts.
 *
 * rc < 0 is recorded like a child's error and cancels the children (statement 63); CRIB_ECANCELLED from a soft cancel
 * leaves them the grace of that one. The wait itself is never a cancel point and adds no Cancelled of its own
 * (statement 68).
 * Returns: rc if all went well; otherwise the code of the tree of all errors, held by the enclosing block, after
 * what the nursery's own scope absorbed was taken out: if that was all, rc if rc >= 0, else 0. CRIB_EMISUSE, and NULL,
 * as crib_scope_close.
 * Owns: ends the nursery.
 * Context: inside the fiber that opened it.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 (statements 49, 61-68, 73, D11) */
CRIB_API int crib_nursery_close(crib_nursery *n, int rc);

/** Closes a nursery with an error object.
 * Returns: the tree of all errors, NULL if all went well; it is returned instead of held. CRIB_EMISUSE as
 * crib_scope_close_error.
 * Owns: consumes `in`; the caller owns the result.
 * Context: inside the fiber that opened it; stackless tasks use crib_begin_nursery_close.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 */
CRIB_API crib_error *crib_nursery_close_error(crib_nursery *n, crib_error *in);

/** Opens a nursery, runs `body` in it and closes it: the closed form.
 * Returns: as crib_nursery_close; the code if it could not be opened (the body did not run, and the block around is not
 * poisoned); UV_EINVAL without a body; CRIB_ENOTFIBER in a stackless task.
 * Owns: nothing.
 * Context: inside a fiber.
 * Cancel point: never itself. Schedules: always.
 * Since: 0.1 */
CRIB_API int crib_nursery_run(const crib_nursery_options *options, int (*body)(crib_nursery *n, void *user_data),
                              void *user_data);

/** The nursery's own scope: cancel it, give it a deadline, shield it. It closes with the nursery.
 * Returns: the scope; NULL for a stale handle.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_scope *crib_nursery_scope(crib_nursery *n);

/** Cancels the nursery's scope; see crib_scope_cancel.
 * Returns: 0, also for a closed nursery; CRIB_EMISUSE for what never was a nursery of this thread's run.
 * Owns: copies `reason`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_nursery_cancel(crib_nursery *n, const char *reason);

/** How many children the nursery has, pending starts included.
 * Returns: the count; 0 for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 71) */
CRIB_API size_t crib_nursery_count(const crib_nursery *n);

/** Whether the nursery takes one more child now: why a call that gives a task or NULL has refused, or would.
 * Returns: 0; CRIB_ECLOSED, CRIB_EWOULDBLOCK as crib_nursery_start_soon; CRIB_EMISUSE for a stale handle. What is refused
 * although this is 0 was refused for want of memory.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 69, 70) */
CRIB_API int crib_nursery_admits(const crib_nursery *n);

/** The task that opened the nursery.
 * Returns: borrowed; NULL for a stale handle and for the nurseries of the run itself.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 71) */
CRIB_API crib_task *crib_nursery_parent_task(const crib_nursery *n);

/** Starts a stackless task: `resume` is called on the loop's own stack, first soon after this call and then
 * whenever one of its ops completes, until crib_task_exit.
 *
 * `resume` NULL means that the task is handed out by crib_runtime_poll_ready.
 * Returns: the task; NULL for what start_soon would refuse, and without `resume` in a run that is not driven so.
 * Owns: the handle is borrowed and valid until `destroy` has run (crib_task_ref keeps it); `data` until `destroy`
 * (may be NULL) has run, exactly once, also when the call fails; `name` as in start_soon.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_task *crib_nursery_start_stackless(crib_nursery *n, const char *name, crib_resume_fn resume,
                                                 uintptr_t data, void (*destroy)(uintptr_t));

#ifdef __cplusplus
}
#endif
#endif
