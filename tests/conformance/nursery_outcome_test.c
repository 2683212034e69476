/* What becomes of a nursery in the corners: trees the body brings, policies met by cancels and failing bodies, a
 * nursery that is let go. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static crib_nursery *open_policy(int32_t policy) {
    crib_nursery_options options = {.size = sizeof options, .policy = policy};
    return crib_nursery_open_with(&options);
}

/* What the body held. */

static int body_brings_tree(void *arg) {
    struct child fails = {.name = "fails", .ms = -1, .on_cancel = E_TWO};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(child_start(n, &fails, NULL), 0);
    return crib_nursery_close(n, crib_fail(E_ONE, "the body's own"));
}

Test(nursery_outcome, s066_the_bodys_message_is_in_the_tree) {
    crib_error *group;
    cr_assert_eq(run_autojump(body_brings_tree, NULL), E_ONE);
    group = crib_error_current();
    cr_assert_eq(crib_error_count(group), 2);
    cr_assert_str_eq(crib_error_message(crib_error_child(group, 0)), "the body's own");
    cr_assert_eq(crib_error_code(crib_error_child(group, 1)), E_TWO);
}

static int body_handles_inner_failure(void *arg) {
    struct child fails = {.name = "fails", .ms = 1, .code = E_TWO};
    crib_nursery *n = crib_nursery_open(), *inner = crib_nursery_open();
    (void)arg;
    cr_expect_eq(child_start(inner, &fails, NULL), 0);
    cr_expect_eq(crib_nursery_close(inner, 0), E_TWO);
    cr_expect_eq(crib_error_code(crib_error_current()), E_TWO);
    cr_expect_eq(crib_nursery_close(n, 0), 0, "a body that ends well has handled it");
    cr_expect_null(crib_error_current());
    return 0;
}

Test(nursery_outcome, s066_a_body_that_ends_well_has_handled_what_it_held) {
    cr_assert_eq(run_autojump(body_handles_inner_failure, NULL), 0);
}

static int body_turns_failure_round(void *arg) {
    struct child fails = {.name = "fails", .ms = 1, .code = E_TWO};
    crib_nursery *n = crib_nursery_open(), *inner = crib_nursery_open();
    (void)arg;
    cr_expect_eq(child_start(inner, &fails, NULL), 0);
    cr_expect_eq(crib_nursery_close(inner, 0), E_TWO);
    return crib_nursery_close(n, E_ONE);
}

Test(nursery_outcome, s066_a_body_that_fails_otherwise_keeps_what_it_held_as_cause) {
    crib_error *leaf;
    cr_assert_eq(run_autojump(body_turns_failure_round, NULL), E_ONE);
    leaf = crib_error_find(crib_error_current(), E_ONE);
    cr_assert_not_null(leaf);
    cr_assert_eq(crib_error_code(crib_error_cause(leaf)), E_TWO);
}

/* Policies and cancelled children. */

struct race {
    int32_t policy;
    int body;
};

static int one_is_cancelled(void *arg) {
    struct race *r = arg;
    struct child a = {.name = "a", .ms = -1}, b = {.name = "b", .ms = 2000}, c = {.name = "c", .ms = 3000};
    crib_nursery *n = open_policy(r->policy);
    crib_task *task = crib_nursery_spawn(n, "a", child_body, &a, NULL);
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &b, NULL), 0);
    cr_expect_eq(child_start(n, &c, STACKLESS), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_task_cancel(task, NULL), 0);
    crib_unref(task);
    rc = crib_nursery_close(n, r->body);
    story_at("closed");
    return rc;
}

Test(nursery_outcome, d16_a_cancelled_task_is_an_end_but_no_success_and_no_failure) {
    struct race r = {.policy = CRIB_POLICY_FIRST_DONE};
    cr_expect_eq(run_autojump(one_is_cancelled, &r), 0);
    cr_expect_str_eq(story_text, "a!@1000 b!@1000 c!@1000 closed@1000", "first done: %s", story_text);
    r.policy = CRIB_POLICY_FIRST_SUCCESS;
    cr_expect_eq(run_autojump(one_is_cancelled, &r), 0);
    cr_expect_str_eq(story_text, "a!@1000 b@2000 c!@2000 closed@2000", "first success: %s", story_text);
    r.policy = CRIB_POLICY_SUPERVISE;
    cr_expect_eq(run_autojump(one_is_cancelled, &r), 0);
    cr_expect_str_eq(story_text, "a!@1000 b@2000 c@3000 closed@3000", "supervise: %s", story_text);
}

Test(nursery_outcome, s063_a_bodys_error_cancels_supervised_children_too) {
    struct race r = {.policy = CRIB_POLICY_SUPERVISE, .body = E_ONE};
    cr_assert_eq(run_autojump(one_is_cancelled, &r), E_ONE);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000 c!@1000 closed@1000");
}

static int cancel_before_first_run(void *arg) {
    struct child a = {.name = "a", .ms = 1000};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "a", child_body, &a, NULL);
    int code = 0;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_task_cancel(task, NULL), 0);
    cr_expect_str_eq(story_text, "", "nothing runs inside the cancel");
    cr_expect_eq(crib_task_wait(task, &code), 0);
    cr_expect_eq(code, CRIB_ECANCELLED);
    crib_unref(task);
    return crib_nursery_close(n, 0);
}

Test(nursery_outcome, d16_a_task_cancelled_before_it_ran_runs_to_its_first_checkpoint) {
    cr_assert_eq(run_autojump(cancel_before_first_run, NULL), 0);
    cr_assert_str_eq(story_text, "a!@0");
}

struct watcher {
    crib_task *task;
    const char *name;
};

static int watches(void *arg) {
    struct watcher *w = arg;
    int code = 0;
    cr_expect_eq(crib_task_wait(w->task, &code), 0);
    cr_expect_eq(code, 5);
    story_at(w->name);
    return 0;
}

static int many_watchers(void *arg) {
    struct child c = {.name = "c", .ms = 1000, .code = 5};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "c", child_body, &c, NULL);
    struct watcher a = {task, "first"}, b = {task, "second"};
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(n, "a", watches, &a, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "b", watches, &b, NULL), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(task);
    return 0;
}

Test(nursery_outcome, d16_several_tasks_may_wait_for_one) {
    cr_assert_eq(run_autojump(many_watchers, NULL), 0);
    cr_assert_str_eq(story_text, "c@1000 first@1000 second@1000");
}

/* A nursery that is let go: cancelled, and awaited by the enclosing block. */

static int cleans_up_slowly(void *arg) {
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *scope;
    int rc = crib_sleep_forever();
    (void)arg;
    story_at("child!");
    scope = crib_scope_open(&shielded);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_scope_close(scope, 0, NULL), 0);
    story_at("cleaned");
    return rc;
}

static int lets_nursery_go(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(n, "child", cleans_up_slowly, NULL, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    crib_unref(n);
    story_at("let-go");
    rc = crib_scope_close(outer, 0, NULL);
    story_at("closed");
    return rc;
}

Test(nursery_outcome, s061_a_nursery_that_was_let_go_is_cancelled_and_awaited_by_the_enclosing_block) {
    cr_assert_eq(run_autojump(lets_nursery_go, NULL), 0);
    cr_assert_str_eq(story_text, "let-go@0 child!@0 cleaned@1000 closed@1000");
}

/* Waiting for room in a nursery whose body has left. */

struct hopeful {
    crib_nursery *nursery;
    int room, start;
};

static int hopes_for_room(void *arg) {
    struct hopeful *h = arg;
    static struct child late = {.name = "late"};
    h->room = crib_nursery_wait_room(h->nursery);
    h->start = h->room == 0 ? child_start(h->nursery, &late, NULL) : h->room;
    story_at("hopeful");
    return 0;
}

static int close_with_hopeful(void *arg) {
    struct child c = {.name = "c", .ms = 1000};
    crib_nursery_options options = {.size = sizeof options, .max_children = 1};
    crib_nursery *outer = crib_nursery_open(), *n = crib_nursery_open_with(&options);
    struct hopeful *h = arg;
    int rc;
    story_begin();
    h->nursery = n;
    cr_expect_eq(child_start(n, &c, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(outer, "hopeful", hopes_for_room, h, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    rc = crib_nursery_close(n, 0);
    return crib_nursery_close(outer, rc);
}

Test(nursery_outcome, s069_who_waits_for_room_in_a_nursery_that_closes_is_refused) {
    struct hopeful h = {0};
    cr_assert_eq(run_autojump(close_with_hopeful, &h), 0);
    cr_assert_str_eq(story_text, "c@1000 hopeful@1000");
    cr_assert(h.start == CRIB_ECLOSED || h.start == CRIB_EMISUSE, "refused with %d", h.start);
}

/* A supervisor that starts its children again. */

struct supervisor {
    crib_nursery *nursery;
    struct child child;
    int restarts, refused;
};

static void start_again(crib_task *task, crib_error *error, void *user_data) {
    struct supervisor *s = user_data;
    (void)task;
    (void)error;
    if (s->restarts == 3) return;
    ++s->restarts;
    if (child_start(s->nursery, &s->child, NULL) != 0) ++s->refused;
}

static int supervises(void *arg) {
    struct supervisor *s = arg;
    crib_nursery_options options = {
        .size = sizeof options, .policy = CRIB_POLICY_SUPERVISE, .on_failure = start_again, .user_data = s};
    crib_nursery *n = crib_nursery_open_with(&options);
    int rc;
    story_begin();
    s->nursery = n;
    cr_expect_eq(child_start(n, &s->child, NULL), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

Test(nursery_outcome, s069_the_last_child_may_be_started_again_when_it_fails_though_the_body_has_left) {
    struct supervisor s = {.child = {.name = "a", .ms = 1000, .code = E_ONE}};
    cr_assert_eq(run_autojump(supervises, &s), 0);
    cr_assert_eq(s.refused, 0);
    cr_assert_str_eq(story_text, "a@1000 a@2000 a@3000 a@4000 closed@4000");
}

/* A system task that fails when main has ended well. */

static int fails_at_shutdown(void *arg) {
    (void)arg;
    cr_expect_eq(crib_sleep_forever(), CRIB_ECANCELLED);
    return crib_fail(E_ONE, "while shutting down");
}

static int main_ends_well(void *arg) {
    (void)arg;
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", fails_at_shutdown, NULL, NULL), 0);
    return crib_checkpoint();
}

Test(nursery_outcome, d12_a_system_task_that_fails_at_the_shutdown_fails_the_run) {
    cr_assert_eq(run_autojump(main_ends_well, NULL), E_ONE);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE));
    cr_assert_str_eq(crib_error_message(crib_error_find(crib_error_current(), E_ONE)), "while shutting down");
}
