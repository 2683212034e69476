/* Statements 31-36: how far a cancel reaches, whose scopes a child is in, and blocks closed in the wrong order. */
#include "support/log.h"
#include "support/run.h"

TestSuite(scope, .timeout = 60);

#define DEEP 5000

static int nest_scopes(void *arg) {
    static crib_scope *scopes[DEEP];
    bool caught = false;
    int i, wrong = 0;
    (void)arg;
    for (i = 0; i < DEEP; ++i) scopes[i] = crib_scope_open(NULL);
    crib_scope_cancel(scopes[0], NULL);
    for (i = 0; i < DEEP; ++i) wrong += crib_scope_state(scopes[i]) != CRIB_SCOPE_CANCELLED;
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    for (i = DEEP - 1; i > 0; --i) wrong += crib_scope_close(scopes[i], CRIB_ECANCELLED, NULL) != CRIB_ECANCELLED;
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(crib_scope_close(scopes[0], CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s031_cancel_reaches_deeply_nested_scopes_without_recursion) { EXPECT_RUN(run_autojump(nest_scopes, NULL)); }

#define GENERATIONS 1000

static int generations_ended, generations_cancelled;

static int nest_tasks(void *arg) {
    int level = *(int *)arg + 1;
    crib_nursery *n;
    int rc;
    if (level == GENERATIONS) {
        rc = crib_sleep_forever();
    } else {
        n = crib_nursery_open();
        crib_nursery_start_soon(n, "child", nest_tasks, &level, NULL);
        rc = crib_nursery_close(n, 0);
    }
    ++generations_ended;
    generations_cancelled += rc == CRIB_ECANCELLED;
    return rc;
}

static int cancel_generations(void *arg) {
    bool caught = false;
    int level = 0;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_statistics statistics = {.size = sizeof statistics};
    int rc;
    (void)arg;
    crib_nursery_start_soon(n, "first", nest_tasks, &level, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    EXPECT(statistics.tasks_living >= GENERATIONS);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(generations_ended, 0);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(generations_ended, GENERATIONS);
    EXPECT_EQ(generations_cancelled, GENERATIONS);
    return RAN;
}

Test(scope, s031_cancel_reaches_every_generation_of_tasks) { EXPECT_RUN(run_autojump(cancel_generations, NULL)); }

static int sleep_a_second(void *seen) {
    *(int *)seen = crib_sleep(CRIB_SECONDS(1));
    return 0;
}

static int start_from_inside_a_scope(void *arg) {
    int rc, seen = -1;
    int64_t start = crib_now();
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_move_on_after(CRIB_MS(10));
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "child", sleep_a_second, &seen, NULL), 0);
    crib_scope_cancel(scope, NULL);
    rc = crib_checkpoint();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(crib_now(), start + CRIB_SECONDS(1));

    /* The scope around the nursery does apply. */
    scope = crib_move_on_after(CRIB_MS(10));
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "child", sleep_a_second, &seen, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(seen, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(scope, s032_a_child_is_in_the_scopes_around_its_nursery_not_around_the_start) {
    EXPECT_RUN(run_autojump(start_from_inside_a_scope, NULL));
}

static char misuse_text[1000];
static int misuse_code;

static void keep_misuse(int code, const char *message, void *arg) {
    (void)arg;
    misuse_code = code;
    snprintf(misuse_text, sizeof misuse_text, "%s", message);
}

typedef struct orphan {
    int rc, source;
} orphan;

static int wait_to_be_orphaned(void *arg) {
    orphan *o = arg;
    o->rc = crib_sleep_forever();
    o->source = crib_scope_source(crib_task_scope(crib_task_current()));
    log_add("orphan");
    return o->rc;
}

static int close_outer_first(void *arg) {
    orphan o = {0, 0};
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "orphan", wait_to_be_orphaned, &o, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), CRIB_EMISUSE);
    log_add("closed");
    EXPECT_LOG("orphan closed");
    EXPECT_EQ(o.rc, CRIB_ECANCELLED);
    EXPECT_EQ(o.source, CRIB_SOURCE_MISUSE);
    EXPECT_EQ(crib_scope_state(inner), CRIB_SCOPE_CLOSED);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), CRIB_EMISUSE);
    return 0;
}

static int close_outer_first_in_a_task(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "careless", close_outer_first, NULL, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(scope, s033_closing_an_outer_scope_first_cancels_and_closes_what_is_inside) {
    EXPECT_RUN(run_autojump(close_outer_first_in_a_task, NULL));
}

static int close_one_outer_first(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    (void)arg;
    EXPECT(crib_scope_open(NULL) != NULL);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), CRIB_EMISUSE);
    EXPECT_HAS(crib_error_message(crib_error_current()), "crib_scope_close");
    EXPECT_STR(crib_error_task_name(crib_error_current()), "careless");
    return 0;
}

static int misuse_in_a_named_task(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "careless", close_one_outer_first, NULL, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(scope, s033_the_message_names_function_and_task) {
    crib_set_diagnostics(keep_misuse, NULL);
    EXPECT_RUN(run_autojump(misuse_in_a_named_task, NULL));
    EXPECT_EQ(misuse_code, CRIB_EMISUSE);
    EXPECT_HAS(misuse_text, "crib_scope_close");
    EXPECT_HAS(misuse_text, "careless");
    cr_assert(expect_failures == 0, "%s", expect_report);
}

static int close_a_strangers_scope(void *scope) {
    bool caught = true;
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), CRIB_EMISUSE);
    EXPECT(!caught);
    return 0;
}

static int let_a_stranger_close(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "stranger", close_a_strangers_scope, scope, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_checkpoint(), &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s034_closing_another_tasks_scope_is_refused_and_changes_nothing) {
    EXPECT_RUN(run_autojump(let_a_stranger_close, NULL));
}

static int close_twice(void *arg) {
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_state(outer), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_scope_close(outer, crib_sleep_forever(), NULL), 0);
    return RAN;
}

Test(scope, s035_closing_a_scope_twice_is_refused) { EXPECT_RUN(run_autojump(close_twice, NULL)); }

static int close_around_a_nursery(void *arg) {
    orphan *o = arg;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_nursery_start_soon(n, "orphan", wait_to_be_orphaned, o, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    return crib_scope_close(scope, 0, NULL);
}

static int return_with_an_open_nursery(void *arg) {
    orphan *o = arg;
    crib_nursery *n = crib_nursery_open();
    crib_nursery_start_soon(n, "orphan", wait_to_be_orphaned, o, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    return 0;
}

static int fail_by_misuse(void *body) {
    orphan o = {0, 0};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "careless", *(crib_body_fn *)body, &o, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE);
    EXPECT_EQ(crib_task_result_code(task), CRIB_EMISUSE);
    EXPECT_LOG("orphan");
    EXPECT_EQ(o.rc, CRIB_ECANCELLED);
    EXPECT_EQ(o.source, CRIB_SOURCE_MISUSE);
    crib_unref(task);
    return RAN;
}

Test(scope, s036_a_scope_closed_around_a_nursery_cancels_its_children_and_fails_the_task) {
    crib_body_fn body = close_around_a_nursery;
    EXPECT_RUN(run_autojump(fail_by_misuse, &body));
}

Test(scope, s036_a_body_that_returns_with_an_open_nursery_cancels_its_children_and_fails_the_task) {
    crib_body_fn body = return_with_an_open_nursery;
    EXPECT_RUN(run_autojump(fail_by_misuse, &body));
}
