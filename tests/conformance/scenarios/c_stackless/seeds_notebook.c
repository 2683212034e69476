/* 0xx: the cells of the introductory notebook (S2). */
#include "player.h"

/* ---- 012 */

static void double_sleep(player *p) {
    switch (p->step++) {
        case 0:
            say("sleeps");
            sleep_ms(p, 2 * 3000);
            break;
        case 1:
            say("slept");
            leave(p);
            break;
    }
}

/* ---- 014 */

static void sleeps_for(player *p, int64_t ms) {
    switch (p->step++) {
        case 0:
            say("started, sleeping");
            sleep_ms(p, ms);
            break;
        case 1:
            say("exiting");
            leave(p);
            break;
    }
}

static void child1(player *p) { sleeps_for(p, 3000); }
static void child2(player *p) { sleeps_for(p, 1000); }

static void parent_and_children(player *p) {
    switch (p->step++) {
        case 0:
            say("started");
            p->nursery = nursery_open(p);
            say("starting child1");
            start(p->nursery, "child1", child1);
            say("starting child2");
            start(p->nursery, "child2", child2);
            say("waiting for both");
            nursery_close(p);
            break;
        case 1:
            say("all done");
            leave(p);
            break;
    }
}

/* ---- 015 */

static void in_trouble(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("fails");
            fail(p, "a child's trouble");
            leave(p);
            break;
    }
}

static void failure_reaches_the_parent(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "child", in_trouble);
            say("waits for the child");
            nursery_close(p);
            break;
        case 1:
            say("the nursery: %s", outcome(p));
            well(p);
            say("goes on");
            leave(p);
            break;
    }
}

/* ---- 017 */

static void sleeps_a_second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            shared.count++;
            leave(p);
            break;
    }
}

static void ten_thousand_tasks(player *p) {
    int i;
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            say("starts 10000 tasks");
            for (i = 0; i < 10000; i++) start(p->nursery, "sleeper", sleeps_a_second);
            nursery_close(p);
            break;
        case 1:
            say("%d have slept", shared.count);
            leave(p);
            break;
    }
}

/* ---- 019 */

static void computing_loop(player *p) {
    switch (p->step++) {
        case 0:
            say("computes, with sleep(0) in each round");
            move_on_after(p, 2000);
            break;
        case 1:
            compute_ms(100);
            p->i++;
            sleep_ms(p, 0);
            break;
        case 2:
            if (p->status == 0 && p->i < 40) {
                p->step = 1;
                break;
            }
            scope_close(p);
            say("%d rounds, timed out: %s", p->i, yes(p->caught));
            say("computes, without");
            move_on_after(p, 2000);
            for (p->i = 0; p->i < 40; p->i++) compute_ms(100);
            scope_close(p);
            say("%d rounds, timed out: %s", p->i, yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 020 */

static void cancelled_until_handled(player *p) {
    switch (p->step++) {
        case 0:
            say("sleeps");
            move_on_after(p, 1000);
            break;
        case 1: sleep_ms(p, 10000); break;
        case 2:
            say("sleep: %s", outcome(p));
            if (++p->i < 3) {
                p->step = 1;
                break;
            }
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            sleep_ms(p, 1000);
            break;
        case 3:
            say("sleep: %s", outcome(p));
            leave(p);
            break;
    }
}

/* ---- 021 */

static void catch_all(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            fail(p, "boom");
            say("handles %s", outcome(p));
            sleep_ms(p, 10000);
            break;
        case 1:
            say("handles %s", outcome(p));
            sleep_ms(p, 10000);
            break;
        case 2:
            say("handles %s", outcome(p));
            say("gives up");
            well(p);
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 022 */

static void fail_after_two_seconds(player *p) {
    crib_scope_options options = scope_options();
    options.timeout = CRIB_SECONDS(2);
    options.fail = 1;
    p->scope = scope_open(p, options);
}

static void fail_after(player *p) {
    switch (p->step++) {
        case 0:
            fail_after_two_seconds(p);
            sleep_ms(p, 1000);
            break;
        case 1:
            scope_close(p);
            say("in time: %s", outcome(p));
            fail_after_two_seconds(p);
            sleep_ms(p, 10000);
            break;
        case 2:
            scope_close(p);
            say("too late: %s", outcome(p));
            fail_after_two_seconds(p);
            sleep_ms(p, 1000);
            break;
        case 3:
            crib_scope_cancel(p->scope, NULL);
            sleep_ms(p, 1000);
            break;
        case 4:
            scope_close(p);
            say("cancelled by hand: %s", outcome(p));
            leave(p);
            break;
    }
}

const struct scenario seeds_notebook[] = {
    {12, double_sleep},       {14, parent_and_children}, {15, failure_reaches_the_parent},
    {17, ten_thousand_tasks}, {19, computing_loop},      {20, cancelled_until_handled},
    {21, catch_all},          {22, fail_after},          {0, NULL},
};
