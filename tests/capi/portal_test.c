/* Portals: NULL, after the run, other runs, posts and wake-ups that are refused. */
#include "capi/messages.h"

TestSuite(portal, .init = listen_to_messages, .timeout = 20);

static void opens_outside(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_portal_open(), "crib_portal_open", NULL);
}

Test(portal, outside_a_run_there_is_none) {
    opens_outside(NULL);
    in_thread(opens_outside, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static void never_called(void *arg) {
    (void)arg;
    EXPECT(!"called");
}

Test(portal, null_is_refused) {
    int gone = 0;
    EXPECT(crib_portal_ref(NULL) == NULL);
    EXPECT_EQ(crib_portal_wake(NULL), CRIB_EMISUSE); /* silent: it may be a signal handler that calls */
    EXPECT_QUIET();
    EXPECT_EQ(crib_portal_post(NULL, never_called, &gone, count_call), CRIB_EMISUSE);
    EXPECT_EQ(crib_portal_post(NULL, never_called, &gone, NULL), CRIB_EMISUSE);
    EXPECT_EQ(gone, 1);
    EXPECT_NOTHING_UNEXPECTED();
}

static int post_of_nothing(void *arg) {
    crib_portal *p = crib_portal_open();
    int gone = 0;
    (void)arg;
    EXPECT_MISUSE(crib_portal_post(p, NULL, &gone, count_call), "crib_portal_post", "main");
    EXPECT_EQ(gone, 1);
    EXPECT_MISUSE(crib_portal_wait(NULL), "crib_portal_wait", "main");
    crib_unref(p);
    return RAN;
}

Test(portal, a_post_of_nothing_is_refused_and_its_data_destroyed) { EXPECT_RUN(run_autojump(post_of_nothing, NULL)); }

static int refused_post(void *arg) {
    crib_portal *p = crib_portal_open();
    (void)arg;
    EXPECT_MISUSE(crib_portal_post(NULL, never_called, NULL, NULL), "crib_portal_post", "main");
    EXPECT_MISUSE(crib_portal_post(p, NULL, NULL, NULL), "crib_portal_post", "main");
    crib_unref(p);
    return RAN;
}

Test(portal, a_refused_post_says_why) { EXPECT_RUN(run_autojump(refused_post, NULL)); }

/* --- calls ------------------------------------------------------------------------------------ */

static int called;
static crib_task *main_task;

static void post_called(void *arg) {
    ++called;
    EXPECT(arg == &called);
    EXPECT(!crib_in_task());
    EXPECT(crib_runtime_current() != NULL);
    EXPECT_MISUSE(crib_checkpoint(), "crib_checkpoint", NULL);
    EXPECT_EQ(crib_unpark(main_task, called, nil_value), 0);
}

static void posts(void *portal) { EXPECT_EQ(crib_portal_post(portal, post_called, &called, count_call), 0); }

static int posted_to(void *arg) {
    crib_portal *p = crib_portal_open();
    (void)arg;
    main_task = crib_task_current();
    in_thread(posts, p);
    EXPECT_EQ(called, 0);
    EXPECT_EQ(crib_park(NULL, NULL, "a post", NULL), 1);
    EXPECT_EQ(called, 2); /* and destroy */
    EXPECT(crib_portal_ref(p) == p);
    crib_unref(p);
    posts(p); /* still open */
    EXPECT_EQ(crib_park(NULL, NULL, "a post", NULL), 3);
    crib_unref(p);
    return RAN;
}

Test(portal, a_call_runs_on_the_loop_thread_outside_tasks) { EXPECT_RUN(run_autojump(posted_to, NULL)); }

static crib_portal *kept;

static int keeps(void *arg) {
    (void)arg;
    kept = crib_portal_open();
    return RAN;
}

static void uses_kept(void *arg) {
    int gone = 0;
    (void)arg;
    EXPECT_EQ(crib_portal_wake(kept), CRIB_ERUNFINISHED);
    EXPECT_EQ(crib_portal_post(kept, never_called, &gone, count_call), CRIB_ERUNFINISHED);
    EXPECT_EQ(gone, 1);
    EXPECT_QUIET();
}

static int uses_kept_in_run(void *arg) {
    uses_kept(arg);
    return RAN;
}

Test(portal, after_its_run_a_portal_refuses_in_any_thread) {
    EXPECT_RUN(run_autojump(keeps, NULL));
    uses_kept(NULL);
    in_thread(uses_kept, NULL);
    in_other_run(uses_kept_in_run, NULL);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(kept);
}

Test(portal, a_portal_does_not_serve_the_next_run_of_its_runtime) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, keeps, NULL, NULL));
    EXPECT_RUN(crib_runtime_run(rt, uses_kept_in_run, NULL, NULL));
    crib_unref(kept);
    crib_unref(rt);
}

/* A wait that is wrongly accepted ends by the deadline. */
static int waits_for(void *portal) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_scope *s = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_MISUSE(crib_portal_wait(portal), "crib_portal_wait", "main");
    EXPECT_MISUSE(crib_begin_portal_wait(op, portal), "crib_begin_portal_wait", "main");
    crib_op_free(op);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    return RAN;
}

static int lends(void *arg) {
    crib_portal *p = crib_portal_open();
    (void)arg;
    in_other_run(waits_for, p);
    EXPECT_EQ(crib_portal_wake(p), 0);
    EXPECT_EQ(crib_portal_wait(p), 0);
    crib_unref(p);
    return RAN;
}

Test(portal, a_portal_of_another_run_is_not_waited_on) { EXPECT_RUN(run_autojump(lends, NULL)); }

Test(portal, a_portal_of_an_earlier_run_is_not_waited_on) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_AUTOJUMP};
    crib_runtime *rt = crib_runtime_new(&o);
    EXPECT_RUN(crib_runtime_run(rt, keeps, NULL, NULL));
    EXPECT_RUN(crib_runtime_run(rt, waits_for, kept, NULL));
    crib_unref(kept);
    crib_unref(rt);
}

/* --- wake-ups --------------------------------------------------------------------------------- */

static int waits_too(void *portal) {
    EXPECT_EQ(crib_portal_wait(portal), CRIB_ECLOSED);
    return 0;
}

static int wakes(void *arg) {
    crib_portal *p = crib_portal_open();
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_nursery *n = crib_nursery_open();
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_portal_wake(p), 0);
    EXPECT_EQ(crib_portal_wake(p), 0);
    EXPECT_EQ(crib_portal_wait(p), 0); /* they were one */
    EXPECT_EQ(crib_begin_portal_wait(op, p), CRIB_PENDING);
    EXPECT_EQ(crib_portal_wait(p), CRIB_EBUSY);
    EXPECT_EQ(crib_portal_wake(p), 0);
    EXPECT_EQ(crib_sleep(1), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits_too, p, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_unref(p);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(portal, wake_ups_coalesce_and_one_task_waits) { EXPECT_RUN(run_autojump(wakes, NULL)); }
