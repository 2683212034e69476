/* 0xx: cancel tokens (S4). */
#include "player.h"

/* ---- 051, 052 */

static void token_has_a_name(player *p) {
    shared.token = crib_token_new("demo");
    say("%s, triggered: %s", crib_token_name(shared.token), yes(crib_token_triggered(shared.token)));
    leave(p);
}

static void wait_for(player *p, crib_token *t) { await(p, crib_begin_token_wait(p->op, t)); }

static void works_until_triggered(player *p) {
    switch (p->step++) {
        case 0:
            say("started task");
            wait_for(p, shared.token);
            break;
        case 1:
            say("task cancelled");
            leave(p);
            break;
    }
}

static void run_and_cancel(player *p) {
    switch (p->step++) {
        case 0:
            shared.token = crib_token_new("demo");
            start(nursery_open(p), "worker", works_until_triggered);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("triggers");
            crib_token_trigger(shared.token);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 053, 054, 055 */

static void make_chain(const char *first, const char *second) {
    shared.token = crib_token_new(first);
    shared.other_token = crib_token_new(second);
    shared.chain = crib_token_chain(shared.token, shared.other_token);
}

static void tell_which(void) {
    const crib_token *which = crib_token_triggered_token(shared.chain);
    say("triggered by %s", which != NULL ? crib_token_name(which) : "none");
}

static void tell_chain(const char *when) {
    say("%s: part %s, chain %s", when, yes(crib_token_triggered(shared.other_token)),
        yes(crib_token_triggered(shared.chain)));
}

static void chain(player *p) {
    make_chain("token-b", "token-a");
    say("the chain is %s", crib_token_name(shared.chain));
    tell_chain("before");
    crib_token_trigger(shared.other_token);
    tell_chain("after");
    tell_which();
    leave(p);
}

static void trigger_a_chain(player *p) {
    make_chain("x", "y");
    crib_token_trigger(shared.chain);
    say("x %s, y %s, chain %s", yes(crib_token_triggered(shared.token)), yes(crib_token_triggered(shared.other_token)),
        yes(crib_token_triggered(shared.chain)));
    tell_which();
    leave(p);
}

static void which_token(player *p) {
    make_chain("x", "y");
    tell_which();
    crib_token_trigger(shared.other_token);
    tell_which();
    crib_token_trigger(shared.token);
    tell_which();
    leave(p);
}

/* ---- 056 */

static void looks(player *p) {
    if (!crib_token_triggered(shared.token)) {
        sleep_ms(p, 100);
        return;
    }
    say("ends");
    leave(p);
}

static void checks(player *p) {
    p->error = crib_token_error(shared.token);
    if (p->error == NULL) {
        sleep_ms(p, 100);
        return;
    }
    p->status = crib_error_code(p->error);
    say("%s, %s", outcome(p), message_of(p->error, p->status));
    well(p);
    leave(p);
}

static void look_at_a_token(player *p) {
    switch (p->step++) {
        case 0:
            shared.token = crib_token_new("demo");
            p->nursery = nursery_open(p);
            start(p->nursery, "looks", looks);
            start(p->nursery, "checks", checks);
            sleep_ms(p, 250);
            break;
        case 1:
            say("triggers");
            crib_token_trigger(shared.token);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 057 */

static void waits(player *p) {
    switch (p->step++) {
        case 0: wait_for(p, shared.token); break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void waits_for_the_chain(player *p) {
    switch (p->step++) {
        case 0: wait_for(p, shared.chain); break;
        case 1: sleep_ms(p, 100); break;
        case 2:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void waits_half_a_second(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 500);
            wait_for(p, shared.token);
            break;
        case 1:
            say("%s", outcome(p));
            scope_close(p);
            leave(p);
            break;
    }
}

static void wait_for_a_token(player *p) {
    switch (p->step++) {
        case 0:
            make_chain("demo", "another");
            p->nursery = nursery_open(p);
            start(p->nursery, "alone", waits);
            start(p->nursery, "also", waits);
            start(p->nursery, "chain", waits_for_the_chain);
            start(p->nursery, "timed", waits_half_a_second);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("triggers");
            crib_token_trigger(shared.token);
            wait_for(p, shared.token);
            break;
        case 2:
            say("waiting afterwards: %s", outcome(p));
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 067 */

static void triggers_after_a_second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("triggers");
            crib_token_trigger(shared.token);
            leave(p);
            break;
    }
}

static void tell_token_of_scope(void) { say("the scope's token: %s", yes(crib_token_triggered(shared.other_token))); }

static void tokens_and_scopes(player *p) {
    switch (p->step++) {
        case 0:
            shared.token = crib_token_new("demo");
            start(nursery_open(p), "helper", triggers_after_a_second);
            p->scope = scope_open(p, scope_options());
            crib_scope_link_token(p->scope, shared.token);
            sleep_ms(p, 10000);
            break;
        case 1:
            say("sleep: %s", outcome(p));
            say("source %s, reason %s", source_of(p->scope), reason_of(p->scope));
            scope_close(p);
            say("absorbed: %s", yes(p->caught));
            p->scope = scope_open(p, scope_options());
            shared.other_token = crib_token_of_scope(p->scope, "of a scope");
            tell_token_of_scope();
            crib_scope_cancel(p->scope, NULL);
            tell_token_of_scope();
            scope_close(p);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

const struct scenario tokens[] = {
    {51, token_has_a_name}, {52, run_and_cancel},    {53, chain},
    {54, trigger_a_chain},  {55, which_token},       {56, look_at_a_token},
    {57, wait_for_a_token}, {67, tokens_and_scopes}, {0, NULL},
};
