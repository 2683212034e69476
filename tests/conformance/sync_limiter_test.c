/* Capacity limiters (statement 104, D6), used by fibers. */
#include <math.h>

#include "support/log.h"
#include "support/run.h"

static crib_limiter *l;

static crib_limiter_stats statistics(void) {
    crib_limiter_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_limiter_statistics(l, &s), 0);
    return s;
}

static int one_each(void *arg) {
    (void)arg;
    l = crib_limiter_new(2);
    EXPECT_EQ(crib_limiter_release(l), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_EQ(crib_limiter_acquire(l), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EMISUSE);
    EXPECT_EQ(statistics().borrowed, 1);
    EXPECT_EQ(crib_limiter_release(l), 0);
    EXPECT_EQ(crib_limiter_release(l), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), 0);
    EXPECT_EQ(crib_limiter_release(l), 0);
    EXPECT_EQ(statistics().borrowed, 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_a_borrower_has_one_token_at_most) { EXPECT_RUN(run_autojump(one_each, NULL)); }

static int any_address(void *arg) {
    int a, b;
    const void *who[3] = {NULL, NULL, NULL};
    (void)arg;
    l = crib_limiter_new(3);
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, &a), 0);
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, &a), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &b), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, who), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_limiter_borrowers(l, who, 3), 3);
    EXPECT(who[0] != who[1] && who[1] != who[2] && who[0] != who[2]);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &b), 0);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &b), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, crib_task_current()), 0); /* a task's is its handle */
    EXPECT_EQ(crib_limiter_borrowers(l, who, 3), 1);
    EXPECT(who[0] == &a);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &a), 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_a_borrower_may_be_any_address) { EXPECT_RUN(run_autojump(any_address, NULL)); }

static int borrows(void *name) {
    int rc = crib_limiter_acquire(l);
    log_add(name);
    if (rc < 0) {
        log_add(crib_error_name(rc));
        return rc;
    }
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    return crib_limiter_release(l);
}

/* Borrows, waits a second for whatever happens, gives back. */
static int borrows_a_second(void *name) {
    int rc = crib_limiter_acquire(l);
    log_add(name);
    if (rc == 0) rc = crib_sleep(CRIB_SECONDS(1));
    EXPECT_EQ(crib_limiter_release(l), 0);
    return rc;
}

static crib_nursery *three_borrow(crib_body_fn body) {
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "a", body, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", body, "b", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", body, "c", NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    return n;
}

static int in_order(void *arg) {
    crib_nursery *n;
    (void)arg;
    l = crib_limiter_new(1);
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    n = three_borrow(borrows);
    EXPECT_EQ(statistics().waiting, 3);
    EXPECT_EQ(crib_limiter_release(l), 0);
    EXPECT_EQ(statistics().borrowed, 1); /* handed over */
    EXPECT_EQ(statistics().waiting, 2);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c");
    EXPECT_EQ(statistics().borrowed, 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_a_token_goes_to_the_oldest_waiter) { EXPECT_RUN(run_autojump(in_order, NULL)); }

static int raised(void *arg) {
    crib_nursery *n;
    (void)arg;
    l = crib_limiter_new(0);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EWOULDBLOCK);
    n = three_borrow(borrows_a_second);
    EXPECT_EQ(statistics().waiting, 3);
    EXPECT_EQ(crib_limiter_set_total(l, 2), 0);
    EXPECT_EQ(statistics().waiting, 1);
    EXPECT_EQ(statistics().borrowed, 2);
    EXPECT_EQ(statistics().total, 2);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_LOG("a b");
    EXPECT_EQ(crib_limiter_set_total(l, INFINITY), 0);
    EXPECT_EQ(statistics().waiting, 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c");
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_raising_the_total_serves_waiters) { EXPECT_RUN(run_autojump(raised, NULL)); }

static int lowered(void *arg) {
    crib_nursery *n;
    int mine;
    (void)arg;
    l = crib_limiter_new(3);
    n = three_borrow(borrows_a_second);
    EXPECT_EQ(crib_limiter_set_total(l, 1), 0);
    EXPECT_EQ(statistics().borrowed, 3); /* nothing is taken away */
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_limiter_set_total(l, 0), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics().borrowed, 0);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &mine), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_limiter_set_total(l, 1), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &mine), 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_a_total_below_what_is_borrowed_takes_nothing_away) { EXPECT_RUN(run_autojump(lowered, NULL)); }

static int endless(void *arg) {
    static char who[3000];
    size_t i;
    (void)arg;
    l = crib_limiter_new(INFINITY);
    for (i = 0; i < sizeof who; i++) EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, &who[i]), 0);
    EXPECT_EQ(statistics().borrowed, sizeof who);
    EXPECT(isinf(statistics().total));
    EXPECT_EQ(crib_limiter_borrowers(l, NULL, 0), sizeof who);
    for (i = 0; i < sizeof who; i++) EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &who[i]), 0);
    EXPECT_EQ(statistics().borrowed, 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_an_infinite_total_never_makes_anybody_wait) { EXPECT_RUN(run_autojump(endless, NULL)); }

/* A task that ends gives back its own; what it borrowed for others stays borrowed. */
static int ends_with_two(void *other) {
    EXPECT_EQ(crib_limiter_acquire(l), 0);
    return crib_limiter_acquire_on_behalf_of(l, other);
}

static int given_back_at_the_end(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int other;
    const void *who = NULL;
    (void)arg;
    l = crib_limiter_new(2);
    EXPECT_EQ(crib_nursery_start_soon(n, "ends", ends_with_two, &other, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", borrows, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a"); /* with the token of the task that ended */
    EXPECT_EQ(crib_limiter_borrowers(l, &who, 1), 1);
    EXPECT(who == &other);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s104_the_end_of_a_task_gives_its_own_token_back) {
    EXPECT_RUN(run_autojump(given_back_at_the_end, NULL));
}

static int waits_for_other(void *other) { return crib_limiter_acquire_on_behalf_of(l, other); }

static int waits_twice(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int other;
    (void)arg;
    l = crib_limiter_new(0);
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits_for_other, &other, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(statistics().waiting, 1);
    EXPECT_EQ(crib_limiter_acquire_on_behalf_of(l, &other), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_acquire_nowait_on_behalf_of(l, &other), CRIB_EMISUSE);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &other), CRIB_EMISUSE); /* it has none yet */
    EXPECT_EQ(statistics().waiting, 1);
    EXPECT_EQ(crib_limiter_set_total(l, 2), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics().borrowed, 1);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &other), 0);
    EXPECT_EQ(crib_limiter_release_on_behalf_of(l, &other), CRIB_EMISUSE);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, d06_a_borrower_that_waits_cannot_wait_again) { EXPECT_RUN(run_autojump(waits_twice, NULL)); }

static int cancelled_waiter_waits_again(void *arg) {
    crib_nursery *n;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    int rc;
    (void)arg;
    l = crib_limiter_new(0);
    rc = crib_limiter_acquire(l);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    EXPECT_EQ(statistics().waiting, 0);
    EXPECT_EQ(crib_limiter_borrowers(l, NULL, 0), 0);
    EXPECT_EQ(crib_limiter_acquire_nowait(l), CRIB_EWOULDBLOCK); /* not: it waits already */
    n = three_borrow(borrows);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(statistics().waiting, 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics().borrowed, 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s045_a_cancelled_borrower_leaves_no_trace) {
    EXPECT_RUN(run_autojump(cancelled_waiter_waits_again, NULL));
}

static int handed_over_then_cancelled(void *arg) {
    crib_nursery *n;
    (void)arg;
    l = crib_limiter_new(0);
    n = three_borrow(borrows);
    EXPECT_EQ(crib_limiter_set_total(l, 1), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(statistics().borrowed, 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics().borrowed, 0);
    crib_unref(l);
    return RAN;
}

Test(sync_limiter, s054_a_token_handed_over_before_the_cancel_is_kept) {
    EXPECT_RUN(run_autojump(handed_over_then_cancelled, NULL));
    cr_assert_str_eq(log_text, "a b CRIB_ECANCELLED c CRIB_ECANCELLED");
}
