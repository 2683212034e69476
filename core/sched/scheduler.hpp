// The scheduler: a queue of ops that are ready, and the switches between what they wake.
//
// Rules. Only the run's thread touches it. A fiber that must wait takes the next ready op itself and switches straight
// to its fiber; anything else (a stackless task, no stack, nothing ready, the step quota spent) is left to the loop,
// which runs on the thread's own stack (run/turn.cpp). Whoever switches to a task sets `current` first.
#pragma once

#include <cstdint>

#include "base/heap.hpp"
#include "base/slab.hpp"
#include "fiber/exceptions.hpp"
#include "fiber/stack.hpp"
#include "sched/driver.hpp"
#include "sched/entry.hpp"
#include "task/task.hpp"

namespace crib {

struct NurserySlab;

enum DeadlineKind : uint32_t { k_deadline_op = 1, k_deadline_scope = 2, k_deadline_other = 3 };

// What the layers above give the scheduler.
struct SchedulerHooks {
    EntryFn fiber_entry;                      // body of a fresh fiber's context; `arg` is the Task
    void (*no_stack)(Task *t);                // a fresh fiber could not get a stack
    void (*exit_stackless)(Task *t);          // crib_task_exit was called inside resume
    void (*keep_error)(Task *t, Op *op);      // a tree that an ending task did not take
    void (*hold_error)(Task *t);              // the tree that came with slot 0 goes to the fiber's innermost block
    void (*op_gone)(Task *t);                 // an op that the ending task waits for has completed
    bool (*hand_out)(Scheduler *s, Op *op);   // to a task without a resume function; false: no room
    void (*handle_release)(Counted *handle);  // one reference
    void (*clause_done)(Op *op);              // a clause of a select has completed
    void (*select_forget)(Op *op);            // what a select left in its op is not wanted any more
};

struct Scheduler {
    Task *current;  // running now; NULL in callbacks and in the loop
    OpQueue ready;
    Op *pass_last;  // seeded runs: the last op of this pass; what becomes ready goes behind it
    size_t ready_count;
    Op *ahead;             // in a crowd: the op whose memory was fetched last
    uint32_t left;         // steps before the loop looks at the clock and the world
    uint32_t budget;       // operations a task may complete at once before it must yield
    Op *handoff;           // taken from the queue by a fiber, for the loop to run
    void *exceptions;      // the thread's C++ exception state, when there is a C++ runtime
    Stack *dying;          // of a fiber that ended: released by whoever runs next
    uint32_t dying_bytes;  // what its task had asked for
    Stack *spare;          // the last stack of the default size, kept out of the pool for the next fiber
    Context dying_context;
    Context loop;
    bool outside;     // not inside a turn: becoming ready must end the wait
    bool careful;     // seeded order, or stacks without guards: switches take the slow path
    bool strict;      // look every pass
    uint32_t handed;  // records given to the caller of poll_ready in this batch
    uint64_t random;  // state of the seeded order; 0 = FIFO
    uint64_t draws;   // state of what is drawn otherwise: which clause of a select, jitter
    int64_t now;      // refreshed at every look
    DeadlineHeap deadlines;
    Driver *driver;
    const SchedulerHooks *hooks;
    StackPool stacks;
    Slab<Task> tasks;
    Slab<BlockScope> scopes;
    Slab<ExtraOp> ops;
    NurserySlab *nurseries;
    OpQueue aborts;    // waits whose abort runs application code, until the scope tree is at rest
    ScopeLink *fired;  // links to notify once the scope tree is at rest
    OpQueue ends;      // slots 0 of stackless tasks that may be able to end now
    bool ending;       // somebody works on `ends`
    Task *resuming;    // the stackless task whose resume function is on the stack
    bool notifying;
    bool keeps_drops;       // poll_ready: values that ask for it are dropped as records
    struct Dropped *drops;  // in the order of dropping
    struct Dropped **drops_tail;
    Entry entry;            // how other threads reach this run
    uint32_t expectations;  // why something may still come when nothing here can move: portals, tokens, shared channels
    int32_t broken_locks;   // that broke in this run, less those recovered in it
    uint32_t op_serial;
    void (*cancel_point)();  // called at each cancel point in a scope that is k_stop_counted (crib/testing.h)
    uint64_t switches;       // up to the batch under way
    uint64_t spawned;
    uint64_t living;
};

// The run this thread is inside, NULL outside.
extern constinit thread_local Scheduler *current_scheduler __attribute__((tls_model("initial-exec")));

// Puts an op into the queue. Its state must be ready already.
void ready_push_slow(Scheduler &s, Op *op);
inline void ready_push(Scheduler &s, Op *op) {
    if (s.outside || s.careful) [[unlikely]]
        return ready_push_slow(s, op);
    s.ready_count++;
    queue_push(s.ready, op);
}
// Takes an op out that nobody has to run any more.
void ready_remove(Scheduler &s, Op *op);

// Takes the head out, which must be there, and counts a step.
inline void ready_pop(Scheduler &s, Op *op) {
    s.left--;
    s.ready.head = op->next_ready;
    s.ready_count--;
}

// The next op to run, nullptr when there is none or the steps are spent.
inline Op *ready_take(Scheduler &s) {
    Op *op = s.ready.head;
    if (!op || s.left == 0) return nullptr;
    ready_pop(s, op);
    if (op == s.pass_last) s.pass_last = nullptr;
    return op;
}

// Arms a deadline. Host code between two turns has the driver learn of it.
inline int deadline_add(Scheduler &s, DeadlineNode *node, int64_t time) {
    if (s.outside) [[unlikely]]
        driver_kick(s.driver);
    return s.deadlines.add(node, time);
}

// Leaves the running fiber, whose slot 0 is pending or ready, until that is delivered.
void fiber_suspend(Scheduler &s, Task *self);
// Lets the others run first.
void fiber_yield(Scheduler &s, Task *self);

// Where a fiber that is over goes on. `context` and `stack` are what it ran on; the task itself may be gone.
struct FiberExit {
    Task *here;      // a fresh fiber that asked for a stack of the same size takes this one over
    Context *there;  // otherwise: to be switched to by context_exit_to(s.dying_context, …), in the caller's own frame
};
FiberExit fiber_exit(Scheduler &s, Context &context, Stack *stack, uint32_t stack_bytes);
// First thing on a new fiber's stack.
void fiber_entered(Scheduler &s);

// Runs ready ops until there are none, the steps are spent, or a batch of poll_ready has to be given back first. Only
// from the thread's own stack.
void run_ready(Scheduler &s);

// A number below `n`, the same in each run with the same seed.
inline uint32_t draw_below(Scheduler &s, uint32_t n) {
    s.draws = s.draws * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<uint32_t>((s.draws >> 32) * n >> 32);
}

// Application code runs with no current task, so that it cannot wait.
class CallbackGuard {
  public:
    explicit CallbackGuard(Scheduler &s) : s_(s), saved_(s.current) { s.current = nullptr; }
    ~CallbackGuard() { s_.current = saved_; }
    CallbackGuard(const CallbackGuard &) = delete;
    CallbackGuard &operator=(const CallbackGuard &) = delete;

  private:
    Scheduler &s_;
    Task *saved_;
};

}  // namespace crib
