#include "run/release.hpp"

#include "base/alloc.hpp"
#include "run/portal.hpp"
#include "sched/wait.hpp"
#include "sync/barrier.hpp"
#include "sync/condition.hpp"
#include "sync/event.hpp"
#include "sync/limiter.hpp"
#include "sync/lock.hpp"
#include "sync/rwlock.hpp"
#include "sync/semaphore.hpp"
#include "sync/token.hpp"

namespace crib {

namespace {

// Portals and expectations of a run that is over expect nothing.
void stop_expecting(Runtime *rt, uint64_t run) {
    if (run == rt->entry.run && rt->entry.open) rt->expectations--;
}

void portal_free(Portal *p) {
    stop_expecting(p->rt, p->run);
    *p->where = p->next;
    if (p->next) p->next->where = p->where;
    if (p->waiter) op_complete(p->waiter, CRIB_ECLOSED);
    p->handle = Kind::dead;
    mem_free(p);
}

void expectation_free(Expectation *e) {
    stop_expecting(e->rt, e->run);
    e->handle = Kind::dead;
    mem_free(e);
}

// A chain takes its parts along when it had their last references; not by recursion, for chains may be long.
void token_free_all(Runtime *rt, Token *t) {
    t->next = nullptr;
    for (Token *dead = t; dead;) {
        Token *next = dead->next;
        Token *parts = token_free(dead);
        if (dead != t) runtime_unhold(rt);
        dead = next;
        while (parts) {
            Token *part = parts;
            parts = part->next;
            part->next = dead;
            dead = part;
        }
    }
}

Runtime *runtime_behind(Counted *handle) {
    if (is_primitive(handle->handle)) return runtime_of(static_cast<Primitive *>(handle)->sched);
    switch (handle->handle) {
        case Kind::portal: return static_cast<Portal *>(handle)->rt;
        case Kind::expectation: return static_cast<Expectation *>(handle)->rt;
        case Kind::task: return runtime_of(static_cast<Task *>(handle)->sched);
        case Kind::sender:
        case Kind::receiver: return runtime_of(static_cast<End *>(handle)->channel->sched);
        default: return nullptr;
    }
}

void free_by_kind(Runtime *rt, Counted *handle) {
    switch (handle->handle) {
        case Kind::portal: return portal_free(static_cast<Portal *>(handle));
        case Kind::expectation: return expectation_free(static_cast<Expectation *>(handle));
        case Kind::sender:
        case Kind::receiver: return end_release(static_cast<End *>(handle));
        case Kind::lock: return lock_free(static_cast<Lock *>(handle));
        case Kind::condition: return handle_release(condition_free(static_cast<Condition *>(handle)));
        case Kind::limiter: return limiter_free(static_cast<Limiter *>(handle));
        case Kind::rwlock: return rwlock_free(static_cast<RwLock *>(handle));
        case Kind::token: return token_free_all(rt, static_cast<Token *>(handle));
        case Kind::event:
        case Kind::semaphore:
        case Kind::barrier: return primitive_free(static_cast<Primitive *>(handle));
        default: return;
    }
}

bool was_last(Counted *handle) {
    if (handle->handle == Kind::token) return token_unref(static_cast<Token *>(handle));
    return counted_unref(*handle);
}

}  // namespace

void handle_free(Counted *handle) {
    Runtime *rt = runtime_behind(handle);
    const bool is_task = handle->handle == Kind::task;
    if (is_task) {
        task_free(static_cast<Task *>(handle));
    } else {
        free_by_kind(rt, handle);
    }
    // An ended task is counted by its slab until the runtime is closed.
    if (!is_task || rt->closed) runtime_unhold(rt);
}

void handle_release(Counted *handle) {
    if (!was_last(handle)) return;
    Runtime *rt = runtime_behind(handle);
    if (!rt) return;
    if (current_scheduler == rt) return handle_free(handle);
    // Between runs whoever holds the lock stands in for the loop thread.
    runtime_hold(rt);
    entry_lock(&rt->entry);
    if (!entry_release(&rt->entry, handle)) handle_free(handle);
    entry_unlock(&rt->entry);
    runtime_unhold(rt);
}

}  // namespace crib
