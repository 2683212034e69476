/* Statements 51-57 on waits, kept by stackless tasks. */
#include "support/counted.h"
#include "support/log.h"
#include "support/step_machine.h"
#include "support/ticker.h"

TestSuite(checkpoint, .timeout = 30);

static int sleep_not_at_all(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    m->count = ticks;
    m->time = crib_now();
    MACHINE_WAIT(m, crib_begin_sleep(m->op, 0));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(ticks, m->count + 1);
    MACHINE_WAIT(m, crib_begin_sleep_until(m->op, m->time));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(ticks, m->count + 2);
    EXPECT_EQ(crib_begin_sleep(m->op, -1), CODE_EINVAL);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, 0));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), m->time);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

static int beside_a_ticker(void *arg) {
    crib_nursery *ticker = ticker_start();
    EXPECT_EQ(machine_main(arg), RAN);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s051_a_sleep_of_no_length_is_a_checkpoint_stackless) {
    machine m;
    memset(&m, 0, sizeof m);
    m.step = sleep_not_at_all;
    EXPECT_RUN(run_autojump(beside_a_ticker, &m));
    memset(&m, 0, sizeof m);
    m.step = sleep_not_at_all;
    EXPECT_RUN(run_strict(beside_a_ticker, &m));
}

static int sleep_forever(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_FOREVER));
    m->count = status;
    MACHINE_END(m);
}

static int complete_by_hand(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    memset(&m, 0, sizeof m);
    task = machine_start(n, "sleeper", &m, sleep_forever);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_op_complete(m.op, 0, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_unpark(task, 0, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 2);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT(!m.ended);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(m.count, CRIB_ECANCELLED);
    return RAN;
}

Test(checkpoint, s051_a_sleep_for_ever_is_not_woken_by_hand_stackless) {
    EXPECT_RUN(run_autojump(complete_by_hand, NULL));
}

/* Parks once with the abort function in `parking`; `count` is what the wait gave. */
static crib_abort_fn parking;

static int park_once(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_park(m->op, parking, m, "the test"));
    m->count = status;
    m->time = crib_value_as_int(m->value, -1);
    m->caught = crib_checkpoint_if_cancelled() == CRIB_ECANCELLED;
    log_add("woke");
    MACHINE_END(m);
}

static bool undo(crib_op *op, void *m) {
    EXPECT(op == ((machine *)m)->op);
    EXPECT(!crib_in_task());
    log_add("abort");
    return true;
}

static int abort_succeeds(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    memset(&m, 0, sizeof m);
    parking = undo;
    task = machine_start(n, "parker", &m, park_once);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_task_cancel(task, NULL);
    crib_nursery_cancel(n, NULL);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_op_complete(m.op, 0, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort woke");
    EXPECT_EQ(m.count, CRIB_ECANCELLED);
    return RAN;
}

Test(checkpoint, s052_an_abort_that_succeeds_wakes_with_cancelled_and_runs_once_stackless) {
    EXPECT_RUN(run_autojump(abort_succeeds, NULL));
}

static int park_without_abort(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    memset(&m, 0, sizeof m);
    parking = NULL;
    task = machine_start(n, "parker", &m, park_once);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_op_complete(m.op, 3, crib_value_int(30)), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(m.count, 3);
    EXPECT_EQ(m.time, 30);
    EXPECT(m.caught);
    return RAN;
}

Test(checkpoint, s052_a_wait_without_an_abort_function_is_not_cancelled_stackless) {
    EXPECT_RUN(run_autojump(park_without_abort, NULL));
}

static int cancel_after_complete(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    parking = undo;
    EXPECT(machine_start(n, "parker", &m, park_once) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_op_complete(m.op, 3, crib_value_int(30)), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_op_complete(m.op, 4, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("woke");
    EXPECT_EQ(m.count, 3);
    EXPECT_EQ(m.time, 30);
    EXPECT(m.caught);
    return RAN;
}

Test(checkpoint, s054_a_cancel_after_the_wake_up_does_not_replace_its_result_stackless) {
    EXPECT_RUN(run_autojump(cancel_after_complete, NULL));
}

static int begin_twice(machine *m, int status) {
    crib_result result;
    MACHINE_BEGIN(m);
    /* Nothing to wake, and nothing to take. */
    EXPECT_EQ(crib_op_complete(m->op, 0, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_op_take(m->op, &result), CRIB_EMISUSE);
    EXPECT_EQ(crib_begin_park(m->op, undo, m, "the test"), CRIB_PENDING);
    EXPECT_EQ(crib_begin_sleep(m->op, CRIB_SECONDS(1)), CRIB_EBUSY);
    EXPECT_EQ(crib_begin_checkpoint(m->op), CRIB_EBUSY);
    EXPECT_EQ(crib_op_take(m->op, &result), CRIB_PENDING);
    EXPECT_EQ(crib_op_complete(m->op, 5, crib_value_int(50)), 0);
    EXPECT_EQ(crib_op_complete(m->op, 6, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 2);
    MACHINE_WAIT(m, CRIB_PENDING);
    EXPECT_EQ(status, 5);
    EXPECT_EQ(crib_value_as_int(m->value, -1), 50);
    MACHINE_END(m);
}

Test(checkpoint, s055_an_op_is_completed_exactly_once_and_only_while_parked_stackless) {
    EXPECT_RUN(run_machine(run_autojump, begin_twice));
}

static int log_name(void *name) {
    log_add(name);
    return 0;
}

static int wake_and_go_on(machine *m, int status) {
    machine *parked = m->data;
    MACHINE_BEGIN(m);
    log_add("waker");
    EXPECT_EQ(crib_op_complete(parked->op, 0, crib_value_int(0)), 0);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    log_add("waker");
    MACHINE_END(m);
}

static int wake_within_a_pass(void *arg) {
    machine parked, waker;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&parked, 0, sizeof parked);
    memset(&waker, 0, sizeof waker);
    parking = undo;
    waker.data = &parked;
    EXPECT(machine_start(n, "parked", &parked, park_once) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT(machine_start(n, "waker", &waker, wake_and_go_on) != NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "bystander", log_name, "bystander", NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("waker bystander woke waker");
    return RAN;
}

Test(checkpoint, s057_a_task_woken_in_a_pass_runs_in_the_next_stackless) {
    EXPECT_RUN(run_autojump(wake_within_a_pass, NULL));
    log_clear();
    EXPECT_RUN(run_strict(wake_within_a_pass, NULL));
}
