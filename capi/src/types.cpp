// crib_unref: the one release.
#include "crib/types.h"

#include "crib/scope.h"
#include "guard.hpp"
#include "nursery/locals.hpp"
#include "channel/shared.hpp"
#include "run/release.hpp"
#include "sync/primitive.hpp"

using namespace crib;

namespace {

// An open block that loses its handle: cancelled now, closed by whoever closes the block around it.
void abandon_block(void *handle) {
    Runtime *rt = require_run("crib_unref");
    if (!rt) return;
    Nursery *n = is_nursery_id(*rt, handle) ? find_nursery(*rt, static_cast<crib_nursery *>(handle)) : nullptr;
    Scope *scope = n ? &n->scope : find_scope(*rt, static_cast<crib_scope *>(handle));
    if (!scope || scope->kind == ScopeKind::task) return;
    scope->abandoned = true;
    scope_cancel(*rt, scope, CRIB_SOURCE_EXPLICIT, "released while open");
}

void runtime_release(Runtime *rt) {
    if (rt->drive_active) {
        diag_misuse("crib_unref", nullptr, "a runtime is released during its run");
        return;
    }
    if (counted_unref(*rt)) runtime_close(rt);
}

// A task keeps one reference of its own while it lives, so that one too many here cannot free it.
void task_unref(Task *t) {
    const bool here = t->sched == current_scheduler;  // elsewhere its state is not ours to read
    const bool borrowed =
        here && t->state != TaskState::ended && t->refs.load(std::memory_order_relaxed) <= (t->held_by_run ? 2u : 1u);
    if (borrowed) {
        diag_misuse("crib_unref", task_name(t), "a task handle that was only borrowed");
        return;
    }
    if (here && t->refs.load(std::memory_order_relaxed) == 1) return task_free(t);
    handle_release(t);
}

}  // namespace

extern "C" void crib_unref(void *handle) {
    if (!handle) return;
    if (is_id(handle)) return abandon_block(handle);
    Counted *c = static_cast<Counted *>(handle);
    if (c->handle == Kind::task) return task_unref(static_cast<Task *>(c));
    if (is_primitive(c->handle)) return handle_release(c);
    switch (c->handle) {
        case Kind::error: return error_unref(static_cast<Error *>(c));
        case Kind::runtime: return runtime_release(static_cast<Runtime *>(c));
        case Kind::local: return local_key_release(static_cast<LocalKey *>(c));
        case Kind::sender:
        case Kind::receiver:
        case Kind::portal:
        case Kind::expectation: return handle_release(c);
        case Kind::shared_sender:
        case Kind::shared_receiver: return shared_release(static_cast<SharedEnd *>(c));
        default: break;
    }
    diag_misuse("crib_unref", current_name(), "not a handle, or one that was freed");
}
