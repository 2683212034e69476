/* start into nurseries that refuse, shield or judge; a pending child that is cancelled by its handle; the rules of
 * start for stackless children (statements 76-82). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

static int ready_at_once(void *ms) {
    int rc;
    cr_expect_eq(crib_task_started(nil_value), 0);
    rc = crib_sleep(CRIB_MS(*(int *)ms));
    story_at(rc == 0 ? "server" : "server!");
    return rc;
}

/* Refused */

static int full_or_draining(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .max_children = 1, .drain = 1};
    crib_nursery *n = crib_nursery_open_with(&options);
    int ms = 1000, destroyed = 0;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "server", ready_at_once, &ms, NULL, NULL), 0);
    cr_expect_eq(crib_nursery_start(n, "server", ready_at_once, &destroyed, count_destroy, NULL), CRIB_EWOULDBLOCK);
    cr_expect_eq(destroyed, 1);
    cr_expect_eq(crib_nursery_wait_room(n), 0);
    cr_expect_eq(crib_scope_cancel_soft(crib_nursery_scope(n), CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    cr_expect_eq(crib_nursery_start(n, "server", ready_at_once, &destroyed, count_destroy, NULL), CRIB_ECLOSED);
    cr_expect_eq(destroyed, 2);
    return crib_nursery_close(n, 0);
}

Test(start_limits, start_is_refused_where_start_soon_is) {
    cr_assert_eq(run_autojump(full_or_draining, NULL), 0);
    cr_assert_str_eq(story_text, "server@1000");
}

/* Service */

static int service_start(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .service = 1};
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1)), *goodbye;
    crib_nursery *n = crib_nursery_open_with(&options);
    int ms = 60000, rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "server", ready_at_once, &ms, NULL, NULL), 0);
    rc = crib_sleep_forever();
    cr_expect_eq(rc, CRIB_ECANCELLED);
    goodbye = crib_scope_open(&shielded);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_scope_close(goodbye, 0, NULL), 0);
    rc = crib_nursery_close(n, rc);
    return crib_scope_close(outer, rc, NULL);
}

Test(start_limits, a_service_shields_a_child_from_started_on) {
    cr_assert_eq(run_autojump(service_start, NULL), 0);
    cr_assert_str_eq(story_text, "server!@2000");
}

/* Policies: a child that never started is none of the nursery's. */

static int never_ready(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_SECONDS(1));
}

static int first_done_and_start(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .policy = CRIB_POLICY_FIRST_DONE};
    crib_nursery *n = crib_nursery_open_with(&options);
    struct child c = {.name = "c", .ms = 5000};
    int ms = 1000;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &c, NULL), 0);
    cr_expect_eq(crib_nursery_start(n, "server", never_ready, NULL, NULL, NULL), CRIB_ENOTSTARTED);
    cr_expect_not(crib_scope_cancel_called(crib_nursery_scope(n)));
    cr_expect_eq(crib_nursery_start(n, "server", ready_at_once, &ms, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(start_limits, s077_a_failed_start_is_not_a_childs_end_for_the_policy) {
    cr_assert_eq(run_autojump(first_done_and_start, NULL), 0);
    cr_assert_str_eq(story_text, "server@2000 c!@2000");
}

/* A pending child that is cancelled by its handle ended without started. */

static struct strand child;
static crib_task *pending;

static void sleeps_forever(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    story_at("child!");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int cancels_pending(void *arg) {
    (void)arg;
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    return crib_task_cancel(pending, NULL);
}

static void start_of_cancelled_child(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    child = (struct strand){.run = sleeps_forever};
    cr_expect_eq(crib_nursery_start_soon(s->nursery, "canceller", cancels_pending, NULL, NULL), 0);
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "pending", strand_resume, (uintptr_t)&child, NULL,
                                                &pending));
    cr_expect_eq(s->status, CRIB_ENOTSTARTED);
    story_at("start");
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_limits, s078_a_pending_child_cancelled_by_its_handle_is_not_started_stackless) {
    struct strand s = {.run = start_of_cancelled_child};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "child!@1000 start@1000");
}

/* Statement 76 */

static struct strand caller;
static void ready_then_sleeps(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(crib_task_started_by(s->task, nil_value), 0);
    cr_expect_eq(crib_scope_cancel(caller.scope, NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(s->status, 0, "the caller's scope no longer applies");
    story_at("server");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void cancelled_after_started(struct strand *s) {
    crib_scope_options options = {.size = sizeof options};
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    options.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&options);
    cr_expect_eq(crib_op_set_scope(s->op, s->scope), 0);
    child = (struct strand){.run = ready_then_sleeps};
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->nursery, "server", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, 0, "a start that has succeeded is not taken back");
    story_at("started");
    cr_expect_null(crib_scope_close_error(s->scope, NULL, NULL));
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(start_limits, s076_after_started_the_callers_scopes_reach_neither_child_nor_result_stackless) {
    caller = (struct strand){.run = cancelled_after_started};
    cr_assert_eq(strand_run(&caller), 0);
    cr_assert_str_eq(story_text, "started@1000 server@2000");
}

/* Statement 81 */

static void started_too_late(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    cr_expect_eq(crib_task_started_by(s->task, counted_value(1)), 0);
    cr_expect_null(crib_task_parent_nursery(s->task), "it did not move");
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    story_at("child!");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void start_too_late(struct strand *s) {
    crib_scope_options timeout = {.size = sizeof timeout, .timeout = CRIB_SECONDS(1)};
    bool caught = false;
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    timeout.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&timeout);
    cr_expect_eq(crib_op_set_scope(s->op, s->scope), 0);
    child = (struct strand){.run = started_too_late};
    AWAIT(s,
          crib_begin_nursery_start_stackless(s->op, s->nursery, "late", strand_resume, (uintptr_t)&child, NULL, NULL));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    cr_expect(is_nil(s->value));
    cr_expect_eq(counted_drops, 1, "the value is ignored and dropped");
    cr_expect_null(crib_scope_close_error(s->scope, crib_error_cancelled(s->scope), &caught));
    cr_expect(caught);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(start_limits, s081_started_under_a_cancelled_caller_moves_nothing_stackless) {
    struct strand s = {.run = start_too_late};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "child!@1000");
}

/* Statement 82 */

static void starts_and_ends(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, s->user_data, "pending", strand_resume, (uintptr_t)&child, NULL,
                                                NULL));
    cr_expect_eq(s->status, 0);
    story_at("started");
    strand_exit(s, NULL);
    STRAND_END
}

static void ready_after_a_second(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(crib_task_started_by(s->task, nil_value), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int close_with_pending_start(void *arg) {
    crib_nursery *outer = crib_nursery_open(), *target = crib_nursery_open();
    struct strand starter = {.run = starts_and_ends, .user_data = target};
    int rc;
    (void)arg;
    story_begin();
    child = (struct strand){.run = ready_after_a_second};
    cr_expect_not_null(strand_start(outer, "starter", &starter));
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_nursery_count(target), 1, "a pending start counts");
    rc = crib_nursery_close(target, 0);
    story_at("closed");
    return crib_nursery_close(outer, rc);
}

Test(start_limits, s082_a_pending_start_keeps_the_target_open_stackless) {
    cr_assert_eq(run_autojump(close_with_pending_start, NULL), 0);
    cr_assert_str_eq(story_text, "started@1000 closed@2000");
}
