// What the entries of all synchronisation primitives share.
#pragma once

#include <cerrno>

#include "guard.hpp"
#include "sync/primitive.hpp"

namespace crib {

// A handle that was just made keeps its runtime's memory; nullptr stays nullptr.
template <class Public>
Public *handed_out(Primitive *p) {
    if (p) runtime_hold(runtime_of(p->sched));
    return reinterpret_cast<Public *>(p);
}

// Primitives live on the loop thread of their run.
inline bool is_here(const Primitive *p) { return p && p->sched == current_scheduler; }

// 0, or CRIB_EMISUSE after a message.
inline int check_here(const char *function, const Primitive *p) {
    if (is_here(p)) [[likely]]
        return 0;
    return diag_misuse(function, current_name(), p ? "it belongs to another run" : "NULL instead of a handle");
}

// The running task, of any kind, for what it holds; otherwise nullptr with *rc set.
inline Task *require_any_task(const char *function, const Primitive *p, int *rc) {
    *rc = check_here(function, p);
    if (*rc < 0) return nullptr;
    Task *t = current_task();
    if (!t) *rc = diag_misuse(function, nullptr, "called outside a task");
    return t;
}

// A living task of a handle, for what it holds; otherwise nullptr with *rc set.
inline Task *require_living_task(const char *function, const Primitive *p, const crib_task *task, int *rc) {
    *rc = check_here(function, p);
    Task *t = *rc == 0 ? require_task(function, task) : nullptr;
    if (*rc == 0 && !t) *rc = CRIB_EMISUSE;
    if (t && t->state == TaskState::ended) {
        *rc = diag_misuse(function, task_name(t), "the task has ended");
        return nullptr;
    }
    return t;
}

// What each fiber form begins with: the fiber, and whether the primitive is here; otherwise nullptr with *rc set.
inline Task *require_fiber_for(const char *function, const Primitive *p, int *rc) {
    Task *t = require_fiber(function, rc);
    if (!t || is_here(p)) [[likely]]
        return t;
    *rc = check_here(function, p);
    return nullptr;
}

// What each begin form begins with: the op, and whether the primitive is here.
inline Op *require_op_for(const char *function, crib_op *handle, const Primitive *p) {
    Op *op = require_op(function, handle);
    return op && check_here(function, p) == 0 ? op : nullptr;
}

// Size-first results: fills in what the caller's struct has room for, and leaves its size alone.
template <class T>
int copy_out(T *out, const T &full) {
    if (!out || out->size < sizeof out->size) return -EINVAL;
    const size_t known = out->size < sizeof full ? out->size : sizeof full;
    memcpy(reinterpret_cast<char *>(out) + sizeof out->size, reinterpret_cast<const char *>(&full) + sizeof full.size,
           known - sizeof out->size);
    return 0;
}

}  // namespace crib
