/* Tickers: no drift, missed ticks, cancels, refusals. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_ticker, .init = listen_to_messages, .timeout = 20);

static int no_drift(void *unused) {
    crib_ticker t;
    int i;
    (void)unused;
    jobs_begin();
    EXPECT_EQ(crib_ticker_start(&t, CRIB_MS(100)), 0);
    for (i = 1; i <= 5; i++) {
        EXPECT_EQ(crib_ticker_wait(&t), 0);
        EXPECT_EQ(jobs_ms(), 100 * i);
        EXPECT_EQ(crib_sleep(CRIB_MS(15 * i)), 0); /* what is done at each tick takes ever longer */
    }
    return RAN;
}

Test(combine_ticker, ticks_do_not_drift) { EXPECT_RUN(run_autojump(no_drift, NULL)); }

static int missed(void *unused) {
    crib_ticker t;
    (void)unused;
    jobs_begin();
    EXPECT_EQ(crib_ticker_start(&t, CRIB_MS(100)), 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(350)), 0);
    EXPECT_EQ(crib_ticker_wait(&t), 3);
    EXPECT_EQ(jobs_ms(), 400);
    EXPECT_EQ(crib_sleep(CRIB_MS(100)), 0); /* until the very tick: that one is not missed */
    EXPECT_EQ(crib_ticker_wait(&t), 0);
    EXPECT_EQ(jobs_ms(), 500);
    EXPECT_EQ(crib_sleep(CRIB_MS(200)), 0);
    EXPECT_EQ(crib_ticker_wait(&t), 1);
    EXPECT_EQ(jobs_ms(), 700);
    EXPECT_EQ(crib_sleep(CRIB_MS(200) + 1), 0);
    EXPECT_EQ(crib_ticker_wait(&t), 2);
    EXPECT_EQ(jobs_ms(), 1000);
    EXPECT_EQ(crib_ticker_wait(&t), 0);
    EXPECT_EQ(jobs_ms(), 1100);
    return RAN;
}

Test(combine_ticker, ticks_nobody_waited_for_are_counted) { EXPECT_RUN(run_autojump(missed, NULL)); }

static int cancelled(void *unused) {
    crib_ticker t;
    crib_scope *scope;
    (void)unused;
    jobs_begin();
    EXPECT_EQ(crib_ticker_start(&t, CRIB_MS(100)), 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(250)), 0);
    scope = crib_move_on_after(CRIB_MS(10));
    EXPECT_EQ(crib_ticker_wait(&t), CRIB_ECANCELLED);
    EXPECT_EQ(crib_ticker_wait(&t), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    EXPECT_EQ(crib_ticker_wait(&t), 2); /* a cancelled wait did nothing */
    EXPECT_EQ(jobs_ms(), 300);
    return RAN;
}

Test(combine_ticker, a_cancelled_wait_loses_no_tick) { EXPECT_RUN(run_autojump(cancelled, NULL)); }

static int far(void *unused) {
    crib_ticker t;
    crib_scope *scope;
    (void)unused;
    EXPECT_EQ(crib_ticker_start(&t, CRIB_FOREVER), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_ticker_wait(&t), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    EXPECT_EQ(crib_ticker_start(&t, 1), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(10)), 0);
    EXPECT_EQ(crib_ticker_wait(&t), INT32_MAX); /* as many as an int holds */
    EXPECT_EQ(crib_ticker_wait(&t), 0);
    return RAN;
}

Test(combine_ticker, long_and_short_periods_saturate) { EXPECT_RUN(run_autojump(far, NULL)); }

static int refused(void *unused) {
    crib_ticker t = {0, 0};
    (void)unused;
    EXPECT_EQ(crib_ticker_wait(&t), CODE_EINVAL);
    EXPECT_EQ(crib_ticker_start(&t, 0), CODE_EINVAL);
    EXPECT_EQ(crib_ticker_start(&t, -1), CODE_EINVAL);
    EXPECT_EQ(crib_ticker_start(NULL, 1), CODE_EINVAL);
    EXPECT_EQ(crib_ticker_wait(&t), CODE_EINVAL);
    EXPECT_EQ(crib_ticker_wait(NULL), CODE_EINVAL);
    EXPECT_QUIET();
    return RAN;
}

Test(combine_ticker, periods_below_1_are_invalid) { EXPECT_RUN(run_autojump(refused, NULL)); }

static void flat(crib_task *self, void *ticker) {
    (void)self;
    EXPECT_EQ(crib_ticker_start(ticker, 1), 0);
    EXPECT_EQ(crib_ticker_wait(ticker), CRIB_ENOTFIBER);
    EXPECT_QUIET();
}

Test(combine_ticker, only_fibers_wait_for_it) {
    crib_ticker t;
    EXPECT_MISUSE(crib_ticker_start(&t, 1), "crib_ticker_start", NULL);
    in_stackless_task(flat, &t);
    EXPECT_MISUSE(crib_ticker_wait(&t), "crib_ticker_wait", NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int waits(void *ticker) { return crib_ticker_wait(ticker); }

static void strand(struct strand *s) {
    static crib_ticker t;
    STRAND(s)
    jobs_begin();
    EXPECT_EQ(crib_ticker_start(&t, CRIB_MS(100)), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(110)));
    AWAIT(s, crib_begin_call(s->op, waits, &t, NULL));
    EXPECT_EQ(s->status, 1);
    EXPECT_EQ(jobs_ms(), 200);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_ticker, a_stackless_task_waits_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
