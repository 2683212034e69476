/* Locks: NULL, other runs, outside of tasks, statistics, handles that go while tasks wait, deadlocks. */
#include "capi/refusals.h"

TestSuite(lock, .init = listen_to_messages, .timeout = 20);

static int statistics(void *l, void *out) { return crib_lock_statistics(l, out); }

static int c_acquire(void *l) { return crib_lock_acquire(l); }
static int c_begin(void *l) { return crib_begin_lock_acquire(an_op(), l); }
static int c_nowait(void *l) { return crib_lock_acquire_nowait(l); }
static int c_release(void *l) { return crib_lock_release(l); }
static int c_recover(void *l) { return crib_lock_recover(l); }
static int c_nowait_by(void *l) { return crib_lock_acquire_nowait_by(l, crib_task_current()); }
static int c_release_by(void *l) { return crib_lock_release_by(l, crib_task_current()); }
static int c_recover_by(void *l) { return crib_lock_recover_by(l, crib_task_current()); }
static int c_statistics(void *l) {
    crib_lock_stats s = {.size = sizeof s};
    return crib_lock_statistics(l, &s);
}

static const struct handle_call calls[] = {
    /* these need a task, */
    {"crib_lock_acquire", c_acquire},
    {"crib_lock_acquire_nowait", c_nowait},
    {"crib_lock_release", c_release},
    {"crib_lock_recover", c_recover},
    /* or are told which, */
    {"crib_lock_acquire_nowait_by", c_nowait_by},
    {"crib_lock_release_by", c_release_by},
    {"crib_lock_recover_by", c_recover_by},
    /* and these do not */
    {"crib_begin_lock_acquire", c_begin},
    {"crib_lock_statistics", c_statistics},
};
#define CALLS      (sizeof calls / sizeof calls[0])
#define NEED_TASKS 7

static int strangers(void *arg) {
    crib_lock *l = crib_lock_new();
    (void)arg;
    expect_strangers_refused(calls, CALLS, l);
    expect_refused_outside_tasks(calls, NEED_TASKS, l);
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_lock_release(l), 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(lock, null_and_locks_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_lock(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_lock_new(), "crib_lock_new", NULL);
}

Test(lock, outside_a_run_there_is_no_new_lock) {
    in_thread(no_lock, NULL);
    no_lock(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int owners(void *arg) {
    crib_lock *l = crib_lock_new();
    (void)arg;
    EXPECT_MISUSE(crib_lock_release(l), "crib_lock_release", "main");
    EXPECT_EQ(crib_lock_recover(l), CRIB_EBUSY);
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_lock_acquire(l), "crib_lock_acquire", "main");
    EXPECT_MISUSE(crib_lock_acquire_nowait(l), "crib_lock_acquire_nowait", "main");
    EXPECT_MISUSE(c_nowait_by(l), "crib_lock_acquire_nowait_by", "main");
    EXPECT_MISUSE(c_begin(l), "crib_begin_lock_acquire", "main");
    EXPECT_EQ(crib_lock_release(l), 0);
    EXPECT_MISUSE(c_release_by(l), "crib_lock_release_by", "main");
    crib_unref(l);
    return RAN;
}

Test(lock, who_owns_it_and_who_does_not_is_said_by_name) { EXPECT_RUN(run_autojump(owners, NULL)); }

static int the_dead(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "over", ends, NULL, NULL);
    (void)arg;
    EXPECT_EQ(crib_lock_acquire_nowait_by(l, task), 0); /* it has not run yet */
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_lock_acquire(l), CRIB_EBROKEN);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_lock_acquire_nowait_by(l, task), "crib_lock_acquire_nowait_by", "(ended)");
    EXPECT_MISUSE(crib_lock_release_by(l, task), "crib_lock_release_by", "(ended)");
    EXPECT_MISUSE(crib_lock_recover_by(l, task), "crib_lock_recover_by", "(ended)");
    EXPECT_MISUSE(crib_lock_recover_by(l, NULL), "crib_lock_recover_by", "main");
    crib_unref(task);
    crib_unref(l);
    return RAN;
}

Test(lock, a_task_that_has_ended_owns_nothing) { EXPECT_RUN(run_autojump(the_dead, NULL)); }

static void in_flat_task(crib_task *self, void *arg) {
    crib_lock *l = crib_lock_new();
    crib_op *op = crib_task_op(self);
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(l), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_lock_acquire(op, l), 0);
    EXPECT_EQ(crib_lock_release(l), 0);
    EXPECT_EQ(crib_lock_acquire_nowait(l), 0);
    EXPECT_EQ(crib_lock_release_by(l, self), 0);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_begin_lock_acquire(NULL, l), "crib_begin_lock_acquire", "flat");
    crib_unref(l);
}

Test(lock, a_stackless_task_acquires_by_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_lock_stats s = {.size = sizeof s};
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_SIZED(statistics, l, crib_lock_stats);
    EXPECT_EQ(crib_lock_statistics(l, &s), 0);
    EXPECT(s.waiting == 0 && s.owner == crib_task_current() && s.broken == 0);
    EXPECT_EQ(crib_lock_release(l), 0);
    crib_unref(l);
    return RAN;
}

Test(lock, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin(crib_op *op, void *l) { return crib_begin_lock_acquire(op, l); }

static void *make_held(void) {
    crib_lock *l = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(l), 0);
    return l;
}

static void *make(void) { return crib_lock_new(); }

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_acquire, begin, make_held());
    expect_closed_by_destroy(c_acquire, make_held());
    return RAN; /* the end of the owner finds nothing to break */
}

Test(lock, those_who_wait_for_a_lock_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(lock, a_lock_may_outlive_its_runtime) { expect_outlives(make, calls[0]); }
Test(lock, a_lock_that_main_holds_may_outlive_its_runtime) { expect_outlives(make_held, calls[2]); }

/* --- two tasks, two locks --- */

static crib_lock *first, *second;

static int first_then_second(void *arg) {
    int rc;
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(first), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    rc = crib_lock_acquire(second);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_lock_release(first), 0);
    return rc;
}

static int second_then_first(void *arg) {
    int rc;
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(second), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    rc = crib_lock_acquire(first);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_lock_release(second), 0);
    return rc;
}

static int embrace(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    first = crib_lock_new();
    second = crib_lock_new();
    EXPECT_EQ(crib_nursery_start_soon(n, "one", first_then_second, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "two", second_then_first, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_ECANCELLED);
    crib_unref(first);
    crib_unref(second);
    return RAN;
}

Test(lock, two_tasks_with_two_locks_are_a_deadlock) {
    EXPECT_RUN_RETURNS(run_autojump(embrace, NULL), CRIB_EDEADLOCK);
    cr_assert_not_null(strstr(said_all, "task 'one' (fiber): waits for a lock"), "%s", said_all);
    cr_assert_not_null(strstr(said_all, "task 'two' (fiber): waits for a lock"), "%s", said_all);
}
