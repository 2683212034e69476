/* The tree of tasks and nurseries: who is whose child, names, the order of closing, and what a run makes of main's
 * error (statements 71-74). */
#include <criterion/criterion.h>
#include <crib.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/children.h"
#include "support/run.h"

/* Statement 71 */

struct family {
    crib_nursery *nursery, *inner;
    crib_task *parent;
};

static int look_around(void *arg) {
    struct family *f = arg;
    crib_task *self = crib_task_current();
    cr_expect_eq(crib_task_parent_nursery(self), f->nursery);
    cr_expect_eq(crib_nursery_parent_task(f->nursery), f->parent);
    f->inner = crib_nursery_open();
    cr_expect_eq(crib_nursery_parent_task(f->inner), self);
    cr_expect_eq(crib_task_parent_nursery(self), f->nursery, "opening one does not change whose child it is");
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    return crib_nursery_close(f->inner, 0);
}

static int tree_is_consistent(void *arg) {
    struct family f = {.parent = crib_task_current()};
    crib_task *child;
    crib_nursery *main_nursery = crib_task_parent_nursery(f.parent);
    int rc;
    (void)arg;
    cr_expect_not_null(main_nursery, "the main task is a child too");
    cr_expect_null(crib_nursery_parent_task(main_nursery), "of a nursery of the run itself");
    f.nursery = crib_nursery_open();
    cr_expect_eq(crib_nursery_count(f.nursery), 0);
    child = crib_nursery_spawn(f.nursery, "child", look_around, &f, NULL);
    cr_expect_eq(crib_nursery_count(f.nursery), 1);
    cr_expect_eq(crib_task_parent_nursery(child), f.nursery, "before it runs");
    cr_expect_eq(crib_sleep(CRIB_MS(500)), 0);
    cr_expect_eq(crib_nursery_count(f.nursery), 1);
    cr_expect_eq(crib_nursery_count(f.inner), 0);
    rc = crib_nursery_close(f.nursery, 0);
    cr_expect_null(crib_task_parent_nursery(child), "it has ended");
    cr_expect_null(crib_nursery_parent_task(f.nursery), "the handle is stale");
    cr_expect_eq(crib_nursery_count(f.nursery), 0);
    crib_unref(child);
    return rc;
}

Test(nursery_tree, s071_the_task_tree_is_consistent) { cr_assert_eq(run_autojump(tree_is_consistent, NULL), 0); }

static crib_nursery *seen_nursery;
static void look_around_resume(crib_task *self, uintptr_t data) {
    (void)data;
    cr_expect_eq(crib_task_current(), self);
    seen_nursery = crib_task_parent_nursery(self);
    crib_task_exit(self, NULL);
}

static int stackless_child_in_tree(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *child = crib_nursery_start_stackless(n, "child", look_around_resume, 0, NULL);
    int rc;
    (void)arg;
    cr_expect_eq(crib_nursery_count(n), 1);
    cr_expect_eq(crib_task_parent_nursery(child), n);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(seen_nursery, n);
    return rc;
}

Test(nursery_tree, s071_the_task_tree_is_consistent_stackless) {
    cr_assert_eq(run_autojump(stackless_child_in_tree, NULL), 0);
}

static int dump_tree(void *arg) {
    struct child fiber = {.name = "fiber-child", .ms = -1}, stackless = {.name = "stackless-child", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    int rc;
    cr_expect_eq(child_start(n, &fiber, NULL), 0);
    cr_expect_eq(child_start(n, &stackless, STACKLESS), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_runtime_dump(NULL, *(int *)arg), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    rc = crib_nursery_close(n, 0);
    return rc;
}

Test(nursery_tree, s071_the_dump_shows_every_task_by_name) {
    char path[] = "/tmp/crib-dump-XXXXXX", text[4096] = "";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(run_autojump(dump_tree, &fd), 0);
    cr_assert_gt(pread(fd, text, sizeof text - 1, 0), 0);
    cr_assert_not_null(strstr(text, "fiber-child"), "%s", text);
    cr_assert_not_null(strstr(text, "stackless-child"), "%s", text);
    close(fd);
}

/* Statement 72 */

static int names(void *arg) {
    crib_nursery *n = crib_nursery_open();
    char buffer[] = "copied";
    struct child c = {.name = "c", .ms = 1000};
    crib_task *named = crib_nursery_spawn(n, "worker 7", child_body, &c, NULL);
    crib_task *unnamed = crib_nursery_spawn(n, NULL, child_body, &c, NULL);
    int rc;
    (void)arg;
    cr_expect_str_eq(crib_task_name(named), "worker 7");
    cr_expect_str_eq(crib_task_name(unnamed), "");
    cr_expect_eq(crib_task_set_name(unnamed, buffer), 0);
    buffer[0] = 'X';
    cr_expect_str_eq(crib_task_name(unnamed), "copied");
    rc = crib_nursery_close(n, 0);
    crib_unref(named);
    crib_unref(unnamed);
    return rc;
}

Test(nursery_tree, s072_a_task_has_the_name_it_was_given) { cr_assert_eq(run_autojump(names, NULL), 0); }

/* Statement 73 */

static int close_in_wrong_order(void *stackless) {
    struct child a = {.name = "outer", .ms = -1}, b = {.name = "inner", .ms = -1};
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *inner = crib_nursery_open();
    story_begin();
    cr_expect_eq(child_start(outer, &a, stackless), 0);
    cr_expect_eq(child_start(inner, &b, stackless), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_nursery_close(outer, 0), CRIB_EMISUSE);
    cr_expect_neq(strstr(story_text, "inner!@0"), NULL, "the inner child was cancelled and awaited: %s", story_text);
    cr_expect_neq(strstr(story_text, "outer!@0"), NULL, "so was the outer: %s", story_text);
    cr_expect_eq(crib_nursery_close(inner, 0), CRIB_EMISUSE, "it was closed by then");
    cr_expect_eq(crib_checkpoint(), 0, "the task goes on");
    return 0;
}

Test(nursery_tree, s073_closing_the_outer_nursery_first_ends_the_inner_one_and_is_misuse) {
    cr_assert_eq(run_autojump(close_in_wrong_order, NULL), 0);
}

Test(nursery_tree, s073_closing_the_outer_nursery_first_ends_the_inner_one_and_is_misuse_stackless) {
    cr_assert_eq(run_autojump(close_in_wrong_order, STACKLESS), 0);
}

static int close_anothers(void *nursery) {
    cr_expect_eq(crib_nursery_close(nursery, 0), CRIB_EMISUSE);
    return 0;
}

static int close_from_child(void *arg) {
    struct child c = {.name = "c", .ms = 1000};
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &c, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "stranger", close_anothers, n, NULL), 0);
    rc = crib_nursery_close(n, 6);
    story_at("closed");
    return rc;
}

Test(nursery_tree, s073_only_the_opener_can_close_a_nursery) {
    cr_assert_eq(run_autojump(close_from_child, NULL), 6, "the attempt changed nothing");
    cr_assert_str_eq(story_text, "c@1000 closed@1000");
}

static int close_twice(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_nursery_close(n, 0), CRIB_EMISUSE);
    cr_expect_eq(crib_nursery_close(NULL, 0), CRIB_EMISUSE);
    return 0;
}

Test(nursery_tree, s073_a_nursery_can_be_closed_once) { cr_assert_eq(run_autojump(close_twice, NULL), 0); }

static int leave_open(void *arg) {
    struct child *c = arg;
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, c, NULL), 0);
    return crib_checkpoint();
}

static int child_leaves_nursery_open(void *arg) {
    struct child c = {.name = "c", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    crib_task *child;
    int code = 0;
    (void)arg;
    story_begin();
    child = crib_nursery_spawn(n, "careless", leave_open, &c, NULL);
    cr_expect_eq(crib_nursery_close(n, 0), CRIB_EMISUSE, "the task failed");
    cr_expect_eq(crib_task_wait(child, &code), 0);
    cr_expect_eq(code, CRIB_EMISUSE);
    crib_unref(child);
    return 0;
}

Test(nursery_tree, s073_a_body_that_returns_with_an_open_nursery_fails_after_its_children_ended) {
    cr_assert_eq(run_autojump(child_leaves_nursery_open, NULL), 0);
    cr_assert_str_eq(story_text, "c!@0");
}

/* Statement 74 */

static int main_fails(void *arg) {
    (void)arg;
    return crib_fail(E_ONE, "as it was");
}

Test(nursery_tree, s074_the_run_returns_mains_error_as_it_is) {
    crib_error *error;
    cr_assert_eq(run_autojump(main_fails, NULL), E_ONE);
    error = crib_error_current();
    cr_assert_eq(crib_error_count(error), 0, "no group around it");
    cr_assert_str_eq(crib_error_message(error), "as it was");
    cr_assert_null(crib_error_cause(error));
}

static crib_error *held;
static int main_fails_with_group(void *arg) {
    struct child a = {.name = "a", .ms = 1, .code = E_ONE}, b = {.name = "b", .ms = 1, .code = E_TWO};
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(child_start(n, &b, NULL), 0);
    rc = crib_nursery_close(n, 0);
    held = crib_error_ref(crib_error_current());
    return rc;
}

Test(nursery_tree, s074_the_run_returns_mains_group_as_it_is) {
    cr_assert_eq(run_autojump(main_fails_with_group, NULL), E_ONE);
    cr_assert_eq(crib_error_current(), held, "the very tree");
    cr_assert_eq(crib_error_count(held), 2);
    crib_unref(held);
}

static int main_succeeds(void *arg) {
    (void)arg;
    return 12;
}

Test(nursery_tree, s074_the_run_returns_mains_result_and_forgets_the_last_error) {
    cr_assert_eq(run_autojump(main_fails, NULL), E_ONE);
    cr_assert_eq(run_autojump(main_succeeds, NULL), 12);
    cr_assert_null(crib_error_current());
}
