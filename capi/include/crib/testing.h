/* For tests: virtual time, and waiting until nothing moves. Virtual time is an option of the runtime; with an automatic
 * jump the clock moves to the next deadline whenever no task can run. */
#ifndef CRIB_TESTING_H
#define CRIB_TESTING_H

#include "crib/time.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Moves the mock clock of this run forward; deadlines that pass are noticed in the next pass.
 * Returns: 0; UV_EINVAL for ns < 0; CRIB_EMISUSE without a mock clock or outside a run.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 116) */
CRIB_API int crib_clock_jump(int64_t ns);

/** Waits until no task can run, other than those that wait here, and none did for `cushion_ns` on the real clock;
 * under a mock clock the cushion only orders waiters: lowest first, ahead of the automatic jump.
 * Returns: 0; CRIB_ECANCELLED; UV_EINVAL for a negative cushion; what task.h says of every wait.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 (statement 116) */
CRIB_API int crib_wait_all_tasks_blocked(int64_t cushion_ns);

/** Begins crib_wait_all_tasks_blocked on an op.
 * Returns: CRIB_PENDING or as crib_wait_all_tasks_blocked; what op.h says of every begin function.
 * Context: loop thread.
 * Cancel point: always. Schedules: always, unless it is refused.
 * Since: 0.1 */
CRIB_API int crib_begin_wait_all_tasks_blocked(crib_op *op, int64_t cushion_ns);

/* --- sweeps: the same body again and again, disturbed at another place each time, until it finishes undisturbed --- */

/* When a cancel comes, seen from the cancel point that it is counted by. */
#define CRIB_SWEEP_AT      1u /* there, as if the task had cancelled it itself just before the operation */
#define CRIB_SWEEP_AFTER   2u /* in the next pass: the operation waits, or has just been done */
#define CRIB_SWEEP_BLOCKED 4u /* once nothing moves any more but time */
/* Which allocations fail. */
#define CRIB_SWEEP_ALONE  8u  /* one */
#define CRIB_SWEEP_ONWARD 16u /* one, and all that follow */
#define CRIB_SWEEP_ALL    31u

typedef struct crib_sweep {
    size_t size;       /* sizeof(crib_sweep), as the caller knows it; all else zero = default */
    crib_body_fn body; /* a main body: makes what it needs, and releases all of it */
    void *user_data;
    int (*check)(void *user_data); /* after each run of the body: < 0 = something does not hold; may be NULL */
    uint32_t when;                 /* CRIB_SWEEP_, several or'ed; each sweep takes its own; 0 = all */
    uint32_t most;                 /* rounds; 0 = 100,000: then the sweep fails with UV_E2BIG */
    uint64_t seed;                 /* schedule order, as crib_runtime_options; 0 = FIFO */
    int32_t wants_error; /* 0: a body that is disturbed ends as said below; 1: with any code, disturbed or not */
    uint32_t step;       /* only each step-th place, for slow tools; 0 = 1 = every place */
    uint32_t budget;     /* operations between forced yields, as crib_runtime_options; 0 = 64 */
    int32_t reserved;    /* 0 */
} crib_sweep;

typedef struct crib_sweep_report {
    size_t size;        /* sizeof(crib_sweep_report), set by the caller; what it has room for is filled in */
    uint64_t rounds;    /* runs of the body */
    uint64_t disturbed; /* those in which the cancel or failure happened */
    uint64_t round;     /* the bad one, counted from 1; 0 = none */
    uint64_t at;        /* in that round: which cancel point or allocation, counted from 1; 0 = it was not disturbed */
    uint32_t when;      /* in that round: which CRIB_SWEEP_ */
    int32_t code;       /* in that round: what the run returned */
    char message[200];  /* what did not hold; "" */
} crib_sweep_report;

/** Runs a body in a scope, first undisturbed, then cancelled at its 1st, 2nd, 3rd… cancel point, each time in a fresh run
 * with automatic virtual time, until a round is over before it would be cancelled. Cancel points of all tasks in the
 * scope count, shielded ones too; system tasks are outside.
 *
 * After each round this must hold: the run ended with >= 0 (a cancel is absorbed by the sweep's scope) without misuse or
 * deadlock; no handle of the run is left; no lock is left broken; every value made by crib_sweep_value was dropped exactly once;
 * `check` said >= 0. With the first round in which something does not, the sweep ends. A body that `wants_error` may
 * fail, but not with CRIB_EMISUSE, CRIB_EDEADLOCK or CRIB_EINTERRUPTED.
 * Returns: 0; CRIB_EMISUSE when something did not hold, as `report` (may be NULL) says; UV_EINVAL; UV_ENOMEM; UV_E2BIG;
 * CRIB_EMISUSE also inside a run and during another sweep.
 * Owns: nothing changes hands.
 * Context: outside runs, one at a time in a process.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_sweep_cancels(const crib_sweep *sweep, crib_sweep_report *report);

/** Runs a body, first undisturbed, then with the 1st, 2nd, 3rd… allocation of its run failing, and once more each with all
 * that follow failing too, until a round is over before one would fail.
 *
 * Allocations count from the making of the runtime on: the first failures come before the body, which is then not run.
 * What must hold after a round is as for crib_sweep_cancels, except that a run in which one failed may return UV_ENOMEM;
 * and no memory of the library may be left.
 * Returns: as crib_sweep_cancels.
 * Owns: nothing changes hands.
 * Context: outside runs, one at a time in a process; no other thread may use the library when it begins and ends.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_sweep_allocations(const crib_sweep *sweep, crib_sweep_report *report);

/** A value that the sweep follows, with a number of the caller's. Several may have the same. Its own memory is not among
 * the allocations that a sweep makes fail.
 * Returns: the value; nil without memory, and outside a sweep.
 * Owns: the caller owns it.
 * Context: inside the body of a sweep, in any thread; it is sendable.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_value crib_sweep_value(int64_t number);

/** The number of a value made by crib_sweep_value.
 * Returns: the number; `if_not` for any other value, and for one that was dropped.
 * Owns: nothing changes hands.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_sweep_number(crib_value v, int64_t if_not);

#ifdef __cplusplus
}
#endif
#endif
