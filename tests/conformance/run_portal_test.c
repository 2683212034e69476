/* Portals: calls and wake-ups from outside the run's tasks (statement 110). */
#include <criterion/criterion.h>
#include <crib.h>
#include <signal.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

struct post {
    int *log, *length, number, *destroyed;
};

static void write_number(void *arg) {
    struct post *p = arg;
    cr_expect_not(crib_in_task());
    p->log[(*p->length)++] = p->number;
}

static void post_destroyed(void *arg) { ++*((struct post *)arg)->destroyed; }

#define MANY 1000
static struct post posts[MANY];
static int order[MANY], order_length, destroyed;

static int post_many(void *arg) {
    crib_portal *portal = crib_portal_open();
    int i;
    (void)arg;
    for (i = 0; i < MANY; ++i) {
        posts[i] = (struct post){order, &order_length, i, &destroyed};
        cr_expect_eq(crib_portal_post(portal, write_number, &posts[i], post_destroyed), 0);
    }
    cr_expect_eq(order_length, 0, "none runs inside the post");
    for (i = 0; i < MANY && order_length < MANY; ++i) cr_expect_eq(crib_checkpoint(), 0);
    crib_unref(portal);
    return 0;
}

static void check_all_in_order(void) {
    int i;
    cr_assert_eq(order_length, MANY);
    cr_assert_eq(destroyed, MANY);
    for (i = 0; i < MANY; ++i) cr_assert_eq(order[i], i);
}

Test(run_portal, s110_posted_calls_run_once_each_and_in_order) {
    cr_assert_eq(run_autojump(post_many, NULL), 0);
    check_all_in_order();
}

static int post_and_leave(void *arg) {
    crib_portal *portal = crib_portal_open();
    int i;
    for (i = 0; i < MANY; ++i) {
        posts[i] = (struct post){order, &order_length, i, &destroyed};
        cr_expect_eq(crib_portal_post(portal, write_number, &posts[i], post_destroyed), 0);
    }
    crib_unref(portal);
    return arg == NULL ? 0 : E_ONE;
}

Test(run_portal, s110_an_accepted_call_runs_before_the_run_returns) {
    cr_assert_eq(run_autojump(post_and_leave, NULL), 0);
    check_all_in_order();
}

Test(run_portal, s110_an_accepted_call_runs_also_when_main_has_failed) {
    int fail = 1;
    cr_assert_eq(run_autojump(post_and_leave, &fail), E_ONE);
    check_all_in_order();
}

static crib_portal *kept;
static int keep_portal(void *arg) {
    (void)arg;
    kept = crib_portal_open();
    return 0;
}

Test(run_portal, s110_after_the_run_posts_and_wakes_are_refused) {
    struct post late = {order, &order_length, 1, &destroyed};
    cr_assert_eq(run_autojump(keep_portal, NULL), 0);
    cr_assert_eq(crib_portal_post(kept, write_number, &late, post_destroyed), CRIB_ERUNFINISHED);
    cr_assert_eq(order_length, 0);
    cr_assert_eq(destroyed, 1, "destroyed by the refused call");
    cr_assert_eq(crib_portal_wake(kept), CRIB_ERUNFINISHED);
    crib_unref(kept);
}

static int reposts_left;
static void repost(void *portal) {
    if (--reposts_left > 0) cr_expect_eq(crib_portal_post(portal, repost, portal, NULL), 0);
}

static int repost_from_itself(void *arg) {
    crib_portal *portal = crib_portal_open();
    int passes = 0;
    (void)arg;
    reposts_left = 50;
    cr_expect_eq(crib_portal_post(portal, repost, portal, NULL), 0);
    while (reposts_left > 0 && passes < 10000) {
        cr_expect_eq(crib_checkpoint(), 0);
        ++passes;
    }
    cr_expect_eq(reposts_left, 0);
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_a_call_may_post_itself_again) { cr_assert_eq(run_autojump(repost_from_itself, NULL), 0); }

static bool flooding;
static int flood_calls;
static void flood(void *portal) {
    ++flood_calls;
    if (flooding) cr_expect_eq(crib_portal_post(portal, flood, portal, NULL), 0);
}

static int count_under_flood(void *arg) {
    crib_portal *portal = crib_portal_open();
    int i;
    (void)arg;
    flooding = true;
    cr_expect_eq(crib_portal_post(portal, flood, portal, NULL), 0);
    for (i = 0; i < 6400; ++i) cr_expect_eq(crib_checkpoint(), 0);
    flooding = false;
    cr_expect_gt(flood_calls, 50, "tasks do not starve the calls");
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_a_flood_of_calls_starves_no_task_and_is_not_starved) {
    cr_assert_eq(run_autojump(count_under_flood, NULL), 0);
}

/* Wake-ups: the form that coalesces. */

static int wakes_coalesce(void *arg) {
    crib_portal *portal = crib_portal_open();
    crib_scope *scope;
    bool caught = false;
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_portal_wake(portal), 0);
    cr_expect_eq(crib_portal_wake(portal), 0);
    cr_expect_eq(crib_portal_wake(portal), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0, "long after it was noticed");
    scope = crib_move_on_after(CRIB_SECONDS(5));
    cr_expect_eq(crib_portal_wait(portal), 0, "it was remembered");
    cr_expect_eq(crib_scope_close(scope, 0, NULL), 0);
    cr_expect_eq(story_ms(), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_portal_wait(portal);
    cr_expect_eq(rc, CRIB_ECANCELLED, "once");
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    cr_expect_eq(story_ms(), 1000);
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_wake_ups_coalesce) { cr_assert_eq(run_autojump(wakes_coalesce, NULL), 0); }

static crib_portal *signalled;
static void on_signal(int number) {
    (void)number;
    crib_portal_wake(signalled);
}

static int raise_later(void *arg) {
    (void)arg;
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return E_ONE;
    raise(SIGUSR1);
    return 0;
}

static int wake_from_handler(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    signalled = crib_portal_open();
    cr_expect_eq(crib_nursery_start_soon(n, "raise", raise_later, NULL, NULL), 0);
    cr_expect_eq(crib_portal_wait(signalled), 0);
    cr_expect_eq(story_ms(), 1000);
    crib_unref(signalled);
    return crib_nursery_close(n, 0);
}

Test(run_portal, s110_a_signal_handler_may_wake) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    cr_assert_eq(run_autojump(wake_from_handler, NULL), 0);
}

static int waits_too(void *portal) { return crib_portal_wait(portal); }

static int two_waiters(void *arg) {
    crib_portal *portal = crib_portal_open();
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "waiter", waits_too, portal, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_portal_wait(portal), CRIB_EBUSY);
    cr_expect_eq(crib_portal_wake(portal), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_a_portal_has_one_waiter) { cr_assert_eq(run_autojump(two_waiters, NULL), 0); }

static void waits_stackless(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_portal_wait(s->op, s->user_data));
    cr_expect_eq(s->status, 0);
    story_at("woken");
    strand_exit(s, NULL);
    STRAND_END
}

static int wake_stackless(void *arg) {
    crib_portal *portal = crib_portal_open();
    crib_nursery *n = crib_nursery_open();
    struct strand waiter = {.run = waits_stackless, .user_data = portal};
    (void)arg;
    story_begin();
    cr_expect_not_null(strand_start(n, "waiter", &waiter));
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_portal_wake(portal), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_a_wake_reaches_a_stackless_waiter_stackless) {
    cr_assert_eq(run_autojump(wake_stackless, NULL), 0);
    cr_assert_str_eq(story_text, "woken@1000");
}

static void cancel_scope(void *scope) { cr_expect_eq(crib_scope_cancel(scope, "from a call"), 0); }

static int call_cancels(void *arg) {
    crib_portal *portal = crib_portal_open();
    crib_scope *scope = crib_scope_open(NULL);
    bool caught = false;
    int rc;
    (void)arg;
    cr_expect_eq(crib_portal_post(portal, cancel_scope, scope, NULL), 0);
    rc = crib_sleep_forever();
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_str_eq(crib_scope_reason(scope), "from a call");
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    crib_unref(portal);
    return 0;
}

Test(run_portal, s110_a_posted_call_may_cancel) { cr_assert_eq(run_autojump(call_cancels, NULL), 0); }
