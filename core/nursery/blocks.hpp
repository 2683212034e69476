// The blocks of a task: scopes and nurseries of the application. A fiber's are a stack, its innermost being where slot 0
// works; a stackless task's hang below its scope in any order.
#pragma once

#include "nursery/task.hpp"

namespace crib {

// Opens a scope of the application; nullptr without memory. A fiber's becomes its innermost block.
inline BlockScope *block_open(Scheduler &s, Scope *parent, Task *owner, const ScopeSpec &spec) {
    BlockScope *scope = s.scopes.acquire();
    if (!scope) [[unlikely]]
        return nullptr;
    static_cast<Scope &>(*scope) = Scope{};
    if (scope_enter(s, scope, parent, owner, ScopeKind::block, spec) < 0) [[unlikely]] {
        s.scopes.retire(scope);
        s.scopes.release(scope);
        return nullptr;
    }
    if (owner->kind == TaskKind::fiber) owner->op.scope = scope;
    return scope;
}

// Takes a scope out and gives it back.
inline void block_release(Scheduler &s, BlockScope *scope) {
    s.scopes.retire(scope);
    scope_leave(s, scope);
    s.scopes.release(scope);
}

// 0, or CRIB_EMISUSE if this task may not close it.
int block_may_close(const Task *t, const Scope *scope, const char *function);

// Closes a scope. Inner blocks left open are closed first and make it misuse of `function`.
Outcome block_close(Task *t, BlockScope *scope, const char *function, Leaving leaving, bool *caught);
// Closes a nursery from the fiber that opened it, and waits.
Outcome fiber_nursery_end(Task *t, Nursery *n, const char *function, Leaving leaving);

}  // namespace crib
