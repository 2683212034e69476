/* Statements 1, 3, 7, 11-14: what a cancelled scope does, and who may cancel it. */
#include <pthread.h>

#include "support/log.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int swallow_every_cancel(void *arg) {
    int64_t start = crib_now();
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    bool caught = true;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel(outer, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inner, 0, &caught), 0);
    EXPECT(!caught);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(outer, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_now(), start);
    return RAN;
}

Test(scope, s001_every_checkpoint_fails_until_the_scope_is_closed) {
    EXPECT_RUN(run_autojump(swallow_every_cancel, NULL));
}

static int checkpoint_once(void *seen) {
    *(int *)seen = crib_checkpoint();
    return 0;
}

static int open_blocks_late(void *arg) {
    int seen_by_child = 0;
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *late;
    crib_nursery *n;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    late = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_state(late), CRIB_SCOPE_CANCELLED);
    EXPECT(!crib_scope_cancel_called(late));
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "late", checkpoint_once, &seen_by_child, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(seen_by_child, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(late, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(scope, s001_blocks_opened_inside_a_cancelled_scope_are_born_cancelled) {
    EXPECT_RUN(run_autojump(open_blocks_late, NULL));
}

static bool log_abort(crib_op *op, void *word) {
    (void)op;
    log_add(word);
    return true;
}

static int park_and_log(void *arg) {
    int rc = crib_park(log_abort, "abort", "the test", NULL);
    (void)arg;
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    log_add("woke");
    return rc;
}

static int cancel_three_sleepers(void *arg) {
    crib_statistics statistics = {.size = sizeof statistics};
    crib_task *tasks[3];
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    for (i = 0; i < 3; ++i) tasks[i] = crib_nursery_spawn(n, "sleeper", park_and_log, NULL, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    for (i = 0; i < 3; ++i) EXPECT_EQ(crib_task_state(tasks[i]), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_LOG("abort abort abort");
    for (i = 0; i < 3; ++i) EXPECT_EQ(crib_task_state(tasks[i]), CRIB_TASK_READY);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    EXPECT_EQ(statistics.tasks_ready, 3);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort abort abort woke woke woke");
    for (i = 0; i < 3; ++i) crib_unref(tasks[i]);
    return RAN;
}

Test(scope, s003_cancel_runs_every_abort_function_and_no_task) {
    EXPECT_RUN(run_autojump(cancel_three_sleepers, NULL));
}

static int leave_without_checkpoint(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught = true;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_close(scope, 7, &caught), 7);
    EXPECT(!caught);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT(crib_error_current() == NULL);
    return RAN;
}

Test(scope, s007_a_cancelled_scope_left_without_a_checkpoint_affects_nothing) {
    EXPECT_RUN(run_autojump(leave_without_checkpoint, NULL));
}

static int cancel_before_anything(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *linked, *source;
    (void)arg;
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);

    /* Cancelled from elsewhere before it is reached: a link to what is cancelled already. */
    source = crib_scope_open(NULL);
    crib_scope_cancel(source, "source");
    linked = shielded_scope();
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
    EXPECT_EQ(crib_scope_link(source, linked), 0);
    EXPECT(crib_scope_cancel_called(linked));
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(linked, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_scope_close(source, 0, NULL), 0);
    return RAN;
}

Test(scope, s011_the_first_checkpoint_fails_in_a_scope_cancelled_before_it) {
    EXPECT_RUN(run_autojump(cancel_before_anything, NULL));
}

/* Statement 12: each way to reach a scope is a function that makes somebody cancel it soon. */
typedef int (*cancel_way)(crib_nursery *n, crib_scope *scope);

static int cancel_given(void *scope) {
    EXPECT(crib_in_task());
    return crib_scope_cancel(scope, "task");
}

static void cancel_in_callback(void *scope) {
    EXPECT(!crib_in_task());
    EXPECT_EQ(crib_scope_cancel(scope, "callback"), 0);
}

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static bool abort_and_cancel(crib_op *op, void *scope) {
    (void)op;
    cancel_in_callback(scope);
    return true;
}

static int park_with_cancelling_abort(void *scope) { return crib_park(abort_and_cancel, scope, "the test", NULL); }

static int by_task(crib_nursery *n, crib_scope *scope) {
    return crib_nursery_start_soon(n, "c", cancel_given, scope, NULL);
}

static int by_destroy(crib_nursery *n, crib_scope *scope) {
    return crib_nursery_start_soon(n, "c", end_at_once, scope, cancel_in_callback);
}

static int by_post(crib_nursery *n, crib_scope *scope) {
    crib_portal *portal = crib_portal_open();
    int rc = crib_portal_post(portal, cancel_in_callback, scope, NULL);
    (void)n;
    crib_unref(portal);
    return rc;
}

static int by_cancel_callback(crib_nursery *n, crib_scope *scope) {
    int rc = crib_scope_on_cancel(crib_nursery_scope(n), cancel_in_callback, scope, NULL);
    return rc < 0 ? rc : crib_nursery_cancel(n, NULL);
}

static int by_abort(crib_nursery *n, crib_scope *scope) {
    crib_task *task = crib_nursery_spawn(n, "c", park_with_cancelling_abort, scope, NULL);
    crib_checkpoint();
    crib_task_cancel(task, NULL);
    crib_unref(task);
    return 0;
}

static int cancelled_this_way(void *way) {
    bool caught = false;
    int64_t start = crib_now();
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc;
    EXPECT_EQ((*(cancel_way *)way)(n, scope), 0);
    rc = crib_sleep(CRIB_SECONDS(10));
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_now(), start);
    rc = crib_nursery_close(n, rc);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s012_another_task_may_cancel) {
    cancel_way way = by_task;
    EXPECT_RUN(run_autojump(cancelled_this_way, &way));
}

Test(scope, s012_a_destroy_function_may_cancel) {
    cancel_way way = by_destroy;
    EXPECT_RUN(run_autojump(cancelled_this_way, &way));
}

Test(scope, s012_a_posted_call_may_cancel) {
    cancel_way way = by_post;
    EXPECT_RUN(run_autojump(cancelled_this_way, &way));
}

Test(scope, s012_a_cancel_callback_may_cancel) {
    cancel_way way = by_cancel_callback;
    EXPECT_RUN(run_autojump(cancelled_this_way, &way));
}

Test(scope, s012_an_abort_function_may_cancel) {
    cancel_way way = by_abort;
    EXPECT_RUN(run_autojump(cancelled_this_way, &way));
}

static int result_elsewhere;

static void *cancel_elsewhere(void *scope) {
    result_elsewhere = crib_scope_cancel(scope, NULL);
    return NULL;
}

static int try_from_a_thread(void *arg) {
    pthread_t thread;
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(pthread_create(&thread, NULL, cancel_elsewhere, scope), 0);
    pthread_join(thread, NULL);
    EXPECT_EQ(result_elsewhere, CRIB_EMISUSE);
    EXPECT(!crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(scope, s012_another_thread_may_not_cancel) { EXPECT_RUN(run_autojump(try_from_a_thread, NULL)); }

static int use_a_closed_scope(void *arg) {
    crib_scope *old = crib_scope_open(NULL);
    crib_scope *outer;
    crib_scope_options options = scope_defaults();
    (void)arg;
    EXPECT_EQ(crib_scope_close(old, 0, NULL), 0);
    outer = crib_scope_open(NULL);
    EXPECT(outer != old);
    options.parent = old;
    EXPECT(crib_scope_open(&options) == NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_set_deadline(old, CRIB_EXPIRED), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_set_shield(old, true), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(old, 0, NULL), CRIB_EMISUSE);
    return RAN;
}

Test(scope, s013_a_closed_scope_cannot_be_used_again) { EXPECT_RUN(run_autojump(use_a_closed_scope, NULL)); }

static int cancel_a_closed_scope(void *arg) {
    static crib_scope *old[200];
    crib_nursery *n;
    bool caught = true;
    int i;
    (void)arg;
    for (i = 0; i < 200; ++i) {
        old[i] = crib_scope_open(NULL);
        EXPECT_EQ(crib_scope_close(old[i], 0, NULL), 0);
    }
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "bystander", park_and_log, NULL, NULL);
    crib_checkpoint();
    for (i = 0; i < 200; ++i) {
        EXPECT_EQ(crib_scope_cancel(old[i], "late"), 0);
        EXPECT(!crib_scope_cancel_called(old[i]));
        EXPECT_EQ(crib_scope_state(old[i]), CRIB_SCOPE_CLOSED);
    }
    EXPECT_LOG("");
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    old[0] = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_close(old[0], 0, &caught), 0);
    EXPECT(!caught);
    return RAN;
}

Test(scope, s014_cancelling_a_closed_scope_touches_nobody) { EXPECT_RUN(run_autojump(cancel_a_closed_scope, NULL)); }
