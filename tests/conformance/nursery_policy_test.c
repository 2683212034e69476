/* What a nursery does when a child ends: the four policies; service and drain nurseries. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static crib_nursery *open_policy(int32_t policy) {
    crib_nursery_options options = {.size = sizeof options, .policy = policy};
    return crib_nursery_open_with(&options);
}

/* Starts three children in a nursery with this policy and closes it; the log tells the rest. */
struct race {
    int32_t policy;
    const void *stackless;
    struct child children[3];
};

static int race(void *arg) {
    struct race *r = arg;
    crib_nursery *n = open_policy(r->policy);
    int i, rc;
    story_begin();
    for (i = 0; i < 3; ++i) cr_expect_eq(child_start(n, &r->children[i], r->stackless), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

static void check_race(struct race r, int expected, const char *log) {
    cr_expect_eq(run_autojump(race, &r), expected, "fibers");
    cr_expect_str_eq(story_text, log);
    r.stackless = STACKLESS;
    cr_expect_eq(run_autojump(race, &r), expected, "stackless");
    cr_expect_str_eq(story_text, log);
}

Test(nursery_policy, all_waits_for_every_child) {
    struct race r = {
        CRIB_POLICY_ALL, NULL, {{.name = "a", .ms = 3000}, {.name = "b", .ms = 1000}, {.name = "c", .ms = 2000}}};
    check_race(r, 0, "b@1000 c@2000 a@3000 closed@3000");
}

Test(nursery_policy, first_done_cancels_the_rest_after_the_first_end) {
    struct race r = {CRIB_POLICY_FIRST_DONE,
                     NULL,
                     {{.name = "a", .ms = 3000}, {.name = "b", .ms = 1000}, {.name = "c", .ms = 2000}}};
    check_race(r, 0, "b@1000 a!@1000 c!@1000 closed@1000");
}

Test(nursery_policy, first_done_reports_a_failure_that_came_first) {
    struct race r = {CRIB_POLICY_FIRST_DONE,
                     NULL,
                     {{.name = "a", .ms = 3000}, {.name = "b", .ms = 1000, .code = E_ONE}, {.name = "c", .ms = 2000}}};
    check_race(r, E_ONE, "b@1000 a!@1000 c!@1000 closed@1000");
}

Test(nursery_policy, first_success_passes_over_failures_before_it) {
    struct race r = {CRIB_POLICY_FIRST_SUCCESS,
                     NULL,
                     {{.name = "a", .ms = 3000}, {.name = "b", .ms = 1000, .code = E_ONE}, {.name = "c", .ms = 2000}}};
    check_race(r, 0, "b@1000 c@2000 a!@2000 closed@2000");
}

Test(nursery_policy, first_success_reports_all_failures_when_nobody_succeeds) {
    struct race r = {CRIB_POLICY_FIRST_SUCCESS,
                     NULL,
                     {{.name = "a", .ms = 3000, .code = E_ONE},
                      {.name = "b", .ms = 1000, .code = E_TWO},
                      {.name = "c", .ms = 2000, .code = E_THREE}}};
    check_race(r, E_TWO, "b@1000 c@2000 a@3000 closed@3000");
    cr_assert_eq(crib_error_count(crib_error_current()), 3);
    cr_assert_eq(crib_error_code(crib_error_child(crib_error_current(), 0)), E_TWO);
    cr_assert_eq(crib_error_code(crib_error_child(crib_error_current(), 1)), E_THREE);
    cr_assert_eq(crib_error_code(crib_error_child(crib_error_current(), 2)), E_ONE);
}

Test(nursery_policy, supervise_without_a_callback_reports_failures_at_the_close) {
    struct race r = {CRIB_POLICY_SUPERVISE,
                     NULL,
                     {{.name = "a", .ms = 3000},
                      {.name = "b", .ms = 1000, .code = E_ONE},
                      {.name = "c", .ms = 2000, .code = E_TWO}}};
    check_race(r, E_ONE, "b@1000 c@2000 a@3000 closed@3000");
    cr_assert_eq(crib_error_count(crib_error_current()), 2);
}

static void on_failure(crib_task *task, crib_error *error, void *user_data) {
    char word[64];
    cr_expect_not(crib_in_task(), "told outside tasks");
    cr_expect_str_eq(crib_task_name(task), "b");
    snprintf(word, sizeof word, "told:%d", crib_error_code(error) == E_ONE ? 1 : 0);
    story_at(word);
    ++*(int *)user_data;
}

static int supervise(void *stackless) {
    struct child a = {.name = "a", .ms = 3000}, b = {.name = "b", .ms = 1000, .code = E_ONE};
    int told = 0, rc;
    crib_nursery_options options = {
        .size = sizeof options, .policy = CRIB_POLICY_SUPERVISE, .on_failure = on_failure, .user_data = &told};
    crib_nursery *n = crib_nursery_open_with(&options);
    story_begin();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    cr_expect_eq(told, 1);
    cr_expect_null(crib_error_current(), "who was told has it");
    return rc;
}

Test(nursery_policy, supervise_tells_of_a_failure_and_cancels_nobody) {
    cr_assert_eq(run_autojump(supervise, NULL), 0);
    cr_assert_str_eq(story_text, "b@1000 told:1@1000 a@3000 closed@3000");
}

Test(nursery_policy, supervise_tells_of_a_failure_and_cancels_nobody_stackless) {
    cr_assert_eq(run_autojump(supervise, STACKLESS), 0);
    cr_assert_str_eq(story_text, "b@1000 told:1@1000 a@3000 closed@3000");
}

static int cancelled_race(void *arg) {
    struct race *r = arg;
    crib_nursery *n = open_policy(r->policy);
    int i, rc;
    story_begin();
    for (i = 0; i < 3; ++i) cr_expect_eq(child_start(n, &r->children[i], r->stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_MS(500)), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

Test(nursery_policy, every_policy_absorbs_the_nurserys_own_cancel) {
    int32_t policy;
    for (policy = CRIB_POLICY_ALL; policy <= CRIB_POLICY_SUPERVISE; ++policy) {
        struct race r = {policy, NULL, {{.name = "a", .ms = 3000}, {.name = "b", .ms = 1000}, {.name = "c", .ms = -1}}};
        cr_assert_eq(run_autojump(cancelled_race, &r), 0, "policy %d", (int)policy);
        cr_assert_str_eq(story_text, "a!@500 b!@500 c!@500 closed@500");
    }
}

/* Fails with the outer scope's Cancelled, in a group if it is told to. */
static int ends_cancelled(void *grouped) {
    crib_error *leaf;
    int rc = crib_sleep_forever();
    if (grouped == NULL) return rc;
    leaf = crib_error_cancelled(crib_task_scope(crib_task_current()));
    return crib_fail_error(crib_error_group(NULL, &leaf, 1));
}

static int ends_well(void *arg) {
    (void)arg;
    return 0;
}

static int cancelled_beside_a_success(void *grouped) {
    bool caught = false;
    crib_scope *outer = crib_scope_open(NULL);
    crib_nursery *n = open_policy(CRIB_POLICY_FIRST_SUCCESS);
    int rc;
    crib_nursery_start_soon(n, "cancelled", ends_cancelled, grouped, NULL);
    crib_nursery_start_soon(n, "well", ends_well, NULL, NULL);
    crib_scope_cancel(outer, NULL);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(outer, rc, &caught), 0);
    cr_expect(caught);
    return 0;
}

Test(nursery_policy, s067_a_success_leaves_an_outer_scopes_cancel_to_that_however_it_is_wrapped) {
    cr_expect_eq(run_autojump(cancelled_beside_a_success, NULL), 0);
    cr_expect_eq(run_autojump(cancelled_beside_a_success, "grouped"), 0);
}

static int bad_policy(void *arg) {
    struct {
        crib_nursery_options options;
        char tail[16];
    } future = {.options = {.size = sizeof future}};
    int code = *(int *)arg;
    crib_nursery_options options = {.size = sizeof options, .policy = 17};
    if (code == 0) {
        cr_expect_null(crib_nursery_open_with(&options));
    } else {
        future.tail[3] = 1;
        cr_expect_null(crib_nursery_open_with(&future.options));
    }
    cr_expect_eq(crib_checkpoint(), -EINVAL, "the task is poisoned");
    return 0;
}

Test(nursery_policy, an_unknown_policy_or_option_poisons_the_task) {
    int what = 0;
    cr_assert_eq(run_autojump(bad_policy, &what), 0);
    what = 1;
    cr_assert_eq(run_autojump(bad_policy, &what), 0);
}

/* Service: children are shielded until the body has ended, then cancelled. */

static crib_nursery *open_service(void) {
    crib_nursery_options options = {.size = sizeof options, .service = 1};
    return crib_nursery_open_with(&options);
}

static int service_ends_with_body(void *stackless) {
    struct child pump = {.name = "pump", .ms = -1};
    crib_nursery *n = open_service();
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &pump, stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    story_at("body");
    rc = crib_nursery_close(n, 9);
    story_at("closed");
    return rc;
}

Test(nursery_policy, a_services_children_are_cancelled_when_its_body_has_ended) {
    cr_assert_eq(run_autojump(service_ends_with_body, NULL), 9);
    cr_assert_str_eq(story_text, "body@1000 pump!@1000 closed@1000");
    cr_assert_eq(run_autojump(service_ends_with_body, STACKLESS), 9);
    cr_assert_str_eq(story_text, "body@1000 pump!@1000 closed@1000");
}

static int service_outlives_cancel(void *stackless) {
    struct child pump = {.name = "pump", .ms = -1};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = open_service();
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *goodbye;
    bool caught = false;
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &pump, stackless), 0);
    rc = crib_sleep(CRIB_SECONDS(10));
    cr_expect_eq(rc, CRIB_ECANCELLED, "the body sees the outer cancel");
    story_at("body");
    goodbye = crib_scope_open(&shielded);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0, "says goodbye through the pump");
    cr_expect_eq(crib_scope_close(goodbye, 0, NULL), 0);
    rc = crib_nursery_close(n, rc);
    story_at("closed");
    cr_expect_eq(rc, CRIB_ECANCELLED);
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect(caught);
    return rc;
}

Test(nursery_policy, a_services_children_outlive_an_outer_cancel_until_the_body_has_ended) {
    cr_assert_eq(run_autojump(service_outlives_cancel, NULL), 0);
    cr_assert_str_eq(story_text, "body@1000 pump!@2000 closed@2000");
    cr_assert_eq(run_autojump(service_outlives_cancel, STACKLESS), 0);
    cr_assert_str_eq(story_text, "body@1000 pump!@2000 closed@2000");
}

static int service_body_ends_well(void *stackless) {
    struct child pump = {.name = "pump", .ms = -1};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = open_service();
    bool caught = false;
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &pump, stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(10)), CRIB_ECANCELLED);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, CRIB_ECANCELLED, "the shield is down: the child's Cancelled is the outer scope's");
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect(caught);
    return rc;
}

Test(nursery_policy, s067_when_a_services_body_has_ended_an_outer_cancel_is_visible_to_its_children) {
    cr_assert_eq(run_autojump(service_body_ends_well, NULL), 0);
    cr_assert_str_eq(story_text, "pump!@1000");
    cr_assert_eq(run_autojump(service_body_ends_well, STACKLESS), 0);
}

static int service_child_fails(void *arg) {
    struct child pump = {.name = "pump", .ms = 1000, .code = E_ONE};
    crib_nursery *n = open_service();
    int rc;
    (void)arg;
    cr_expect_eq(child_start(n, &pump, NULL), 0);
    rc = crib_sleep_forever();
    cr_expect_eq(rc, CRIB_ECANCELLED, "the body is told that its service failed");
    return crib_nursery_close(n, rc);
}

Test(nursery_policy, a_services_failure_reaches_the_body) {
    cr_assert_eq(run_autojump(service_child_fails, NULL), E_ONE);
}

/* Drain: no new children once soft-cancelled. */

static int soft_cancelled(void *arg) {
    const int32_t drain = *(int *)arg;
    struct child working = {.name = "working", .ms = 2000}, late = {.name = "late", .ms = 0};
    crib_nursery_options options = {.size = sizeof options, .drain = drain};
    crib_nursery *n = crib_nursery_open_with(&options);
    int destroyed = 0;
    story_begin();
    cr_expect_eq(child_start(n, &working, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_scope_cancel_soft(crib_nursery_scope(n), CRIB_SOFT_DRAIN, CRIB_FOREVER, "closing time"), 0);
    if (drain) {
        cr_expect_eq(crib_nursery_start_soon(n, "late", child_body, &destroyed, count_destroy), CRIB_ECLOSED);
        cr_expect_eq(destroyed, 1);
        cr_expect_null(crib_nursery_start_stackless(n, "late", child_resume, (uintptr_t)&late, NULL));
    } else {
        cr_expect_eq(child_start(n, &late, NULL), 0);
    }
    return crib_nursery_close(n, 0);
}

Test(nursery_policy, a_draining_nursery_refuses_children_and_finishes_those_it_has) {
    int drain = 1;
    cr_assert_eq(run_autojump(soft_cancelled, &drain), 0);
    cr_assert_str_eq(story_text, "working@2000");
}

Test(nursery_policy, without_drain_a_soft_cancelled_nursery_takes_children) {
    int drain = 0;
    cr_assert_eq(run_autojump(soft_cancelled, &drain), 0);
    cr_assert_str_eq(story_text, "late@1000 working@2000");
}
