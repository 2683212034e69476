#include "sync/rwlock.hpp"

#include <cerrno>

#include "base/alloc.hpp"
#include "base/diag.hpp"

namespace crib {

namespace {

bool acquire_abort(Op *op);
void acquire_undo(Op *op);
void acquire_taken(Op *op);
constexpr WaitKind k_read = {"a lock, to read", acquire_abort, acquire_undo, false, acquire_taken};
constexpr WaitKind k_write = {"a lock, to write", acquire_abort, acquire_undo, false, acquire_taken};

const WaitKind *kind_of(const Hold *h) { return h->writes ? &k_write : &k_read; }

Hold *hold_new(RwLock *l, Task *t, bool writes) {
    Hold *h = l->unused;
    if (h) {
        l->unused = h->next;
    } else {
        h = static_cast<Hold *>(mem_alloc(sizeof(Hold)));
        if (!h) return nullptr;
    }
    *h = Hold{};
    h->lock = l;
    h->task = t;
    h->writes = writes;
    return h;
}

void hold_free(Hold *h) {
    h->next = h->lock->unused;
    h->lock->unused = h;
}

void holder_ended(TaskLink *link);

Hold *hold_of_link(TaskLink *link) {
    return reinterpret_cast<Hold *>(reinterpret_cast<char *>(link) - offsetof(Hold, held));
}

// How a task holds the lock; few tasks hold more than a handful.
Hold *hold_of(const RwLock *l, const Task *t) {
    for (TaskLink *link = t->held; link; link = link->next) {
        if (link->ended == holder_ended && hold_of_link(link)->lock == l) return hold_of_link(link);
    }
    return nullptr;
}

void enter(Hold *h) {
    if (h->writes) {
        h->lock->writer = h;
    } else {
        h->lock->readers++;
    }
    h->held.ended = holder_ended;
    task_link(h->task, &h->held);
    link_append(h->lock->holders, h->of_lock);
}

bool has_room(const RwLock *l, bool writes) { return !l->writer && (!writes || l->readers == 0); }

const char *function_of(const Op *op, bool writes) {
    const bool fiber = !op_may_leave(op);
    if (writes) return fiber ? "crib_rwlock_acquire_write" : "crib_begin_rwlock_acquire_write";
    return fiber ? "crib_rwlock_acquire_read" : "crib_begin_rwlock_acquire_read";
}

// Another op of the same task may have been served meanwhile.
void serve_one(RwLock *l, Op *op) {
    Hold *h = static_cast<Hold *>(op->on);
    if (hold_of(l, h->task)) {
        const char *function = function_of(op, h->writes);
        hold_free(h);
        op->kind = nullptr;
        op_complete(op, CRIB_EMISUSE);
        diag_misuse(function, task_name(op->task), "the task holds it already");
        return;
    }
    enter(h);
    op_keep(op, kind_of(h), h, l->untaken);
    if (!op_may_leave(op)) h->op = nullptr;
    op_complete(op, 0);
}

void serve(RwLock *l) {
    while (!link_alone(l->waiting)) {
        Op *op = op_of_link(l->waiting.next);
        if (!has_room(l, static_cast<Hold *>(op->on)->writes)) return;
        link_remove(op->link);
        serve_one(l, op);
    }
}

// The task holds it no more, by its own will or by its end.
void leave(Hold *h) {
    RwLock *l = h->lock;
    if (h->op) {
        link_remove(h->op->link);
        h->op->kind = nullptr;
    }
    if (h->writes) {
        l->writer = nullptr;
    } else {
        l->readers--;
    }
    link_remove(h->of_lock);
    hold_free(h);
}

// Before those that wait are turned away.
void forget_waiting_holds(RwLock *l) {
    for (Link *at = l->waiting.next; at != &l->waiting; at = at->next) {
        hold_free(static_cast<Hold *>(op_of_link(at)->on));
    }
}

void holder_ended(TaskLink *link) {
    Hold *h = hold_of_link(link);
    RwLock *l = h->lock;
    const bool broken = h->writes;
    leave(h);
    if (!broken) return serve(l);
    l->broken = true;
    l->sched->broken_locks++;
    forget_waiting_holds(l);
    complete_all(l->waiting, CRIB_EBROKEN);
}

bool acquire_abort(Op *op) {
    Hold *h = static_cast<Hold *>(op->on);
    RwLock *l = h->lock;
    link_remove(op->link);
    hold_free(h);
    serve(l);  // a writer that goes may have kept readers waiting
    return true;
}

void acquire_undo(Op *op) {
    link_remove(op->link);
    if (op->status != 0) return;
    Hold *h = static_cast<Hold *>(op->on);
    RwLock *l = h->lock;
    h->op = nullptr;
    task_unlink(&h->held);
    leave(h);
    serve(l);
}

void acquire_taken(Op *op) {
    if (op->status == 0) static_cast<Hold *>(op->on)->op = nullptr;
}

}  // namespace

RwLock *rwlock_new(Scheduler &s) {
    RwLock *l = primitive_new<RwLock>(s, Kind::rwlock);
    if (l) link_reset(l->holders);
    return l;
}

void rwlock_free(RwLock *l) {
    forget_waiting_holds(l);
    while (!link_alone(l->holders)) {
        Link *at = l->holders.next;
        Hold *h = reinterpret_cast<Hold *>(reinterpret_cast<char *>(at) - offsetof(Hold, of_lock));
        task_unlink(&h->held);
        leave(h);
    }
    while (Hold *h = l->unused) {
        l->unused = h->next;
        mem_free(h);
    }
    primitive_free(l);
}

int rwlock_try(RwLock *l, Task *t, bool writes) {
    if (l->broken) return CRIB_EBROKEN;
    if (hold_of(l, t)) return CRIB_EMISUSE;
    if (!has_room(l, writes) || !link_alone(l->waiting)) return CRIB_EWOULDBLOCK;
    Hold *h = hold_new(l, t, writes);
    if (!h) return -ENOMEM;
    enter(h);
    return 0;
}

static int finish_at_once(Op *op, RwLock *l, bool writes, int rc) {
    Hold *h = rc == 0 ? hold_of(l, op->task) : nullptr;
    rc = op_immediate_kept(op, rc, writes ? &k_write : &k_read, h, l->untaken);
    if (rc == CRIB_PENDING && h && op_may_leave(op)) h->op = op;
    return rc;
}

int begin_rwlock_acquire(Op *op, RwLock *l, bool writes, const char *function) {
    int rc = op_check(op);
    if (rc == 0) rc = rwlock_try(l, op->task, writes);
    if (rc == CRIB_EMISUSE && hold_of(l, op->task)) [[unlikely]]
        return diag_misuse(function, task_name(op->task), "the task holds it already");
    if (rc != CRIB_EWOULDBLOCK) return finish_at_once(op, l, writes, rc);
    Hold *h = hold_new(l, op->task, writes);
    if (!h) return op_immediate(op, -ENOMEM);
    h->op = op;
    link_append(l->waiting, op->link);
    return op_park(op, kind_of(h), h);
}

int rwlock_release(RwLock *l, Task *t, const char *function) {
    Hold *h = hold_of(l, t);
    if (!h) return diag_misuse(function, task_name(t), "the task does not hold it");
    task_unlink(&h->held);
    leave(h);
    serve(l);
    return 0;
}

size_t rwlock_waiting_writers(const RwLock *l) {
    size_t n = 0;
    for (Link *at = l->waiting.next; at != &l->waiting; at = at->next) {
        if (static_cast<Hold *>(op_of_link(at)->on)->writes) n++;
    }
    return n;
}

int rwlock_recover(RwLock *l, Task *t) {
    if (!l->broken) return CRIB_EBUSY;
    l->broken = false;
    const int rc = rwlock_try(l, t, true);
    if (rc < 0) {
        l->broken = true;
    } else {
        l->sched->broken_locks--;
    }
    return rc;
}

}  // namespace crib
