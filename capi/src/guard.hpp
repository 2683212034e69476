// What every entry of the C API checks before it calls the core.
#pragma once

#include "base/diag.hpp"
#include "crib.h"
#include "options.hpp"
#include "run/handles.hpp"
#include "run/runtime.hpp"
#include "sched/wait.hpp"

namespace crib {

constexpr size_t k_most_stack = size_t{1} << 30;  // what a stack may be asked to be

// What an option may be that is on or off; other values may mean something one day.
inline bool is_flag(int32_t v) { return v == 0 || v == 1; }

inline Runtime *current_runtime() { return runtime_of(current_scheduler); }
inline Runtime *runtime_or_current(crib_runtime *rt) {
    return rt ? reinterpret_cast<Runtime *>(rt) : current_runtime();
}

inline Task *current_task() { return current_scheduler ? current_scheduler->current : nullptr; }

// The running task, which must be a fiber; otherwise nullptr with *rc set.
inline Task *require_fiber(const char *function, int *rc) {
    Task *t = current_task();
    if (!t) [[unlikely]] {
        *rc = diag_misuse(function, nullptr, "called outside a task");
        return nullptr;
    }
    if (t->kind != TaskKind::fiber) [[unlikely]] {
        *rc = CRIB_ENOTFIBER;
        return nullptr;
    }
    return t;
}

// The current run; otherwise nullptr after a message.
inline Runtime *require_run(const char *function) {
    if (!current_scheduler) [[unlikely]]
        diag_misuse(function, nullptr, "called outside a run");
    return current_runtime();
}

inline const char *current_name() {
    const Task *t = current_task();
    return t ? task_name(t) : nullptr;
}

// The op of a handle that may begin something; otherwise nullptr after a message.
inline Op *require_op(const char *function, crib_op *handle) {
    Runtime *rt = require_run(function);
    if (!rt) return nullptr;
    Op *op = find_op(*rt, handle);
    if (!op) {
        diag_misuse(function, current_name(), "a stale op handle");
        return nullptr;
    }
    if (op->task->kind == TaskKind::fiber && !op->extra) {
        diag_misuse(function, task_name(op->task), "slot 0 of a fiber is for its own blocking calls");
        return nullptr;
    }
    return op;
}

inline Nursery *require_nursery(const char *function, const crib_nursery *handle) {
    Runtime *rt = require_run(function);
    if (!rt) return nullptr;
    Nursery *n = find_nursery(*rt, handle);
    if (!n) diag_misuse(function, current_name(), handle ? "a stale nursery handle" : "NULL instead of a nursery");
    return n;
}

inline void destroy_directly(crib_destroy_fn destroy, void *user_data) {
    if (destroy) destroy(user_data);
}

inline TaskSpec fiber_spec(const char *name, crib_body_fn body, void *user_data, crib_destroy_fn destroy) {
    TaskSpec spec = {};
    spec.kind = TaskKind::fiber;
    spec.name = name;
    spec.body = body;
    spec.data = reinterpret_cast<uintptr_t>(user_data);
    spec.destroy = destroy;
    return spec;
}

inline TaskSpec stackless_spec(const char *name, crib_resume_fn resume, uintptr_t data, void (*destroy)(uintptr_t)) {
    TaskSpec spec = {};
    spec.kind = TaskKind::stackless;
    spec.name = name;
    spec.resume = resume;
    spec.data = data;
    spec.destroy_data = destroy;
    return spec;
}

// Where a block may open: in a fiber's innermost block, by that fiber; or below a scope of a stackless task.
inline bool parent_fits(const Scope *parent, const Scope *innermost) {
    if (innermost) return parent == innermost;
    const Task *owner = parent ? parent->owner : nullptr;
    return owner && owner->kind == TaskKind::stackless && owner->state != TaskState::ending;
}

// What a failed open poisons: the block the running task is in, so that a NULL scope never means "no timeout".
inline Scope *poisoned_here() {
    Task *t = current_task();
    return t ? t->op.scope : nullptr;
}

// The task a call is about, on the thread of its run; otherwise nullptr after a message.
inline Task *require_task(const char *function, const crib_task *task) {
    Task *t = reinterpret_cast<Task *>(const_cast<crib_task *>(task));
    if (t && t->sched == current_scheduler) return t;
    diag_misuse(function, current_name(), t ? "called outside the task's run" : "NULL instead of a task");
    return nullptr;
}

inline Task *core_task(const crib_task *t) { return reinterpret_cast<Task *>(const_cast<crib_task *>(t)); }
inline Error *core_error(const crib_error *e) { return reinterpret_cast<Error *>(const_cast<crib_error *>(e)); }
inline crib_error *public_error(Error *e) { return reinterpret_cast<crib_error *>(e); }

// A fiber's close: the tree goes to the block around it.
inline int hold_and_return(Task *t, Outcome o) {
    if (o.tree) block_hold(t->op.scope, o.tree);
    return o.code;
}

// A fiber's op result: takes the value (dropped if nobody wants it) and holds the tree.
int finish_with_value(Task *t, int rc, crib_value *out);

}  // namespace crib
