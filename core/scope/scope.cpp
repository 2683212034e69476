#include "scope/scope.hpp"

#include <cstddef>

#include "crib/scope.h"
#include "sched/wait.hpp"

namespace crib {

namespace {

// What of its parent's view comes through the shield.
uint8_t through_shield(const Scope *scope) {
    const uint8_t outer = scope->parent ? scope->parent->seen & k_seen_cancels : 0;
    if (scope->shield == Shield::full) return 0;
    if (scope->shield == Shield::soft) return outer & k_seen_hard;
    return outer;
}

bool stops(uint8_t seen) {
    if (seen & (k_seen_hard | k_seen_interrupt)) return true;
    return (seen & k_seen_drain) && (seen & k_seen_graceful);
}

// What waits directly in this scope.
void cancel_waits(Scope *scope) {
    Task *t = scope->owner;
    if (!t) return;
    if (t->op.scope == scope) op_cancel(&t->op);
    for (ExtraOp *op = t->ops; op;) {
        ExtraOp *next = op->next_of_task;
        if (op->scope == scope) op_cancel(op);
        op = next;
    }
}

void link_into(ScopeLink *&list, ScopeLink *link) {
    link->next = list;
    link->where = &list;
    if (list) list->where = &link->next;
    list = link;
}

void put_off_links(Scheduler &s, Scope *scope) {
    for (ScopeLink *link = scope->links, *next; link; link = next) {
        next = link->next;
        if (!link->fire) continue;
        scope_unlink(link);
        link_into(s.fired, link);
    }
}

// Recomputes one node; true if what its children inherit has changed.
bool refresh(Scheduler &s, Scope *scope) {
    const uint8_t outer = scope->parent ? scope->parent->seen & k_seen_graceful : 0;
    const uint8_t graceful = scope->graceful ? static_cast<uint8_t>(k_seen_graceful) : outer;
    const uint8_t seen = static_cast<uint8_t>(scope->own | through_shield(scope) | graceful);
    if (seen == scope->seen) return false;
    const bool hardened = seen & ~scope->seen & k_seen_hard;
    scope->seen = seen;
    const bool was = scope_stopped(scope);
    const bool is = stops(seen);
    if (is) {
        scope->stop |= k_stop_cancelled;
    } else {
        scope->stop &= static_cast<uint8_t>(~k_stop_cancelled);
    }
    if (is && !was) cancel_waits(scope);
    if (is && (!was || hardened)) put_off_links(s, scope);
    return true;
}

// Carries a change at `root` down: pre-order, by the tree's own pointers.
void carry_down(Scheduler &s, Scope *root) {
    for (Scope *n = root; n;) {
        if (n->next) __builtin_prefetch(&n->next->next);
        const bool changed = refresh(s, n);
        n = changed && n->first_child ? n->first_child : scope_after(n, root);
    }
}

// Whether cancel points are counted goes by the place in the tree.
void carry_counting(Scope *root) {
    const uint8_t counted = root->parent ? root->parent->stop & k_stop_counted : 0;
    if ((root->stop & k_stop_counted) == counted) return;
    for (Scope *n = root; n; n = scope_next(n, root)) n->stop ^= k_stop_counted;
}

// Arms the one timer of a scope for whichever of its times comes first.
int rearm(Scheduler &s, Scope *scope) {
    int64_t at = k_forever;
    if (!(scope->own & k_seen_hard)) {
        at = scope->deadline_hit ? k_forever : scope->deadline;
        if ((scope->own & k_seen_drain) && scope->hard_at < at) at = scope->hard_at;
    }
    if (at == k_forever) {
        s.deadlines.remove(&scope->timer);
        return 0;
    }
    // Host code between two ticks: the driver learns of the new time in the next one.
    if (s.outside) driver_kick(s.driver);
    if (!scope->timer.place) return deadline_add(s, &scope->timer, at);
    s.deadlines.move(&scope->timer, at);
    return 0;
}

// The first cause stays (statement 2): also an outer scope's, when that was cancelled before.
void set_cause(Scheduler &s, Scope *scope, uint8_t source, const char *reason) {
    if (scope->source != CRIB_SOURCE_NONE) return;
    scope->timed_out = source == CRIB_SOURCE_DEADLINE;
    const Scope *before = scope_stopped(scope) ? scope_canceller(scope) : nullptr;
    if (before) {
        scope->source = before->source;
        scope->cause = cause_ref(before->cause);
        return;
    }
    scope->source = source;
    const Task *by = s.current && source == CRIB_SOURCE_EXPLICIT ? s.current : nullptr;
    scope->cause = cause_new(source_name(source), reason, by ? task_name(by) : nullptr);
}

void cancel_now(Scheduler &s, Scope *scope, uint8_t source, const char *reason) {
    if (scope->own & k_seen_hard) return;
    set_cause(s, scope, source, reason);
    scope->own |= k_seen_hard;
    s.deadlines.remove(&scope->timer);
    carry_down(s, scope);
}

// When a cancel now, with this grace, becomes hard.
int64_t hard_after(Scheduler &s, int64_t grace) { return grace > 0 ? time_after(s, grace) : INT64_MIN; }

void cancel_softly(Scheduler &s, Scope *scope, bool interrupt, int64_t hard_at, uint8_t source, const char *reason) {
    if (hard_at <= s.now) return cancel_now(s, scope, source, reason);
    if (scope->own & k_seen_hard) return;
    set_cause(s, scope, source, reason);
    if (!(scope->own & k_seen_drain) || hard_at < scope->hard_at) scope->hard_at = hard_at;
    scope->own |= interrupt ? k_seen_drain | k_seen_interrupt : k_seen_drain;
    // Without memory for the timer, patience cannot be promised.
    if (rearm(s, scope) < 0) scope->own |= k_seen_hard;
    carry_down(s, scope);
}

}  // namespace

int scope_enter_slow(Scheduler &s, Scope *scope, Scope *parent, Task *owner, ScopeKind kind, const ScopeSpec &spec) {
    scope->owner = owner;
    scope->kind = kind;
    scope->shield = spec.shield;
    scope->graceful = spec.graceful;
    scope->fail = spec.fail;
    scope->deadline = spec.deadline;
    scope->hard_at = k_forever;
    scope->grace = spec.grace;
    scope->timer.kind = k_deadline_scope;
    if (spec.deadline != k_forever && spec.deadline > s.now) {
        const int rc = deadline_add(s, &scope->timer, spec.deadline);
        if (rc < 0) return rc;
    }
    scope_attach(scope, parent);
    if (parent && parent->owner == owner && (parent->stop & k_stop_poisoned)) scope_poison(scope, parent->poison);
    if (!parent) return 0;
    scope->stop |= parent->stop & k_stop_counted;
    refresh(s, scope);
    if (spec.deadline <= s.now) scope_deadline_passed(s, scope);
    return 0;
}

void scope_leave_slow(Scheduler &s, Scope *scope) {
    s.deadlines.remove(&scope->timer);
    while (Scope *child = scope->first_child) scope_move(s, child, scope->parent);
    scope_detach(scope);
    while (ScopeLink *link = scope->links) {
        scope_unlink(link);
        if (link->gone) link->gone(link);
    }
    if (scope->held) {
        error_unref(scope->held);
        scope->held = nullptr;
    }
    cause_unref(scope->cause);
    scope->cause = nullptr;
}

void scope_move(Scheduler &s, Scope *scope, Scope *parent) {
    scope_detach(scope);
    scope_attach(scope, parent);
    carry_counting(scope);
    carry_down(s, scope);
    scope_settle(s);
}

void scope_cancel(Scheduler &s, Scope *scope, uint8_t source, const char *reason) {
    cancel_now(s, scope, source, reason);
    scope_settle(s);
}

void scope_cancel_soft(Scheduler &s, Scope *scope, bool interrupt, int64_t grace, uint8_t source, const char *reason) {
    cancel_softly(s, scope, interrupt, hard_after(s, grace), source, reason);
    scope_settle(s);
}

void scope_deadline_passed(Scheduler &s, Scope *scope) {
    s.deadlines.remove(&scope->timer);
    const bool own_deadline = !scope->deadline_hit && scope->deadline <= s.now;
    if (own_deadline) scope->deadline_hit = true;
    const bool grace_over = (scope->own & k_seen_drain) && scope->hard_at <= s.now;
    const int64_t hard_at = grace_over ? scope->hard_at : hard_after(s, scope->grace);
    cancel_softly(s, scope, true, hard_at, CRIB_SOURCE_DEADLINE, nullptr);
    scope_settle(s);
}

int scope_set_deadline(Scheduler &s, Scope *scope, int64_t time) {
    if (scope->own & k_seen_hard || scope->deadline_hit) return 0;
    const int64_t before = scope->deadline;
    scope->deadline = time;
    const int rc = rearm(s, scope);
    if (rc < 0) scope->deadline = before;
    return rc;
}

void scope_set_shield(Scheduler &s, Scope *scope, Shield shield) {
    scope->shield = shield;
    carry_down(s, scope);
    scope_settle(s);
}

bool scope_lower_shields(Scheduler &s, Scope *root) {
    bool any = false;
    for (Scope *n = root; n; n = scope_next(n, root)) {
        if (n->shield == Shield::none) continue;
        n->shield = Shield::none;
        any = true;
        carry_down(s, n);
    }
    scope_settle(s);
    return any;
}

void scope_poison(Scope *scope, int code) {
    scope->poison = code;
    scope->stop |= k_stop_poisoned;
}

void scope_link(Scheduler &s, Scope *scope, ScopeLink *link) {
    if (!scope_stopped(scope)) return scope_link_next(scope, link);
    link_into(s.fired, link);
    scope_settle(s);
}

void scope_link_next(Scope *scope, ScopeLink *link) { link_into(scope->links, link); }

void scope_unlink(ScopeLink *link) {
    if (!link->where) return;
    *link->where = link->next;
    if (link->next) link->next->where = link->where;
    link->where = nullptr;
}

void scope_settle(Scheduler &s) {
    if (s.notifying || (!s.aborts.head && !s.fired)) return;
    s.notifying = true;
    while (s.aborts.head || s.fired) {
        op_run_aborts(s);
        if (!s.fired) continue;
        ScopeLink *link = s.fired;
        scope_unlink(link);
        CallbackGuard guard(s);
        link->fire(link);
    }
    s.notifying = false;
}

bool scope_absorbs(const Scope *scope) {
    if (!scope_stopped(scope)) return false;
    if (!scope->parent) return true;
    return !stops(static_cast<uint8_t>(through_shield(scope) | (scope->parent->seen & k_seen_graceful)));
}

bool scope_cancel_called(Scheduler &s, Scope *scope) {
    if (!(scope->own & k_seen_cancels) && scope->deadline <= driver_now(s.driver)) {
        s.now = driver_now(s.driver);
        scope_deadline_passed(s, scope);
    }
    return scope->own & k_seen_cancels;
}

const Scope *scope_canceller(const Scope *scope) {
    uint8_t visible = k_seen_cancels;
    for (const Scope *n = scope; n; n = n->parent) {
        if (n->own & visible) return n;
        if (n->shield == Shield::full) return nullptr;
        if (n->shield == Shield::soft) visible = k_seen_hard;
    }
    return nullptr;
}

// When a scope's own times end what is below it: what a soft shield hides comes only with the hard cancel.
static int64_t ends_at(const Scope *n, bool softly) {
    int64_t at = n->deadline_hit ? k_forever : n->deadline;
    if (!softly && at != k_forever) at = at > 0 && n->grace > k_forever - at ? k_forever : at + n->grace;
    if ((n->own & k_seen_drain) && n->hard_at < at) at = n->hard_at;
    return at;
}

int64_t scope_effective_deadline(const Scope *scope) {
    if (scope_stopped(scope)) return INT64_MIN;
    int64_t least = k_forever;
    bool softly = true;
    for (const Scope *n = scope; n; n = n->parent) {
        const int64_t at = ends_at(n, softly);
        if (at < least) least = at;
        if (n->shield == Shield::full) break;
        if (n->shield == Shield::soft) softly = false;
    }
    return least;
}

// When a soft cancel becomes hard for what is inside; k_forever if none is under way.
static int64_t hard_time(const Scope *scope) {
    int64_t least = k_forever;
    for (const Scope *n = scope; n; n = n->parent) {
        if (n->own & k_seen_hard) return INT64_MIN;
        if ((n->own & k_seen_drain) && n->hard_at < least) least = n->hard_at;
        if (n->shield == Shield::full) break;
    }
    return least;
}

bool scope_follow(Scheduler &s, const Scope *source, Scope *target, const char *reason) {
    // Closed or shielded since it was told of: what was decided then is done.
    const bool softly = source && scope_stopped(source) && !scope_stopped_hard(source);
    cancel_softly(s, target, true, softly ? hard_time(source) : INT64_MIN, CRIB_SOURCE_LINK, reason);
    scope_settle(s);
    return !softly;
}

int64_t scope_remaining_grace(Scheduler &s, const Scope *scope) {
    const int64_t least = hard_time(scope);
    if (least == k_forever) return least;
    const int64_t now = driver_now(s.driver);
    return least > now ? least - now : 0;
}

void expire_deadlines(Scheduler &s) {
    while (!s.deadlines.empty() && s.deadlines.first_time() <= s.now) {
        DeadlineNode *node = s.deadlines.first();
        char *at = reinterpret_cast<char *>(node);
        if (node->kind == k_deadline_op) {
            op_complete(reinterpret_cast<Op *>(at - offsetof(Op, timer)), 0);
        } else {
            scope_deadline_passed(s, reinterpret_cast<Scope *>(at - offsetof(Scope, timer)));
        }
    }
}

const char *source_name(int source) {
    static constexpr const char *names[] = {"none",     "explicit", "deadline", "nursery", "interrupt",
                                            "shutdown", "deadlock", "misuse",   "link"};
    const int count = static_cast<int>(sizeof names / sizeof names[0]);
    return source >= 0 && source < count ? names[source] : "unknown";
}

}  // namespace crib
