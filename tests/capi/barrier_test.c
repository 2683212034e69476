/* Barriers: rounds, cancelled arrivals; NULL, other runs, outside of tasks, statistics, handles that go. */
#include "capi/refusals.h"
#include "support/log.h"

TestSuite(barrier, .init = listen_to_messages, .timeout = 20);

static int statistics(void *b, void *out) { return crib_barrier_statistics(b, out); }

static int c_wait(void *b) { return crib_barrier_wait(b); }
static int c_begin(void *b) { return crib_begin_barrier_wait(an_op(), b); }
static int c_statistics(void *b) {
    crib_barrier_stats s = {.size = sizeof s};
    return crib_barrier_statistics(b, &s);
}

static const struct handle_call calls[] = {
    {"crib_barrier_wait", c_wait},
    {"crib_begin_barrier_wait", c_begin},
    {"crib_barrier_statistics", c_statistics},
};
#define CALLS (sizeof calls / sizeof calls[0])

static int strangers(void *arg) {
    crib_barrier *b = crib_barrier_new(1);
    (void)arg;
    expect_strangers_refused(calls, CALLS, b);
    expect_refused_outside_tasks(calls, 1, b);
    EXPECT_NO_HANDLE(crib_barrier_new(0), "crib_barrier_new", "main");
    EXPECT_EQ(crib_barrier_wait(b), 1);
    EXPECT_QUIET();
    crib_unref(b);
    return RAN;
}

Test(barrier, null_and_barriers_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_barrier(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_barrier_new(1), "crib_barrier_new", NULL);
}

Test(barrier, outside_a_run_there_is_no_new_barrier) {
    in_thread(no_barrier, NULL);
    no_barrier(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- rounds --- */

static crib_barrier *barrier;

static crib_barrier_stats stats(void) {
    crib_barrier_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_barrier_statistics(barrier, &s), 0);
    return s;
}

#define ROUNDS  4
#define PARTIES 3
static int come[ROUNDS], last[ROUNDS];

static int goes_round(void *pause) {
    int round;
    for (round = 0; round < ROUNDS; round++) {
        int rc;
        EXPECT_EQ(crib_sleep(CRIB_MS(*(int *)pause)), 0);
        ++come[round];
        rc = crib_barrier_wait(barrier);
        EXPECT(rc == 0 || rc == 1);
        EXPECT_EQ(come[round], PARTIES); /* nobody is early */
        if (rc == 1) ++last[round];
    }
    return 0;
}

static int rounds(void *arg) {
    static int pauses[PARTIES] = {10, 1, 7};
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    barrier = crib_barrier_new(PARTIES);
    for (i = 0; i < PARTIES; i++) EXPECT_EQ(crib_nursery_start_soon(n, "party", goes_round, &pauses[i], NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < ROUNDS; i++) EXPECT_EQ(last[i], 1);
    EXPECT_EQ(stats().rounds, ROUNDS);
    EXPECT_EQ(stats().waiting, 0);
    crib_unref(barrier);
    return RAN;
}

Test(barrier, each_round_waits_for_all_and_has_one_last) { EXPECT_RUN(run_autojump(rounds, NULL)); }

/* The last to come goes on at once, and may open the next round before the others have had their turn. */
static int two_rounds_at_once(void *arg) {
    crib_op *first = an_op(), *second = an_op();
    (void)arg;
    barrier = crib_barrier_new(2);
    EXPECT_EQ(crib_begin_barrier_wait(first, barrier), CRIB_PENDING);
    EXPECT_EQ(crib_barrier_wait(barrier), 1);
    EXPECT_EQ(stats().waiting, 0);
    EXPECT_EQ(crib_begin_barrier_wait(second, barrier), CRIB_PENDING);
    EXPECT_EQ(stats().waiting, 1);
    EXPECT_EQ(slot_take(first), 0);
    EXPECT_EQ(slot_take(second), CRIB_PENDING);
    EXPECT_EQ(crib_begin_barrier_wait(first, barrier), 1);
    EXPECT_EQ(slot_take(second), 0);
    EXPECT_EQ(stats().rounds, 2);
    crib_unref(barrier);
    return RAN;
}

Test(barrier, the_next_round_begins_with_the_last_of_the_one_before) {
    EXPECT_RUN(run_autojump(two_rounds_at_once, NULL));
}

static int one_party(void *arg) {
    int i;
    (void)arg;
    barrier = crib_barrier_new(1);
    for (i = 0; i < 200; i++) EXPECT_EQ(crib_barrier_wait(barrier), 1); /* also when the budget is spent */
    EXPECT_EQ(stats().rounds, 200);
    EXPECT_EQ(stats().parties, 1);
    crib_unref(barrier);
    return RAN;
}

Test(barrier, one_party_is_always_complete) { EXPECT_RUN(run_autojump(one_party, NULL)); }

static int cancelled_arrivals(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "idle");
    crib_op *ops[4];
    crib_scope *scope;
    int i, rc;
    (void)arg;
    for (i = 0; i < 4; i++) ops[i] = crib_op_new(task, NULL);
    barrier = crib_barrier_new(3);
    EXPECT_EQ(crib_begin_barrier_wait(ops[0], barrier), CRIB_PENDING);
    EXPECT_EQ(crib_begin_barrier_wait(ops[1], barrier), CRIB_PENDING);
    slot_cancel(ops[0]);
    EXPECT_EQ(slot_take(ops[0]), CRIB_ECANCELLED);
    EXPECT_EQ(stats().waiting, 1);
    EXPECT_EQ(crib_begin_barrier_wait(ops[0], barrier), CRIB_PENDING);
    crib_op_free(ops[0]);
    EXPECT_EQ(stats().waiting, 1);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    rc = crib_barrier_wait(barrier); /* in a cancelled scope nobody comes */
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    EXPECT_EQ(stats().waiting, 1);
    EXPECT_EQ(crib_begin_barrier_wait(ops[2], barrier), CRIB_PENDING);
    EXPECT_EQ(crib_begin_barrier_wait(ops[3], barrier), 1);
    EXPECT_EQ(crib_op_abort(ops[1]), 0); /* too late to have not come */
    EXPECT_EQ(slot_result(ops[2]), 0);
    EXPECT_EQ(stats().rounds, 1);
    EXPECT_EQ(stats().waiting, 0);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(barrier);
    return RAN;
}

Test(barrier, whoever_is_cancelled_or_given_up_has_not_come) { EXPECT_RUN(run_autojump(cancelled_arrivals, NULL)); }

static int waits(void *name) {
    int rc = crib_barrier_wait(barrier);
    log_add(name);
    if (rc < 0) log_add(crib_error_name(rc));
    return rc < 0 ? rc : 0;
}

static int complete_and_cancelled(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    barrier = crib_barrier_new(2);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", waits, "a", NULL), 0);
    settle();
    EXPECT_EQ(c_begin(barrier), 1);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a");
    crib_unref(barrier);
    return RAN;
}

Test(barrier, a_round_complete_before_the_cancel_is_complete) {
    EXPECT_RUN(run_autojump(complete_and_cancelled, NULL));
}

/* --- the rest --- */

static void in_flat_task(crib_task *self, void *arg) {
    crib_barrier *b = crib_barrier_new(2);
    crib_op *op = crib_task_op(self);
    (void)arg;
    EXPECT_EQ(crib_barrier_wait(b), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_barrier_wait(op, b), CRIB_PENDING);
    EXPECT_EQ(crib_begin_barrier_wait(op, b), CRIB_EBUSY); /* and has not come twice */
    EXPECT_EQ(crib_begin_barrier_wait(crib_op_new(self, NULL), b), 1);
    EXPECT_QUIET();
    crib_unref(b);
}

Test(barrier, a_stackless_task_waits_in_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_barrier *b = crib_barrier_new(2);
    (void)arg;
    EXPECT_EQ(c_begin(b), CRIB_PENDING);
    EXPECT_SIZED(statistics, b, crib_barrier_stats);
    crib_unref(b);
    return RAN;
}

Test(barrier, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin(crib_op *op, void *b) { return crib_begin_barrier_wait(op, b); }
static void *make(void) { return crib_barrier_new(10); }

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_wait, begin, make());
    expect_closed_by_destroy(c_wait, make());
    return RAN;
}

Test(barrier, those_who_wait_at_a_barrier_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(barrier, a_barrier_may_outlive_its_runtime) { expect_outlives(make, calls[2]); }
