/* Conditions: NULL, other runs, outside of tasks, statistics, locks that break or go, handles that go, deadlocks. */
#include "capi/refusals.h"
#include "support/log.h"

TestSuite(condition, .init = listen_to_messages, .timeout = 20);

static int statistics(void *c, void *out) { return crib_condition_statistics(c, out); }

static int c_wait(void *c) { return crib_condition_wait(c); }
static int c_begin(void *c) { return crib_begin_condition_wait(an_op(), c); }
static int c_notify(void *c) { return crib_condition_notify(c, 1); }
static int c_notify_all(void *c) { return crib_condition_notify_all(c); }
static int c_notify_by(void *c) { return crib_condition_notify_by(c, crib_task_current(), 1); }
static int c_statistics(void *c) {
    crib_condition_stats s = {.size = sizeof s};
    return crib_condition_statistics(c, &s);
}

static const struct handle_call calls[] = {
    /* these need a task, or are told which; */
    {"crib_condition_wait", c_wait},
    {"crib_condition_notify", c_notify},
    {"crib_condition_notify_all", c_notify_all},
    {"crib_condition_notify_by", c_notify_by},
    /* these do not */
    {"crib_begin_condition_wait", c_begin},
    {"crib_condition_statistics", c_statistics},
};
#define CALLS      (sizeof calls / sizeof calls[0])
#define NEED_TASKS 4

static int strangers(void *arg) {
    crib_condition *c = crib_condition_new(NULL);
    (void)arg;
    expect_strangers_refused(calls, CALLS, c);
    expect_refused_outside_tasks(calls, NEED_TASKS, c);
    EXPECT(crib_condition_lock(NULL) == NULL);
    EXPECT_QUIET();
    crib_unref(c);
    return RAN;
}

Test(condition, null_and_conditions_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static int without_the_lock(void *arg) {
    crib_condition *c = crib_condition_new(NULL);
    size_t i;
    (void)arg;
    for (i = 0; i < CALLS - 1; i++) EXPECT_MISUSE(calls[i].call(c), calls[i].name, "main");
    EXPECT_EQ(c_statistics(c), 0);
    EXPECT_MISUSE(crib_condition_notify_by(c, NULL, 1), "crib_condition_notify_by", "main");
    crib_unref(c);
    return RAN;
}

Test(condition, whoever_does_not_own_the_lock_is_told_by_name) { EXPECT_RUN(run_autojump(without_the_lock, NULL)); }

static int with_foreign_lock(void *lock) {
    EXPECT_NO_HANDLE(crib_condition_new(lock), "crib_condition_new", "main");
    return RAN;
}

static void no_condition(void *lock) { EXPECT_NO_HANDLE(crib_condition_new(lock), "crib_condition_new", NULL); }

static int lends_lock(void *arg) {
    crib_lock *l = crib_lock_new();
    (void)arg;
    in_other_run(with_foreign_lock, l);
    in_thread(no_condition, l);
    in_thread(no_condition, NULL);
    crib_unref(l);
    return RAN;
}

Test(condition, outside_the_locks_run_there_is_no_new_condition) { EXPECT_RUN(run_autojump(lends_lock, NULL)); }

/* --- references --- */

static int keeps_the_lock(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_condition *c = crib_condition_new(l), *other = crib_condition_new(l);
    (void)arg;
    EXPECT(crib_condition_lock(c) == l && crib_condition_lock(other) == l);
    crib_unref(l); /* the conditions have theirs */
    EXPECT_EQ(crib_lock_acquire(crib_condition_lock(c)), 0);
    crib_unref(c);
    EXPECT_EQ(crib_condition_notify_all(other), 0);
    EXPECT_EQ(crib_lock_release(crib_condition_lock(other)), 0);
    crib_unref(other);
    return RAN;
}

Test(condition, a_condition_keeps_its_lock) { EXPECT_RUN(run_autojump(keeps_the_lock, NULL)); }

/* One waits, one is notified, one is cancelled; then the condition goes, while somebody has the lock, and the lock is
 * kept by a reference or goes too. */
static int goes_with_waiters(void *keep_lock) {
    crib_lock *l = crib_lock_new();
    crib_condition *c = crib_condition_new(l);
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "idle");
    crib_op *ops[3];
    int i;
    for (i = 0; i < 3; i++) {
        ops[i] = crib_op_new(task, NULL);
        EXPECT_EQ(crib_lock_acquire_nowait_by(l, task), 0);
        EXPECT_EQ(crib_begin_condition_wait(ops[i], c), CRIB_PENDING);
    }
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_op_abort(ops[1]), CRIB_EBUSY);
    if (keep_lock == NULL) crib_unref(l);
    crib_unref(c);
    if (keep_lock != NULL) {
        const int results[3] = {0, CRIB_ECANCELLED, CRIB_ECLOSED};
        EXPECT_EQ(slot_result(ops[2]), CRIB_PENDING);
        EXPECT_EQ(crib_lock_release(l), 0);
        for (i = 0; i < 3; i++) {
            EXPECT_EQ(slot_result(ops[i]), results[i]);
            EXPECT_EQ(crib_lock_release_by(l, task), 0);
        }
        crib_unref(l);
    } else {
        for (i = 0; i < 3; i++) EXPECT_EQ(slot_result(ops[i]), CRIB_ECLOSED);
    }
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(condition, those_who_wait_for_a_condition_that_goes_are_told_and_have_the_lock) {
    EXPECT_RUN(run_autojump(goes_with_waiters, ""));
}

Test(condition, those_who_wait_for_a_condition_that_goes_with_its_lock_are_told) {
    EXPECT_RUN(run_autojump(goes_with_waiters, NULL));
}

/* Nobody has the lock when the condition goes: the waiters get it one by one. */
static int waits_to_the_end(void *c) {
    crib_lock *l = crib_condition_lock(c);
    EXPECT_EQ(crib_lock_acquire(l), 0);
    log_add(crib_error_name(crib_condition_wait(c)));
    EXPECT_EQ(crib_lock_release(l), 0);
    return 0;
}

static int goes_with_fibers(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_condition *c = crib_condition_new(l);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "a", waits_to_the_end, c, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", waits_to_the_end, c, NULL), 0);
    settle();
    crib_unref(c);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("CRIB_ECLOSED CRIB_ECLOSED");
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_lock_release(l), 0);
    crib_unref(l);
    return RAN;
}

Test(condition, a_condition_that_goes_leaves_its_lock_in_order) { EXPECT_RUN(run_autojump(goes_with_fibers, NULL)); }

/* The wait got its lock, nobody took that, and the condition is gone: the lock goes back, and that is all. */
static int gone_before_taken(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_condition *c = crib_condition_new(l);
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "idle");
    crib_op *op = crib_op_new(task, NULL);
    (void)arg;
    EXPECT_EQ(crib_lock_acquire_nowait_by(l, task), 0);
    EXPECT_EQ(crib_begin_condition_wait(op, c), CRIB_PENDING);
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_lock_release(l), 0);
    crib_unref(c);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_lock_acquire_nowait(l), 0);
    EXPECT_EQ(crib_lock_release(l), 0);
    crib_unref(l);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(condition, a_wait_nobody_took_may_outlive_its_condition) { EXPECT_RUN(run_autojump(gone_before_taken, NULL)); }

/* --- the lock breaks --- */

static int breaks(void *l) { return crib_lock_acquire(l); }

static int broken_lock(void *arg) {
    crib_lock *l = crib_lock_new();
    crib_condition *c = crib_condition_new(l);
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "idle");
    crib_op *ops[4];
    int i;
    (void)arg;
    for (i = 0; i < 4; i++) {
        ops[i] = crib_op_new(task, NULL);
        EXPECT_EQ(crib_lock_acquire_nowait_by(l, task), 0);
        EXPECT_EQ(crib_begin_condition_wait(ops[i], c), CRIB_PENDING);
    }
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "breaks", breaks, l, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    EXPECT_EQ(crib_op_abort(ops[1]), CRIB_EBUSY);
    EXPECT_EQ(crib_lock_release(l), 0);
    EXPECT_EQ(slot_result(ops[0]), CRIB_EBROKEN); /* those in the lock's queue */
    EXPECT_EQ(slot_result(ops[1]), CRIB_EBROKEN);
    EXPECT_EQ(slot_result(ops[2]), CRIB_PENDING); /* those in the condition's are not concerned, */
    slot_cancel(ops[2]);
    EXPECT_EQ(slot_take(ops[2]), CRIB_EBROKEN); /* until they want the lock */
    EXPECT_EQ(crib_condition_notify(c, 1), CRIB_EMISUSE);
    said_forget();
    EXPECT_EQ(crib_lock_recover(l), 0);
    EXPECT_EQ(crib_condition_notify(c, 2), 1);
    EXPECT_EQ(crib_lock_release(l), 0);
    EXPECT_EQ(slot_result(ops[3]), 0);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(c);
    crib_unref(l);
    return RAN;
}

Test(condition, a_lock_that_breaks_concerns_those_who_wait_for_it) { EXPECT_RUN(run_autojump(broken_lock, NULL)); }

/* --- a lock that never comes back --- */

static int gets_no_lock(void *c) {
    crib_lock *l = crib_condition_lock(c);
    EXPECT_EQ(crib_lock_acquire(l), 0);
    EXPECT_EQ(crib_condition_wait(c), CRIB_EDEADLOCK);
    EXPECT_EQ(crib_lock_release(l), CRIB_EMISUSE);
    return CRIB_ECANCELLED;
}

static int holds_on(void *notified) {
    crib_condition *c = crib_condition_new(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_op *op = an_op();
    EXPECT_EQ(crib_lock_acquire(crib_condition_lock(c)), 0);
    EXPECT_EQ(crib_begin_condition_wait(op, c), CRIB_PENDING);
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", gets_no_lock, c, NULL), 0);
    settle();
    EXPECT_EQ(crib_lock_acquire(crib_condition_lock(c)), 0);
    if (notified != NULL) EXPECT_EQ(crib_condition_notify(c, 2), 2);
    crib_nursery_close(n, 0);
    EXPECT_EQ(crib_lock_release(crib_condition_lock(c)), 0);
    crib_op_free(op);
    crib_unref(c);
    return RAN;
}

Test(condition, a_wait_whose_lock_never_comes_is_a_deadlock) {
    EXPECT_RUN_RETURNS(run_autojump(holds_on, NULL), CRIB_EDEADLOCK);
    EXPECT_RUN_RETURNS(run_autojump(holds_on, ""), CRIB_EDEADLOCK);
}

/* --- the rest --- */

static void in_flat_task(crib_task *self, void *arg) {
    crib_condition *c = crib_condition_new(NULL);
    crib_op *op = crib_task_op(self);
    (void)arg;
    EXPECT_EQ(crib_condition_wait(c), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_lock_acquire_nowait(crib_condition_lock(c)), 0);
    EXPECT_EQ(crib_condition_notify_all(c), 0);
    EXPECT_EQ(crib_begin_condition_wait(op, c), CRIB_PENDING);
    EXPECT_EQ(crib_lock_acquire_nowait(crib_condition_lock(c)), 0);
    EXPECT_EQ(crib_begin_condition_wait(op, c), CRIB_EBUSY); /* and the lock is kept */
    EXPECT_EQ(crib_condition_notify_all(c), 1);
    EXPECT_EQ(crib_lock_release(crib_condition_lock(c)), 0);
    EXPECT_QUIET();
    crib_op_abort(op);
    crib_unref(c);
}

Test(condition, a_stackless_task_waits_in_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_condition *c = crib_condition_new(NULL);
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(crib_condition_lock(c)), 0);
    EXPECT_EQ(c_begin(c), CRIB_PENDING);
    EXPECT_SIZED(statistics, c, crib_condition_stats);
    crib_unref(c);
    return RAN;
}

Test(condition, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static void *make(void) { return crib_condition_new(NULL); }

Test(condition, a_condition_may_outlive_its_runtime) { expect_outlives(make, calls[0]); }
