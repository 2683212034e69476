/* 0xx: the cells of the introductory notebook (S2). */
#include "fiber.h"

/* ---- 011, 012 */

static int doubled(int x) { return 2 * x; }

static int run_returns(void *unused) {
    (void)unused;
    return doubled(3);
}

static int double_sleep(void *unused) {
    int rc;
    (void)unused;
    say("sleeps");
    rc = sleep_ms(2 * 3000);
    say("slept");
    return rc;
}

/* ---- 014 */

static int sleeps_for(int64_t ms) {
    int rc;
    say("started, sleeping");
    rc = sleep_ms(ms);
    say("exiting");
    return rc;
}

static int child1(void *unused) {
    (void)unused;
    return sleeps_for(3000);
}

static int child2(void *unused) {
    (void)unused;
    return sleeps_for(1000);
}

static int parent_and_children(void *unused) {
    crib_nursery *n;
    int rc;
    (void)unused;
    say("started");
    n = crib_nursery_open();
    say("starting child1");
    start(n, "child1", child1);
    say("starting child2");
    start(n, "child2", child2);
    say("waiting for both");
    rc = crib_nursery_close(n, 0);
    say("all done");
    return rc;
}

/* ---- 015 */

static int in_trouble(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    if (rc < 0) return rc;
    say("fails");
    return fail("a child's trouble");
}

static int failure_reaches_the_parent(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "child", in_trouble);
    say("waits for the child");
    say("the nursery: %s", outcome(crib_nursery_close(n, 0)));
    say("goes on");
    return 0;
}

/* ---- 017 */

static int sleeps_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    shared.count++;
    return rc;
}

static int ten_thousand_tasks(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    (void)unused;
    say("starts 10000 tasks");
    for (i = 0; i < 10000; i++) start(n, "sleeper", sleeps_a_second);
    rc = crib_nursery_close(n, 0);
    say("%d have slept", shared.count);
    return rc;
}

/* ---- 019 */

static int computes(bool yields) {
    crib_scope *scope = move_on_after(2000);
    bool caught;
    int rounds, rc = 0;
    for (rounds = 0; rounds < 40 && rc == 0; rounds++) {
        compute_ms(100);
        if (yields) rc = sleep_ms(0);
    }
    rc = crib_scope_close(scope, rc, &caught);
    say("%d rounds, timed out: %s", rounds, yes(caught));
    return rc;
}

static int computing_loop(void *unused) {
    int rc;
    (void)unused;
    say("computes, with sleep(0) in each round");
    rc = computes(true);
    say("computes, without");
    return rc < 0 ? rc : computes(false);
}

/* ---- 020 */

static int cancelled_until_handled(void *unused) {
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int i, rc = 0;
    (void)unused;
    say("sleeps");
    for (i = 0; i < 3; i++) {
        rc = sleep_ms(10000);
        say("sleep: %s", outcome(rc));
    }
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    if (rc == 0) rc = sleep_ms(1000);
    say("sleep: %s", outcome(rc));
    return rc;
}

/* ---- 021 */

static int catch_all(void *unused) {
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc;
    (void)unused;
    say("handles %s", outcome(fail("boom")));
    say("handles %s", outcome(sleep_ms(10000)));
    say("handles %s", outcome(sleep_ms(10000)));
    say("gives up");
    rc = crib_scope_close(scope, 0, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

/* ---- 022 */

static int sleeps_in_two_seconds(int64_t ms) {
    crib_scope *scope = crib_fail_after(CRIB_SECONDS(2));
    return crib_scope_close(scope, sleep_ms(ms), NULL);
}

static int fail_after(void *unused) {
    crib_scope *scope;
    int rc;
    (void)unused;
    say("in time: %s", outcome(sleeps_in_two_seconds(1000)));
    say("too late: %s", outcome(sleeps_in_two_seconds(10000)));
    scope = crib_fail_after(CRIB_SECONDS(2));
    rc = sleep_ms(1000);
    crib_scope_cancel(scope, NULL);
    if (rc == 0) rc = sleep_ms(1000);
    rc = crib_scope_close(scope, rc, NULL);
    say("cancelled by hand: %s", outcome(rc));
    return rc;
}

const struct scenario seeds_notebook[] = {
    {11, run_returns},
    {12, double_sleep},
    {14, parent_and_children},
    {15, failure_reaches_the_parent},
    {17, ten_thousand_tasks},
    {19, computing_loop},
    {20, cancelled_until_handled},
    {21, catch_all},
    {22, fail_after},
    {0, NULL},
};
