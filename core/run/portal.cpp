#include "run/portal.hpp"

#include <new>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

bool wait_abort(Op *op) {
    static_cast<Portal *>(op->on)->waiter = nullptr;
    return true;
}
constexpr WaitKind k_portal_wait = {"a wake-up through a portal", wait_abort, nullptr, false};

void portal_free(Portal *p) {
    Runtime *rt = p->rt;
    if (p->run == rt->entry.run && rt->entry.open) rt->expectations--;
    *p->where = p->next;
    if (p->next) p->next->where = p->where;
    if (p->waiter) op_complete(p->waiter, CRIB_ECLOSED);
    p->handle = Kind::dead;
    mem_free(p);
    runtime_unhold(rt);
}

void end_free(End *end) {
    Runtime *rt = runtime_of(end->channel->sched);
    end_release(end);
    runtime_unhold(rt);
}

void expectation_free(Expectation *e) {
    Runtime *rt = e->rt;
    if (e->run == rt->entry.run && rt->entry.open) rt->expectations--;
    e->handle = Kind::dead;
    mem_free(e);
    runtime_unhold(rt);
}

Runtime *runtime_behind(Counted *handle) {
    switch (handle->handle) {
        case Kind::portal: return static_cast<Portal *>(handle)->rt;
        case Kind::expectation: return static_cast<Expectation *>(handle)->rt;
        case Kind::task: return runtime_of(static_cast<Task *>(handle)->sched);
        case Kind::sender:
        case Kind::receiver: return runtime_of(static_cast<End *>(handle)->channel->sched);
        default: return nullptr;
    }
}

void ended_task_free(Task *t) {
    Runtime *rt = runtime_of(t->sched);
    task_free(t);
    if (rt->closed) runtime_unhold(rt);
}

// The last reference is gone; on the loop thread, or with no run going on.
void handle_free(Counted *handle) {
    switch (handle->handle) {
        case Kind::portal: return portal_free(static_cast<Portal *>(handle));
        case Kind::expectation: return expectation_free(static_cast<Expectation *>(handle));
        case Kind::sender:
        case Kind::receiver: return end_free(static_cast<End *>(handle));
        case Kind::task: return ended_task_free(static_cast<Task *>(handle));
        default: return;
    }
}

void wake_portals(Runtime *rt) {
    for (Portal *p = rt->portals; p; p = p->next) {
        if (!p->waiter || !p->woken.exchange(false)) continue;
        Op *op = p->waiter;
        p->waiter = nullptr;
        op_complete(op, 0);
    }
}

}  // namespace

Portal *portal_open(Runtime *rt) {
    void *mem = mem_alloc(sizeof(Portal));
    if (!mem) return nullptr;
    Portal *p = new (mem) Portal;
    counted_init(*p, Kind::portal, 1);
    p->rt = rt;
    p->run = rt->entry.run;
    p->woken.store(false);
    p->waiter = nullptr;
    p->next = rt->portals;
    p->where = &rt->portals;
    if (p->next) p->next->where = &p->next;
    rt->portals = p;
    rt->expectations++;
    runtime_hold(rt);
    return p;
}

int portal_wake(Portal *p) {
    p->woken.store(true);
    return entry_wake(&p->rt->entry, p->run) ? 0 : CRIB_ERUNFINISHED;
}

int begin_portal_wait(Op *op, Portal *p, const char *function) {
    if (p->rt != runtime_of(op->task->sched) || p->run != p->rt->entry.run) {
        return diag_misuse(function, task_name(op->task), "a portal of another run");
    }
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    if (p->waiter) return op_immediate(op, CRIB_EBUSY);
    if (p->woken.exchange(false)) return op_immediate(op, 0);
    p->waiter = op;
    return op_park(op, &k_portal_wait, p);
}

Expectation *expectation_new(Runtime *rt, const char *what) {
    void *mem = mem_alloc(sizeof(Expectation));
    if (!mem) return nullptr;
    Expectation *e = new (mem) Expectation;
    counted_init(*e, Kind::expectation, 1);
    e->rt = rt;
    e->what = what;
    e->run = rt->entry.run;
    rt->expectations++;
    runtime_hold(rt);
    return e;
}

void handle_release(Counted *handle) {
    if (!counted_unref(*handle)) return;
    Runtime *rt = runtime_behind(handle);
    if (!rt) return;
    const bool here = current_scheduler == rt;
    if (here) return handle_free(handle);
    // Between runs whoever holds the lock stands in for the loop thread.
    runtime_hold(rt);
    entry_lock(&rt->entry);
    if (!entry_release(&rt->entry, handle)) handle_free(handle);
    entry_unlock(&rt->entry);
    runtime_unhold(rt);
}

void portal_drain(Runtime *rt) {
    EntryBatch batch = entry_take(&rt->entry);
    wake_portals(rt);
    while (Post *post = batch.posts) {
        batch.posts = post->next;
        CallbackGuard guard(*rt);
        post->fn(post->user_data);
        if (post->destroy) post->destroy(post->user_data);
        mem_free(post);
    }
    while (Counted *handle = batch.releases) {
        batch.releases = handle->next_release;
        handle_free(handle);
    }
}

}  // namespace crib
