/* Virtual time and waiting until nothing moves. */
#include "capi/messages.h"

TestSuite(testing, .init = listen_to_messages, .timeout = 20);

static int run_manual(crib_body_fn body) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_MANUAL};
    return run_with(&o, body, NULL);
}

static void outside(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_clock_jump(1), "crib_clock_jump", NULL);
    EXPECT_MISUSE(crib_wait_all_tasks_blocked(0), "crib_wait_all_tasks_blocked", NULL);
    EXPECT(crib_now() > 0);
    EXPECT(crib_now() <= crib_now());
}

Test(testing, outside_a_run_there_is_only_the_machines_clock) {
    outside(NULL);
    in_thread(outside, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int real_clock(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_clock_jump(1), "crib_clock_jump", "main");
    EXPECT_EQ(crib_clock_jump(-1), CODE_EINVAL);
    EXPECT(crib_now() > 0);
    return RAN;
}

Test(testing, a_real_clock_does_not_jump) { EXPECT_RUN(crib_run(real_clock, NULL)); }

static int sleeps(void *ms) { return crib_sleep(CRIB_MS(*(int *)ms)); }

static int jumps(void *arg) {
    int ms = 50;
    int64_t began = crib_now();
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "sleeps", sleeps, &ms, NULL);
    (void)arg;
    EXPECT(began > 0);
    EXPECT_EQ(crib_clock_jump(-1), CODE_EINVAL);
    EXPECT_EQ(crib_clock_jump(0), 0);
    EXPECT_EQ(crib_now(), began);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_clock_jump(CRIB_MS(49)), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_clock_jump(CRIB_MS(1)), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_ENDED);
    EXPECT_EQ(crib_now(), began + CRIB_MS(50));
    crib_unref(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(testing, a_manual_clock_moves_by_jumps_alone) { EXPECT_RUN(run_manual(jumps)); }

static int jumps_far(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_clock_jump(INT64_MAX), 0);
    EXPECT(crib_now() > 0);
    EXPECT_EQ(crib_clock_jump(INT64_MAX), 0);
    EXPECT(crib_now() > 0); /* arithmetic on times saturates */
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(testing, the_clock_saturates) { EXPECT_RUN(run_manual(jumps_far)); }

static int cushions(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_scope *s;
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_wait_all_tasks_blocked(-1), CODE_EINVAL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(INT64_MIN), CODE_EINVAL);
    EXPECT_EQ(crib_begin_wait_all_tasks_blocked(op, -1), CODE_EINVAL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(INT64_MAX), 0);
    s = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_scope_cancel(s, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT_EQ(crib_begin_wait_all_tasks_blocked(op, 5), CRIB_PENDING);
    EXPECT_EQ(crib_wait_all_tasks_blocked(6), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 0);
    EXPECT_QUIET();
    return RAN;
}

Test(testing, cushions_order_who_waits_and_are_not_negative) { EXPECT_RUN(run_autojump(cushions, NULL)); }

static int own_clock(void *arg) {
    int64_t mine = crib_now();
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(1000)), 0);
    if (arg != NULL) in_other_run(own_clock, NULL);
    EXPECT_EQ(crib_now(), mine + CRIB_SECONDS(1000));
    return RAN;
}

Test(testing, every_run_has_a_clock_of_its_own) { EXPECT_RUN(run_autojump(own_clock, &drops)); }

static int times(void *arg) {
    (void)arg;
    EXPECT_EQ(CRIB_MS(1), 1000000);
    EXPECT_EQ(CRIB_SECONDS(1), CRIB_MS(1000));
    EXPECT_EQ(CRIB_MS(INT32_MAX), (int64_t)INT32_MAX * 1000000);
    EXPECT(CRIB_EXPIRED < 0 && CRIB_FOREVER > 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    return RAN;
}

Test(testing, times_are_nanoseconds) { EXPECT_RUN(run_autojump(times, NULL)); }
