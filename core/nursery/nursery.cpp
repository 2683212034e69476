#include "nursery/nursery.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "crib/scope.h"
#include "nursery/blocks.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

constexpr WaitKind k_close = {"nursery close", nullptr, nullptr, false};

bool leave_waiters(Op *op) {
    link_remove(op->link);
    return true;
}
constexpr WaitKind k_wait_room = {"room in a nursery", leave_waiters, nullptr, false};
constexpr WaitKind k_wait_idle = {"an idle nursery", leave_waiters, nullptr, false};

void wake_all(Link &waiters, int status) {
    while (!link_alone(waiters)) {
        Op *op = op_of_link(waiters.next);
        link_remove(op->link);
        op_complete(op, status);
    }
}

void wake_for_room(Nursery *n) {
    // All of them: one that starts nothing after all must not keep the others waiting. Who comes too late waits again.
    if (n->max_children && n->count + n->starting >= n->max_children) return;
    wake_all(n->room_waiters, 0);
}

void record(ErrorList &list, Error *e) {
    if (list.count == list.capacity) {
        const uint32_t capacity = list.capacity ? list.capacity * 2 : 4;
        void *p = mem_resize(list.items, capacity * sizeof(Error *));
        if (!p) {
            list.lost = true;
            error_unref(e);
            return;
        }
        list.items = static_cast<Error **>(p);
        list.capacity = capacity;
    }
    list.items[list.count++] = e;
}

void forget(ErrorList &list) {
    for (uint32_t i = 0; i < list.count; i++) error_unref(list.items[i]);
    list.count = 0;
    list.lost = false;
}

void release_list(ErrorList &list) {
    forget(list);
    mem_free(list.items);
    list.items = nullptr;
    list.capacity = 0;
}

void cancel_by_itself(const Nursery *n, Scope *scope, const char *reason) {
    scope_cancel_soft(*current_scheduler, scope, true, n->grace, CRIB_SOURCE_NURSERY, reason);
}

void cancel_for(Nursery *n, const char *what, const char *task, int code) {
    char reason[192];
    if (task && *task) {
        snprintf(reason, sizeof reason, "%s '%s' ended (%d)", what, task, code);
    } else {
        snprintf(reason, sizeof reason, "%s ended (%d)", what, code);
    }
    if (n->children != &n->scope) cancel_by_itself(n, n->children, reason);
    cancel_by_itself(n, &n->scope, reason);
}

// By a soft cancel, which has reached the children as well: they keep their grace.
bool ended_softly(const Nursery *n, int code) {
    return code == CRIB_ECANCELLED && scope_stopped(&n->scope) && !scope_stopped_hard(&n->scope);
}

// Cancelled, and nothing that the nursery's scope does not know.
bool is_bare(const Error *e) {
    if (e->code != CRIB_ECANCELLED || e->cause || !is_nil(e->payload)) return false;
    for (uint32_t i = 0; i < e->count; i++) {
        if (!is_bare(e->members[i])) return false;
    }
    return true;
}

void child_failed(Nursery *n, Task *t, Outcome o) {
    Error *tree = outcome_tree(o, task_name(t));
    if (n->policy == Policy::supervise && n->on_failure) {
        CallbackGuard guard(*t->sched);
        n->on_failure(public_task(t), reinterpret_cast<crib_error *>(tree), n->user_data);
        error_unref(tree);
        return;
    }
    record(n->errors, tree);
    if (n->policy == Policy::supervise || n->policy == Policy::first_success) return;
    cancel_for(n, "child task", task_name(t), o.code);
}

void child_succeeded(Nursery *n, Task *t, int code) {
    const bool was_cancelled = t->code == CRIB_ECANCELLED;  // by itself: an end, but no success
    const bool ends_it = n->policy == Policy::first_done || (n->policy == Policy::first_success && !was_cancelled);
    if (!ends_it) return;
    n->succeeded = true;
    cancel_for(n, "first", task_name(t), code);
}

// All that was recorded, as one group; nullptr if there is nothing.
Error *collect(Nursery *n) {
    if (n->succeeded && n->policy == Policy::first_success) forget(n->errors);
    for (uint32_t i = 0; i < n->body_errors.count; i++) record(n->errors, n->body_errors.items[i]);
    n->body_errors.count = 0;
    if (n->errors.lost || n->body_errors.lost) {
        n->errors.lost = n->body_errors.lost = false;
        // A place may be free even when no new one could be made.
        if (n->errors.count == n->errors.capacity && n->errors.count > 0)
            error_unref(n->errors.items[--n->errors.count]);
        record(n->errors, error_leaf(-ENOMEM, "errors were lost for want of memory", nullptr));
    }
    // Not even that could be recorded: the static error stands for all.
    if (n->errors.lost && n->errors.count == 0) return error_leaf(-ENOMEM, nullptr, nullptr);
    if (n->errors.count == 0) return nullptr;
    if (n->cancelled > 0) record(n->errors, cancelled_leaf(&n->scope, nullptr));
    const char *owner = n->owner ? task_name(n->owner) : nullptr;
    Error *group = error_group("failures in a nursery", owner, n->errors.items, n->errors.count);
    n->errors.count = 0;
    return group;
}

Outcome result_of(Nursery *n) {
    Outcome all = outcome_of(collect(n));
    if (!all.tree && n->cancelled > 0) all.code = CRIB_ECANCELLED;
    if (all.code >= 0) return outcome_success(n->body_code > 0 ? n->body_code : 0);
    bool caught;
    all = scope_absorb(&n->scope, all, &caught);
    if (all.code == 0 && n->body_code > 0) all.code = n->body_code;
    return all;
}

void release(Nursery *n) {
    Scheduler &s = *current_scheduler;
    nursery_slab(s).retire(n);
    wake_all(n->room_waiters, CRIB_ECLOSED);
    wake_all(n->idle_waiters, 0);
    if (n->children != &n->scope) block_release(s, static_cast<BlockScope *>(n->children));
    scope_leave(s, &n->scope);
    release_list(n->errors);
    release_list(n->body_errors);
    Task *owner = n->owner;
    nursery_slab(s).release(n);
    if (!owner || owner->kind == TaskKind::fiber) return;
    if (--owner->open_nurseries == 0 && owner->awaits_ops) s.hooks->op_gone(owner);
}

void finish_if_over(Nursery *n) {
    if (n->state != NurseryState::closing || n->count > 0 || n->starting > 0) return;
    // A close whose op was given up has nobody to tell: what it has goes to the task, as for a nursery left open.
    Op *abandoned = n->closer && n->closer->given_up ? n->closer : nullptr;
    Op *closer = abandoned ? nullptr : n->closer;
    Task *owner = n->owner;
    n->state = NurseryState::closed;
    Outcome o = result_of(n);
    // A stackless task has no use for a plain code.
    const bool wants_tree = o.code < 0 && !o.tree && owner && owner->kind == TaskKind::stackless;
    if (wants_tree) o.tree = cancelled_leaf(&n->scope, task_name(owner));
    // Given up: what its children failed with goes to the task that should have closed it; a Cancelled does not, for it is
    // the affair of the scopes between the two.
    if (!closer && o.code == CRIB_ECANCELLED) error_unref(o.tree);
    if (!closer && owner && o.code < 0 && o.code != CRIB_ECANCELLED)
        block_hold(&owner->scope, outcome_tree(o, task_name(owner)));
    if (closer) op_complete_error(closer, o.code, o.tree);
    if (abandoned) op_complete(abandoned, o.code);
    release(n);
}

}  // namespace

Nursery *nursery_of_scope(Scope *s) {
    return reinterpret_cast<Nursery *>(reinterpret_cast<char *>(s) - offsetof(Nursery, scope));
}

Nursery *nursery_open(Scheduler &s, Scope *parent, Task *owner, const NurserySpec &spec) {
    Nursery *n = nursery_slab(s).acquire();
    if (!n) return nullptr;
    const Slot slot = n->slot;
    mem_zero(n, sizeof *n);
    n->slot = slot;
    n->owner = owner;
    n->policy = spec.policy;
    n->max_children = spec.max_children;
    n->stack_bytes = spec.stack_bytes;
    n->drain = spec.drain;
    n->grace = spec.grace;
    n->on_failure = spec.on_failure;
    n->user_data = spec.user_data;
    link_reset(n->room_waiters);
    link_reset(n->idle_waiters);
    n->children = &n->scope;
    BlockScope *service = nullptr;
    if (spec.service) {
        service = s.scopes.acquire();
        if (!service) {
            nursery_slab(s).retire(n);
            nursery_slab(s).release(n);
            return nullptr;
        }
    }
    if (owner && owner->kind == TaskKind::stackless) owner->open_nurseries++;
    scope_enter(s, &n->scope, parent, owner, ScopeKind::nursery, ScopeSpec{});
    if (!service) return n;
    mem_zero(static_cast<Scope *>(service), sizeof(Scope));
    ScopeSpec shielded;
    shielded.shield = Shield::full;
    scope_enter(s, service, &n->scope, nullptr, ScopeKind::service, shielded);
    n->children = service;
    return n;
}

int nursery_admits_slow(const Nursery *n) {
    if (n->state == NurseryState::closed) return CRIB_ECLOSED;
    if (n->state == NurseryState::closing && n->count == 0 && n->starting == 0) return CRIB_ECLOSED;
    if (n->drain && (n->scope.seen & k_seen_cancels)) return CRIB_ECLOSED;
    if (n->max_children && n->count + n->starting >= n->max_children) return CRIB_EWOULDBLOCK;
    return 0;
}

void nursery_child_done_slow(Nursery *n, Task *t, Outcome o) {
    bool caught;
    if (n->children != &n->scope) o = scope_absorb(n->children, o, &caught);
    if (o.code >= 0) {
        child_succeeded(n, t, o.code);
    } else if (o.code == CRIB_ECANCELLED && (!o.tree || is_bare(o.tree))) {
        n->cancelled++;
        error_unref(o.tree);
    } else if (o.code == CRIB_ECANCELLED) {
        record(n->errors, o.tree);
    } else {
        child_failed(n, t, o);
    }
    n->count--;  // only now: on_failure may start another in its place, also when the body has left
    if (n->count == 0 && n->starting == 0) wake_all(n->idle_waiters, 0);
    wake_for_room(n);
    finish_if_over(n);
}

void nursery_start_done(Nursery *n) {
    n->starting--;
    if (n->count == 0 && n->starting == 0) wake_all(n->idle_waiters, 0);
    wake_for_room(n);
    finish_if_over(n);
}

int begin_nursery_close(Op *closer, Nursery *n, Outcome body) {
    n->state = NurseryState::closing;
    n->body_code = body.code;
    const char *task = n->owner ? task_name(n->owner) : nullptr;
    if (body.code == CRIB_ECANCELLED && !body.tree) {
        n->cancelled++;
    } else if (body.code < 0) {
        record(n->policy == Policy::first_success ? n->body_errors : n->errors, outcome_tree(body, task));
    }
    // The closer is parked first: the cancel may end the last child.
    n->closer = closer;
    const int rc = op_park(closer, &k_close, n);
    n->count++;
    if (n->children != &n->scope) {
        scope_set_shield(*current_scheduler, n->children, Shield::none);
        cancel_by_itself(n, n->children, "the body of a service nursery has ended");
    }
    if (body.code < 0 && !ended_softly(n, body.code)) cancel_for(n, "body of a nursery", task, body.code);
    n->count--;
    finish_if_over(n);
    return rc;
}

void nursery_abandon(Nursery *n, uint8_t source, const char *reason) {
    Scheduler &s = *current_scheduler;
    n->orphan = true;
    n->count++;
    n->state = NurseryState::closing;
    if (n->children != &n->scope) scope_cancel(s, n->children, source, reason);
    scope_cancel(s, &n->scope, source, reason);
    n->count--;
    finish_if_over(n);
}

int begin_wait_room(Op *op, Nursery *n) {
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    if (!n->max_children || n->count + n->starting < n->max_children) return op_immediate(op, 0);
    link_append(n->room_waiters, op->link);
    return op_park(op, &k_wait_room, n);
}

// A child of the nursery, or something below one, would wait for itself.
static bool is_inside(const Scope *scope, const Nursery *n) {
    const Scope *below = scope;
    for (const Scope *at = scope->parent; at; below = at, at = at->parent) {
        if (at == n->children) return below->owner != n->owner;
    }
    return false;
}

int begin_wait_idle(Op *op, Nursery *n, const char *function) {
    if (is_inside(op->scope, n)) {
        return diag_misuse(function, task_name(op->task), "called inside a child of that nursery");
    }
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    if (n->count == 0 && n->starting == 0) return op_immediate(op, 0);
    link_append(n->idle_waiters, op->link);
    return op_park(op, &k_wait_idle, n);
}

}  // namespace crib
