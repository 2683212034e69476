/* Claim: cancel tokens, their chains, and the scopes they are linked with hold when those who wait are cancelled at any
 * cancel point, and when any allocation fails. */
#include <errno.h>

#include "support/strand.h"
#include "support/sweep.h"

/* Three tokens, and the chain (a:b):c. */
struct tokens {
    crib_token *a, *b, *c;
    crib_token *ab, *all;
    struct strand strand;
    int seen;
};

static int make_tokens(struct tokens *t) {
    memset(t, 0, sizeof *t);
    t->a = crib_token_new("a");
    t->b = crib_token_new("b");
    t->c = crib_token_new(NULL);
    t->ab = t->a == NULL || t->b == NULL ? NULL : crib_token_chain(t->a, t->b);
    t->all = t->ab == NULL || t->c == NULL ? NULL : crib_token_chain(t->ab, t->c);
    return t->all == NULL ? -ENOMEM : 0;
}

static void release_tokens(struct tokens *t) {
    crib_unref(t->a);
    crib_unref(t->b);
    crib_unref(t->c);
    crib_unref(t->ab);
    crib_unref(t->all);
}

/* ---- who waits */

static int waits(void *arg) {
    struct tokens *t = arg;
    int rc = crib_token_wait(t->all);
    if (rc < 0) return rc;
    CHECK(crib_token_triggered(t->all) && crib_token_triggered_token(t->all) == t->b);
    ++t->seen;
    rc = crib_token_check(t->all);
    CHECK(rc == CRIB_EOPCANCELLED || rc == -ENOMEM);
    return 0;
}

static int waits_for_sure(void *tokens) { return shielded(waits, tokens); }

static void flat_waiter(struct strand *s) {
    struct tokens *t = s->user_data;
    STRAND(s)
    AWAIT(s, crib_begin_token_wait(s->op, t->all));
    if (s->status == 0) ++t->seen;
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int start_flat_waiter(crib_nursery *n, struct tokens *t) {
    memset(&t->strand, 0, sizeof t->strand);
    t->strand.run = flat_waiter;
    t->strand.user_data = t;
    return strand_start(n, "waits", &t->strand) != NULL ? 0 : -ENOMEM;
}

static int triggers(void *arg) {
    struct tokens *t = arg;
    int rc = crib_sleep(CRIB_MS(1));
    crib_token_trigger(t->b);
    crib_token_trigger(t->b);
    return rc;
}

static int start_waiters(crib_nursery *n, void *arg) {
    struct tokens *t = arg;
    int rc = crib_nursery_start_soon(n, "waits", waits, t, NULL);
    if (rc == 0) rc = start_flat_waiter(n, t);
    if (rc == 0) rc = crib_nursery_start_soon(n, "waits", waits_for_sure, t, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "triggers", triggers, t, NULL);
    if (rc < 0) crib_token_trigger(t->b);
    return rc;
}

static int waiters(void *tokens) {
    struct tokens *t = tokens;
    int rc = make_tokens(t);
    if (rc == 0) rc = crib_nursery_run(NULL, start_waiters, t);
    if (rc == 0) CHECK_EQ_INT(t->seen, 3);
    release_tokens(t);
    return rc;
}

/* ---- scopes that are cancelled with a token, and tokens that are triggered with a scope */

static int works_until_triggered(void *arg) {
    struct tokens *t = arg;
    crib_scope *scope = crib_scope_open(NULL);
    bool caught = false;
    int rc;
    if (scope == NULL) return crib_checkpoint();
    rc = crib_scope_link_token(scope, t->all);
    if (rc == 0) rc = crib_scope_link_token(scope, t->a); /* goes with the scope */
    if (rc == 0) rc = crib_sleep_forever();
    rc = crib_scope_close(scope, rc, &caught);
    if (rc == 0) CHECK(caught && crib_token_triggered(t->all));
    return rc;
}

static int start_workers(crib_nursery *n, void *arg) {
    int rc = crib_nursery_start_soon(n, "works", works_until_triggered, arg, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "works", works_until_triggered, arg, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "triggers", triggers, arg, NULL);
}

static int linked(void *tokens) {
    int rc = make_tokens(tokens);
    if (rc == 0) rc = crib_nursery_run(NULL, start_workers, tokens);
    release_tokens(tokens);
    return rc;
}

static int sees_scope_end(void *token) {
    int rc = crib_token_wait(token);
    if (rc == 0) CHECK(crib_token_triggered(token));
    return rc;
}

static int watches_scope(crib_nursery *n, void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(1));
    crib_token *of_scope = scope == NULL ? NULL : crib_token_of_scope(scope, "timeout");
    crib_token *other = crib_token_new("other");
    crib_token *either = of_scope == NULL || other == NULL ? NULL : crib_token_chain(other, of_scope);
    int rc = scope == NULL ? crib_checkpoint() : either == NULL ? -ENOMEM : 0;
    (void)unused;
    if (rc == 0) rc = crib_nursery_start_soon(n, "watches", sees_scope_end, crib_token_ref(either), crib_unref);
    if (rc == 0) rc = crib_sleep_forever();
    if (rc == CRIB_ECANCELLED) CHECK(crib_token_triggered(of_scope) && crib_token_triggered(either));
    if (scope != NULL) rc = crib_scope_close(scope, rc, NULL);
    crib_unref(of_scope);
    crib_unref(other);
    crib_unref(either);
    return rc;
}

static int of_a_scope(void *unused) { return crib_nursery_run(NULL, watches_scope, unused); }

/* One that an outer scope's cancel triggers while it waits for it: both come at once. */
static int waits_inside(void *token) { return crib_token_wait(token); }

static int triggered_by_its_own_cancel(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(1));
    crib_token *t = scope == NULL ? NULL : crib_token_of_scope(scope, NULL);
    crib_nursery *n = t == NULL ? NULL : crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : 0;
    (void)unused;
    if (rc == 0 && n == NULL) rc = -ENOMEM;
    if (rc == 0) rc = crib_nursery_start_soon(n, "waits", waits_inside, t, NULL);
    if (n != NULL) rc = crib_nursery_close(n, rc);
    crib_unref(t);
    return scope == NULL ? rc : crib_scope_close(scope, rc, NULL);
}

int main(void) {
    struct tokens tokens;
    sweep_holds("who waits for a chain", sweep_of(waiters, &tokens));
    sweep_holds("scopes linked to a chain", sweep_of(linked, &tokens));
    sweep_holds("the token of a scope", sweep_of(of_a_scope, NULL));
    sweep_holds("a token triggered by the cancel of who waits", sweep_of(triggered_by_its_own_cancel, NULL));
    return 0;
}
