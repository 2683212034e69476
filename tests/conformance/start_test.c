/* start and started: a child that says when it is ready (statements 75-80). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static int64_t effective_in_ms(void) {
    int64_t deadline = crib_current_effective_deadline();
    return deadline == CRIB_FOREVER ? -1 : (deadline - story_origin) / 1000000;
}

/* Statement 75 */

static int ready_after_a_second(void *value) {
    int rc = crib_sleep(CRIB_SECONDS(1));
    if (rc < 0) return rc;
    story_at("ready");
    cr_expect_eq(crib_task_started(*(crib_value *)value), 0);
    story("goes-on");
    rc = crib_sleep(CRIB_SECONDS(1));
    story_at(rc == 0 ? "ended" : "cancelled");
    return rc;
}

static int start_waits_for_started(void *arg) {
    crib_value forty_two = crib_value_int(42), started = nil_value;
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "server", ready_after_a_second, &forty_two, NULL, &started), 0);
    story_at("started");
    cr_expect_eq(crib_value_as_int(started, -1), 42);
    cr_expect_eq(crib_nursery_count(n), 1);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

Test(start, s075_start_returns_what_started_was_given) {
    cr_assert_eq(run_autojump(start_waits_for_started, NULL), 0);
    cr_assert_str_eq(story_text, "ready@1000 goes-on started@1000 ended@2000 closed@2000");
    cr_assert_eq(run_strict(start_waits_for_started, NULL), 0);
    cr_assert_str_eq(story_text, "ready@1000 goes-on started@1000 ended@2000 closed@2000");
}

static int start_without_value(void *arg) {
    crib_value nothing = nil_value, counted = counted_value(1), started = crib_value_int(1);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "a", ready_after_a_second, &nothing, NULL, &started), 0);
    cr_expect(is_nil(started));
    cr_expect_eq(crib_nursery_start(n, "b", ready_after_a_second, &counted, NULL, NULL), 0);
    cr_expect_eq(counted_drops, 1, "nobody wanted it");
    return crib_nursery_close(n, 0);
}

Test(start, s075_a_started_value_may_be_nil_and_need_not_be_taken) {
    cr_assert_eq(run_autojump(start_without_value, NULL), 0);
}

/* Statement 76 */

static int reports_deadlines(void *arg) {
    (void)arg;
    cr_expect_eq(effective_in_ms(), 5000, "the caller's");
    cr_expect_eq(crib_task_started(nil_value), 0);
    cr_expect_eq(effective_in_ms(), 9000, "the target's");
    return crib_sleep(CRIB_SECONDS(7));
}

static int scopes_before_and_after(void *arg) {
    crib_scope *caller;
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_scope_set_deadline(crib_nursery_scope(n), crib_now() + CRIB_SECONDS(9)), 0);
    caller = crib_move_on_after(CRIB_SECONDS(5));
    cr_expect_eq(crib_nursery_start(n, "server", reports_deadlines, NULL, NULL, NULL), 0);
    cr_expect_eq(crib_scope_cancel(caller, NULL), 0);
    cr_expect_eq(crib_scope_close(caller, 0, NULL), 0);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(story_ms(), 7000, "the caller's scope no longer reaches it");
    return rc;
}

Test(start, s076_the_callers_scopes_apply_until_started_and_the_targets_after) {
    cr_assert_eq(run_autojump(scopes_before_and_after, NULL), 0);
}

/* Statement 77 */

static int fails_before_started(void *arg) {
    (void)arg;
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return CRIB_ECANCELLED;
    crib_fail(E_TWO, "the cause");
    return E_ONE;
}

static int failed_start(void *arg) {
    struct child sibling = {.name = "sibling", .ms = 3000};
    crib_nursery *n = crib_nursery_open();
    crib_value started = nil_value;
    int destroyed = 0;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &sibling, NULL), 0);
    cr_expect_eq(crib_nursery_start(n, "server", fails_before_started, &destroyed, count_destroy, &started), E_ONE);
    story_at("failed");
    cr_expect_eq(destroyed, 1);
    cr_expect(is_nil(started));
    cr_expect_eq(crib_error_count(crib_error_current()), 0, "no group");
    cr_expect_str_eq(crib_error_task_name(crib_error_current()), "server");
    cr_expect_eq(crib_error_code(crib_error_cause(crib_error_current())), E_TWO, "the cause is kept");
    cr_expect_str_eq(crib_error_message(crib_error_cause(crib_error_current())), "the cause");
    cr_expect_not(crib_scope_cancel_called(crib_nursery_scope(n)), "the target is not cancelled");
    return crib_nursery_close(n, 0);
}

Test(start, s077_a_failure_before_started_leaves_start_and_spares_the_nursery) {
    cr_assert_eq(run_autojump(failed_start, NULL), 0, "the body handled it");
    cr_assert_str_eq(story_text, "failed@1000 sibling@3000");
}

static int failed_start_passed_on(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int rc = crib_nursery_start(n, "server", fails_before_started, NULL, NULL, NULL);
    (void)arg;
    return crib_nursery_close(n, rc);
}

Test(start, s077_a_failure_before_started_that_is_passed_on_keeps_its_cause) {
    crib_error *leaf;
    cr_assert_eq(run_autojump(failed_start_passed_on, NULL), E_ONE);
    leaf = crib_error_find(crib_error_current(), E_ONE);
    cr_assert_not_null(leaf);
    cr_assert_eq(crib_error_code(crib_error_cause(leaf)), E_TWO);
}

/* Statement 78 */

static int returns_before_started(void *result) { return *(int *)result; }

static int start_not_started(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int result = 0;
    (void)arg;
    cr_expect_eq(crib_nursery_start(n, "server", returns_before_started, &result, NULL, NULL), CRIB_ENOTSTARTED);
    result = 3;
    cr_expect_eq(crib_nursery_start(n, "server", returns_before_started, &result, NULL, NULL), CRIB_ENOTSTARTED);
    cr_expect_eq(crib_nursery_count(n), 0);
    cr_expect_not(crib_scope_cancel_called(crib_nursery_scope(n)));
    return crib_nursery_close(n, 0);
}

Test(start, s078_a_child_that_returns_without_started_is_not_started) {
    cr_assert_eq(run_autojump(start_not_started, NULL), 0);
}

/* Statement 79 */

static int started_twice(void *arg) {
    (void)arg;
    cr_expect_eq(crib_task_started(crib_value_int(1)), 0);
    counted_drops = 0;
    cr_expect_eq(crib_task_started(counted_value(2)), CRIB_EMISUSE);
    cr_expect_eq(counted_drops, 1, "the value is consumed all the same");
    return 0;
}

static int start_started_twice(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_value started = nil_value;
    (void)arg;
    cr_expect_eq(crib_nursery_start(n, "server", started_twice, NULL, NULL, &started), 0);
    cr_expect_eq(crib_value_as_int(started, -1), 1, "the first one counts");
    return crib_nursery_close(n, 0);
}

Test(start, s079_started_twice_is_misuse) {
    cr_assert_eq(run_autojump(start_started_twice, NULL), 0);
    cr_assert_eq(counted_drops, 1);
}

static int started_unasked(void *arg) {
    (void)arg;
    cr_expect_eq(crib_task_started(counted_value(1)), CRIB_EMISUSE);
    cr_expect_eq(counted_drops, 1);
    return 0;
}

static int not_begun_by_start(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "child", started_unasked, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(start, s079_started_in_a_task_not_begun_by_start_is_misuse) {
    cr_assert_eq(run_autojump(not_begun_by_start, NULL), 0);
    cr_assert_eq(counted_drops, 1);
}

/* Statement 80 */

static int cleans_up_slowly(void *arg) {
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *scope;
    int rc = crib_sleep_forever();
    (void)arg;
    cr_expect_eq(rc, CRIB_ECANCELLED);
    story_at("child!");
    scope = crib_scope_open(&shielded);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_scope_close(scope, 0, NULL), 0);
    story_at("cleaned");
    return rc;
}

static int cancelled_start(void *arg) {
    struct child sibling = {.name = "sibling", .ms = 5000};
    crib_value started = nil_value;
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    bool caught = false;
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &sibling, NULL), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_nursery_start(n, "server", cleans_up_slowly, NULL, NULL, &started);
    story_at("start!");
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect(is_nil(started));
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    return crib_nursery_close(n, 0);
}

Test(start, s080_a_cancelled_start_cancels_the_child_and_waits_for_it) {
    cr_assert_eq(run_autojump(cancelled_start, NULL), 0);
    cr_assert_str_eq(story_text, "child!@1000 cleaned@2000 start!@2000 sibling@5000");
}

static int never_runs(void *arg) {
    (void)arg;
    story("ran");
    return crib_task_started(nil_value);
}

static int start_in_cancelled_scope(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_scope_open(NULL);
    int destroyed = 0, rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    rc = crib_nursery_start(n, "server", cleans_up_slowly, &destroyed, count_destroy, NULL);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(destroyed, 1);
    cr_expect_eq(crib_scope_close(scope, rc, NULL), 0);
    cr_expect_eq(crib_nursery_count(n), 0);
    return crib_nursery_close(n, 0);
}

Test(start, s080_start_in_a_cancelled_scope_fails_with_cancelled) {
    cr_assert_eq(run_autojump(start_in_cancelled_scope, NULL), 0);
}

static int start_without_body(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int destroyed = 0;
    (void)arg;
    cr_expect_eq(crib_nursery_start(n, "server", NULL, &destroyed, count_destroy, NULL), -EINVAL);
    cr_expect_eq(destroyed, 1);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_nursery_start(n, "server", never_runs, &destroyed, count_destroy, NULL), CRIB_EMISUSE);
    cr_expect_eq(destroyed, 2);
    return 0;
}

Test(start, s084_what_start_refuses_never_runs) {
    story_begin();
    cr_assert_eq(run_autojump(start_without_body, NULL), 0);
    cr_assert_str_eq(story_text, "");
}
