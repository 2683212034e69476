/* Op slots: how stackless tasks wait. crib_begin_x(op, …) never blocks: it completes at once, and returns the result,
 * or returns CRIB_PENDING; then the slot completes later, the task is resumed, and the slot holds status and value
 * until crib_op_take. A task embeds slot 0; more are made on demand.
 *
 * States: idle → pending → done → (taken) idle. A begin on a slot that is not idle is CRIB_EBUSY. crib_op_abort is
 * legal in every state. Nothing in the library points into the caller's memory across CRIB_PENDING.
 * An op works in its task's own scope until crib_op_set_scope.
 *
 * Begin functions may be called from any callback or host code on the loop thread, also for the slots of a fiber
 * other than slot 0, which complete without waking it. They return UV_* codes, CRIB_ECANCELLED (nothing was started),
 * CRIB_PENDING or a result as the fiber form does. A call that spent its task's budget returns CRIB_PENDING with its
 * result already in the slot.
 *
 * What every begin function may return besides: CRIB_EBUSY for a slot in use, CRIB_EMISUSE for a stale op, slot 0 of a
 * fiber or a handle that is NULL, stale or of another run (nothing was started; what it consumes is released), and the
 * code that a failed open poisoned the op's scope with.
 *
 * Threads: the run's own, except crib_runtime_cancel_op. Handles are checked ids. */
#ifndef CRIB_OP_H
#define CRIB_OP_H

#include "crib/error.h"
#include "crib/task.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
typedef struct crib_result {
    int32_t status;   /* as the fiber form returns, or CRIB_PENDING */
    uint32_t flags;   /* 0 */
    crib_value value; /* owned by the caller */
} crib_result;
#endif

/** Slot 0 of a task.
 * Returns: the op; NULL for a task whose body is over.
 * Owns: nothing.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_op *crib_task_op(crib_task *task);

/** The scope that a task embeds: the outermost one of the task.
 * Returns: the scope; NULL for a task that has ended.
 * Owns: nothing; it closes when the task ends.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_scope *crib_task_scope(crib_task *task);

/** Makes one more slot for a task.
 * Returns: the op; NULL without memory, for a task whose body is over, or a scope that is not an open one of the task.
 * Owns: the caller frees it with crib_op_free; slots left over are freed when the task ends. `scope` NULL = the
 * task's own.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_op *crib_op_new(crib_task *task, crib_scope *scope);

/** Frees a slot, after an abort if it is in use; one that cannot be undone goes when it completes, the handle is stale
 * at once. Slot 0 is only aborted, and that of a fiber left alone. NULL and stale handles are fine.
 * Owns: consumes `op`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void crib_op_free(crib_op *op);

/** Names the scope the next operations of the slot work in; NULL = the task's own.
 * Returns: 0; CRIB_EBUSY from a begin until the result is delivered; CRIB_EMISUSE for stale handles, slot 0 of a fiber
 * and a scope that is not an open one of the op's task.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_op_set_scope(crib_op *op, crib_scope *scope);

/** Gives up what the slot is doing, in any state: nothing is delivered any more, a value nobody took goes back where it
 * came from or is dropped. The first run of a task is not taken away.
 * Returns: 0; CRIB_EBUSY if it cannot be undone at once and still completes: a start or a call, whose task is
 * cancelled; a nursery close; a park without abort, or whose abort returned false. CRIB_EMISUSE for a stale handle and
 * slot 0 of a fiber.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_op_abort(crib_op *op);

/** A number for the operation in progress, for crib_runtime_cancel_op: not reused by the next 2^32 operations.
 * Returns: 0 for a stale handle.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API uint64_t crib_op_id(const crib_op *op);

/** Takes the result of a slot that is done, which makes it idle.
 * Returns: 0 with the result in `*out`; CRIB_PENDING until it is delivered; CRIB_EMISUSE if it is idle or stale.
 * Owns: the caller owns `out->value`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_op_take(crib_op *op, crib_result *out);

/** The error tree that came with the slot's last result, also one in a crib_ready record; gone at the next begin.
 * Returns: NULL if there was none, and for a stale handle.
 * Owns: the caller owns the result.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_op_take_error(crib_op *op);

/** Ends a stackless task: no resume follows. Ops still pending are aborted, those that cannot be are awaited; nurseries
 * and scopes it left open are misuse: cancelled, awaited and reported.
 * Owns: consumes `error` (NULL = success; crib_error_cancelled for a cancelled task).
 * Context: loop thread, inside the task's resume, which it lets finish first, or between two of them; a fiber ends by
 * returning (for one, this only releases `error`).
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void crib_task_exit(crib_task *task, crib_error *error);

/** Yields. Completes in a later pass; the check for cancellation comes then.
 * Returns: CRIB_PENDING; CRIB_EBUSY; CRIB_EMISUSE.
 * Context: loop thread.
 * Cancel point: always. Schedules: always.
 * Since: 0.1 */
CRIB_API int crib_begin_checkpoint(crib_op *op);

/** Sleeps for at least `ns` nanoseconds; see crib_sleep.
 * Returns: CRIB_PENDING; CRIB_ECANCELLED; UV_EINVAL; UV_ENOMEM; what is said above of every begin function.
 * Context: loop thread.
 * Cancel point: always. Schedules: as crib_sleep.
 * Since: 0.1 */
CRIB_API int crib_begin_sleep(crib_op *op, int64_t ns);

/** Sleeps until an absolute time; see crib_sleep_until.
 * Returns: as crib_begin_sleep.
 * Context: loop thread.
 * Cancel point: always. Schedules: as crib_sleep.
 * Since: 0.1 */
CRIB_API int crib_begin_sleep_until(crib_op *op, int64_t time);

/** Sends on a channel; see crib_sender_send.
 * Returns: CRIB_PENDING or as crib_sender_send; what is said above of every begin function.
 * Owns: consumes `v` in every case.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_send(crib_op *op, crib_sender *tx, crib_value v);

/** Receives from a channel; see crib_receiver_receive.
 * Returns: the result by value, with a status as crib_receiver_receive or as is said above of every begin function;
 * CRIB_PENDING means that the slot will hold the result.
 * Owns: the caller owns the value.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API crib_result crib_begin_receive(crib_op *op, crib_receiver *rx);

/** Closes a nursery of a stackless task; completes when all children have ended. The status is that of
 * crib_nursery_close, the tree is taken by crib_op_take_error.
 * Returns: CRIB_PENDING; CRIB_EBUSY; CRIB_EMISUSE for a stale handle, a nursery of another task or a fiber, or one
 * whose close was begun.
 * Owns: consumes `body` in every case.
 * Context: loop thread.
 * Cancel point: never. Schedules: always.
 * Since: 0.1 (statements 61-68) */
CRIB_API int crib_begin_nursery_close(crib_op *op, crib_nursery *n, crib_error *body);

/** Begins crib_nursery_start; the value given to started is the op's value.
 * Returns: CRIB_PENDING; CRIB_ECANCELLED; what start_soon refuses; what is said above of every begin function.
 * Owns: as crib_nursery_start_soon.
 * Context: loop thread.
 * Cancel point: always. Schedules: always, unless refused.
 * Since: 0.1 (statements 75-84) */
CRIB_API int crib_begin_nursery_start(crib_op *op, crib_nursery *n, const char *name, crib_body_fn body,
                                      void *user_data, crib_destroy_fn destroy);

/** As crib_begin_nursery_start, for a stackless child, which is stored in `*child` (may be NULL; borrowed).
 * Returns: as crib_begin_nursery_start; CRIB_EMISUSE without `resume` in a run not driven by crib_runtime_poll_ready.
 * Owns: as crib_nursery_start_stackless; `*child` is NULL if it is refused.
 * Context: loop thread.
 * Cancel point: always. Schedules: always, unless refused.
 * Since: 0.1 */
CRIB_API int crib_begin_nursery_start_stackless(crib_op *op, crib_nursery *n, const char *name, crib_resume_fn resume,
                                                uintptr_t data, void (*destroy)(uintptr_t), crib_task **child);

/** Begins crib_nursery_wait_room.
 * Returns: CRIB_PENDING or as crib_nursery_wait_room; what is said above of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_nursery_wait_room(crib_op *op, crib_nursery *n);

/** Begins crib_nursery_wait_idle.
 * Returns: CRIB_PENDING or as crib_nursery_wait_idle; what is said above of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_nursery_wait_idle(crib_op *op, crib_nursery *n);

/** Begins crib_task_wait; the task's code is the op's value, a crib_value_int.
 * Returns: CRIB_PENDING; 0 if it has ended (its code is by crib_task_result_code); CRIB_ECANCELLED; CRIB_EMISUSE for
 * the op's own task; what is said above of every begin function.
 * Owns: nothing changes hands.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_task_wait(crib_op *op, crib_task *task);

/** The code of a task that has ended.
 * Returns: what its body returned, or the code of what it failed with; CRIB_EBUSY until it has ended.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_task_result_code(const crib_task *task);

/** Runs C code on a pooled fiber (256 KiB of stack) inside the op's scope; the op completes with its result, a tree
 * it held is taken by crib_op_take_error. An abort cancels it; the op completes when it has ended.
 * Returns: CRIB_PENDING; CRIB_ECANCELLED (it did not run); UV_ENOMEM; UV_EINVAL without a body; what is said above of
 * every begin function.
 * Owns: `user_data` until `destroy` (may be NULL) has run, exactly once, also when this fails.
 * Context: loop thread.
 * Cancel point: always. Schedules: always, unless refused.
 * Since: 0.1 */
CRIB_API int crib_begin_call(crib_op *op, crib_body_fn body, void *user_data, crib_destroy_fn destroy);

/** Parks the op until crib_op_complete; the stackless form of crib_park.
 * Returns: CRIB_PENDING; CRIB_ECANCELLED (unless `abort` is NULL); what is said above of every begin function.
 * Owns: `user_data` stays the caller's; `what` is static.
 * Context: loop thread.
 * Cancel point: always, unless `abort` is NULL. Schedules: always, unless it is cancelled already.
 * Since: 0.1 (statement 52) */
CRIB_API int crib_begin_park(crib_op *op, crib_abort_fn abort, void *user_data, const char *what);

/** Completes an op parked by crib_begin_park or crib_park, also one that was freed since or whose task is ending.
 * Returns: 0; CRIB_EMISUSE if it is not parked so (the value is dropped).
 * Owns: consumes `v`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_op_complete(crib_op *op, int status, crib_value v);

#ifdef __cplusplus
}
#endif
#endif
