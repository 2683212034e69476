/* The statements on checkpoints, kept by stackless tasks. */
#include "support/log.h"
#include "support/op_kit.h"
#include "support/step_machine.h"
#include "support/ticker.h"

TestSuite(checkpoint, .timeout = 30);

/* A machine with the kit in its `data`, beside a ticker; `time` keeps a count of ticks. */
static machine_step kit_step;

static int kit_main(void *arg) {
    crib_nursery *ticker = ticker_start();
    crib_nursery *n = crib_nursery_open();
    machine m;
    op_kit k;
    (void)arg;
    memset(&m, 0, sizeof m);
    m.data = &k;
    kit_open(&k);
    EXPECT(machine_start(n, "machine", &m, kit_step) != NULL);
    EXPECT_EQ(crib_nursery_wait_idle(n), 0);
    EXPECT(m.ended);
    kit_close(&k);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    ticker_stop(ticker);
    return RAN;
}

#define KIT_OF(m) ((op_kit *)(m)->data)

/* Begins operation `i`; the last three always yield. */
static int kit_begin(machine *m, int i) {
    op_kit *k = KIT_OF(m);
    switch (i) {
        case 0: return crib_begin_send(m->op, k->tx, crib_value_int(2));
        case 1: return machine_receive(m, k->rx);
        case 2: return crib_begin_task_wait(m->op, k->ended);
        case 3: return crib_begin_nursery_wait_idle(m->op, k->idle);
        case 4: return crib_begin_nursery_wait_room(m->op, k->idle);
        case 5: return crib_begin_checkpoint(m->op);
        case 6: return crib_begin_sleep(m->op, 0);
        default: return crib_begin_sleep_until(m->op, crib_now() - 1);
    }
}
#define KIT_BEGINS 8

static int count_schedules(machine *m, int status) {
    MACHINE_BEGIN(m);
    for (m->count = 0; m->count < KIT_BEGINS; ++m->count) {
        MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
        m->time = ticks;
        MACHINE_WAIT(m, kit_begin(m, m->count));
        EXPECT_EQ(status, 0);
        EXPECT_EQ(ticks - m->time, 1);
    }
    MACHINE_END(m);
}

Test(checkpoint, s043_under_strict_rules_every_operation_schedules_stackless) {
    kit_step = count_schedules;
    EXPECT_RUN(run_strict(kit_main, NULL));
}

static int count_schedules_in_budget(machine *m, int status) {
    MACHINE_BEGIN(m);
    for (m->count = 0; m->count < KIT_BEGINS; ++m->count) {
        MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
        m->time = ticks;
        MACHINE_WAIT(m, kit_begin(m, m->count));
        EXPECT_EQ(status, 0);
        EXPECT_EQ(ticks - m->time, m->count >= 5);
    }
    MACHINE_END(m);
}

Test(checkpoint, s043_within_its_budget_an_operation_that_need_not_wait_does_not_schedule_stackless) {
    kit_step = count_schedules_in_budget;
    EXPECT_RUN(run_autojump(kit_main, NULL));
}

static int spend_the_budget(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    m->time = ticks;
    for (m->count = 1; m->count <= 65; ++m->count) {
        MACHINE_WAIT(m, crib_begin_send(m->op, KIT_OF(m)->tx, crib_value_int(2)));
        EXPECT_EQ(status, 0);
        if (m->count == 63) EXPECT_EQ(ticks, m->time);
    }
    EXPECT_EQ(ticks, m->time + 1);
    MACHINE_END(m);
}

Test(checkpoint, s043_a_spent_budget_schedules_stackless) {
    kit_step = spend_the_budget;
    EXPECT_RUN(run_autojump(kit_main, NULL));
}

static int check_every_operation(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    for (m->count = 0; m->count < KIT_BEGINS; ++m->count) {
        MACHINE_WAIT(m, kit_begin(m, m->count));
        EXPECT_EQ(status, CRIB_ECANCELLED);
        EXPECT(m->value.vt == NULL);
    }
    EXPECT_EQ(machine_close(m->outer, 0, NULL), 0);
    /* The value of the kit is still there, and nothing was sent behind it. */
    MACHINE_WAIT(m, machine_receive(m, KIT_OF(m)->rx));
    EXPECT_EQ(crib_value_as_int(m->value, -1), 1);
    EXPECT_EQ(crib_receiver_receive_nowait(KIT_OF(m)->rx, &m->value), CRIB_EWOULDBLOCK);
    MACHINE_END(m);
}

Test(checkpoint, s045_a_cancelled_operation_did_nothing_stackless) {
    kit_step = check_every_operation;
    EXPECT_RUN(run_autojump(kit_main, NULL));
    EXPECT_RUN(run_strict(kit_main, NULL));
}

static int call_never(void *arg) {
    (void)arg;
    log_add("called");
    return 0;
}

static void log_destroy(void *arg) {
    (void)arg;
    log_add("destroyed");
}

static int begin_a_call_while_cancelled(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_call(m->op, call_never, NULL, log_destroy));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_LOG("destroyed");
    EXPECT_EQ(machine_close(m->outer, 0, NULL), 0);
    MACHINE_END(m);
}

Test(checkpoint, s045_a_cancelled_call_did_not_run_stackless) {
    EXPECT_RUN(run_machine(run_autojump, begin_a_call_while_cancelled));
}

static int cancel_given(void *scope) { return crib_scope_cancel(scope, NULL); }

static int cancel_during_the_yield(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_nursery_start_soon(crib_task_parent_nursery(m->self), "canceller", cancel_given, m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_send(m->op, KIT_OF(m)->tx, crib_value_int(2)));
    EXPECT_EQ(status, 0);
    EXPECT(crib_scope_cancel_called(m->outer));
    MACHINE_WAIT(m, crib_begin_send(m->op, KIT_OF(m)->tx, crib_value_int(2)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

Test(checkpoint, s046_an_operation_that_has_succeeded_is_not_cancelled_by_its_own_yield_stackless) {
    kit_step = cancel_during_the_yield;
    EXPECT_RUN(run_strict(kit_main, NULL));
}

static int halves(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->time = ticks;
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_sleep(0), CRIB_ENOTFIBER);
    EXPECT_EQ(ticks, m->time);
    crib_task_cancel(m->self, NULL);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(ticks, m->time + 1);
    MACHINE_END(m);
}

Test(checkpoint, s047_the_two_halves_and_the_whole_stackless) {
    kit_step = halves;
    EXPECT_RUN(run_autojump(kit_main, NULL));
    EXPECT_RUN(run_strict(kit_main, NULL));
}

static int close_a_nursery(machine *m, int status) {
    crib_nursery_options options;
    MACHINE_BEGIN(m);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    m->outer = machine_scope(m, NULL, scope_defaults());
    options.parent = m->outer;
    m->time = ticks;
    m->nursery = crib_nursery_open_with(&options);
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    EXPECT_EQ(ticks, m->time);
    MACHINE_WAIT(m, crib_begin_nursery_close(m->op, m->nursery, NULL));
    EXPECT_EQ(status, 0);
    EXPECT(ticks >= m->time + 1);
    EXPECT(crib_op_take_error(m->op) == NULL);
    EXPECT_EQ(machine_close(m->outer, 0, &m->caught), 0);
    EXPECT(!m->caught);
    MACHINE_END(m);
}

Test(checkpoint, s049_only_the_close_of_a_nursery_schedules_and_no_block_is_a_cancel_point_stackless) {
    kit_step = close_a_nursery;
    EXPECT_RUN(run_autojump(kit_main, NULL));
}

static bool refuse(crib_op *op, void *aborts) {
    (void)op;
    ++*(int *)aborts;
    return false;
}

static int park_and_be_completed(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_park(m->op, refuse, &m->count, "the test"));
    EXPECT_EQ(status, 7);
    EXPECT_EQ(crib_value_as_int(m->value, -1), 70);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    MACHINE_END(m);
}

static int complete_after_cancel(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    memset(&m, 0, sizeof m);
    task = machine_start(n, "machine", &m, park_and_be_completed);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    crib_nursery_cancel(n, NULL);
    crib_task_cancel(task, NULL);
    EXPECT_EQ(m.count, 1);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_op_complete(m.op, 7, crib_value_int(70)), 0);
    EXPECT_EQ(crib_op_complete(m.op, 8, crib_value_int(80)), CRIB_EMISUSE);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(m.ended);
    return RAN;
}

Test(checkpoint, s052_an_abort_that_fails_leaves_the_wake_up_to_its_owner_stackless) {
    EXPECT_RUN(run_autojump(complete_after_cancel, NULL));
}

static int receive_and_exit(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, machine_receive(m, m->data));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_value_as_int(m->value, -1), 5);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    MACHINE_END(m);
}

static int cancel_after_hand_off(void *arg) {
    machine m;
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = crib_value_int(5);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    EXPECT_EQ(crib_channel_open(0, &tx, &rx), 0);
    m.data = rx;
    EXPECT(machine_start(n, "receiver", &m, receive_and_exit) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(m.ended);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(checkpoint, s054_an_item_handed_over_before_the_cancel_is_received_stackless) {
    EXPECT_RUN(run_autojump(cancel_after_hand_off, NULL));
}

static int three_rounds(machine *m, int status) {
    MACHINE_BEGIN(m);
    for (m->count = 0; m->count < 3; ++m->count) {
        log_add(m->data);
        MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
        EXPECT_EQ(status, 0);
    }
    MACHINE_END(m);
}

static int three_rounds_in_a_fiber(void *name) {
    int i;
    for (i = 0; i < 3; ++i) {
        log_add(name);
        EXPECT_EQ(crib_checkpoint(), 0);
    }
    return 0;
}

static int interleave(void *arg) {
    machine a, c;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&a, 0, sizeof a);
    memset(&c, 0, sizeof c);
    a.data = "a";
    c.data = "c";
    EXPECT(machine_start(n, "a", &a, three_rounds) != NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", three_rounds_in_a_fiber, "b", NULL), 0);
    EXPECT(machine_start(n, "c", &c, three_rounds) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c a b c a b c");
    return RAN;
}

Test(checkpoint, s057_every_ready_task_runs_once_a_pass_stackless) {
    EXPECT_RUN(run_autojump(interleave, NULL));
    log_clear();
    EXPECT_RUN(run_strict(interleave, NULL));
}

static int start_is_not_eager(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    memset(&m, 0, sizeof m);
    m.data = "machine";
    task = machine_start(n, "machine", &m, three_rounds);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_NEW);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
    log_add("parent");
    EXPECT_LOG("parent");
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_LOG("parent machine");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(checkpoint, s056_start_stackless_runs_nothing_until_the_caller_yields_stackless) {
    EXPECT_RUN(run_autojump(start_is_not_eager, NULL));
}
