/* Semaphores: NULL, other runs, outside of tasks, statistics, handles that go while tasks wait. */
#include "capi/refusals.h"

TestSuite(semaphore, .init = listen_to_messages, .timeout = 20);

static int statistics(void *s, void *out) { return crib_semaphore_statistics(s, out); }

static int c_acquire(void *s) { return crib_semaphore_acquire(s); }
static int c_begin(void *s) { return crib_begin_semaphore_acquire(an_op(), s); }
static int c_nowait(void *s) { return crib_semaphore_acquire_nowait(s); }
static int c_release(void *s) { return crib_semaphore_release(s); }
static int c_statistics(void *s) {
    crib_semaphore_stats stats = {.size = sizeof stats};
    return crib_semaphore_statistics(s, &stats);
}

static const struct handle_call calls[] = {
    {"crib_semaphore_acquire", c_acquire},       {"crib_begin_semaphore_acquire", c_begin},
    {"crib_semaphore_acquire_nowait", c_nowait}, {"crib_semaphore_release", c_release},
    {"crib_semaphore_statistics", c_statistics},
};
#define CALLS (sizeof calls / sizeof calls[0])

static void without_a_task(void *s) {
    EXPECT_EQ(crib_semaphore_acquire_nowait(s), 0);
    EXPECT_EQ(crib_semaphore_acquire_nowait(s), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_QUIET();
}

static int strangers(void *arg) {
    crib_semaphore *s = crib_semaphore_new(1, 1);
    (void)arg;
    expect_strangers_refused(calls, CALLS, s);
    expect_refused_outside_tasks(calls, 1, s);
    in_callback(without_a_task, s);
    EXPECT_EQ(crib_semaphore_acquire(s), 0);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_QUIET();
    crib_unref(s);
    return RAN;
}

Test(semaphore, null_and_semaphores_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_semaphore(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_semaphore_new(1, 1), "crib_semaphore_new", NULL);
}

static int too_many(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_semaphore_new(2, 1), "crib_semaphore_new", "main");
    EXPECT_NO_HANDLE(crib_semaphore_new(UINT32_MAX, 1), "crib_semaphore_new", "main");
    return RAN;
}

Test(semaphore, outside_a_run_or_with_too_many_permits_there_is_no_new_semaphore) {
    in_thread(no_semaphore, NULL);
    no_semaphore(NULL);
    EXPECT_RUN(run_autojump(too_many, NULL));
}

static int last_permit(void *arg) {
    crib_semaphore *s = crib_semaphore_new(1, 1), *unlimited = crib_semaphore_new(UINT32_MAX, 0);
    (void)arg;
    EXPECT_EQ(crib_semaphore_release(s), CODE_EINVAL);
    EXPECT_EQ(crib_semaphore_release(unlimited), CODE_EINVAL);
    EXPECT_QUIET(); /* a number, no misuse */
    crib_unref(s);
    crib_unref(unlimited);
    return RAN;
}

Test(semaphore, one_permit_too_many_is_refused_without_a_message) { EXPECT_RUN(run_autojump(last_permit, NULL)); }

static void in_flat_task(crib_task *self, void *arg) {
    crib_semaphore *s = crib_semaphore_new(1, 1);
    crib_op *op = crib_task_op(self);
    (void)arg;
    EXPECT_EQ(crib_semaphore_acquire(s), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_semaphore_acquire(op, s), 0);
    EXPECT_EQ(crib_begin_semaphore_acquire(op, s), CRIB_PENDING);
    EXPECT_EQ(crib_begin_semaphore_acquire(op, s), CRIB_EBUSY);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_semaphore_release(s), 0);
    EXPECT_QUIET();
    crib_unref(s);
}

Test(semaphore, a_stackless_task_acquires_by_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_semaphore *s = crib_semaphore_new(3, 7);
    (void)arg;
    EXPECT_EQ(crib_semaphore_acquire(s), 0);
    EXPECT_SIZED(statistics, s, crib_semaphore_stats);
    crib_unref(s);
    return RAN;
}

Test(semaphore, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin(crib_op *op, void *s) { return crib_begin_semaphore_acquire(op, s); }
static void *make(void) { return crib_semaphore_new(0, 1); }

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_acquire, begin, make());
    expect_closed_by_destroy(c_acquire, make());
    return RAN;
}

Test(semaphore, those_who_wait_for_a_semaphore_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(semaphore, a_semaphore_may_outlive_its_runtime) { expect_outlives(make, calls[3]); }
