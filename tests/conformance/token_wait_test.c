/* crib_token_cancellable_wait (S4.8-S4.13, S4.15): what ends it, what it returns then, and that nothing is left. */
#include "support/jobs.h"

TestSuite(token_wait, .timeout = 20);

#define COUNT  3
#define NOBODY 77

static struct job jobs[COUNT];
static crib_work works[COUNT];
static crib_token *token; /* given to the call */
static crib_token *stop;  /* triggered in the setting */
static crib_value result;
static size_t winner;

/* The log says of each body that it has ended, so that nothing is left when the call returns. */
static int waits(size_t count, int64_t timeout) {
    int rc;
    winner = NOBODY;
    jobs_works(works, jobs, count);
    jobs_begin();
    rc = crib_token_cancellable_wait(token, works, count, timeout, &winner, &result);
    EXPECT_EQ(jobs_running, 0);
    EXPECT_EQ(jobs_destroyed(jobs, count), count);
    return rc;
}

static void set_up(struct job a, struct job b, struct job c) {
    jobs[0] = a;
    jobs[1] = b;
    jobs[2] = c;
}

#define JOB(...) ((struct job){__VA_ARGS__})

static int triggers(void *ms) {
    int rc = crib_sleep(CRIB_MS(*(int *)ms));
    crib_token_trigger(stop);
    return rc;
}

static void expect_token_error(int line) {
    crib_error *e = crib_error_find(crib_error_current(), CRIB_EOPCANCELLED);
    expect_str(line, "the message", e == NULL ? NULL : crib_error_message(e), "Cancellation requested by stop token");
}
#define EXPECT_TOKEN_ERROR() expect_token_error(__LINE__)

/* A body that somebody triggers the token for after `ms`; never, if that is negative. */
struct setting {
    int (*body)(void);
    int ms;
};

static int in_setting(void *data) {
    struct setting *s = data;
    crib_nursery *n = crib_nursery_open();
    token = stop = crib_token_new("stop");
    if (s->ms >= 0) EXPECT_EQ(crib_nursery_start_soon(n, "triggers", triggers, &s->ms, NULL), 0);
    EXPECT_EQ(s->body(), 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(stop);
    return RAN;
}

static void run_setting(int (*body)(void), int ms) {
    struct setting s = {body, ms};
    EXPECT_RUN(run_autojump(in_setting, &s));
    EXPECT_RUN(run_strict(in_setting, &s));
}

/* --- S4.8, S4.15: the time -------------------------------------------------------------------- */

static int times_out(void) {
    set_up(JOB(.ms = 10000, .value = 1), JOB(.ms = -1), JOB(.ms = -1));
    EXPECT_EQ(waits(1, CRIB_MS(100)), CRIB_ETOOSLOW);
    EXPECT_LOG("1!@100");
    EXPECT_EQ(crib_error_code(crib_error_current()), CRIB_ETOOSLOW);
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(waits(3, CRIB_MS(100)), CRIB_ETOOSLOW);
    EXPECT_LOG("1!@100 2!@100 3!@100");
    EXPECT_EQ(waits(1, 0), CRIB_ETOOSLOW);
    EXPECT_LOG("1!@0");
    return 0;
}

Test(token_wait, s4_8_a_timeout_cancels_and_awaits_the_body) { run_setting(times_out, -1); }

static int too_late(void) {
    set_up(JOB(.ms = 200, .on_cancel = 5), JOB(.ms = 100), JOB(.ms = -1));
    EXPECT_EQ(waits(1, CRIB_MS(100)), CRIB_ETOOSLOW); /* ends well, but after the time */
    EXPECT_LOG("1!@100");
    set_up(JOB(.ms = 100), JOB(.ms = -1), JOB(.ms = -1));
    EXPECT_EQ(waits(1, CRIB_MS(100)), CRIB_ETOOSLOW); /* or just then */
    EXPECT_EQ(waits(1, CRIB_MS(101)), 0);
    EXPECT_EQ(winner, 0);
    return 0;
}

Test(token_wait, s4_8_a_body_that_ends_well_after_the_time_is_too_slow) { run_setting(too_late, -1); }

/* Takes its time to end. */
static int cleans_up(void *unused) {
    crib_scope *shield;
    int rc = crib_sleep_forever();
    (void)unused;
    shield = shielded_scope();
    EXPECT_EQ(crib_sleep(CRIB_MS(500)), 0);
    return crib_scope_close(shield, rc, NULL);
}

static int in_time(void) {
    crib_work two[2] = {{"one", job_body, &jobs[0], NULL}, {"two", cleans_up, NULL, NULL}};
    set_up(JOB(.ms = 50, .code = 4, .number = 1), JOB(.ms = -1), JOB(.ms = -1));
    jobs_begin();
    EXPECT_EQ(crib_token_cancellable_wait(token, two, 2, CRIB_MS(100), &winner, NULL), 4);
    EXPECT_EQ(jobs_ms(), 550);
    return 0;
}

Test(token_wait, s4_8_what_ended_in_time_may_take_longer_to_clean_up) { run_setting(in_time, -1); }

static int looks_first(void *unused) {
    int rc = crib_checkpoint_if_cancelled();
    (void)unused;
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    return rc;
}

static int no_time(void) {
    const crib_work one = {"looks first", looks_first, NULL, NULL};
    EXPECT_EQ(crib_token_cancellable_wait(token, &one, 1, 0, NULL, NULL), CRIB_ETOOSLOW);
    return 0;
}

Test(token_wait, s4_8_without_any_time_bodies_are_cancelled_from_the_start) {
    struct setting s = {no_time, -1};
    run_setting(no_time, -1);
    EXPECT_RUN(crib_run(in_setting, &s)); /* here the clock is not read before they run */
}

static int own_scope(void) {
    crib_scope *scope = crib_fail_after(CRIB_MS(50));
    bool caught = false;
    set_up(JOB(.ms = -1), JOB(.ms = -1), JOB(.ms = -1));
    EXPECT_EQ(waits(2, CRIB_MS(100)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), CRIB_ETOOSLOW);
    EXPECT(caught);
    return 0;
}

Test(token_wait, s4_15_a_timeout_is_the_error_of_every_timeout) {
    run_setting(times_out, -1);
    run_setting(own_scope, -1);
}

/* --- S4.9: the token -------------------------------------------------------------------------- */

static int triggered(void) {
    set_up(JOB(.ms = -1, .value = 1), JOB(.ms = 300), JOB(.ms = -1));
    EXPECT_EQ(waits(3, CRIB_SECONDS(1)), CRIB_EOPCANCELLED);
    EXPECT_LOG("1!@100 2!@100 3!@100");
    EXPECT_TOKEN_ERROR();
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 1);
    return 0;
}

Test(token_wait, s4_9_a_trigger_cancels_and_awaits_the_bodies) { run_setting(triggered, 100); }

static int by_a_part(void) {
    crib_token *other = crib_token_new("other");
    token = crib_token_chain(other, stop);
    set_up(JOB(.ms = -1), JOB(.ms = -1), JOB(.ms = -1));
    crib_unref(other);
    EXPECT_EQ(waits(2, CRIB_FOREVER), CRIB_EOPCANCELLED);
    EXPECT_LOG("1!@60 2!@60");
    EXPECT_TOKEN_ERROR();
    crib_unref(token);
    return 0;
}

Test(token_wait, s4_9_a_trigger_of_a_part_counts) { run_setting(by_a_part, 60); }

/* --- S4.10: several bodies -------------------------------------------------------------------- */

static int several(void) {
    set_up(JOB(.ms = 300, .value = 1), JOB(.ms = 100, .code = 6, .value = 2), JOB(.ms = -1, .value = 3));
    EXPECT_EQ(waits(3, CRIB_SECONDS(1)), 6);
    EXPECT_LOG("2@100 1!@100 3!@100");
    EXPECT_EQ(winner, 1);
    EXPECT_EQ(value_number(result), 2);
    EXPECT_EQ(counted_drops, 2);
    crib_value_drop(result);
    EXPECT_EQ(counted_drops, 3);
    EXPECT(crib_error_current() == NULL);
    return 0;
}

Test(token_wait, s4_10_the_first_result_is_returned_and_the_others_awaited) { run_setting(several, -1); }

static int loser_fails(void) {
    set_up(JOB(.ms = 100, .value = 1), JOB(.ms = -1, .on_cancel = CODE_A), JOB(.ms = -1));
    EXPECT_EQ(waits(3, CRIB_FOREVER), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_A);
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 1);
    return 0;
}

Test(token_wait, s4_10_a_failure_of_one_of_the_others_is_not_lost) { run_setting(loser_fails, -1); }

/* --- S4.11, S4.12: a token that is triggered already ------------------------------------------ */

static int at_once(void *code) { return *(int *)code; }

static int runs_at_once(int code) {
    const crib_work one = {"at once", at_once, &code, NULL};
    crib_token_trigger(token);
    winner = NOBODY;
    return crib_token_cancellable_wait(token, &one, 1, CRIB_FOREVER, &winner, &result);
}

static int succeeds(void) {
    EXPECT_EQ(runs_at_once(3), CRIB_EOPCANCELLED);
    EXPECT_TOKEN_ERROR();
    EXPECT_EQ(winner, NOBODY);
    return 0;
}

static int succeeds_with_value(void) {
    set_up(JOB(.ms = 100, .value = 1), JOB(.ms = -1, .on_cancel = 2), JOB(.ms = -1));
    EXPECT_EQ(waits(2, CRIB_FOREVER), CRIB_EOPCANCELLED);
    EXPECT_TOKEN_ERROR();
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 1);
    return 0;
}

static int triggered_after_success(void) {
    crib_work two[2] = {{"one", job_body, &jobs[0], NULL}, {"two", cleans_up, NULL, NULL}};
    set_up(JOB(.ms = 50, .value = 1, .number = 1), JOB(.ms = -1), JOB(.ms = -1));
    jobs_begin();
    EXPECT_EQ(crib_token_cancellable_wait(token, two, 2, CRIB_FOREVER, &winner, &result), CRIB_EOPCANCELLED);
    EXPECT_LOG("1@50");
    EXPECT_EQ(jobs_ms(), 550);
    EXPECT_EQ(counted_drops, 1);
    return 0;
}

Test(token_wait, s4_11_a_success_does_not_count_once_the_token_is_triggered) {
    run_setting(succeeds, -1);
    run_setting(succeeds_with_value, 50);
    run_setting(triggered_after_success, 100);
}

static int fails(void) {
    EXPECT_EQ(runs_at_once(CODE_A), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_A);
    EXPECT(crib_error_find(crib_error_current(), CRIB_EOPCANCELLED) == NULL);
    return 0;
}

static int fails_when_cancelled(void) {
    set_up(JOB(.ms = -1), JOB(.ms = -1, .on_cancel = CODE_B), JOB(.ms = -1));
    EXPECT_EQ(waits(3, CRIB_MS(50)), CODE_B);
    return 0;
}

Test(token_wait, s4_12_a_failure_counts_even_if_the_token_is_triggered) {
    run_setting(fails, -1);
    run_setting(fails_when_cancelled, 50);
    run_setting(fails_when_cancelled, 10);
}

/* --- S4.13: a cancel from outside ------------------------------------------------------------- */

static int from_outside(void) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(50));
    set_up(JOB(.ms = 100, .value = 1), JOB(.ms = -1, .value = 2), JOB(.ms = -1));
    EXPECT_EQ(waits(3, CRIB_MS(100)), CRIB_ECANCELLED);
    EXPECT_LOG("1!@50 2!@50 3!@50");
    EXPECT_EQ(counted_drops, 2);
    EXPECT_EQ(winner, NOBODY);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    scope = crib_move_on_after(0);
    EXPECT_EQ(waits(3, CRIB_MS(100)), CRIB_ECANCELLED); /* starts nothing */
    EXPECT_LOG("");
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return 0;
}

Test(token_wait, s4_13_a_cancel_from_outside_leaves_and_nothing_is_pending) { run_setting(from_outside, 200); }
