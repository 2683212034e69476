/* Held errors: how trees travel through the blocks of a fiber whose functions return plain ints. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static int fail_goes_on(void *arg) {
    crib_scope *outer = crib_scope_open(NULL), *inner = crib_scope_open(NULL);
    crib_error *error;
    int rc = crib_fail(E_ONE, "with a message");
    (void)arg;
    cr_expect_eq(rc, E_ONE);
    error = crib_error_current();
    cr_expect_str_eq(crib_error_message(error), "with a message");
    rc = crib_scope_close(inner, rc, NULL);
    cr_expect_eq(rc, E_ONE);
    cr_expect_eq(crib_error_current(), error, "the enclosing block holds it now");
    rc = crib_scope_close(outer, rc, NULL);
    cr_expect_eq(crib_error_current(), error);
    return rc;
}

Test(error_held, a_held_tree_with_the_closing_code_goes_on_as_it_is) {
    cr_assert_eq(run_autojump(fail_goes_on, NULL), E_ONE);
    cr_assert_str_eq(crib_error_message(crib_error_current()), "with a message");
    cr_assert_eq(crib_error_count(crib_error_current()), 0);
}

static int handled(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    crib_fail_error(crib_error_new_payload(E_ONE, "handled", counted_value(1)));
    cr_expect_eq(counted_drops, 0);
    cr_expect_eq(crib_scope_close(scope, 3, NULL), 3, "rc >= 0 comes back unchanged");
    cr_expect_eq(counted_drops, 1, "what the block held is released");
    cr_expect_null(crib_error_current());
    return 0;
}

Test(error_held, closing_with_success_releases_what_the_block_held) {
    cr_assert_eq(run_autojump(handled, NULL), 0);
    cr_assert_null(crib_error_current());
}

static int another_code(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    int rc;
    (void)arg;
    crib_fail(E_ONE, "low level");
    rc = crib_scope_close(scope, E_TWO, NULL);
    cr_expect_eq(rc, E_TWO);
    cr_expect_eq(crib_error_code(crib_error_current()), E_TWO);
    cr_expect_eq(crib_error_code(crib_error_cause(crib_error_current())), E_ONE);
    return rc;
}

Test(error_held, closing_with_another_code_makes_the_held_tree_its_cause) {
    cr_assert_eq(run_autojump(another_code, NULL), E_TWO);
    cr_assert_str_eq(crib_error_message(crib_error_cause(crib_error_current())), "low level");
}

static int plain_code(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    cr_expect_eq(crib_scope_close(scope, E_TWO, NULL), E_TWO);
    return E_TWO;
}

static int body_with_plain_code(void *arg) {
    (void)arg;
    return E_THREE;
}

Test(error_held, a_plain_code_becomes_a_leaf_with_the_name_of_its_task) {
    cr_assert_eq(run_autojump(plain_code, NULL), E_TWO);
    cr_assert_eq(crib_error_code(crib_error_current()), E_TWO);
    cr_assert_null(crib_error_cause(crib_error_current()));
    cr_assert_eq(run_autojump(body_with_plain_code, NULL), E_THREE);
    cr_assert_eq(crib_error_code(crib_error_current()), E_THREE);
    cr_assert_eq(crib_error_count(crib_error_current()), 0);
}

static int operations_fail(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = nil_value;
    (void)arg;
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    cr_expect_null(crib_error_current());
    crib_fail(E_ONE, "kept");
    crib_unref(tx);
    cr_expect_eq(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    cr_expect_eq(crib_sleep(-1), -EINVAL);
    cr_expect_str_eq(crib_error_message(crib_error_current()), "kept");
    crib_unref(rx);
    return 0;
}

Test(error_held, a_plain_failing_operation_does_not_touch_it) { cr_assert_eq(run_autojump(operations_fail, NULL), 0); }

static int two_failures(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    crib_fail(E_ONE, "first");
    crib_fail(E_TWO, "second");
    cr_expect_eq(crib_error_code(crib_error_current()), E_ONE);
    cr_expect_eq(crib_error_count(crib_error_current()), 2);
    return crib_scope_close(scope, E_ONE, NULL);
}

Test(error_held, a_second_error_joins_the_first) {
    crib_error *group;
    cr_assert_eq(run_autojump(two_failures, NULL), E_ONE);
    group = crib_error_current();
    cr_assert_eq(crib_error_count(group), 2);
    cr_assert_str_eq(crib_error_message(crib_error_child(group, 0)), "first");
    cr_assert_str_eq(crib_error_message(crib_error_child(group, 1)), "second");
}

static int two_nurseries(void *arg) {
    struct child a = {.name = "a", .code = E_ONE}, b = {.name = "b", .code = E_TWO};
    crib_nursery *n = crib_nursery_open();
    int first, second;
    (void)arg;
    cr_expect_eq(child_start(n, &a, NULL), 0);
    first = crib_nursery_close(n, 0);
    n = crib_nursery_open();
    cr_expect_eq(child_start(n, &b, NULL), 0);
    second = crib_nursery_close(n, 0);
    cr_expect_eq(second, E_TWO);
    return first;
}

Test(error_held, s066_the_trees_of_two_nurseries_both_reach_the_enclosing_block) {
    cr_assert_eq(run_autojump(two_nurseries, NULL), E_ONE);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE));
    cr_assert_not_null(crib_error_find(crib_error_current(), E_TWO));
}

static int forged(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught = true;
    int rc;
    (void)arg;
    cr_expect_eq(crib_fail(0, NULL), CRIB_EMISUSE);
    cr_expect_eq(crib_fail(7, NULL), CRIB_EMISUSE);
    rc = crib_fail(CRIB_ECANCELLED, NULL);
    cr_expect_eq(rc, CRIB_EMISUSE);
    cr_expect_eq(crib_fail_error(NULL), 0);
    rc = crib_scope_close(scope, rc, &caught);
    cr_expect_eq(rc, CRIB_EMISUSE);
    cr_expect_not(caught);
    return rc;
}

Test(error_held, success_and_cancelled_cannot_be_failures) { cr_assert_eq(run_autojump(forged, NULL), CRIB_EMISUSE); }

Test(error_held, outside_a_task_fail_records_nothing) {
    cr_assert_eq(run_autojump(body_with_plain_code, NULL), E_THREE);
    cr_assert_eq(crib_fail(E_ONE, "nowhere"), E_ONE);
    cr_assert_eq(crib_error_code(crib_error_current()), E_THREE, "that of the thread's last run");
    cr_assert_eq(crib_fail_error(crib_error_new_payload(E_TWO, NULL, counted_value(1))), E_TWO);
    cr_assert_eq(counted_drops, 1, "the error is released");
}

static int object_forms(void *arg) {
    struct child fails = {.name = "fails", .ms = -1, .on_cancel = E_ONE};
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_error *error;
    bool caught = true;
    (void)arg;
    cr_expect_eq(child_start(n, &fails, NULL), 0);
    error = crib_nursery_close_error(n, crib_error_new(E_TWO, "the body's"));
    cr_expect_null(crib_error_current(), "returned instead of held");
    cr_expect_eq(crib_error_count(error), 2);
    cr_expect_eq(crib_error_code(error), E_TWO);
    error = crib_scope_close_error(scope, error, &caught);
    cr_expect_not(caught);
    cr_expect_eq(crib_error_count(error), 2);
    cr_expect_eq(crib_fail_error(error), E_TWO);
    return E_TWO;
}

Test(error_held, s066_the_object_forms_return_the_tree) {
    cr_assert_eq(run_autojump(object_forms, NULL), E_TWO);
    cr_assert_eq(crib_error_count(crib_error_current()), 2);
}

static int closed_form(crib_nursery *n, void *child) {
    cr_expect_eq(child_start(n, child, NULL), 0);
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return CRIB_ECANCELLED;
    return 15;
}

static int runs_closed_form(void *child) { return crib_nursery_run(NULL, closed_form, child); }

Test(error_held, s066_the_closed_form_of_a_nursery_is_its_close) {
    struct child well = {.name = "well", .ms = 500}, fails = {.name = "fails", .ms = 500, .code = E_ONE};
    cr_assert_eq(run_autojump(runs_closed_form, &well), 15);
    cr_assert_eq(run_autojump(runs_closed_form, &fails), E_ONE);
    cr_assert_str_eq(crib_error_task_name(crib_error_find(crib_error_current(), E_ONE)), "fails");
}
