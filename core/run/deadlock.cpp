// A run in which nobody can go on: it is reported, and ended by means that get rougher while it stays stuck.
#include "base/diag.hpp"
#include "crib/scope.h"
#include "run/runtime.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

bool is_applications_own(const Op *op) { return !op->kind->name; }

// Completes a wait that no cancel has ended, if it is one.
bool complete_wait(Op *op) {
    if (op->state != OpState::pending) return false;
    const bool leaves = op->kind->leave != nullptr;
    if (!leaves && !is_applications_own(op)) return false;
    if (leaves) op_leave(op);
    op_complete(op, CRIB_EDEADLOCK);
    return true;
}

// An op given up counts too.
bool complete_own_wait(Task *t) {
    if (complete_wait(&t->op)) return true;
    for (ExtraOp *op = t->ops; op; op = op->next_of_task) {
        if (complete_wait(op)) return true;
    }
    return false;
}

// Ends a wait of the application's own, or a stackless task that begins nothing.
bool end_by_force(Runtime *rt, Task *t) {
    if (t == rt->init || t->state == TaskState::fresh) return false;
    if (complete_own_wait(t)) return true;
    const bool idle = t->kind == TaskKind::stackless && t->state == TaskState::alive && t->op.state != OpState::pending;
    if (!idle) return false;
    task_exit(t, error_leaf(CRIB_EDEADLOCK, "never ended, and waited for nothing", task_name(t)));
    return true;
}

bool force_one(Runtime *rt) {
    Scope *root = &rt->init->scope;
    for (Scope *n = root; n; n = scope_next(n, root)) {
        if (n->kind == ScopeKind::task && end_by_force(rt, n->owner)) return true;
    }
    return false;
}

}  // namespace

bool deadlock_step(Runtime *rt) {
    switch (rt->deadlock_steps) {
        case 0:
            rt->deadlock_steps = 1;
            report_deadlock(rt);
            run_condemn(rt, Verdict::deadlock);
            return true;
        case 1:
            rt->deadlock_steps = 2;
            diag_report(CRIB_EDEADLOCK, "crib: still deadlocked after main was cancelled: shields are lowered");
            // A shield is a promise of the program that the cleanup inside will end; here it has not.
            scope_lower_shields(*rt, &rt->init->scope);
            scope_cancel(*rt, &rt->init->scope, CRIB_SOURCE_DEADLOCK, "deadlock");
            return true;
        default:
            // What woke since may have raised new ones.
            return scope_lower_shields(*rt, &rt->init->scope) || force_one(rt);
    }
}

}  // namespace crib
