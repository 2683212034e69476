/* Virtual time, and waiting until nothing moves (statement 116). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

static int run_manual(crib_body_fn body, void *arg) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_MANUAL};
    return run_with(&options, body, arg);
}

static int jump_moves_time(void *arg) {
    struct child c = {.name = "c", .ms = 1000}, later = {.name = "later", .ms = 2500};
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &c, NULL), 0);
    cr_expect_eq(child_start(n, &later, STACKLESS), 0);
    for (i = 0; i < 10; ++i) cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(story_ms(), 0, "time stands still");
    cr_expect_eq(crib_clock_jump(CRIB_MS(999)), 0);
    for (i = 0; i < 10; ++i) cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_str_eq(story_text, "");
    cr_expect_eq(crib_clock_jump(CRIB_MS(1)), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_str_eq(story_text, "c@1000");
    cr_expect_eq(crib_clock_jump(-1), -EINVAL);
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_clock_jump(CRIB_SECONDS(10)), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_a_manual_clock_moves_by_jumps_only) {
    cr_assert_eq(run_manual(jump_moves_time, NULL), 0);
    cr_assert_str_eq(story_text, "c@1000 later@11000");
}

/* A manual clock stands still also when every task waits: what is called before the poll ends the wait. */

static crib_portal *doorbell;
static int before_calls, after_calls;

static void ring(void *user_data) {
    (void)user_data;
    ++before_calls;
    if (doorbell != NULL) cr_expect_eq(crib_portal_wake(doorbell), 0);
}

static void count_after(void *user_data) {
    (void)user_data;
    ++after_calls;
}

static int waits_for_doorbell(void *arg) {
    struct child c = {.name = "c", .ms = 1000};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &c, NULL), 0);
    doorbell = crib_portal_open();
    cr_expect_eq(crib_portal_wait(doorbell), 0);
    cr_expect_str_eq(story_text, "", "no jump to the deadline of the other task");
    crib_unref(doorbell);
    doorbell = NULL;
    cr_expect_eq(crib_clock_jump(CRIB_SECONDS(1)), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_a_manual_clock_stands_still_when_every_task_waits) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_MANUAL};
    crib_runtime *rt = crib_runtime_new(&options);
    cr_assert_eq(crib_runtime_set_poll_hooks(rt, ring, count_after, NULL), 0);
    cr_assert_eq(crib_runtime_run(rt, waits_for_doorbell, NULL, NULL), 0);
    cr_assert_str_eq(story_text, "c@1000");
    cr_assert_gt(before_calls, 0);
    cr_assert_eq(before_calls, after_calls);
    crib_unref(rt);
}

static int jump_real_clock(void *arg) {
    (void)arg;
    return crib_clock_jump(1);
}

Test(run_clock, s116_the_real_clock_cannot_jump) { cr_assert_eq(crib_run(jump_real_clock, NULL), CRIB_EMISUSE); }

static int autojump(void *arg) {
    struct child a = {.name = "a", .ms = 3600 * 1000}, b = {.name = "b", .ms = 24LL * 3600 * 1000};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(child_start(n, &b, STACKLESS), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_autojump_goes_to_the_next_deadline) {
    cr_assert_eq(run_autojump(autojump, NULL), 0);
    cr_assert_str_eq(story_text, "a@3600000 b@86400000");
}

static int busy(void *arg) {
    int i;
    (void)arg;
    for (i = 0; i < 1000; ++i) {
        int rc = crib_checkpoint();
        if (rc < 0) return rc;
    }
    story_at("busy");
    return 0;
}

static int no_jump_while_busy(void *arg) {
    struct child a = {.name = "a", .ms = 1};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "busy", busy, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_autojump_waits_until_no_task_can_run) {
    cr_assert_eq(run_autojump(no_jump_while_busy, NULL), 0);
    cr_assert_str_eq(story_text, "busy@0 a@1");
}

static int jump_and_autojump(void *arg) {
    struct child a = {.name = "a", .ms = 5000};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_clock_jump(CRIB_SECONDS(3)), 0);
    cr_expect_eq(story_ms(), 3000);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_a_jump_works_under_autojump_too) {
    cr_assert_eq(run_autojump(jump_and_autojump, NULL), 0);
    cr_assert_str_eq(story_text, "a@5000");
}

/* wait_all_tasks_blocked */

struct waiter {
    const char *name;
    int64_t cushion;
};

static int wait_blocked(void *arg) {
    struct waiter *w = arg;
    int rc = crib_wait_all_tasks_blocked(w->cushion);
    story_at(w->name);
    return rc;
}

static int blocked_before_jump(void *arg) {
    struct child sleeper = {.name = "sleeper", .ms = 1};
    struct waiter w = {"blocked", 0};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &sleeper, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "waiter", wait_blocked, &w, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_waiting_until_all_are_blocked_comes_before_autojump) {
    cr_assert_eq(run_autojump(blocked_before_jump, NULL), 0);
    cr_assert_str_eq(story_text, "blocked@0 sleeper@1");
}

static int cushions(void *arg) {
    struct waiter high = {"high", CRIB_MS(20)}, low = {"low", 0}, middle = {"middle", CRIB_MS(10)};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(n, "high", wait_blocked, &high, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "low", wait_blocked, &low, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "middle", wait_blocked, &middle, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "busy", busy, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(run_clock, s116_the_lowest_cushion_is_first) {
    cr_assert_eq(run_autojump(cushions, NULL), 0);
    cr_assert_str_eq(story_text, "busy@0 low@0 middle@0 high@0");
}

static int bad_cushion(void *arg) {
    (void)arg;
    cr_expect_eq(crib_wait_all_tasks_blocked(-1), -EINVAL);
    return 0;
}

Test(run_clock, s116_a_negative_cushion_is_refused) { cr_assert_eq(run_autojump(bad_cushion, NULL), 0); }

static int cancelled_wait(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught = false;
    int rc;
    (void)arg;
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    rc = crib_wait_all_tasks_blocked(0);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    return 0;
}

Test(run_clock, s116_waiting_until_all_are_blocked_can_be_cancelled) {
    cr_assert_eq(run_autojump(cancelled_wait, NULL), 0);
}

static struct child others;
static void waits_blocked(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    others = (struct child){.name = "sleeper", .ms = 1};
    cr_expect_eq(crib_nursery_start_soon(s->nursery, "busy", busy, NULL, NULL), 0);
    cr_expect_eq(child_start(s->nursery, &others, STACKLESS), 0);
    AWAIT(s, crib_begin_wait_all_tasks_blocked(s->op, 0));
    cr_expect_eq(s->status, 0);
    story_at("blocked");
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(run_clock, s116_a_stackless_task_waits_until_all_are_blocked_stackless) {
    struct strand s = {.run = waits_blocked};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "busy@0 blocked@0 sleeper@1");
}

/* The real clock: the one test that spends time, a few milliseconds of it. */

static int real_cushion(void *arg) {
    int64_t begin = crib_now();
    (void)arg;
    cr_expect_eq(crib_wait_all_tasks_blocked(CRIB_MS(3)), 0);
    cr_expect_geq(crib_now() - begin, CRIB_MS(3));
    begin = crib_now();
    cr_expect_eq(crib_sleep(CRIB_MS(2)), 0);
    cr_expect_geq(crib_now() - begin, CRIB_MS(2), "never less than was asked for");
    return 0;
}

Test(run_clock, s116_on_the_real_clock_the_cushion_is_time_without_movement) {
    cr_assert_eq(crib_run(real_cushion, NULL), 0);
}
