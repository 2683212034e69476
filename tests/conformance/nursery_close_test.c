/* Closing a nursery: it waits for everything, and no failure is lost (statements 61-66). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/run.h"
#include "support/children.h"

/* Statement 61 */

struct spawner {
    crib_nursery *nursery;
    struct child *late;
    const void *stackless;
};

static int start_one_late(void *arg) {
    struct spawner *s = arg;
    int rc = crib_sleep(CRIB_SECONDS(1));
    if (rc < 0) return rc;
    story_at("starts");
    return child_start(s->nursery, s->late, s->stackless);
}

static int close_waits_for_late_children(void *stackless) {
    struct child early = {.name = "early", .ms = 500}, late = {.name = "late", .ms = 2000};
    struct spawner spawner = {.late = &late, .stackless = stackless};
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    spawner.nursery = n;
    cr_expect_eq(child_start(n, &early, stackless), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "spawner", start_one_late, &spawner, NULL), 0);
    story_at("body");
    rc = crib_nursery_close(n, 5);
    story_at("closed");
    return rc;
}

Test(nursery_close, s061_close_waits_for_children_started_while_it_waits) {
    cr_assert_eq(run_autojump(close_waits_for_late_children, NULL), 5);
    cr_assert_str_eq(story_text, "body@0 early@500 starts@1000 late@3000 closed@3000");
    cr_assert_eq(run_strict(close_waits_for_late_children, NULL), 5);
    cr_assert_str_eq(story_text, "body@0 early@500 starts@1000 late@3000 closed@3000");
}

Test(nursery_close, s061_close_waits_for_stackless_children_started_while_it_waits_stackless) {
    cr_assert_eq(run_autojump(close_waits_for_late_children, STACKLESS), 5);
    cr_assert_str_eq(story_text, "body@0 early@500 starts@1000 late@3000 closed@3000");
}

static int close_with_no_children(void *arg) {
    crib_nursery *n = crib_nursery_open();
    story_begin();
    (void)arg;
    cr_expect_eq(crib_nursery_close(n, 3), 3);
    cr_expect_eq(story_ms(), 0);
    return 0;
}

Test(nursery_close, s061_close_without_children_returns_the_bodys_result) {
    cr_assert_eq(run_autojump(close_with_no_children, NULL), 0);
}

/* Statement 62 */

static int child_error_cancels_all(void *stackless) {
    struct child fails = {.name = "fails", .ms = 1000, .code = E_ONE}, sibling = {.name = "sibling", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &sibling, stackless), 0);
    cr_expect_eq(child_start(n, &fails, stackless), 0);
    rc = crib_sleep(CRIB_SECONDS(10));
    cr_expect_eq(rc, CRIB_ECANCELLED, "a body blocked inside the block is woken");
    cr_expect_eq(story_ms(), 1000);
    rc = crib_nursery_close(n, rc);
    story_at("closed");
    return rc;
}

static void check_child_error_cancels_all(void *stackless) {
    crib_error *error;
    cr_assert_eq(run_autojump(child_error_cancels_all, stackless), E_ONE);
    cr_assert_str_eq(story_text, "fails@1000 sibling!@1000 closed@1000");
    error = crib_error_find(crib_error_current(), E_ONE);
    cr_assert_not_null(error);
    cr_assert_str_eq(crib_error_task_name(error), "fails");
    cr_assert_null(crib_error_find(crib_error_current(), CRIB_ECANCELLED), "the nursery absorbed its own cancel");
}

Test(nursery_close, s062_a_childs_error_cancels_siblings_and_body) { check_child_error_cancels_all(NULL); }

Test(nursery_close, s062_a_childs_error_cancels_siblings_and_body_stackless) {
    check_child_error_cancels_all(STACKLESS);
}

static int child_error_while_closing(void *stackless) {
    struct child fails = {.name = "fails", .ms = 1000, .code = E_ONE}, sibling = {.name = "sibling", .ms = 9000};
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &fails, stackless), 0);
    cr_expect_eq(child_start(n, &sibling, stackless), 0);
    rc = crib_nursery_close(n, 7);
    story_at("closed");
    cr_expect_eq(crib_error_code(crib_error_current()), E_ONE, "the enclosing block holds the tree");
    return rc;
}

Test(nursery_close, s062_a_childs_error_cancels_siblings_while_the_close_waits) {
    cr_assert_eq(run_autojump(child_error_while_closing, NULL), E_ONE, "the body's success does not hide it");
    cr_assert_str_eq(story_text, "fails@1000 sibling!@1000 closed@1000");
}

Test(nursery_close, s062_a_childs_error_cancels_siblings_while_the_close_waits_stackless) {
    cr_assert_eq(run_autojump(child_error_while_closing, STACKLESS), E_ONE);
    cr_assert_str_eq(story_text, "fails@1000 sibling!@1000 closed@1000");
}

/* Statement 63 */

static int body_error_cancels_children(void *stackless) {
    struct child a = {.name = "a", .ms = -1}, b = {.name = "b", .ms = 5000};
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    rc = crib_nursery_close(n, E_TWO);
    story_at("closed");
    return rc;
}

Test(nursery_close, s063_a_bodys_error_cancels_the_children) {
    cr_assert_eq(run_autojump(body_error_cancels_children, NULL), E_TWO);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000 closed@1000");
    cr_assert_null(crib_error_find(crib_error_current(), CRIB_ECANCELLED));
}

Test(nursery_close, s063_a_bodys_error_cancels_the_children_stackless) {
    cr_assert_eq(run_autojump(body_error_cancels_children, STACKLESS), E_TWO);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000 closed@1000");
}

static int fails_at_once(void *arg) {
    (void)arg;
    return E_ONE;
}

static int main_and_child_both_fail(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "fails", fails_at_once, NULL, NULL), 0);
    return crib_nursery_close(n, E_TWO);
}

Test(nursery_close, s063_body_and_child_may_both_fail) {
    cr_assert_eq(run_autojump(main_and_child_both_fail, NULL), E_TWO);
    cr_assert_eq(crib_error_count(crib_error_current()), 2);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE), "a child that checks nothing still runs");
}

/* Statement 64 */

static int one_child_fails(void *stackless) {
    struct child fails = {.name = "fails", .ms = 0, .code = E_ONE};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &fails, stackless), 0);
    return crib_nursery_close(n, 0);
}

static void check_single_error_is_a_group(void *stackless) {
    crib_error *group;
    cr_assert_eq(run_autojump(one_child_fails, stackless), E_ONE);
    group = crib_error_current();
    cr_assert_eq(crib_error_count(group), 1);
    cr_assert_eq(crib_error_code(group), E_ONE);
    cr_assert_eq(crib_error_code(crib_error_child(group, 0)), E_ONE);
    cr_assert_eq(crib_error_count(crib_error_child(group, 0)), 0, "the child's error is a leaf");
    cr_assert_str_eq(crib_error_task_name(crib_error_child(group, 0)), "fails");
}

Test(nursery_close, s064_even_a_single_error_leaves_in_a_group) { check_single_error_is_a_group(NULL); }
Test(nursery_close, s064_even_a_single_error_leaves_in_a_group_stackless) { check_single_error_is_a_group(STACKLESS); }

/* Statement 65 */

static int body_fails_first(void *stackless) {
    struct child cleanup = {.name = "cleanup", .ms = -1, .on_cancel = E_ONE};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &cleanup, stackless), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    return crib_nursery_close(n, E_TWO);
}

static int child_fails_first(void *stackless) {
    struct child fails = {.name = "fails", .ms = 1000, .code = E_ONE};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &fails, stackless), 0);
    cr_expect_eq(crib_sleep_forever(), CRIB_ECANCELLED);
    return crib_nursery_close(n, E_TWO);
}

static void check_order(crib_body_fn body, void *arg, int first, int second) {
    crib_error *group;
    cr_assert_eq(run_autojump(body, arg), first, "the code of a tree is that of its first leaf");
    group = crib_error_current();
    cr_assert_eq(crib_error_count(group), 2);
    cr_assert_eq(crib_error_code(crib_error_child(group, 0)), first);
    cr_assert_eq(crib_error_code(crib_error_child(group, 1)), second);
    cr_assert_null(crib_error_child(group, 2));
}

Test(nursery_close, s065_errors_stand_in_the_order_of_recording) {
    check_order(body_fails_first, NULL, E_TWO, E_ONE);
    check_order(child_fails_first, NULL, E_ONE, E_TWO);
}

Test(nursery_close, s065_errors_stand_in_the_order_of_recording_stackless) {
    check_order(body_fails_first, STACKLESS, E_TWO, E_ONE);
    check_order(child_fails_first, STACKLESS, E_ONE, E_TWO);
}

/* Statement 66 */

static int everyone_fails(void *stackless) {
    struct child fails = {.name = "fails", .ms = 1000, .code = E_ONE};
    struct child cleanup = {.name = "cleanup", .ms = -1, .on_cancel = E_TWO};
    struct child cancelled = {.name = "cancelled", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &cleanup, stackless), 0);
    cr_expect_eq(child_start(n, &cancelled, stackless), 0);
    cr_expect_eq(child_start(n, &fails, stackless), 0);
    cr_expect_eq(crib_sleep_forever(), CRIB_ECANCELLED);
    return crib_nursery_close(n, E_THREE);
}

static void check_everyone_fails(void *stackless) {
    crib_error *group;
    cr_assert_eq(run_autojump(everyone_fails, stackless), E_ONE);
    group = crib_error_current();
    cr_assert_eq(crib_error_count(group), 3, "errors of cleanup code and of the body are there too");
    cr_assert_eq(crib_error_code(crib_error_child(group, 0)), E_ONE);
    cr_assert_str_eq(crib_error_task_name(crib_error_find(group, E_TWO)), "cleanup");
    cr_assert_not_null(crib_error_find(group, E_THREE));
    cr_assert_null(crib_error_find(group, CRIB_ECANCELLED));
}

Test(nursery_close, s066_no_error_is_discarded) { check_everyone_fails(NULL); }
Test(nursery_close, s066_no_error_is_discarded_stackless) { check_everyone_fails(STACKLESS); }

static int two_children_crash(void *stackless) {
    struct child a = {.name = "a", .ms = 1000, .code = E_ONE}, b = {.name = "b", .ms = 1000, .code = E_TWO};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    return crib_nursery_close(n, 0);
}

Test(nursery_close, s066_two_children_that_fail_at_once_are_both_reported) {
    cr_assert_lt(run_autojump(two_children_crash, NULL), 0);
    cr_assert_eq(crib_error_count(crib_error_current()), 2);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE));
    cr_assert_not_null(crib_error_find(crib_error_current(), E_TWO));
}

static int nested_failure(void *arg) {
    struct child fails = {.name = "deep", .ms = 0, .code = E_ONE};
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *inner = crib_nursery_open();
    int rc;
    (void)arg;
    cr_expect_eq(child_start(inner, &fails, NULL), 0);
    rc = crib_nursery_close(inner, 0);
    cr_expect_eq(rc, E_ONE);
    return crib_nursery_close(outer, rc);
}

Test(nursery_close, s066_an_inner_nurserys_tree_travels_inside_the_outer_one) {
    crib_error *outer;
    cr_assert_eq(run_autojump(nested_failure, NULL), E_ONE);
    outer = crib_error_current();
    cr_assert_eq(crib_error_count(outer), 1);
    cr_assert_eq(crib_error_count(crib_error_child(outer, 0)), 1, "nesting is kept");
    cr_assert_str_eq(crib_error_task_name(crib_error_find(outer, E_ONE)), "deep");
}
