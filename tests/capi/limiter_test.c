/* Capacity limiters: NULL, other runs, outside of tasks, totals, statistics, crowds of borrowers, handles that go. */
#include <math.h>

#include "capi/refusals.h"

TestSuite(limiter, .init = listen_to_messages, .timeout = 20);

static int someone; /* a borrower */

static int statistics(void *l, void *out) { return crib_limiter_statistics(l, out); }

static int c_acquire(void *l) { return crib_limiter_acquire(l); }
static int c_acquire_for(void *l) { return crib_limiter_acquire_on_behalf_of(l, &someone); }
static int c_nowait(void *l) { return crib_limiter_acquire_nowait(l); }
static int c_nowait_for(void *l) { return crib_limiter_acquire_nowait_on_behalf_of(l, &someone); }
static int c_release(void *l) { return crib_limiter_release(l); }
static int c_release_for(void *l) { return crib_limiter_release_on_behalf_of(l, &someone); }
static int c_begin(void *l) { return crib_begin_limiter_acquire(an_op(), l, NULL); }
static int c_set_total(void *l) { return crib_limiter_set_total(l, 5); }
static int c_statistics(void *l) {
    crib_limiter_stats s = {.size = sizeof s};
    return crib_limiter_statistics(l, &s);
}
static int c_borrowers(void *l) {
    EXPECT_EQ(crib_limiter_borrowers(l, NULL, 0), 0);
    return CRIB_EMISUSE;
}

static const struct handle_call calls[] = {
    /* these need a task, */
    {"crib_limiter_acquire", c_acquire},
    {"crib_limiter_acquire_on_behalf_of", c_acquire_for},
    {"crib_limiter_acquire_nowait", c_nowait},
    {"crib_limiter_release", c_release},
    /* and these do not */
    {"crib_limiter_acquire_nowait_on_behalf_of", c_nowait_for},
    {"crib_limiter_release_on_behalf_of", c_release_for},
    {"crib_begin_limiter_acquire", c_begin},
    {"crib_limiter_set_total", c_set_total},
    {"crib_limiter_statistics", c_statistics},
    {"crib_limiter_borrowers", c_borrowers},
};
#define CALLS      (sizeof calls / sizeof calls[0])
#define NEED_TASKS 4

static crib_limiter_stats stats_of(crib_limiter *l) {
    crib_limiter_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_limiter_statistics(l, &s), 0);
    return s;
}

static void without_a_task(void *l) {
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &someone), 0);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &someone), 0);
    EXPECT_QUIET();
}

static int strangers(void *arg) {
    crib_limiter *l = crib_limiter_new(1);
    (void)arg;
    expect_strangers_refused(calls, CALLS, l);
    expect_refused_outside_tasks(calls, NEED_TASKS, l);
    in_callback(without_a_task, l);
    EXPECT_EQ(stats_of(l).total, 1);
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_EQ(crib_limiter_release(l), 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(limiter, null_and_limiters_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_limiter(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_limiter_new(1), "crib_limiter_new", NULL);
}

Test(limiter, outside_a_run_there_is_no_new_limiter) {
    in_thread(no_limiter, NULL);
    no_limiter(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int borrowers(void *arg) {
    crib_limiter *l = crib_limiter_new(2);
    (void)arg;
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_limiter_release_on_behalf_of(l, NULL), "crib_limiter_release_on_behalf_of", "main");
    EXPECT_MISUSE(crib_limiter_release(l), "crib_limiter_release", "main");
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_EQ(c_acquire_for(l), 0);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_limiter_acquire(l), "crib_limiter_acquire", "main");
    EXPECT_MISUSE(c_acquire_for(l), "crib_limiter_acquire_on_behalf_of", "main");
    EXPECT_MISUSE(crib_limiter_acquire_nowait(l), "crib_limiter_acquire_nowait", "main");
    EXPECT_MISUSE(c_nowait_for(l), "crib_limiter_acquire_nowait_on_behalf_of", "main");
    EXPECT_MISUSE(c_begin(l), "crib_begin_limiter_acquire", "main");
    EXPECT_EQ(stats_of(l).borrowed, 2);
    crib_unref(l);
    return RAN;
}

Test(limiter, who_has_a_token_and_who_has_none_is_said_by_name) { EXPECT_RUN(run_autojump(borrowers, NULL)); }

/* --- totals --- */

static int totals(void *arg) {
    const double refused[] = {NAN, -1, -0.5, 0.5, 1.5, -INFINITY, 1e-300};
    crib_limiter *l = crib_limiter_new(0);
    size_t i;
    (void)arg;
    for (i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        EXPECT_NO_HANDLE(crib_limiter_new(refused[i]), "crib_limiter_new", "main");
        EXPECT_EQ(crib_limiter_set_total(l, refused[i]), CODE_EINVAL);
        EXPECT_EQ(stats_of(l).total, 0);
    }
    EXPECT_EQ(crib_limiter_set_total(l, -0.0), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_limiter_set_total(l, 1e300), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), 0);
    EXPECT_EQ(crib_limiter_set_total(l, INFINITY), 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(limiter, a_total_is_a_whole_number_or_infinite) { EXPECT_RUN(run_autojump(totals, NULL)); }

/* --- a crowd --- */

#define CROWD 5000
#define HALF  2500
static char crowd[CROWD];

static int comes_and_goes(void *arg) {
    crib_limiter *l = crib_limiter_new(HALF);
    static const void *who[CROWD];
    int i, rc;
    (void)arg;
    for (i = 0; i < CROWD; i++) {
        rc = crib_limiter_acquire_nowait_on_behalf_of(l, &crowd[i]);
        EXPECT_EQ(rc, i < HALF ? 0 : CRIB_EWOULDBLOCK);
    }
    EXPECT_EQ(crib_limiter_set_total(l, CROWD), 0);
    for (i = HALF; i < CROWD; i++) EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &crowd[i]), 0);
    for (i = 0; i < CROWD; i += 7) EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &crowd[i]), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_borrowers(l, who, CROWD), CROWD);
    for (i = 0; i < CROWD; i++) ++*(char *)(uintptr_t)who[i];
    for (i = 0; i < CROWD; i++) EXPECT_EQ(crowd[i], 1); /* each of them, once */
    for (i = CROWD - 1; i >= 0; i -= 2) EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &crowd[i]), 0);
    EXPECT_EQ(crib_limiter_borrowers(l, who, 10), HALF);
    for (i = 0; i < CROWD; i += 2) EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &crowd[i]), 0);
    EXPECT_EQ(crib_limiter_borrowers(l, who, CROWD), 0);
    crib_unref(l);
    return RAN;
}

Test(limiter, a_crowd_of_borrowers_comes_and_goes) { EXPECT_RUN(run_autojump(comes_and_goes, NULL)); }

static int served;

static int borrows(void *l) {
    int rc = crib_limiter_acquire(l);
    if (rc == 0) ++served;
    return rc == CRIB_ECLOSED ? 0 : rc; /* its end gives the token back */
}

static int crowd_of_tasks(void *arg) {
    crib_limiter *l = crib_limiter_new(0);
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    for (i = 0; i < 2000; i++) EXPECT_EQ(crib_nursery_start_soon(n, "borrows", borrows, l, NULL), 0);
    settle();
    EXPECT_EQ(stats_of(l).waiting, 2000);
    EXPECT_EQ(crib_limiter_set_total(l, 3), 0);
    settle();
    EXPECT_EQ(served, 2000); /* three at a time */
    EXPECT_EQ(stats_of(l).borrowed, 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(l);
    return RAN;
}

Test(limiter, the_ends_of_a_crowd_of_tasks_hand_their_tokens_on) { EXPECT_RUN(run_autojump(crowd_of_tasks, NULL)); }

/* --- tasks by their handles --- */

static int names_itself(void *l) {
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, crib_task_current()), 0);
    return 0;
}

static int names_itself_nowait(void *l) { return crib_limiter_acquire_nowait_on_behalf_of(l, crib_task_current()); }

static int by_handle(void *arg) {
    crib_limiter *l = crib_limiter_new(2);
    crib_nursery *n = crib_nursery_open();
    crib_task *idle = idle_task(n, "idle");
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "itself", names_itself, l, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "itself", names_itself_nowait, l, NULL), 0);
    EXPECT_EQ(crib_begin_limiter_acquire(crib_task_op(idle), l, idle), 0);
    idle_end(idle);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(stats_of(l).borrowed, 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(limiter, a_task_that_names_itself_borrows_like_one_that_names_nobody) {
    EXPECT_RUN(run_autojump(by_handle, NULL));
}

/* --- the rest --- */

static void in_flat_task(crib_task *self, void *arg) {
    crib_limiter *l = crib_limiter_new(1);
    (void)arg;
    EXPECT_EQ(crib_limiter_acquire(l), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, &someone), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_limiter_acquire(crib_task_op(self), l, NULL), 0);
    EXPECT_EQ(crib_limiter_release(l), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), 0);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, self), 0);
    EXPECT_QUIET();
    crib_unref(l);
}

Test(limiter, a_stackless_task_borrows_by_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_limiter *l = crib_limiter_new(7);
    (void)arg;
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_SIZED(statistics, l, crib_limiter_stats);
    crib_unref(l);
    return RAN;
}

Test(limiter, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin(crib_op *op, void *l) { return crib_begin_limiter_acquire(op, l, NULL); }

static void *make_lent(void) {
    crib_limiter *l = crib_limiter_new(2);
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_EQ(c_acquire_for(l), 0);
    return l;
}

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_acquire, begin, make_lent());
    expect_closed_by_destroy(c_acquire, make_lent());
    return RAN;
}

Test(limiter, those_who_wait_for_a_limiter_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(limiter, a_limiter_may_outlive_its_runtime) { expect_outlives(make_lent, calls[7]); }
