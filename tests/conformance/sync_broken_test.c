/* Locks whose owner ended without releasing them (statements 101, 107, D5), used by fibers. */
#include "support/log.h"
#include "support/run.h"

static crib_lock *lock, *other;

static crib_lock_stats statistics_of(crib_lock *l) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(l, &s), 0);
    return s;
}

static int ends_with_it(void *arg) {
    (void)arg;
    return crib_lock_acquire(lock);
}

static int acquires(void *name) {
    int rc = crib_lock_acquire(lock);
    log_add(name);
    log_add(crib_error_name(rc));
    return rc == 0 ? crib_lock_release(lock) : 0;
}

/* Runs `body` in a child, and awaits its end. */
static void in_child(crib_body_fn body, void *arg) {
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "child", body, arg, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

static int broken_for_newcomers(void *arg) {
    (void)arg;
    lock = crib_lock_new();
    in_child(ends_with_it, NULL);
    EXPECT_EQ(statistics_of(lock).broken, 1);
    EXPECT(statistics_of(lock).owner == NULL);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN); /* it stays so */
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, s101_a_lock_whose_owner_ended_is_broken_for_newcomers) {
    EXPECT_RUN(run_autojump(broken_for_newcomers, NULL));
}

static int holds_a_while(void *arg) {
    int rc = crib_lock_acquire(arg);
    return rc < 0 ? rc : crib_sleep(CRIB_SECONDS(1));
}

static int broken_for_waiters(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_nursery_start_soon(n, "owner", holds_a_while, lock, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", acquires, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", acquires, "b", NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a CRIB_EBROKEN b CRIB_EBROKEN");
    EXPECT_EQ(statistics_of(lock).waiting, 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, s101_a_lock_whose_owner_ends_is_broken_for_those_who_wait) {
    EXPECT_RUN(run_autojump(broken_for_waiters, NULL));
}

/* a → b → c: the owner is who got it last. */
static int handed_over_first(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", acquires, "a", NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "owner", holds_a_while, lock, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", acquires, "b", NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a 0 b CRIB_EBROKEN");
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, s101_the_end_of_an_owner_by_hand_over_breaks_the_lock_too) {
    EXPECT_RUN(run_autojump(handed_over_first, NULL));
}

static int cancelled_owner(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_nursery_start_soon(n, "owner", holds_a_while, lock, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(statistics_of(lock).broken, 1);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, s101_a_cancelled_owner_breaks_its_lock_like_any_other) {
    EXPECT_RUN(run_autojump(cancelled_owner, NULL));
}

/* --- D5 --- */

static int says_so(void *arg) {
    (void)arg;
    lock = crib_lock_new();
    in_child(ends_with_it, NULL);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EBROKEN);
    EXPECT_EQ(statistics_of(lock).broken, 1);
    EXPECT(statistics_of(lock).owner == NULL);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, d05_a_broken_lock_says_so_without_waiting_too) { EXPECT_RUN(run_autojump(says_so, NULL)); }

static int recovers(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_recover(lock), CRIB_EBUSY);
    in_child(ends_with_it, NULL);
    EXPECT_EQ(crib_lock_recover(lock), 0);
    EXPECT(statistics_of(lock).owner == crib_task_current());
    EXPECT_EQ(statistics_of(lock).broken, 0);
    EXPECT_EQ(crib_lock_recover(lock), CRIB_EBUSY);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EMISUSE); /* it has it */
    EXPECT_EQ(crib_nursery_start_soon(n, "a", acquires, "a", NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("");
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a 0");
    in_child(ends_with_it, NULL); /* and it can break once more */
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_recover(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, d05_a_broken_lock_can_be_recovered) { EXPECT_RUN(run_autojump(recovers, NULL)); }

/* Main's end breaks it, and the next run finds it so. */
static int recovers_in_the_next(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_recover(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    return RAN;
}

static int main_ends_with_it(void *arg) {
    (void)arg;
    lock = crib_lock_new();
    return crib_lock_acquire(lock);
}

Test(sync_broken, d05_a_lock_that_main_left_is_broken_in_the_next_run) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_run(rt, main_ends_with_it, NULL, NULL), 0);
    EXPECT_RUN(crib_runtime_run(rt, recovers_in_the_next, NULL, NULL));
    crib_unref(rt);
}

/* --- 107: what breaks is what a task holds, all of it, at its end and once --- */

static int ends_with_both(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    return crib_lock_acquire(other);
}

static int ends_with_the_other(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_lock_acquire(other), 0);
    return crib_lock_release(lock);
}

static int breaks_all(void *arg) {
    (void)arg;
    lock = crib_lock_new();
    other = crib_lock_new();
    in_child(ends_with_both, NULL);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_acquire(other), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_recover(lock), 0);
    EXPECT_EQ(crib_lock_recover(other), 0);
    EXPECT_EQ(crib_lock_release(other), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    in_child(ends_with_the_other, NULL);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_lock_acquire(other), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    crib_unref(other);
    return RAN;
}

Test(sync_broken, s107_the_end_of_a_task_breaks_what_it_holds_and_nothing_else) {
    EXPECT_RUN(run_autojump(breaks_all, NULL));
}

static int keeps_none(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *ended = crib_nursery_spawn(n, "ended", ends_with_it, NULL, NULL);
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_lock_recover_by(lock, ended), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, ended), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_release_by(lock, ended), CRIB_EMISUSE);
    EXPECT_EQ(statistics_of(lock).broken, 1);
    crib_unref(ended);
    crib_unref(lock);
    return RAN;
}

Test(sync_broken, s107_a_task_that_has_ended_can_hold_no_lock) { EXPECT_RUN(run_autojump(keeps_none, NULL)); }
