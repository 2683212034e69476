/* 3xx: nurseries. */
#include "fiber.h"

/* ---- 361 */

static int second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("ends");
    return rc;
}

static int first(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("starts a second");
    start(shared.nursery, "second", second);
    say("ends");
    return rc;
}

static int close_waits_for_all(void *unused) {
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "first", first);
    say("the body ends");
    rc = crib_nursery_close(shared.nursery, 0);
    say("the nursery is closed");
    return rc;
}

/* ---- 362, 363 */

static int sleeps_long(void *unused) {
    int rc = sleep_ms(10000);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

static int fails_after_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    if (rc < 0) return rc;
    say("fails");
    return fail("boom");
}

static int child_fails(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "sibling", sleeps_long);
    start(n, "failing", fails_after_a_second);
    rc = sleep_ms(10000);
    say("the body: %s", outcome(rc));
    say("the nursery: %s", outcome(crib_nursery_close(n, rc)));
    return 0;
}

static int body_fails(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "child", sleeps_long);
    rc = sleep_ms(500);
    say("the body fails");
    if (rc == 0) rc = fail("boom");
    say("the nursery: %s", outcome(crib_nursery_close(n, rc)));
    return 0;
}

/* ---- 364 */

static int fails_at_once(void *unused) {
    (void)unused;
    return fail("boom");
}

static int has_one_that_fails(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "failing", fails_at_once);
    return crib_nursery_close(n, 0);
}

static void nursery_with(const char *what, crib_body_fn child) {
    crib_scope *handler = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    if (child != NULL) start(n, "child", child);
    say("%s: %s", what, outcome(crib_nursery_close(n, 0)));
    crib_scope_close(handler, 0, NULL);
}

static int groups_nest(void *unused) {
    (void)unused;
    nursery_with("nobody failed", NULL);
    nursery_with("one nursery", fails_at_once);
    nursery_with("two nurseries", has_one_that_fails);
    return 0;
}

/* ---- 365 */

static int one(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("fails");
    return rc < 0 ? rc : fail("one");
}

static int two(void *unused) {
    (void)unused;
    crib_sleep_forever();
    say("fails");
    return fail("two");
}

static int three(void *unused) {
    crib_scope *scope;
    (void)unused;
    crib_sleep_forever();
    scope = shielded_scope();
    crib_scope_close(scope, sleep_ms(500), NULL);
    say("fails");
    return fail("three");
}

static int no_failure_is_lost(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "one", one);
    start(n, "two", two);
    start(n, "three", three);
    crib_sleep_forever();
    say("fails");
    say("the nursery: %s", outcome(crib_nursery_close(n, fail("body"))));
    return 0;
}

/* ---- 367 */

static int sleeps_for_ever(void *unused) {
    (void)unused;
    return crib_sleep_forever();
}

static int whose_cancel(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    bool caught;
    int rc;
    (void)unused;
    start(n, "child", sleeps_for_ever);
    rc = sleep_ms(500);
    crib_nursery_cancel(n, NULL);
    rc = crib_nursery_close(n, rc);
    say("the nursery's own: %s", outcome(rc));
    scope = crib_scope_open(NULL);
    n = crib_nursery_open();
    start(n, "child", sleeps_for_ever);
    rc = sleep_ms(500);
    crib_scope_cancel(scope, NULL);
    rc = crib_nursery_close(n, rc);
    say("the scope's: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed by the scope: %s", yes(caught));
    return rc;
}

/* ---- 368 */

static int ends_well(void *unused) {
    (void)unused;
    crib_sleep_forever();
    say("ends well");
    return 0;
}

static int close_adds_nothing(void *unused) {
    crib_scope *scope = move_on_after(1000);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    start(n, "child", ends_well);
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

/* ---- 370 */

static int runs_to_a_checkpoint(void *unused) {
    int rc;
    (void)unused;
    say("runs");
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    return rc;
}

static int start_in_a_cancelled_nursery(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    crib_nursery_cancel(n, NULL);
    say("cancels, starts a child: %s", outcome(start(n, "child", runs_to_a_checkpoint)));
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

/* ---- 371 */

static void count_children(void) {
    const char *opener = crib_task_name(crib_nursery_parent_task(shared.nursery));
    say("%d children, opened by %s", (int)crib_nursery_count(shared.nursery), opener);
}

static int sleeps_three_seconds(void *unused) {
    (void)unused;
    return sleep_ms(3000);
}

static int sleeps_two_and_a_half(void *unused) {
    (void)unused;
    return sleep_ms(2500);
}

static int starts_one_more(void *unused) {
    int rc;
    (void)unused;
    count_children();
    rc = sleep_ms(1000);
    start(shared.nursery, "third", sleeps_two_and_a_half);
    count_children();
    return rc;
}

static int task_tree(void *unused) {
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "short", starts_one_more);
    start(shared.nursery, "long", sleeps_three_seconds);
    count_children();
    rc = sleep_ms(1500);
    count_children();
    if (rc == 0) rc = crib_nursery_wait_idle(shared.nursery);
    count_children();
    return crib_nursery_close(shared.nursery, rc);
}

/* ---- 374 */

static int main_fails(void *unused) {
    (void)unused;
    say("fails");
    return fail("boom");
}

const struct scenario nurseries[] = {
    {361, close_waits_for_all},
    {362, child_fails},
    {363, body_fails},
    {364, groups_nest},
    {365, no_failure_is_lost},
    {367, whose_cancel},
    {368, close_adds_nothing},
    {370, start_in_a_cancelled_nursery},
    {371, task_tree},
    {374, main_fails},
    {0, NULL},
};
