#include "nursery/start.hpp"

#include <cerrno>
#include <cstring>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "crib/scope.h"
#include "sched/drop.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

// What a pending start is between its caller, its child and its target.
struct StartRecord {
    ScopeLink link;  // in the target's scope: its cancel ends the start (D2)
    Op *op;          // the caller's
    Task *child;
    Nursery *target;
    Value value;  // given to started() when the child could not move
    bool target_cancelled;
};

StartRecord *record_of(const Task *t) { return static_cast<StartRecord *>(t->parent); }

// The child hangs below the op's scope: a cancel of that reaches it by itself. What is left is the owner of the op
// giving it up.
bool abort_child(Op *op, Task *child) {
    if (!scope_stopped(op->scope)) task_cancel(child, CRIB_SOURCE_EXPLICIT, "given up by its caller");
    return false;
}

bool start_abort(Op *op) { return abort_child(op, static_cast<StartRecord *>(op->on)->child); }
constexpr WaitKind k_start = {"a child to start", start_abort, nullptr, false};
// started() is under way: the record is gone, the result is about to come.
constexpr WaitKind k_started = {"a child to start", nullptr, nullptr, false};

bool call_abort(Op *op) { return abort_child(op, static_cast<Task *>(op->on)); }
constexpr WaitKind k_call = {"a call", call_abort, nullptr, false};

void target_cancelled(ScopeLink *link) {
    constexpr char k_reason[] = "the nursery it was started for is cancelled";
    StartRecord *r = reinterpret_cast<StartRecord *>(link);
    Scope *target = &r->target->scope;
    r->target_cancelled = true;
    if (task_ended(r->child)) return;  // what it still releases did this
    if (!scope_follow(*r->child->sched, target, &r->child->scope, k_reason)) scope_link_next(target, link);
}

// How a start ends whose child ended below it.
Outcome start_result(const Task *t, const StartRecord *r, Outcome o) {
    if (o.code < 0 && o.code != CRIB_ECANCELLED) return Outcome{o.code, outcome_tree(o, task_name(t))};
    if (o.code == CRIB_ECANCELLED) return o;
    if (t->started) return outcome_success(0);
    const int code = r->target_cancelled ? CRIB_ENURSERYCANCELLED : CRIB_ENOTSTARTED;
    return Outcome{code, error_leaf(code, nullptr, task_name(t))};
}

}  // namespace

int begin_nursery_start(Op *op, Nursery *target, const TaskSpec &given, Task **child) {
    Scheduler &s = *op->task->sched;
    if (child) *child = nullptr;
    TaskSpec spec = given;
    if (!spec.stack_bytes) spec.stack_bytes = target->stack_bytes;
    int rc = op_check(op);
    if (rc == 0) rc = nursery_admits(target);
    StartRecord *r = rc == 0 ? static_cast<StartRecord *>(mem_alloc(sizeof(StartRecord))) : nullptr;
    Task *t = r ? task_start_below(s, op->scope, spec, ParentKind::start, r) : nullptr;
    if (!t || !r) {
        mem_free(r);
        spec_destroy(s, spec);
        return op_immediate(op, rc < 0 ? rc : -ENOMEM);
    }
    *r = StartRecord{{nullptr, nullptr, target_cancelled, nullptr}, op, t, target, nil(), false};
    target->starting++;
    op_park(op, &k_start, r);
    if (child) *child = t;
    scope_link(s, &target->scope, &r->link);
    return CRIB_PENDING;
}

int task_started(Task *t, const char *function, Value v) {
    Scheduler &s = *t->sched;
    const bool pending = t->parent_kind == ParentKind::start && !t->started && t->state != TaskState::ended;
    if (!pending) {
        sched_drop(s, v);
        return diag_misuse(function, task_name(t), "not begun by crib_nursery_start, or started before");
    }
    StartRecord *r = record_of(t);
    t->started = true;
    if (scope_stopped(r->op->scope)) {
        r->value = v;
        return 0;
    }
    Nursery *target = r->target;
    Op *op = r->op;
    scope_unlink(&r->link);
    mem_free(r);
    t->parent_kind = ParentKind::nursery;
    t->parent = target;
    nursery_child_added(target);
    op->kind = &k_started;
    scope_move(s, &t->scope, target->children);
    // Last: the caller may have given up, and then the value is dropped, which may do anything.
    op_complete(op, 0, v);
    nursery_start_done(target);
    return 0;
}

void start_child_done(Task *t, Outcome o) {
    StartRecord *r = record_of(t);
    scope_unlink(&r->link);
    const Outcome result = start_result(t, r, o);
    Value value = r->value;
    if (result.code < 0) sched_drop(*t->sched, value_take(value));
    Nursery *target = r->target;
    Op *op = r->op;
    mem_free(r);
    op->error = result.tree;
    op_complete(op, result.code, value);
    nursery_start_done(target);
}

Nursery *start_target(const Task *t) {
    return t->parent_kind == ParentKind::start && t->state != TaskState::ended ? record_of(t)->target : nullptr;
}

int begin_call(Op *op, BodyFn body, void *user_data, DestroyFn destroy) {
    constexpr uint32_t k_call_stack = 256 * 1024;
    Scheduler &s = *op->task->sched;
    TaskSpec spec = {};
    spec.kind = TaskKind::fiber;
    spec.name = "call";
    spec.body = body;
    spec.data = reinterpret_cast<uintptr_t>(user_data);
    spec.destroy = destroy;
    spec.stack_bytes = k_call_stack;
    int rc = op_check(op);
    Task *t = rc == 0 ? task_start_below(s, op->scope, spec, ParentKind::call, op) : nullptr;
    if (rc == 0 && !t) rc = -ENOMEM;
    if (rc < 0) {
        spec_destroy(s, spec);
        return op_immediate(op, rc);
    }
    return op_park(op, &k_call, t);
}

void call_child_done(Task *t, Outcome o) { op_complete_error(static_cast<Op *>(t->parent), o.code, o.tree); }

}  // namespace crib
