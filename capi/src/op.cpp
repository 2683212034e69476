#include "crib/op.h"

#include <cerrno>

#include "crib/portal.h"
#include "crib/testing.h"
#include "guard.hpp"
#include "nursery/blocks.hpp"
#include "nursery/start.hpp"
#include "run/portal.hpp"
#include "sched/drop.hpp"

using namespace crib;

namespace {

bool lives(const Task *t) { return t && t->state != TaskState::ended && t->state != TaskState::ending; }

// Whether an op of `t` may work in `scope`: one of its own blocks.
bool scope_fits(const Task *t, const Scope *scope) { return scope && scope->owner == t; }

}  // namespace

extern "C" {

crib_op *crib_task_op(crib_task *task) {
    const Task *t = core_task(task);
    return lives(t) ? op_handle(*runtime_of(t->sched), &t->op) : nullptr;
}

crib_scope *crib_task_scope(crib_task *task) {
    const Task *t = core_task(task);
    return t && t->state != TaskState::ended ? scope_handle(*runtime_of(t->sched), &t->scope) : nullptr;
}

crib_op *crib_op_new(crib_task *task, crib_scope *scope) {
    Task *t = task ? require_task("crib_op_new", task) : nullptr;
    if (!lives(t)) return nullptr;
    const Runtime *rt = runtime_of(t->sched);
    Scope *where = scope ? find_scope(*rt, scope) : &t->scope;
    if (!scope_fits(t, where)) {
        diag_misuse("crib_op_new", task_name(t), "not an open scope of this task");
        return nullptr;
    }
    Op *op = op_new(t, where);
    return op ? op_handle(*rt, op) : nullptr;
}

void crib_op_free(crib_op *op) {
    Runtime *rt = current_runtime();
    Op *o = rt ? find_op(*rt, op) : nullptr;
    if (!o) return;
    if (o->extra) {
        op_free(static_cast<ExtraOp *>(o));
    } else if (o->task->kind == TaskKind::stackless && !o->starts) {
        op_abort(o);
    }
}

int crib_op_set_scope(crib_op *op, crib_scope *scope) {
    Op *o = require_op("crib_op_set_scope", op);
    if (!o) return CRIB_EMISUSE;
    Scope *where = scope ? find_scope(*current_runtime(), scope) : &o->task->scope;
    if (!scope_fits(o->task, where)) {
        return diag_misuse("crib_op_set_scope", task_name(o->task), "not an open scope of this task");
    }
    if (o->state == OpState::pending || o->state == OpState::ready) return CRIB_EBUSY;
    o->scope = where;
    return 0;
}

int crib_op_abort(crib_op *op) {
    Op *o = require_op("crib_op_abort", op);
    if (!o) return CRIB_EMISUSE;
    if (o->starts) return 0;
    return op_abort(o);
}

uint64_t crib_op_id(const crib_op *op) {
    Runtime *rt = current_runtime();
    const Op *o = rt ? find_op(*rt, op) : nullptr;
    return o ? op_id(*rt, o) : 0;
}

int crib_op_take(crib_op *op, crib_result *out) {
    if (!out) return diag_misuse("crib_op_take", current_name(), "NULL instead of a place for the result");
    *out = crib_result{0, 0, nil()};
    Op *o = require_op("crib_op_take", op);
    if (!o) return CRIB_EMISUSE;
    if (o->state == OpState::pending || o->state == OpState::ready) return CRIB_PENDING;
    if (o->state == OpState::idle) return diag_misuse("crib_op_take", task_name(o->task), "nothing was begun");
    out->status = o->status;
    out->value = op_take_value(o);
    o->state = OpState::idle;
    return 0;
}

crib_error *crib_op_take_error(crib_op *op) {
    Runtime *rt = current_runtime();
    Op *o = rt ? find_op(*rt, op) : nullptr;
    if (!o) return nullptr;
    return public_error(op_take_tree(o));
}

void crib_task_exit(crib_task *task, crib_error *error) {
    Task *t = require_task("crib_task_exit", task);
    if (t) return task_exit(t, core_error(error));
    error_unref(core_error(error));
}

int crib_begin_checkpoint(crib_op *op) {
    Op *o = require_op("crib_begin_checkpoint", op);
    return o ? begin_checkpoint(o) : CRIB_EMISUSE;
}

int crib_begin_sleep(crib_op *op, int64_t ns) {
    Op *o = require_op("crib_begin_sleep", op);
    return o ? begin_sleep(o, ns) : CRIB_EMISUSE;
}

int crib_begin_sleep_until(crib_op *op, int64_t time) {
    Op *o = require_op("crib_begin_sleep_until", op);
    return o ? begin_sleep_until(o, time) : CRIB_EMISUSE;
}

int crib_begin_nursery_close(crib_op *op, crib_nursery *n, crib_error *body) {
    constexpr char k_name[] = "crib_begin_nursery_close";
    Op *o = require_op(k_name, op);
    int rc = o ? op_claim(o) : CRIB_EMISUSE;
    Nursery *nursery = o ? require_nursery(k_name, n) : nullptr;
    if (rc == 0 && !nursery) rc = CRIB_EMISUSE;
    if (rc == 0 && nursery->owner != o->task) rc = diag_misuse(k_name, task_name(o->task), "another task's nursery");
    if (rc == 0 && nursery->state != NurseryState::open)
        rc = diag_misuse(k_name, task_name(o->task), "closing already");
    if (rc == 0 && o->task->kind == TaskKind::fiber)
        rc = diag_misuse(k_name, task_name(o->task), "a fiber closes its own");
    if (rc < 0) {
        error_unref(core_error(body));
        return rc;
    }
    const Leaving leaving = leaving_with_error(core_error(body));
    return begin_nursery_close(o, nursery, block_outcome(&nursery->scope, leaving, task_name(o->task)));
}

int crib_begin_nursery_start(crib_op *op, crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                             crib_destroy_fn destroy) {
    Op *o = require_op("crib_begin_nursery_start", op);
    Nursery *nursery = o && body ? require_nursery("crib_begin_nursery_start", n) : nullptr;
    const bool idle = nursery && o->state == OpState::idle;
    if (idle) return begin_nursery_start(o, nursery, fiber_spec(name, body, user_data, destroy), nullptr);
    destroy_directly(destroy, user_data);
    return nursery ? CRIB_EBUSY : o && !body ? -EINVAL : CRIB_EMISUSE;
}

int crib_begin_nursery_start_stackless(crib_op *op, crib_nursery *n, const char *name, crib_resume_fn resume,
                                       uintptr_t data, void (*destroy)(uintptr_t), crib_task **child) {
    Op *o = require_op("crib_begin_nursery_start_stackless", op);
    Nursery *nursery = o ? require_nursery("crib_begin_nursery_start_stackless", n) : nullptr;
    const bool resumable = o && (resume || runtime_of(o->task->sched)->drive == Drive::poll);
    const bool ok = nursery && resumable && o->state == OpState::idle;
    if (child) *child = nullptr;
    if (!ok) {
        if (destroy) destroy(data);
        if (nursery && resumable) return CRIB_EBUSY;
        if (!nursery) return CRIB_EMISUSE;
        return diag_misuse("crib_begin_nursery_start_stackless", task_name(o->task),
                           "no resume function in a run without poll_ready");
    }
    return begin_nursery_start(o, nursery, stackless_spec(name, resume, data, destroy),
                               reinterpret_cast<Task **>(child));
}

int crib_begin_nursery_wait_room(crib_op *op, crib_nursery *n) {
    Op *o = require_op("crib_begin_nursery_wait_room", op);
    Nursery *nursery = o ? require_nursery("crib_begin_nursery_wait_room", n) : nullptr;
    return nursery ? begin_wait_room(o, nursery) : CRIB_EMISUSE;
}

int crib_begin_nursery_wait_idle(crib_op *op, crib_nursery *n) {
    Op *o = require_op("crib_begin_nursery_wait_idle", op);
    Nursery *nursery = o ? require_nursery("crib_begin_nursery_wait_idle", n) : nullptr;
    return nursery ? begin_wait_idle(o, nursery, "crib_begin_nursery_wait_idle") : CRIB_EMISUSE;
}

int crib_begin_task_wait(crib_op *op, crib_task *task) {
    Op *o = require_op("crib_begin_task_wait", op);
    Task *t = o ? require_task("crib_begin_task_wait", task) : nullptr;
    return t ? begin_task_wait(o, t, "crib_begin_task_wait") : CRIB_EMISUSE;
}

int crib_begin_call(crib_op *op, crib_body_fn body, void *user_data, crib_destroy_fn destroy) {
    Op *o = require_op("crib_begin_call", op);
    const bool ok = o && body && o->state == OpState::idle;
    if (ok) return begin_call(o, body, user_data, destroy);
    destroy_directly(destroy, user_data);
    return !o ? CRIB_EMISUSE : body ? CRIB_EBUSY : -EINVAL;
}

int crib_begin_portal_wait(crib_op *op, crib_portal *p) {
    Op *o = require_op("crib_begin_portal_wait", op);
    if (o && !p) return diag_misuse("crib_begin_portal_wait", task_name(o->task), "NULL instead of a portal");
    return o ? begin_portal_wait(o, reinterpret_cast<Portal *>(p), "crib_begin_portal_wait") : CRIB_EMISUSE;
}

int crib_begin_wait_all_tasks_blocked(crib_op *op, int64_t cushion_ns) {
    Op *o = require_op("crib_begin_wait_all_tasks_blocked", op);
    if (!o) return CRIB_EMISUSE;
    return cushion_ns < 0 ? -EINVAL : begin_wait_all_tasks_blocked(o, cushion_ns);
}
}
