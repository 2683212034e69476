#include "run/portal.hpp"

#include <new>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "channel/shared.hpp"
#include "run/release.hpp"
#include "sched/wait.hpp"
#include "sync/token.hpp"

namespace crib {

namespace {

bool wait_abort(Op *op) {
    static_cast<Portal *>(op->on)->waiter = nullptr;
    return true;
}
constexpr WaitKind k_portal_wait = {"a wake-up through a portal", wait_abort, nullptr, false};

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

// Ops that other threads may have served. Those that come meanwhile have their turn next time.
static void serve_woken(Runtime *rt) {
    constexpr int k_most = 1000;
    for (int i = 0; i < k_most; i++) {
        Op *op = entry_next_wake(&rt->entry);
        if (!op) return;
        shared_retry(op);
    }
    entry_again(&rt->entry);
}

// As they were triggered: whoever waits for several is told of the first one first.
static Counted *in_order(Counted *newest) {
    Counted *oldest = nullptr;
    while (Counted *token = newest) {
        newest = token->next_release;
        token->next_release = oldest;
        oldest = token;
    }
    return oldest;
}

void portal_drain(Runtime *rt) {
    EntryBatch batch = entry_take(&rt->entry);
    batch.fired = in_order(batch.fired);
    wake_portals(rt);
    while (Post *post = batch.posts) {
        batch.posts = post->next;
        CallbackGuard guard(*rt);
        post->fn(post->user_data);
        if (post->destroy) post->destroy(post->user_data);
        mem_free(post);
    }
    while (Counted *token = batch.fired) {
        batch.fired = token->next_release;
        token_tell(static_cast<Token *>(token));
        handle_release(token);
    }
    while (Counted *handle = batch.releases) {
        batch.releases = handle->next_release;
        handle_free(handle);
    }
    serve_woken(rt);
}

}  // namespace crib
