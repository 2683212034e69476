/* Events: NULL, other runs, outside of tasks, statistics, handles that go while tasks wait. */
#include "capi/refusals.h"

TestSuite(event, .init = listen_to_messages, .timeout = 20);

static int statistics(void *e, void *out) { return crib_event_statistics(e, out); }

static int c_wait(void *e) { return crib_event_wait(e); }
static int c_begin(void *e) { return crib_begin_event_wait(an_op(), e); }
static int c_set(void *e) {
    crib_event_set(e);
    return CRIB_EMISUSE;
}
static int c_statistics(void *e) {
    crib_event_stats s = {.size = sizeof s};
    return crib_event_statistics(e, &s);
}

static const struct handle_call calls[] = {
    {"crib_event_wait", c_wait},
    {"crib_begin_event_wait", c_begin},
    {"crib_event_set", c_set},
    {"crib_event_statistics", c_statistics},
};
#define CALLS (sizeof calls / sizeof calls[0])

static int strangers(void *arg) {
    crib_event *e = crib_event_new();
    (void)arg;
    expect_strangers_refused(calls, CALLS, e);
    EXPECT(!crib_event_is_set(e));
    EXPECT(!crib_event_is_set(NULL));
    expect_refused_outside_tasks(calls, 1, e); /* only the wait needs a task */
    crib_event_set(e);
    EXPECT_EQ(crib_event_wait(e), 0);
    EXPECT_QUIET();
    crib_unref(e);
    return RAN;
}

Test(event, null_and_events_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_event(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_event_new(), "crib_event_new", NULL);
}

Test(event, outside_a_run_there_is_no_new_event) {
    in_thread(no_event, NULL);
    no_event(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static void in_flat_task(crib_task *self, void *arg) {
    crib_event *e = crib_event_new();
    crib_op *op = crib_task_op(self);
    (void)arg;
    EXPECT_EQ(crib_event_wait(e), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_event_wait(op, e), CRIB_PENDING);
    EXPECT_EQ(crib_begin_event_wait(op, e), CRIB_EBUSY);
    EXPECT_EQ(crib_op_abort(op), 0);
    crib_event_set(e);
    EXPECT_EQ(crib_begin_event_wait(op, e), 0);
    EXPECT_QUIET();
    crib_unref(e);
}

Test(event, a_stackless_task_waits_in_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_event *e = crib_event_new();
    crib_event_stats s = {.size = sizeof s};
    crib_op *ops[3] = {an_op(), an_op(), an_op()};
    int i;
    (void)arg;
    for (i = 0; i < 3; i++) EXPECT_EQ(crib_begin_event_wait(ops[i], e), CRIB_PENDING);
    EXPECT_SIZED(statistics, e, crib_event_stats);
    EXPECT_EQ(crib_op_abort(ops[1]), 0);
    EXPECT_EQ(crib_event_statistics(e, &s), 0);
    EXPECT(s.waiting == 2 && s.is_set == 0);
    crib_event_set(e);
    EXPECT_EQ(crib_event_statistics(e, &s), 0);
    EXPECT(s.waiting == 0 && s.is_set == 1);
    EXPECT_EQ(slot_result(ops[0]), 0);
    crib_unref(e);
    return RAN;
}

Test(event, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin(crib_op *op, void *e) { return crib_begin_event_wait(op, e); }
static void *make(void) { return crib_event_new(); }

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_wait, begin, make());
    expect_closed_by_destroy(c_wait, make());
    return RAN;
}

Test(event, those_who_wait_for_an_event_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(event, an_event_may_outlive_its_runtime) { expect_outlives(make, calls[2]); }
