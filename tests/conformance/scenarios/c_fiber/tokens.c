/* 0xx: cancel tokens (S4). */
#include "fiber.h"

/* ---- 051, 052 */

static int token_has_a_name(void *unused) {
    (void)unused;
    shared.token = crib_token_new("demo");
    say("%s, triggered: %s", crib_token_name(shared.token), yes(crib_token_triggered(shared.token)));
    return 0;
}

static int works_until_triggered(void *unused) {
    int rc;
    (void)unused;
    say("started task");
    rc = crib_token_wait(shared.token);
    say("task cancelled");
    return rc;
}

static int run_and_cancel(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.token = crib_token_new("demo");
    start(n, "worker", works_until_triggered);
    rc = sleep_ms(1000);
    say("triggers");
    crib_token_trigger(shared.token);
    return crib_nursery_close(n, rc);
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

static int chain(void *unused) {
    (void)unused;
    make_chain("token-b", "token-a");
    say("the chain is %s", crib_token_name(shared.chain));
    say("before: part %s, chain %s", yes(crib_token_triggered(shared.other_token)),
        yes(crib_token_triggered(shared.chain)));
    crib_token_trigger(shared.other_token);
    say("after: part %s, chain %s", yes(crib_token_triggered(shared.other_token)),
        yes(crib_token_triggered(shared.chain)));
    tell_which();
    return 0;
}

static int trigger_a_chain(void *unused) {
    (void)unused;
    make_chain("x", "y");
    crib_token_trigger(shared.chain);
    say("x %s, y %s, chain %s", yes(crib_token_triggered(shared.token)), yes(crib_token_triggered(shared.other_token)),
        yes(crib_token_triggered(shared.chain)));
    tell_which();
    return 0;
}

static int which_token(void *unused) {
    (void)unused;
    make_chain("x", "y");
    tell_which();
    crib_token_trigger(shared.other_token);
    tell_which();
    crib_token_trigger(shared.token);
    tell_which();
    return 0;
}

/* ---- 056 */

static int looks(void *unused) {
    int rc = 0;
    (void)unused;
    while (rc == 0 && !crib_token_triggered(shared.token)) rc = sleep_ms(100);
    say("ends");
    return rc;
}

static int checks(void *unused) {
    int rc;
    (void)unused;
    while ((rc = crib_token_check(shared.token)) == 0) sleep_ms(100);
    say("%s, %s", outcome(rc), message_of(crib_error_current(), rc));
    return 0;
}

static int look_at_a_token(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.token = crib_token_new("demo");
    start(n, "looks", looks);
    start(n, "checks", checks);
    rc = sleep_ms(250);
    say("triggers");
    crib_token_trigger(shared.token);
    return crib_nursery_close(n, rc);
}

/* ---- 057 */

static int waits(void *unused) {
    int rc = crib_token_wait(shared.token);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

static int waits_for_the_chain(void *unused) {
    int rc = crib_token_wait(shared.chain);
    (void)unused;
    if (rc == 0) rc = sleep_ms(100);
    say("%s", outcome(rc));
    return rc;
}

static int waits_half_a_second(void *unused) {
    crib_scope *scope = move_on_after(500);
    return crib_scope_close(scope, waits(unused), NULL);
}

static int wait_for_a_token(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    make_chain("demo", "another");
    start(n, "alone", waits);
    start(n, "also", waits);
    start(n, "chain", waits_for_the_chain);
    start(n, "timed", waits_half_a_second);
    rc = sleep_ms(1000);
    say("triggers");
    crib_token_trigger(shared.token);
    if (rc == 0) rc = crib_token_wait(shared.token);
    say("waiting afterwards: %s", outcome(rc));
    return crib_nursery_close(n, rc);
}

/* ---- 067 */

static int triggers_after_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("triggers");
    crib_token_trigger(shared.token);
    return rc;
}

static int tokens_and_scopes(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    int rc;
    (void)unused;
    shared.token = crib_token_new("demo");
    start(n, "helper", triggers_after_a_second);
    crib_scope_link_token(scope, shared.token);
    rc = sleep_ms(10000);
    say("sleep: %s", outcome(rc));
    say("source %s, reason %s", source_of(scope), reason_of(scope));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    scope = crib_scope_open(NULL);
    shared.other_token = crib_token_of_scope(scope, "of a scope");
    say("the scope's token: %s", yes(crib_token_triggered(shared.other_token)));
    crib_scope_cancel(scope, NULL);
    say("the scope's token: %s", yes(crib_token_triggered(shared.other_token)));
    crib_scope_close(scope, 0, NULL);
    return crib_nursery_close(n, rc);
}

const struct scenario tokens[] = {
    {51, token_has_a_name}, {52, run_and_cancel},    {53, chain},
    {54, trigger_a_chain},  {55, which_token},       {56, look_at_a_token},
    {57, wait_for_a_token}, {67, tokens_and_scopes}, {0, NULL},
};
