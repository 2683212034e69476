/* Statement 40, D10, D14: what is not a cancellation, what a cancellation must not hide, and whose it was. */
#include "support/expect.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int return_cancelled(void *arg) {
    (void)arg;
    return CRIB_ECANCELLED;
}

Test(scope, s040_a_main_task_that_forges_a_cancel_has_failed) {
    EXPECT_RUN_RETURNS(run_autojump(return_cancelled, NULL), CRIB_EMISUSE);
    cr_assert(crib_error_find(crib_error_current(), CRIB_ECANCELLED) == NULL);
}

static int forge_in_a_scope(void *arg) {
    bool caught = true;
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT(crib_error_cancelled(scope) == NULL);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), CRIB_EMISUSE);
    EXPECT(!caught);
    EXPECT_EQ(crib_error_code(crib_error_current()), CRIB_EMISUSE);
    return RAN;
}

Test(scope, s040_a_forged_cancel_is_not_absorbed_by_a_scope) { EXPECT_RUN(run_autojump(forge_in_a_scope, NULL)); }

static int forge_in_a_child(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    crib_nursery_start_soon(n, "forger", return_cancelled, NULL, NULL);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(rc, CRIB_EMISUSE);
    EXPECT(crib_error_find(crib_error_current(), CRIB_EMISUSE) != NULL);
    EXPECT(crib_error_find(crib_error_current(), CRIB_ECANCELLED) == NULL);
    return RAN;
}

Test(scope, s040_a_child_that_forges_a_cancel_fails_its_nursery) { EXPECT_RUN(run_autojump(forge_in_a_child, NULL)); }

static int make_cancelled_errors(void *arg) {
    crib_error *made = crib_error_new(CRIB_ECANCELLED, "mine");
    (void)arg;
    EXPECT_EQ(crib_error_code(made), CRIB_EMISUSE);
    crib_unref(made);
    EXPECT_EQ(crib_fail(CRIB_ECANCELLED, "mine"), CRIB_EMISUSE);
    EXPECT_EQ(crib_error_code(crib_error_current()), CRIB_EMISUSE);
    return RAN;
}

Test(scope, s040_a_cancelled_error_cannot_be_made) { EXPECT_RUN(run_autojump(make_cancelled_errors, NULL)); }

static int clean_up_while_cancelled(void *arg) {
    bool caught = true;
    crib_scope *scope = crib_scope_open(NULL);
    int rc;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    rc = crib_fail(CODE_A, "in flight");
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), CODE_A);
    EXPECT(!caught);
    EXPECT_STR(crib_error_message(crib_error_current()), "in flight");
    return RAN;
}

Test(scope, d10_an_error_in_flight_survives_a_cancelled_cleanup) {
    EXPECT_RUN(run_autojump(clean_up_while_cancelled, NULL));
}

static int replace_by_a_cancel(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    int rc;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_fail(CODE_A, "in flight"), CODE_A);
    rc = crib_sleep(CRIB_SECONDS(1)); /* what the cleanup returned is all that is passed on */
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_A);
    EXPECT_STR(crib_error_message(crib_error_find(crib_error_current(), CODE_A)), "in flight");
    return RAN;
}

Test(scope, d10_an_error_that_a_cancel_replaces_is_not_lost) { EXPECT_RUN(run_autojump(replace_by_a_cancel, NULL)); }

static int replace_by_a_failure(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *held;
    (void)arg;
    EXPECT_EQ(crib_fail(CODE_A, "first"), CODE_A);
    EXPECT_EQ(crib_scope_close(scope, CODE_B, NULL), CODE_B);
    held = crib_error_current();
    EXPECT_EQ(crib_error_code(held), CODE_B);
    EXPECT_EQ(crib_error_code(crib_error_cause(held)), CODE_A);
    EXPECT_STR(crib_error_message(crib_error_cause(held)), "first");
    return RAN;
}

Test(scope, d10_a_later_failure_has_the_one_in_flight_as_its_cause) {
    EXPECT_RUN(run_autojump(replace_by_a_failure, NULL));
}

static int handle_the_failure(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_fail(CODE_A, "handled"), CODE_A);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT(crib_error_current() == NULL);
    return RAN;
}

Test(scope, d10_a_body_that_returns_success_has_handled_what_it_held) {
    EXPECT_RUN(run_autojump(handle_the_failure, NULL));
}

static int move_a_cancel_to_another_scope(void *arg) {
    bool caught = false;
    crib_scope *a = crib_scope_open(NULL);
    crib_scope *b;
    crib_error *saved;
    (void)arg;
    crib_scope_cancel(a, "the reason of a");
    saved = crib_error_cancelled(a);
    EXPECT_EQ(crib_error_code(saved), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(a, 0, NULL), 0);
    EXPECT_HAS(crib_error_message(saved), "the reason of a");

    b = crib_scope_open(NULL);
    crib_scope_cancel(b, "the reason of b");
    EXPECT_HAS(crib_error_message(saved), "the reason of a");
    EXPECT(crib_scope_close_error(b, saved, &caught) == NULL);
    EXPECT(caught);
    return RAN;
}

Test(scope, d14_a_cancelled_error_says_whose_it_was_and_any_cancelled_scope_absorbs_it) {
    EXPECT_RUN(run_autojump(move_a_cancel_to_another_scope, NULL));
}

static int let_a_cancel_out(void *arg) {
    bool caught = true;
    crib_scope *a = crib_scope_open(NULL);
    crib_scope *calm;
    crib_error *saved, *left;
    (void)arg;
    crib_scope_cancel(a, NULL);
    saved = crib_error_cancelled(a);
    EXPECT_EQ(crib_scope_close(a, 0, NULL), 0);
    calm = crib_scope_open(NULL);
    left = crib_scope_close_error(calm, saved, &caught);
    EXPECT(!caught);
    EXPECT_EQ(crib_error_code(left), CRIB_EMISUSE);
    crib_unref(left);
    return RAN;
}

Test(scope, d14_a_cancelled_error_outside_every_cancelled_scope_is_misuse) {
    EXPECT_RUN(run_autojump(let_a_cancel_out, NULL));
}
