// Task locals: a task sees a chain of bindings, the newest first, and shares its tail with whoever spawned it.
#pragma once

#include "task/task.hpp"

namespace crib {

struct LocalKey : Counted {
    void (*destroy)(void *value);
};

// One binding; counted because chains share tails. Only the run's thread counts.
struct Local {
    Local *next;
    LocalKey *key;
    void *value;
    uint32_t refs;
};

void locals_inherit(Task *child, const Task *from);
void locals_release(Scheduler &s, Task *t);
// 0, or UV_ENOMEM: then the key's destroy has run for the value.
int locals_set(Scheduler &s, Task *t, LocalKey *key, void *value);
void *locals_get(const Task *t, const LocalKey *key);
void local_key_release(LocalKey *key);

}  // namespace crib
