/* Events (statement 99), used by fibers. */
#include "support/log.h"
#include "support/run.h"
#include "support/ticker.h"

static crib_event *e;

static crib_event_stats statistics(void) {
    crib_event_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_event_statistics(e, &s), 0);
    return s;
}

static int waits(void *name) {
    int rc = crib_event_wait(e);
    log_add(name);
    if (rc < 0) log_add(crib_error_name(rc));
    return rc;
}

static int wakes_everybody(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    e = crib_event_new();
    EXPECT(!crib_event_is_set(e));
    EXPECT_EQ(crib_nursery_start_soon(n, "a", waits, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", waits, "b", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", waits, "c", NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(statistics().waiting, 3);
    EXPECT_EQ(statistics().is_set, 0);
    crib_event_set(e);
    EXPECT_LOG(""); /* setting is no checkpoint */
    EXPECT_EQ(statistics().waiting, 0);
    EXPECT_EQ(statistics().is_set, 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c");
    crib_unref(e);
    return RAN;
}

Test(sync_event, s099_setting_an_event_wakes_everybody) { EXPECT_RUN(run_autojump(wakes_everybody, NULL)); }

static int stays_set(void *arg) {
    int i;
    (void)arg;
    e = crib_event_new();
    crib_event_set(e);
    for (i = 0; i < 3; i++) {
        EXPECT_EQ(crib_event_wait(e), 0);
        EXPECT(crib_event_is_set(e));
        crib_event_set(e);
    }
    EXPECT_EQ(statistics().is_set, 1);
    return RAN;
}

static int is_still_set(void *arg) {
    (void)arg;
    EXPECT(crib_event_is_set(e));
    EXPECT_EQ(crib_event_wait(e), 0);
    crib_unref(e);
    return RAN;
}

Test(sync_event, s099_an_event_is_never_unset_not_even_between_runs) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, stays_set, NULL, NULL));
    EXPECT_RUN(crib_runtime_run(rt, is_still_set, NULL, NULL));
    crib_unref(rt);
}

/* A wait for an event that is set checks for a cancel, and schedules when the budget is spent; strictly, always. */
static int looks_around(void *strict) {
    crib_nursery *ticker;
    int i, before;
    e = crib_event_new();
    crib_event_set(e);
    ticker = ticker_start();
    before = ticks;
    EXPECT_EQ(crib_event_wait(e), 0);
    EXPECT_EQ(ticks, before + (strict != NULL));
    for (i = 0; i < 64; i++) EXPECT_EQ(crib_event_wait(e), 0);
    EXPECT_EQ(ticks, before + (strict != NULL ? 65 : 1));
    crib_nursery_cancel(ticker, NULL);
    EXPECT_EQ(crib_event_wait(e), CRIB_ECANCELLED);
    ticker_stop(ticker);
    crib_unref(e);
    return RAN;
}

Test(sync_event, s099_a_wait_for_a_set_event_is_a_checkpoint) {
    EXPECT_RUN(run_autojump(looks_around, NULL));
    EXPECT_RUN(run_strict(looks_around, ""));
}

static int one_is_cancelled(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *b;
    (void)arg;
    e = crib_event_new();
    EXPECT_EQ(crib_nursery_start_soon(n, "a", waits, "a", NULL), 0);
    b = crib_nursery_spawn(n, "b", waits, "b", NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", waits, "c", NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_task_cancel(b, NULL), 0);
    EXPECT_EQ(statistics().waiting, 2);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("b CRIB_ECANCELLED");
    crib_event_set(e);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("b CRIB_ECANCELLED a c");
    crib_unref(b);
    crib_unref(e);
    return RAN;
}

Test(sync_event, s045_a_cancelled_wait_for_an_event_leaves_no_trace) {
    EXPECT_RUN(run_autojump(one_is_cancelled, NULL));
}

static int set_and_cancelled(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *a;
    (void)arg;
    e = crib_event_new();
    a = crib_nursery_spawn(n, "a", waits, "a", NULL);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_event_set(e);
    EXPECT_EQ(crib_task_cancel(a, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a");
    crib_unref(a);
    crib_unref(e);
    return RAN;
}

Test(sync_event, s054_an_event_set_before_the_cancel_was_waited_for) {
    EXPECT_RUN(run_autojump(set_and_cancelled, NULL));
}
