// A run in which nobody can go on: it is reported, and ended by means that get rougher while it stays stuck.
#include "base/diag.hpp"
#include "crib/scope.h"
#include "run/runtime.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

// A shield is a promise of the program that the cleanup inside will end; here it has not.
void cancel_through_shields(Runtime *rt) {
    Scope *root = &rt->init->scope;
    for (Scope *n = root; n; n = scope_next(n, root)) {
        if (n->shield != Shield::none) scope_set_shield(*rt, n, Shield::none);
    }
    scope_cancel(*rt, root, CRIB_SOURCE_DEADLOCK, "deadlock");
}

// Ends a wait that no cancel ends: an op of the application's own, or a stackless task that begins nothing.
bool end_by_force(Runtime *rt, Task *t) {
    if (t == rt->init || t->state == TaskState::fresh) return false;
    const bool ours = t->op.state == OpState::pending && t->op.kind->name;
    if (ours) return false;
    if (t->op.state == OpState::pending) {
        op_complete(&t->op, CRIB_EDEADLOCK);
        return true;
    }
    if (t->kind == TaskKind::fiber || t->state != TaskState::alive) return false;
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
            cancel_through_shields(rt);
            return true;
        default: return force_one(rt);
    }
}

}  // namespace crib
