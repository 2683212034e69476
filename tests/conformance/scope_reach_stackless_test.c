/* More statements on scopes, kept by stackless tasks: deadlines, shields, and how far a cancel reaches. */
#include "support/log.h"
#include "support/step_machine.h"

TestSuite(scope, .timeout = 30);

static int leave_without_checkpoint(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    m->caught = true;
    EXPECT_EQ(machine_close(m->outer, 0, &m->caught), 0);
    EXPECT(!m->caught);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, 0);
    MACHINE_END(m);
}

Test(scope, s007_a_cancelled_scope_left_without_a_checkpoint_affects_nothing_stackless) {
    EXPECT_RUN(run_machine(run_autojump, leave_without_checkpoint));
}

static int cancel_before_anything(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_scope_cancel(m->outer, NULL);
    m->inner = machine_scope(m, m->outer, scope_defaults());
    EXPECT_EQ(crib_scope_state(m->inner), CRIB_SCOPE_CANCELLED);
    crib_op_set_scope(m->op, m->inner);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->inner, status, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

Test(scope, s011_the_first_checkpoint_fails_in_a_scope_cancelled_before_it_stackless) {
    EXPECT_RUN(run_machine(run_autojump, cancel_before_anything));
}

static int cancel_a_closed_scope(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    EXPECT_EQ(machine_close(m->outer, 0, NULL), 0);
    m->inner = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->inner);
    EXPECT_EQ(crib_scope_cancel(m->outer, NULL), 0);
    EXPECT(!crib_scope_cancel_called(m->outer));
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(machine_close(m->inner, 0, NULL), 0);
    MACHINE_END(m);
}

Test(scope, s014_cancelling_a_closed_scope_touches_nobody_stackless) {
    EXPECT_RUN(run_machine(run_autojump, cancel_a_closed_scope));
}

static int move_a_deadline(void *arg) {
    machine *m = arg;
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_set_deadline(m->outer, m->time + CRIB_SECONDS(3)), 0);
    return 0;
}

static int sleep_until_moved(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.timeout = CRIB_SECONDS(9);
    MACHINE_BEGIN(m);
    m->time = crib_now();
    m->outer = machine_scope(m, NULL, options);
    crib_op_set_scope(m->op, m->outer);
    crib_nursery_start_soon(crib_task_parent_nursery(m->self), "mover", move_a_deadline, m, NULL);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(20)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), m->time + CRIB_SECONDS(3));
    /* Too late to take it back. */
    EXPECT_EQ(crib_scope_set_deadline(m->outer, CRIB_FOREVER), 0);
    EXPECT_EQ(crib_scope_source(m->outer), CRIB_SOURCE_DEADLINE);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s015_a_deadline_may_be_moved_at_any_time_stackless) {
    EXPECT_RUN(run_machine(run_autojump, sleep_until_moved));
}

static int enter_expired(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.deadline = CRIB_EXPIRED;
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, options);
    EXPECT(crib_scope_cancel_called(m->outer));
    crib_op_set_scope(m->op, m->outer);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s024_entering_after_the_deadline_cancels_stackless) {
    EXPECT_RUN(run_machine(run_autojump, enter_expired));
}

static int compute_past_the_deadline(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.timeout = CRIB_SECONDS(1);
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, options);
    crib_op_set_scope(m->op, m->outer);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0); /* the time that the computation took */
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

Test(scope, s025_a_checkpoint_sees_a_deadline_that_passed_while_computing_stackless) {
    EXPECT_RUN(run_machine(run_autojump, compute_past_the_deadline));
    EXPECT_RUN(run_machine(run_strict, compute_past_the_deadline));
}

static bool log_abort(crib_op *op, void *word) {
    (void)op;
    log_add(word);
    return true;
}

static int park_under_a_shield(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.shield = 1;
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    m->inner = machine_scope(m, m->outer, options);
    crib_op_set_scope(m->op, m->inner);
    MACHINE_WAIT(m, crib_begin_park(m->op, log_abort, "abort", "the test"));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    log_add("woke");
    EXPECT_EQ(machine_close(m->inner, status, &m->caught), CRIB_ECANCELLED);
    EXPECT(!m->caught);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

static int drop_the_shield(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    EXPECT(machine_start(n, "machine", &m, park_under_a_shield) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_scope_cancel(m.outer, NULL);
    EXPECT_LOG("");
    EXPECT_EQ(crib_scope_set_shield(m.inner, false), 0);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort woke");
    return RAN;
}

Test(scope, s027_lowering_a_shield_aborts_the_sleeper_at_once_stackless) {
    EXPECT_RUN(run_autojump(drop_the_shield, NULL));
}

#define GENERATIONS 500

static machine generations[GENERATIONS];
static int generations_cancelled;

static int sleep_at_the_end(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_FOREVER));
    generations_cancelled += status == CRIB_ECANCELLED;
    return machine_exit(m, crib_error_cancelled(crib_task_scope(m->self)));
    MACHINE_END(m);
}

static int have_one_child(machine *m, int status) {
    crib_nursery_options options;
    crib_error *error;
    machine *child = m + 1;
    MACHINE_BEGIN(m);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.parent = crib_task_scope(m->self);
    m->nursery = crib_nursery_open_with(&options);
    EXPECT(machine_start(m->nursery, "child", child,
                         child == &generations[GENERATIONS - 1] ? sleep_at_the_end : have_one_child) != NULL);
    MACHINE_WAIT(m, crib_begin_nursery_close(m->op, m->nursery, NULL));
    generations_cancelled += status == CRIB_ECANCELLED;
    error = crib_op_take_error(m->op);
    if (error == NULL) error = crib_error_cancelled(crib_task_scope(m->self));
    return machine_exit(m, error);
    MACHINE_END(m);
}

static int cancel_generations(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc, i, ended = 0;
    (void)arg;
    EXPECT(machine_start(n, "first", &generations[0], have_one_child) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(generations_cancelled, 0);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    for (i = 0; i < GENERATIONS; ++i) ended += generations[i].ended;
    EXPECT_EQ(ended, GENERATIONS);
    EXPECT_EQ(generations_cancelled, GENERATIONS);
    return RAN;
}

Test(scope, s031_cancel_reaches_every_generation_of_tasks_stackless) {
    EXPECT_RUN(run_autojump(cancel_generations, NULL));
}

static int sleep_a_second(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    m->count = status;
    MACHINE_END(m);
}

static int start_from_inside_a_scope(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    EXPECT(machine_start(crib_task_parent_nursery(m->self), "child", m->data, sleep_a_second) != NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

static int hold_the_starter(void *arg) {
    machine starter, child;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&starter, 0, sizeof starter);
    memset(&child, 0, sizeof child);
    starter.data = &child;
    EXPECT(machine_start(n, "starter", &starter, start_from_inside_a_scope) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(child.ended);
    EXPECT_EQ(child.count, 0);
    return RAN;
}

Test(scope, s032_a_child_is_in_the_scopes_around_its_nursery_not_around_the_start_stackless) {
    EXPECT_RUN(run_autojump(hold_the_starter, NULL));
}

static int send_after_the_deadline(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.timeout = CRIB_SECONDS(1);
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, options);
    crib_op_set_scope(m->op, m->outer);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    for (m->count = 0; m->count < 1000; ++m->count) {
        MACHINE_WAIT(m, crib_begin_send(m->op, m->data, crib_value_int(1)));
        if (status != 0) break;
    }
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT(m->count <= 64);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

static int hold_the_sender(void *arg) {
    machine m;
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    EXPECT_EQ(crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), 0);
    m.data = tx;
    EXPECT(machine_start(n, "sender", &m, send_after_the_deadline) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(m.ended);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(scope, d04_a_passed_deadline_is_noticed_within_one_budget_stackless) {
    EXPECT_RUN(run_autojump(hold_the_sender, NULL));
}
