/* start from stackless tasks, and of stackless children (statements 75-83, D2). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

/* A stackless child that is ready after a second and ends after another. */
static void ready_after_a_second(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    if (s->status == 0) {
        cr_expect_eq(crib_task_started_by(s->task, crib_value_int(42)), 0);
        story_at("ready");
        cr_expect_eq(crib_task_started_by(s->task, counted_value(1)), CRIB_EMISUSE, "twice");
        AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    }
    story_at(s->status == 0 ? "ended" : "child!");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int fiber_ready_after_a_second(void *arg) {
    (void)arg;
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return CRIB_ECANCELLED;
    story_at("ready");
    cr_expect_eq(crib_task_started(crib_value_int(42)), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    story_at("ended");
    return 0;
}

static struct strand child;

/* Statements 75 and 79 */

static void starts_stackless(struct strand *s) {
    crib_task *borrowed = NULL;
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    child = (struct strand){.run = ready_after_a_second};
    s->status = crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL,
                                                   &borrowed);
    cr_expect_eq(s->status, CRIB_PENDING);
    cr_expect_eq(crib_task_eventual_parent_nursery(borrowed), s->nursery);
    AWAIT(s, CRIB_PENDING);
    cr_expect_eq(s->status, 0);
    cr_expect_eq(crib_value_as_int(s->value, -1), 42);
    story_at("started");
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    story_at("closed");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(start_stackless, s075_start_of_a_stackless_child_returns_what_started_was_given_stackless) {
    struct strand s = {.run = starts_stackless};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "ready@1000 started@1000 ended@2000 closed@2000");
    cr_assert_eq(counted_drops, 1, "the second started's value was dropped");
}

static void starts_fiber(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    AWAIT(s, crib_begin_nursery_start(s->op, s->nursery, "server", fiber_ready_after_a_second, NULL, NULL));
    cr_expect_eq(s->status, 0);
    cr_expect_eq(crib_value_as_int(s->value, -1), 42);
    story_at("started");
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    story_at("closed");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(start_stackless, s075_a_stackless_task_starts_a_fiber_stackless) {
    struct strand s = {.run = starts_fiber};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "ready@1000 started@1000 ended@2000 closed@2000");
}

/* Statement 77 */

static void fails_at_once(struct strand *s) { strand_exit(s, crib_error_new(E_ONE, "no port")); }

static void start_fails(struct strand *s) {
    STRAND(s)
    s->nursery = strand_nursery(s);
    child = (struct strand){.run = fails_at_once};
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, E_ONE);
    cr_expect_eq(crib_error_count(s->error), 0, "no group");
    cr_expect_str_eq(crib_error_message(s->error), "no port");
    cr_expect_str_eq(crib_error_task_name(s->error), "server");
    cr_expect_not(crib_scope_cancel_called(crib_nursery_scope(s->nursery)));
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_stackless, s077_a_failure_before_started_comes_with_the_op_stackless) {
    struct strand s = {.run = start_fails};
    cr_assert_eq(strand_run(&s), 0);
}

/* Statement 78 */

static void ends_at_once(struct strand *s) { strand_exit(s, NULL); }

static void start_not_started(struct strand *s) {
    STRAND(s)
    s->nursery = strand_nursery(s);
    child = (struct strand){.run = ends_at_once};
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, CRIB_ENOTSTARTED);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_stackless, s078_a_stackless_child_that_exits_without_started_is_not_started_stackless) {
    struct strand s = {.run = start_not_started};
    cr_assert_eq(strand_run(&s), 0);
}

/* Statement 80 */

static void start_is_cancelled(struct strand *s) {
    crib_scope_options timeout = {.size = sizeof timeout, .timeout = CRIB_MS(500)};
    bool caught = false;
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    timeout.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&timeout);
    cr_expect_eq(crib_op_set_scope(s->op, s->scope), 0);
    child = (struct strand){.run = ready_after_a_second};
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    story_at("start!");
    cr_expect_null(crib_scope_close_error(s->scope, crib_error_cancelled(s->scope), &caught));
    cr_expect(caught);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_stackless, s080_a_cancelled_start_cancels_the_child_and_waits_for_it_stackless) {
    struct strand s = {.run = start_is_cancelled};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "child!@500 start!@500");
}

static void start_is_aborted(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    child = (struct strand){.run = ready_after_a_second};
    s->status =
        crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL, NULL);
    cr_expect_eq(s->status, CRIB_PENDING);
    cr_expect_eq(crib_op_abort(s->op), CRIB_EBUSY, "it is asked to end, and still completes");
    AWAIT(s, CRIB_PENDING);
    cr_expect_lt(s->status, 0);
    cr_expect_eq(story_ms(), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_stackless, s080_an_aborted_start_ends_its_child_first_stackless) {
    struct strand s = {.run = start_is_aborted};
    cr_assert_eq(strand_run(&s), 0);
}

/* Statement 83 */

static struct child grandchild;
static void started_with_family(struct strand *s) {
    STRAND(s)
    s->nursery = strand_nursery(s);
    grandchild = (struct child){.name = "grandchild", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &grandchild, STACKLESS), 0);
    cr_expect_eq(crib_task_started_by(s->task, nil_value), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void subtree_moves(struct strand *s) {
    crib_scope_options options = {.size = sizeof options};
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    options.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&options);
    cr_expect_eq(crib_op_set_scope(s->op, s->scope), 0);
    child = (struct strand){.run = started_with_family};
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "family", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, 0);
    cr_expect_eq(crib_scope_cancel(s->scope, NULL), 0);
    cr_expect_null(crib_scope_close_error(s->scope, NULL, NULL));
    cr_expect_eq(crib_op_set_scope(s->op, NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_str_eq(story_text, "", "the caller's scope reaches nothing of it any more");
    cr_expect_eq(crib_nursery_cancel(s->nursery, NULL), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(start_stackless, s083_the_whole_subtree_moves_at_started_stackless) {
    struct strand s = {.run = subtree_moves};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "grandchild!@1000");
}

/* D2 */

static void starts_into(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->user_data, "pending", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, CRIB_ENURSERYCANCELLED);
    story_at("refused");
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(s->status, 0, "the caller itself is not cancelled");
    story_at("starter");
    strand_exit(s, NULL);
    STRAND_END
}

static int cancel_target(void *arg) {
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    struct strand starter = {.run = starts_into, .user_data = target};
    int rc;
    (void)arg;
    story_begin();
    child = (struct strand){.run = ready_after_a_second};
    cr_expect_not_null(strand_start(outer, "starter", &starter));
    cr_expect_eq(crib_sleep(CRIB_MS(300)), 0);
    cr_expect_eq(crib_nursery_cancel(target, NULL), 0);
    rc = crib_nursery_close(target, 0);
    cr_expect_eq(story_ms(), 300);
    return crib_nursery_close(outer, rc);
}

Test(start_stackless, d02_a_pending_start_ends_when_its_target_is_cancelled_stackless) {
    cr_assert_eq(run_autojump(cancel_target, NULL), 0);
    cr_assert_str_eq(story_text, "child!@300 refused@300 starter@1300");
}
