/* 1xx: deadlines and shields. */
#include "fiber.h"

/* ---- 106 */

static int two_deadlines_at_once(void *unused) {
    crib_scope *outer = move_on_after(1000);
    crib_scope *inner = move_on_after(1000);
    bool called, caught;
    int rc = sleep_ms(10000);
    (void)unused;
    called = crib_scope_cancel_called(inner);
    rc = crib_scope_close(inner, rc, &caught);
    say("inner: cancelled %s, absorbed %s", yes(called), yes(caught));
    called = crib_scope_cancel_called(outer);
    rc = crib_scope_close(outer, rc, &caught);
    say("outer: cancelled %s, absorbed %s", yes(called), yes(caught));
    return rc;
}

/* ---- 115 */

static int moves_the_deadline_into_the_past(void *unused) {
    int rc = sleep_ms(500);
    (void)unused;
    crib_scope_set_deadline(shared.scope, crib_now() - 1);
    return rc;
}

static int deadline_moves(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.scope = move_on_after(1000);
    crib_scope_set_deadline(shared.scope, crib_now() + CRIB_MS(3000));
    rc = sleep_ms(10000);
    say("to later: %s", outcome(rc));
    crib_scope_close(shared.scope, rc, NULL);
    start(n, "helper", moves_the_deadline_into_the_past);
    shared.scope = move_on_after(10000);
    rc = sleep_ms(10000);
    say("into the past: %s", outcome(rc));
    crib_scope_close(shared.scope, rc, NULL);
    shared.scope = move_on_after(1000);
    crib_scope_set_deadline(shared.scope, CRIB_FOREVER);
    rc = sleep_ms(2000);
    say("taken away: %s", outcome(rc));
    rc = crib_scope_close(shared.scope, rc, NULL);
    return crib_nursery_close(n, rc);
}

/* ---- 116 */

static int deadline_ends_with_scope(void *unused) {
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc = crib_scope_close(scope, sleep_ms(500), &caught);
    (void)unused;
    say("closed, absorbed: %s", yes(caught));
    if (rc == 0) rc = sleep_ms(1500);
    say("slept past the deadline: %s", outcome(rc));
    return rc;
}

/* ---- 117 */

static int expiry_is_final(void *unused) {
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc = sleep_ms(10000);
    (void)unused;
    say("sleep: %s", outcome(rc));
    say("source %s, moves the deadline", source_of(scope));
    crib_scope_set_deadline(scope, crib_now() + CRIB_MS(10000));
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

/* ---- 120 */

static void sleeps_until_moved_on(void) {
    crib_scope *scope = move_on_after(2000);
    crib_scope_close(scope, crib_sleep_forever(), NULL);
    say("moved on");
}

static int timeout_counts_from_entry(void *unused) {
    int rc;
    (void)unused;
    sleeps_until_moved_on();
    rc = sleep_ms(1000);
    say("once more");
    sleeps_until_moved_on();
    return rc;
}

/* ---- 123 */

static int cancelled_by_the_clock(void *unused) {
    crib_scope *scope = move_on_after(1000);
    int rc;
    (void)unused;
    compute_ms(999);
    say("cancelled: %s", yes(crib_scope_cancel_called(scope)));
    compute_ms(1);
    say("cancelled: %s", yes(crib_scope_cancel_called(scope)));
    crib_scope_set_deadline(scope, crib_now() + CRIB_MS(10000));
    say("with a later deadline: %s", yes(crib_scope_cancel_called(scope)));
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    return crib_scope_close(scope, rc, NULL);
}

/* ---- 124 */

static int looks_inside(crib_scope *scope) {
    bool caught;
    int rc;
    say("inside");
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

static int entered_too_late(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    if (rc == 0) rc = looks_inside(crib_move_on_at(crib_now() - CRIB_MS(1000)));
    return rc < 0 ? rc : looks_inside(move_on_after(0));
}

/* ---- 126 */

static crib_scope *shield_with_timeout(int64_t ms) {
    crib_scope_options options = shield_options();
    options.timeout = CRIB_MS(ms);
    return crib_scope_open(&options);
}

static int shield(void *unused) {
    crib_scope *outer = move_on_after(1000), *inner = shielded_scope();
    bool caught;
    int rc = sleep_ms(2000);
    (void)unused;
    say("shielded sleep: %s", outcome(rc));
    crib_scope_close(inner, rc, NULL);
    say("checkpoint behind it: %s", outcome(crib_checkpoint()));
    inner = shield_with_timeout(500);
    rc = crib_sleep_forever();
    say("sleep in a shield with a timeout: %s", outcome(rc));
    crib_scope_close(inner, rc, &caught);
    say("absorbed by the shielded scope: %s", yes(caught));
    rc = crib_checkpoint();
    say("checkpoint behind it: %s", outcome(rc));
    rc = crib_scope_close(outer, rc, &caught);
    say("absorbed by the outer scope: %s", yes(caught));
    return rc;
}

/* ---- 127 */

static void up_and_down(void) {
    crib_scope *outer = crib_scope_open(NULL), *inner = crib_scope_open(NULL);
    int rc;
    crib_scope_cancel(outer, NULL);
    say("shield down: %s", outcome(crib_checkpoint()));
    crib_scope_set_shield(inner, true);
    say("shield up: %s", outcome(crib_checkpoint()));
    crib_scope_set_shield(inner, false);
    rc = crib_checkpoint();
    say("shield down: %s", outcome(rc));
    rc = crib_scope_close(inner, rc, NULL);
    crib_scope_close(outer, rc, NULL);
}

static int sleeps_in_a_shield(void *unused) {
    bool caught;
    int rc;
    (void)unused;
    shared.scope = crib_scope_open(NULL);
    shared.other_scope = shielded_scope();
    rc = crib_sleep_forever();
    say("sleep: %s", outcome(rc));
    rc = crib_scope_close(shared.other_scope, rc, &caught);
    say("inner: %s", yes(caught));
    rc = crib_scope_close(shared.scope, rc, &caught);
    say("outer: %s", yes(caught));
    return rc;
}

static int cancels_and_lowers(void *unused) {
    int rc = sleep_ms(500);
    (void)unused;
    say("cancels");
    crib_scope_cancel(shared.scope, NULL);
    if (rc == 0) rc = sleep_ms(500);
    say("lowers the shield");
    crib_scope_set_shield(shared.other_scope, false);
    return rc;
}

static int shield_goes_up_and_down(void *unused) {
    crib_nursery *n;
    (void)unused;
    up_and_down();
    n = crib_nursery_open();
    start(n, "child", sleeps_in_a_shield);
    start(n, "helper", cancels_and_lowers);
    return crib_nursery_close(n, 0);
}

/* ---- 129 */

static int unshielded_on_the_way(void *unused) {
    crib_scope *outer = crib_scope_open(NULL), *inner = shielded_scope();
    bool caught;
    int rc;
    (void)unused;
    crib_scope_cancel(outer, NULL);
    crib_scope_cancel(inner, NULL);
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    crib_scope_set_shield(inner, false);
    rc = crib_scope_close(inner, rc, &caught);
    say("inner: %s", yes(caught));
    rc = crib_scope_close(outer, rc, &caught);
    say("outer: %s", yes(caught));
    return rc;
}

/* ---- 130 */

static void deadline_in(const char *what, crib_scope *scope) {
    say("%s: %s", what, deadline_text(crib_current_effective_deadline()));
    crib_scope_close(scope, 0, NULL);
}

static int effective_deadline(void *unused) {
    crib_scope *outer;
    (void)unused;
    say("no scope: %s", deadline_text(crib_current_effective_deadline()));
    outer = move_on_after(5000);
    say("5 s: %s", deadline_text(crib_current_effective_deadline()));
    deadline_in("2 s inside", move_on_after(2000));
    deadline_in("9 s inside", move_on_after(9000));
    deadline_in("a shield inside", shielded_scope());
    deadline_in("a shield of 9 s inside", shield_with_timeout(9000));
    crib_scope_cancel(outer, NULL);
    deadline_in("cancelled", outer);
    return 0;
}

/* ---- 150 */

static int connection(int64_t goodbye) {
    int rc = crib_sleep_forever();
    crib_scope *scope = shield_with_timeout(500);
    bool caught;
    say("closes");
    crib_scope_close(scope, sleep_ms(goodbye), &caught);
    say("said goodbye: %s", yes(!caught));
    return rc;
}

static int quick(void *unused) {
    (void)unused;
    return connection(100);
}

static int slow(void *unused) {
    (void)unused;
    return connection(10000);
}

static int bounded_cleanup(void *unused) {
    crib_scope *scope = move_on_after(1000);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    start(n, "quick", quick);
    start(n, "slow", slow);
    rc = crib_nursery_close(n, 0);
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

const struct scenario deadlines[] = {
    {106, two_deadlines_at_once},
    {115, deadline_moves},
    {116, deadline_ends_with_scope},
    {117, expiry_is_final},
    {120, timeout_counts_from_entry},
    {123, cancelled_by_the_clock},
    {124, entered_too_late},
    {126, shield},
    {127, shield_goes_up_and_down},
    {129, unshielded_on_the_way},
    {130, effective_deadline},
    {150, bounded_cleanup},
    {0, NULL},
};
