/* Handles of tasks: wait, result, cancel, state (D16). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

static int wait_for_code(void *stackless) {
    struct child c = {.name = "c", .ms = 1000, .code = 7};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "c", child_body, &c, NULL);
    int code = 0;
    (void)stackless;
    story_begin();
    cr_expect_not_null(task);
    cr_expect_eq(crib_task_state(task), CRIB_TASK_NEW);
    cr_expect_eq(crib_task_result_code(task), CRIB_EBUSY);
    cr_expect_eq(crib_task_wait(task, &code), 0);
    cr_expect_eq(code, 7);
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_task_state(task), CRIB_TASK_ENDED);
    cr_expect_eq(crib_task_result_code(task), 7);
    code = 0;
    cr_expect_eq(crib_task_wait(task, &code), 0, "again, after its end");
    cr_expect_eq(code, 7);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_task_result_code(task), 7, "the handle outlives the nursery");
    crib_unref(task);
    return 0;
}

Test(nursery_handles, d16_waiting_for_a_task_gives_its_code) { cr_assert_eq(run_autojump(wait_for_code, NULL), 0); }

static int failure_code(void *arg) {
    struct child c = {.name = "c", .ms = 1000, .code = E_ONE};
    crib_nursery *n;
    crib_task *task;
    int code = 0;
    crib_nursery_options options = {.size = sizeof options, .policy = CRIB_POLICY_SUPERVISE};
    (void)arg;
    n = crib_nursery_open_with(&options);
    task = crib_nursery_spawn(n, "c", child_body, &c, NULL);
    cr_expect_eq(crib_task_wait(task, &code), 0, "the wait succeeds, the task did not");
    cr_expect_eq(code, E_ONE);
    cr_expect_eq(crib_nursery_close(n, 0), E_ONE);
    crib_unref(task);
    return 0;
}

Test(nursery_handles, d16_a_failed_tasks_code_is_there_and_its_nursery_still_reports_it) {
    cr_assert_eq(run_autojump(failure_code, NULL), 0);
}

static int cancel_one(void *stackless) {
    struct child a = {.name = "a", .ms = 3000}, b = {.name = "b", .ms = 3000};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = stackless ? crib_task_ref(crib_nursery_start_stackless(n, "a", child_resume, (uintptr_t)&a, NULL))
                                : crib_nursery_spawn(n, "a", child_body, &a, NULL);
    int code = 0, rc;
    story_begin();
    cr_expect_eq(child_start(n, &b, stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_task_state(task), CRIB_TASK_WAITING);
    cr_expect_eq(crib_task_cancel(task, "not needed"), 0);
    cr_expect_eq(crib_task_wait(task, &code), 0);
    cr_expect_eq(code, CRIB_ECANCELLED);
    cr_expect_eq(crib_task_cancel(task, NULL), 0, "also after its end");
    rc = crib_nursery_close(n, 2);
    story_at("closed");
    crib_unref(task);
    return rc;
}

Test(nursery_handles, d16_cancelling_one_task_leaves_its_nursery_and_siblings_alone) {
    cr_assert_eq(run_autojump(cancel_one, NULL), 2);
    cr_assert_str_eq(story_text, "a!@1000 b@3000 closed@3000");
    cr_assert_null(crib_error_current());
}

Test(nursery_handles, d16_cancelling_one_task_leaves_its_nursery_and_siblings_alone_stackless) {
    cr_assert_eq(run_autojump(cancel_one, STACKLESS), 2);
    cr_assert_str_eq(story_text, "a!@1000 b@3000 closed@3000");
}

static int has_children(void *child) {
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, child, NULL), 0);
    return crib_nursery_close(n, 0);
}

static int cancel_subtree(void *arg) {
    struct child below = {.name = "below", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "above", has_children, &below, NULL);
    int code = 0;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_task_cancel(task, NULL), 0);
    cr_expect_eq(crib_task_wait(task, &code), 0);
    cr_expect_eq(code, CRIB_ECANCELLED);
    crib_unref(task);
    return crib_nursery_close(n, 0);
}

Test(nursery_handles, d16_cancelling_a_task_reaches_everything_below_it) {
    cr_assert_eq(run_autojump(cancel_subtree, NULL), 0);
    cr_assert_str_eq(story_text, "below!@1000");
}

static int cancelled_task_fails(void *arg) {
    struct child c = {.name = "c", .ms = -1, .on_cancel = E_ONE};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "c", child_body, &c, NULL);
    int rc;
    (void)arg;
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_task_cancel(task, NULL), 0);
    rc = crib_nursery_close(n, 0);
    crib_unref(task);
    return rc;
}

Test(nursery_handles, d16_a_cancelled_task_that_fails_while_cleaning_up_still_fails_its_nursery) {
    cr_assert_eq(run_autojump(cancelled_task_fails, NULL), E_ONE);
}

static int gives_result(void *arg) {
    (void)arg;
    cr_expect_eq(crib_task_set_result(counted_value(1)), 0);
    counted_drops = 0;
    cr_expect_eq(crib_task_set_result(counted_value(2)), 0, "a second call replaces the first");
    cr_expect_eq(counted_drops, 1);
    return crib_sleep(CRIB_SECONDS(1));
}

static int take_result(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "worker", gives_result, NULL, NULL);
    crib_task *untaken = crib_nursery_spawn(n, "worker", gives_result, NULL, NULL);
    crib_value v = nil_value;
    (void)arg;
    cr_expect_eq(crib_task_result(task, &v), CRIB_EBUSY);
    cr_expect_eq(crib_task_wait(task, NULL), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_task_result(task, &v), 0);
    cr_expect_eq(v.vt, &counted_vtable);
    cr_expect_eq((intptr_t)v.p, 2);
    counted_drops = 0;
    crib_value_drop(v);
    cr_expect_eq(counted_drops, 1);
    cr_expect_eq(crib_task_result(task, &v), 0);
    cr_expect(is_nil(v), "it was taken");
    crib_unref(task);
    cr_expect_eq(counted_drops, 1);
    crib_unref(untaken);
    cr_expect_eq(counted_drops, 2, "a result nobody took is dropped with its task");
    return 0;
}

Test(nursery_handles, d16_a_result_is_taken_once_and_dropped_if_nobody_takes_it) {
    cr_assert_eq(run_autojump(take_result, NULL), 0);
}

static int one_result(void *arg) {
    (void)arg;
    return crib_task_set_result(crib_value_int(40)) < 0 ? E_ONE : 0;
}

static int results_of_many(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *tasks[10];
    int64_t sum = 0;
    int i;
    (void)arg;
    for (i = 0; i < 10; ++i) tasks[i] = crib_nursery_spawn(n, "worker", one_result, NULL, NULL);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    for (i = 0; i < 10; ++i) {
        crib_value v;
        cr_expect_eq(crib_task_result(tasks[i], &v), 0);
        sum += crib_value_as_int(v, -1);
        crib_unref(tasks[i]);
    }
    cr_expect_eq(sum, 400);
    return 0;
}

Test(nursery_handles, d16_results_can_be_taken_after_the_nursery_closed) {
    cr_assert_eq(run_autojump(results_of_many, NULL), 0);
}

static int gives_result_once(void *arg) {
    (void)arg;
    return crib_task_set_result(counted_value(3));
}

static int unref_before_end(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    counted_drops = 0;
    crib_unref(crib_nursery_spawn(n, "worker", gives_result_once, NULL, NULL));
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(counted_drops, 1);
    return 0;
}

Test(nursery_handles, d16_a_result_of_a_task_without_handles_is_dropped) {
    cr_assert_eq(run_autojump(unref_before_end, NULL), 0);
}

static int wait_for_self(void *arg) {
    (void)arg;
    cr_expect_eq(crib_task_wait(crib_task_current(), NULL), CRIB_EMISUSE);
    return 0;
}

Test(nursery_handles, d16_a_task_cannot_wait_for_itself) { cr_assert_eq(run_autojump(wait_for_self, NULL), 0); }

static int cancelled_waiter(void *arg) {
    struct child c = {.name = "c", .ms = 3000};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "c", child_body, &c, NULL);
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    bool caught = false;
    int rc;
    (void)arg;
    story_begin();
    rc = crib_task_wait(task, NULL);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    crib_unref(task);
    return crib_nursery_close(n, 0);
}

Test(nursery_handles, d16_a_cancelled_wait_leaves_the_task_alone) {
    cr_assert_eq(run_autojump(cancelled_waiter, NULL), 0);
    cr_assert_str_eq(story_text, "c@3000");
}

static struct child waited;
static void wait_stackless(struct strand *s) {
    STRAND(s)
    story_begin();
    waited = (struct child){.name = "c", .ms = 1000, .code = 7};
    s->nursery = strand_nursery(s);
    s->user_data = crib_nursery_spawn(s->nursery, "c", child_body, &waited, NULL);
    AWAIT(s, crib_begin_task_wait(s->op, s->user_data));
    cr_expect_eq(s->status, 0);
    cr_expect_eq(crib_value_as_int(s->value, -1), 7);
    cr_expect_eq(story_ms(), 1000);
    AWAIT(s, crib_begin_task_wait(s->op, s->user_data));
    cr_expect_eq(s->status, 0, "again, after its end");
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_task_result_code(s->user_data), 7);
    crib_unref(s->user_data);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(nursery_handles, d16_waiting_for_a_task_gives_its_code_stackless) {
    struct strand s = {.run = wait_stackless};
    cr_assert_eq(strand_run(&s), 0);
}
