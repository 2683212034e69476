// An op: the one thing that waits. A fiber waits in slot 0 of its task, a stackless task in any of its slots.
//
// States and legal moves (only sched/wait.cpp moves them):
//   idle    → pending   parked: somebody will complete or abort it
//   idle    → ready     completed at once, or yielding: in the ready queue
//   pending → ready     completed or aborted: in the ready queue
//   pending → idle      given up by its owner (crib_op_abort)
//   ready   → done      delivered to a stackless task: the result waits to be taken
//   ready   → idle      delivered to a fiber, or in a ready record
//   done    → idle      taken
// `kind` is set while pending, and until the result is gone if it has an `undo`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "base/heap.hpp"
#include "base/list.hpp"
#include "base/slab.hpp"
#include "base/value.hpp"
#include "crib/types.h"

namespace crib {

struct Task;
struct Scope;
struct Op;
struct Select;

struct WaitKind {
    const char *name;  // what a task waits on, for people; NULL: Op::parked says it
    // Undoes the wait; true: it is undone. false: whoever was going to complete it still will. NULL: never undone.
    bool (*abort)(Op *op);
    // Puts back what a completed op carries and nobody took. NULL: the value is dropped. Kinds that have it keep
    // Op::link in a ring until the result is taken.
    void (*undo)(Op *op);
    bool runs_user_code;  // abort calls the application: only once the scope tree is at rest
    // With an `undo`: the result was taken, and can be undone no more. NULL: nothing more than leaving the ring.
    void (*taken)(Op *op) = nullptr;
    // Takes out of its queue what `abort` has not undone, when nobody wants its result. NULL: it goes when it completes.
    void (*leave)(Op *op) = nullptr;
};

struct Parked {
    bool (*abort)(crib_op *op, void *user_data);
    const char *what;
};

enum class OpState : uint8_t { idle, pending, ready, done };

struct Op {
    Op *next_ready;  // ready queue; while pending: list of aborts to run
    Op *prev_ready;
    Task *task;
    Scope *scope;  // where it works: for slot 0 of a fiber its innermost open block
    const WaitKind *kind;
    void *on;  // what it waits on, the kind's business
    union {
        Link link;      // in the queue of what it waits on
        Parked parked;  // waits of the application's own have no queue
    };
    Value value;
    union {
        Error *error;    // tree that came with the result
        Select *select;  // has_select: of crib_begin_select, until it was taken
    };
    DeadlineNode timer;
    uint32_t serial;  // of the operation in progress
    int32_t status;
    OpState state;
    bool direct;            // slot 0 of a fiber that has run: whoever takes it can switch to it
    bool extra : 1;         // an ExtraOp
    bool yields : 1;        // ready without a result: the status is decided at delivery
    bool starts : 1;        // first run of its task
    bool abort_called : 1;  // at most once a wait
    bool abort_queued : 1;  // in the list of aborts to run
    bool given_up : 1;      // its owner wants nothing of it any more: its handle is stale
    bool freed : 1;         // given up while it could not be undone: released when it completes
    bool clause : 1;        // a ClauseOp: to complete it is to commit its select
    bool has_select;
};

inline Op *op_of_link(Link *l) { return reinterpret_cast<Op *>(reinterpret_cast<char *>(l) - offsetof(Op, link)); }

// Takes the oldest op out of a ring of waiting ones; nullptr if there is none.
inline Op *take_oldest(Link &waiting) {
    if (link_alone(waiting)) return nullptr;
    Op *op = op_of_link(waiting.next);
    link_remove(op->link);
    return op;
}

// What was left in an op by its last operation; nullptr if it is of the other kind.
inline Select *op_select(const Op *op) { return op->has_select ? op->select : nullptr; }
inline Error *op_take_tree(Op *op) {
    if (op->has_select) return nullptr;
    Error *e = op->error;
    op->error = nullptr;
    return e;
}

// First in, first out, by next_ready and prev_ready; taking one out of the middle needs no search. The links of an op
// that is in no queue mean nothing.
struct OpQueue {
    Op *head;
    Op *tail;
};

inline void queue_push(OpQueue &q, Op *op) {
    op->next_ready = nullptr;
    op->prev_ready = q.tail;
    if (q.head) {
        q.tail->next_ready = op;
    } else {
        q.head = op;
    }
    q.tail = op;
}

inline void queue_remove(OpQueue &q, Op *op) {
    if (op == q.head) {
        q.head = op->next_ready;
    } else {
        op->prev_ready->next_ready = op->next_ready;
    }
    if (op == q.tail) {
        q.tail = q.head ? op->prev_ready : nullptr;
    } else {
        op->next_ready->prev_ready = op->prev_ready;
    }
}

// After `before`, or first if that is NULL.
inline void queue_insert(OpQueue &q, Op *before, Op *op) {
    Op *next = before ? before->next_ready : q.head;
    if (!next) return queue_push(q, op);
    op->next_ready = next;
    op->prev_ready = before;
    next->prev_ready = op;
    if (before) {
        before->next_ready = op;
    } else {
        q.head = op;
    }
}

// A slot beyond slot 0.
struct ExtraOp : Op {
    Slot slot;
    ExtraOp *next_free;
    ExtraOp *next_of_task;
    ExtraOp *prev_of_task;
};

}  // namespace crib
