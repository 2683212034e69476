/* S3: the slides "Synchronous / Concurrent / Parallel". */
#include <criterion/criterion.h>

#include "support/run.h"
#include "support/story.h"

/* ---- S3.1 */

static int count_slowly(void *name) {
    int i, rc = 0;
    for (i = 0; i < 5 && rc == 0; i++) {
        say("%s %d\n", (const char *)name, i);
        rc = crib_sleep(CRIB_SECONDS(1));
    }
    return rc;
}

static int counting(void *unused) {
    crib_nursery *n;
    int rc = count_slowly((void *)(uintptr_t) "first");
    (void)unused;
    say("DONE!\n");
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "second", count_slowly, (void *)(uintptr_t) "second", NULL);
    crib_nursery_start_soon(n, "third", count_slowly, (void *)(uintptr_t) "third", NULL);
    return crib_nursery_close(n, rc);
}

Test(scenario_slides, s3_1_awaited_first_then_two_in_pairs) {
    static const char *const first = "first 0\nfirst 1\nfirst 2\nfirst 3\nfirst 4\nDONE!\n";
    const char *at = story.text + strlen(first);
    int i;
    cr_assert_eq(run_autojump(counting, NULL), 0);
    cr_assert_eq(strncmp(story.text, first, strlen(first)), 0, "%s", story.text);
    for (i = 0; i < 5; i++) {
        char one[64], other[64];
        snprintf(one, sizeof one, "second %d\nthird %d\n", i, i);
        snprintf(other, sizeof other, "third %d\nsecond %d\n", i, i);
        cr_assert(strncmp(at, one, strlen(one)) == 0 || strncmp(at, other, strlen(other)) == 0, "pair %d: %s", i, at);
        at += strlen(one);
    }
    cr_assert_str_eq(at, "");
}

/* ---- S3.2: the nursery as a parameter */

static int hello(void *unused) {
    (void)unused;
    say("hello at %lld\n", story_ms());
    return 0;
}

static int scheduling(crib_nursery *scheduler, void *times) {
    int i;
    for (i = 0; i < *(int *)times; i++) {
        int rc = crib_nursery_start_soon(scheduler, "hello", hello, NULL, NULL);
        if (rc < 0) return rc;
    }
    say("scheduled\n");
    return 7;
}

static int with_scheduler(void *times) {
    story_begin();
    return crib_nursery_run(NULL, scheduling, times);
}

static int helper_with_parameter(void *nursery) { return crib_nursery_start_soon(nursery, "hello", hello, NULL, NULL); }

static int passing_on(void *unused) {
    crib_nursery *n;
    int rc;
    (void)unused;
    story_begin();
    n = crib_nursery_open();
    rc = crib_nursery_start_soon(n, "helper", helper_with_parameter, n, NULL);
    return crib_nursery_close(n, rc);
}

Test(scenario_slides, s3_2_a_nursery_is_passed_to_a_function) {
    int times = 3;
    cr_assert_eq(run_autojump(with_scheduler, &times), 7);
    cr_assert_str_eq(story.text, "scheduled\nhello at 0\nhello at 0\nhello at 0\n");
}

Test(scenario_slides, s3_2_a_nursery_is_passed_to_a_task) {
    cr_assert_eq(run_autojump(passing_on, NULL), 0);
    cr_assert_str_eq(story.text, "hello at 0\n");
}

/* ---- S3.3 */

static int raising(void *unused) {
    (void)unused;
    return crib_fail(-1000003, "raised in a started task");
}

static int busy_parent(void *arg) {
    int *seen = arg;
    crib_nursery *n = crib_nursery_open();
    int rc;
    crib_nursery_start_soon(n, "raising", raising, NULL, NULL);
    rc = crib_sleep(CRIB_SECONDS(60)); /* woken: the failure does not wait for the close */
    seen[0] = rc;
    seen[1] = rc = crib_nursery_close(n, rc);
    return rc;
}

Test(scenario_slides, s3_3_a_failure_in_a_started_task_is_not_lost) {
    int seen[2] = {0, 0};
    cr_assert_eq(run_autojump(busy_parent, seen), -1000003);
    cr_assert_eq(seen[0], CRIB_ECANCELLED);
    cr_assert_eq(seen[1], -1000003);
    cr_assert_str_eq(crib_error_message(crib_error_find(crib_error_current(), -1000003)), "raised in a started task");
}

/* ---- S3.4 */

struct two {
    bool one, two, inner;
    bool both_seen;
    bool inner_seen;
};

static int coroutine1(void *arg) {
    int rc = crib_sleep(CRIB_SECONDS(1));
    ((struct two *)arg)->one = rc == 0;
    return rc;
}

static int innermost(void *arg) {
    int rc = crib_sleep(CRIB_SECONDS(2));
    ((struct two *)arg)->inner = rc == 0;
    return rc;
}

static int coroutine2(void *arg) {
    struct two *t = arg;
    crib_nursery *n = crib_nursery_open();
    int rc;
    crib_nursery_start_soon(n, "innermost", innermost, t, NULL);
    rc = crib_nursery_close(n, 0);
    t->inner_seen = t->inner;
    t->two = rc == 0;
    return rc;
}

static int both(void *arg) {
    struct two *t = arg;
    crib_nursery *n = crib_nursery_open();
    int rc;
    crib_nursery_start_soon(n, "coroutine1", coroutine1, t, NULL);
    crib_nursery_start_soon(n, "coroutine2", coroutine2, t, NULL);
    rc = crib_nursery_close(n, 0);
    t->both_seen = t->one && t->two;
    return rc;
}

Test(scenario_slides, s3_4_code_after_the_block_sees_both_finished) {
    struct two t = {false, false, false, false, false};
    cr_assert_eq(run_autojump(both, &t), 0);
    cr_assert(t.both_seen);
    cr_assert(t.inner_seen);
}

/* ---- S3.10, S3.12 */

static int ten_seconds(void *arg) {
    bool *caught = arg;
    crib_scope *scope;
    int rc;
    story_begin();
    scope = crib_move_on_after(CRIB_SECONDS(2));
    rc = crib_sleep(CRIB_SECONDS(10));
    if (rc == 0) say("not reached\n");
    rc = crib_scope_close(scope, rc, caught);
    if (*caught) say("coroutine cancelled! %lld\n", story_ms());
    return rc;
}

Test(scenario_slides, s3_10_a_sleep_is_cancelled_after_two_seconds) {
    bool caught = false;
    cr_assert_eq(run_autojump(ten_seconds, &caught), 0);
    cr_assert(caught);
    cr_assert_str_eq(story.text, "coroutine cancelled! 2000\n");
}

struct busy {
    bool called, caught;
    int rounds;
};

static int never_yields(void *arg) {
    struct busy *b = arg;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(2));
    for (b->rounds = 0; b->rounds < 40; b->rounds++) crib_clock_jump(CRIB_MS(100));
    b->called = crib_scope_cancel_called(scope);
    return crib_scope_close(scope, 0, &b->caught);
}

Test(scenario_slides, s3_12_a_loop_that_never_yields_is_not_cancelled) {
    struct busy b = {false, true, 0};
    cr_assert_eq(run_autojump(never_yields, &b), 0);
    cr_assert_eq(b.rounds, 40);
    cr_assert(b.called);
    cr_assert_not(b.caught);
}

static int busy_child(void *arg) {
    int *rounds = arg;
    for (; *rounds < 40; ++*rounds) crib_clock_jump(CRIB_MS(100));
    return 0;
}

static int parent_of_busy(void *arg) {
    struct busy *b = arg;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(2));
    crib_nursery *n = crib_nursery_open();
    int rc;
    crib_nursery_start_soon(n, "busy", busy_child, &b->rounds, NULL);
    rc = crib_nursery_close(n, 0);
    b->called = crib_scope_cancel_called(scope);
    return crib_scope_close(scope, rc, &b->caught);
}

Test(scenario_slides, s3_12_a_child_that_never_yields_ends_as_it_likes) {
    struct busy b = {false, true, 0};
    cr_assert_eq(run_autojump(parent_of_busy, &b), 0);
    cr_assert_eq(b.rounds, 40);
    cr_assert(b.called);
    cr_assert_not(b.caught);
}
