/* Tokens and scopes (S4.17): a scope that a token cancels, a token that a scope triggers, and both in a circle. */
#include "support/log.h"
#include "support/run.h"
#include "support/slots.h"

TestSuite(token_scope, .timeout = 20);

static crib_token *token;

static void expect_linked(int line, crib_scope *scope, const char *reason) {
    expect_eq(line, "the state", crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    expect_eq(line, "the source", crib_scope_source(scope), CRIB_SOURCE_LINK);
    expect_str(line, "the reason", crib_scope_reason(scope), reason);
}
#define EXPECT_LINKED(scope, reason) expect_linked(__LINE__, scope, reason)

static void close_empty(crib_scope *scope) { EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0); }

/* --- a token cancels scopes */

static int trigger_a_part(void *arg) {
    crib_token *part = crib_token_new("part"), *other = crib_token_new("other");
    crib_scope *outer = crib_scope_open(NULL), *inner = crib_scope_open(NULL);
    bool caught;
    (void)arg;
    token = crib_token_chain(other, part);
    EXPECT_EQ(crib_scope_link_token(inner, token), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_token_trigger(part);
    EXPECT_LINKED(inner, "part"); /* the one that was triggered, not the one that is linked */
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inner, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_link_token(outer, token), 0); /* at once: it is triggered */
    EXPECT_LINKED(outer, "part");
    close_empty(outer);
    crib_unref(part);
    crib_unref(other);
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_a_token_cancels_the_scopes_that_are_linked_to_it) {
    EXPECT_RUN(run_autojump(trigger_a_part, NULL));
}

static int close_before(void *arg) {
    crib_scope *first = crib_scope_open(NULL), *second;
    (void)arg;
    token = crib_token_new("late");
    EXPECT_EQ(crib_scope_link_token(first, token), 0);
    EXPECT_EQ(crib_scope_link_token(first, token), 0);
    close_empty(first);
    second = crib_scope_open(NULL); /* in the place of the first */
    crib_token_trigger(token);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_link_token(first, token), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_link_token(second, NULL), CRIB_EMISUSE);
    close_empty(second);
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_the_link_ends_with_the_scope) { EXPECT_RUN(run_autojump(close_before, NULL)); }

static int release_before(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_token *part = crib_token_new("part");
    (void)arg;
    token = crib_token_chain(part, part);
    EXPECT_EQ(crib_scope_link_token(scope, token), 0);
    crib_unref(token);
    crib_token_trigger(part);
    EXPECT_EQ(crib_checkpoint(), 0);
    close_empty(scope);
    crib_unref(part);
    return RAN;
}

Test(token_scope, s4_17_a_token_that_was_released_cancels_nothing) { EXPECT_RUN(run_autojump(release_before, NULL)); }

/* A cancel that is softer, or seen from outside, does not use the link up. */

static int harden(void *arg) {
    crib_scope *scope = crib_scope_open(NULL), *careful;
    crib_scope_options options = scope_defaults();
    (void)arg;
    options.shield = 2;
    token = crib_token_new("now");
    EXPECT_EQ(crib_scope_link_token(scope, token), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(10), "soon"), 0);
    EXPECT_EQ(crib_scope_link_token(scope, token), 0);
    careful = crib_scope_open(&options);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_token_trigger(token);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_STR(crib_scope_reason(scope), "soon"); /* the first one stays */
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    close_empty(careful);
    close_empty(scope);
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_a_token_turns_a_soft_cancel_into_a_hard_one) { EXPECT_RUN(run_autojump(harden, NULL)); }

static int cancel_behind_an_outer_cancel(void *arg) {
    crib_scope *outer = crib_scope_open(NULL), *early = crib_scope_open(NULL), *late;
    (void)arg;
    token = crib_token_new("inner");
    EXPECT_EQ(crib_scope_link_token(early, token), 0);
    EXPECT_EQ(crib_scope_cancel(outer, "outer"), 0);
    late = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_link_token(late, token), 0);
    EXPECT(!crib_scope_cancel_called(early));
    crib_token_trigger(token);
    EXPECT(crib_scope_cancel_called(early));
    EXPECT(crib_scope_cancel_called(late));
    EXPECT_STR(crib_scope_reason(early), "outer");
    EXPECT_EQ(crib_scope_set_shield(early, true), 0); /* the outer cancel is not seen any more */
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    close_empty(late);
    close_empty(early);
    close_empty(outer);
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_a_token_reaches_a_scope_that_is_cancelled_from_outside) {
    EXPECT_RUN(run_autojump(cancel_behind_an_outer_cancel, NULL));
}

/* --- a scope triggers a token */

static int cancel_itself(crib_scope *outer, crib_scope *inner) {
    (void)outer;
    return crib_scope_cancel(inner, "itself");
}
static int cancel_outside(crib_scope *outer, crib_scope *inner) {
    (void)inner;
    return crib_scope_cancel(outer, "outside");
}
static int cancel_softly(crib_scope *outer, crib_scope *inner) {
    (void)outer;
    return crib_scope_cancel_soft(inner, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(10), "softly");
}
static int pass_the_deadline(crib_scope *outer, crib_scope *inner) {
    (void)outer;
    EXPECT_EQ(crib_scope_set_deadline(inner, crib_now() + CRIB_MS(1)), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CRIB_ECANCELLED);
    return 0;
}
static int grow_impatient(crib_scope *outer, crib_scope *inner) {
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_MS(1), "drain"), 0);
    EXPECT(!crib_token_triggered(token)); /* nothing here ends by a drain */
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CRIB_ECANCELLED);
    (void)inner;
    return 0;
}

static int scope_triggers(void *way) {
    crib_scope *outer = crib_scope_open(NULL), *inner = crib_scope_open(NULL);
    crib_token *late;
    token = crib_token_of_scope(inner, "of the scope");
    EXPECT_STR(crib_token_name(token), "of the scope");
    EXPECT(!crib_token_triggered(token));
    EXPECT_EQ(((int (*)(crib_scope *, crib_scope *))(uintptr_t)way)(outer, inner), 0);
    EXPECT(crib_token_triggered(token));
    EXPECT(crib_token_triggered_token(token) == token);
    late = crib_token_of_scope(inner, "at once");
    EXPECT(crib_token_triggered(late));
    close_empty(inner);
    close_empty(outer);
    crib_unref(late);
    crib_unref(token);
    return RAN;
}

static int triggers_by(int (*way)(crib_scope *, crib_scope *)) {
    return run_autojump(scope_triggers, (void *)(uintptr_t)way);
}

Test(token_scope, s4_17_a_token_is_triggered_by_its_scopes_cancel) { EXPECT_RUN(triggers_by(cancel_itself)); }
Test(token_scope, s4_17_a_token_is_triggered_by_an_outer_cancel) { EXPECT_RUN(triggers_by(cancel_outside)); }
Test(token_scope, s4_17_a_token_is_triggered_by_a_soft_cancel) { EXPECT_RUN(triggers_by(cancel_softly)); }
Test(token_scope, s4_17_a_token_is_triggered_by_a_deadline) { EXPECT_RUN(triggers_by(pass_the_deadline)); }
Test(token_scope, s4_17_a_token_is_triggered_when_a_drain_becomes_hard) { EXPECT_RUN(triggers_by(grow_impatient)); }

static int drain_a_graceful_scope(void *arg) {
    crib_scope_options options = scope_defaults();
    crib_scope *scope;
    (void)arg;
    options.graceful = 1;
    scope = crib_scope_open(&options);
    token = crib_token_of_scope(scope, "graceful");
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(1), NULL), 0);
    EXPECT(crib_token_triggered(token));
    close_empty(scope);
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_a_token_of_a_graceful_scope_is_triggered_by_a_drain) {
    EXPECT_RUN(run_autojump(drain_a_graceful_scope, NULL));
}

static int scope_closes_first(void *arg) {
    crib_scope *outer = crib_scope_open(NULL), *inner = crib_scope_open(NULL);
    crib_token *unused;
    (void)arg;
    token = crib_token_of_scope(inner, "never");
    unused = crib_token_of_scope(inner, "released first");
    crib_unref(unused);
    close_empty(inner);
    EXPECT_EQ(crib_scope_cancel(outer, NULL), 0);
    EXPECT(!crib_token_triggered(token));
    EXPECT(crib_token_of_scope(inner, "stale") == NULL);
    close_empty(outer);
    crib_token_trigger(token); /* by hand, as any token */
    EXPECT(crib_token_triggered(token));
    crib_unref(token);
    return RAN;
}

Test(token_scope, s4_17_a_token_is_not_triggered_by_a_scope_that_closed_first) {
    EXPECT_RUN(run_autojump(scope_closes_first, NULL));
}

/* --- circles and long rows */

static int go_round(void *arg) {
    crib_scope *first = crib_scope_open(NULL), *second = crib_scope_open(NULL);
    crib_token *of_first = crib_token_of_scope(first, "first"), *of_second = crib_token_of_scope(second, "second");
    crib_token *both = crib_token_chain(of_first, of_second);
    (void)arg;
    EXPECT_EQ(crib_scope_link_token(first, of_second), 0);
    EXPECT_EQ(crib_scope_link_token(second, of_first), 0);
    EXPECT_EQ(crib_scope_link_token(second, both), 0);
    EXPECT_EQ(crib_scope_link_token(first, of_first), 0); /* with itself */
    EXPECT_EQ(crib_scope_cancel(second, "by hand"), 0);
    EXPECT(crib_token_triggered(of_first) && crib_token_triggered(of_second) && crib_token_triggered(both));
    EXPECT_STR(crib_scope_reason(second), "by hand");
    EXPECT_LINKED(first, "second");
    close_empty(second);
    close_empty(first);
    crib_unref(of_first);
    crib_unref(both);
    crib_unref(of_second);
    return RAN;
}

Test(token_scope, s4_17_scopes_and_tokens_may_go_round_in_a_circle) { EXPECT_RUN(run_autojump(go_round, NULL)); }

#define LINKS 5000

/* Scope, token of it, scope linked to that, and so on: not by recursion. */
static int row(void *arg) {
    static crib_scope *scopes[LINKS];
    static crib_token *tokens[LINKS];
    int i;
    (void)arg;
    for (i = 0; i < LINKS; ++i) {
        scopes[i] = shielded_scope();
        tokens[i] = crib_token_of_scope(scopes[i], "link");
        if (i > 0) EXPECT_EQ(crib_scope_link_token(scopes[i], tokens[i - 1]), 0);
    }
    EXPECT_EQ(crib_scope_cancel(scopes[0], NULL), 0);
    EXPECT(crib_token_triggered(tokens[LINKS - 1]));
    EXPECT_LINKED(scopes[LINKS - 1], "link");
    for (i = LINKS - 1; i >= 0; --i) close_empty(scopes[i]);
    for (i = 0; i < LINKS; ++i) crib_unref(tokens[i]);
    return RAN;
}

Test(token_scope, s4_17_a_long_row_of_scopes_and_tokens_is_cancelled_as_a_whole) {
    EXPECT_RUN(run_autojump(row, NULL));
}
