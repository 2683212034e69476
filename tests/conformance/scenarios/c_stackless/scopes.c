/* 1xx: scopes, what cancels them and who absorbs it. */
#include "player.h"

/* ---- 101 */

static void every_checkpoint_fails(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = scope_open(p, scope_options());
            channel(1);
            send_int(p, shared.tx, 1);
            break;
        case 1: checkpoint(p); break;
        case 2:
            say("checkpoint: %s", outcome(p));
            say("cancels the scope");
            crib_scope_cancel(p->scope, NULL);
            checkpoint(p);
            break;
        case 3:
            say("checkpoint: %s", outcome(p));
            sleep_ms(p, 1000);
            break;
        case 4:
            say("sleep: %s", outcome(p));
            receive(p, shared.rx);
            break;
        case 5:
            say("receive, though a value is there: %s", outcome(p));
            scope_open(p, scope_options());
            checkpoint(p);
            break;
        case 6:
            say("checkpoint in an inner scope: %s", outcome(p));
            scope_close(p);
            say("the inner scope absorbed it: %s", yes(p->caught));
            scope_close(p);
            say("the cancelled scope absorbed it: %s", yes(p->caught));
            checkpoint(p);
            break;
        case 7:
            say("checkpoint behind it: %s", outcome(p));
            leave(p);
            break;
    }
}

/* ---- 102 */

static void two_reasons(player *p, const char *what, const char *first, const char *second) {
    crib_scope *outer = scope_open(p, scope_options());
    crib_scope *inner = scope_open(p, scope_options());
    if (first != NULL) crib_scope_cancel(first[0] == 'i' ? inner : outer, first);
    if (second != NULL) crib_scope_cancel(second[0] == 'i' ? inner : outer, second);
    say("%s: %s and %s", what, reason_of(inner), reason_of(outer));
    scope_close(p);
    scope_close(p);
}

static void first_reason_is_kept(player *p) {
    crib_scope *scope = scope_open(p, scope_options());
    crib_scope_cancel(scope, "first");
    crib_scope_cancel(scope, "second");
    say("cancelled twice: %s", reason_of(scope));
    scope_close(p);
    two_reasons(p, "inner, then outer", "inner's", "outer's");
    two_reasons(p, "outer, then inner", "outer's", "inner's");
    two_reasons(p, "outer alone", "outer's", NULL);
    two_reasons(p, "neither", NULL, NULL);
    leave(p);
}

/* ---- 103 */

static void waits_for_the_event(player *p) {
    switch (p->step++) {
        case 0:
            say("waits");
            await(p, crib_begin_event_wait(p->op, shared.event));
            break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void cancel_is_synchronous(player *p) {
    switch (p->step++) {
        case 0:
            shared.event = crib_event_new();
            p->nursery = nursery_open(p);
            start(p->nursery, "a", waits_for_the_event);
            start(p->nursery, "b", waits_for_the_event);
            checkpoint(p);
            break;
        case 1:
            say("%d wait, cancels", waiting_for(shared.event));
            crib_nursery_cancel(p->nursery, NULL);
            say("%d wait", waiting_for(shared.event));
            nursery_close(p);
            break;
        case 2:
            say("the nursery is closed");
            leave(p);
            break;
    }
}

/* ---- 104 */

static void absorbed_or_not(player *p) {
    switch (p->step++) {
        case 0:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            checkpoint(p);
            break;
        case 1:
            scope_close(p);
            say("cancelled and interrupted: %s", yes(p->caught));
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            scope_close(p);
            say("cancelled, nothing interrupted: %s", yes(p->caught));
            scope_open(p, scope_options());
            checkpoint(p);
            break;
        case 2:
            scope_close(p);
            say("not cancelled: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 105 */

static void two_cancelled(player *p, crib_scope_options inner) {
    crib_scope_cancel(scope_open(p, scope_options()), NULL);
    crib_scope_cancel(scope_open(p, inner), NULL);
    checkpoint(p);
}

static void close_two(player *p, const char *inner) {
    scope_close(p);
    say("%s: %s", inner, yes(p->caught));
    scope_close(p);
    say("outer: %s", yes(p->caught));
}

static void outermost_absorbs(player *p) {
    switch (p->step++) {
        case 0: two_cancelled(p, scope_options()); break;
        case 1:
            close_two(p, "inner");
            two_cancelled(p, shield_options());
            break;
        case 2:
            close_two(p, "shielded inner");
            leave(p);
            break;
    }
}

/* ---- 108 */

static void is_cancelled(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("cancelled");
            leave(p);
            break;
    }
}

static void fails_when_cancelled(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("fails while it cleans up");
            fail(p, "boom");
            leave(p);
            break;
    }
}

static void has_a_failing_child(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "b.1", fails_when_cancelled);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

static void what_is_left(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", is_cancelled);
            start(p->nursery, "b", has_a_failing_child);
            nursery_close(p);
            break;
        case 1:
            scope_close(p);
            say("left: %s, absorbed: %s", outcome(p), yes(p->caught));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 109 */

static void fails_at_once(player *p) {
    fail(p, "boom");
    leave(p);
}

static void failures_pass(player *p) {
    switch (p->step++) {
        case 0:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            fail(p, "boom");
            scope_close(p);
            say("left: %s, absorbed: %s", outcome(p), yes(p->caught));
            well(p);
            p->scope = scope_open(p, scope_options());
            p->nursery = nursery_open(p);
            start(p->nursery, "failing", fails_at_once);
            nursery_close(p);
            break;
        case 1:
            crib_scope_cancel(p->scope, NULL);
            scope_close(p);
            say("left: %s, absorbed: %s", outcome(p), yes(p->caught));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 112, 114 */

static void cancels_after_a_second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("cancels");
            crib_scope_cancel(shared.scope, NULL);
            leave(p);
            break;
    }
}

static void another_task_cancels(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "helper", cancels_after_a_second);
            shared.scope = scope_open(p, scope_options());
            sleep_ms(p, 10000);
            break;
        case 1:
            say("sleep: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

static void cancel_after_close(player *p) {
    switch (p->step++) {
        case 0:
            start(nursery_open(p), "helper", cancels_after_a_second);
            shared.scope = scope_open(p, scope_options());
            sleep_ms(p, 500);
            break;
        case 1:
            scope_close(p);
            say("closed");
            sleep_ms(p, 1500);
            break;
        case 2:
            say("sleep: %s", outcome(p));
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 131 */

static void generation(player *p) {
    intptr_t number = (intptr_t)p->data;
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            if (number == 20)
                sleep_forever(p);
            else
                start_with(p->nursery, "generation", generation, (void *)(number + 1));
            break;
        case 1: nursery_close(p); break;
        case 2:
            shared.count += p->status == CRIB_ECANCELLED;
            leave(p);
            break;
    }
}

static void twenty_generations(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            start_with(nursery_open(p), "generation", generation, (void *)(intptr_t)1);
            nursery_close(p);
            break;
        case 1:
            say("%d were cancelled", shared.count);
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 132 */

static void sleeps_two_seconds(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 2000); break;
        case 1:
            say("sleep: %s", outcome(p));
            leave(p);
            break;
    }
}

static void scopes_of_the_nursery(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            move_on_after(p, 1000);
            start(p->nursery, "child", sleeps_two_seconds);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("its own sleep: %s", outcome(p));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 137 */

static void asks_for_the_source(player *p) {
    switch (p->step++) {
        case 0: sleep_forever(p); break;
        case 1:
            say("source %s", source_of(crib_nursery_scope(shared.nursery)));
            leave(p);
            break;
    }
}

static void says_that_it_fails(player *p) {
    say("fails");
    fail(p, "boom");
    leave(p);
}

static void source_and_reason(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = scope_open(p, scope_options());
            crib_scope_cancel(p->scope, "enough");
            say("source %s, reason %s", source_of(p->scope), reason_of(p->scope));
            scope_close(p);
            p->scope = move_on_after(p, 1000);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("source %s", source_of(p->scope));
            scope_close(p);
            shared.nursery = nursery_open(p);
            start(shared.nursery, "sibling", asks_for_the_source);
            start(shared.nursery, "failing", says_that_it_fails);
            nursery_close(p);
            break;
        case 2:
            say("the nursery: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 140 */

static void no_forged_cancel(player *p) {
    switch (p->step++) {
        case 0:
            crib_scope_cancel(scope_open(p, scope_options()), NULL);
            checkpoint(p);
            break;
        case 1:
            p->n = p->status;
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            say("ends with what it kept");
            p->status = p->n;
            leave(p);
            break;
    }
}

const struct scenario scopes[] = {
    {101, every_checkpoint_fails}, {102, first_reason_is_kept},
    {103, cancel_is_synchronous},  {104, absorbed_or_not},
    {105, outermost_absorbs},      {108, what_is_left},
    {109, failures_pass},          {112, another_task_cancels},
    {114, cancel_after_close},     {131, twenty_generations},
    {132, scopes_of_the_nursery},  {137, source_and_reason},
    {140, no_forged_cancel},       {0, NULL},
};
