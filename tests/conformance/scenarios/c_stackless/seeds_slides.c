/* 0xx: the slides "Synchronous / Concurrent / Parallel" (S3). */
#include "player.h"

/* ---- 031 */

static void count(player *p, const char *name) {
    say("%s %d", name, p->i++);
    sleep_ms(p, 1000);
}

static void counts(player *p) {
    switch (p->step++) {
        case 0: count(p, crib_task_name(p->task)); break;
        case 1:
            if (p->i < 5)
                p->step = 0;
            else
                leave(p);
            break;
    }
}

static void one_then_two(player *p) {
    switch (p->step++) {
        case 0: count(p, "first"); break;
        case 1:
            if (p->i < 5) {
                p->step = 0;
                break;
            }
            say("DONE!");
            p->nursery = nursery_open(p);
            start(p->nursery, "second", counts);
            start(p->nursery, "third", counts);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 032 */

static void hello(player *p) {
    say("hello");
    leave(p);
}

static void helper(player *p) {
    say("schedules one too");
    start(p->data, "hello 3", hello);
    leave(p);
}

static void schedule(crib_nursery *n) {
    start(n, "hello 1", hello);
    start_with(n, "helper", helper, n);
    start(n, "hello 2", hello);
}

static void nursery_as_parameter(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            schedule(p->nursery);
            say("scheduled");
            nursery_close(p);
            break;
        case 1:
            say("closed");
            leave(p);
            break;
    }
}

/* ---- 033 */

static void raising(player *p) {
    say("raises");
    fail(p, "raised in a started task");
    leave(p);
}

static void failure_of_a_started_task(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "raising", raising);
            say("works");
            sleep_ms(p, 60000);
            break;
        case 1:
            say("its work: %s", outcome(p));
            nursery_close(p);
            break;
        case 2:
            say("the nursery: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 034 */

static void takes(player *p, int64_t ms) {
    switch (p->step++) {
        case 0: sleep_ms(p, ms); break;
        case 1:
            say("finished");
            leave(p);
            break;
    }
}

static void coroutine1(player *p) { takes(p, 1000); }
static void innermost(player *p) { takes(p, 2000); }

static void coroutine2(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "innermost", innermost);
            nursery_close(p);
            break;
        case 1:
            say("finished");
            leave(p);
            break;
    }
}

static void both_finished(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "coroutine1", coroutine1);
            start(p->nursery, "coroutine2", coroutine2);
            nursery_close(p);
            break;
        case 1:
            say("both have finished");
            leave(p);
            break;
    }
}

/* ---- 035 */

static void update_at_will(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 50); break;
        case 1:
            say("p1 leaves");
            shared.count--;
            sleep_forever(p);
            break;
        case 2: leave(p); break;
    }
}

static void render_at_will(player *p) {
    switch (p->step++) {
        case 0: p->n = shared.count; break;
        case 1: sleep_ms(p, 20); break;
        case 2:
            if (p->status == 0 && shared.count != p->n) {
                say("draws %d players, but there are %d", p->n, shared.count);
                fail(p, "the world changed");
            }
            if (p->status == 0 && ++p->i < p->n)
                p->step = 1;
            else
                leave(p);
            break;
    }
}

static void no_lock(player *p) {
    switch (p->step++) {
        case 0:
            shared.count = 5;
            p->nursery = nursery_open(p);
            say("plays without a lock");
            start(p->nursery, "render", render_at_will);
            start(p->nursery, "update", update_at_will);
            nursery_close(p);
            break;
        case 1:
            say("the game: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 036 */

static void render(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_lock_acquire(p->op, shared.lock)); break;
        case 1:
            if (p->status < 0) {
                leave(p);
                break;
            }
            p->i = 0;
            break;
        case 2:
            if (p->status == 0 && p->i++ < shared.count) {
                sleep_ms(p, 22);
                p->step = 2;
            }
            break;
        case 3:
            if (p->status == 0) say("drew %d players", shared.count);
            crib_lock_release(shared.lock);
            if (p->status < 0) leave(p);
            p->step = 0;
            break;
    }
}

static void update(player *p) {
    switch (p->step++) {
        case 0:
            if (p->i == 2) {
                leave(p);
                break;
            }
            sleep_ms(p, 50);
            break;
        case 1: await(p, crib_begin_lock_acquire(p->op, shared.lock)); break;
        case 2:
            say("p%d leaves", ++p->i);
            shared.count--;
            crib_lock_release(shared.lock);
            p->step = 0;
            break;
    }
}

static void with_lock(player *p) {
    switch (p->step++) {
        case 0:
            shared.count = 5;
            shared.lock = crib_lock_new();
            move_on_after(p, 300);
            p->nursery = nursery_open(p);
            say("plays with a lock");
            start(p->nursery, "render", render);
            start(p->nursery, "update", update);
            nursery_close(p);
            break;
        case 1:
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            await(p, crib_lock_acquire_nowait(shared.lock));
            break;
        case 2:
            say("%d players are left, the lock is free: %s", shared.count, yes(p->status == 0));
            crib_lock_release(shared.lock);
            leave(p);
            break;
    }
}

/* ---- 037, 038 */

static void says_hello_and_bye(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_send(p->op, shared.tx, text_value("hello"))); break;
        case 1: await(p, crib_begin_send(p->op, shared.tx, text_value("bye bye"))); break;
        case 2:
            crib_sender_close(shared.tx);
            leave(p);
            break;
    }
}

static void receives_thrice(player *p) {
    static const char *const times[] = {"first", "second", "third"};
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            say("%s %s", times[p->i], p->status == 0 ? text_of(p->value) : outcome(p));
            if (++p->i < 3) {
                p->step = 0;
                break;
            }
            well(p);
            leave(p);
            break;
    }
}

static void iterates(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            if (p->status == 0) {
                say("got %s", text_of(p->value));
                p->step = 0;
                break;
            }
            say("channel closed!");
            well(p);
            leave(p);
            break;
    }
}

static void hello_and_bye(player *p, scenario_fn receiver) {
    switch (p->step++) {
        case 0:
            channel(0);
            p->nursery = nursery_open(p);
            start(p->nursery, "sender", says_hello_and_bye);
            start(p->nursery, "receiver", receiver);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

static void receive_until_closed(player *p) { hello_and_bye(p, receives_thrice); }
static void iterate(player *p) { hello_and_bye(p, iterates); }

/* ---- 039 */

static void given_away(player *p) {
    switch (p->step++) {
        case 0: channel(5); break;
        case 1:
            send_int(p, shared.tx, ++p->i);
            if (p->i < 3) p->step = 1;
            break;
        case 2: receive(p, shared.rx); break;
        case 3:
            say("got %d", int_of(p));
            crib_receiver_close(shared.rx);
            say("dropped %d", (int)statistics_of(shared.tx).dropped);
            send_int(p, shared.tx, 4);
            break;
        case 4:
            say("sending another: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 040, 042 */

static void move_on(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 2000);
            sleep_ms(p, 10000);
            break;
        case 1:
            if (p->status == CRIB_ECANCELLED) say("coroutine cancelled!");
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

static void never_yields(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = move_on_after(p, 2000);
            compute_ms(4000);
            shared.caught = crib_scope_cancel_called(p->scope);
            scope_close(p);
            say("cancelled: %s, absorbed: %s", yes(shared.caught), yes(p->caught));
            checkpoint(p);
            break;
        case 1:
            say("checkpoint behind it: %s", outcome(p));
            leave(p);
            break;
    }
}

const struct scenario seeds_slides[] = {
    {31, one_then_two},
    {32, nursery_as_parameter},
    {33, failure_of_a_started_task},
    {34, both_finished},
    {35, no_lock},
    {36, with_lock},
    {37, receive_until_closed},
    {38, iterate},
    {39, given_away},
    {40, move_on},
    {42, never_yields},
    {0, NULL},
};
