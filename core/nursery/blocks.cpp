// The blocks of a fiber: opened and closed in order, and what happens when they are not.
#include "nursery/blocks.hpp"

#include <cstdio>

#include "base/diag.hpp"
#include "crib/scope.h"
#include "sched/wait.hpp"

namespace crib {

namespace {

constexpr char k_inner_open[] = "an inner scope or nursery was still open";

// The error of a misnested close, in front of what else there is.
Outcome misnested(Task *t, const char *function, Outcome o) {
    char message[160];
    snprintf(message, sizeof message, "%s: %s in task '%s'", function, k_inner_open, task_name(t));
    diag_misuse(function, task_name(t), k_inner_open);
    Error *leaf = error_leaf(CRIB_EMISUSE, message, task_name(t));
    Error *rest = o.code == CRIB_ECANCELLED && !o.tree ? nullptr : outcome_tree(o, task_name(t));
    return Outcome{CRIB_EMISUSE, error_join(leaf, rest)};
}

bool is_open_above(const Task *t, const Scope *scope) {
    for (const Scope *n = t->op.scope; n != &t->scope; n = n->parent) {
        if (n == scope) return true;
    }
    return false;
}

}  // namespace

int block_may_close(const Task *t, const Scope *scope, const char *function) {
    if (scope->owner != t) return diag_misuse(function, task_name(t), "the block belongs to another task");
    if (scope->kind == ScopeKind::task) return diag_misuse(function, task_name(t), "a task's own scope closes with it");
    if (t->kind == TaskKind::fiber && !is_open_above(t, scope)) {
        return diag_misuse(function, task_name(t), "the block is not open in this task");
    }
    return 0;
}

bool close_inner_blocks(Task *t, Scope *outer) {
    Scheduler &s = *t->sched;
    bool misuse = false;
    while (t->op.scope != outer) {
        Scope *inner = t->op.scope;
        if (!inner->abandoned) misuse = true;
        scope_cancel(s, inner, CRIB_SOURCE_MISUSE, "misnesting");
        if (inner->kind == ScopeKind::block) {
            Error *held = inner->held;
            inner->held = nullptr;
            block_release(s, static_cast<BlockScope *>(inner));
            if (held) block_hold(t->op.scope, held);
            continue;
        }
        Error *tree = nullptr;
        const int rc = fiber_nursery_close(t, nursery_of_scope(inner), outcome_success(0), &tree);
        if (rc < 0 && tree) block_hold(t->op.scope, tree);
    }
    return misuse;
}

int fiber_nursery_close(Task *t, Nursery *n, Outcome body, Error **tree) {
    Scope *parent = n->scope.parent;
    // While it waits, slot 0 stands outside the nursery: its own cancel must not be counted as the closer's.
    t->op.scope = parent;
    begin_nursery_close(&t->op, n, body);
    const int rc = fiber_wait(t);
    *tree = t->op.error;
    t->op.error = nullptr;
    return rc;
}

Outcome block_close(Task *t, BlockScope *scope, const char *function, Leaving leaving, bool *caught) {
    const bool misuse = t->kind == TaskKind::fiber && t->op.scope != scope && close_inner_blocks(t, scope);
    Outcome o = block_outcome(scope, leaving, task_name(t));
    o = scope_absorb(scope, o, caught);
    block_release(*t->sched, scope);
    return misuse ? misnested(t, function, o) : o;
}

Outcome fiber_nursery_end(Task *t, Nursery *n, const char *function, Leaving leaving) {
    const bool misuse = t->op.scope != &n->scope && close_inner_blocks(t, &n->scope);
    Outcome body = block_outcome(&n->scope, leaving, task_name(t));
    if (misuse) body = misnested(t, function, body);
    Error *tree = nullptr;
    const int rc = fiber_nursery_close(t, n, body, &tree);
    return Outcome{rc, tree};
}

}  // namespace crib
