// The task control block, kept in dense slabs apart from the stacks. It embeds what nearly every task needs: slot 0
// and a scope.
//
// Life: new → running ⇄ waiting → ending (its body is over, blocks are being closed) → ended. The block goes back to
// its slab when the task has ended, its destroy has run, and no handle is left.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/counted.hpp"
#include "crib/types.h"
#include "fiber/context.hpp"
#include "fiber/stack.hpp"
#include "task/op.hpp"
#include "task/scope_node.hpp"

namespace crib {

struct Scheduler;
struct Nursery;
struct Local;
struct Task;

// Told when a task ends: what it holds then (locks, tokens of limiters) is given back or broken.
struct TaskLink {
    TaskLink *next;
    TaskLink **where;               // what points to this link; NULL = not linked
    void (*ended)(TaskLink *link);  // unlinked already
};

enum class TaskKind : uint8_t { fiber, stackless };
enum class TaskState : uint8_t { fresh, alive, ending, ended };

// Who is told that the task ended, and what `parent` points to.
enum class ParentKind : uint8_t {
    nursery,  // Nursery
    start,    // StartRecord: not started() yet
    call,     // Op of crib_begin_call
    none,     // the init task
};

using BodyFn = int (*)(void *);
using ResumeFn = void (*)(crib_task *, uintptr_t);
using DestroyFn = void (*)(void *);
using DestroyDataFn = void (*)(uintptr_t);

struct Task : Counted {  // refs: handles of the application, plus one while it has not ended
    Slot slot;
    Scheduler *sched;
    Op op;  // slot 0
    Scope scope;
    Context context;
    union {
        Stack *stack;       // fibers that have run
        Error *exit_error;  // stackless: given to crib_task_exit
    };
    union {
        BodyFn body;
        ResumeFn resume;  // NULL: handed out by poll_ready
    };
    uintptr_t data;
    union {
        DestroyFn destroy;           // fibers; may be NULL
        DestroyDataFn destroy_data;  // stackless
    };
    const char *name;  // the application's until destroy has run, unless own_name
    void *parent;
    ExtraOp *ops;
    TaskLink *held;  // by what it holds
    Link waiters;    // ops in task_wait
    union {
        Local *locals;
        Task *next_free;
    };
    Value result;
    int32_t code;
    uint32_t budget;  // operations left before a forced yield
    union {
        uint32_t stack_bytes;     // fibers
        uint32_t open_nurseries;  // stackless: awaited before it can end
    };
    TaskKind kind;
    TaskState state;
    ParentKind parent_kind;
    bool own_name : 1;
    bool awaits_ops : 1;   // ending, but ops that cannot be undone are still under way
    bool has_canary : 1;   // its stack has no guard page
    bool exit_asked : 1;   // crib_task_exit was called inside resume
    bool ends_queued : 1;  // in Scheduler::ends
    bool held_by_run : 1;  // main: one of its references is the run's
    bool left_open : 1;    // it ended with blocks open
    bool started : 1;      // parent_kind start: started() was called, but it stayed
};

// What a parked stackless task may cost.
static_assert(sizeof(Task) <= 400 || CRIB_SANITIZED);

inline Task *task_of_scope(Scope *s) {
    return reinterpret_cast<Task *>(reinterpret_cast<char *>(s) - offsetof(Task, scope));
}

inline void task_link(Task *t, TaskLink *link) {
    link->next = t->held;
    link->where = &t->held;
    if (link->next) link->next->where = &link->next;
    t->held = link;
}

inline void task_unlink(TaskLink *link) {
    if (!link->where) return;
    *link->where = link->next;
    if (link->next) link->next->where = link->where;
    link->where = nullptr;
}

inline crib_task *public_task(Task *t) { return reinterpret_cast<crib_task *>(t); }

inline const char *task_name(const Task *t) { return t->name ? t->name : ""; }

}  // namespace crib
