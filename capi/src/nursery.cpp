#include "crib/nursery.h"

#include <cerrno>

#include "guard.hpp"
#include "nursery/blocks.hpp"

using namespace crib;

namespace {

crib_nursery *refuse(Scope *parent, int code) {
    if (parent) scope_poison(parent, code);
    return nullptr;
}

bool spec_from(const crib_nursery_options &o, NurserySpec *spec) {
    const bool bad = o.policy < CRIB_POLICY_ALL || o.policy > CRIB_POLICY_SUPERVISE || o.stack_bytes > k_most_stack ||
                     !is_flag(o.drain) || !is_flag(o.service) || o.grace < 0;
    if (bad) return false;
    spec->policy = static_cast<Policy>(o.policy);
    spec->max_children = o.max_children;
    spec->stack_bytes = static_cast<uint32_t>(o.stack_bytes);
    spec->drain = o.drain != 0;
    spec->service = o.service != 0;
    spec->grace = o.grace;
    spec->on_failure = o.on_failure;
    spec->user_data = o.user_data;
    return true;
}

crib_nursery *open_block(Runtime &rt, Scope *parent, const NurserySpec &spec) {
    Task *owner = parent->owner;
    Nursery *n = nursery_open(rt, parent, owner, spec);
    if (!n) return refuse(parent, -ENOMEM);
    if (owner->kind == TaskKind::fiber) owner->op.scope = &n->scope;
    return nursery_handle(rt, n);
}

// The nursery a fiber may close now; nullptr with *rc set.
Nursery *closable(const char *function, crib_nursery *handle, Task **task, int *rc) {
    *task = require_fiber(function, rc);
    if (!*task) return nullptr;
    Nursery *n = require_nursery(function, handle);
    if (!n) {
        *rc = CRIB_EMISUSE;
        return nullptr;
    }
    *rc = block_may_close(*task, &n->scope, function);
    return *rc < 0 ? nullptr : n;
}

Task *start_slow(const char *function, crib_nursery *handle, const TaskSpec &spec, int *rc) {
    Nursery *n = spec.kind == TaskKind::fiber && !spec.body ? nullptr : require_nursery(function, handle);
    if (n) return task_start(*current_scheduler, n, spec, rc);
    *rc = spec.kind == TaskKind::fiber && !spec.body ? -EINVAL : CRIB_EMISUSE;
    if (current_scheduler) {
        spec_destroy(*current_scheduler, spec);
    } else if (spec.kind == TaskKind::fiber) {
        destroy_directly(spec.destroy, reinterpret_cast<void *>(spec.data));
    } else if (spec.destroy_data) {
        spec.destroy_data(spec.data);
    }
    return nullptr;
}

inline Task *start(const char *function, crib_nursery *handle, const TaskSpec &spec, int *rc) {
    Runtime *rt = current_runtime();
    Nursery *n = rt ? find_nursery(*rt, handle) : nullptr;
    if (n && spec.body) [[likely]]
        return task_start(*rt, n, spec, rc);
    return start_slow(function, handle, spec, rc);
}

}  // namespace

extern "C" {

crib_nursery *crib_nursery_open(void) {
    int rc;
    Task *t = require_fiber("crib_nursery_open", &rc);
    return t ? open_block(*current_runtime(), t->op.scope, NurserySpec{}) : refuse(poisoned_here(), rc);
}

crib_nursery *crib_nursery_open_with(const crib_nursery_options *options) {
    Runtime *rt = require_run("crib_nursery_open_with");
    if (!rt) return nullptr;
    Task *t = rt->current;
    Scope *innermost = t && t->kind == TaskKind::fiber ? t->op.scope : nullptr;
    crib_nursery_options o;
    if (!copy_options(&o, options)) return refuse(poisoned_here(), -EINVAL);
    Scope *parent = o.parent ? find_scope(*rt, o.parent) : innermost;
    const bool fits = parent_fits(parent, innermost);
    if (!fits) {
        const char *what =
            innermost ? "a fiber's nursery opens in its innermost block" : "no open parent scope was named";
        return refuse(poisoned_here(), diag_misuse("crib_nursery_open_with", current_name(), what));
    }
    NurserySpec spec;
    return spec_from(o, &spec) ? open_block(*rt, parent, spec) : refuse(parent, -EINVAL);
}

int crib_nursery_start_soon(crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                            crib_destroy_fn destroy) {
    int rc;
    start("crib_nursery_start_soon", n, fiber_spec(name, body, user_data, destroy), &rc);
    return rc;
}

crib_task *crib_nursery_spawn(crib_nursery *n, const char *name, crib_body_fn body, void *user_data,
                              crib_destroy_fn destroy) {
    int rc;
    Task *t = start("crib_nursery_spawn", n, fiber_spec(name, body, user_data, destroy), &rc);
    // Nobody else knows of it yet.
    if (t) t->refs.store(2, std::memory_order_relaxed);
    return public_task(t);
}

crib_task *crib_nursery_start_stackless(crib_nursery *n, const char *name, crib_resume_fn resume, uintptr_t data,
                                        void (*destroy)(uintptr_t)) {
    int rc;
    Runtime *rt = current_runtime();
    const TaskSpec spec = stackless_spec(name, resume, data, destroy);
    const bool nobody_resumes = rt && !resume && rt->drive != Drive::poll;
    if (nobody_resumes) {
        diag_misuse("crib_nursery_start_stackless", current_name(), "no resume function in a run without poll_ready");
        spec_destroy(*rt, spec);
        return nullptr;
    }
    return public_task(start("crib_nursery_start_stackless", n, spec, &rc));
}

int crib_nursery_start(crib_nursery *n, const char *name, crib_body_fn body, void *user_data, crib_destroy_fn destroy,
                       crib_value *started) {
    int rc;
    if (started) *started = nil();
    Task *t = require_fiber("crib_nursery_start", &rc);
    Nursery *target = t && body ? require_nursery("crib_nursery_start", n) : nullptr;
    if (!target) {
        destroy_directly(destroy, user_data);
        return !t ? rc : !body ? -EINVAL : CRIB_EMISUSE;
    }
    rc = begin_nursery_start(&t->op, target, fiber_spec(name, body, user_data, destroy), nullptr);
    rc = fiber_finish(t, rc);
    return finish_with_value(t, rc, started);
}

int crib_nursery_wait_room(crib_nursery *n) {
    int rc;
    Task *t = require_fiber("crib_nursery_wait_room", &rc);
    if (!t) return rc;
    Nursery *nursery = require_nursery("crib_nursery_wait_room", n);
    return nursery ? fiber_finish(t, begin_wait_room(&t->op, nursery)) : CRIB_EMISUSE;
}

int crib_nursery_wait_idle(crib_nursery *n) {
    int rc;
    Task *t = require_fiber("crib_nursery_wait_idle", &rc);
    if (!t) return rc;
    Nursery *nursery = require_nursery("crib_nursery_wait_idle", n);
    return nursery ? fiber_finish(t, begin_wait_idle(&t->op, nursery, "crib_nursery_wait_idle")) : CRIB_EMISUSE;
}

int crib_nursery_close(crib_nursery *n, int rc) {
    if (!n && rc < 0) return rc;  // it could not be opened: the code went on through the checkpoints
    Task *t;
    int status;
    Nursery *nursery = closable("crib_nursery_close", n, &t, &status);
    if (!nursery) return status;
    return hold_and_return(t, fiber_nursery_end(t, nursery, "crib_nursery_close", leaving_with(rc)));
}

crib_error *crib_nursery_close_error(crib_nursery *n, crib_error *in) {
    Task *t;
    int status;
    Nursery *nursery = closable("crib_nursery_close_error", n, &t, &status);
    if (!nursery) {
        Error *misuse = error_leaf(status, "a nursery that cannot be closed here", current_name());
        return public_error(error_join(misuse, core_error(in)));
    }
    const Outcome o = fiber_nursery_end(t, nursery, "crib_nursery_close_error", leaving_with_error(core_error(in)));
    return public_error(outcome_tree(o, task_name(t)));
}

int crib_nursery_run(const crib_nursery_options *options, int (*body)(crib_nursery *n, void *user_data),
                     void *user_data) {
    int rc;
    Task *t = require_fiber("crib_nursery_run", &rc);
    if (!t) return rc;
    if (!body) return -EINVAL;
    Scope *around = t->op.scope;
    const int32_t poison = around->poison;
    const uint8_t stop = around->stop;
    crib_nursery *n = crib_nursery_open_with(options);
    if (!n) {
        rc = around->poison;
        around->poison = poison;
        around->stop = stop;
        return rc;
    }
    return crib_nursery_close(n, body(n, user_data));
}

crib_scope *crib_nursery_scope(crib_nursery *n) {
    Nursery *nursery = require_nursery("crib_nursery_scope", n);
    return nursery ? scope_handle(*current_runtime(), &nursery->scope) : nullptr;
}

int crib_nursery_cancel(crib_nursery *n, const char *reason) {
    Runtime *rt = require_run("crib_nursery_cancel");
    if (!rt) return CRIB_EMISUSE;
    if (!is_nursery_id(*rt, n)) return diag_misuse("crib_nursery_cancel", current_name(), "not a nursery of this run");
    Nursery *nursery = find_nursery(*rt, n);
    if (nursery) scope_cancel(*rt, &nursery->scope, CRIB_SOURCE_EXPLICIT, reason);
    return 0;
}

size_t crib_nursery_count(const crib_nursery *n) {
    Runtime *rt = current_runtime();
    const Nursery *nursery = rt ? find_nursery(*rt, n) : nullptr;
    return nursery ? static_cast<size_t>(nursery->count) + nursery->starting : 0;
}

int crib_nursery_admits(const crib_nursery *n) {
    const Nursery *nursery = require_nursery("crib_nursery_admits", n);
    return nursery ? nursery_admits(nursery) : CRIB_EMISUSE;
}

crib_task *crib_nursery_parent_task(const crib_nursery *n) {
    Runtime *rt = current_runtime();
    const Nursery *nursery = rt ? find_nursery(*rt, n) : nullptr;
    return nursery ? public_task(nursery->owner) : nullptr;
}
}
