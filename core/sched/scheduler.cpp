#include "sched/scheduler.hpp"

#include <cstdio>
#include <cstdlib>

#include "base/diag.hpp"
#include "sched/wait.hpp"

namespace crib {

constinit thread_local Scheduler *current_scheduler __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

// xorshift64*: any non-zero state will do.
bool coin(uint64_t &state) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1dull) >> 63;
}

void release_dying(Scheduler &s) {
    context_release(s.dying_context);
    if (s.dying_bytes == 0 && !s.spare) {
        s.spare = s.dying;
    } else {
        s.stacks.release(s.dying);
    }
    s.dying = nullptr;
}

bool runs_directly(const Op *op) { return op->task->kind == TaskKind::fiber && !op->extra; }

// The memory below the stack is lost: nothing safe is left to do.
[[noreturn]] void die_of_overflow(const Task *t) {
    char line[160];
    snprintf(line, sizeof line, "crib: stack overflow in task '%s'", task_name(t));
    diag_report(CRIB_EMISUSE, line);
    abort();
}

// In a crowd every task is cold when its turn comes. Some turns before, the used end of its stack is fetched, and the
// control block of the one behind it. `s.ahead` runs along the queue, so far before its head.
constexpr size_t k_crowd = 1500;
constexpr int k_turns_ahead = 6;
constexpr int k_line = 64;

inline void prefetch_lines(const void *p, int lines) {
    for (int i = 0; i < lines; i++) __builtin_prefetch(static_cast<const char *>(p) + i * k_line);
}

void prefetch_crowd(Scheduler &s, int stack_lines, int block_lines) {
    Op *op = s.ahead;
    if (!op) {
        op = s.ready.head;
        for (int i = 0; op && i < k_turns_ahead; i++) op = op->next_ready;
    } else {
        op = op->next_ready;
    }
    s.ahead = op;
    if (!op) return;
    prefetch_lines(op->task->context.sp, stack_lines);
    if (op->next_ready) prefetch_lines(op->next_ready, block_lines);
}

// After each op taken from the queue. A task that goes on waiting touches less of its memory than one that ends.
inline void look_ahead(Scheduler &s, int stack_lines, int block_lines) {
    if (s.ready_count > k_crowd) return prefetch_crowd(s, stack_lines, block_lines);
    s.ahead = nullptr;
}
inline void look_ahead_waiting(Scheduler &s) { look_ahead(s, 5, 2); }
inline void look_ahead_ending(Scheduler &s) { look_ahead(s, 8, 6); }

// Makes `t`, which runs next, able to run; false without a stack.
bool give_stack(Scheduler &s, Task *t) {
    if (t->stack_bytes == 0 && s.spare) {
        t->stack = s.spare;
        s.spare = nullptr;
    } else {
        t->stack = s.stacks.acquire(t->stack_bytes);
    }
    if (!t->stack) return false;
    t->has_canary = t->stack->guard == GuardKind::canary;
    if (t->has_canary) s.careful = true;
    context_make(t->context, t->stack->low, t->stack->top, s.hooks->fiber_entry, t);
    return true;
}

// What every task finds when it is switched to.
bool prepare_fiber(Scheduler &s, Op *op) {
    Task *t = op->task;
    if (t->state == TaskState::fresh) {
        if (!t->stack && !give_stack(s, t)) return false;  // it may have taken one over
        t->state = TaskState::alive;
        op->starts = false;
        op->state = OpState::idle;
        op->direct = true;
    }
    s.current = t;
    t->budget = s.budget;
    return true;
}

// A C++ exception is under way in the fiber that is left.
__attribute__((noinline)) void switch_keeping_exception(Scheduler &s, Context &from, Context &to) {
    ExceptionState mine;
    exception_save(s.exceptions, mine);
    exception_clear(s.exceptions);
    context_switch(from, to);
    exception_restore(s.exceptions, mine);
    if (s.dying) release_dying(s);
}

// Whoever is left with no exception under way leaves none behind, so that it finds none when it is back.
CRIB_ALWAYS_INLINE void switch_between(Scheduler &s, Context &from, Context &to) {
    if (exception_active(s.exceptions)) [[unlikely]]
        return switch_keeping_exception(s, from, to);
    context_switch(from, to);
    if (s.dying) [[unlikely]]
        release_dying(s);
}

// The next op a fiber can switch to by itself; nullptr: the loop goes on (with s.handoff, if one was taken).
Op *take_direct(Scheduler &s) {
    Op *op = ready_take(s);
    if (!op) return nullptr;
    look_ahead_ending(s);
    if (!runs_directly(op)) {
        s.handoff = op;
        return nullptr;
    }
    return op;
}

void resume_stackless(Scheduler &s, Op *op) {
    Task *t = op->task;
    op_delivered(op, OpState::done);
    t->state = TaskState::alive;
    s.current = t;
    t->budget = s.budget;
    s.resuming = t;
    t->resume(public_task(t), t->data);
    s.resuming = nullptr;
    s.current = nullptr;
    if (t->exit_asked) s.hooks->exit_stackless(t);
}

// False: the op could not be run in this batch and stays in s.handoff.
bool dispatch(Scheduler &s, Op *op) {
    Task *t = op->task;
    const bool foreign = t->kind == TaskKind::stackless && !t->resume;
    if (foreign && s.hooks->hand_out(&s, op)) return true;
    if (foreign || s.handed > 0) {
        s.handoff = op;
        return false;
    }
    if (t->kind == TaskKind::stackless) {
        resume_stackless(s, op);
    } else if (!prepare_fiber(s, op)) {
        s.hooks->no_stack(t);
    } else {
        switch_between(s, s.loop, t->context);
        s.current = nullptr;
    }
    return true;
}

void suspend_slow(Scheduler &s, Task *self) {
    if (self->has_canary && !stack_check_canary(self->stack)) die_of_overflow(self);
    Op *op = take_direct(s);
    if (op && op->task == self) {
        self->budget = s.budget;
        return;
    }
    if (op && prepare_fiber(s, op)) return switch_between(s, self->context, op->task->context);
    if (op) s.handoff = op;
    s.current = nullptr;
    switch_between(s, self->context, s.loop);
}

}  // namespace

void ready_push_slow(Scheduler &s, Op *op) {
    if (s.outside && !s.ready.head) driver_kick(s.driver);
    s.ready_count++;
    // Seeded: at either end of what runs in the next pass.
    if (s.random && coin(s.random)) return queue_insert(s.ready, s.pass_last, op);
    queue_push(s.ready, op);
}

void ready_remove(Scheduler &s, Op *op) {
    if (s.handoff == op) {
        s.handoff = nullptr;
        return;
    }
    if (s.pass_last == op) s.pass_last = op == s.ready.head ? nullptr : op->prev_ready;
    if (s.ahead == op) s.ahead = op->next_ready;
    queue_remove(s.ready, op);
    s.ready_count--;
}

CRIB_ALWAYS_INLINE static void suspend(Scheduler &s, Task *self) {
    Op *op = s.ready.head;
    const bool quick = op && s.left > 0 && op->direct && !s.careful;
    if (!quick) [[unlikely]]
        return suspend_slow(s, self);
    ready_pop(s, op);
    look_ahead_waiting(s);
    Task *next = op->task;
    next->budget = s.budget;
    if (next == self) return;
    s.current = next;
    switch_between(s, self->context, next->context);
}

void fiber_suspend(Scheduler &s, Task *self) { suspend(s, self); }

// What a wait ends with: the status of slot 0.
inline static int awaited(Op *op) {
    op->state = OpState::idle;
    if (!op->yields) [[likely]]
        return op->status;
    op->yields = false;
    op->kind = nullptr;
    return scope_stop_status(op->scope);
}

// Apart from the wait: for a crowd of sleepers, whose stacks are cold, the switch inside of it was a third slower.
__attribute__((noinline)) static void suspend_apart(Scheduler &s, Task *self) { suspend(s, self); }

int fiber_wait(Task *t) {
    suspend_apart(*t->sched, t);
    return awaited(&t->op);
}

// With the switch inside: whoever comes back from another fiber has each of its returns mispredicted, up to the program's
// own frame, and between a sender and a receiver there is little else.
int fiber_wait_for_value(Task *t, Value *out) {
    suspend(*t->sched, t);
    const int rc = awaited(&t->op);
    t->op.kind = nullptr;
    *out = value_take(t->op.value);
    if (t->op.error) [[unlikely]]
        t->sched->hooks->hold_error(t);
    return rc;
}

// Likewise.
CRIB_ALWAYS_INLINE static void yield(Scheduler &s, Task *self) {
    // Alone, and the loop does not want a look yet.
    if (!s.ready.head && s.left > 0) {
        s.left--;
        self->budget = s.budget;
        return;
    }
    self->op.state = OpState::ready;
    ready_push(s, &self->op);
    suspend(s, self);
    self->op.state = OpState::idle;
}

void fiber_yield(Scheduler &s, Task *self) { yield(s, self); }

int fiber_checkpoint(Task *t) {
    yield(*t->sched, t);
    const Scope *scope = t->op.scope;
    return scope->stop ? scope_stop_status(scope) : 0;
}

FiberExit fiber_exit(Scheduler &s, Context &context, Stack *stack, uint32_t stack_bytes) {
    Op *op = take_direct(s);
    Task *next = op ? op->task : nullptr;
    if (next && next->state == TaskState::fresh && next->stack_bytes == stack_bytes) {
        next->stack = stack;
        next->has_canary = stack->guard == GuardKind::canary;
        context_adopt(next->context, stack->low, stack->top);
        context_release(context);
        prepare_fiber(s, op);
        return FiberExit{next, nullptr};
    }
    s.dying_context = context;
    s.dying = stack;
    s.dying_bytes = stack_bytes;
    if (op && prepare_fiber(s, op)) return FiberExit{nullptr, &next->context};
    if (op) s.handoff = op;
    s.current = nullptr;
    return FiberExit{nullptr, &s.loop};
}

void fiber_entered(Scheduler &s) {
    if (s.dying) release_dying(s);
}

void run_ready(Scheduler &s) {
    for (;;) {
        Op *op = s.handoff;
        s.handoff = nullptr;
        if (!op) {
            op = ready_take(s);
            if (op) look_ahead_waiting(s);
        }
        if (!op || !dispatch(s, op)) return;
    }
}

}  // namespace crib
