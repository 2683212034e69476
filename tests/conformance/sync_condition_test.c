/* Conditions (statements 103, 106, D1), used by fibers. */
#include "support/log.h"
#include "support/run.h"

static crib_condition *c;
static crib_lock *lock;

static void make(void) {
    c = crib_condition_new(NULL);
    lock = crib_condition_lock(c);
}

static crib_lock_stats lock_statistics(void) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(lock, &s), 0);
    return s;
}

static size_t waiting(void) {
    crib_condition_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_condition_statistics(c, &s), 0);
    return s.waiting;
}

/* Waits for one notification; says what came of it, and whether it has the lock then. */
static int waits(void *name) {
    int rc;
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    rc = crib_condition_wait(c);
    log_add(name);
    if (rc < 0) log_add(crib_error_name(rc));
    if (lock_statistics().owner == crib_task_current()) {
        EXPECT_EQ(crib_lock_release(lock), 0);
    } else {
        log_add("without the lock");
    }
    return rc == CRIB_ECANCELLED ? rc : 0;
}

/* A nursery with `count` tasks that wait in turn. */
static crib_nursery *waiters(crib_task **tasks, int count) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    crib_nursery *n = crib_nursery_open();
    int i;
    for (i = 0; i < count; i++) {
        tasks[i] = crib_nursery_spawn(n, names[i], waits, (void *)(uintptr_t)names[i], NULL);
        EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
        EXPECT_EQ(waiting(), i + 1);
    }
    return n;
}

static int done(crib_nursery *n, crib_task **tasks, int count) {
    int i;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(waiting(), 0);
    for (i = 0; i < count; i++) crib_unref(tasks[i]);
    crib_unref(c);
    return RAN;
}

static int without_the_lock(void *arg) {
    (void)arg;
    make();
    EXPECT_EQ(crib_condition_wait(c), CRIB_EMISUSE);
    EXPECT_EQ(crib_condition_notify(c, 1), CRIB_EMISUSE);
    EXPECT_EQ(crib_condition_notify_all(c), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 0);
    EXPECT_EQ(crib_condition_notify_all(c), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_condition_notify_all(c), CRIB_EMISUSE);
    crib_unref(c);
    return RAN;
}

Test(sync_condition, s103_a_condition_is_used_with_its_lock_held) { EXPECT_RUN(run_autojump(without_the_lock, NULL)); }

static int notifies_some(void *arg) {
    crib_task *tasks[5];
    crib_nursery *n;
    (void)arg;
    make();
    n = waiters(tasks, 5);
    EXPECT(lock_statistics().owner == NULL); /* a wait releases it */
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 0), 0);
    EXPECT_EQ(crib_condition_notify(c, 2), 2);
    EXPECT_EQ(waiting(), 3);
    EXPECT(lock_statistics().owner == crib_task_current());
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG(""); /* they wait for the lock */
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("a b");
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_condition_notify_all(c), 2);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 5);
}

Test(sync_condition, s103_notify_wakes_the_oldest_waiters_in_order) {
    EXPECT_RUN(run_autojump(notifies_some, NULL));
    cr_assert_str_eq(log_text, "a b c d e");
}

static int acquires(void *name) {
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    log_add(name);
    return crib_lock_release(lock);
}

/* As ParkingLot.repark: from one queue to the end of the other, in order. */
static int moves_in_order(void *arg) {
    crib_task *tasks[3];
    crib_nursery *n;
    (void)arg;
    make();
    n = waiters(tasks, 3);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "first", acquires, "first", NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(lock_statistics().waiting, 1);
    EXPECT_EQ(crib_condition_notify(c, 2), 2);
    EXPECT_EQ(lock_statistics().waiting, 3);
    EXPECT_EQ(crib_nursery_start_soon(n, "between", acquires, "between", NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_condition_notify(c, 2), 1);
    EXPECT_EQ(crib_condition_notify(c, 2), 0);
    EXPECT_EQ(lock_statistics().waiting, 5);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 3);
}

Test(sync_condition, s106_notified_waiters_move_to_the_locks_queue_in_order) {
    EXPECT_RUN(run_autojump(moves_in_order, NULL));
    cr_assert_str_eq(log_text, "first a b between c");
}

/* Cancelled, a waiter leaves the condition's queue; it is last in the lock's, or keeps its place there. */
static int cancelled_where_it_is(void *arg) {
    crib_task *tasks[3];
    crib_nursery *n;
    (void)arg;
    make();
    n = waiters(tasks, 3);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_task_cancel(tasks[1], NULL), 0);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(lock_statistics().waiting, 2);
    EXPECT_EQ(crib_task_cancel(tasks[0], NULL), 0); /* c gets its notification */
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(lock_statistics().waiting, 3);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 3);
}

Test(sync_condition, s106_a_cancelled_waiter_leaves_the_queue_it_is_in_now) {
    EXPECT_RUN(run_autojump(cancelled_where_it_is, NULL));
    cr_assert_str_eq(log_text, "a CRIB_ECANCELLED b CRIB_ECANCELLED c");
}

static int cancelled_wait(void *arg) {
    crib_task *tasks[1];
    crib_nursery *n;
    (void)arg;
    make();
    n = waiters(tasks, 1);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_task_cancel(tasks[0], NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG(""); /* it waits for the lock, whatever else is cancelled */
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_LOG("");
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT(lock_statistics().owner == tasks[0]);
    return done(n, tasks, 1);
}

Test(sync_condition, s103_a_cancelled_wait_has_the_lock_when_it_returns) {
    EXPECT_RUN(run_autojump(cancelled_wait, NULL));
    cr_assert_str_eq(log_text, "a CRIB_ECANCELLED");
}

static int refused_at_once(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    int rc;
    (void)arg;
    make();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    rc = crib_condition_wait(c);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(lock_statistics().owner == crib_task_current());
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(c);
    return RAN;
}

Test(sync_condition, s103_a_wait_in_a_cancelled_scope_keeps_the_lock) {
    EXPECT_RUN(run_autojump(refused_at_once, NULL));
}

/* Two conditions of one lock do not wake each other's waiters. */
static int shares_a_lock(void *arg) {
    crib_task *tasks[2];
    crib_condition *other;
    crib_nursery *n;
    (void)arg;
    make();
    other = crib_condition_new(lock);
    EXPECT(crib_condition_lock(other) == lock);
    n = waiters(tasks, 2);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify_all(other), 0);
    EXPECT_EQ(crib_condition_notify_all(c), 2);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(other);
    return done(n, tasks, 2);
}

Test(sync_condition, s103_conditions_may_share_a_lock) { EXPECT_RUN(run_autojump(shares_a_lock, NULL)); }

/* --- D1 --- */

static int passes_on(void *count) {
    const int cancelled = *(int *)count;
    crib_task *tasks[4];
    crib_nursery *n;
    int i;
    make();
    n = waiters(tasks, 4);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    for (i = 0; i < cancelled; i++) EXPECT_EQ(crib_task_cancel(tasks[i], NULL), 0);
    EXPECT_EQ(waiting(), cancelled < 4 ? 3 - cancelled : 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify_all(c), cancelled < 4 ? 3 - cancelled : 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 4);
}

static void check_passes_on(int cancelled, const char *words) {
    log_clear();
    EXPECT_RUN(run_autojump(passes_on, &cancelled));
    cr_assert_str_eq(log_text, words);
}

Test(sync_condition, d01_a_waiter_cancelled_after_its_notification_passes_it_on) {
    check_passes_on(0, "a b c d");
    check_passes_on(1, "a CRIB_ECANCELLED b c d");
    check_passes_on(2, "a CRIB_ECANCELLED b CRIB_ECANCELLED c d");
    check_passes_on(4, "a CRIB_ECANCELLED b CRIB_ECANCELLED c CRIB_ECANCELLED d CRIB_ECANCELLED");
}

/* By a deadline instead of a cancel, while somebody else holds the lock. */
static int waits_a_second(void *name) {
    crib_scope *scope;
    bool caught;
    int rc;
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_condition_wait(c);
    log_add(name);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return 0;
}

static int deadline_passes_on(void *arg) {
    crib_task *tasks[1];
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    make();
    EXPECT_EQ(crib_nursery_start_soon(n, "timed", waits_a_second, "timed", NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    tasks[0] = crib_nursery_spawn(n, "a", waits, "a", NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 1);
}

Test(sync_condition, d01_a_waiter_whose_time_is_up_passes_it_on) {
    EXPECT_RUN(run_autojump(deadline_passes_on, NULL));
    cr_assert_str_eq(log_text, "timed a");
}

/* Statement 54: with the lock handed over it was notified. */
static int kept_with_the_lock(void *arg) {
    crib_task *tasks[2];
    crib_nursery *n;
    (void)arg;
    make();
    n = waiters(tasks, 2);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_task_cancel(tasks[0], NULL), 0);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("a");
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_lock_release(lock), 0);
    return done(n, tasks, 2);
}

Test(sync_condition, s054_a_notified_waiter_that_has_the_lock_keeps_both) {
    EXPECT_RUN(run_autojump(kept_with_the_lock, NULL));
}
