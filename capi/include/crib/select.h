/* Select: waits for several operations at once, and carries out exactly one. The others leave no trace: no value is
 * taken, no lock is held, nobody is overtaken.
 *
 * A clause names an operation. Its `status` says what became of it: CRIB_PENDING for those that were not chosen, else 0
 * or what the operation itself would have returned (CRIB_EENDOFCHANNEL, CRIB_ECLOSED, CRIB_EBROKEN…): a channel that has
 * ended is an outcome, not a failure of select; of an error that it was closed with a clause tells the code alone. If
 * several are ready one of them is drawn, each with the same chance, in an order that the run's seed decides;
 * CRIB_SELECT_IN_ORDER takes the first.
 *
 * Values: that of a send clause is consumed if and only if it is nil afterwards, and so stays the caller's when another
 * clause was chosen or the wait was cancelled. That of a receive clause is owned by the caller. */
#ifndef CRIB_SELECT_H
#define CRIB_SELECT_H

#include <string.h>

#include "crib/channel.h"
#include "crib/error.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRIB_CLAUSE_NONE      0 /* never ready: a clause that is switched off; value: nil afterwards, whatever it was */
#define CRIB_CLAUSE_RECEIVE   1 /* object: crib_receiver; value: out */
#define CRIB_CLAUSE_SEND      2 /* object: crib_sender; value: in */
#define CRIB_CLAUSE_LOCK      3 /* object: crib_lock, acquired for the task */
#define CRIB_CLAUSE_SEMAPHORE 4 /* object: crib_semaphore, a permit is taken */
#define CRIB_CLAUSE_EVENT     5 /* object: crib_event */
#define CRIB_CLAUSE_TOKEN     6 /* object: crib_token, triggered */
#define CRIB_CLAUSE_TASK      7 /* object: crib_task, has ended; value: its code, a crib_value_int */
#define CRIB_CLAUSE_DEADLINE  8 /* time: absolute; it has passed */

typedef struct crib_clause {
    int32_t kind;
    int32_t status; /* out */
    void *object;
    int64_t time;     /* of CRIB_CLAUSE_DEADLINE */
    crib_value value; /* in or out */
} crib_clause;

#define CRIB_SELECT_IN_ORDER 1u /* of several clauses that are ready the first one, instead of a fair choice */
#define CRIB_SELECT_MOST     64 /* clauses */

/** A clause for each kind; plain structs, filled in.
 * Returns: the clause.
 * Owns: crib_clause_send holds `v`, which is the caller's until a select has consumed it.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
static inline crib_clause crib_clause_of(int32_t kind, void *object) {
    crib_clause c;
    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.status = CRIB_PENDING;
    c.object = object;
    return c;
}

static inline crib_clause crib_clause_receive(crib_receiver *rx) { return crib_clause_of(CRIB_CLAUSE_RECEIVE, rx); }
static inline crib_clause crib_clause_lock(crib_lock *l) { return crib_clause_of(CRIB_CLAUSE_LOCK, l); }
static inline crib_clause crib_clause_semaphore(crib_semaphore *s) { return crib_clause_of(CRIB_CLAUSE_SEMAPHORE, s); }
static inline crib_clause crib_clause_event(crib_event *e) { return crib_clause_of(CRIB_CLAUSE_EVENT, e); }
static inline crib_clause crib_clause_token(crib_token *t) { return crib_clause_of(CRIB_CLAUSE_TOKEN, t); }
static inline crib_clause crib_clause_task(crib_task *t) { return crib_clause_of(CRIB_CLAUSE_TASK, t); }

static inline crib_clause crib_clause_send(crib_sender *tx, crib_value v) {
    crib_clause c = crib_clause_of(CRIB_CLAUSE_SEND, tx);
    c.value = v;
    return c;
}

static inline crib_clause crib_clause_deadline(int64_t time) {
    crib_clause c;
    memset(&c, 0, sizeof c);
    c.kind = CRIB_CLAUSE_DEADLINE;
    c.status = CRIB_PENDING;
    c.time = time;
    return c;
}

/** Carries out one of `count` clauses, waiting until one is possible.
 * Returns: the index of the clause that was chosen; its `status`, and for a receive or task its `value`, are filled in.
 * CRIB_ECANCELLED (nothing was chosen); UV_EINVAL for more than CRIB_SELECT_MOST clauses, an unknown kind or flag;
 * UV_ENOMEM; CRIB_EMISUSE for a NULL object, one of another kind or of another run, the task itself, and a lock the task owns. Without a
 * clause that could ever be ready it waits until it is cancelled.
 * Owns: see above.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_select(crib_clause *clauses, size_t count, uint32_t flags);

/** Carries out one of the clauses if that needs no wait.
 * Returns: as crib_select; CRIB_EWOULDBLOCK if none is ready.
 * Owns: as crib_select.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_select_nowait(crib_clause *clauses, size_t count, uint32_t flags);

/** Begins crib_select on an op, for its task. With CRIB_PENDING the library holds the values of the send clauses (they are
 * nil now); crib_op_take_select gives them back.
 * Returns: CRIB_PENDING or as crib_select; what op.h says of every begin function. The op's status will be the index.
 * Owns: as crib_select; with CRIB_PENDING, consumes the values. An abort, or a next begin without
 * crib_op_take_select, drops them.
 * Context: loop thread.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_begin_select(crib_op *op, crib_clause *clauses, size_t count, uint32_t flags);

/** Takes the result of a select that is done, instead of crib_op_take, or after its crib_ready record: `clauses` are then
 * as after crib_select.
 * Returns: as crib_select; CRIB_PENDING until it is delivered; CRIB_EMISUSE if the op holds no select of `count` clauses.
 * Owns: the caller owns the values in `clauses`; that of a receive clause is nil if the record carried it.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_op_take_select(crib_op *op, crib_clause *clauses, size_t count);

#ifdef __cplusplus
}
#endif
#endif
