/* Statements 4-10: which scope absorbs a cancellation, and what goes on through it. */
#include "support/expect.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int say_caught(void *arg) {
    bool caught = true;
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    /* Cancelled and hit: caught. */
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), 0);
    EXPECT(caught);
    /* Cancelled, but nothing inside noticed: not caught. */
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    EXPECT(crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), 0);
    EXPECT(!caught);
    /* Noticed and handled by the body: not caught. */
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 3, &caught), 3);
    EXPECT(!caught);
    /* Not cancelled: not caught, and a NULL for it is fine. */
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), 0);
    EXPECT(!caught);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), NULL), 0);
    return RAN;
}

Test(scope, s004_caught_only_if_a_cancellation_was_absorbed) { EXPECT_RUN(run_autojump(say_caught, NULL)); }

static int nest_cancelled_scopes(void *arg) {
    crib_scope *scopes[4];
    bool caught;
    int i;
    (void)arg;
    for (i = 0; i < 4; ++i) scopes[i] = crib_scope_open(NULL);
    crib_scope_cancel(scopes[3], NULL);
    crib_scope_cancel(scopes[1], NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    for (i = 3; i > 1; --i) {
        caught = true;
        EXPECT_EQ(crib_scope_close(scopes[i], CRIB_ECANCELLED, &caught), CRIB_ECANCELLED);
        EXPECT(!caught);
    }
    EXPECT_EQ(crib_scope_close(scopes[1], CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(scopes[0], 0, &caught), 0);
    EXPECT(!caught);
    return RAN;
}

Test(scope, s005_the_outermost_visible_cancelled_scope_absorbs) {
    EXPECT_RUN(run_autojump(nest_cancelled_scopes, NULL));
}

static int absorb_under_a_shield(void *arg) {
    bool caught = false;
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *shield = shielded_scope();
    (void)arg;
    crib_scope_cancel(outer, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_scope_cancel(shield, NULL);
    EXPECT_EQ(crib_scope_close(shield, crib_checkpoint(), &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_scope_close(outer, crib_checkpoint(), &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s005_a_shielded_cancelled_scope_absorbs_although_its_parent_is_cancelled) {
    EXPECT_RUN(run_autojump(absorb_under_a_shield, NULL));
}

static int expire_together(void *arg) {
    bool caught = true;
    int64_t end = crib_now() + CRIB_SECONDS(3);
    crib_scope *outer = crib_move_on_at(end);
    crib_scope *inner = crib_move_on_at(end);
    int rc = crib_sleep_forever();
    (void)arg;
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), end);
    EXPECT(crib_scope_cancel_called(inner));
    EXPECT(crib_scope_cancel_called(outer));
    rc = crib_scope_close(inner, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(outer, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s006_of_two_deadlines_in_one_pass_the_outer_scope_absorbs) {
    EXPECT_RUN(run_autojump(expire_together, NULL));
}

static crib_error *failure(int code) { return crib_error_new(code, NULL); }

static int prune_a_tree(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *inner[3], *outer[3], *left, *nested;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    inner[0] = failure(CODE_A);
    inner[1] = crib_error_cancelled(scope);
    inner[2] = failure(CODE_B);
    outer[0] = crib_error_cancelled(scope);
    outer[1] = crib_error_group("inner", inner, 3);
    outer[2] = failure(CODE_C);
    left = crib_scope_close_error(scope, crib_error_group("outer", outer, 3), &caught);
    EXPECT(caught);
    EXPECT_EQ(crib_error_code(left), CODE_A);
    EXPECT_EQ(crib_error_count(left), 2);
    EXPECT_STR(crib_error_message(left), "outer");
    nested = crib_error_child(left, 0);
    EXPECT_EQ(crib_error_count(nested), 2);
    EXPECT_STR(crib_error_message(nested), "inner");
    EXPECT_EQ(crib_error_code(crib_error_child(nested, 0)), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_child(nested, 1)), CODE_B);
    EXPECT_EQ(crib_error_code(crib_error_child(left, 1)), CODE_C);
    EXPECT(crib_error_find(left, CRIB_ECANCELLED) == NULL);
    crib_unref(left);
    return RAN;
}

Test(scope, s008_cancelled_leaves_are_taken_out_and_the_rest_keeps_its_nesting) {
    EXPECT_RUN(run_autojump(prune_a_tree, NULL));
}

static int prune_deep_trees(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *pair[2], *deep, *left;
    int i;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    pair[0] = crib_error_cancelled(scope);
    pair[1] = failure(CODE_A);
    deep = crib_error_group(NULL, pair, 2);
    for (i = 0; i < 3000; ++i) {
        pair[0] = crib_error_cancelled(scope);
        pair[1] = deep;
        deep = crib_error_group(NULL, pair, 2);
    }
    left = crib_scope_close_error(scope, deep, &caught);
    EXPECT(caught);
    EXPECT_EQ(crib_error_code(left), CODE_A);
    EXPECT(crib_error_find(left, CRIB_ECANCELLED) == NULL);
    crib_unref(left);

    /* Nothing but Cancelled, nested: nothing is left. */
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    pair[0] = crib_error_cancelled(scope);
    deep = crib_error_group(NULL, pair, 1);
    for (i = 0; i < 3000; ++i) {
        pair[0] = deep;
        pair[1] = crib_error_cancelled(scope);
        deep = crib_error_group(NULL, pair, 2);
    }
    caught = false;
    EXPECT(crib_scope_close_error(scope, deep, &caught) == NULL);
    EXPECT(caught);
    return RAN;
}

Test(scope, s008_leaves_are_taken_out_at_any_depth) { EXPECT_RUN(run_autojump(prune_deep_trees, NULL)); }

static int fail_in_cleanup(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    return crib_fail(CODE_A, "cleanup failed");
}

static int only_cancelled(void *arg) {
    (void)arg;
    return crib_sleep_forever();
}

static int prune_what_a_nursery_reports(void *arg) {
    bool caught = false;
    int rc;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "plain", only_cancelled, NULL, NULL);
    crib_nursery_start_soon(n, "cleanup", fail_in_cleanup, NULL, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_scope_cancel(scope, NULL);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(rc, CODE_A);
    EXPECT(crib_error_find(crib_error_current(), CRIB_ECANCELLED) != NULL);
    rc = crib_scope_close(scope, rc, &caught);
    EXPECT_EQ(rc, CODE_A);
    EXPECT(caught);
    EXPECT(crib_error_find(crib_error_current(), CRIB_ECANCELLED) == NULL);
    EXPECT_STR(crib_error_message(crib_error_find(crib_error_current(), CODE_A)), "cleanup failed");
    return RAN;
}

Test(scope, s008_a_nursery_in_a_cancelled_scope_reports_only_the_failures) {
    EXPECT_RUN(run_autojump(prune_what_a_nursery_reports, NULL));
}

static int pass_a_group(void *arg) {
    bool caught = true;
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *members[2], *left;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    members[0] = failure(CODE_B);
    members[1] = failure(CODE_A);
    left = crib_scope_close_error(scope, crib_error_group("two", members, 2), &caught);
    EXPECT(!caught);
    EXPECT_EQ(crib_error_code(left), CODE_B);
    EXPECT_EQ(crib_error_count(left), 2);
    EXPECT_STR(crib_error_message(left), "two");
    crib_unref(left);
    return RAN;
}

Test(scope, s009_a_group_without_cancelled_leaves_passes_a_cancelled_scope) {
    EXPECT_RUN(run_autojump(pass_a_group, NULL));
}

static int pass_a_failure(void *arg) {
    bool caught = true;
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *in, *out;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_fail(CODE_A, "the failure"), &caught), CODE_A);
    EXPECT(!caught);
    EXPECT_STR(crib_error_message(crib_error_current()), "the failure");
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    in = failure(CODE_B);
    out = crib_scope_close_error(scope, in, &caught);
    EXPECT(out == in);
    EXPECT(!caught);
    crib_unref(out);
    return RAN;
}

Test(scope, s010_a_failure_passes_a_cancelled_scope_unchanged) { EXPECT_RUN(run_autojump(pass_a_failure, NULL)); }
