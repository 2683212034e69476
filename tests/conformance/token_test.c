/* Cancel tokens: names, chains, which one it was, waits (S4.1-S4.7, S4.14), and the tests of asyncio-cancel-token that
 * are about them (S4.16). */
#include "support/log.h"
#include "support/run.h"
#include "support/slots.h"

TestSuite(token, .timeout = 20);

/* Three tokens, and chains of them: `two` of the first two, `all` of that and the third. */
static crib_token *a, *b, *c, *two, *all;

static void make_chain(void) {
    a = crib_token_new("a");
    b = crib_token_new("b");
    c = crib_token_new("c");
    two = crib_token_chain(a, b);
    all = crib_token_chain(two, c);
}

static void drop_chain(void) {
    crib_token *tokens[] = {a, b, c, two, all};
    size_t i;
    for (i = 0; i < 5; ++i) crib_unref(tokens[i]);
}

/* Which of a, b, c, two and all are triggered, by a letter each; "-" for those that are not. */
static const char *triggered(void) {
    static char text[6];
    crib_token *tokens[] = {a, b, c, two, all};
    size_t i;
    for (i = 0; i < 5; ++i) text[i] = crib_token_triggered(tokens[i]) ? "abc2*"[i] : '-';
    return text;
}

static int body_of(void *check) {
    make_chain();
    ((void (*)(void))(uintptr_t)check)();
    drop_chain();
    return RAN;
}

/* Runs a check with a fresh chain. */
static int with_chain(void (*check)(void)) { return run_autojump(body_of, (void *)(uintptr_t)check); }

/* S4.1 */

static int has_a_name(void *arg) {
    char name[] = "demo";
    crib_token *t = crib_token_new(name), *none = crib_token_new(NULL);
    (void)arg;
    name[0] = 'x';
    EXPECT_STR(crib_token_name(t), "demo"); /* a copy */
    EXPECT_STR(crib_token_name(none), "");
    EXPECT_STR(crib_token_name(NULL), "");
    crib_unref(t);
    crib_unref(none);
    return RAN;
}

Test(token, s4_1_a_token_has_a_name_of_its_own) { EXPECT_RUN(run_autojump(has_a_name, NULL)); }

/* S4.2 */

static int started_task(void *token) {
    crib_scope *scope = crib_scope_open(NULL);
    bool stopped;
    int rc = crib_scope_link_token(scope, token);
    log_add("started");
    if (rc == 0) rc = crib_sleep_forever();
    rc = crib_scope_close(scope, rc, &stopped);
    if (stopped) log_add("cancelled");
    return rc;
}

static int run_and_cancel_task(void *arg) {
    crib_token *t = crib_token_new("demo");
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "demo", started_task, t, NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("started");
    crib_token_trigger(t);
    EXPECT_LOG("started");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("started cancelled");
    crib_unref(t);
    return RAN;
}

Test(token, s4_2_a_task_is_cancelled_by_its_token) { EXPECT_RUN(run_autojump(run_and_cancel_task, NULL)); }

/* S4.3 */

static void trigger_a_part(void) {
    EXPECT_STR(crib_token_name(two), "a:b");
    EXPECT_STR(crib_token_name(all), "a:b:c");
    EXPECT_STR(triggered(), "-----");
    crib_token_trigger(b);
    EXPECT_STR(triggered(), "-b-2*");
    EXPECT(crib_token_triggered_token(two) == b);
    EXPECT(crib_token_triggered_token(all) == b);
    crib_token_trigger(b);
    EXPECT_STR(triggered(), "-b-2*");
}

Test(token, s4_3_a_chain_is_triggered_with_any_part_of_it) { EXPECT_RUN(with_chain(trigger_a_part)); }

/* S4.4 */

static void trigger_the_chain(void) {
    crib_token_trigger(two);
    EXPECT_STR(triggered(), "---2*");
    EXPECT(crib_token_triggered_token(two) == two);
    EXPECT(crib_token_triggered_token(all) == two);
    EXPECT(crib_token_triggered_token(a) == NULL);
    crib_token_trigger(all);
    EXPECT(crib_token_triggered_token(all) == all);
}

Test(token, s4_4_triggering_a_chain_leaves_its_parts_alone) { EXPECT_RUN(with_chain(trigger_the_chain)); }

/* S4.5 */

static void trigger_both(void) {
    EXPECT(crib_token_triggered_token(all) == NULL);
    EXPECT(crib_token_triggered_token(NULL) == NULL);
    crib_token_trigger(c);
    EXPECT(crib_token_triggered_token(all) == c);
    crib_token_trigger(b);
    EXPECT(crib_token_triggered_token(all) == b);
    crib_token_trigger(a);
    EXPECT(crib_token_triggered_token(all) == a);
    EXPECT(crib_token_triggered_token(two) == a);
}

Test(token, s4_5_of_several_the_first_in_the_order_of_the_chain_counts) { EXPECT_RUN(with_chain(trigger_both)); }

/* S4.6 */

static int polls(void *rounds) {
    while (!crib_token_triggered(all)) {
        ++*(int *)rounds;
        EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    }
    return 0;
}

static int checks(void *rounds) {
    int rc;
    while ((rc = crib_token_check(all)) == 0) {
        ++*(int *)rounds;
        EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    }
    EXPECT_STR(crib_error_message(crib_error_current()), "Cancellation requested by b token");
    return rc;
}

static void loops_end(void) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = NULL;
    int polled = 0, checked = 0;
    crib_error *error;
    EXPECT(crib_token_error(all) == NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "polls", polls, &polled, NULL), 0);
    task = crib_nursery_spawn(n, "checks", checks, &checked, NULL);
    EXPECT_EQ(crib_sleep(CRIB_MS(2500)), 0);
    crib_token_trigger(b);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EOPCANCELLED);
    EXPECT_EQ(crib_task_result_code(task), CRIB_EOPCANCELLED);
    EXPECT_EQ(polled, 3);
    EXPECT_EQ(checked, 3);
    error = crib_error_find(crib_error_current(), CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(error), "Cancellation requested by b token");
    EXPECT_STR(crib_error_task_name(error), "checks");
    crib_unref(task);
}

Test(token, s4_6_loops_end_when_the_token_is_triggered) { EXPECT_RUN(with_chain(loops_end)); }

/* S4.7 */

struct waiter {
    const char *name;
    crib_token *token;
    int rc;
};

static int waits(void *waiter) {
    struct waiter *w = waiter;
    w->rc = crib_token_wait(w->token);
    log_add(w->name);
    return w->rc;
}

static int triggers_b_later(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_token_trigger(b);
    log_add("triggered");
    return 0;
}

static void wait_for_a_worker(void) {
    crib_nursery *n = crib_nursery_open();
    int64_t begin = crib_now();
    EXPECT_EQ(crib_nursery_start_soon(n, "worker", triggers_b_later, NULL, NULL), 0);
    EXPECT_EQ(crib_token_wait(all), 0);
    EXPECT_EQ(crib_now() - begin, CRIB_SECONDS(1));
    EXPECT_LOG("triggered");
    EXPECT_EQ(crib_token_wait(all), 0); /* it has been triggered */
    EXPECT_EQ(crib_token_wait(b), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

Test(token, s4_7_a_wait_ends_when_a_part_is_triggered_and_at_once_from_then_on) {
    EXPECT_RUN(with_chain(wait_for_a_worker));
}

static void many_wait(void) {
    struct waiter w[] = {{"1", all, 1}, {"2", two, 1}, {"3", all, 1}, {"4", b, 1}, {"5", c, 1}, {"6", all, 1}};
    crib_nursery *n = crib_nursery_open();
    crib_task *third = NULL;
    size_t i;
    for (i = 0; i < 6; ++i) {
        crib_task *task = crib_nursery_spawn(n, "waits", waits, &w[i], NULL);
        if (i == 2) third = crib_task_ref(task);
        crib_unref(task);
    }
    settle();
    crib_task_cancel(third, NULL);
    settle();
    EXPECT_LOG("3");
    EXPECT_EQ(w[2].rc, CRIB_ECANCELLED);
    crib_token_trigger(b);
    EXPECT_LOG("3"); /* ready, but none has run */
    settle();
    EXPECT_LOG("3 4 2 1 6");
    crib_token_trigger(c);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("3 4 2 1 6 5");
    crib_unref(third);
}

Test(token, s4_7_everybody_who_waits_wakes_but_those_that_were_cancelled) { EXPECT_RUN(with_chain(many_wait)); }

/* S4.14 */

static crib_token *foreign;

static int make_foreign(void *arg) {
    (void)arg;
    foreign = crib_token_new("foreign");
    return RAN;
}

static int chain_with_foreign(void *arg) {
    crib_token *t = crib_token_new("here");
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT(crib_token_chain(t, foreign) == NULL);
    EXPECT(crib_token_chain(foreign, t) == NULL);
    EXPECT(crib_token_chain(t, NULL) == NULL);
    EXPECT(crib_token_chain(NULL, t) == NULL);
    EXPECT_EQ(crib_token_wait(foreign), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_link_token(scope, foreign), CRIB_EMISUSE);
    crib_token_trigger(foreign); /* any thread may */
    EXPECT(crib_token_triggered(foreign));
    EXPECT(!crib_token_triggered(t));
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    crib_unref(t);
    return RAN;
}

static void two_runs(void) {
    EXPECT_RUN(run_autojump(make_foreign, NULL));
    EXPECT_RUN(run_autojump(chain_with_foreign, NULL));
    crib_unref(foreign);
}

Test(token, s4_14_tokens_of_two_runs_are_not_chained) { two_runs(); }

/* S4.16: the suite's own tests, those that are not about its cancellable_wait. */

static void single(void) {
    EXPECT(!crib_token_triggered(a));
    crib_token_trigger(a);
    EXPECT(crib_token_triggered(a));
    EXPECT(crib_token_triggered_token(a) == a);
}

Test(token, s4_16_token_single) { EXPECT_RUN(with_chain(single)); }

Test(token, s4_16_token_chain_loop_mismatch) { two_runs(); }

static void check_chain(crib_token *which, const char *expected) {
    EXPECT_STR(triggered(), "-----");
    crib_token_trigger(which);
    EXPECT_STR(triggered(), expected);
    EXPECT(crib_token_triggered_token(all) == which);
}

static void chain_itself(void) { check_chain(all, "----*"); }
Test(token, s4_16_token_chain_trigger_chain) { EXPECT_RUN(with_chain(chain_itself)); }

static void chain_first(void) { check_chain(a, "a--2*"); }
Test(token, s4_16_token_chain_trigger_first) { EXPECT_RUN(with_chain(chain_first)); }

static void chain_middle(void) { check_chain(b, "-b-2*"); }
Test(token, s4_16_token_chain_trigger_middle) { EXPECT_RUN(with_chain(chain_middle)); }

static void chain_last(void) { check_chain(c, "--c-*"); }
Test(token, s4_16_token_chain_trigger_last) { EXPECT_RUN(with_chain(chain_last)); }

static void token_wait(void) {
    crib_nursery *n = crib_nursery_open();
    struct waiter w = {"woke", all, 1};
    EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, &w, NULL), 0);
    settle();
    EXPECT_LOG("");
    crib_token_trigger(c);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("woke");
    EXPECT_EQ(w.rc, 0);
}

Test(token, s4_16_token_wait) { EXPECT_RUN(with_chain(token_wait)); }

/* That nothing is left: the chain and its parts can go, and neither wakes anybody. */
static void no_wait_is_left(void) {
    drop_chain();
    make_chain();
    EXPECT_STR(triggered(), "-----");
}

static void cancelled_wait(void) {
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_token_wait(all), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    no_wait_is_left();
}

Test(token, s4_16_cancelling_a_wait_cleans_up_the_waits_of_the_chain) { EXPECT_RUN(with_chain(cancelled_wait)); }

static void finished_wait(void) {
    token_wait();
    no_wait_is_left();
}

Test(token, s4_16_a_wait_that_finishes_cleans_up_the_waits_of_the_chain) { EXPECT_RUN(with_chain(finished_wait)); }
