#include "select/select.hpp"

#include <cerrno>
#include <cstring>

#include "base/alloc.hpp"
#include "sched/drop.hpp"
#include "select/clause.hpp"

namespace crib {

namespace {

constexpr size_t k_on_stack = 8;  // clauses; more are kept in memory

bool select_abort(Op *op);
void select_undo(Op *op);
void select_taken(Op *op);
// A fiber's never stays untaken. The values of an op's sends are dropped later, when it is forgotten.
constexpr WaitKind k_fiber_select = {"one of several (select)", select_abort, nullptr, false};
constexpr WaitKind k_select = {"one of several (select)", select_abort, select_undo, false, select_taken};

void hold_select(Op *op, Select *sel) {
    op->select = sel;
    op->has_select = true;
}

Select *take_select(Op *op) {
    Select *sel = op->select;
    op->select = nullptr;
    op->has_select = false;
    return sel;
}

size_t size_of(size_t count) { return sizeof(Select) + count * sizeof(ClauseOp); }

Select *select_init(void *memory, Op *op, const crib_clause *clauses, size_t count, bool in_memory) {
    Select *sel = static_cast<Select *>(memory);
    mem_zero(sel, size_of(count));
    sel->op = op;
    sel->count = static_cast<uint32_t>(count);
    sel->chosen = -1;
    sel->in_memory = in_memory;
    for (size_t i = 0; i < count; i++) {
        ClauseOp &c = sel->clauses[i];
        op_init(&c, op->task, op->scope);
        c.extra = op->extra;
        c.clause = true;
        c.of = sel;
        c.clause_kind = clauses[i].kind;
        c.object = clauses[i].object;
        link_reset(c.link);
    }
    return sel;
}

// Takes a waiting clause out of its queue. Its value, if it sends one, stays with it.
void clause_leave(ClauseOp &c) {
    if (c.state != OpState::pending) return;
    c.unsent = value_take(c.value);
    c.state = OpState::idle;
    if (c.kind->abort) c.kind->abort(&c);
    c.kind = nullptr;
}

void leave_all(Select *sel) {
    for (uint32_t i = 0; i < sel->count; i++) clause_leave(sel->clauses[i]);
}

Value chosen_value(Select *sel) { return value_take(sel->clauses[sel->chosen].value); }

void commit(Select *sel) {
    leave_all(sel);
    Op *op = sel->op;
    op_complete(op, sel->chosen, chosen_value(sel));
}

bool select_abort(Op *op) {
    leave_all(op->kind == &k_select ? op->select : static_cast<Select *>(op->on));
    return true;
}

// Its op knows it no more. Dropping runs application code, which may use the op again.
void select_free(Scheduler &s, Select *sel) {
    for (uint32_t i = 0; i < sel->count; i++) sched_drop(s, value_take(sel->clauses[i].unsent));
    mem_free(sel);
}

// The result goes back to where it came from, as that of the chosen clause alone would.
void select_undo(Op *op) {
    link_remove(op->link);
    Scheduler &s = *op->task->sched;
    Select *sel = take_select(op);
    if (sel->chosen >= 0) {
        ClauseOp &c = sel->clauses[sel->chosen];
        c.value = value_take(op->value);
        const WaitKind *kind = c.kind;
        c.kind = nullptr;
        if (kind && kind->undo) {
            kind->undo(&c);
        } else {
            sched_drop(s, value_take(c.value));
        }
    }
    select_free(s, sel);
}

// Its value was taken: the chosen clause can be undone no more.
void clause_taken(ClauseOp &c) {
    const WaitKind *kind = c.kind;
    c.kind = nullptr;
    if (!kind || !kind->undo) return;
    link_remove(c.link);
    if (kind->taken) kind->taken(&c);
}

void select_taken(Op *op) {
    Select *sel = op->select;
    if (sel->chosen >= 0) clause_taken(sel->clauses[sel->chosen]);
}

/* --- what is possible at once --- */

// The index of a clause that was carried out; CRIB_EWOULDBLOCK.
int try_in_order(Task *t, crib_clause *clauses, size_t count) {
    for (size_t i = 0; i < count; i++) {
        crib_clause &c = clauses[i];
        c.status = clause_try(t, c.kind, c.object, c.time, &c.value);
        if (c.status != CRIB_EWOULDBLOCK) return static_cast<int>(i);
        c.status = CRIB_PENDING;
    }
    return CRIB_EWOULDBLOCK;
}

// Each of those that are ready with the same chance: drawn one by one, without putting back.
int try_fairly(Task *t, crib_clause *clauses, size_t count) {
    uint8_t left[CRIB_SELECT_MOST];
    for (size_t i = 0; i < count; i++) left[i] = static_cast<uint8_t>(i);
    for (size_t n = count; n > 0; n--) {
        const uint32_t at = draw_below(*t->sched, static_cast<uint32_t>(n));
        const uint8_t i = left[at];
        crib_clause &c = clauses[i];
        c.status = clause_try(t, c.kind, c.object, c.time, &c.value);
        if (c.status != CRIB_EWOULDBLOCK) return i;
        c.status = CRIB_PENDING;
        left[at] = left[n - 1];
    }
    return CRIB_EWOULDBLOCK;
}

int try_now(Task *t, crib_clause *clauses, size_t count, uint32_t flags) {
    const int chosen = flags & CRIB_SELECT_IN_ORDER ? try_in_order(t, clauses, count) : try_fairly(t, clauses, count);
    for (size_t i = 0; i < count; i++) {
        if (static_cast<int>(i) != chosen) clauses[i].status = CRIB_PENDING;
    }
    return chosen;
}

/* --- waiting --- */

// Queues all clauses; the values of all sends move into them. 0; UV_ENOMEM: then the rest is not queued. Nor is it when a
// shared channel has by now what it needs.
int arm(Select *sel, crib_clause *clauses) {
    sel->arming = true;
    int rc = 0;
    uint32_t i = 0;
    for (; i < sel->count && rc >= 0 && sel->chosen < 0; i++) {
        const crib_clause &c = clauses[i];
        if (c.kind == CRIB_CLAUSE_NONE) continue;
        const Value v = c.kind == CRIB_CLAUSE_SEND ? value_take(clauses[i].value) : nil();
        rc = clause_park(&sel->clauses[i], c.kind, c.object, c.time, v);
        if (rc == CRIB_PENDING) rc = 0;
    }
    // Those that were not queued keep their value likewise.
    for (; i < sel->count; i++) {
        if (clauses[i].kind == CRIB_CLAUSE_SEND) sel->clauses[i].unsent = value_take(clauses[i].value);
    }
    sel->arming = false;
    return rc;
}

// What became of each clause, into the caller's; a value that `op` holds is put in its place.
void give_back(Select *sel, crib_clause *clauses, Value received) {
    for (uint32_t i = 0; i < sel->count; i++) {
        ClauseOp &c = sel->clauses[i];
        const bool chosen = static_cast<int32_t>(i) == sel->chosen;
        clauses[i].status = chosen ? sel->status : CRIB_PENDING;
        clauses[i].value = value_take(c.unsent);
        if (chosen && !is_nil(received)) clauses[i].value = received;
    }
}

int wait_in(Select *sel, Task *t, crib_clause *clauses) {
    int rc = arm(sel, clauses);
    if (rc < 0 || sel->chosen >= 0) {
        leave_all(sel);
        give_back(sel, clauses, rc < 0 ? nil() : chosen_value(sel));
        return rc < 0 ? rc : sel->chosen;
    }
    op_park(&t->op, &k_fiber_select, sel);
    rc = fiber_wait(t);
    t->op.kind = nullptr;
    give_back(sel, clauses, value_take(t->op.value));
    return rc;
}

// Apart, so that a select that does not wait needs no such frame.
__attribute__((noinline)) int wait_on_stack(Task *t, crib_clause *clauses, size_t count) {
    alignas(Select) char memory[sizeof(Select) + k_on_stack * sizeof(ClauseOp)];
    return wait_in(select_init(memory, &t->op, clauses, count, false), t, clauses);
}

int wait_in_memory(Task *t, crib_clause *clauses, size_t count) {
    void *memory = mem_alloc(size_of(count));
    if (!memory) return -ENOMEM;
    const int rc = wait_in(select_init(memory, &t->op, clauses, count, false), t, clauses);
    mem_free(memory);
    return rc;
}

// The result of the chosen clause waits in the op like one that came later.
void keep_chosen(Select *sel, crib_clause *clauses) {
    Op *op = sel->op;
    for (uint32_t i = 0; i < sel->count; i++) {
        if (clauses[i].kind == CRIB_CLAUSE_SEND) sel->clauses[i].unsent = value_take(clauses[i].value);
    }
    clauses[sel->chosen].status = CRIB_PENDING;
    ClauseOp &c = sel->clauses[sel->chosen];
    c.status = sel->status;
    if (c.status == 0) clause_keep(&c, c.clause_kind, c.object);
    hold_select(op, sel);
    op->kind = &k_select;
    link_reset(op->link);
}

int finish_at_once(Select *sel, crib_clause *clauses, int chosen) {
    crib_clause &c = clauses[chosen];
    sel->chosen = chosen;
    sel->status = c.status;
    const int rc = op_immediate(sel->op, chosen, c.kind == CRIB_CLAUSE_SEND ? nullptr : &c.value);
    if (rc == CRIB_PENDING) keep_chosen(sel, clauses);
    return rc;
}

// CRIB_PENDING; otherwise the clauses are as they should be.
int wait_by_op(Select *sel, crib_clause *clauses) {
    Op *op = sel->op;
    const int rc = arm(sel, clauses);
    if (rc == 0 && sel->chosen < 0) {
        link_reset(op->link);
        op_park(op, &k_select, sel);
        hold_select(op, sel);
        return CRIB_PENDING;
    }
    leave_all(sel);
    give_back(sel, clauses, rc < 0 ? nil() : chosen_value(sel));
    if (rc < 0) return rc;
    clause_taken(sel->clauses[sel->chosen]);
    return finish_at_once(sel, clauses, sel->chosen);
}

}  // namespace

void clause_done(Op *op) {
    ClauseOp &c = static_cast<ClauseOp &>(*op);
    Select *sel = c.of;
    c.state = OpState::idle;
    sel->chosen = static_cast<int32_t>(&c - sel->clauses);
    sel->status = c.status;
    if (c.clause_kind == CRIB_CLAUSE_SEND) c.unsent = value_take(c.value);
    Error *error = c.error;
    c.error = nullptr;
    if (!sel->arming) commit(sel);
    error_unref(error);  // a clause tells the code alone
}

int select_nowait(Task *t, crib_clause *clauses, size_t count, uint32_t flags) {
    return try_now(t, clauses, count, flags);
}

int fiber_select(Task *t, crib_clause *clauses, size_t count, uint32_t flags) {
    int rc = op_check(&t->op);
    if (rc == 0) rc = try_now(t, clauses, count, flags);
    if (rc == CRIB_EWOULDBLOCK) {
        return count <= k_on_stack ? wait_on_stack(t, clauses, count) : wait_in_memory(t, clauses, count);
    }
    return fiber_finish(t, op_immediate(&t->op, rc));
}

int begin_select(Op *op, crib_clause *clauses, size_t count, uint32_t flags) {
    // A refusal is no result for the op to hold, also when the budget is spent: the clauses stay the caller's.
    int rc = op_check(op);
    if (rc < 0) return rc;
    void *memory = mem_alloc(size_of(count));
    if (!memory) return -ENOMEM;
    Select *sel = select_init(memory, op, clauses, count, true);
    rc = try_now(op->task, clauses, count, flags);
    rc = rc == CRIB_EWOULDBLOCK ? wait_by_op(sel, clauses) : finish_at_once(sel, clauses, rc);
    if (rc != CRIB_PENDING) mem_free(sel);
    return rc;
}

int select_take(Op *op, crib_clause *clauses, size_t count) {
    if (op->state == OpState::pending || op->state == OpState::ready)
        return op->has_select ? CRIB_PENDING : CRIB_EMISUSE;
    Select *sel = op_select(op);
    if (!sel || sel->count != count) return CRIB_EMISUSE;
    const Value received = op->state == OpState::done ? op_take_value(op) : nil();
    op->state = OpState::idle;
    take_select(op);
    give_back(sel, clauses, received);
    const int rc = op->status;
    mem_free(sel);
    return rc;
}

void select_forget(Op *op) {
    Select *sel = take_select(op);
    select_free(*op->task->sched, sel);
}

}  // namespace crib
