#include "nursery/task.hpp"

#include <cerrno>
#include <cstddef>
#include <new>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "crib/scope.h"
#include "nursery/blocks.hpp"
#include "nursery/locals.hpp"
#include "sched/drop.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

constexpr WaitKind k_last_ops = {"its last operations", nullptr, nullptr, false};
constexpr char k_left_open[] = "a task ended with scopes or nurseries left open";

bool leave_waiters(Op *op) {
    link_remove(op->link);
    return true;
}
constexpr WaitKind k_task_wait = {"the end of a task", leave_waiters, nullptr, false};

void call_destroy(Scheduler &s, TaskKind kind, DestroyFn fiber, DestroyDataFn stackless, uintptr_t data) {
    CallbackGuard guard(s);
    if (kind == TaskKind::fiber && fiber) fiber(reinterpret_cast<void *>(data));
    if (kind == TaskKind::stackless && stackless) stackless(data);
}

void wake_waiters(Task *t) {
    while (!link_alone(t->waiters)) {
        Op *op = op_of_link(t->waiters.next);
        link_remove(op->link);
        op_complete(op, 0, value_int(t->code));
    }
}

void tell_parent(Task *t, Outcome o) {
    if (t->parent_kind == ParentKind::nursery) [[likely]] {
        return nursery_child_done(static_cast<Nursery *>(t->parent), t, o);
    }
    switch (t->parent_kind) {
        case ParentKind::nursery: return;
        case ParentKind::start: return start_child_done(t, o);
        case ParentKind::call: return call_child_done(t, o);
        case ParentKind::none: return error_unref(o.tree);
    }
}

void stackless_try_end(Task *t);

void end_those_that_can(Scheduler &s) {
    while (Op *op = s.ends.head) {
        queue_remove(s.ends, op);
        op->task->ends_queued = false;
        stackless_try_end(op->task);
    }
    s.ending = false;
}

// One end may bring about the next, and so on: in turn, not inside each other, and each only after the destroy of the
// one before. Slot 0 of such a task is given up: its link is free.
void end_later(Task *t) {
    Scheduler &s = *t->sched;
    // A slot 0 that is still under way calls again when it is over.
    if (t->ends_queued || t->op.freed) return;
    t->ends_queued = true;
    queue_push(s.ends, &t->op);
    if (s.ending) return;
    s.ending = true;
    end_those_that_can(s);
}

// Everything it had is closed; `o` is what its body left with.
void task_finish(Task *t, Outcome o) {
    Scheduler &s = *t->sched;
    const bool outermost = !s.ending;
    s.ending = true;
    t->code = o.code;
    bool caught;
    o = scope_absorb(&t->scope, o, &caught);
    t->state = TaskState::ended;  // its handles are stale from here on
    scope_leave(s, &t->scope);
    while (TaskLink *link = t->held) {
        task_unlink(link);
        link->ended(link);
    }
    if (t->locals) locals_release(s, t);
    if (!link_alone(t->waiters)) wake_waiters(t);
    tell_parent(t, o);
    if (t->destroy) call_destroy(s, t->kind, t->destroy, t->destroy_data, t->data);
    if (!t->own_name) t->name = "(ended)";
    s.living--;
    task_release(t);
    if (!outermost) return;
    if (s.ends.head) [[unlikely]]
        return end_those_that_can(s);
    s.ending = false;
}

ExtraOp *first_in_use(Task *t) {
    ExtraOp *op = t->ops;
    while (op && op->given_up) op = op->next_of_task;
    return op;
}

// Gives up the slots beyond slot 0 (and slot 0 of a stackless task). True if none is still under way.
bool drop_ops(Task *t) {
    // From the start each time: dropping a value runs application code, which may free other slots.
    while (ExtraOp *op = first_in_use(t)) {
        if (op->state != OpState::idle) task_keep_error(t, op);
        op_free(op);
    }
    if (t->kind == TaskKind::stackless && !t->op.given_up) {
        if (t->op.state != OpState::idle) task_keep_error(t, &t->op);
        op_drop(&t->op);
    }
    return !t->ops && !t->op.freed;
}

void wait_for_last_ops(Task *t) {
    if (!t->ops || drop_ops(t)) return;
    t->awaits_ops = true;
    op_park(&t->op, &k_last_ops, nullptr);
    fiber_wait(t);
}

Outcome with_misuse(Task *t, Outcome o, Error *held) {
    diag_misuse("end of a task", task_name(t), k_left_open);
    Error *leaf = error_leaf(CRIB_EMISUSE, k_left_open, task_name(t));
    Error *rest = o.code == CRIB_ECANCELLED && !o.tree ? nullptr : outcome_tree(o, task_name(t));
    return Outcome{CRIB_EMISUSE, error_join(leaf, error_join(held, rest))};
}

Outcome run_body(Task *t) {
    const int rc = t->body(reinterpret_cast<void *>(t->data));
    t->state = TaskState::ending;
    const bool misuse = t->op.scope != &t->scope && close_inner_blocks(t, &t->scope);
    Error *held = nullptr;
    if (misuse) {
        held = t->scope.held;
        t->scope.held = nullptr;
    }
    const Outcome o = block_outcome(&t->scope, leaving_with(rc), task_name(t));
    if (t->ops) wait_for_last_ops(t);
    return misuse ? with_misuse(t, o, held) : o;
}

// Blocks of a stackless task hang below its scope in any order. Gives up the first one found, which is misuse unless it
// was released; false if there is none.
bool give_up_block(Task *t, Scope *below) {
    Scheduler &s = *t->sched;
    for (Scope *n = below->first_child; n; n = n->next) {
        if (n->owner != t) continue;
        const bool was_released = n->abandoned;
        if (n->kind == ScopeKind::block) {
            t->left_open |= !was_released;
            block_release(s, static_cast<BlockScope *>(n));
            return true;
        }
        Nursery *nursery = nursery_of_scope(n);
        const bool close_given_up = nursery->closer && nursery->closer->given_up && !nursery->orphan;
        if (nursery->state == NurseryState::open || close_given_up) {
            t->left_open |= !was_released;
            nursery_abandon(nursery, CRIB_SOURCE_MISUSE, "its task ended");
            return true;
        }
        if (give_up_block(t, n)) return true;
    }
    return false;
}

// Goes on when nothing of a stackless task is under way any more.
void stackless_try_end(Task *t) {
    const bool quiet = drop_ops(t);
    if (!quiet || t->open_nurseries > 0) {
        t->awaits_ops = true;
        return;
    }
    t->awaits_ops = false;
    Error *error = t->exit_error;
    t->exit_error = nullptr;
    Error *held = t->scope.held;
    t->scope.held = nullptr;
    Outcome o = block_outcome(&t->scope, leaving_with_error(error), task_name(t));
    if (t->left_open) {
        o = with_misuse(t, o, held);
    } else if (held) {
        o = outcome_of(error_join(outcome_tree(o, task_name(t)), held));
    }
    task_finish(t, o);
}

Task *task_make(Scheduler &s, Scope *scope, const TaskSpec &spec) {
    Task *t = s.tasks.acquire();
    if (!t) return nullptr;
    const Slot slot = t->slot;
    mem_zero(t, sizeof *t);
    new (&t->context) Context;
    t->slot = slot;
    counted_init(*t, Kind::task, 1);
    t->sched = &s;
    t->kind = spec.kind;
    t->name = spec.name;
    t->data = spec.data;
    if (spec.kind == TaskKind::fiber) {
        t->stack_bytes = spec.stack_bytes;
        t->body = spec.body;
        t->destroy = spec.destroy;
    } else {
        t->resume = spec.resume;
        t->destroy_data = spec.destroy_data;
    }
    op_init(&t->op, t, &t->scope);
    link_reset(t->waiters);
    t->budget = s.budget;
    scope_enter(s, &t->scope, scope, t, ScopeKind::task, ScopeSpec{});
    if (s.current && s.current->locals) locals_inherit(t, s.current);
    s.spawned++;
    s.living++;
    return t;
}

}  // namespace

void task_exit_stackless(Task *t) {
    t->exit_asked = false;
    t->state = TaskState::ending;
    drop_ops(t);
    while (give_up_block(t, &t->scope)) {}
    stackless_try_end(t);
}

// A tree that came with a result nobody took is the task's own.
void task_keep_error(Task *t, Op *op) {
    Error *e = op_take_tree(op);
    if (e && e->code != CRIB_ECANCELLED) {
        block_hold(&t->scope, e);
    } else {
        error_unref(e);
    }
}

void task_hold_error(Task *t) {
    Error *e = t->op.error;
    t->op.error = nullptr;
    block_hold(t->op.scope, e);
}

void task_op_gone(Task *t) {
    if (t->kind == TaskKind::stackless) return end_later(t);
    if (t->ops) return;
    t->awaits_ops = false;
    op_complete(&t->op, 0);
}

void task_no_stack(Task *t) {
    Error *e = error_leaf(-ENOMEM, "no memory for the stack of a fiber", task_name(t));
    t->op.state = OpState::idle;
    t->op.starts = false;
    task_finish(t, Outcome{-ENOMEM, e});
}

void spec_destroy(Scheduler &s, const TaskSpec &spec) {
    call_destroy(s, spec.kind, spec.destroy, spec.destroy_data, spec.data);
}

Task *task_start_below(Scheduler &s, Scope *scope, const TaskSpec &spec, ParentKind kind, void *parent) {
    Task *t = task_make(s, scope, spec);
    if (!t) return nullptr;
    t->parent_kind = kind;
    t->parent = parent;
    t->op.starts = true;
    t->op.state = OpState::ready;
    ready_push(s, &t->op);
    return t;
}

Task *task_start(Scheduler &s, Nursery *n, const TaskSpec &spec, int *rc) {
    *rc = nursery_admits(n);
    Task *t = *rc == 0 ? task_start_below(s, n->children, spec, ParentKind::nursery, n) : nullptr;
    if (!t) [[unlikely]] {
        if (*rc == 0) *rc = -ENOMEM;
        spec_destroy(s, spec);
        return nullptr;
    }
    if (t->kind == TaskKind::fiber && !t->stack_bytes) t->stack_bytes = n->stack_bytes;
    nursery_child_added(n);
    return t;
}

void fiber_main(void *task) {
    Task *t = static_cast<Task *>(task);
    Scheduler &s = *t->sched;
    fiber_entered(s);
    for (;;) {
        const Outcome o = run_body(t);
        Context context = t->context;
        Stack *stack = t->stack;
        const uint32_t stack_bytes = t->stack_bytes;
        task_finish(t, o);
        const FiberExit next = fiber_exit(s, context, stack, stack_bytes);
        if (!next.here) context_exit_to(s.dying_context, *next.there);
        t = next.here;
    }
}

void task_exit(Task *t, Error *error) {
    const bool over = t->kind == TaskKind::fiber || t->exit_asked || t->state >= TaskState::ending;
    if (over) return error_unref(error);
    t->exit_error = error;
    if (t->sched->resuming == t) {
        t->exit_asked = true;
        return;
    }
    task_exit_stackless(t);
}

void task_cancel(Task *t, uint8_t source, const char *reason) {
    if (t->state != TaskState::ended) scope_cancel(*t->sched, &t->scope, source, reason);
}

int begin_task_wait(Op *op, Task *t, const char *function) {
    if (op->task == t) return diag_misuse(function, task_name(t), "a task cannot wait for itself");
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    if (task_ended(t)) {
        Value code = value_int(t->code);
        return op_immediate(op, 0, &code);
    }
    return task_wait_park(op, t);
}

int task_wait_park(Op *op, Task *t) {
    link_append(t->waiters, op->link);
    return op_park(op, &k_task_wait, t);
}

void task_release(Task *t) {
    if (counted_unref(*t)) task_free(t);
}

void task_free(Task *t) {
    Scheduler &s = *t->sched;
    sched_drop(s, value_take(t->result));
    if (t->own_name) mem_free(const_cast<char *>(t->name));
    t->handle = Kind::dead;
    s.tasks.retire(t);
    s.tasks.release(t);
}

}  // namespace crib
