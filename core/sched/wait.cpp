#include "sched/wait.hpp"

#include <cerrno>
#include <cstring>

#include "sched/drop.hpp"

namespace crib {

namespace {

bool sleep_abort(Op *op) {
    op->task->sched->deadlines.remove(&op->timer);
    return true;
}

constexpr WaitKind k_sleep = {"sleep", sleep_abort, nullptr, false};
constexpr WaitKind k_yield = {"checkpoint", nullptr, nullptr, false};

void leave_queue(Scheduler &s, Op *op) {
    if (op->abort_queued) {
        queue_remove(s.aborts, op);
        op->abort_queued = false;
    } else {
        ready_remove(s, op);
    }
}

inline void make_ready(Op *op) {
    op->state = OpState::ready;
    // Slots of a fiber other than slot 0 wake nobody.
    if (op->extra && op->task->kind == TaskKind::fiber) {
        if (op->abort_queued) leave_queue(*op->task->sched, op);
        return op_delivered(op, OpState::done);
    }
    // In the list of aborts it keeps its place there; op_run_aborts pushes it.
    if (!op->abort_queued) ready_push(*op->task->sched, op);
}

// Throws away what an op carries. It is out of every queue and idle already: application code may use it again.
void discard_result(Op *op) {
    const WaitKind *kind = op->kind;
    Error *error = op_take_tree(op);
    op->kind = nullptr;
    if (kind && kind->undo) {
        kind->undo(op);
    } else if (op->has_select) {
        op->task->sched->hooks->select_forget(op);
    } else {
        sched_drop(*op->task->sched, value_take(op->value));
    }
    error_unref(error);
}

void release_extra(Scheduler &s, ExtraOp *op) {
    if (op->next_of_task) op->next_of_task->prev_of_task = op->prev_of_task;
    if (op->prev_of_task) {
        op->prev_of_task->next_of_task = op->next_of_task;
    } else {
        op->task->ops = op->next_of_task;
    }
    s.ops.retire(op);
    s.ops.release(op);
}

// Its owner gave it up while it could not be undone; now it is over.
void release_freed(Scheduler &s, Op *op) {
    if (op->abort_queued) leave_queue(s, op);
    op->state = OpState::idle;
    Task *t = op->task;
    if (t->state == TaskState::ending && op->error) s.hooks->keep_error(t, op);
    discard_result(op);
    if (op->extra) {
        release_extra(s, static_cast<ExtraOp *>(op));
    } else {
        op->freed = false;
    }
    if (t->awaits_ops) s.hooks->op_gone(t);
}

}  // namespace

int scope_stop_status(const Scope *scope) {
    // First: a sweep may cancel here, as if the task had done so just before the operation.
    if (scope->stop & k_stop_counted) [[unlikely]]
        current_scheduler->cancel_point();
    if (scope->stop & k_stop_poisoned) return scope->poison;
    return scope->stop & k_stop_cancelled ? CRIB_ECANCELLED : 0;
}

int op_spend_budget(Op *op, int status, Value value) {
    if (op->given_up) return status;  // it was refused: nobody is there to take it
    Scheduler &s = *op->task->sched;
    op->task->budget = 1;  // until it is scheduled again, every operation yields
    // At least once a budget deadlines are compared with the clock (D4): one that is due ends the batch.
    if (!s.deadlines.empty() && s.deadlines.first_time() <= driver_now(s.driver)) s.left = 0;
    op->status = status;
    op->value = value;
    op->kind = nullptr;
    op->serial = ++s.op_serial;
    make_ready(op);
    return CRIB_PENDING;
}

// Out of line, so that the usual case needs no frame.
__attribute__((noinline)) static void complete_special(Op *op) {
    Scheduler &s = *op->task->sched;
    if (op->timer.place) s.deadlines.remove(&op->timer);
    if (op->clause) return s.hooks->clause_done(op);
    if (op->freed) return release_freed(s, op);
    make_ready(op);
}

void op_complete(Op *op, int status, Value value) {
    op->status = status;
    op->value.p = value.p;
    op->value.vt = value.vt;
    const bool special = op->timer.place || op->extra || op->abort_queued || op->freed || op->clause;
    if (special) [[unlikely]]
        return complete_special(op);
    op->state = OpState::ready;
    ready_push(*op->task->sched, op);
}

void op_complete_error(Op *op, int status, Error *error) {
    op->error = error;
    op_complete(op, status, nil());
}

void op_forget(Op *op) {
    Error *e = op_take_tree(op);
    if (op->has_select) op->task->sched->hooks->select_forget(op);
    error_unref(e);
}

int op_immediate_kept(Op *op, int status, const WaitKind *kind, void *on, Link &untaken) {
    status = op_immediate(op, status);
    if (status == CRIB_PENDING && op->status >= 0) op_keep(op, kind, on, untaken);
    return status;
}

void op_keep_for_good(Link &untaken) {
    while (Op *op = take_oldest(untaken)) op->kind = nullptr;
}

int op_yield(Op *op) {
    op->kind = &k_yield;
    op->yields = true;
    op->status = 0;
    op->serial = ++op->task->sched->op_serial;
    make_ready(op);
    return CRIB_PENDING;
}

void op_cancel(Op *op) {
    if (op->state != OpState::pending || op->abort_called || !op->kind->abort) return;
    op->abort_called = true;
    if (!op->kind->runs_user_code) {
        if (op->kind->abort(op)) op_complete(op, CRIB_ECANCELLED);
        return;
    }
    op->abort_queued = true;
    queue_push(op->task->sched->aborts, op);
}

void op_run_aborts(Scheduler &s) {
    while (Op *op = s.aborts.head) {
        queue_remove(s.aborts, op);
        op->abort_queued = false;
        if (op->state == OpState::ready) {
            ready_push(s, op);
            continue;
        }
        CallbackGuard guard(s);
        const uint32_t serial = op->serial;
        const bool undone = op->kind->abort(op);
        if (undone && op->state == OpState::pending && op->serial == serial) op_complete(op, CRIB_ECANCELLED);
    }
}

int op_abort(Op *op) {
    Scheduler &s = *op->task->sched;
    if (op->state == OpState::pending) {
        if (!op->kind->abort || op->abort_called) return CRIB_EBUSY;
        op->abort_called = true;
        const uint32_t serial = op->serial;
        CallbackGuard guard(s);
        const bool undone = op->kind->abort(op);
        // It may have been completed from inside, or freed.
        if (op->serial != serial) return 0;
        if (!undone && op->state == OpState::pending) return CRIB_EBUSY;
        if (op->state == OpState::pending && op->freed) {
            op_complete(op, CRIB_ECANCELLED);
            return 0;
        }
        if (op->state == OpState::pending) {
            if (op->timer.place) s.deadlines.remove(&op->timer);
            op->kind = nullptr;
            op->state = OpState::idle;
            if (op->has_select) s.hooks->select_forget(op);
            return 0;
        }
    }
    if (op->state == OpState::ready) leave_queue(s, op);
    op->yields = op->starts = false;
    op->state = OpState::idle;
    discard_result(op);
    return 0;
}

void op_leave(Op *op) {
    op->kind->leave(op);
    op->kind = nullptr;
}

bool op_drop(Op *op) {
    op->given_up = true;
    if (op_abort(op) == 0) return true;
    if (op->kind->leave) {
        op_leave(op);
        op->state = OpState::idle;
        return true;
    }
    op->freed = true;
    return false;
}

void op_delivered(Op *op, OpState next) {
    op->state = next;
    if (op->starts) {
        op->starts = false;
        op->state = OpState::idle;
    } else if (op->yields) {
        op->yields = false;
        op->kind = nullptr;
        op->status = scope_stop_status(op->scope);
    }
}

ExtraOp *op_new(Task *t, Scope *scope) {
    ExtraOp *op = t->sched->ops.acquire();
    if (!op) return nullptr;
    const Slot slot = op->slot;
    memset(static_cast<void *>(op), 0, sizeof *op);
    op->slot = slot;
    op_init(op, t, scope);
    op->extra = true;
    op->next_of_task = t->ops;
    if (t->ops) t->ops->prev_of_task = op;
    t->ops = op;
    return op;
}

void op_init(Op *op, Task *t, Scope *scope) {
    op->task = t;
    op->scope = scope;
    op->timer.kind = k_deadline_op;
}

bool op_free(ExtraOp *op) {
    if (op->given_up) return false;
    if (!op_drop(op)) return false;
    Task *t = op->task;
    release_extra(*t->sched, op);
    // What its value was dropped by may have ended the task.
    if (t->awaits_ops) t->sched->hooks->op_gone(t);
    return true;
}

int begin_sleep_until(Op *op, int64_t time) {
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    Scheduler &s = *op->task->sched;
    if (time <= s.now || (time != k_forever && time <= driver_now(s.driver))) return op_yield(op);
    return sleep_park(op, time);
}

int sleep_park(Op *op, int64_t time) {
    const int added = time == k_forever ? 0 : deadline_add(*op->task->sched, &op->timer, time);
    return added < 0 ? added : op_park(op, &k_sleep, nullptr);
}

int begin_sleep(Op *op, int64_t ns) {
    if (ns < 0) return -EINVAL;
    return begin_sleep_until(op, time_after(*op->task->sched, ns));
}

int begin_checkpoint(Op *op) {
    const int rc = op_claim(op);
    return rc < 0 ? rc : op_yield(op);
}

}  // namespace crib
