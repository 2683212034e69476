/* 4xx: start and started. */
#include "player.h"

static void tell_and_go(player *p) {
    say("the nursery: %s", outcome(p));
    leave(p);
}

/* ---- 475 */

static void service(player *p) {
    switch (p->step++) {
        case 0:
            say("prepares");
            sleep_ms(p, 1000);
            break;
        case 1:
            say("says that it is started");
            crib_task_started(crib_value_int(42));
            say("goes on");
            sleep_ms(p, 1000);
            break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void start_waits_until_started(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            say("waits for the service to start");
            start_and_wait(p, p->nursery, "service", service);
            break;
        case 1:
            say("the service started with %d", int_of(p));
            nursery_close(p);
            break;
        case 2:
            say("the nursery is closed");
            leave(p);
            break;
    }
}

/* ---- 476, 483 */

static void works_after_it_is_started(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1:
            crib_task_started(crib_value_int(0));
            sleep_ms(p, 2000);
            break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void helper(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 2000); break;
        case 1:
            say("ends");
            leave(p);
            break;
    }
}

static void has_a_helper_when_started(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "helper", helper);
            sleep_ms(p, 500);
            break;
        case 1:
            crib_task_started(crib_value_int(0));
            nursery_close(p);
            break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void started_in_time(player *p, scenario_fn run) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            move_on_after(p, 1000);
            start_and_wait(p, p->nursery, "service", run);
            break;
        case 1:
            say("start: %s", outcome(p));
            sleep_ms(p, 10000);
            break;
        case 2:
            say("its own sleep: %s", outcome(p));
            scope_close(p);
            nursery_close(p);
            break;
        case 3: tell_and_go(p); break;
    }
}

static void scopes_before_and_after(player *p) { started_in_time(p, works_after_it_is_started); }
static void subtree_moves(player *p) { started_in_time(p, has_a_helper_when_started); }

/* ---- 477, 478, 479 */

static void sibling(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("ends");
            leave(p);
            break;
    }
}

static void broken(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1:
            say("fails");
            fail(p, "boom");
            leave(p);
            break;
    }
}

static void fails_before_started(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "sibling", sibling);
            start_and_wait(p, p->nursery, "broken", broken);
            break;
        case 1:
            say("start: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

static void ends(player *p) {
    say("ends");
    leave(p);
}

static void never_started(player *p) {
    switch (p->step++) {
        case 0: start_and_wait(p, nursery_open(p), "child", ends); break;
        case 1:
            say("start: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

static void says_so_twice(player *p) {
    await(p, crib_task_started(crib_value_int(1)));
    say("started with 1: %s", outcome(p));
    await(p, crib_task_started(crib_value_int(2)));
    say("started with 2: %s", outcome(p));
    well(p);
    leave(p);
}

static void started_twice(player *p) {
    switch (p->step++) {
        case 0: start_and_wait(p, nursery_open(p), "service", says_so_twice); break;
        case 1:
            say("the service started with %d", int_of(p));
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 480, 481 */

static void never_ready(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 10000); break;
        case 1:
            say("%s, cleans up", outcome(p));
            p->n = p->status;
            scope_open(p, shield_options());
            sleep_ms(p, 500);
            break;
        case 2:
            scope_close(p);
            say("ends");
            p->status = p->n;
            leave(p);
            break;
    }
}

static void ready_too_late(player *p) {
    switch (p->step++) {
        case 0:
            scope_open(p, shield_options());
            sleep_ms(p, 1500);
            break;
        case 1:
            scope_close(p);
            await(p, crib_task_started(crib_value_int(0)));
            say("started: %s", outcome(p));
            checkpoint(p);
            break;
        case 2:
            say("checkpoint: %s", outcome(p));
            leave(p);
            break;
    }
}

static void start_within_a_second(player *p, scenario_fn run) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            move_on_after(p, 1000);
            start_and_wait(p, p->nursery, "service", run);
            break;
        case 1:
            say("start: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

static void start_is_cancelled(player *p) { start_within_a_second(p, never_ready); }
static void started_too_late(player *p) { start_within_a_second(p, ready_too_late); }

/* ---- 402, 482 */

static void starts(player *p, scenario_fn run) {
    switch (p->step++) {
        case 0: start_and_wait(p, shared.nursery, "service", run); break;
        case 1:
            say("start: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void prepares_long(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 10000); break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void starts_a_slow_one(player *p) { starts(p, prepares_long); }

static void target_is_cancelled(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            shared.nursery = nursery_open(p);
            start(p->nursery, "starter", starts_a_slow_one);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("cancels the nursery");
            crib_nursery_cancel(shared.nursery, NULL);
            nursery_close(p);
            break;
        case 2: nursery_close(p); break;
        case 3:
            say("all closed");
            leave(p);
            break;
    }
}

static void prepares_and_works(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("is started");
            crib_task_started(crib_value_int(0));
            sleep_ms(p, 1000);
            break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void starts_a_quick_one(player *p) { starts(p, prepares_and_works); }

static void pending_start(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            shared.nursery = nursery_open(p);
            start(p->nursery, "starter", starts_a_quick_one);
            checkpoint(p);
            break;
        case 1:
            say("the body ends");
            nursery_close(p);
            break;
        case 2:
            say("the nursery is closed");
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
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
