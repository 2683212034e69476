/* Where the caller is: outside a run, in a callback of one, in a fiber, in a stackless task (statement 113). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

static void check_no_task(void) {
    crib_value v = nil_value;
    cr_expect_not(crib_in_task());
    cr_expect_null(crib_task_current());
    cr_expect_eq(crib_checkpoint(), CRIB_EMISUSE);
    cr_expect_eq(crib_checkpoint_if_cancelled(), CRIB_EMISUSE);
    cr_expect_eq(crib_cancel_shielded_checkpoint(), CRIB_EMISUSE);
    cr_expect_eq(crib_sleep(0), CRIB_EMISUSE);
    cr_expect_eq(crib_sleep_until(0), CRIB_EMISUSE);
    cr_expect_eq(crib_sleep_forever(), CRIB_EMISUSE);
    cr_expect_eq(crib_task_started(v), CRIB_EMISUSE);
    cr_expect_eq(crib_task_set_result(v), CRIB_EMISUSE);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), CRIB_EMISUSE);
    cr_expect_null(crib_nursery_open());
    cr_expect_null(crib_scope_open(NULL));
    cr_expect_null(crib_move_on_after(1));
    cr_expect_eq(crib_current_effective_deadline(), CRIB_FOREVER);
}

Test(run_context, s113_outside_a_run_nothing_can_wait) {
    crib_sender *tx = NULL;
    crib_receiver *rx = NULL;
    crib_statistics statistics = {.size = sizeof statistics};
    check_no_task();
    cr_assert_null(crib_runtime_current());
    cr_assert_null(crib_portal_open());
    cr_assert_null(crib_runtime_expect(NULL, "nothing"));
    cr_assert_eq(crib_channel_open(1, &tx, &rx), CRIB_EMISUSE);
    cr_assert_eq(crib_runtime_statistics(NULL, &statistics), CRIB_EMISUSE);
    cr_assert_eq(crib_runtime_dump(NULL, 1), CRIB_EMISUSE);
    cr_assert_eq(crib_clock_jump(1), CRIB_EMISUSE);
    cr_assert_gt(crib_now(), 0, "the machine's clock");
}

static int in_fiber(void *runtime) {
    cr_expect(crib_in_task());
    cr_expect_not_null(crib_task_current());
    cr_expect_eq(crib_runtime_current(), runtime);
    return 0;
}

Test(run_context, s113_a_fiber_is_in_a_task_and_a_run) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_run(rt, in_fiber, rt, NULL), 0);
    cr_assert_null(crib_runtime_current());
    cr_assert_not(crib_in_task());
    crib_unref(rt);
}

static int callbacks;
static void in_callback(void *arg) {
    (void)arg;
    ++callbacks;
    cr_expect_not_null(crib_runtime_current(), "in the run");
    check_no_task();
}

static bool abort_in_callback(crib_op *op, void *arg) {
    (void)op;
    in_callback(arg);
    return true;
}

static int parks(void *arg) { return crib_park(abort_in_callback, arg, "a test", NULL); }

static int all_callbacks(void *arg) {
    crib_portal *portal = crib_portal_open();
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    (void)arg;
    cr_expect_eq(crib_portal_post(portal, in_callback, NULL, in_callback), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "parked", parks, NULL, in_callback), 0);
    while (callbacks < 2) cr_expect_eq(crib_checkpoint(), 0);
    scope = crib_scope_open(NULL);
    cr_expect_eq(crib_scope_on_cancel(scope, in_callback, NULL, in_callback), 0);
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    cr_expect(crib_in_task(), "and back");
    cr_expect_eq(crib_scope_close(scope, 0, NULL), 0);
    cr_expect_eq(callbacks, 4);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(callbacks, 6, "abort and destroy of the parked child");
    crib_unref(portal);
    return 0;
}

Test(run_context, s113_a_callback_is_in_the_run_but_in_no_task) {
    cr_assert_eq(run_autojump(all_callbacks, NULL), 0);
    cr_assert_eq(callbacks, 6);
}

static void cannot_block(crib_task *self, uintptr_t data) {
    crib_value v = nil_value;
    crib_nursery *n = (crib_nursery *)data;
    cr_expect(crib_in_task());
    cr_expect_eq(crib_task_current(), self);
    cr_expect_eq(crib_checkpoint(), CRIB_ENOTFIBER);
    cr_expect_eq(crib_cancel_shielded_checkpoint(), CRIB_ENOTFIBER);
    cr_expect_eq(crib_sleep(1), CRIB_ENOTFIBER);
    cr_expect_eq(crib_sleep_forever(), CRIB_ENOTFIBER);
    cr_expect_eq(crib_nursery_start(n, "c", child_body, NULL, NULL, &v), CRIB_ENOTFIBER);
    cr_expect_eq(crib_nursery_wait_idle(n), CRIB_ENOTFIBER);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), CRIB_ENOTFIBER);
    cr_expect_eq(crib_park(NULL, NULL, "a test", &v), CRIB_ENOTFIBER);
    cr_expect_eq(crib_checkpoint_if_cancelled(), 0, "this one does not wait");
    cr_expect_eq(crib_nursery_count(n), 1, "nothing was started");
    story("refused");
    crib_task_exit(self, NULL);
}

static int stackless_blocks(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_not_null(crib_nursery_start_stackless(n, "stackless", cannot_block, (uintptr_t)n, NULL));
    return crib_nursery_close(n, 0);
}

Test(run_context, s113_a_blocking_call_in_a_stackless_task_starts_nothing_stackless) {
    cr_assert_eq(run_autojump(stackless_blocks, NULL), 0);
    cr_assert_str_eq(story_text, "refused");
}

/* Fiber code called for a stackless task. */

static int blocks_for_a_second(void *arg) {
    cr_expect(crib_in_task());
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    return *(int *)arg;
}

static int answer = 5;
static void calls_fiber_code(struct strand *s) {
    STRAND(s)
    story_begin();
    AWAIT(s, crib_begin_call(s->op, blocks_for_a_second, &answer, NULL));
    cr_expect_eq(s->status, 5);
    cr_expect_eq(story_ms(), 1000);
    strand_exit(s, NULL);
    STRAND_END
}

Test(run_context, s113_begin_call_runs_blocking_code_for_a_stackless_task_stackless) {
    struct strand s = {.run = calls_fiber_code};
    cr_assert_eq(strand_run(&s), 0);
}
