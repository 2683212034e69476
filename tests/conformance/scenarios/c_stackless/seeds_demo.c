/* 0xx: the demo with two producers and a consumer, and what is told about it (S0). */
#include "player.h"

/* ---- 001, 002, 007 */

static struct demo {
    bool quiet;
    int items;
    int made[2], processed;
} demo;

struct producer {
    int number, pause, more, modulus; /* after item i it pauses for pause + more * (i % modulus) ms */
};

static void produce(player *p) {
    const struct producer *me = p->data;
    crib_sender *tx = me->number == 0 ? shared.tx : shared.other_tx;
    switch (p->step++) {
        case 0:
            p->i++;
            send_int(p, tx, (int64_t)p->i * p->i);
            break;
        case 1:
            if (p->status < 0) break;
            demo.made[me->number]++;
            if (!demo.quiet) say("generated item %d", p->i);
            sleep_ms(p, me->pause + me->more * (p->i % me->modulus));
            break;
        case 2:
            if (p->status == 0 && p->i < demo.items) {
                p->step = 0;
                break;
            }
            crib_sender_close(tx);
            if (p->status < 0 && !demo.quiet) say("cancelled");
            leave(p);
            break;
    }
}

static void consume(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            if (p->status < 0) break;
            demo.processed++;
            if (!demo.quiet) say("processed value %d", int_of(p));
            sleep_ms(p, 500);
            break;
        case 2:
            if (p->status == 0) {
                p->step = 0;
                break;
            }
            if (!demo.quiet) say("%s", p->status == CRIB_EENDOFCHANNEL ? "no more" : "cancelled");
            if (p->status == CRIB_EENDOFCHANNEL) well(p);
            leave(p);
            break;
    }
}

static void play_demo(player *p) {
    static struct producer talking[] = {{0, 500, 300, 4}, {1, 500, 170, 6}};
    static struct producer quiet[] = {{0, 700, 0, 1}, {1, 700, 0, 1}};
    struct producer *producers = demo.quiet ? quiet : talking;
    say("App started.");
    channel(10);
    shared.other_tx = crib_sender_clone(shared.tx);
    move_on_after(p, 5000);
    p->nursery = nursery_open(p);
    start_with(p->nursery, "Prod 1", produce, &producers[0]);
    start_with(p->nursery, "Prod 2", produce, &producers[1]);
    start(p->nursery, "Consumer", consume);
    nursery_close(p);
}

static void demo_of(player *p, int items, bool quiet) {
    switch (p->step++) {
        case 0:
            demo.items = items;
            demo.quiet = quiet;
            play_demo(p);
            break;
        case 1:
            scope_close(p);
            if (quiet)
                say("generated %d and %d, processed %d", demo.made[0], demo.made[1], demo.processed);
            else
                say("timed out: %s", yes(p->caught));
            say("App exiting.");
            leave(p);
            break;
    }
}

static void five_seconds(player *p) { demo_of(p, 20, false); }
static void ends_early(player *p) { demo_of(p, 2, false); }
static void fixed_sleeps(player *p) { demo_of(p, 20, true); }

/* ---- 003 */

static void cleans_up(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("cleans up");
            leave(p);
            break;
    }
}

static void has_children(player *p) {
    const char *const *names = p->data;
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, names[0], cleans_up);
            start(p->nursery, names[1], cleans_up);
            nursery_close(p);
            break;
        case 1:
            say("cleans up");
            leave(p);
            break;
    }
}

static void descendants_are_cancelled(player *p) {
    static const char *names[][2] = {{"one.1", "one.2"}, {"two.1", "two.2"}};
    switch (p->step++) {
        case 0:
            move_on_after(p, 5000);
            p->nursery = nursery_open(p);
            say("starts");
            start_with(p->nursery, "one", has_children, names[0]);
            start_with(p->nursery, "two", has_children, names[1]);
            nursery_close(p);
            break;
        case 1:
            say("the nursery is closed");
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 004 */

static void sibling(player *p) {
    switch (p->step++) {
        case 0:
            say("begins");
            sleep_ms(p, 60000);
            break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void latecomer(player *p) {
    switch (p->step++) {
        case 0:
            say("begins");
            checkpoint(p);
            break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void failing(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("fails");
            start(shared.nursery, "latecomer", latecomer);
            fail(p, "boom");
            leave(p);
            break;
    }
}

static void one_child_fails(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 5000);
            shared.nursery = nursery_open(p);
            start(shared.nursery, "sibling", sibling);
            start(shared.nursery, "failing", failing);
            nursery_close(p);
            break;
        case 1:
            say("the nursery: %s", outcome(p));
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 005 */

static void sends_eleven(player *p) {
    switch (p->step++) {
        case 0:
            send_int(p, shared.tx, ++p->i);
            if (p->i < 10) p->step = 0;
            break;
        case 1:
            say("sent 10 items");
            send_int(p, shared.tx, 11);
            break;
        case 2:
            say("sent one more");
            leave(p);
            break;
    }
}

static void full_buffer(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            channel(10);
            start(p->nursery, "sender", sends_eleven);
            sleep_ms(p, 3000);
            break;
        case 1: receive(p, shared.rx); break;
        case 2:
            say("got %d", int_of(p));
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 006 */

static void changes_its_name(player *p) {
    switch (p->step++) {
        case 0:
            say("begins");
            say("gets another name");
            crib_task_set_name(p->task, "Prod 2");
            say("goes on");
            sleep_ms(p, 1000);
            break;
        case 1: leave(p); break;
    }
}

static void task_names(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            shared.task = crib_task_ref(start(p->nursery, "Prod 1", changes_its_name));
            say("its name is %s", crib_task_name(shared.task));
            checkpoint(p);
            break;
        case 1:
            say("now its name is %s", crib_task_name(shared.task));
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

const struct scenario seeds_demo[] = {
    {1, five_seconds},    {2, ends_early},  {3, descendants_are_cancelled},
    {4, one_child_fails}, {5, full_buffer}, {6, task_names},
    {7, fixed_sleeps},    {0, NULL},
};
