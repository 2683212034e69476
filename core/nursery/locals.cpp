#include "nursery/locals.hpp"

#include <cerrno>

#include "base/alloc.hpp"
#include "sched/scheduler.hpp"

namespace crib {

void locals_inherit(Task *child, const Task *from) {
    child->locals = from->locals;
    child->locals->refs++;
}

void locals_release(Scheduler &s, Task *t) {
    Local *l = t->locals;
    t->locals = nullptr;
    CallbackGuard guard(s);
    while (l && --l->refs == 0) {
        Local *next = l->next;
        if (l->key->destroy) l->key->destroy(l->value);
        local_key_release(l->key);
        mem_free(l);
        l = next;
    }
}

int locals_set(Scheduler &s, Task *t, LocalKey *key, void *value) {
    Local *l = static_cast<Local *>(mem_alloc(sizeof(Local)));
    if (!l) {
        CallbackGuard guard(s);
        if (key->destroy) key->destroy(value);
        return -ENOMEM;
    }
    counted_ref(*key);
    *l = Local{t->locals, key, value, 1};
    t->locals = l;
    return 0;
}

void *locals_get(const Task *t, const LocalKey *key) {
    for (const Local *l = t->locals; l; l = l->next) {
        if (l->key == key) return l->value;
    }
    return nullptr;
}

void local_key_release(LocalKey *key) {
    if (counted_unref(*key)) mem_free(key);
}

}  // namespace crib
