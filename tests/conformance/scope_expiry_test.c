/* Statements 23-25, 41, D3, D4: when a deadline that has passed is noticed, and what comes of it. */
#include "support/expect.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int run_manual(crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_MANUAL;
    return run_with(&options, body, user_data);
}

static int read_cancel_called(void *arg) {
    bool caught = false;
    crib_scope *read = crib_move_on_after(CRIB_SECONDS(1));
    (void)arg;
    EXPECT(!crib_scope_cancel_called(read));
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    EXPECT(crib_scope_cancel_called(read));
    EXPECT_EQ(crib_scope_set_deadline(read, CRIB_FOREVER), 0);
    EXPECT(crib_scope_cancel_called(read));
    EXPECT_EQ(crib_scope_source(read), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(read, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);

    read = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_close(read, 0, NULL), 0);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    EXPECT(!crib_scope_cancel_called(read));
    return RAN;
}

Test(scope, s023_cancel_called_sees_a_passed_deadline_and_makes_it_final) {
    EXPECT_RUN(run_manual(read_cancel_called, NULL));
}

static int others_ran;

static int say_ran(void *arg) {
    (void)arg;
    ++others_ran;
    return 0;
}

static int enter_expired(void *arg) {
    bool caught = false;
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    (void)arg;
    crib_nursery_start_soon(n, "other", say_ran, NULL, NULL);
    scope = crib_move_on_after(0);
    EXPECT(crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    scope = crib_move_on_at(crib_now() - CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), 0);
    EXPECT(!caught);
    EXPECT_EQ(others_ran, 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(others_ran, 1);
    return RAN;
}

Test(scope, s024_entering_after_the_deadline_cancels_and_does_not_yield) {
    EXPECT_RUN(run_autojump(enter_expired, NULL));
}

static int compute_past_the_deadline(void *arg) {
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    (void)arg;
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0); /* the time that the computation took */
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(scope, s025_a_checkpoint_sees_a_deadline_that_passed_while_computing) {
    EXPECT_RUN(run_manual(compute_past_the_deadline, NULL));
    EXPECT_RUN(run_strict(compute_past_the_deadline, NULL));
}

static int compute_past_a_real_deadline(void *most) {
    int64_t deadline = crib_now() + CRIB_MS(1);
    crib_scope *scope = crib_move_on_at(deadline);
    int checkpoints = 0;
    while (crib_now() <= deadline) continue; /* computes */
    while (checkpoints < 10000 && crib_checkpoint() == 0) ++checkpoints;
    EXPECT(checkpoints <= *(int *)most);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), 0);
    return RAN;
}

Test(scope, s025_a_checkpoint_sees_a_deadline_that_passed_on_the_real_clock) {
    crib_runtime_options options;
    int most = 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.strict = 1;
    EXPECT_RUN(run_with(&options, compute_past_a_real_deadline, &most));
}

Test(scope, s025_a_deadline_that_passed_on_the_real_clock_is_noticed_within_64_passes) {
    int most = 64;
    EXPECT_RUN(crib_run(compute_past_a_real_deadline, &most));
}

static int give_up_in_several_ways(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    (void)arg;
    EXPECT_EQ(crib_scope_close(scope, crib_sleep_forever(), &caught), 0);
    EXPECT(caught);
    EXPECT(crib_error_current() == NULL);

    scope = crib_fail_after(CRIB_SECONDS(1));
    caught = false;
    EXPECT_EQ(crib_scope_close(scope, crib_sleep_forever(), &caught), CRIB_ETOOSLOW);
    EXPECT(caught);

    scope = crib_fail_at(crib_now() + CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_close(scope, crib_sleep_forever(), NULL), CRIB_ETOOSLOW);

    /* In time; and too late, but nothing was cut short. */
    scope = crib_fail_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_close(scope, crib_sleep(CRIB_MS(999)), &caught), 0);
    EXPECT(!caught);
    scope = crib_fail_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 5, &caught), 5);
    EXPECT(!caught);

    /* A failure of the body is not replaced. */
    scope = crib_fail_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CODE_A, &caught), CODE_A);
    EXPECT(!caught);
    return RAN;
}

Test(scope, s041_move_on_is_silent_and_fail_is_too_slow_only_if_it_absorbed) {
    EXPECT_RUN(run_autojump(give_up_in_several_ways, NULL));
}

static int cancel_a_failing_timeout(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_fail_after(CRIB_SECONDS(1));
    crib_scope *outer;
    int rc;
    (void)arg;
    crib_scope_cancel(scope, "not the deadline");
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), 0);
    EXPECT(caught);

    /* The deadline passes when the scope is cancelled already. */
    scope = crib_fail_after(CRIB_SECONDS(1));
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), 0);

    /* The outer scope ended it, by its own deadline. */
    outer = crib_move_on_after(CRIB_SECONDS(1));
    scope = crib_fail_after(CRIB_SECONDS(5));
    rc = crib_scope_close(scope, crib_sleep_forever(), &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(outer, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, d03_too_slow_only_if_its_own_deadline_was_the_source) {
    EXPECT_RUN(run_autojump(cancel_a_failing_timeout, NULL));
}

/* In a scope that an outer deadline has ended: cancelled there, and then shielded from outside, so that it absorbs. */
static int end_in_an_ended_scope(void *arg) {
    bool caught = false;
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_scope *scope;
    (void)arg;
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    scope = crib_fail_after(CRIB_SECONDS(5));
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_set_shield(scope, true), 0);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), 0);
    EXPECT(caught);

    scope = crib_fail_at(CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_set_shield(scope, true), 0);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), CRIB_ETOOSLOW);
    EXPECT(caught);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);

    outer = crib_scope_open(NULL);
    crib_scope_cancel(outer, NULL);
    scope = crib_fail_at(CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_set_shield(scope, true), 0);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), CRIB_ETOOSLOW);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, d03_what_ended_an_outer_scope_does_not_make_it_too_slow) {
    EXPECT_RUN(run_autojump(end_in_an_ended_scope, NULL));
}

/* How many sends succeed, of at most 1000, before one is cancelled. */
static int sends_until_cancelled(void) {
    crib_sender *tx;
    crib_receiver *rx;
    int count = 0;
    EXPECT_EQ(crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), 0);
    while (count < 1000 && crib_sender_send(tx, crib_value_int(count)) == 0) ++count;
    crib_unref(tx);
    crib_unref(rx);
    return count;
}

static int send_after_a_virtual_deadline(void *most) {
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    EXPECT(sends_until_cancelled() <= *(int *)most);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), 0);
    return RAN;
}

Test(scope, d04_a_passed_deadline_is_noticed_within_one_budget) {
    int most = 64;
    EXPECT_RUN(run_manual(send_after_a_virtual_deadline, &most));
}

Test(scope, d04_a_passed_deadline_is_noticed_by_the_second_operation_under_strict_rules) {
    int most = 1;
    EXPECT_RUN(run_strict(send_after_a_virtual_deadline, &most));
}

static int send_after_a_real_deadline(void *arg) {
    int64_t deadline = crib_now() + CRIB_MS(1);
    crib_scope *scope = crib_move_on_at(deadline);
    (void)arg;
    while (crib_now() <= deadline) continue; /* computes */
    EXPECT(sends_until_cancelled() <= 64);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), 0);
    return RAN;
}

Test(scope, d04_a_deadline_that_passed_on_the_real_clock_is_noticed_within_one_budget) {
    EXPECT_RUN(crib_run(send_after_a_real_deadline, NULL));
}
