/* 3xx: nurseries. */
#include "player.h"

/* ---- 361 */

static void second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("ends");
            leave(p);
            break;
    }
}

static void first(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("starts a second");
            start(shared.nursery, "second", second);
            say("ends");
            leave(p);
            break;
    }
}

static void close_waits_for_all(player *p) {
    switch (p->step++) {
        case 0:
            shared.nursery = nursery_open(p);
            start(shared.nursery, "first", first);
            say("the body ends");
            nursery_close(p);
            break;
        case 1:
            say("the nursery is closed");
            leave(p);
            break;
    }
}

/* ---- 362, 363 */

static void sleeps_long(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 10000); break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

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

static void tell_and_go(player *p) {
    say("the nursery: %s", outcome(p));
    well(p);
    leave(p);
}

static void child_fails(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "sibling", sleeps_long);
            start(p->nursery, "failing", fails_after_a_second);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("the body: %s", outcome(p));
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

static void body_fails(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "child", sleeps_long);
            sleep_ms(p, 500);
            break;
        case 1:
            say("the body fails");
            fail(p, "boom");
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

/* ---- 364 */

static void fails_at_once(player *p) {
    fail(p, "boom");
    leave(p);
}

static void has_one_that_fails(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "failing", fails_at_once);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

static void groups_nest(player *p) {
    switch (p->step++) {
        case 0:
            nursery_open(p);
            nursery_close(p);
            break;
        case 1:
            say("nobody failed: %s", outcome(p));
            start(nursery_open(p), "child", fails_at_once);
            nursery_close(p);
            break;
        case 2:
            say("one nursery: %s", outcome(p));
            well(p);
            start(nursery_open(p), "child", has_one_that_fails);
            nursery_close(p);
            break;
        case 3:
            say("two nurseries: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 365 */

static void one(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("fails");
            fail(p, "one");
            leave(p);
            break;
    }
}

static void two(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("fails");
            fail(p, "two");
            leave(p);
            break;
    }
}

static void three(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            scope_open(p, shield_options());
            sleep_ms(p, 500);
            break;
        case 2:
            scope_close(p);
            say("fails");
            fail(p, "three");
            leave(p);
            break;
    }
}

static void no_failure_is_lost(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "one", one);
            start(p->nursery, "two", two);
            start(p->nursery, "three", three);
            sleep_forever(p);
            break;
        case 1:
            say("fails");
            fail(p, "body");
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

/* ---- 367 */

static void sleeps_for_ever(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1: leave(p); break;
    }
}

static void whose_cancel(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "child", sleeps_for_ever);
            sleep_ms(p, 500);
            break;
        case 1:
            crib_nursery_cancel(p->nursery, NULL);
            nursery_close(p);
            break;
        case 2:
            say("the nursery's own: %s", outcome(p));
            p->scope = scope_open(p, scope_options());
            start(nursery_open(p), "child", sleeps_for_ever);
            sleep_ms(p, 500);
            break;
        case 3:
            crib_scope_cancel(p->scope, NULL);
            nursery_close(p);
            break;
        case 4:
            say("the scope's: %s", outcome(p));
            scope_close(p);
            say("absorbed by the scope: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 368 */

static void ends_well(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("ends well");
            well(p);
            leave(p);
            break;
    }
}

static void close_adds_nothing(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            start(nursery_open(p), "child", ends_well);
            nursery_close(p);
            break;
        case 1:
            say("the nursery: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 370 */

static void runs_to_a_checkpoint(player *p) {
    switch (p->step++) {
        case 0:
            say("runs");
            checkpoint(p);
            break;
        case 1:
            say("checkpoint: %s", outcome(p));
            leave(p);
            break;
    }
}

static void start_in_a_cancelled_nursery(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            crib_nursery_cancel(p->nursery, NULL);
            if (start(p->nursery, "child", runs_to_a_checkpoint) == NULL) fail(p, "refused");
            say("cancels, starts a child: %s", outcome(p));
            nursery_close(p);
            break;
        case 1: tell_and_go(p); break;
    }
}

/* ---- 371 */

static void count_children(void) {
    const char *opener = crib_task_name(crib_nursery_parent_task(shared.nursery));
    say("%d children, opened by %s", (int)crib_nursery_count(shared.nursery), opener);
}

static void sleeps_for(player *p, int64_t ms) {
    switch (p->step++) {
        case 0: sleep_ms(p, ms); break;
        case 1: leave(p); break;
    }
}

static void sleeps_three_seconds(player *p) { sleeps_for(p, 3000); }
static void sleeps_two_and_a_half(player *p) { sleeps_for(p, 2500); }

static void starts_one_more(player *p) {
    switch (p->step++) {
        case 0:
            count_children();
            sleep_ms(p, 1000);
            break;
        case 1:
            start(shared.nursery, "third", sleeps_two_and_a_half);
            count_children();
            leave(p);
            break;
    }
}

static void task_tree(player *p) {
    switch (p->step++) {
        case 0:
            shared.nursery = nursery_open(p);
            start(shared.nursery, "short", starts_one_more);
            start(shared.nursery, "long", sleeps_three_seconds);
            count_children();
            sleep_ms(p, 1500);
            break;
        case 1:
            count_children();
            await(p, crib_begin_nursery_wait_idle(p->op, shared.nursery));
            break;
        case 2:
            count_children();
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 374 */

static void main_fails(player *p) {
    say("fails");
    fail(p, "boom");
    leave(p);
}

const struct scenario nurseries[] = {
    {361, close_waits_for_all},
    {362, child_fails},
    {363, body_fails},
    {364, groups_nest},
    {365, no_failure_is_lost},
    {367, whose_cancel},
    {368, close_adds_nothing},
    {370, start_in_a_cancelled_nursery},
    {371, task_tree},
    {374, main_fails},
    {0, NULL},
};
