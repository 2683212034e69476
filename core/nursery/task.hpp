// Tasks from start to end: making them, running their body, closing what they left open, and telling their parent.
#pragma once

#include "nursery/nursery.hpp"

namespace crib {

// What to run. `destroy` runs exactly once, also when no task comes of it.
struct TaskSpec {
    TaskKind kind;
    const char *name;
    BodyFn body;      // fibers
    ResumeFn resume;  // stackless; NULL: handed out by poll_ready
    uintptr_t data;
    DestroyFn destroy;           // fibers
    DestroyDataFn destroy_data;  // stackless
    uint32_t stack_bytes;
};

// Releases what a spec carries when no task was made.
void spec_destroy(Scheduler &s, const TaskSpec &spec);

// Starts a child of a nursery; nullptr with *rc set when it is refused.
Task *task_start(Scheduler &s, Nursery *n, const TaskSpec &spec, int *rc);
// Starts a task below `scope` whose end is told to `parent`; nullptr without memory. Does not run the spec's destroy.
Task *task_start_below(Scheduler &s, Scope *scope, const TaskSpec &spec, ParentKind kind, void *parent);

// Where fibers begin: SchedulerHooks::fiber_entry.
void fiber_main(void *task);

// Ends a stackless task; consumes the error.
void task_exit(Task *t, Error *error);

// What the scheduler calls: SchedulerHooks.
void task_no_stack(Task *t);
void task_exit_stackless(Task *t);
void task_keep_error(Task *t, Op *op);
void task_hold_error(Task *t);
void task_op_gone(Task *t);

void task_cancel(Task *t, uint8_t source, const char *reason);
// `function` is the public one, for messages.
int begin_task_wait(Op *op, Task *t, const char *function);
int task_wait_park(Op *op, Task *t);

// Gives up one reference; the last one of an ended task frees it. Loop thread.
void task_release(Task *t);
void task_free(Task *t);
inline bool task_ended(const Task *t) { return t->state == TaskState::ended; }

// Closes a scope or nursery of the running fiber, the innermost first: `inner` blocks left open above `outer` are
// misuse; they are cancelled, awaited and closed. True if there were any.
bool close_inner_blocks(Task *t, Scope *outer);
// The last steps of a fiber's close of a nursery: waits, then holds the tree in the enclosing block or returns it.
int fiber_nursery_close(Task *t, Nursery *n, Outcome body, Error **tree);

// Told of the end of a task that is not a nursery's child; consumes the outcome. Set by nursery/start.cpp and call.cpp.
void start_child_done(Task *t, Outcome outcome);
void call_child_done(Task *t, Outcome outcome);

}  // namespace crib
