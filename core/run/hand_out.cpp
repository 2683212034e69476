// Runs driven from outside: what is ready leaves as records (bindings that must not be called from C).
#include <cerrno>

#include "base/alloc.hpp"
#include "run/runtime.hpp"
#include "run/handles.hpp"
#include "sched/drop.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

crib_ready *next_record(Runtime *rt) {
    if (rt->handed >= rt->record_room) return nullptr;
    crib_ready *r = &rt->records[rt->handed++];
    *r = crib_ready{};
    return r;
}

void hand_out_drops(Runtime *rt) {
    while (Dropped *d = rt->drops) {
        crib_ready *r = next_record(rt);
        if (!r) return;
        rt->drops = d->next;
        if (!rt->drops) rt->drops_tail = &rt->drops;
        r->kind = CRIB_READY_DROP;
        r->value = reinterpret_cast<uintptr_t>(d->value.p);
        r->vtable = reinterpret_cast<uintptr_t>(d->value.vt);
        mem_free(d);
    }
}

void watch_fired(ScopeLink *link) {
    Runtime *rt = reinterpret_cast<Watch *>(link)->rt;
    link->next = nullptr;
    *rt->watched_tail = link;
    rt->watched_tail = &link->next;
}

void watch_gone(ScopeLink *link) { mem_free(link); }

void hand_out_watches(Runtime *rt) {
    while (ScopeLink *link = rt->watched) {
        crib_ready *r = next_record(rt);
        if (!r) return;
        rt->watched = link->next;
        if (!rt->watched) rt->watched_tail = &rt->watched;
        r->kind = CRIB_READY_SCOPE_CANCELLED;
        r->data = reinterpret_cast<Watch *>(link)->data;
        mem_free(link);
    }
}

}  // namespace

bool hand_out(Scheduler *s, Op *op) {
    Runtime *rt = runtime_of(s);
    crib_ready *r = next_record(rt);
    if (!r) return false;
    const bool first = op->starts;
    Task *t = op->task;
    op_delivered(op, OpState::idle);
    t->state = TaskState::alive;
    t->budget = rt->budget;
    rt->switches++;
    r->kind = CRIB_READY_RESUME;
    r->data = t->data;
    r->op_id = first ? 0 : op_id(*rt, op);
    r->status = first ? 0 : op->status;
    const Value v = op_take_value(op);
    r->value = reinterpret_cast<uintptr_t>(v.p);
    r->vtable = reinterpret_cast<uintptr_t>(v.vt);
    return true;
}

void hand_out_notices(Runtime *rt) {
    hand_out_watches(rt);
    hand_out_drops(rt);
}

int scope_watch(Runtime *rt, Scope *scope, uint64_t data) {
    Watch *w = static_cast<Watch *>(mem_alloc(sizeof(Watch)));
    if (!w) return -ENOMEM;
    *w = Watch{{nullptr, nullptr, watch_fired, watch_gone}, rt, data};
    scope_link(*rt, scope, &w->link);
    return 0;
}

void notices_discard(Runtime *rt) {
    while (ScopeLink *link = rt->watched) {
        rt->watched = link->next;
        mem_free(link);
    }
    rt->watched_tail = &rt->watched;
    rt->keeps_drops = false;
    while (Dropped *d = rt->drops) {
        rt->drops = d->next;
        if (!rt->drops) rt->drops_tail = &rt->drops;
        sched_drop(*rt, d->value);
        mem_free(d);
    }
}

}  // namespace crib
