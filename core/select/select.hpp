// Select: one op that waits for several things, and gets one of them.
//
// Each clause that has to wait is an op of its own, a ClauseOp, in the queue of what it waits for, like any other. Whoever
// completes it commits the select: the other clauses leave their queues in the same step, and the op that waits is
// completed with the index. So exactly one clause has an effect, and no primitive knows about select.
//
// Life of a Select: armed → committed (`chosen` >= 0) → taken; or undone. A fiber's lies on its stack, an op's in memory of
// its own, until it is taken, undone, or forgotten by the next operation of the op.
#pragma once

#include "crib/select.h"
#include "sched/wait.hpp"

namespace crib {

struct ClauseOp : Op {
    Select *of;
    int32_t clause_kind;
    void *object;
    Value unsent;  // of a send that was not chosen, or failed
};

struct Select {
    Op *op;
    uint32_t count;
    int32_t chosen;  // -1 = none yet
    int32_t status;  // of the chosen clause
    bool arming;     // clauses are being queued: a commit waits until that is over
    bool in_memory;  // of its own
    ClauseOp clauses[];
};

// The clauses have been checked. They return the index; CRIB_EWOULDBLOCK, CRIB_PENDING, CRIB_ECANCELLED, UV_ENOMEM.
int select_nowait(Task *t, crib_clause *clauses, size_t count, uint32_t flags);
int fiber_select(Task *t, crib_clause *clauses, size_t count, uint32_t flags);
int begin_select(Op *op, crib_clause *clauses, size_t count, uint32_t flags);
// The result of begin_select, also when `op` is idle since a ready record: CRIB_PENDING, CRIB_EMISUSE.
int select_take(Op *op, crib_clause *clauses, size_t count);

// What the scheduler calls: SchedulerHooks.
void clause_done(Op *op);
void select_forget(Op *op);

}  // namespace crib
