/* 2xx: checkpoints and the order of tasks. */
#include "player.h"

/* ---- 243 */

static void tries_everything(player *p) {
    switch (p->i++) {
        case 0: send_int(p, shared.tx, 2); break;
        case 1: receive(p, shared.rx); break;
        case 2: await(p, crib_begin_event_wait(p->op, shared.event)); break;
        case 3: await(p, crib_begin_lock_acquire(p->op, shared.lock)); break;
        case 4: await(p, crib_begin_semaphore_acquire(p->op, shared.semaphore)); break;
        case 5: sleep_ms(p, 0); break;
    }
}

static void every_operation_looks(player *p) {
    static const char *const names[] = {
        "send", "receive", "wait for the event", "acquire the lock", "acquire the semaphore", "sleep no time"};
    switch (p->step++) {
        case 0:
            channel(2);
            shared.event = crib_event_new();
            crib_event_set(shared.event);
            shared.lock = crib_lock_new();
            shared.semaphore = crib_semaphore_new(1, 0);
            send_int(p, shared.tx, 1);
            break;
        case 1: crib_scope_cancel(scope_open(p, scope_options()), NULL); break;
        case 2: tries_everything(p); break;
        case 3:
            say("%s: %s", names[p->i - 1], outcome(p));
            if (p->i < 6) p->step = 2;
            break;
        case 4:
            scope_close(p);
            shared.caught = crib_lock_acquire_nowait(shared.lock) == 0;
            await(p, crib_semaphore_acquire_nowait(shared.semaphore));
            break;
        case 5:
            say("values: %d, the lock is free: %s, a permit is left: %s", (int)statistics_of(shared.tx).buffered,
                yes(shared.caught), yes(p->status == 0));
            crib_lock_release(shared.lock);
            leave(p);
            break;
    }
}

/* ---- 247 */

static void rounds(player *p, int most) {
    if (p->i == most || p->status < 0) {
        leave(p);
        return;
    }
    say("round %d", ++p->i);
    if (p->i < most) checkpoint(p);
}

static void four_rounds(player *p) { rounds(p, 4); }
static void two_rounds(player *p) { rounds(p, 2); }

/* A checkpoint in a shield is not cancelled. */
static void shielded_checkpoint(player *p) {
    scope_open(p, shield_options());
    checkpoint(p);
}

static void halves_of_a_checkpoint(player *p) {
    switch (p->step++) {
        case 0: start(nursery_open(p), "other", four_rounds); break;
        case 1:
            await(p, crib_checkpoint_if_cancelled());
            say("checkpoint_if_cancelled: %s", outcome(p));
            shielded_checkpoint(p);
            break;
        case 2:
            scope_close(p);
            say("cancel_shielded_checkpoint: %s", outcome(p));
            checkpoint(p);
            break;
        case 3:
            say("checkpoint: %s", outcome(p));
            if (p->depth == 2) { /* the second time */
                scope_close(p);
                nursery_close(p);
                break;
            }
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            p->step = 1;
            break;
        case 4: leave(p); break;
    }
}

/* ---- 249 */

static void what_blocks_schedule(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "other", two_rounds);
            scope_open(p, scope_options());
            scope_close(p);
            say("a scope was opened and closed");
            nursery_open(p);
            say("a nursery was opened");
            nursery_close(p);
            break;
        case 1:
            say("and closed: %s", outcome(p));
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            nursery_open(p);
            nursery_close(p);
            break;
        case 2:
            say("a nursery in a cancelled scope: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 250 */

static void receives_nothing(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            say("%s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void close_in_a_cancelled_scope(player *p) {
    switch (p->step++) {
        case 0:
            channel(0);
            start(nursery_open(p), "receiver", receives_nothing);
            checkpoint(p);
            break;
        case 1:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            say("closes");
            crib_sender_close(shared.tx);
            await(p, crib_checkpoint_if_cancelled());
            say("checkpoint: %s", outcome(p));
            well(p);
            scope_close(p);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 251 */

static void three_times(player *p, bool past) {
    if (p->i == 3) {
        leave(p);
        return;
    }
    say("%d", ++p->i);
    if (past)
        await(p, crib_begin_sleep_until(p->op, crib_now() - CRIB_MS(1000)));
    else
        sleep_ms(p, 0);
}

static void sleeps_for_nothing(player *p) { three_times(p, false); }
static void sleeps_until_past(player *p) { three_times(p, true); }

static void sleep_of_no_length(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "a", sleeps_for_nothing);
            start(p->nursery, "b", sleeps_until_past);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

/* ---- 254 */

static void waits_for_an_event(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_event_wait(p->op, shared.event)); break;
        case 1:
            say("the event: %s", outcome(p));
            checkpoint(p);
            break;
        case 2:
            say("checkpoint: %s", outcome(p));
            leave(p);
            break;
    }
}

static void waits_for_a_value(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            say("got %d", int_of(p));
            checkpoint(p);
            break;
        case 2:
            say("checkpoint: %s", outcome(p));
            leave(p);
            break;
    }
}

static void handed_over_is_handed_over(player *p) {
    switch (p->step++) {
        case 0:
            shared.event = crib_event_new();
            channel(0);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", waits_for_an_event);
            start(p->nursery, "b", waits_for_a_value);
            checkpoint(p);
            break;
        case 1:
            crib_event_set(shared.event);
            send_int(p, shared.tx, 7);
            break;
        case 2:
            crib_nursery_cancel(p->nursery, NULL);
            say("has cancelled");
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 257 */

static void waits_and_runs(player *p) {
    switch (p->step++) {
        case 0:
            say("waits");
            await(p, crib_begin_event_wait(p->op, shared.event));
            break;
        case 1:
            say("runs");
            leave(p);
            break;
    }
}

static void runs(player *p) {
    say("runs");
    leave(p);
}

static void in_order_of_getting_ready(player *p) {
    switch (p->step++) {
        case 0:
            shared.event = crib_event_new();
            p->nursery = nursery_open(p);
            start(p->nursery, "waiter", waits_and_runs);
            checkpoint(p);
            break;
        case 1:
            say("starts x, sets the event, starts y");
            start(p->nursery, "x", runs);
            crib_event_set(shared.event);
            start(p->nursery, "y", runs);
            say("goes on");
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 259 */

static void is_busy(player *p) {
    if (p->i++ < 10) {
        compute_ms(100);
        checkpoint(p);
        return;
    }
    say("done");
    leave(p);
}

static void sleeps_a_little(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 250); break;
        case 1:
            say("woke");
            leave(p);
            break;
    }
}

static void busy_task(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "sleeper", sleeps_a_little);
            start(p->nursery, "busy", is_busy);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

/* ---- 260 */

static void far_future(player *p) {
    switch (p->step++) {
        case 0:
            say("sleeps");
            await(p, crib_begin_sleep(p->op, CRIB_SECONDS(100 * 24 * 3600)));
            break;
        case 1:
            say("woke");
            leave(p);
            break;
    }
}

const struct scenario checkpoints[] = {
    {243, every_operation_looks},
    {247, halves_of_a_checkpoint},
    {249, what_blocks_schedule},
    {250, close_in_a_cancelled_scope},
    {251, sleep_of_no_length},
    {254, handed_over_is_handed_over},
    {257, in_order_of_getting_ready},
    {259, busy_task},
    {260, far_future},
    {0, NULL},
};
