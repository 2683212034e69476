/* The move at started: when it does not happen, what moves, and a target that is cancelled meanwhile (statements
 * 81-84, D2). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

/* Statement 81 */

enum after { GOES_ON, RETURNS, FAILS };

static int started_too_late(void *arg) {
    enum after after = *(enum after *)arg;
    cr_expect_eq(crib_sleep_forever(), CRIB_ECANCELLED, "the caller's scope");
    cr_expect_eq(crib_task_started(counted_value(8)), 0);
    cr_expect_null(crib_task_parent_nursery(crib_task_current()), "it did not move");
    if (after == RETURNS) return 0;
    if (after == FAILS) return E_ONE;
    cr_expect_eq(crib_checkpoint(), CRIB_ECANCELLED, "it is cancelled where it is");
    story_at("child!");
    return CRIB_ECANCELLED;
}

struct late_start {
    enum after after;
    int rc;
    bool caught;
    crib_value started;
};

static int start_too_late(void *arg) {
    struct late_start *l = arg;
    crib_nursery *n = crib_nursery_open();
    crib_scope *caller = crib_move_on_after(CRIB_SECONDS(1));
    int rc;
    story_begin();
    l->started = nil_value;
    l->rc = crib_nursery_start(n, "late", started_too_late, &l->after, NULL, &l->started);
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_nursery_count(n), 0);
    rc = crib_scope_close(caller, l->rc, &l->caught);
    cr_expect_not(crib_scope_cancel_called(crib_nursery_scope(n)));
    return crib_nursery_close(n, rc);
}

Test(start_move, s081_started_under_a_cancelled_caller_moves_nothing) {
    struct late_start l = {.after = GOES_ON};
    cr_assert_eq(run_autojump(start_too_late, &l), 0);
    cr_assert_eq(l.rc, CRIB_ECANCELLED);
    cr_assert(l.caught);
    cr_assert_str_eq(story_text, "child!@1000");
    cr_assert(is_nil(l.started), "the value is ignored");
    cr_assert_eq(counted_drops, 1, "and dropped");
}

Test(start_move, s081_a_child_that_ends_after_a_late_started_lets_start_succeed) {
    struct late_start l = {.after = RETURNS};
    cr_assert_eq(run_autojump(start_too_late, &l), 0);
    cr_assert_eq(l.rc, 0);
    cr_assert_not(l.caught);
    cr_assert_eq((intptr_t)l.started.p, 8);
    crib_value_drop(l.started);
    cr_assert_eq(counted_drops, 1);
}

Test(start_move, s081_a_child_that_fails_after_a_late_started_fails_start) {
    struct late_start l = {.after = FAILS};
    cr_assert_eq(run_autojump(start_too_late, &l), E_ONE);
    cr_assert_eq(l.rc, E_ONE);
    cr_assert(is_nil(l.started));
    cr_assert_eq(counted_drops, 1);
}

/* Statement 82 */

struct starter {
    crib_nursery *target;
    crib_body_fn child;
    void *data;
    int rc;
};

static int starts(void *arg) {
    struct starter *s = arg;
    s->rc = crib_nursery_start(s->target, "pending", s->child, s->data, NULL, NULL);
    story_at(s->rc == 0 ? "started" : "refused");
    return 0;
}

static int ready_after_a_second(void *arg) {
    (void)arg;
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return CRIB_ECANCELLED;
    cr_expect_eq(crib_task_started(nil_value), 0);
    return crib_sleep(CRIB_SECONDS(1));
}

static int close_with_pending_start(void *arg) {
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = ready_after_a_second};
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts, &starter, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_nursery_count(target), 1, "a pending start counts");
    rc = crib_nursery_close(target, 0);
    story_at("closed");
    return crib_nursery_close(outer, rc);
}

Test(start_move, s082_a_pending_start_keeps_the_target_open) {
    cr_assert_eq(run_autojump(close_with_pending_start, NULL), 0);
    cr_assert_str_eq(story_text, "started@1000 closed@2000");
}

static int ends_without_started(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_SECONDS(1));
}

static int close_with_failing_start(void *arg) {
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = ends_without_started};
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts, &starter, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    rc = crib_nursery_close(target, 0);
    cr_expect_eq(story_ms(), 1000);
    rc = crib_nursery_close(outer, rc);
    cr_expect_eq(starter.rc, CRIB_ENOTSTARTED);
    return rc;
}

Test(start_move, s082_a_pending_start_that_fails_lets_the_target_close) {
    cr_assert_eq(run_autojump(close_with_failing_start, NULL), 0);
}

/* Statement 83 */

static int started_with_family(void *grandchild) {
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, grandchild, NULL), 0);
    cr_expect_eq(crib_task_started(nil_value), 0);
    return crib_nursery_close(n, 0);
}

static int subtree_moves(void *arg) {
    struct child grandchild = {.name = "grandchild", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    crib_scope *caller = crib_scope_open(NULL);
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "family", started_with_family, &grandchild, NULL, NULL), 0);
    cr_expect_eq(crib_scope_cancel(caller, NULL), 0);
    cr_expect_eq(crib_scope_close(caller, 0, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_str_eq(story_text, "", "the caller's scope reaches nothing of it any more");
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

Test(start_move, s083_the_whole_subtree_moves_at_started) {
    cr_assert_eq(run_autojump(subtree_moves, NULL), 0);
    cr_assert_str_eq(story_text, "grandchild!@1000 closed@1000");
}

#define DEPTH 5000
static crib_scope *deep[DEPTH];

static int started_from_the_deep(void *arg) {
    int i, rc;
    (void)arg;
    for (i = 0; i < DEPTH; ++i) deep[i] = crib_scope_open(NULL);
    cr_expect_not_null(deep[DEPTH - 1]);
    cr_expect_eq(crib_task_started(nil_value), 0);
    rc = crib_sleep_forever();
    story_at("deep!");
    for (i = DEPTH - 1; i >= 0; --i) rc = crib_scope_close(deep[i], rc, NULL);
    return rc;
}

static int deep_subtree_moves(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *caller = crib_scope_open(NULL);
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start(n, "diver", started_from_the_deep, NULL, NULL, NULL), 0);
    cr_expect_eq(crib_scope_cancel(caller, NULL), 0);
    cr_expect_eq(crib_scope_close(caller, 0, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(start_move, s083_a_deep_subtree_moves_without_recursion) {
    cr_assert_eq(run_autojump(deep_subtree_moves, NULL), 0);
    cr_assert_str_eq(story_text, "deep!@1000");
}

/* Statement 84 */

static int looks_at_its_parents(void *target) {
    crib_task *self = crib_task_current();
    cr_expect_null(crib_task_parent_nursery(self));
    cr_expect_eq(crib_task_eventual_parent_nursery(self), target);
    cr_expect_eq(crib_task_started(nil_value), 0);
    cr_expect_eq(crib_task_parent_nursery(self), target);
    cr_expect_null(crib_task_eventual_parent_nursery(self));
    return 0;
}

static int parents_of_pending(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_null(crib_task_eventual_parent_nursery(crib_task_current()));
    cr_expect_eq(crib_nursery_start(n, "child", looks_at_its_parents, n, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(start_move, s084_the_eventual_parent_is_known_while_the_start_is_pending) {
    cr_assert_eq(run_autojump(parents_of_pending, NULL), 0);
}

/* D2 */

static int never_ready(void *arg) {
    int *on_cancel = arg;
    int rc = crib_sleep_forever();
    story_at("pending!");
    return on_cancel == NULL ? rc : *on_cancel;
}

static int starts_and_goes_on(void *arg) {
    struct starter *s = arg;
    int rc;
    s->rc = crib_nursery_start(s->target, "pending", s->child, s->data, NULL, NULL);
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_error_find(crib_error_current(), E_ONE) != NULL, s->data != NULL, "no error is lost");
    rc = crib_sleep(CRIB_SECONDS(1));
    story_at(rc == 0 ? "starter" : "starter!");
    return rc;
}

static int cancel_target(void *data) {
    crib_nursery *outer = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = never_ready, .data = data};
    int rc;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts_and_goes_on, &starter, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(target, "not any more"), 0);
    rc = crib_nursery_close(target, 0);
    cr_expect_eq(story_ms(), 1000, "the target does not hang on the pending child");
    rc = crib_nursery_close(outer, rc);
    return rc < 0 ? rc : -starter.rc;
}

Test(start_move, d02_a_pending_start_ends_when_its_target_is_cancelled) {
    cr_assert_eq(run_autojump(cancel_target, NULL), -CRIB_ENURSERYCANCELLED);
    cr_assert_str_eq(story_text, "pending!@1000 starter@2000");
}

Test(start_move, d02_a_pending_child_that_fails_at_that_cancel_is_heard) {
    int code = E_ONE;
    cr_assert_gt(run_autojump(cancel_target, &code), 0);
    cr_assert_str_eq(story_text, "pending!@1000 starter@2000");
}

static int cancel_around_target(void *arg) {
    crib_nursery *outer = crib_nursery_open();
    crib_scope *around = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = never_ready};
    bool caught = true;
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts_and_goes_on, &starter, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    rc = crib_nursery_close(target, 0);
    cr_expect_eq(rc, 0, "the pending child's end is start's business");
    cr_expect_eq(story_ms(), 1000);
    rc = crib_scope_close(around, rc, &caught);
    cr_expect_not(caught);
    rc = crib_nursery_close(outer, rc);
    return rc < 0 ? rc : -starter.rc;
}

Test(start_move, d02_a_cancel_around_the_target_counts_too) {
    cr_assert_eq(run_autojump(cancel_around_target, NULL), -CRIB_ENURSERYCANCELLED);
    cr_assert_str_eq(story_text, "pending!@1000 starter@2000");
}

static int ends_well_when_cancelled(void *arg) {
    cr_expect_eq(never_ready(arg), CRIB_ECANCELLED);
    return 0;
}

static int cancel_target_of_willing(void *arg) {
    crib_nursery *outer = crib_nursery_open(), *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = ends_well_when_cancelled};
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts_and_goes_on, &starter, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(target, NULL), 0);
    rc = crib_nursery_close(target, 0);
    rc = crib_nursery_close(outer, rc);
    return rc < 0 ? rc : -starter.rc;
}

Test(start_move, d02_it_is_the_nurserys_cancel_also_when_the_pending_child_ends_well) {
    cr_assert_eq(run_autojump(cancel_target_of_willing, NULL), -CRIB_ENURSERYCANCELLED);
}

static int shielded_until_started(void *arg) {
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *scope = crib_scope_open(&shielded);
    int rc;
    (void)arg;
    cr_expect_eq(crib_sleep(CRIB_SECONDS(2)), 0, "a shield holds");
    cr_expect_eq(crib_task_started(nil_value), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    rc = crib_scope_close(scope, 0, NULL);
    cr_expect_eq(rc, 0);
    rc = crib_checkpoint();
    cr_expect_eq(rc, CRIB_ECANCELLED, "in a nursery that is cancelled");
    story_at("child!");
    return rc;
}

static int cancel_target_of_shielded(void *arg) {
    crib_nursery *outer = crib_nursery_open(), *target = crib_nursery_open();
    struct starter starter = {.target = target, .child = shielded_until_started};
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(outer, "starter", starts, &starter, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(target, NULL), 0);
    rc = crib_nursery_close(target, 0);
    cr_expect_eq(story_ms(), 2000, "the close waits for it");
    return crib_nursery_close(outer, rc);
}

Test(start_move, s083_a_shielded_child_that_starts_into_a_cancelled_nursery_is_cancelled_there) {
    cr_assert_eq(run_autojump(cancel_target_of_shielded, NULL), 0);
    cr_assert_not_null(strstr(story_text, "child!@2000"), "%s", story_text);
}
