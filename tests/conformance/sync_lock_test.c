/* Locks (statement 100), used by fibers: an owner, and hand-over to the oldest waiter. */
#include "support/log.h"
#include "support/run.h"
#include "support/ticker.h"

static crib_lock *lock;

static crib_lock_stats statistics(void) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(lock, &s), 0);
    return s;
}

static int only_once(void *arg) {
    (void)arg;
    lock = crib_lock_new();
    EXPECT(statistics().owner == NULL);
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT(statistics().owner == crib_task_current());
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EMISUSE);
    EXPECT(statistics().owner == crib_task_current());
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_lock, s100_a_lock_is_not_reentrant) { EXPECT_RUN(run_autojump(only_once, NULL)); }

static int is_no_owner(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EWOULDBLOCK);
    return 0;
}

static int another_task(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "another", is_no_owner, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(statistics().owner == crib_task_current());
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_lock, s100_only_the_owner_releases_a_lock) { EXPECT_RUN(run_autojump(another_task, NULL)); }

static int acquires(void *name) {
    int rc = crib_lock_acquire(lock);
    log_add(name);
    if (rc < 0) {
        log_add(crib_error_name(rc));
        return rc;
    }
    EXPECT(statistics().owner == crib_task_current());
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return 0;
}

/* A nursery with three tasks that wait for the lock, which main has. */
static crib_nursery *three_wait(crib_task *tasks[3]) {
    static const char *const names[] = {"a", "b", "c"};
    crib_nursery *n = crib_nursery_open();
    int i;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    for (i = 0; i < 3; i++) {
        tasks[i] = crib_nursery_spawn(n, names[i], acquires, (void *)(uintptr_t)names[i], NULL);
        EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
        EXPECT_EQ(statistics().waiting, i + 1);
    }
    return n;
}

static int three_go(crib_nursery *n, crib_task *tasks[3]) {
    int i;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(statistics().owner == NULL);
    EXPECT_EQ(statistics().waiting, 0);
    for (i = 0; i < 3; i++) crib_unref(tasks[i]);
    crib_unref(lock);
    return RAN;
}

static int hands_over(void *arg) {
    crib_task *tasks[3];
    crib_nursery *n = three_wait(tasks);
    (void)arg;
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_LOG(""); /* no checkpoint */
    EXPECT(statistics().owner == tasks[0]);
    EXPECT_EQ(statistics().waiting, 2);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire(lock), 0); /* behind the others */
    EXPECT_LOG("a b c");
    EXPECT_EQ(crib_lock_release(lock), 0);
    return three_go(n, tasks);
}

Test(sync_lock, s100_a_release_hands_the_lock_to_the_oldest_waiter_at_once) {
    EXPECT_RUN(run_autojump(hands_over, NULL));
}

static int middle_is_cancelled(void *arg) {
    crib_task *tasks[3];
    crib_nursery *n = three_wait(tasks);
    (void)arg;
    EXPECT_EQ(crib_task_cancel(tasks[1], NULL), 0);
    EXPECT_EQ(statistics().waiting, 2);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(5)), 0);
    EXPECT_LOG("b CRIB_ECANCELLED a c");
    return three_go(n, tasks);
}

Test(sync_lock, s045_a_cancelled_acquire_leaves_the_line) { EXPECT_RUN(run_autojump(middle_is_cancelled, NULL)); }

static int holds_to_the_end(void *name) {
    int rc = crib_lock_acquire(lock);
    log_add(name);
    if (rc < 0) log_add(crib_error_name(rc));
    return rc == 0 ? crib_lock_release(lock) : rc;
}

static int cancelled_in_the_same_pass(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *a;
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    a = crib_nursery_spawn(n, "a", holds_to_the_end, "a", NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", holds_to_the_end, "b", NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_task_cancel(a, NULL), 0);
    EXPECT(statistics().owner == a);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b");
    crib_unref(a);
    crib_unref(lock);
    return RAN;
}

Test(sync_lock, s054_a_lock_handed_over_before_the_cancel_is_kept) {
    EXPECT_RUN(run_autojump(cancelled_in_the_same_pass, NULL));
}

/* The other way round in one pass: cancelled first, it gets nothing, and the next one does. */
static int cancelled_before_hand_over(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *a;
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    a = crib_nursery_spawn(n, "a", holds_to_the_end, "a", NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", holds_to_the_end, "b", NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_cancel(a, NULL), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT(statistics().owner != a && statistics().owner != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a CRIB_ECANCELLED b");
    crib_unref(a);
    crib_unref(lock);
    return RAN;
}

Test(sync_lock, s045_a_lock_released_after_the_cancel_goes_to_the_next) {
    EXPECT_RUN(run_autojump(cancelled_before_hand_over, NULL));
}

/* An acquire that need not wait checks for a cancel all the same, and schedules when the budget is spent. */
static int checks(void *arg) {
    crib_nursery *ticker;
    int i, before;
    (void)arg;
    lock = crib_lock_new();
    ticker = ticker_start();
    before = ticks;
    for (i = 0; i < 65; i++) {
        EXPECT_EQ(crib_lock_acquire(lock), 0);
        EXPECT_EQ(crib_lock_release(lock), 0);
    }
    EXPECT_EQ(ticks, before + 1);
    crib_nursery_cancel(ticker, NULL);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_ECANCELLED);
    EXPECT(statistics().owner == NULL);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), 0); /* never a cancel point */
    EXPECT_EQ(crib_lock_release(lock), 0);
    ticker_stop(ticker);
    crib_unref(lock);
    return RAN;
}

Test(sync_lock, s043_an_acquire_checks_for_a_cancel_even_if_the_lock_is_free) {
    EXPECT_RUN(run_autojump(checks, NULL));
}
