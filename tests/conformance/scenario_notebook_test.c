/* S2: the cells of the introductory notebook. */
#include <criterion/criterion.h>

#include "support/run.h"
#include "support/story.h"

static int run_manual(crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_MANUAL;
    return run_with(&options, body, user_data);
}

/* ---- S2.1, S2.2 */

static int async_double(void *x) { return 2 * *(int *)x; }

Test(scenario_notebook, s2_1_the_run_returns_what_main_returns) {
    int x = 3;
    cr_assert_eq(run_autojump(async_double, &x), 6);
    cr_assert_eq(crib_run(async_double, &x), 6);
    cr_assert_null(crib_error_current());
}

struct double_sleep {
    int64_t seconds;
    int64_t took;
};

static int double_sleep(void *arg) {
    struct double_sleep *d = arg;
    int64_t begun = crib_now();
    int rc = crib_sleep(CRIB_SECONDS(2 * d->seconds));
    d->took = crib_now() - begun;
    return rc;
}

Test(scenario_notebook, s2_2_double_sleep_takes_exactly_six_seconds) {
    struct double_sleep d = {3, -1};
    cr_assert_eq(run_autojump(double_sleep, &d), 0);
    cr_assert_eq(d.took, CRIB_SECONDS(6));
}

/* ---- S2.4 */

static int child1(void *unused) {
    int rc;
    (void)unused;
    say("  child1: started! sleeping now...\n");
    rc = crib_sleep(CRIB_SECONDS(3));
    say("  child1: exiting! %lld\n", story_ms());
    return rc;
}

static int child2(void *unused) {
    int rc;
    (void)unused;
    say("  child2: started! sleeping now...\n");
    rc = crib_sleep(CRIB_SECONDS(1));
    say("  child2: exiting! %lld\n", story_ms());
    return rc;
}

static int parent(void *unused) {
    crib_nursery *n;
    int rc;
    (void)unused;
    story_begin();
    say("parent: started!\n");
    n = crib_nursery_open();
    say("parent: spawning child1...\n");
    rc = crib_nursery_start_soon(n, "child1", child1, NULL, NULL);
    say("parent: spawning child2...\n");
    if (rc == 0) rc = crib_nursery_start_soon(n, "child2", child2, NULL, NULL);
    say("parent: waiting for children to finish...\n");
    rc = crib_nursery_close(n, rc);
    say("parent: all done! %lld\n", story_ms());
    return rc;
}

Test(scenario_notebook, s2_4_the_parent_waits_for_both_children) {
    static const char *const begin = "parent: started!\n"
                                     "parent: spawning child1...\n"
                                     "parent: spawning child2...\n"
                                     "parent: waiting for children to finish...\n"
                                     "  child";
    static const char *const end = "  child2: exiting! 1000\n"
                                   "  child1: exiting! 3000\n"
                                   "parent: all done! 3000\n";
    cr_assert_eq(run_autojump(parent, NULL), 0);
    cr_assert_eq(strncmp(story.text, begin, strlen(begin)), 0, "%s", story.text);
    cr_assert_str_eq(strstr(story.text, "  child2: exiting!"), end);
    cr_assert_eq(story_count("child1: started! sleeping now...\n"), 1);
    cr_assert_eq(story_count("child2: started! sleeping now...\n"), 1);
}

/* ---- S2.5 */

static int broken(void *unused) {
    int rc = crib_sleep(CRIB_SECONDS(1));
    (void)unused;
    return rc < 0 ? rc : crib_fail(-1000005, "a child's trouble");
}

static int parent_of_broken(void *arg) {
    int *seen = arg;
    crib_nursery *n = crib_nursery_open();
    int rc;
    crib_nursery_start_soon(n, "broken", broken, NULL, NULL);
    *seen = rc = crib_nursery_close(n, 0);
    return rc;
}

Test(scenario_notebook, s2_5_a_childs_failure_reaches_the_parent) {
    int seen = 0;
    crib_error *leaf;
    cr_assert_eq(run_autojump(parent_of_broken, &seen), -1000005);
    cr_assert_eq(seen, -1000005);
    leaf = crib_error_find(crib_error_current(), -1000005);
    cr_assert_str_eq(crib_error_message(leaf), "a child's trouble");
    cr_assert_str_eq(crib_error_task_name(leaf), "broken");
}

/* ---- S2.7 */

#define MANY 10000

struct many {
    int begun, ended;
    long long last_ms;
    uint64_t peak;
};

static int one_of_many(void *arg) {
    struct many *m = arg;
    int rc;
    m->begun++;
    rc = crib_sleep(CRIB_SECONDS(1));
    m->ended++;
    m->last_ms = story_ms();
    return rc;
}

static int many(void *arg) {
    struct many *m = arg;
    crib_statistics s = {0};
    crib_nursery *n = crib_nursery_open();
    int i, rc = 0;
    story_begin();
    for (i = 0; i < MANY && rc == 0; i++) rc = crib_nursery_start_soon(n, NULL, one_of_many, m, NULL);
    if (rc == 0) rc = crib_sleep(CRIB_MS(500));
    s.size = sizeof s;
    crib_runtime_statistics(NULL, &s);
    m->peak = s.tasks_living;
    return crib_nursery_close(n, rc);
}

Test(scenario_notebook, s2_7_ten_thousand_tasks_sleep_at_once, .timeout = 60) {
    struct many m = {0, 0, 0, 0};
    cr_assert_eq(run_autojump(many, &m), 0);
    cr_assert_eq(m.begun, MANY);
    cr_assert_eq(m.ended, MANY);
    cr_assert_eq(m.last_ms, 1000);
    cr_assert_geq(m.peak, MANY + 1);
}

/* ---- S2.9: a loop that computes, here 100 ms a round by the mock clock */

struct computing {
    bool yields, called, caught;
    int rounds;
    int rc;
};

static int computing(void *arg) {
    struct computing *c = arg;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    int i, rc = 0;
    for (i = 0; i < 100 && rc == 0; i++) {
        crib_clock_jump(CRIB_MS(100));
        c->rounds++;
        if (c->yields) rc = crib_sleep(0);
    }
    c->rc = rc;
    c->called = crib_scope_cancel_called(scope);
    return crib_scope_close(scope, rc, &c->caught);
}

Test(scenario_notebook, s2_9_sleep_zero_makes_a_computing_loop_cancellable) {
    struct computing c = {true, false, false, 0, 0};
    cr_assert_eq(run_manual(computing, &c), 0);
    cr_assert_eq(c.rounds, 10);
    cr_assert_eq(c.rc, CRIB_ECANCELLED);
    cr_assert(c.called);
    cr_assert(c.caught);
}

Test(scenario_notebook, s2_9_without_a_checkpoint_the_deadline_is_not_noticed) {
    struct computing c = {false, false, true, 0, 0};
    cr_assert_eq(run_manual(computing, &c), 0);
    cr_assert_eq(c.rounds, 100);
    cr_assert(c.called);
    cr_assert_not(c.caught);
}

/* ---- S2.10, S2.11 */

struct attempts {
    int results[16];
    int count;
    long long ms;
    bool called, caught;
    int rc;
};

static void attempt(struct attempts *a, int rc) { a->results[a->count++ % 16] = rc; }

static int every_wait_fails(void *arg) {
    struct attempts *a = arg;
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v;
    crib_scope *scope;
    crib_nursery *n;
    int rc = crib_channel_open(1, &tx, &rx);
    if (rc < 0) return rc;
    story_begin();
    scope = crib_move_on_after(CRIB_SECONDS(1));
    attempt(a, crib_sleep(CRIB_SECONDS(60)));
    attempt(a, crib_sleep(0));
    attempt(a, crib_checkpoint());
    attempt(a, crib_checkpoint_if_cancelled());
    attempt(a, crib_sender_send(tx, crib_value_int(1)));
    attempt(a, crib_receiver_receive(rx, &v));
    attempt(a, crib_sleep_forever());
    n = crib_nursery_open();
    attempt(a, crib_checkpoint());
    crib_nursery_close(n, 0);
    a->ms = story_ms();
    a->rc = rc = crib_scope_close(scope, CRIB_ECANCELLED, &a->caught);
    if (rc == 0) rc = crib_checkpoint(); /* handled: from here on nothing is cancelled */
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

Test(scenario_notebook, s2_10_every_wait_fails_until_the_scope_is_closed) {
    struct attempts a = {{0}, 0, 0, false, false, -1};
    int i;
    cr_assert_eq(run_autojump(every_wait_fails, &a), 0);
    cr_assert_eq(a.count, 8);
    for (i = 0; i < a.count; i++) cr_assert_eq(a.results[i], CRIB_ECANCELLED, "attempt %d: %d", i, a.results[i]);
    cr_assert_eq(a.ms, 1000);
    cr_assert_eq(a.rc, 0);
    cr_assert(a.caught);
}

/* Takes every failure for an ordinary one and tries again, as `except Exception` around a loop would. */
static int catch_all(void *arg) {
    struct attempts *a = arg;
    crib_scope *scope;
    int i;
    story_begin();
    scope = crib_move_on_after(CRIB_SECONDS(1));
    for (i = 0; i < 10; i++) {
        int rc = crib_sleep(CRIB_MS(300));
        attempt(a, rc);
        if (rc < 0) continue; /* "handled" */
    }
    a->ms = story_ms();
    a->called = crib_scope_cancel_called(scope);
    return a->rc = crib_scope_close(scope, 0, &a->caught);
}

Test(scenario_notebook, s2_11_a_catch_all_handler_does_not_undo_the_cancel) {
    struct attempts a = {{0}, 0, 0, false, true, -1};
    int i;
    cr_assert_eq(run_autojump(catch_all, &a), 0);
    for (i = 0; i < 10; i++) cr_assert_eq(a.results[i], i < 3 ? 0 : CRIB_ECANCELLED, "attempt %d: %d", i, a.results[i]);
    cr_assert_eq(a.ms, 1000);
    cr_assert(a.called);
    cr_assert_not(a.caught);
}

static int own_code(void *arg) {
    struct attempts *a = arg;
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, "test");
    attempt(a, crib_checkpoint());
    attempt(a, crib_fail(-1000007, "an ordinary failure"));
    return crib_scope_close(scope, -1000007, &a->caught);
}

Test(scenario_notebook, s2_11_an_ordinary_failure_in_a_cancelled_scope_is_not_absorbed) {
    struct attempts a = {{0}, 0, 0, false, true, -1};
    cr_assert_eq(run_autojump(own_code, &a), -1000007);
    cr_assert_not(a.caught);
    cr_assert_str_eq(crib_error_message(crib_error_find(crib_error_current(), -1000007)), "an ordinary failure");
}

/* ---- S2.12 */

struct failing_timeout {
    int64_t sleep;
    bool cancel;
    bool skip_wait;
    bool caught;
    int closed_with;
    long long ms;
};

static int failing_timeout(void *arg) {
    struct failing_timeout *f = arg;
    crib_scope *scope;
    int rc = 0;
    story_begin();
    scope = crib_fail_after(CRIB_SECONDS(2));
    if (f->cancel) crib_scope_cancel(scope, NULL);
    if (!f->skip_wait) rc = crib_sleep(f->sleep);
    f->closed_with = crib_scope_close(scope, rc, &f->caught);
    f->ms = story_ms();
    return f->closed_with == CRIB_ETOOSLOW ? 0 : f->closed_with;
}

Test(scenario_notebook, s2_12_fail_after_fails_if_its_deadline_ended_it) {
    struct failing_timeout f = {CRIB_SECONDS(10), false, false, false, 0, 0};
    cr_assert_eq(run_autojump(failing_timeout, &f), 0);
    cr_assert_eq(f.closed_with, CRIB_ETOOSLOW);
    cr_assert_eq(f.ms, 2000);
    cr_assert(f.caught);
}

Test(scenario_notebook, s2_12_fail_after_is_silent_in_time) {
    struct failing_timeout f = {CRIB_SECONDS(1), false, false, true, -1, 0};
    cr_assert_eq(run_autojump(failing_timeout, &f), 0);
    cr_assert_eq(f.closed_with, 0);
    cr_assert_eq(f.ms, 1000);
    cr_assert_not(f.caught);
}

Test(scenario_notebook, s2_12_fail_after_is_silent_when_something_else_cancelled_it) {
    struct failing_timeout f = {CRIB_SECONDS(10), true, false, false, -1, 0};
    cr_assert_eq(run_autojump(failing_timeout, &f), 0);
    cr_assert_eq(f.closed_with, 0);
    cr_assert_eq(f.ms, 0);
    cr_assert(f.caught);
}

Test(scenario_notebook, s2_12_fail_after_is_silent_when_nothing_was_interrupted) {
    struct failing_timeout f = {0, true, true, true, -1, 0};
    cr_assert_eq(run_autojump(failing_timeout, &f), 0);
    cr_assert_eq(f.closed_with, 0);
    cr_assert_not(f.caught);
}
