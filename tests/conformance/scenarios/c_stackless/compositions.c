/* 0xx (S4.8 to S4.13), 8xx: compositions. They are calls in works.c, which run on fibers of their own. */
#include "player.h"

#include "../works.h"

static void call(player *p, crib_body_fn body) { await(p, crib_begin_call(p->op, body, NULL, NULL)); }

static void tell(player *p) {
    if (p->status == CRIB_EOPCANCELLED)
        say("%s, %s", outcome(p), message_of(p->error, p->status));
    else
        say("%s", outcome(p));
}

static void tell_and_go(player *p) {
    tell(p);
    well(p);
    leave(p);
}

/* ---- 058 to 063 */

static void cancellable_wait_times_out(player *p) {
    switch (p->step++) {
        case 0: call(p, wait_100_ms_for_slow); break;
        case 1: tell_and_go(p); break;
    }
}

static void triggers(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("triggers");
            crib_token_trigger(shared.token);
            leave(p);
            break;
    }
}

static void cancellable_wait_triggered(player *p) {
    switch (p->step++) {
        case 0:
            shared.token = crib_token_new("demo");
            start(nursery_open(p), "other", triggers);
            call(p, wait_for_slow_or_token);
            break;
        case 1:
            tell(p);
            well(p);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

static void tell_winner_of(player *p, crib_body_fn body) {
    switch (p->step++) {
        case 0: call(p, body); break;
        case 1:
            say("number %d gave%s", (int)found.winner, found_numbers());
            leave(p);
            break;
    }
}

static void first_result(player *p) { tell_winner_of(p, wait_for_the_first); }
static void first_success(player *p) { tell_winner_of(p, first_of_three); }

static void when_triggered(player *p, crib_body_fn body) {
    switch (p->step++) {
        case 0:
            shared.token = crib_token_new("demo");
            crib_token_trigger(shared.token);
            call(p, body);
            break;
        case 1: tell_and_go(p); break;
    }
}

static void triggered_beats_success(player *p) { when_triggered(p, wait_for_success); }
static void failure_beats_triggered(player *p) { when_triggered(p, wait_for_failure); }

static void cancelled_from_outside(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            call(p, wait_for_slow_or_token);
            break;
        case 1:
            tell(p);
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 820, 821, 826 */

static void tell_numbers_of(player *p, crib_body_fn body) {
    switch (p->step++) {
        case 0: call(p, body); break;
        case 1:
            say("%s", found_numbers() + 1);
            leave(p);
            break;
    }
}

static void gather(player *p) { tell_numbers_of(p, gather_three); }
static void map(player *p) { tell_numbers_of(p, map_squares); }

static void gather_fails(player *p) {
    switch (p->step++) {
        case 0: call(p, gather_with_failure); break;
        case 1: tell_and_go(p); break;
    }
}

/* ---- 824, 825 */

static void retry(player *p) {
    switch (p->step++) {
        case 0: call(p, retry_three_times); break;
        case 1:
            say("%s, attempts at%s", outcome(p), found_numbers());
            leave(p);
            break;
    }
}

static void ticker(player *p) {
    static const int pauses[] = {250, 50};
    static crib_ticker t;
    switch (p->step++) {
        case 0: crib_ticker_start(&t, CRIB_MS(100)); break;
        case 1: await(p, crib_begin_call(p->op, wait_for_tick, &t, NULL)); break;
        case 2:
            say("missed %d", p->status);
            if (p->i < 2) {
                sleep_ms(p, pauses[p->i++]);
                p->step = 1;
            } else {
                leave(p);
            }
            break;
    }
}

const struct scenario compositions[] = {
    {58, cancellable_wait_times_out},
    {59, cancellable_wait_triggered},
    {60, first_result},
    {61, triggered_beats_success},
    {62, failure_beats_triggered},
    {63, cancelled_from_outside},
    {820, gather},
    {821, gather_fails},
    {822, first_success},
    {824, retry},
    {825, ticker},
    {826, map},
    {0, NULL},
};
