/* The statements on scopes, kept by stackless tasks: they name the parents of their scopes. */
#include "support/log.h"
#include "support/step_machine.h"

TestSuite(scope, .timeout = 30);

static int swallow_every_cancel(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    m->inner = machine_scope(m, m->outer, scope_defaults());
    EXPECT_EQ(crib_op_set_scope(m->op, m->inner), 0);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->inner, 0, &m->caught), 0);
    EXPECT(!m->caught);
    /* The op has moved to the nearest scope still open. */
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, 0);
    MACHINE_END(m);
}

Test(scope, s001_every_checkpoint_fails_until_the_scope_is_closed_stackless) {
    EXPECT_RUN(run_machine(run_autojump, swallow_every_cancel));
}

static bool log_abort(crib_op *op, void *word) {
    (void)op;
    log_add(word);
    return true;
}

static int park_and_log(machine *m, int status) {
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_park(m->op, log_abort, "abort", "the test"));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    log_add("woke");
    return machine_exit(m, crib_error_cancelled(crib_task_scope(m->self)));
    MACHINE_END(m);
}

static int cancel_three_machines(void *arg) {
    machine machines[3];
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    memset(machines, 0, sizeof machines);
    for (i = 0; i < 3; ++i) EXPECT(machine_start(n, "sleeper", &machines[i], park_and_log) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_LOG("abort abort abort");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort abort abort woke woke woke");
    return RAN;
}

Test(scope, s003_cancel_runs_every_abort_function_and_no_task_stackless) {
    EXPECT_RUN(run_autojump(cancel_three_machines, NULL));
}

static int say_caught(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_scope_cancel(m->outer, NULL);
    EXPECT(crib_scope_cancel_called(m->outer));
    EXPECT_EQ(machine_close(m->outer, 0, &m->caught), 0);
    EXPECT(!m->caught);
    MACHINE_END(m);
}

Test(scope, s004_caught_only_if_a_cancellation_was_absorbed_stackless) {
    EXPECT_RUN(run_machine(run_autojump, say_caught));
}

static int nest_cancelled_scopes(machine *m, int status) {
    crib_error *error;
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    m->inner = machine_scope(m, m->outer, scope_defaults());
    crib_op_set_scope(m->op, m->inner);
    crib_scope_cancel(m->inner, NULL);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    m->caught = true;
    error = crib_scope_close_error(m->inner, crib_error_cancelled(m->inner), &m->caught);
    EXPECT_EQ(crib_error_code(error), CRIB_ECANCELLED);
    EXPECT(!m->caught);
    EXPECT(crib_scope_close_error(m->outer, error, &m->caught) == NULL);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s005_the_outermost_visible_cancelled_scope_absorbs_stackless) {
    EXPECT_RUN(run_machine(run_autojump, nest_cancelled_scopes));
}

static int expire_together(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    MACHINE_BEGIN(m);
    m->time = crib_now() + CRIB_SECONDS(3);
    options.deadline = m->time;
    m->outer = machine_scope(m, NULL, options);
    m->inner = machine_scope(m, m->outer, options);
    crib_op_set_scope(m->op, m->inner);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_FOREVER));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), m->time);
    EXPECT(crib_scope_cancel_called(m->inner));
    EXPECT_EQ(machine_close(m->inner, status, &m->caught), CRIB_ECANCELLED);
    EXPECT(!m->caught);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s006_of_two_deadlines_in_one_pass_the_outer_scope_absorbs_stackless) {
    EXPECT_RUN(run_machine(run_autojump, expire_together));
}

static int pass_a_failure(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    crib_scope_cancel(m->outer, NULL);
    m->caught = true;
    EXPECT_EQ(machine_close(m->outer, CODE_A, &m->caught), CODE_A);
    EXPECT(!m->caught);
    MACHINE_END(m);
}

Test(scope, s010_a_failure_passes_a_cancelled_scope_unchanged_stackless) {
    EXPECT_RUN(run_machine(run_autojump, pass_a_failure));
}

static int name_a_closed_parent(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    MACHINE_BEGIN(m);
    EXPECT(crib_scope_open(&options) == NULL); /* a parent must be named */
    m->outer = machine_scope(m, NULL, options);
    EXPECT_EQ(machine_close(m->outer, 0, NULL), 0);
    EXPECT_EQ(crib_op_set_scope(m->op, m->outer), CRIB_EMISUSE);
    EXPECT_EQ(machine_close(m->outer, 0, NULL), CRIB_EMISUSE);
    EXPECT(crib_op_new(m->self, m->outer) == NULL);
    MACHINE_END(m);
}

Test(scope, s013_a_closed_scope_cannot_be_used_again_stackless) {
    EXPECT_RUN(run_machine(run_autojump, name_a_closed_parent));
}

static int count_from_entry(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.timeout = CRIB_SECONDS(2);
    options.fail = 1;
    MACHINE_BEGIN(m);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(3)));
    EXPECT_EQ(status, 0);
    m->time = crib_now();
    m->outer = machine_scope(m, NULL, options);
    crib_op_set_scope(m->op, m->outer);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(9)));
    EXPECT_EQ(crib_now(), m->time + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_source(m->outer), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), CRIB_ETOOSLOW);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s020_a_relative_timeout_counts_from_the_entry_stackless) {
    EXPECT_RUN(run_machine(run_autojump, count_from_entry));
}

static int sleep_under_a_shield(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.shield = 1;
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    m->inner = machine_scope(m, m->outer, options);
    crib_op_set_scope(m->op, m->inner);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_scope_set_shield(m->inner, false), 0);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->inner, status, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, NULL), 0);
    MACHINE_END(m);
}

Test(scope, s026_a_shield_hides_outer_cancels_stackless) {
    EXPECT_RUN(run_machine(run_autojump, sleep_under_a_shield));
}

static int close_siblings(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    m->inner = machine_scope(m, NULL, scope_defaults()); /* a sibling, opened later */
    EXPECT_EQ(crib_op_set_scope(m->op, m->inner), 0);
    EXPECT_EQ(machine_close(m->outer, 0, NULL), 0);
    EXPECT_EQ(crib_scope_state(m->inner), CRIB_SCOPE_OPEN);
    crib_scope_cancel(m->inner, NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(machine_close(m->inner, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, s033_siblings_may_close_in_any_order_stackless) { EXPECT_RUN(run_machine(run_autojump, close_siblings)); }

/* Closes a scope that another task opened. */
static int close_a_strangers_scope(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->caught = true;
    EXPECT_EQ(machine_close(m->data, 0, &m->caught), CRIB_EMISUSE);
    EXPECT(!m->caught);
    MACHINE_END(m);
}

static int let_a_stranger_close(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, scope_defaults());
    ((machine *)m->data)->data = m->outer;
    EXPECT(machine_start(crib_task_parent_nursery(m->self), "stranger", m->data, close_a_strangers_scope) != NULL);
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_SECONDS(1)));
    EXPECT(((machine *)m->data)->ended);
    EXPECT_EQ(crib_scope_state(m->outer), CRIB_SCOPE_OPEN);
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

static int hold_a_stranger(void *arg) {
    machine owner, stranger;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&owner, 0, sizeof owner);
    memset(&stranger, 0, sizeof stranger);
    owner.data = &stranger;
    EXPECT(machine_start(n, "owner", &owner, let_a_stranger_close) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(owner.ended);
    return RAN;
}

Test(scope, s034_closing_another_tasks_scope_is_refused_and_changes_nothing_stackless) {
    EXPECT_RUN(run_autojump(hold_a_stranger, NULL));
}

static int exit_with_an_open_nursery(machine *m, int status) {
    crib_nursery_options options;
    MACHINE_BEGIN(m);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.parent = crib_task_scope(m->self);
    m->nursery = crib_nursery_open_with(&options);
    EXPECT(machine_start(m->nursery, "orphan", m->data, park_and_log) != NULL);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    MACHINE_END(m);
}

static int fail_by_misuse(void *arg) {
    machine careless, orphan;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&careless, 0, sizeof careless);
    memset(&orphan, 0, sizeof orphan);
    careless.data = &orphan;
    EXPECT(machine_start(n, "careless", &careless, exit_with_an_open_nursery) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE);
    EXPECT_LOG("abort woke");
    EXPECT(orphan.ended);
    return RAN;
}

Test(scope, s036_exit_with_an_open_nursery_cancels_its_children_and_fails_the_task_stackless) {
    EXPECT_RUN(run_autojump(fail_by_misuse, NULL));
}

static int forge_a_cancel(machine *m, int status) {
    MACHINE_BEGIN(m);
    EXPECT(crib_error_cancelled(crib_task_scope(m->self)) == NULL);
    return machine_exit(m, crib_error_new(CRIB_ECANCELLED, NULL));
    MACHINE_END(m);
}

static int hold_a_forger(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    EXPECT(machine_start(n, "forger", &m, forge_a_cancel) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE);
    return RAN;
}

Test(scope, s040_a_child_that_forges_a_cancel_fails_its_nursery_stackless) {
    EXPECT_RUN(run_autojump(hold_a_forger, NULL));
}

static int cancel_a_failing_timeout(machine *m, int status) {
    crib_scope_options options = scope_defaults();
    options.timeout = CRIB_SECONDS(1);
    options.fail = 1;
    MACHINE_BEGIN(m);
    m->outer = machine_scope(m, NULL, options);
    crib_op_set_scope(m->op, m->outer);
    crib_scope_cancel(m->outer, "not the deadline");
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_EQ(machine_close(m->outer, status, &m->caught), 0);
    EXPECT(m->caught);
    MACHINE_END(m);
}

Test(scope, d03_too_slow_only_if_its_own_deadline_was_the_source_stackless) {
    EXPECT_RUN(run_machine(run_autojump, cancel_a_failing_timeout));
}
