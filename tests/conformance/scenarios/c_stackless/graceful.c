/* 7xx, and 043: graceful cancel. */
#include "player.h"

/* ---- tasks that are cut off */

static void sleeps_in(player *p, crib_scope_options options, int64_t ms) {
    switch (p->step++) {
        case 0:
            scope_open(p, options);
            sleep_ms(p, ms);
            break;
        case 1:
            say("%s", outcome(p));
            scope_close(p);
            leave(p);
            break;
    }
}

static void idle(player *p) { sleeps_in(p, graceful_options(), 60000); }
static void request(player *p) { sleeps_in(p, scope_options(), (intptr_t)p->data); }
static void saver(player *p) { sleeps_in(p, soft_shield_options(), (intptr_t)p->data); }
static void keeper(player *p) { sleeps_in(p, shield_options(), (intptr_t)p->data); }

static void start_for(crib_nursery *n, const char *name, scenario_fn run, int64_t ms) {
    start_with(n, name, run, (void *)(intptr_t)ms);
}

static void open_both(player *p) {
    p->scope = scope_open(p, scope_options());
    p->nursery = nursery_open(p);
}

/* What follows the close of the nursery. */
static void end(player *p) {
    scope_close(p);
    say("absorbed: %s", yes(p->caught));
    leave(p);
}

/* ---- 043 */

static void open_server(player *p) {
    open_both(p);
    start(p->nursery, "idle", idle);
    start_for(p->nursery, "request", request, 1000);
    sleep_ms(p, 500);
}

static void server_is_closed(player *p) {
    scope_close(p);
    say("absorbed by the server: %s", yes(p->caught));
}

static void graceful_and_hard(player *p) {
    switch (p->step++) {
        case 0: open_server(p); break;
        case 1:
            say("asks it to end");
            drain_softly(p->scope, 60000);
            nursery_close(p);
            break;
        case 2:
            server_is_closed(p);
            open_server(p);
            break;
        case 3:
            say("cancels it");
            crib_scope_cancel(p->scope, NULL);
            nursery_close(p);
            break;
        case 4:
            server_is_closed(p);
            leave(p);
            break;
    }
}

/* ---- 701 */

static void does_a_request(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 300); break;
        case 1:
            say("did %d", (int)(intptr_t)p->data);
            leave(p);
            break;
    }
}

static void takes_requests(player *p) {
    switch (p->step++) {
        case 0: scope_open(p, graceful_options()); break;
        case 1: receive(p, shared.rx); break;
        case 2:
            if (p->status == 0) {
                say("takes %d", int_of(p));
                start_with(shared.nursery, "request", does_a_request, (void *)(intptr_t)int_of(p));
                p->step = 1;
                break;
            }
            say("ends");
            crib_receiver_close(shared.rx);
            scope_close(p);
            leave(p);
            break;
    }
}

static void sends_requests(player *p) {
    switch (p->step++) {
        case 0: send_int(p, shared.tx, ++p->i); break;
        case 1:
            if (p->status == 0) {
                sleep_ms(p, 400);
                p->step = 0;
                break;
            }
            say("sending %d: %s", p->i, outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void server_drains(player *p) {
    switch (p->step++) {
        case 0:
            channel(0);
            start(nursery_open(p), "client", sends_requests);
            open_both(p);
            shared.nursery = p->nursery;
            start(p->nursery, "server", takes_requests);
            sleep_ms(p, 500);
            break;
        case 1:
            say("drains");
            drain_softly(p->scope, 1000);
            nursery_close(p);
            break;
        case 2:
            say("the server has ended: %s", outcome(p));
            scope_close(p);
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 702, 705, 706 */

static void open_with_request(player *p) {
    open_both(p);
    start_for(p->nursery, "request", request, 10000);
    sleep_ms(p, 1000);
}

static void grace_is_over(player *p) {
    switch (p->step++) {
        case 0: open_with_request(p); break;
        case 1:
            say("drains");
            drain_softly(p->scope, 500);
            nursery_close(p);
            break;
        case 2: end(p); break;
    }
}

static void hard_time_moves_earlier(player *p) {
    static const int graces[] = {2000, 5000, 500};
    switch (p->step++) {
        case 0: open_with_request(p); break;
        case 1:
            drain_softly(p->scope, graces[p->i]);
            say("hard in %d ms", grace_left(p->scope));
            if (++p->i < 3) {
                sleep_ms(p, 500);
                p->step = 1;
            } else {
                nursery_close(p);
            }
            break;
        case 2: end(p); break;
    }
}

static void cancel_is_now(player *p) {
    switch (p->step++) {
        case 0: open_with_request(p); break;
        case 1:
            say("drains");
            drain_softly(p->scope, 5000);
            sleep_ms(p, 500);
            break;
        case 2:
            say("cancels");
            crib_scope_cancel(p->scope, NULL);
            nursery_close(p);
            break;
        case 3: end(p); break;
    }
}

/* ---- 703, 704, 711 */

static void interrupt_after_a_second(player *p, void (*begin)(crib_nursery *n), int64_t grace) {
    switch (p->step++) {
        case 0:
            open_both(p);
            begin(p->nursery);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("interrupts");
            interrupt_softly(p->scope, grace);
            nursery_close(p);
            break;
        case 2: end(p); break;
    }
}

static void start_worker_and_saver(crib_nursery *n) {
    start_for(n, "worker", request, 10000);
    start_for(n, "saver", saver, 1300);
}

static void start_saver_and_keeper(crib_nursery *n) {
    start_for(n, "saver", saver, 10000);
    start_for(n, "keeper", keeper, 2000);
}

static void start_saver(crib_nursery *n) { start_for(n, "saver", saver, 10000); }

static void interrupt(player *p) { interrupt_after_a_second(p, start_worker_and_saver, 2000); }
static void soft_and_full_shields(player *p) { interrupt_after_a_second(p, start_saver_and_keeper, 500); }
static void no_grace(player *p) { interrupt_after_a_second(p, start_saver, 0); }

/* ---- 707 */

static void clean_up(player *p) {
    scope_open(p, soft_shield_options());
    sleep_ms(p, 600);
}

static void cleaned_up(player *p, const char *what) {
    say("%s cleanup: %s", what, outcome(p));
    scope_close(p);
}

static void cleans_up_twice(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("%s", outcome(p));
            p->n = p->status;
            clean_up(p);
            break;
        case 2:
            cleaned_up(p, "first");
            clean_up(p);
            break;
        case 3:
            cleaned_up(p, "second");
            well(p);
            p->status = p->n;
            leave(p);
            break;
    }
}

static void start_cleaner(crib_nursery *n) { start(n, "worker", cleans_up_twice); }
static void one_grace_for_all(player *p) { interrupt_after_a_second(p, start_cleaner, 1000); }

/* ---- 708 */

static void born_in_that_state(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            open_both(p);
            say("drains");
            drain_softly(p->scope, 1000);
            options.drain = 1;
            say("a nursery that drains refuses: %s", yes(start(nursery_open_with(p, options), "late", idle) == NULL));
            nursery_close(p);
            break;
        case 1:
            start(p->nursery, "idle", idle);
            start_for(p->nursery, "request", request, 300);
            nursery_close(p);
            break;
        case 2: end(p); break;
    }
}

/* ---- 709 */

static const char *until(void) { return deadline_text(crib_current_effective_deadline()); }

static void state_of_a_scope(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = scope_open(p, scope_options());
            say("%s, until %s", state_of(p->scope), until());
            drain_softly(p->scope, 1000);
            say("%s, hard in %d ms, until %s", state_of(p->scope), grace_left(p->scope), until());
            scope_open(p, graceful_options());
            say("in a graceful region: until %s", until());
            scope_close(p);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("sleep: %s", outcome(p));
            say("%s, hard in %d ms, until %s", state_of(p->scope), grace_left(p->scope), until());
            end(p);
            break;
    }
}

/* ---- 710 */

static void deadline_with_grace(player *p) {
    crib_scope_options options = scope_options();
    switch (p->step++) {
        case 0:
            options.timeout = CRIB_MS(1000);
            options.grace = CRIB_MS(500);
            scope_open(p, options);
            p->nursery = nursery_open(p);
            start_for(p->nursery, "worker", request, 10000);
            start_for(p->nursery, "saver", saver, 10000);
            nursery_close(p);
            break;
        case 1: end(p); break;
    }
}

/* ---- 712 */

static void fails_after_a_second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("fails");
            fail(p, "boom");
            leave(p);
            break;
    }
}

static void nursery_with_grace(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            options.grace = CRIB_MS(500);
            p->nursery = nursery_open_with(p, options);
            start(p->nursery, "failing", fails_after_a_second);
            start_for(p->nursery, "worker", request, 10000);
            start_for(p->nursery, "saver", saver, 1300);
            nursery_close(p);
            break;
        case 1:
            say("the nursery: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 713 */

static void reason_stays(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = scope_open(p, scope_options());
            crib_scope_cancel_soft(p->scope, CRIB_SOFT_DRAIN, CRIB_MS(1000), "maintenance");
            say("soft: %s, %s", source_of(p->scope), reason_of(p->scope));
            crib_scope_cancel(p->scope, "now");
            say("hard: %s, %s", source_of(p->scope), reason_of(p->scope));
            checkpoint(p);
            break;
        case 1:
            say("checkpoint: %s", outcome(p));
            end(p);
            break;
    }
}

const struct scenario graceful[] = {
    {43, graceful_and_hard},   {701, server_drains},         {702, grace_is_over},
    {703, interrupt},          {704, soft_and_full_shields}, {705, hard_time_moves_earlier},
    {706, cancel_is_now},      {707, one_grace_for_all},     {708, born_in_that_state},
    {709, state_of_a_scope},   {710, deadline_with_grace},   {711, no_grace},
    {712, nursery_with_grace}, {713, reason_stays},          {0, NULL},
};
