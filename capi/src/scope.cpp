#include "crib/scope.h"

#include <cerrno>
#include <cstddef>

#include "base/alloc.hpp"
#include "guard.hpp"
#include "nursery/blocks.hpp"

using namespace crib;

namespace {

// A block that could not be opened: the task must not go on as if it had been.
crib_scope *refuse(Scope *parent, int code) {
    if (parent) scope_poison(parent, code);
    return nullptr;
}

bool spec_from(Runtime &rt, const crib_scope_options &o, ScopeSpec *spec) {
    const bool bad = o.timeout < 0 || o.grace < 0 || o.shield < 0 || o.shield > 2 || !is_flag(o.graceful) ||
                     !is_flag(o.fail) || o.reserved != 0;
    if (bad) return false;
    if (o.deadline != 0) spec->deadline = o.deadline;
    if (o.timeout != 0) {
        const int64_t at = time_after(rt, o.timeout);
        if (at < spec->deadline) spec->deadline = at;
    }
    spec->grace = o.grace;
    spec->shield = static_cast<Shield>(o.shield);
    spec->graceful = o.graceful != 0;
    spec->fail = o.fail != 0;
    return true;
}

Scope *scope_of(const crib_scope *handle) {
    Runtime *rt = current_runtime();
    return rt ? find_scope(*rt, handle) : nullptr;
}

inline crib_scope *open_timeout(Task *t, int64_t deadline, bool fail) {
    Runtime *rt = runtime_of(t->sched);
    ScopeSpec spec;
    spec.deadline = deadline;
    spec.fail = fail;
    BlockScope *scope = block_open(*rt, t->op.scope, t, spec);
    if (!scope) [[unlikely]]
        return refuse(t->op.scope, -ENOMEM);
    return reinterpret_cast<crib_scope *>(make_id(*rt, IdKind::block_scope, scope->slot));
}

inline crib_scope *open_at(const char *function, int64_t time, bool fail) {
    int rc;
    Task *t = require_fiber(function, &rc);
    return t ? open_timeout(t, time, fail) : refuse(poisoned_here(), rc);
}

inline crib_scope *open_after(const char *function, int64_t ns, bool fail) {
    int rc;
    Task *t = require_fiber(function, &rc);
    if (!t) return refuse(poisoned_here(), rc);
    if (ns <= 0) [[unlikely]]
        return ns < 0 ? refuse(t->op.scope, -EINVAL) : open_timeout(t, CRIB_EXPIRED, fail);
    return open_timeout(t, ns == CRIB_FOREVER ? k_forever : time_after(*t->sched, ns), fail);
}

// The application's scope that a close names; nullptr with *rc set.
BlockScope *closable(const char *function, const crib_scope *handle, Task **task, int *rc) {
    Scope *scope = scope_of(handle);
    if (!scope || scope->kind != ScopeKind::block) {
        const char *what = scope    ? "a nursery's or task's own scope closes with it"
                           : handle ? "a stale scope handle"
                                    : "NULL instead of a scope";
        *rc = diag_misuse(function, current_name(), what);
        return nullptr;
    }
    Task *t = current_task();
    *task = t ? t : scope->owner;
    if (!t && scope->owner->kind == TaskKind::fiber) {
        *rc = diag_misuse(function, nullptr, "a fiber's scope is closed inside that fiber");
        return nullptr;
    }
    *rc = block_may_close(*task, scope, function);
    return *rc < 0 ? nullptr : static_cast<BlockScope *>(scope);
}

// 0 for a scope of this thread's run, closed ones too.
int check_scope_id(const char *function, const crib_scope *handle) {
    const Runtime *rt = require_run(function);
    if (!rt) return CRIB_EMISUSE;
    return is_scope_id(*rt, handle) ? 0 : diag_misuse(function, current_name(), "not a scope of this run");
}

struct CancelCall {
    ScopeLink link;
    crib_cancel_fn fn;
    void *user_data;
    crib_destroy_fn destroy;
};

void cancel_call_gone(ScopeLink *link) {
    CancelCall *call = reinterpret_cast<CancelCall *>(link);
    CallbackGuard guard(*current_scheduler);
    destroy_directly(call->destroy, call->user_data);
    mem_free(call);
}

void cancel_call_fire(ScopeLink *link) {
    CancelCall *call = reinterpret_cast<CancelCall *>(link);
    call->fn(call->user_data);
    cancel_call_gone(link);
}

// A link between two scopes hangs in both; whichever end goes first takes the other with it.
struct ScopePair {
    ScopeLink source;
    ScopeLink target;
    crib_scope *from;  // the source's handle
    crib_scope *to;
};

ScopePair *pair_of_target(ScopeLink *link) {
    return reinterpret_cast<ScopePair *>(reinterpret_cast<char *>(link) - offsetof(ScopePair, target));
}

void target_closed(ScopeLink *link) {
    ScopePair *pair = pair_of_target(link);
    scope_unlink(&pair->source);
    mem_free(pair);
}

void source_closed(ScopeLink *link) {
    ScopePair *pair = reinterpret_cast<ScopePair *>(link);
    scope_unlink(&pair->target);
    mem_free(pair);
}

void source_cancelled(ScopeLink *link) {
    const ScopePair *pair = reinterpret_cast<ScopePair *>(link);
    Scope *source = scope_of(pair->from);
    Scope *target = scope_of(pair->to);
    const bool goes_on = target && !scope_follow(*current_scheduler, source, target, nullptr);
    if (goes_on) return scope_link_next(source, link);
    source_closed(link);
}

}  // namespace

extern "C" {

crib_scope *crib_scope_open(const crib_scope_options *options) {
    Runtime *rt = require_run("crib_scope_open");
    if (!rt) return nullptr;
    Task *t = rt->current;
    Scope *innermost = t && t->kind == TaskKind::fiber ? t->op.scope : nullptr;
    crib_scope_options o;
    if (!copy_options(&o, options)) return refuse(poisoned_here(), -EINVAL);
    Scope *parent = o.parent ? find_scope(*rt, o.parent) : innermost;
    const bool fits = parent_fits(parent, innermost);
    if (!fits) {
        const char *what =
            innermost ? "a fiber's scope opens in its innermost block" : "no open parent scope was named";
        return refuse(poisoned_here(), diag_misuse("crib_scope_open", current_name(), what));
    }
    ScopeSpec spec;
    if (!spec_from(*rt, o, &spec)) return refuse(parent, -EINVAL);
    BlockScope *scope = block_open(*rt, parent, parent->owner, spec);
    return scope ? scope_handle(*rt, scope) : refuse(parent, -ENOMEM);
}

crib_scope *crib_move_on_after(int64_t ns) { return open_after("crib_move_on_after", ns, false); }

crib_scope *crib_move_on_at(int64_t time) { return open_at("crib_move_on_at", time, false); }

crib_scope *crib_fail_after(int64_t ns) { return open_after("crib_fail_after", ns, true); }

crib_scope *crib_fail_at(int64_t time) { return open_at("crib_fail_at", time, true); }

int crib_scope_close(crib_scope *scope, int rc, bool *caught) {
    bool absorbed = false;
    if (caught) *caught = false;
    if (!scope && rc < 0) return rc;  // it could not be opened: the code went on through the checkpoints
    Task *t = current_task();
    // The everyday close: the innermost block, all went well, nothing held.
    BlockScope *innermost = t && rc >= 0 ? find_block(*current_runtime(), scope) : nullptr;
    if (innermost && t->op.scope == innermost && !innermost->held && t->kind == TaskKind::fiber) [[likely]] {
        block_release(*t->sched, innermost);
        return rc;
    }
    int status;
    BlockScope *block = closable("crib_scope_close", scope, &t, &status);
    if (!block) return status;
    const Outcome o = block_close(t, block, "crib_scope_close", leaving_with(rc), &absorbed);
    if (caught) *caught = absorbed;
    return hold_and_return(t, o);
}

crib_error *crib_scope_close_error(crib_scope *scope, crib_error *in, bool *caught) {
    bool absorbed = false;
    if (caught) *caught = false;
    Task *t;
    int status;
    BlockScope *block = closable("crib_scope_close_error", scope, &t, &status);
    if (!block) {
        Error *misuse = error_leaf(status, "a scope that cannot be closed here", current_name());
        return public_error(error_join(misuse, core_error(in)));
    }
    const Outcome o = block_close(t, block, "crib_scope_close_error", leaving_with_error(core_error(in)), &absorbed);
    if (caught) *caught = absorbed;
    return public_error(outcome_tree(o, task_name(t)));
}

int crib_scope_run(const crib_scope_options *options, crib_body_fn body, void *user_data, bool *caught) {
    int rc;
    if (caught) *caught = false;
    Task *t = require_fiber("crib_scope_run", &rc);
    if (!t) return rc;
    if (!body) return -EINVAL;
    Scope *around = t->op.scope;
    const int32_t poison = around->poison;
    const uint8_t stop = around->stop;
    crib_scope *scope = crib_scope_open(options);
    if (!scope) {
        // The caller is told, so the block around need not be poisoned.
        rc = around->poison;
        around->poison = poison;
        around->stop = stop;
        return rc;
    }
    return crib_scope_close(scope, body(user_data), caught);
}

int crib_scope_cancel(crib_scope *scope, const char *reason) {
    const int rc = check_scope_id("crib_scope_cancel", scope);
    if (rc < 0) return rc;
    if (Scope *s = scope_of(scope)) scope_cancel(*current_scheduler, s, CRIB_SOURCE_EXPLICIT, reason);
    return 0;
}

int crib_scope_cancel_soft(crib_scope *scope, int mode, int64_t grace, const char *reason) {
    const int rc = check_scope_id("crib_scope_cancel_soft", scope);
    if (rc < 0) return rc;
    if (grace < 0 || (mode != CRIB_SOFT_DRAIN && mode != CRIB_SOFT_INTERRUPT)) return -EINVAL;
    Scope *s = scope_of(scope);
    if (!s) return 0;
    scope_cancel_soft(*current_scheduler, s, mode == CRIB_SOFT_INTERRUPT, grace, CRIB_SOURCE_EXPLICIT, reason);
    return 0;
}

bool crib_scope_cancel_called(const crib_scope *scope) {
    Scope *s = scope_of(scope);
    return s && scope_cancel_called(*current_scheduler, s);
}

int crib_scope_set_deadline(crib_scope *scope, int64_t time) {
    Scope *s = scope_of(scope);
    if (!s) return diag_misuse("crib_scope_set_deadline", current_name(), "a stale scope handle");
    return scope_set_deadline(*current_scheduler, s, time);
}

int64_t crib_scope_deadline(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    return s ? s->deadline : CRIB_FOREVER;
}

int crib_scope_set_shield(crib_scope *scope, bool shield) {
    Scope *s = scope_of(scope);
    if (!s) return diag_misuse("crib_scope_set_shield", current_name(), "a stale scope handle");
    scope_set_shield(*current_scheduler, s, shield ? Shield::full : Shield::none);
    return 0;
}

int64_t crib_current_effective_deadline(void) {
    const Task *t = current_task();
    return t ? scope_effective_deadline(t->op.scope) : CRIB_FOREVER;
}

int64_t crib_scope_effective_deadline(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    return s ? scope_effective_deadline(s) : CRIB_FOREVER;
}

const char *crib_scope_reason(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    const Scope *canceller = s ? scope_canceller(s) : nullptr;
    return canceller && canceller->cause ? canceller->cause->reason : nullptr;
}

int crib_scope_source(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    const Scope *canceller = s ? scope_canceller(s) : nullptr;
    return canceller ? canceller->source : CRIB_SOURCE_NONE;
}

const char *crib_source_name(int source) { return source_name(source); }

int crib_scope_state(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    if (!s) return CRIB_SCOPE_CLOSED;
    if (s->seen & k_seen_hard) return CRIB_SCOPE_CANCELLED;
    return s->seen & k_seen_cancels ? CRIB_SCOPE_SOFT : CRIB_SCOPE_OPEN;
}

int64_t crib_scope_remaining_grace(const crib_scope *scope) {
    const Scope *s = scope_of(scope);
    return s ? scope_remaining_grace(*current_scheduler, s) : CRIB_FOREVER;
}

int crib_scope_on_cancel(crib_scope *scope, crib_cancel_fn fn, void *user_data, crib_destroy_fn destroy) {
    Scope *s = scope_of(scope);
    CancelCall *call = s && fn ? static_cast<CancelCall *>(mem_alloc(sizeof(CancelCall))) : nullptr;
    if (!call) {
        destroy_directly(destroy, user_data);
        if (s && fn) return -ENOMEM;
        return diag_misuse("crib_scope_on_cancel", current_name(),
                           s ? "NULL instead of a function" : "a stale scope handle");
    }
    *call = CancelCall{{nullptr, nullptr, cancel_call_fire, cancel_call_gone}, fn, user_data, destroy};
    scope_link(*current_scheduler, s, &call->link);
    return 0;
}

int crib_scope_link(crib_scope *source, crib_scope *target) {
    Scope *from = scope_of(source);
    Scope *to = scope_of(target);
    if (!from || !to) return diag_misuse("crib_scope_link", current_name(), "a stale scope handle");
    ScopePair *pair = static_cast<ScopePair *>(mem_alloc(sizeof(ScopePair)));
    if (!pair) return -ENOMEM;
    const ScopeLink at_source = {nullptr, nullptr, source_cancelled, source_closed};
    const ScopeLink at_target = {nullptr, nullptr, nullptr, target_closed};
    *pair = ScopePair{at_source, at_target, source, target};
    scope_link_next(to, &pair->target);
    scope_link(*current_scheduler, from, &pair->source);
    return 0;
}

int crib_scope_watch(crib_scope *scope, uint64_t data) {
    Scope *s = scope_of(scope);
    if (!s) return diag_misuse("crib_scope_watch", current_name(), "a stale scope handle");
    return scope_watch(current_runtime(), s, data);
}
}
