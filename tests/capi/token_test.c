/* Cancel tokens: long and tangled chains, where and when they may be triggered and released, checks, expectations. */
#include "capi/messages.h"
#include "support/log.h"
#include "support/slots.h"

TestSuite(token, .init = listen_to_messages, .timeout = 20);

/* --- chains */

#define LONG 5000

static crib_token *parts[LONG], *chains[LONG];

/* chains[i] has parts[0] to parts[i]; nothing here may be done by recursion. */
static void make_long_chain(void) {
    int i;
    for (i = 0; i < LONG; ++i) {
        parts[i] = crib_token_new("");
        chains[i] = i == 0 ? crib_token_ref(parts[0]) : crib_token_chain(chains[i - 1], parts[i]);
    }
}

static int waits(void *token) {
    int rc = crib_token_wait(token);
    log_add(rc == 0 ? crib_token_name(token) : crib_error_name(rc));
    return 0;
}

static int trigger_the_lowest(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    make_long_chain();
    EXPECT_EQ(strlen(crib_token_name(chains[LONG - 1])), LONG - 1);
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, chains[1], NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, chains[LONG - 1], NULL), 0);
    settle();
    crib_token_trigger(parts[0]);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < LONG; ++i) EXPECT(crib_token_triggered(chains[i]));
    EXPECT(!crib_token_triggered(parts[1]));
    EXPECT(crib_token_triggered_token(chains[LONG - 1]) == parts[0]);
    for (i = 0; i < LONG; ++i) crib_unref(chains[i]);
    for (i = 0; i < LONG; ++i) crib_unref(parts[i]);
    return RAN;
}

Test(token, a_trigger_goes_up_a_long_chain) { EXPECT_RUN(run_autojump(trigger_the_lowest, NULL)); }

static int release_all_but_the_top(void *arg) {
    crib_token *first;
    int i;
    (void)arg;
    make_long_chain();
    first = crib_token_ref(parts[0]);
    for (i = 0; i < LONG; ++i) crib_unref(parts[i]);
    for (i = 0; i < LONG - 1; ++i) crib_unref(chains[i]);
    crib_token_trigger(first);
    EXPECT(crib_token_triggered_token(chains[LONG - 1]) == first);
    crib_unref(first);
    crib_unref(chains[LONG - 1]); /* takes all of them along */
    return RAN;
}

Test(token, a_chain_keeps_its_parts_and_takes_them_along) { EXPECT_RUN(run_autojump(release_all_but_the_top, NULL)); }

static int release_the_top_first(void *arg) {
    int i;
    (void)arg;
    make_long_chain();
    for (i = LONG - 1; i > 0; --i) crib_unref(chains[i]);
    crib_token_trigger(parts[0]); /* nobody is above it */
    EXPECT(!crib_token_triggered(parts[1]));
    crib_unref(chains[0]);
    for (i = 0; i < LONG; ++i) crib_unref(parts[i]);
    return RAN;
}

Test(token, a_chain_may_go_before_its_parts) { EXPECT_RUN(run_autojump(release_the_top_first, NULL)); }

/* A token that is in a chain again and again, in 2^20 ways. */
static int diamonds(void *arg) {
    crib_token *bottom = crib_token_new("b"), *top = crib_token_ref(bottom);
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    for (i = 0; i < 20; ++i) {
        crib_token *above = crib_token_chain(top, top);
        crib_unref(top);
        top = above;
    }
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, crib_token_ref(top), crib_unref), 0);
    settle();
    crib_token_trigger(bottom);
    EXPECT(crib_token_triggered_token(top) == bottom);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(bottom);
    crib_unref(top);
    return RAN;
}

Test(token, a_token_may_be_in_a_chain_many_times) { EXPECT_RUN(run_autojump(diamonds, NULL)); }

static int chain_of_triggered(void *arg) {
    crib_token *a = crib_token_new("a"), *b = crib_token_new("b"), *chain;
    (void)arg;
    crib_token_trigger(b);
    chain = crib_token_chain(a, b);
    EXPECT(crib_token_triggered(chain));
    EXPECT(crib_token_triggered_token(chain) == b);
    EXPECT_EQ(crib_token_wait(chain), 0);
    crib_unref(a);
    crib_unref(b);
    crib_unref(chain);
    return RAN;
}

Test(token, a_chain_of_a_triggered_token_is_triggered) { EXPECT_RUN(run_autojump(chain_of_triggered, NULL)); }

/* --- where it is triggered from */

static void trigger(void *token) { crib_token_trigger(token); }
static const crib_vtable triggers_when_dropped = {sizeof(crib_vtable), trigger, "trigger", 0};

static int by_a_drop(crib_token *t) {
    crib_value v = {t, &triggers_when_dropped};
    crib_value_drop(v);
    return 0;
}
static int by_a_destroy(crib_token *t) {
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "ends", ends, t, trigger), 0);
    return crib_nursery_close(n, 0);
}
static int by_a_cancel(crib_token *t) {
    crib_scope *scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_on_cancel(scope, trigger, t, NULL), 0);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    return crib_scope_close(scope, 0, NULL);
}
static int by_a_post(crib_token *t) {
    crib_portal *portal = crib_portal_open();
    EXPECT_EQ(crib_portal_post(portal, trigger, t, NULL), 0);
    EXPECT_EQ(crib_token_wait(t), 0);
    crib_unref(portal);
    return 0;
}
static int by_a_thread(crib_token *t) {
    in_thread(trigger, t);
    EXPECT(crib_token_triggered(t)); /* at once, before anybody is told */
    return 0;
}
static bool abort_and_trigger(crib_op *op, void *token) {
    (void)op;
    crib_token_trigger(token);
    return true;
}
static int by_an_abort(crib_token *t) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(1));
    int rc = crib_park(abort_and_trigger, t, "a test", NULL);
    return crib_scope_close(scope, rc, NULL);
}

static int trigger_by(void *way) {
    crib_token *t = crib_token_new("t"), *chain = crib_token_chain(t, t);
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, chain, NULL), 0);
    settle();
    EXPECT_EQ(((int (*)(crib_token *))(uintptr_t)way)(t), 0);
    EXPECT(crib_token_triggered(chain));
    settle();
    EXPECT_LOG("t:t");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(t);
    crib_unref(chain);
    return RAN;
}

Test(token, callbacks_and_threads_may_trigger) {
    int (*const ways[])(crib_token *) = {by_a_drop, by_a_destroy, by_a_cancel, by_a_post, by_a_thread, by_an_abort};
    size_t i;
    for (i = 0; i < sizeof ways / sizeof ways[0]; ++i) {
        log_clear();
        EXPECT_RUN(run_autojump(trigger_by, (void *)(uintptr_t)ways[i]));
    }
}

/* "On the loop thread waiters are ready when it returns", though another thread was a moment faster. */
static int trigger_twice(void *arg) {
    crib_token *t = crib_token_new("t"), *chain = crib_token_chain(t, t);
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_scope_link_token(scope, chain), 0);
    in_thread(trigger, t);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_OPEN); /* not told yet */
    crib_token_trigger(t);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(t);
    crib_unref(chain);
    return RAN;
}

Test(token, a_trigger_tells_also_of_an_earlier_one_in_another_thread) { EXPECT_RUN(run_autojump(trigger_twice, NULL)); }

static void trigger_three(void *tokens) {
    int i;
    for (i = 0; i < 3; ++i) crib_token_trigger(((crib_token **)tokens)[i]);
}

static int trigger_in_order(void *arg) {
    crib_token *t[3] = {crib_token_new("1"), crib_token_new("2"), crib_token_new("3")};
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    for (i = 2; i >= 0; --i) EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, t[i], NULL), 0);
    settle();
    in_thread(trigger_three, t);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("1 2 3");
    for (i = 0; i < 3; ++i) crib_unref(t[i]);
    return RAN;
}

Test(token, triggers_of_another_thread_are_told_in_order) { EXPECT_RUN(run_autojump(trigger_in_order, NULL)); }

/* One pass: the waiter that is cancelled first ends so, the other by the token. */
static int cancel_and_trigger(void *trigger_first) {
    crib_token *t = crib_token_new("t");
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, t, NULL), 0);
    settle();
    if (trigger_first) crib_token_trigger(t);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    crib_token_trigger(t);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG(trigger_first ? "t" : "CRIB_ECANCELLED");
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    crib_unref(t);
    return RAN;
}

Test(token, a_cancel_and_a_trigger_in_one_pass_the_first_one_counts) {
    EXPECT_RUN(run_autojump(cancel_and_trigger, NULL));
    log_clear();
    EXPECT_RUN(run_autojump(cancel_and_trigger, &log_text));
}

/* Cancelling a scope aborts a wait, whose callback triggers a token that the next one in the same scope waits for. */
static int trigger_while_cancelling(void *arg) {
    crib_token *t = crib_token_new("t");
    crib_nursery *n = crib_nursery_open();
    crib_task *flat = idle_task(n, "flat");
    crib_op *parks = crib_op_new(flat, NULL), *waits_too = crib_op_new(flat, NULL);
    (void)arg;
    EXPECT_EQ(crib_begin_park(parks, abort_and_trigger, t, "a test"), CRIB_PENDING);
    EXPECT_EQ(crib_begin_token_wait(waits_too, t), CRIB_PENDING);
    EXPECT_EQ(crib_task_cancel(flat, NULL), 0);
    EXPECT(crib_token_triggered(t));
    settle();
    EXPECT_EQ(slot_take(parks), CRIB_ECANCELLED);
    EXPECT_EQ(slot_take(waits_too), CRIB_ECANCELLED); /* the tree was at rest before any callback */
    idle_end(flat);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(t);
    return RAN;
}

Test(token, it_may_be_triggered_while_its_waiters_are_cancelled) {
    EXPECT_RUN(run_autojump(trigger_while_cancelling, NULL));
}

/* --- the last reference */

static int release_under_a_waiter(void *arg) {
    crib_token *t = crib_token_new("t");
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, t, NULL), 0);
    settle();
    crib_unref(t);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("CRIB_ECLOSED");
    return RAN;
}

Test(token, a_wait_ends_with_the_last_reference) { EXPECT_RUN(run_autojump(release_under_a_waiter, NULL)); }

/* --- checks */

static int check_in_blocks(void *arg) {
    crib_token *t = crib_token_new("stop");
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_token_check(t), 0);
    EXPECT_EQ(crib_token_check(NULL), 0);
    EXPECT(crib_error_current() == NULL);
    crib_token_trigger(t);
    EXPECT_EQ(crib_token_check(t), CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(crib_error_current()), "Cancellation requested by stop token");
    EXPECT_STR(crib_error_task_name(crib_error_current()), "main");
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0); /* handled */
    EXPECT(crib_error_current() == NULL);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_close(scope, crib_token_check(t), NULL), CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(crib_error_current()), "Cancellation requested by stop token");
    crib_unref(t);
    return CRIB_EOPCANCELLED; /* and on */
}

Test(token, a_check_leaves_its_error_in_the_block_of_a_fiber) {
    EXPECT_RUN_RETURNS(run_autojump(check_in_blocks, NULL), CRIB_EOPCANCELLED);
    cr_assert_str_eq(crib_error_message(crib_error_current()), "Cancellation requested by stop token");
}

static void check_here(void *token) {
    crib_error *error = crib_token_error(token);
    EXPECT_EQ(crib_token_check(token), CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(error), "Cancellation requested by stop token");
    EXPECT_EQ(crib_error_code(error), CRIB_EOPCANCELLED);
    crib_unref(error);
}

static void check_in_a_flat_task(crib_task *self, void *arg) {
    crib_token *t = crib_token_new("stop");
    (void)self;
    (void)arg;
    EXPECT_EQ(crib_token_check(t), 0);
    crib_token_trigger(t);
    check_here(t); /* the task does not fail by it */
    in_thread(check_here, t);
    crib_unref(t);
}

Test(token, a_check_elsewhere_returns_the_code_alone) {
    in_stackless_task(check_in_a_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int long_names(void *arg) {
    char name[400], message[500];
    crib_token *t;
    crib_error *error;
    (void)arg;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(message, sizeof message, "Cancellation requested by %s token", name);
    t = crib_token_new(name);
    crib_token_trigger(t);
    error = crib_token_error(t);
    EXPECT_STR(crib_error_message(error), message);
    crib_unref(error);
    crib_unref(t);
    return RAN;
}

Test(token, a_long_name_stands_in_the_message_as_it_is) { EXPECT_RUN(run_autojump(long_names, NULL)); }
