/* 4xx: start and started. */
#include "fiber.h"

/* Starts a child and waits until it says that it is started. */
static int start_and_wait(crib_nursery *n, const char *name, crib_body_fn body) {
    return crib_nursery_start(n, name, body, NULL, NULL, NULL);
}

/* ---- 475 */

static int service(void *unused) {
    int rc;
    (void)unused;
    say("prepares");
    rc = sleep_ms(1000);
    say("says that it is started");
    if (rc == 0) rc = crib_task_started(crib_value_int(42));
    say("goes on");
    if (rc == 0) rc = sleep_ms(1000);
    say("ends");
    return rc;
}

static int start_waits_until_started(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    int rc;
    (void)unused;
    say("waits for the service to start");
    rc = crib_nursery_start(n, "service", service, NULL, NULL, &v);
    say("the service started with %d", (int)crib_value_as_int(v, -1));
    rc = crib_nursery_close(n, rc);
    say("the nursery is closed");
    return rc;
}

/* ---- 476, 483 */

static int works_after_it_is_started(void *unused) {
    int rc = sleep_ms(500);
    (void)unused;
    if (rc == 0) rc = crib_task_started(crib_value_int(0));
    if (rc == 0) rc = sleep_ms(2000);
    say("ends");
    return rc;
}

static int helper(void *unused) {
    int rc = sleep_ms(2000);
    (void)unused;
    say("ends");
    return rc;
}

static int has_a_helper_when_started(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "helper", helper);
    rc = sleep_ms(500);
    if (rc == 0) rc = crib_task_started(crib_value_int(0));
    rc = crib_nursery_close(n, rc);
    say("ends");
    return rc;
}

static int started_in_time(crib_body_fn body) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = move_on_after(1000);
    int rc = start_and_wait(n, "service", body);
    say("start: %s", outcome(rc));
    if (rc == 0) rc = sleep_ms(10000);
    say("its own sleep: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, NULL);
    rc = crib_nursery_close(n, rc);
    say("the nursery: %s", outcome(rc));
    return rc;
}

static int scopes_before_and_after(void *unused) {
    (void)unused;
    return started_in_time(works_after_it_is_started);
}

static int subtree_moves(void *unused) {
    (void)unused;
    return started_in_time(has_a_helper_when_started);
}

/* ---- 477, 478, 479 */

static int sibling(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("ends");
    return rc;
}

static int broken(void *unused) {
    int rc = sleep_ms(500);
    (void)unused;
    say("fails");
    return rc < 0 ? rc : fail("boom");
}

static int fails_before_started(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "sibling", sibling);
    say("start: %s", outcome(start_and_wait(n, "broken", broken)));
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

static int ends(void *unused) {
    (void)unused;
    say("ends");
    return 0;
}

static int never_started(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    say("start: %s", outcome(start_and_wait(n, "child", ends)));
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

static int says_so_twice(void *unused) {
    (void)unused;
    say("started with 1: %s", outcome(crib_task_started(crib_value_int(1))));
    say("started with 2: %s", outcome(crib_task_started(crib_value_int(2))));
    return 0;
}

static int started_twice(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    int rc = crib_nursery_start(n, "service", says_so_twice, NULL, NULL, &v);
    (void)unused;
    say("the service started with %d", (int)crib_value_as_int(v, -1));
    return crib_nursery_close(n, rc);
}

/* ---- 480, 481 */

static int never_ready(void *unused) {
    int rc = sleep_ms(10000);
    crib_scope *shield = shielded_scope();
    (void)unused;
    say("%s, cleans up", outcome(rc));
    crib_scope_close(shield, sleep_ms(500), NULL);
    say("ends");
    return rc;
}

static int ready_too_late(void *unused) {
    crib_scope *shield = shielded_scope();
    int rc = sleep_ms(1500);
    (void)unused;
    crib_scope_close(shield, rc, NULL);
    say("started: %s", outcome(crib_task_started(crib_value_int(0))));
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    return rc;
}

static int start_within_a_second(crib_body_fn body) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc = start_and_wait(n, "service", body);
    say("start: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    rc = crib_nursery_close(n, rc);
    say("the nursery: %s", outcome(rc));
    return rc;
}

static int start_is_cancelled(void *unused) {
    (void)unused;
    return start_within_a_second(never_ready);
}

static int started_too_late(void *unused) {
    (void)unused;
    return start_within_a_second(ready_too_late);
}

/* ---- 402, 482 */

static int starts(void *service_body) {
    scenario_fn *body = service_body;
    int rc = start_and_wait(shared.nursery, "service", *body);
    say("start: %s", outcome(rc));
    return 0;
}

static int prepares_long(void *unused) {
    int rc = sleep_ms(10000);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

static int target_is_cancelled(void *unused) {
    scenario_fn body = prepares_long;
    crib_nursery *outer = crib_nursery_open();
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start_with(outer, "starter", starts, &body);
    rc = sleep_ms(1000);
    say("cancels the nursery");
    crib_nursery_cancel(shared.nursery, NULL);
    rc = crib_nursery_close(shared.nursery, rc);
    rc = crib_nursery_close(outer, rc);
    say("all closed");
    return rc;
}

static int prepares_and_works(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("is started");
    if (rc == 0) rc = crib_task_started(crib_value_int(0));
    if (rc == 0) rc = sleep_ms(1000);
    say("ends");
    return rc;
}

static int pending_start(void *unused) {
    scenario_fn body = prepares_and_works;
    crib_nursery *outer = crib_nursery_open();
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start_with(outer, "starter", starts, &body);
    rc = crib_checkpoint();
    say("the body ends");
    rc = crib_nursery_close(shared.nursery, rc);
    say("the nursery is closed");
    return crib_nursery_close(outer, rc);
}

const struct scenario start_and_started[] = {
    {402, target_is_cancelled},
    {475, start_waits_until_started},
    {476, scopes_before_and_after},
    {477, fails_before_started},
    {478, never_started},
    {479, started_twice},
    {480, start_is_cancelled},
    {481, started_too_late},
    {482, pending_start},
    {483, subtree_moves},
    {0, NULL},
};
