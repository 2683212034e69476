/* crib_retry: delays, attempts, the deadline in force, which error is left, cancels, options. */
#include <stddef.h>

#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_retry, .init = listen_to_messages, .timeout = 20);

/* Fails until it was called `good` times, each time at another code; the log has the time of every attempt. */
struct flaky {
    int good;
    int calls;
    int asked; /* of `retries` */
};

static int flaky_body(void *arg) {
    struct flaky *f = arg;
    char message[20];
    jobs_log(++f->calls, "");
    if (f->calls == f->good) return 5;
    snprintf(message, sizeof message, "attempt %d", f->calls);
    return crib_fail(CODE_A - f->calls, message);
}

#define RETRY(f, ...) crib_retry(&(crib_retry_options){.size = sizeof(crib_retry_options), __VA_ARGS__}, flaky_body, f)

static struct flaky set_up(int good) {
    const struct flaky f = {good, 0, 0};
    jobs_begin();
    return f;
}

static int grows(void *unused) {
    struct flaky f = set_up(5);
    (void)unused;
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(10), .factor = 3, .most_delay = CRIB_MS(200)), 5);
    EXPECT_LOG("1@0 2@10 3@40 4@130 5@330");
    EXPECT(crib_error_current() == NULL);
    f = set_up(4);
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(10), .factor = 1), 5);
    EXPECT_LOG("1@0 2@10 3@20 4@30");
    f = set_up(3);
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(10), .most_delay = CRIB_MS(4)), 5);
    EXPECT_LOG("1@0 2@4 3@8");
    f = set_up(3);
    EXPECT_EQ(RETRY(&f, .delay = CRIB_FOREVER / 2, .most_delay = CRIB_MS(7), .factor = 1e300), 5);
    EXPECT_LOG("1@0 2@7 3@14");
    return RAN;
}

Test(combine_retry, delays_grow_up_to_the_cap) { EXPECT_RUN(run_autojump(grows, NULL)); }

static int defaults(void *unused) {
    struct flaky f = set_up(12);
    (void)unused;
    EXPECT_EQ(crib_retry(NULL, flaky_body, &f), 5);
    EXPECT_LOG("1@0 2@100 3@300 4@700 5@1500 6@3100 7@6300 8@12700 9@25500 10@51100 11@81100 12@111100");
    f = set_up(3);
    EXPECT_EQ(RETRY(&f, .attempts = 0), 5);
    EXPECT_LOG("1@0 2@100 3@300");
    return RAN;
}

Test(combine_retry, without_options_it_doubles_from_100_ms_to_30_s) { EXPECT_RUN(run_autojump(defaults, NULL)); }

static int gives_up(void *unused) {
    struct flaky f = set_up(0);
    crib_error *tree;
    (void)unused;
    EXPECT_EQ(RETRY(&f, .attempts = 3, .delay = CRIB_MS(1)), CODE_A - 3);
    EXPECT_LOG("1@0 2@1 3@3");
    tree = crib_error_current();
    EXPECT_EQ(crib_error_count(tree), 0); /* the failures before it are forgotten */
    EXPECT_STR(crib_error_message(tree), "attempt 3");
    EXPECT(crib_error_cause(tree) == NULL);
    f = set_up(0);
    EXPECT_EQ(RETRY(&f, .attempts = 1), CODE_A - 1);
    EXPECT_LOG("1@0");
    return RAN;
}

Test(combine_retry, the_last_failure_is_returned_after_so_many_attempts) { EXPECT_RUN(run_autojump(gives_up, NULL)); }

static bool is_worth(int code, void *arg) {
    struct flaky *f = arg;
    ++f->asked;
    EXPECT_EQ(code, CODE_A - f->calls);
    return f->calls < 2;
}

static int choosy(void *unused) {
    struct flaky f = set_up(0);
    (void)unused;
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(1), .retries = is_worth), CODE_A - 2);
    EXPECT_EQ(f.asked, 2);
    f = set_up(0);
    EXPECT_EQ(RETRY(&f, .attempts = 1, .retries = is_worth), CODE_A - 1);
    EXPECT_EQ(f.asked, 0); /* there would be no attempt left */
    return RAN;
}

Test(combine_retry, the_caller_says_which_failures_are_worth_it) { EXPECT_RUN(run_autojump(choosy, NULL)); }

static int untidy(void *calls) {
    if (++*(int *)calls < 3) crib_move_on_after(CRIB_SECONDS(9));
    return 1;
}

static int tidies(void *unused) {
    int calls = 0;
    (void)unused;
    EXPECT_EQ(crib_retry(NULL, untidy, &calls), 1);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(said_count, 2);
    said_forget();
    return RAN;
}

Test(combine_retry, an_attempt_that_leaves_a_block_open_has_failed) { EXPECT_RUN(run_autojump(tidies, NULL)); }

/* --- deadlines and cancels -------------------------------------------------------------------- */

static int before_deadline(void *unused) {
    crib_scope *scope = crib_fail_after(CRIB_MS(100));
    struct flaky f = set_up(0);
    (void)unused;
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(20)), CODE_A - 3);
    EXPECT_LOG("1@0 2@20 3@60"); /* the next would be at 140 */
    EXPECT_EQ(crib_scope_close(scope, CODE_A - 3, NULL), CODE_A - 3);
    scope = crib_fail_after(CRIB_MS(60));
    f = set_up(0);
    EXPECT_EQ(RETRY(&f, .delay = CRIB_MS(20)), CODE_A - 2); /* nor is one that ends with the time */
    EXPECT_EQ(jobs_ms(), 20);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(combine_retry, a_delay_past_the_deadline_in_force_is_not_begun) {
    EXPECT_RUN(run_autojump(before_deadline, NULL));
}

static void cancel_it(void *scope) { crib_scope_cancel(scope, "enough"); }

static int cancels_later(void *scope) {
    int rc = crib_sleep(CRIB_MS(150));
    cancel_it(scope);
    return rc;
}

static int cancelled(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_move_on_after(CRIB_FOREVER);
    struct flaky f = set_up(0);
    crib_error *tree;
    int rc;
    (void)unused;
    EXPECT_EQ(crib_nursery_start_soon(n, "canceller", cancels_later, scope, NULL), 0);
    rc = RETRY(&f, .delay = CRIB_MS(100));
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(jobs_ms(), 150);
    EXPECT_LOG("1@0 2@100");
    tree = crib_error_current();
    EXPECT_EQ(crib_error_code(tree), CRIB_ECANCELLED);
    EXPECT_STR(crib_error_message(crib_error_cause(tree)), "attempt 2");
    rc = RETRY(&f, .attempts = 1);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(f.calls, 2);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), CODE_A - 2); /* the failure is not lost */
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(combine_retry, a_cancel_ends_a_delay_with_the_failure_as_its_cause) { EXPECT_RUN(run_autojump(cancelled, NULL)); }

static int hangs(void *calls) {
    ++*(int *)calls;
    return crib_sleep_forever();
}

static bool is_not_asked(int code, void *calls) {
    (void)code;
    *(int *)calls += 100;
    return true;
}

static int cancelled_inside(void *unused) {
    const crib_retry_options o = {.size = sizeof o, .retries = is_not_asked};
    crib_scope *scope = crib_move_on_after(CRIB_MS(50));
    int calls = 0;
    (void)unused;
    EXPECT_EQ(crib_retry(&o, hangs, &calls), CRIB_ECANCELLED);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(combine_retry, cancelled_is_not_tried_again) { EXPECT_RUN(run_autojump(cancelled_inside, NULL)); }

/* --- jitter ----------------------------------------------------------------------------------- */

#define DELAYS 20

static int64_t delays[DELAYS];

static int notes_time(void *calls) {
    const int n = (*(int *)calls)++;
    if (n > 0) delays[n - 1] = crib_now() - jobs_origin;
    jobs_origin = crib_now();
    return n < DELAYS ? CODE_A : 0;
}

static int with_jitter(void *jitter) {
    const crib_retry_options o = {
        .size = sizeof o, .jitter = *(uint32_t *)jitter, .delay = CRIB_SECONDS(1), .factor = 1};
    int calls = 0, i;
    EXPECT_EQ(crib_retry(&o, notes_time, &calls), 0);
    for (i = 0; i < DELAYS; i++) {
        EXPECT(delays[i] <= CRIB_SECONDS(1));
        EXPECT(delays[i] > CRIB_MS(10) * (100 - (int64_t)o.jitter));
    }
    return RAN;
}

static int all_delays(uint64_t seed, uint32_t jitter, int64_t *out) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    options.seed = seed;
    EXPECT_RUN(run_with(&options, with_jitter, &jitter));
    memcpy(out, delays, sizeof delays);
    return 0;
}

Test(combine_retry, jitter_shortens_delays_as_the_seed_decides) {
    int64_t one[DELAYS], again[DELAYS], other[DELAYS], none[DELAYS];
    int64_t least, most;
    int i;
    all_delays(7, 40, one);
    all_delays(7, 40, again);
    all_delays(8, 40, other);
    all_delays(0, 100, none);
    cr_assert(memcmp(one, again, sizeof one) == 0);
    cr_assert(memcmp(one, other, sizeof one) != 0);
    least = most = one[0];
    for (i = 0; i < DELAYS; i++) {
        if (one[i] < least) least = one[i];
        if (one[i] > most) most = one[i];
    }
    cr_assert(least < CRIB_MS(700) && most > CRIB_MS(900));
    all_delays(0, 100, again);
    cr_assert(memcmp(none, again, sizeof none) == 0);
}

/* --- options, refusals, a stackless caller ---------------------------------------------------- */

static int ranges(void *unused) {
    struct {
        crib_retry_options o;
        char tail[8];
    } longer = {{.size = sizeof longer}, {0}};
    struct flaky f = set_up(1);
    const double zero = 0;
    (void)unused;
    EXPECT_EQ(RETRY(&f, .jitter = 101), CODE_EINVAL);
    EXPECT_EQ(RETRY(&f, .delay = -1), CODE_EINVAL);
    EXPECT_EQ(RETRY(&f, .most_delay = -1), CODE_EINVAL);
    EXPECT_EQ(RETRY(&f, .factor = 0.9), CODE_EINVAL);
    EXPECT_EQ(RETRY(&f, .factor = -2), CODE_EINVAL);
    EXPECT_EQ(RETRY(&f, .factor = zero / zero), CODE_EINVAL);
    EXPECT_EQ(crib_retry(NULL, NULL, NULL), CODE_EINVAL);
    longer.tail[7] = 1;
    EXPECT_EQ(crib_retry(&longer.o, flaky_body, &f), CODE_EINVAL);
    EXPECT_EQ(f.calls, 0);
    longer.tail[7] = 0;
    EXPECT_EQ(crib_retry(&longer.o, flaky_body, &f), 5);
    longer.o.size = offsetof(crib_retry_options, delay);
    longer.o.delay = -1; /* not known to a caller of that size */
    f = set_up(2);
    EXPECT_EQ(crib_retry(&longer.o, flaky_body, &f), 5);
    EXPECT_LOG("1@0 2@100");
    EXPECT_QUIET();
    return RAN;
}

Test(combine_retry, options_out_of_range_are_invalid) { EXPECT_RUN(run_autojump(ranges, NULL)); }

static void flat(crib_task *self, void *f) {
    (void)self;
    EXPECT_EQ(crib_retry(NULL, flaky_body, f), CRIB_ENOTFIBER);
    EXPECT_QUIET();
}

Test(combine_retry, it_is_for_fibers) {
    struct flaky f = set_up(1);
    EXPECT_MISUSE(crib_retry(NULL, flaky_body, &f), "crib_retry", NULL);
    in_stackless_task(flat, &f);
    EXPECT_EQ(f.calls, 0);
    EXPECT_NOTHING_UNEXPECTED();
}

static int retries(void *f) { return RETRY(f, .attempts = 2); }

static void strand(struct strand *s) {
    static struct flaky f;
    STRAND(s)
    f = set_up(0);
    AWAIT(s, crib_begin_call(s->op, retries, &f, NULL));
    EXPECT_EQ(s->status, CODE_A - 2);
    EXPECT_STR(crib_error_message(s->error), "attempt 2");
    EXPECT_LOG("1@0 2@100");
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_retry, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
