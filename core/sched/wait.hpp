// The one way to wait: an op is parked with a kind that can undo the wait, and completed exactly once.
//
// An operation `begin_x(op, …)` is written once, for fibers and stackless tasks: check with op_check, do what can be done
// at once and return op_immediate(status), or park the op and return CRIB_PENDING. The fiber form waits when it gets
// CRIB_PENDING (fiber_finish).
#pragma once

#include "sched/scheduler.hpp"

namespace crib {

// CRIB_ECANCELLED or the poison of the op's scope; 0 if it may go on. Does not look at the op's state.
int scope_stop_status(const Scope *scope);

// What is left of an older result goes when the slot is used again.
void op_forget(Op *op);

// Start of every operation: 0, or CRIB_EBUSY; CRIB_EMISUSE if the slot was given up by the drop of what was left in it.
inline int op_claim(Op *op) {
    if (op->error && op->state == OpState::idle) [[unlikely]] {
        op_forget(op);  // first: it runs application code, which may use the slot
        if (op->given_up) return CRIB_EMISUSE;
    }
    return op->state == OpState::idle ? 0 : CRIB_EBUSY;
}

// Of those that are cancel points: also CRIB_ECANCELLED or poison.
inline int op_check(Op *op) {
    const int rc = op_claim(op);
    if (rc < 0) [[unlikely]]
        return rc;
    return op->scope->stop ? scope_stop_status(op->scope) : 0;
}

// End of an operation that completed without waiting: returns `status`, or CRIB_PENDING with the result in the slot
// when the task has spent its budget. `value` goes with it in that case only.
int op_spend_budget(Op *op, int status, Value value);
inline int op_immediate(Op *op, int status, Value *value = nullptr) {
    if (op->state != OpState::idle || --op->task->budget > 0) [[likely]]
        return status;
    return op_spend_budget(op, status, value ? value_take(*value) : nil());
}

// Parks the op. The caller links it into a queue or remembers it in another way; `on` is for the kind.
inline int op_park(Op *op, const WaitKind *kind, void *on) {
    if (op->error) [[unlikely]]
        op_forget(op);
    op->kind = kind;
    op->on = on;
    op->state = OpState::pending;
    op->abort_called = false;
    op->serial = ++op->task->sched->op_serial;
    return CRIB_PENDING;
}

// Whether a result may stay untaken: a fiber always takes what slot 0 was given.
inline bool op_may_leave(const Op *op) { return op->task->kind == TaskKind::stackless || op->extra; }
// The op's result can be undone, by `kind`, while nobody has taken it; `untaken` is a ring of what hands such results out.
// Before it is completed.
inline void op_keep(Op *op, const WaitKind *kind, void *on, Link &untaken) {
    op->kind = op_may_leave(op) ? kind : nullptr;
    if (!op->kind) [[likely]]
        return;
    op->on = on;
    link_append(untaken, op->link);
}
// As op_immediate for a result that can be undone.
int op_immediate_kept(Op *op, int status, const WaitKind *kind, void *on, Link &untaken);
// What handed them out is gone: they stay with whoever takes them.
void op_keep_for_good(Link &untaken);

// Completes a pending op: it leaves every structure of the scheduler; the caller has taken it out of its own queue.
void op_complete(Op *op, int status, Value value);
inline void op_complete(Op *op, int status) { op_complete(op, status, nil()); }
void op_complete_error(Op *op, int status, Error *error);

// Makes the op ready without a result: the status is decided when it is delivered.
int op_yield(Op *op);

// For the scope layer: undoes the wait of a pending op because its scope is cancelled. Application code is put off.
void op_cancel(Op *op);
// Runs what op_cancel put off.
void op_run_aborts(Scheduler &s);

// For the application: gives up whatever the op is doing. 0, or CRIB_EBUSY if it will still complete.
int op_abort(Op *op);
// As op_abort, and nothing is delivered to its task any more. False if it will still complete; then SchedulerHooks::
// op_gone tells a task that waits for it.
bool op_drop(Op *op);
// A pending op whose kind can leave does; the caller completes it, or it is over.
void op_leave(Op *op);

// Takes an op out of `ready`, into `idle` (fibers, ready records) or `done`; decides the status of a yield.
void op_delivered(Op *op, OpState next);
// Takes the result of an op that is done, or was just delivered to idle.
inline Value op_take_value(Op *op) {
    const WaitKind *kind = op->kind;
    op->kind = nullptr;
    if (kind && kind->undo) {
        link_remove(op->link);
        if (kind->taken) kind->taken(op);
    }
    return value_take(op->value);
}

void op_init(Op *op, Task *t, Scope *scope);  // on zeroed memory
ExtraOp *op_new(Task *t, Scope *scope);       // nullptr without memory
bool op_free(ExtraOp *op);                    // false: it goes when it completes

// Waits in slot 0 of the running fiber. The value and the error stay in the slot.
int fiber_wait(Task *t);
// What every fiber form ends with: `rc` of a begin function.
inline int fiber_finish(Task *t, int rc) { return rc == CRIB_PENDING ? fiber_wait(t) : rc; }

// As fiber_wait, and takes the value; a tree goes to the fiber's innermost block.
int fiber_wait_for_value(Task *t, Value *out);
// The fiber's checkpoint: others first, then the check.
int fiber_checkpoint(Task *t);

// Sleeping and yielding, which need nothing but a clock.
int begin_sleep_until(Op *op, int64_t time);
int sleep_park(Op *op, int64_t time);  // CRIB_PENDING; UV_ENOMEM
int begin_sleep(Op *op, int64_t ns);
int begin_checkpoint(Op *op);
// Saturating now + ns.
inline int64_t time_after(Scheduler &s, int64_t ns) {
    const int64_t now = driver_now(s.driver);
    return ns > k_forever - now ? k_forever : now + ns;
}

}  // namespace crib
