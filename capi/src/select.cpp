#include "crib/select.h"

#include "channel/shared.hpp"
#include "primitive.hpp"
#include "select/select.hpp"
#include "sync/lock.hpp"

using namespace crib;

namespace {

Counted *counted(const crib_clause &c) { return static_cast<Counted *>(c.object); }

int refuse(const char *function, const char *what) { return diag_misuse(function, current_name(), what); }

// What stands in a clause is untyped: a handle of another kind must not get any further.
bool fits(int32_t clause, Kind kind) {
    switch (clause) {
        case CRIB_CLAUSE_RECEIVE: return kind == Kind::receiver || kind == Kind::shared_receiver;
        case CRIB_CLAUSE_SEND: return kind == Kind::sender || kind == Kind::shared_sender;
        case CRIB_CLAUSE_LOCK: return kind == Kind::lock;
        case CRIB_CLAUSE_SEMAPHORE: return kind == Kind::semaphore;
        case CRIB_CLAUSE_EVENT: return kind == Kind::event;
        case CRIB_CLAUSE_TOKEN: return kind == Kind::token;
        default: return kind == Kind::task;
    }
}

int check_end(const char *function, const End *end) {
    const bool usable = is_shared(end) || end->channel->sched == current_scheduler;
    return usable ? 0 : refuse(function, "a channel of another run");
}

int check_lock(const char *function, const Lock *l, const Task *self) {
    const int rc = check_here(function, l);
    return rc == 0 && l->owner == self ? refuse(function, "the task owns the lock already") : rc;
}

int check_task(const char *function, const Task *t, const Task *self) {
    if (t->sched != current_scheduler) return refuse(function, "a task of another run");
    return t == self ? refuse(function, "a task cannot wait for itself") : 0;
}

// Whether a clause can be used by a task at all.
int check_clause(const char *function, const crib_clause &c, const Task *self) {
    if (c.kind < CRIB_CLAUSE_NONE || c.kind > CRIB_CLAUSE_DEADLINE) return -EINVAL;
    if (c.kind == CRIB_CLAUSE_NONE || c.kind == CRIB_CLAUSE_DEADLINE) return 0;
    Counted *object = counted(c);
    if (!object) return refuse(function, "NULL in a clause");
    if (!fits(c.kind, object->handle)) return refuse(function, "a clause with a handle of another kind");
    switch (c.kind) {
        case CRIB_CLAUSE_RECEIVE:
        case CRIB_CLAUSE_SEND: return check_end(function, static_cast<End *>(object));
        case CRIB_CLAUSE_LOCK: return check_lock(function, static_cast<Lock *>(object), self);
        case CRIB_CLAUSE_TASK: return check_task(function, static_cast<Task *>(object), self);
        default: return check_here(function, static_cast<Primitive *>(object));
    }
}

int check(const char *function, crib_clause *clauses, size_t count, uint32_t flags, const Task *self) {
    if (count > CRIB_SELECT_MOST || (flags & ~CRIB_SELECT_IN_ORDER) || (count && !clauses)) return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        const int rc = check_clause(function, clauses[i], self);
        if (rc < 0) return rc;
        clauses[i].status = CRIB_PENDING;
        if (clauses[i].kind != CRIB_CLAUSE_SEND) clauses[i].value = nil();
    }
    return 0;
}

}  // namespace

extern "C" {

int crib_select(crib_clause *clauses, size_t count, uint32_t flags) {
    int rc;
    Task *t = require_fiber("crib_select", &rc);
    if (!t) return rc;
    rc = check("crib_select", clauses, count, flags, t);
    return rc < 0 ? rc : fiber_select(t, clauses, count, flags);
}

int crib_select_nowait(crib_clause *clauses, size_t count, uint32_t flags) {
    Task *t = current_task();
    if (!t) return diag_misuse("crib_select_nowait", nullptr, "called outside a task");
    const int rc = check("crib_select_nowait", clauses, count, flags, t);
    return rc < 0 ? rc : select_nowait(t, clauses, count, flags);
}

int crib_begin_select(crib_op *op, crib_clause *clauses, size_t count, uint32_t flags) {
    Op *o = require_op("crib_begin_select", op);
    if (!o) return CRIB_EMISUSE;
    const int rc = check("crib_begin_select", clauses, count, flags, o->task);
    return rc < 0 ? rc : begin_select(o, clauses, count, flags);
}

int crib_op_take_select(crib_op *op, crib_clause *clauses, size_t count) {
    Op *o = require_op("crib_op_take_select", op);
    if (!o) return CRIB_EMISUSE;
    if (count && !clauses) return -EINVAL;
    const int rc = select_take(o, clauses, count);
    if (rc != CRIB_EMISUSE) return rc;
    return diag_misuse("crib_op_take_select", task_name(o->task), "the op holds no select of so many clauses");
}
}
