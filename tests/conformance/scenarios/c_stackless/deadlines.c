/* 1xx: deadlines and shields. */
#include "player.h"

/* ---- 106 */

static void two_deadlines_at_once(player *p) {
    switch (p->step++) {
        case 0:
            shared.scope = move_on_after(p, 1000);
            shared.other_scope = move_on_after(p, 1000);
            sleep_ms(p, 10000);
            break;
        case 1:
            shared.caught = crib_scope_cancel_called(shared.other_scope);
            scope_close(p);
            say("inner: cancelled %s, absorbed %s", yes(shared.caught), yes(p->caught));
            shared.caught = crib_scope_cancel_called(shared.scope);
            scope_close(p);
            say("outer: cancelled %s, absorbed %s", yes(shared.caught), yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 115 */

static void moves_the_deadline_into_the_past(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1:
            crib_scope_set_deadline(shared.scope, crib_now() - 1);
            leave(p);
            break;
    }
}

static void deadline_moves(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            p->scope = move_on_after(p, 1000);
            crib_scope_set_deadline(p->scope, crib_now() + CRIB_MS(3000));
            sleep_ms(p, 10000);
            break;
        case 1:
            say("to later: %s", outcome(p));
            scope_close(p);
            start(p->nursery, "helper", moves_the_deadline_into_the_past);
            shared.scope = move_on_after(p, 10000);
            sleep_ms(p, 10000);
            break;
        case 2:
            say("into the past: %s", outcome(p));
            scope_close(p);
            crib_scope_set_deadline(move_on_after(p, 1000), CRIB_FOREVER);
            sleep_ms(p, 2000);
            break;
        case 3:
            say("taken away: %s", outcome(p));
            scope_close(p);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 116 */

static void deadline_ends_with_scope(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            sleep_ms(p, 500);
            break;
        case 1:
            scope_close(p);
            say("closed, absorbed: %s", yes(p->caught));
            sleep_ms(p, 1500);
            break;
        case 2:
            say("slept past the deadline: %s", outcome(p));
            leave(p);
            break;
    }
}

/* ---- 117 */

static void expiry_is_final(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = move_on_after(p, 1000);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("sleep: %s", outcome(p));
            say("source %s, moves the deadline", source_of(p->scope));
            crib_scope_set_deadline(p->scope, crib_now() + CRIB_MS(10000));
            checkpoint(p);
            break;
        case 2:
            say("checkpoint: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 120 */

static void sleep_until_moved_on(player *p) {
    move_on_after(p, 2000);
    sleep_forever(p);
}

static void moved_on(player *p) {
    scope_close(p);
    say("moved on");
}

static void timeout_counts_from_entry(player *p) {
    switch (p->step++) {
        case 0: sleep_until_moved_on(p); break;
        case 1:
            moved_on(p);
            sleep_ms(p, 1000);
            break;
        case 2:
            say("once more");
            sleep_until_moved_on(p);
            break;
        case 3:
            moved_on(p);
            leave(p);
            break;
    }
}

/* ---- 123 */

static void cancelled_by_the_clock(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = move_on_after(p, 1000);
            compute_ms(999);
            say("cancelled: %s", yes(crib_scope_cancel_called(p->scope)));
            compute_ms(1);
            say("cancelled: %s", yes(crib_scope_cancel_called(p->scope)));
            crib_scope_set_deadline(p->scope, crib_now() + CRIB_MS(10000));
            say("with a later deadline: %s", yes(crib_scope_cancel_called(p->scope)));
            checkpoint(p);
            break;
        case 1:
            say("checkpoint: %s", outcome(p));
            scope_close(p);
            leave(p);
            break;
    }
}

/* ---- 124 */

static void looks_inside(player *p, crib_scope_options options) {
    scope_open(p, options);
    say("inside");
    checkpoint(p);
}

static void looked(player *p) {
    say("checkpoint: %s", outcome(p));
    scope_close(p);
    say("absorbed: %s", yes(p->caught));
}

static void entered_too_late(player *p) {
    crib_scope_options options = scope_options();
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            options.deadline = crib_now() - CRIB_MS(1000);
            looks_inside(p, options);
            break;
        case 2:
            looked(p);
            options.deadline = crib_now(); /* 0 in `timeout` is none */
            looks_inside(p, options);
            break;
        case 3:
            looked(p);
            leave(p);
            break;
    }
}

/* ---- 126 */

static crib_scope *shield_with_timeout(player *p, int64_t ms) {
    crib_scope_options options = shield_options();
    options.timeout = CRIB_MS(ms);
    return scope_open(p, options);
}

static void shield(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            scope_open(p, shield_options());
            sleep_ms(p, 2000);
            break;
        case 1:
            say("shielded sleep: %s", outcome(p));
            scope_close(p);
            checkpoint(p);
            break;
        case 2:
            say("checkpoint behind it: %s", outcome(p));
            shield_with_timeout(p, 500);
            sleep_forever(p);
            break;
        case 3:
            say("sleep in a shield with a timeout: %s", outcome(p));
            scope_close(p);
            say("absorbed by the shielded scope: %s", yes(p->caught));
            checkpoint(p);
            break;
        case 4:
            say("checkpoint behind it: %s", outcome(p));
            scope_close(p);
            say("absorbed by the outer scope: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 127 */

static void sleeps_in_a_shield(player *p) {
    switch (p->step++) {
        case 0:
            shared.scope = scope_open(p, scope_options());
            shared.other_scope = scope_open(p, shield_options());
            sleep_forever(p);
            break;
        case 1:
            say("sleep: %s", outcome(p));
            scope_close(p);
            say("inner: %s", yes(p->caught));
            scope_close(p);
            say("outer: %s", yes(p->caught));
            leave(p);
            break;
    }
}

static void cancels_and_lowers(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1:
            say("cancels");
            crib_scope_cancel(shared.scope, NULL);
            sleep_ms(p, 500);
            break;
        case 2:
            say("lowers the shield");
            crib_scope_set_shield(shared.other_scope, false);
            leave(p);
            break;
    }
}

static void shield_goes_up_and_down(player *p) {
    switch (p->step++) {
        case 0:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            p->scope = scope_open(p, scope_options());
            checkpoint(p);
            break;
        case 1:
            say("shield down: %s", outcome(p));
            crib_scope_set_shield(p->scope, true);
            checkpoint(p);
            break;
        case 2:
            say("shield up: %s", outcome(p));
            crib_scope_set_shield(p->scope, false);
            checkpoint(p);
            break;
        case 3:
            say("shield down: %s", outcome(p));
            scope_close(p);
            scope_close(p);
            p->nursery = nursery_open(p);
            start(p->nursery, "child", sleeps_in_a_shield);
            start(p->nursery, "helper", cancels_and_lowers);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 129 */

static void unshielded_on_the_way(player *p) {
    switch (p->step++) {
        case 0:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            p->scope = scope_open(p, shield_options());
            crib_scope_cancel(p->scope, NULL);
            checkpoint(p);
            break;
        case 1:
            say("checkpoint: %s", outcome(p));
            crib_scope_set_shield(p->scope, false);
            scope_close(p);
            say("inner: %s", yes(p->caught));
            scope_close(p);
            say("outer: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 130 */

static void deadline_here(player *p, const char *what) {
    say("%s: %s", what, deadline_text(crib_current_effective_deadline()));
    if (p->depth > 1) scope_close(p);
}

static void effective_deadline(player *p) {
    deadline_here(p, "no scope");
    p->scope = move_on_after(p, 5000);
    deadline_here(p, "5 s");
    move_on_after(p, 2000);
    deadline_here(p, "2 s inside");
    move_on_after(p, 9000);
    deadline_here(p, "9 s inside");
    scope_open(p, shield_options());
    deadline_here(p, "a shield inside");
    shield_with_timeout(p, 9000);
    deadline_here(p, "a shield of 9 s inside");
    crib_scope_cancel(p->scope, NULL);
    deadline_here(p, "cancelled");
    scope_close(p);
    leave(p);
}

/* ---- 150 */

static void connection(player *p, int64_t goodbye) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("closes");
            p->n = p->status;
            shield_with_timeout(p, 500);
            sleep_ms(p, goodbye);
            break;
        case 2:
            scope_close(p);
            say("said goodbye: %s", yes(!p->caught));
            p->status = p->n;
            leave(p);
            break;
    }
}

static void quick(player *p) { connection(p, 100); }
static void slow(player *p) { connection(p, 10000); }

static void bounded_cleanup(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            p->nursery = nursery_open(p);
            start(p->nursery, "quick", quick);
            start(p->nursery, "slow", slow);
            nursery_close(p);
            break;
        case 1:
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
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
