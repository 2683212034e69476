/* Semaphores (statement 102), used by fibers. */
#include "support/log.h"
#include "support/run.h"
#include "support/ticker.h"

static crib_semaphore *s;

static crib_semaphore_stats statistics(void) {
    crib_semaphore_stats stats = {.size = sizeof stats};
    EXPECT_EQ(crib_semaphore_statistics(s, &stats), 0);
    return stats;
}

static int counts(void *arg) {
    (void)arg;
    s = crib_semaphore_new(2, 0);
    EXPECT_EQ(statistics().value, 2);
    EXPECT_EQ(statistics().max, 0);
    EXPECT_EQ(crib_semaphore_acquire(s), 0);
    EXPECT_EQ(crib_semaphore_acquire_nowait(s), 0);
    EXPECT_EQ(statistics().value, 0);
    EXPECT_EQ(crib_semaphore_acquire_nowait(s), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(statistics().value, 1);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(crib_semaphore_release(s), 0); /* nobody's: there may be more than at first */
    EXPECT_EQ(statistics().value, 3);
    crib_unref(s);
    return RAN;
}

Test(sync_semaphore, s102_a_semaphore_counts_permits) { EXPECT_RUN(run_autojump(counts, NULL)); }

static int bounds(void *arg) {
    (void)arg;
    EXPECT(crib_semaphore_new(2, 1) == NULL);
    s = crib_semaphore_new(1, 1);
    EXPECT_EQ(statistics().max, 1);
    EXPECT_EQ(crib_semaphore_release(s), CODE_EINVAL);
    EXPECT_EQ(statistics().value, 1);
    EXPECT_EQ(crib_semaphore_acquire(s), 0);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(crib_semaphore_release(s), CODE_EINVAL);
    crib_unref(s);
    s = crib_semaphore_new(0, 3);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(statistics().value, 1);
    crib_unref(s);
    s = crib_semaphore_new(UINT32_MAX, 0);
    EXPECT_EQ(crib_semaphore_release(s), CODE_EINVAL);
    EXPECT_EQ(statistics().value, UINT32_MAX);
    crib_unref(s);
    return RAN;
}

Test(sync_semaphore, s102_a_permit_above_the_maximum_is_refused) { EXPECT_RUN(run_autojump(bounds, NULL)); }

static int acquires(void *name) {
    int rc = crib_semaphore_acquire(s);
    log_add(name);
    if (rc < 0) log_add(crib_error_name(rc));
    return rc;
}

static int hands_over(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    s = crib_semaphore_new(0, 1);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", acquires, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", acquires, "b", NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(statistics().waiting, 2);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_LOG("");
    EXPECT_EQ(statistics().value, 0);
    EXPECT_EQ(statistics().waiting, 1);
    EXPECT_EQ(crib_semaphore_acquire_nowait(s), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(statistics().waiting, 0);
    EXPECT_EQ(crib_semaphore_release(s), 0); /* both were handed over: this one stays */
    EXPECT_EQ(crib_semaphore_release(s), CODE_EINVAL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b");
    EXPECT_EQ(statistics().value, 1);
    crib_unref(s);
    return RAN;
}

Test(sync_semaphore, s102_a_release_hands_the_permit_to_the_oldest_waiter) {
    EXPECT_RUN(run_autojump(hands_over, NULL));
}

/* Cancelled before or after the hand-over, in the same pass. */
static int cancels(void *handed_over_first) {
    crib_nursery *n = crib_nursery_open();
    crib_task *a;
    s = crib_semaphore_new(0, 0);
    a = crib_nursery_spawn(n, "a", acquires, "a", NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", acquires, "b", NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    if (handed_over_first != NULL) EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(crib_task_cancel(a, NULL), 0);
    if (handed_over_first == NULL) EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(statistics().value, 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_LOG(handed_over_first != NULL ? "a" : "a CRIB_ECANCELLED b");
    if (handed_over_first != NULL) EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics().value, 0);
    crib_unref(a);
    crib_unref(s);
    return RAN;
}

Test(sync_semaphore, s045_a_permit_released_after_the_cancel_goes_to_the_next) {
    EXPECT_RUN(run_autojump(cancels, NULL));
}

Test(sync_semaphore, s054_a_permit_handed_over_before_the_cancel_is_kept) { EXPECT_RUN(run_autojump(cancels, "")); }

static int checks(void *arg) {
    crib_nursery *ticker;
    int i, before;
    (void)arg;
    s = crib_semaphore_new(1000, 0);
    ticker = ticker_start();
    before = ticks;
    for (i = 0; i < 65; i++) EXPECT_EQ(crib_semaphore_acquire(s), 0);
    EXPECT_EQ(ticks, before + 1);
    crib_nursery_cancel(ticker, NULL);
    EXPECT_EQ(crib_semaphore_acquire(s), CRIB_ECANCELLED);
    EXPECT_EQ(statistics().value, 1000 - 65);
    ticker_stop(ticker);
    crib_unref(s);
    return RAN;
}

Test(sync_semaphore, s043_an_acquire_checks_for_a_cancel_even_if_there_is_a_permit) {
    EXPECT_RUN(run_autojump(checks, NULL));
}
