/* Sweeps: what counts as a place, when the disturbance comes, and what is refused. That wrong bodies are found is the
 * claim of tests/plain/sweep_demo_test.c. */
#include "capi/messages.h"

TestSuite(testing_sweep, .init = listen_to_messages, .timeout = 20);

static crib_sweep_report report;

static crib_sweep sweep_of(crib_body_fn body) {
    crib_sweep sweep = {.size = sizeof sweep, .body = body};
    memset(&report, 0, sizeof report);
    report.size = sizeof report;
    return sweep;
}

static int sweep_cancels(crib_body_fn body, uint32_t when) {
    crib_sweep sweep = sweep_of(body);
    sweep.when = when;
    return crib_sweep_cancels(&sweep, &report);
}

/* How many cancel points a body has: rounds less the undisturbed ones before and after. */
static int cancel_points(crib_body_fn body) {
    EXPECT_EQ(sweep_cancels(body, CRIB_SWEEP_AT), 0);
    EXPECT_STR(report.message, "");
    return (int)report.rounds - 2;
}

Test(testing_sweep, senseless_sweeps_are_refused) {
    struct {
        crib_sweep sweep;
        int64_t more;
    } longer = {.more = 1};
    crib_sweep sweep = sweep_of(ends);
    EXPECT_EQ(crib_sweep_cancels(NULL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_sweep_cancels(&sweep, NULL), 0);
    sweep.body = NULL;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), CODE_EINVAL);
    sweep = sweep_of(ends);
    sweep.wants_error = 2;
    EXPECT_EQ(crib_sweep_cancels(&sweep, NULL), CODE_EINVAL);
    sweep = sweep_of(ends);
    sweep.when = CRIB_SWEEP_ALL + 1;
    EXPECT_EQ(crib_sweep_cancels(&sweep, NULL), CODE_EINVAL);
    sweep.when = CRIB_SWEEP_ALONE | CRIB_SWEEP_ONWARD;
    EXPECT_EQ(crib_sweep_cancels(&sweep, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_sweep_allocations(&sweep, NULL), 0);
    sweep.when = CRIB_SWEEP_AT | CRIB_SWEEP_AFTER | CRIB_SWEEP_BLOCKED;
    EXPECT_EQ(crib_sweep_allocations(&sweep, NULL), CODE_EINVAL);
    sweep = sweep_of(ends);
    report.size = 0;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), CODE_EINVAL);
    longer.sweep = sweep_of(ends);
    longer.sweep.size = sizeof longer;
    EXPECT_EQ(crib_sweep_cancels(&longer.sweep, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

static void begins_another(void *arg) {
    crib_sweep sweep = sweep_of(ends);
    (void)arg;
    EXPECT_MISUSE(crib_sweep_cancels(&sweep, NULL), "crib_sweep_cancels", NULL);
    EXPECT_MISUSE(crib_sweep_allocations(&sweep, NULL), "crib_sweep_allocations", NULL);
}

static int sweeps_inside(void *arg) {
    crib_sweep sweep = sweep_of(ends);
    EXPECT_MISUSE(crib_sweep_cancels(&sweep, NULL), "crib_sweep_cancels", "main");
    EXPECT_MISUSE(crib_sweep_allocations(&sweep, NULL), "crib_sweep_allocations", "main");
    in_thread(begins_another, arg);
    return 0;
}

/* The application's own hook sees misuse as ever, and the sweep sees it too. */
Test(testing_sweep, one_sweep_at_a_time_and_none_inside_a_run) {
    EXPECT_EQ(sweep_cancels(sweeps_inside, 0), CRIB_EMISUSE);
    EXPECT_EQ(report.round, 1);
    EXPECT_EQ(report.at, 0);
    EXPECT_HAS(report.message, "crib_sweep_cancels: called inside a run (task 'main')");
    EXPECT_NOTHING_UNEXPECTED();
}

Test(testing_sweep, a_report_gets_what_it_has_room_for) {
    crib_sweep sweep = sweep_of(ends);
    report.size = offsetof(crib_sweep_report, disturbed);
    report.disturbed = 77;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
    EXPECT_EQ(report.rounds, 1 + 3);
    EXPECT_EQ(report.disturbed, 77);
    EXPECT_EQ(report.size, offsetof(crib_sweep_report, disturbed));
    EXPECT_NOTHING_UNEXPECTED();
}

static int ten_points(void *arg) {
    int i, rc = 0;
    (void)arg;
    for (i = 0; i < 10 && rc == 0; i++) rc = crib_checkpoint_if_cancelled();
    return rc;
}

Test(testing_sweep, rounds_can_be_limited_and_places_left_out) {
    crib_sweep sweep = sweep_of(ten_points);
    sweep.when = CRIB_SWEEP_AT;
    sweep.most = 11;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), -E2BIG);
    EXPECT_EQ(report.rounds, 11);
    EXPECT_EQ(report.disturbed, 10);
    sweep.most = 12;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
    sweep.step = 3; /* 1, 4, 7, 10, and 13 is not reached */
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
    EXPECT_EQ(report.rounds, 6);
    EXPECT_EQ(report.disturbed, 4);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- what is counted -------------------------------------------------------------------------- */

static int naps(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_MS(1));
}

static void flat_nap(crib_task *self, uintptr_t stage) {
    crib_result result = {0, 0, {NULL, NULL}};
    crib_op *op = crib_task_op(self);
    if (*(int *)stage == 0) {
        *(int *)stage = 1;
        result.status = crib_begin_sleep(op, CRIB_MS(1));
        if (result.status == CRIB_PENDING) return;
    } else {
        crib_op_take(op, &result);
    }
    crib_task_exit(self, result.status < 0 ? crib_error_cancelled(crib_task_scope(self)) : NULL);
}

static int family(void *arg) {
    int stage = 0;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "fiber", naps, NULL, NULL);
    crib_nursery_start_stackless(n, "stackless", flat_nap, (uintptr_t)&stage, NULL);
    crib_nursery_start_soon(n, "fiber", naps, NULL, NULL);
    return crib_nursery_close(n, naps(NULL));
}

static int in_shield(void *arg) {
    crib_scope *scope = shielded_scope();
    return crib_scope_close(scope, naps(arg), NULL);
}

static int beside_system_task(void *arg) {
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "system", naps, NULL, NULL), 0);
    return naps(arg);
}

static int yields(void *arg) {
    (void)arg;
    return crib_checkpoint();
}

static int sleeps_not_at_all(void *arg) {
    (void)arg;
    return crib_sleep(0);
}

Test(testing_sweep, cancel_points_of_all_tasks_inside_count) {
    EXPECT_EQ(cancel_points(ends), 0);
    EXPECT_EQ(cancel_points(naps), 1);
    EXPECT_EQ(cancel_points(yields), 1);
    EXPECT_EQ(cancel_points(sleeps_not_at_all), 2); /* when it begins, and when it has let the others run */
    EXPECT_EQ(cancel_points(family), 4);
    EXPECT_EQ(cancel_points(in_shield), 1);
    EXPECT_EQ(cancel_points(beside_system_task), 1);
    EXPECT_NOTHING_UNEXPECTED();
}

/* A child that leaves the swept scope by crib_task_started: two points inside, five outside. */
static crib_nursery *outside;

static int keeps_nursery(void *arg) {
    crib_scope *shield = shielded_scope();
    outside = crib_nursery_open();
    EXPECT_EQ(crib_sleep(CRIB_MS(20)), 0);
    (void)arg;
    return crib_scope_close(shield, crib_nursery_close(outside, 0), NULL);
}

static int leaves(void *arg) {
    int i, rc = crib_sleep(CRIB_MS(1));
    (void)arg;
    if (rc < 0) return rc;
    EXPECT_EQ(crib_task_started(crib_sweep_value(1)), 0);
    for (i = 0; i < 5; i++) EXPECT_EQ(crib_sleep(CRIB_MS(1)), 0);
    return 0;
}

static int lets_leave(void *arg) {
    int rc;
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "keeper", keeps_nursery, NULL, NULL), 0);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    rc = crib_nursery_start(outside, "leaves", leaves, NULL, NULL, NULL);
    return rc < 0 ? rc : naps(arg);
}

Test(testing_sweep, a_task_that_moves_out_counts_no_more) {
    EXPECT_EQ(cancel_points(lets_leave), 3);
    EXPECT_EQ(sweep_cancels(lets_leave, 0), 0);
    EXPECT_STR(report.message, "");
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- when the cancel comes -------------------------------------------------------------------- */

static int steps, steps_seen;
static int64_t waited;

static int steps_on(void *arg) {
    (void)arg;
    while (++steps < 10) crib_cancel_shielded_checkpoint();
    return 0;
}

static int sleeps_beside(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int64_t began = crib_now();
    int rc;
    (void)arg;
    steps = 0;
    crib_nursery_start_soon(n, "steps", steps_on, NULL, NULL);
    rc = crib_sleep(CRIB_MS(1));
    if (rc < 0) {
        steps_seen = steps;
        waited = crib_now() - began;
        EXPECT_HAS(crib_scope_reason(crib_nursery_scope(n)), "cancel point 1 of a sweep");
    }
    return crib_nursery_close(n, rc);
}

Test(testing_sweep, a_cancel_comes_at_the_point_or_after_it_or_when_nothing_moves) {
    EXPECT_EQ(sweep_cancels(sleeps_beside, CRIB_SWEEP_AT), 0);
    EXPECT_EQ(report.disturbed, 1);
    EXPECT_EQ(steps_seen, 0);
    EXPECT_EQ(sweep_cancels(sleeps_beside, CRIB_SWEEP_AFTER), 0);
    EXPECT_EQ(report.disturbed, 1);
    EXPECT(steps_seen > 0 && steps_seen < 4);
    EXPECT_EQ(sweep_cancels(sleeps_beside, CRIB_SWEEP_BLOCKED), 0);
    EXPECT_EQ(report.disturbed, 1);
    EXPECT_EQ(steps_seen, 10);
    EXPECT_EQ(waited, 0);
    EXPECT_NOTHING_UNEXPECTED();
}

static char order[100];

static int says(void *name) {
    text_append(order, sizeof order, name);
    return crib_checkpoint();
}

static int several_say(void *arg) {
    static char names[4][2] = {"a", "b", "c", "d"};
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    order[0] = '\0';
    for (i = 0; i < 4; i++) crib_nursery_start_soon(n, NULL, says, names[i], NULL);
    return crib_nursery_close(n, 0);
}

Test(testing_sweep, a_seed_changes_the_order) {
    crib_sweep sweep = sweep_of(several_say);
    int others = 0;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
    EXPECT_STR(order, "abcd");
    for (sweep.seed = 1; sweep.seed < 9; sweep.seed++) {
        EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
        if (strcmp(order, "abcd") != 0) ++others;
    }
    EXPECT(others > 0);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- errors and values ------------------------------------------------------------------------ */

static int fails(void *arg) {
    int rc = naps(arg);
    return rc < 0 ? CODE_A : CODE_B;
}

Test(testing_sweep, a_body_may_fail_if_that_is_wanted) {
    crib_sweep sweep = sweep_of(fails);
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), CRIB_EMISUSE);
    EXPECT_EQ(report.at, 0);
    EXPECT_EQ(report.code, CODE_B);
    sweep.wants_error = 1;
    EXPECT_EQ(crib_sweep_cancels(&sweep, &report), 0);
    EXPECT_EQ(crib_sweep_allocations(&sweep, &report), 0);
    EXPECT_NOTHING_UNEXPECTED();
}

static void drops_elsewhere(void *value) { crib_value_drop(*(crib_value *)value); }

static int makes_values(void *arg) {
    crib_value one = crib_sweep_value(1), same = crib_sweep_value(1);
    (void)arg;
    EXPECT_EQ(one.vt->flags & CRIB_VALUE_SENDABLE, CRIB_VALUE_SENDABLE);
    EXPECT_EQ(crib_sweep_number(one, -1), 1);
    EXPECT_EQ(crib_sweep_number(crib_value_int(1), -1), -1);
    in_thread(drops_elsewhere, &one);
    EXPECT_EQ(crib_sweep_number(one, -1), -1);
    crib_value_drop(same);
    return 0;
}

Test(testing_sweep, values_are_followed_through_threads) {
    EXPECT_EQ(sweep_cancels(makes_values, 0), 0);
    EXPECT_STR(report.message, "");
    EXPECT(crib_sweep_value(1).vt == NULL); /* no sweep is going on */
    EXPECT_EQ(crib_sweep_number(nil_value, -1), -1);
    EXPECT_NOTHING_UNEXPECTED();
}
