#include "crib/local.h"

#include <new>

#include "base/alloc.hpp"
#include "guard.hpp"
#include "nursery/locals.hpp"

using namespace crib;

namespace {
LocalKey *core_key(const crib_local *key) { return reinterpret_cast<LocalKey *>(const_cast<crib_local *>(key)); }
}  // namespace

extern "C" {

crib_local *crib_local_new(crib_destroy_fn destroy) {
    void *p = mem_alloc(sizeof(LocalKey));
    if (!p) return nullptr;
    LocalKey *key = new (p) LocalKey;
    counted_init(*key, Kind::local, 1);
    key->destroy = destroy;
    return reinterpret_cast<crib_local *>(key);
}

int crib_local_set(crib_local *key, void *value) {
    Task *t = current_task();
    if (t && key) return locals_set(*t->sched, t, core_key(key), value);
    if (key) destroy_directly(core_key(key)->destroy, value);
    return diag_misuse("crib_local_set", current_name(), key ? "called outside a task" : "NULL instead of a key");
}

void *crib_local_get(const crib_local *key) {
    const Task *t = current_task();
    return t && key ? locals_get(t, core_key(key)) : nullptr;
}
}
