/* 7xx, and 043: graceful cancel. */
#include "fiber.h"

/* ---- tasks that are cut off */

static int sleeps_in(crib_scope_options options, int64_t ms) {
    crib_scope *scope = crib_scope_open(&options);
    int rc = sleep_ms(ms);
    say("%s", outcome(rc));
    return crib_scope_close(scope, rc, NULL);
}

static int idle(void *unused) {
    (void)unused;
    return sleeps_in(graceful_options(), 60000);
}

static int request(void *ms) { return sleeps_in(scope_options(), (intptr_t)ms); }
static int saver(void *ms) { return sleeps_in(soft_shield_options(), (intptr_t)ms); }
static int keeper(void *ms) { return sleeps_in(shield_options(), (intptr_t)ms); }

static void start_for(crib_nursery *n, const char *name, crib_body_fn body, int64_t ms) {
    start_with(n, name, body, (void *)(intptr_t)ms);
}

/* Closes the nursery and the scope around it. */
static int end(crib_nursery *n, crib_scope *scope, int rc) {
    bool caught;
    rc = crib_nursery_close(n, rc);
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

/* ---- 043 */

static int server(bool gracefully) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    start(n, "idle", idle);
    start_for(n, "request", request, 1000);
    rc = sleep_ms(500);
    say("%s", gracefully ? "asks it to end" : "cancels it");
    if (gracefully)
        drain_softly(scope, 60000);
    else
        crib_scope_cancel(scope, NULL);
    rc = crib_nursery_close(n, rc);
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed by the server: %s", yes(caught));
    return rc;
}

static int graceful_and_hard(void *unused) {
    int rc = server(true);
    (void)unused;
    return rc < 0 ? rc : server(false);
}

/* ---- 701 */

static int does_a_request(void *number) {
    int rc = sleep_ms(300);
    say("did %d", (int)(intptr_t)number);
    return rc;
}

static int takes_requests(void *unused) {
    crib_scope_options options = graceful_options();
    crib_scope *scope = crib_scope_open(&options);
    int i, rc;
    (void)unused;
    while ((rc = receive_int(shared.rx, &i)) == 0) {
        say("takes %d", i);
        start_with(shared.nursery, "request", does_a_request, (void *)(intptr_t)i);
    }
    say("ends");
    crib_receiver_close(shared.rx);
    return crib_scope_close(scope, rc, NULL);
}

static int sends_requests(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 1; i <= 3 && rc == 0; i++) {
        rc = send_int(shared.tx, i);
        if (rc < 0)
            say("sending %d: %s", i, outcome(rc));
        else
            rc = sleep_ms(400);
    }
    return 0;
}

static int server_drains(void *unused) {
    crib_nursery *outer = crib_nursery_open();
    crib_scope *scope;
    int rc;
    (void)unused;
    channel(0);
    start(outer, "client", sends_requests);
    scope = crib_scope_open(NULL);
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "server", takes_requests);
    rc = sleep_ms(500);
    say("drains");
    drain_softly(scope, 1000);
    rc = crib_nursery_close(shared.nursery, rc);
    say("the server has ended: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, NULL);
    return crib_nursery_close(outer, rc);
}

/* ---- 702, 705, 706 */

static int grace_is_over(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start_for(n, "request", request, 10000);
    rc = sleep_ms(1000);
    say("drains");
    drain_softly(scope, 500);
    return end(n, scope, rc);
}

static int hard_time_moves_earlier(void *unused) {
    static const int graces[] = {2000, 5000, 500};
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    (void)unused;
    start_for(n, "request", request, 10000);
    rc = sleep_ms(500);
    for (i = 0; i < 3 && rc == 0; i++) {
        rc = sleep_ms(500);
        drain_softly(scope, graces[i]);
        say("hard in %d ms", grace_left(scope));
    }
    return end(n, scope, rc);
}

static int cancel_is_now(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start_for(n, "request", request, 10000);
    rc = sleep_ms(1000);
    say("drains");
    drain_softly(scope, 5000);
    if (rc == 0) rc = sleep_ms(500);
    say("cancels");
    crib_scope_cancel(scope, NULL);
    return end(n, scope, rc);
}

/* ---- 703, 704, 711 */

static int interrupt_after_a_second(crib_nursery *n, crib_scope *scope, int64_t grace) {
    int rc = sleep_ms(1000);
    say("interrupts");
    interrupt_softly(scope, grace);
    return end(n, scope, rc);
}

static int interrupt(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start_for(n, "worker", request, 10000);
    start_for(n, "saver", saver, 1300);
    return interrupt_after_a_second(n, scope, 2000);
}

static int soft_and_full_shields(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start_for(n, "saver", saver, 10000);
    start_for(n, "keeper", keeper, 2000);
    return interrupt_after_a_second(n, scope, 500);
}

static int no_grace(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start_for(n, "saver", saver, 10000);
    return interrupt_after_a_second(n, scope, 0);
}

/* ---- 707 */

static void cleans_up(const char *what) {
    crib_scope_options options = soft_shield_options();
    crib_scope *scope = crib_scope_open(&options);
    int rc = sleep_ms(600);
    say("%s cleanup: %s", what, outcome(rc));
    crib_scope_close(scope, rc, NULL);
}

static int cleans_up_twice(void *unused) {
    int rc = crib_sleep_forever();
    (void)unused;
    say("%s", outcome(rc));
    cleans_up("first");
    cleans_up("second");
    return rc;
}

static int one_grace_for_all(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "worker", cleans_up_twice);
    return interrupt_after_a_second(n, scope, 1000);
}

/* ---- 708 */

static int born_in_that_state(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open(), *drains;
    (void)unused;
    say("drains");
    drain_softly(scope, 1000);
    options.drain = 1;
    drains = crib_nursery_open_with(&options);
    say("a nursery that drains refuses: %s", yes(start(drains, "late", idle) < 0));
    crib_nursery_close(drains, 0);
    start(n, "idle", idle);
    start_for(n, "request", request, 300);
    return end(n, scope, 0);
}

/* ---- 709 */

static const char *until(void) { return deadline_text(crib_current_effective_deadline()); }

static int state_of_a_scope(void *unused) {
    crib_scope_options options = graceful_options();
    crib_scope *scope = crib_scope_open(NULL), *region;
    bool caught;
    int rc;
    (void)unused;
    say("%s, until %s", state_of(scope), until());
    drain_softly(scope, 1000);
    say("%s, hard in %d ms, until %s", state_of(scope), grace_left(scope), until());
    region = crib_scope_open(&options);
    say("in a graceful region: until %s", until());
    crib_scope_close(region, 0, NULL);
    rc = sleep_ms(10000);
    say("sleep: %s", outcome(rc));
    say("%s, hard in %d ms, until %s", state_of(scope), grace_left(scope), until());
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

/* ---- 710 */

static int deadline_with_grace(void *unused) {
    crib_scope_options options = scope_options();
    crib_scope *scope;
    crib_nursery *n;
    (void)unused;
    options.timeout = CRIB_MS(1000);
    options.grace = CRIB_MS(500);
    scope = crib_scope_open(&options);
    n = crib_nursery_open();
    start_for(n, "worker", request, 10000);
    start_for(n, "saver", saver, 10000);
    return end(n, scope, 0);
}

/* ---- 712 */

static int fails_after_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("fails");
    return rc < 0 ? rc : fail("boom");
}

static int nursery_with_grace(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_nursery *n;
    (void)unused;
    options.grace = CRIB_MS(500);
    n = crib_nursery_open_with(&options);
    start(n, "failing", fails_after_a_second);
    start_for(n, "worker", request, 10000);
    start_for(n, "saver", saver, 1300);
    say("the nursery: %s", outcome(crib_nursery_close(n, 0)));
    return 0;
}

/* ---- 713 */

static int reason_stays(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    int rc;
    (void)unused;
    crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_MS(1000), "maintenance");
    say("soft: %s, %s", source_of(scope), reason_of(scope));
    crib_scope_cancel(scope, "now");
    say("hard: %s, %s", source_of(scope), reason_of(scope));
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

const struct scenario graceful[] = {
    {43, graceful_and_hard},   {701, server_drains},         {702, grace_is_over},
    {703, interrupt},          {704, soft_and_full_shields}, {705, hard_time_moves_earlier},
    {706, cancel_is_now},      {707, one_grace_for_all},     {708, born_in_that_state},
    {709, state_of_a_scope},   {710, deadline_with_grace},   {711, no_grace},
    {712, nursery_with_grace}, {713, reason_stays},          {0, NULL},
};
