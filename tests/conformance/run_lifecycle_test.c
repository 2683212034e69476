/* The life of a run: system tasks, their failures, the order of the end (statements 111, 112, D12). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

/* Statement 111 and D12 */

static int system_fails(void *arg) {
    (void)arg;
    if (crib_sleep(CRIB_SECONDS(1)) < 0) return CRIB_ECANCELLED;
    return crib_fail(E_ONE, "the system task's");
}

static int main_with_failing_system_task(void *main_code) {
    int rc;
    story_begin();
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", system_fails, NULL, NULL), 0);
    rc = crib_sleep_forever();
    cr_expect_eq(rc, CRIB_ECANCELLED, "main is cancelled");
    story_at("main!");
    return main_code == NULL ? rc : *(int *)main_code;
}

Test(run_lifecycle, s111_a_system_tasks_failure_cancels_main_and_fails_the_run) {
    crib_error *leaf;
    cr_assert_eq(run_autojump(main_with_failing_system_task, NULL), E_ONE);
    cr_assert_str_eq(story_text, "main!@1000");
    leaf = crib_error_find(crib_error_current(), E_ONE);
    cr_assert_not_null(leaf);
    cr_assert_str_eq(crib_error_task_name(leaf), "system");
}

Test(run_lifecycle, s111_mains_own_failure_stands_beside_the_system_tasks) {
    int main_code = E_TWO;
    cr_assert_lt(run_autojump(main_with_failing_system_task, &main_code), 0);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE));
    cr_assert_not_null(crib_error_find(crib_error_current(), E_TWO));
}

Test(run_lifecycle, d12_a_system_tasks_error_is_reported_as_it_is) {
    cr_assert_eq(run_autojump(main_with_failing_system_task, NULL), E_ONE, "its own code, not one of the library");
    cr_assert_str_eq(crib_error_message(crib_error_find(crib_error_current(), E_ONE)), "the system task's");
}

Test(run_lifecycle, s111_a_system_tasks_failure_is_not_hidden_by_mains_success) {
    int main_code = 0;
    cr_assert_eq(run_autojump(main_with_failing_system_task, &main_code), E_ONE);
}

/* Statement 112 */

static int ticks_to_the_end(void *arg) {
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *scope;
    int rc = crib_sleep_forever();
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_source(crib_task_scope(crib_task_current())), CRIB_SOURCE_SHUTDOWN);
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "late", ticks_to_the_end, arg, count_destroy), CRIB_ERUNFINISHED);
    story_at("system!");
    scope = crib_scope_open(&shielded);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_scope_close(scope, 0, NULL), 0);
    story_at("system");
    return rc;
}

static int main_with_system_task(void *destroyed) {
    story_begin();
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", ticks_to_the_end, destroyed, count_destroy), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    story_at("main");
    return 8;
}

Test(run_lifecycle, s112_system_tasks_are_cancelled_when_main_has_ended_and_awaited) {
    int destroyed = 0;
    cr_assert_eq(run_autojump(main_with_system_task, &destroyed), 8);
    cr_assert_str_eq(story_text, "main@1000 system!@1000 system@2000");
    cr_assert_eq(destroyed, 2, "the system task's and the refused one's");
}

static int survives(void *arg) {
    (void)arg;
    cr_expect_eq(crib_sleep(CRIB_SECONDS(2)), 0, "main's scopes do not apply");
    story_at("system");
    return crib_sleep_forever();
}

static int main_cancels_itself(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", survives, NULL, NULL), 0);
    rc = crib_checkpoint();
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(scope, rc, NULL), 0);
    return crib_sleep(CRIB_SECONDS(3));
}

Test(run_lifecycle, s112_system_tasks_survive_a_cancel_of_main) {
    cr_assert_eq(run_autojump(main_cancels_itself, NULL), 0);
    cr_assert_str_eq(story_text, "system@2000");
}

static void posted(void *arg) {
    (void)arg;
    story("posted");
}

static int posts_at_the_end(void *arg) {
    crib_portal *portal = crib_portal_open();
    int rc = crib_sleep_forever();
    (void)arg;
    cr_expect_eq(crib_portal_post(portal, posted, NULL, NULL), 0, "the queue closes after the system tasks");
    crib_unref(portal);
    story("system!");
    return rc;
}

static int main_before_posts(void *arg) {
    (void)arg;
    story_begin();
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", posts_at_the_end, NULL, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    return 0;
}

Test(run_lifecycle, s112_posted_calls_are_drained_after_the_system_tasks) {
    cr_assert_eq(run_autojump(main_before_posts, NULL), 0);
    cr_assert_str_eq(story_text, "system! posted");
}

static int inner(void *arg) {
    (void)arg;
    story("inner");
    return 0;
}

static int nests(void *other) {
    int destroyed_by_refusal = 0;
    cr_expect_eq(crib_run(inner, NULL), CRIB_EMISUSE);
    cr_expect_eq(crib_runtime_run(other, inner, &destroyed_by_refusal, count_destroy), CRIB_EMISUSE);
    cr_expect_eq(destroyed_by_refusal, 1);
    cr_expect_eq(crib_runtime_run(crib_runtime_current(), inner, NULL, NULL), CRIB_EMISUSE);
    cr_expect_eq(crib_checkpoint(), 0, "the run goes on");
    return 0;
}

Test(run_lifecycle, s112_runs_do_not_nest) {
    crib_runtime *other = crib_runtime_new(NULL);
    story_begin();
    cr_assert_eq(run_autojump(nests, other), 0);
    cr_assert_str_eq(story_text, "");
    crib_unref(other);
}

static int returns_its_number(void *number) {
    cr_expect_eq(crib_checkpoint(), 0);
    return ++*(int *)number;
}

Test(run_lifecycle, s112_a_runtime_makes_one_run_after_another) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int number = 0, i;
    for (i = 1; i <= 3; ++i) {
        cr_assert_eq(crib_runtime_run(rt, returns_its_number, &number, NULL), i);
        cr_assert_null(crib_runtime_current());
    }
    cr_assert_eq(crib_run(returns_its_number, &number), 4);
    crib_unref(rt);
}

Test(run_lifecycle, s112_destroy_of_the_main_body_runs_once) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int count = 0;
    cr_assert_eq(crib_runtime_run(rt, returns_its_number, &count, count_destroy), 1);
    cr_assert_eq(count, 2, "once by the body, once by destroy");
    crib_unref(rt);
}

/* A run that can never go on. */

static int reports;
static bool named;
static void count_reports(int code, const char *message, void *user_data) {
    (void)user_data;
    if (code != CRIB_EDEADLOCK) return;
    ++reports;
    named = named || strstr(message, "stuck-task") != NULL;
}

static int stuck(void *arg) {
    struct child c = {.name = "stuck-task", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    cr_expect_eq(child_start(n, &c, NULL), 0);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_source(crib_task_scope(crib_task_current())), CRIB_SOURCE_DEADLOCK);
    return rc;
}

Test(run_lifecycle, a_run_that_nothing_can_wake_is_reported_and_ends_with_edeadlock) {
    crib_set_diagnostics(count_reports, NULL);
    cr_assert_eq(run_autojump(stuck, NULL), CRIB_EDEADLOCK);
    cr_assert(named, "the report names the waiting task");
    reports = 0;
    cr_assert_eq(crib_run(stuck, NULL), CRIB_EDEADLOCK, "on the real clock too");
    cr_assert_gt(reports, 0);
    crib_set_diagnostics(NULL, NULL);
}

static void stackless_main(struct strand *s) {
    STRAND(s)
    story_begin();
    cr_expect_eq(crib_runtime_spawn_system_task(NULL, "system", survives, NULL, NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(3)));
    story_at("main");
    strand_exit(s, NULL);
    STRAND_END
}

Test(run_lifecycle, s112_a_stackless_main_has_the_same_life_stackless) {
    struct strand s = {.run = stackless_main};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "system@2000 main@3000");
}
