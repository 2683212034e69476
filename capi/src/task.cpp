#include "crib/task.h"

#include <cerrno>

#include "base/alloc.hpp"
#include "guard.hpp"
#include "nursery/start.hpp"
#include "sched/drop.hpp"

using namespace crib;

namespace {

bool park_abort(Op *op) { return op->parked.abort(op_handle(*current_runtime(), op), op->on); }
constexpr WaitKind k_park = {nullptr, park_abort, nullptr, true};
constexpr WaitKind k_park_for_good = {nullptr, nullptr, nullptr, false};

bool is_parked(const Op *op) {
    return op->state == OpState::pending && (op->kind == &k_park || op->kind == &k_park_for_good);
}

int begin_park(Op *op, crib_abort_fn abort, void *user_data, const char *what) {
    // Refused at once, whatever is left of the budget: who is to wake the task would find it not parked.
    const int rc = abort ? op_check(op) : op_claim(op);
    if (rc < 0) return rc;
    op->parked = Parked{abort, what};
    return op_park(op, abort ? &k_park : &k_park_for_good, user_data);
}

int complete_parked(const char *function, Op *op, int status, Value v) {
    if (op && is_parked(op)) {
        op_complete(op, status, v);
        return 0;
    }
    crib_value_drop(v);
    return diag_misuse(function, current_name(), "not parked, or woken already");
}

int checkpoint_poison(const Task *t) {
    const Scope *scope = t->op.scope;
    return scope->stop & k_stop_poisoned ? scope->poison : 0;
}

}  // namespace

namespace crib {

int finish_with_value(Task *t, int rc, crib_value *out) {
    Value v = op_take_value(&t->op);
    if (t->op.error) {
        block_hold(t->op.scope, t->op.error);
        t->op.error = nullptr;
    }
    if (out && rc >= 0) {
        *out = v;
    } else {
        sched_drop(*t->sched, v);
    }
    return rc;
}

}  // namespace crib

extern "C" {

int crib_checkpoint(void) {
    int rc;
    Task *t = require_fiber("crib_checkpoint", &rc);
    return t ? fiber_checkpoint(t) : rc;
}

int crib_checkpoint_if_cancelled(void) {
    Task *t = current_task();
    if (!t) return diag_misuse("crib_checkpoint_if_cancelled", nullptr, "called outside a task");
    return scope_stop_status(t->op.scope);
}

int crib_cancel_shielded_checkpoint(void) {
    int rc;
    Task *t = require_fiber("crib_cancel_shielded_checkpoint", &rc);
    if (!t) return rc;
    fiber_yield(*t->sched, t);
    return checkpoint_poison(t);
}

int crib_sleep(int64_t ns) {
    int rc;
    Task *t = require_fiber("crib_sleep", &rc);
    return t ? fiber_finish(t, begin_sleep(&t->op, ns)) : rc;
}

int crib_sleep_until(int64_t time) {
    int rc;
    Task *t = require_fiber("crib_sleep_until", &rc);
    return t ? fiber_finish(t, begin_sleep_until(&t->op, time)) : rc;
}

int crib_sleep_forever(void) { return crib_sleep_until(CRIB_FOREVER); }

crib_task *crib_task_current(void) { return public_task(current_task()); }

bool crib_in_task(void) { return current_task() != nullptr; }

const char *crib_task_name(const crib_task *task) { return task ? task_name(core_task(task)) : ""; }

int crib_task_set_name(crib_task *task, const char *name) {
    Task *t = require_task("crib_task_set_name", task);
    if (!t) return CRIB_EMISUSE;
    char *copy = mem_copy_string(name ? name : "");
    if (!copy) return -ENOMEM;
    if (t->own_name) mem_free(const_cast<char *>(t->name));
    t->name = copy;
    t->own_name = true;
    return 0;
}

crib_task *crib_task_ref(crib_task *task) {
    if (task) counted_ref(*core_task(task));
    return task;
}

int crib_task_state(const crib_task *task) {
    const Task *t = core_task(task);
    if (!t || t->state == TaskState::ended) return CRIB_TASK_ENDED;
    if (t->state == TaskState::fresh) return CRIB_TASK_NEW;
    if (t->sched->current == t) return CRIB_TASK_RUNNING;
    return t->op.state == OpState::ready ? CRIB_TASK_READY : CRIB_TASK_WAITING;
}

crib_nursery *crib_task_parent_nursery(const crib_task *task) {
    const Task *t = core_task(task);
    if (!t || t->state == TaskState::ended || t->parent_kind != ParentKind::nursery) return nullptr;
    return nursery_handle(*runtime_of(t->sched), static_cast<const Nursery *>(t->parent));
}

crib_nursery *crib_task_eventual_parent_nursery(const crib_task *task) {
    const Task *t = core_task(task);
    const Nursery *n = t ? start_target(t) : nullptr;
    return n ? nursery_handle(*runtime_of(t->sched), n) : nullptr;
}

int crib_task_wait(crib_task *task, int *result) {
    int rc;
    Task *t = require_fiber("crib_task_wait", &rc);
    if (!t) return rc;
    Task *target = require_task("crib_task_wait", task);
    if (!target) return CRIB_EMISUSE;
    rc = fiber_finish(t, begin_task_wait(&t->op, target, "crib_task_wait"));
    t->op.value = nil();
    if (rc == 0 && result) *result = target->code;
    return rc;
}

int crib_task_cancel(crib_task *task, const char *reason) {
    Task *t = require_task("crib_task_cancel", task);
    if (!t) return CRIB_EMISUSE;
    task_cancel(t, CRIB_SOURCE_EXPLICIT, reason);
    return 0;
}

int crib_task_set_result(crib_value v) {
    Task *t = current_task();
    if (!t) {
        crib_value_drop(v);
        return diag_misuse("crib_task_set_result", nullptr, "called outside a task");
    }
    const Value before = t->result;
    t->result = v;
    sched_drop(*t->sched, before);
    return 0;
}

int crib_task_result(crib_task *task, crib_value *out) {
    Task *t = core_task(task);
    if (!t || !out) {
        return diag_misuse("crib_task_result", current_name(), "NULL instead of a task or a place for its result");
    }
    *out = nil();
    if (!task_ended(t)) return CRIB_EBUSY;
    *out = value_take(t->result);
    return 0;
}

int crib_task_result_code(const crib_task *task) {
    const Task *t = core_task(task);
    return t && task_ended(t) ? t->code : CRIB_EBUSY;
}

int crib_task_started(crib_value v) {
    Task *t = current_task();
    if (t) return task_started(t, "crib_task_started", v);
    crib_value_drop(v);
    return diag_misuse("crib_task_started", nullptr, "called outside a task");
}

int crib_task_started_by(crib_task *task, crib_value v) {
    Task *t = require_task("crib_task_started_by", task);
    if (t) return task_started(t, "crib_task_started_by", v);
    crib_value_drop(v);
    return CRIB_EMISUSE;
}

int crib_park(crib_abort_fn abort, void *user_data, const char *what, crib_value *out) {
    int rc;
    if (out) *out = nil();
    Task *t = require_fiber("crib_park", &rc);
    if (!t) return rc;
    rc = fiber_finish(t, begin_park(&t->op, abort, user_data, what));
    Value v = op_take_value(&t->op);
    if (out) {
        *out = v;
    } else {
        sched_drop(*t->sched, v);
    }
    return rc;
}

int crib_unpark(crib_task *task, int status, crib_value v) {
    Task *t = require_task("crib_unpark", task);
    const bool alive = t && t->state != TaskState::ended;
    return complete_parked("crib_unpark", alive ? &t->op : nullptr, status, v);
}

int crib_begin_park(crib_op *op, crib_abort_fn abort, void *user_data, const char *what) {
    Op *o = require_op("crib_begin_park", op);
    return o ? begin_park(o, abort, user_data, what) : CRIB_EMISUSE;
}

int crib_op_complete(crib_op *op, int status, crib_value v) {
    Runtime *rt = current_runtime();
    return complete_parked("crib_op_complete", rt ? find_any_op(*rt, op) : nullptr, status, v);
}
}
