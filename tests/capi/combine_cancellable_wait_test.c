/* crib_token_cancellable_wait beyond S4.8-S4.13: refusals, no token, tokens that go, a stackless caller. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_cancellable_wait, .init = listen_to_messages, .timeout = 20);

#define COUNT  3
#define NOBODY 77

/* libuv's code, without its header. */
#define CODE_ECANCELED (-ECANCELED)

static struct job jobs[COUNT];
static crib_work works[COUNT];
static crib_value result;
static size_t winner;

static void set_up(void) {
    const struct job from[COUNT] = {
        {.ms = 200, .value = 1}, {.ms = 100, .code = 4, .value = 2}, {.ms = -1, .value = 3}};
    memcpy(jobs, from, sizeof jobs);
    jobs_works(works, jobs, COUNT);
    jobs_begin();
    winner = NOBODY;
    result = counted_value(9);
}

static int waits(crib_token *t, int64_t timeout) {
    return crib_token_cancellable_wait(t, works, COUNT, timeout, &winner, &result);
}

static int no_token(void *unused) {
    (void)unused;
    set_up();
    EXPECT_EQ(waits(NULL, CRIB_FOREVER), 4);
    EXPECT_LOG("2@100 1!@100 3!@100");
    EXPECT_EQ(winner, 1);
    EXPECT_EQ(value_number(result), 2);
    crib_value_drop(result);
    EXPECT_EQ(counted_drops, 3);
    set_up();
    EXPECT_EQ(waits(NULL, CRIB_MS(50)), CRIB_ETOOSLOW);
    set_up();
    EXPECT_EQ(crib_token_cancellable_wait(NULL, works, COUNT, CRIB_FOREVER, NULL, NULL), 4);
    EXPECT_EQ(counted_drops, 3);
    return RAN;
}

Test(combine_cancellable_wait, it_works_without_a_token) { EXPECT_RUN(run_autojump(no_token, NULL)); }

static int releases(void *token) {
    int rc = crib_sleep(CRIB_MS(10));
    crib_unref(token);
    return rc < 0 ? rc : 2;
}

static int released_inside(void *unused) {
    crib_token *t = crib_token_new("short-lived");
    const crib_work one = {"releases", releases, t, NULL};
    (void)unused;
    EXPECT_EQ(crib_token_cancellable_wait(t, &one, 1, CRIB_FOREVER, NULL, NULL), 2);
    return RAN;
}

Test(combine_cancellable_wait, a_body_may_release_the_token) { EXPECT_RUN(run_autojump(released_inside, NULL)); }

static int reused(void *unused) {
    crib_token *t = crib_token_new("stop");
    int i;
    (void)unused;
    for (i = 0; i < 3; i++) {
        set_up();
        EXPECT_EQ(waits(t, CRIB_FOREVER), 4);
        crib_value_drop(result);
    }
    crib_token_trigger(t); /* reaches nothing any more */
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_unref(t);
    return RAN;
}

Test(combine_cancellable_wait, nothing_of_it_stays_with_the_token) { EXPECT_RUN(run_autojump(reused, NULL)); }

static int cancels_itself(void *unused) {
    (void)unused;
    crib_task_cancel(crib_task_current(), "no more");
    return crib_checkpoint();
}

static int alone(void *unused) {
    const crib_work two[2] = {{"a", cancels_itself, NULL, NULL}, {"b", stays, NULL, NULL}};
    (void)unused;
    winner = NOBODY;
    EXPECT_EQ(crib_token_cancellable_wait(NULL, two, 2, CRIB_SECONDS(1), &winner, &result), CODE_ECANCELED);
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    return RAN;
}

Test(combine_cancellable_wait, a_body_cancelled_by_itself_ends_it_but_does_not_win) {
    EXPECT_RUN(run_autojump(alone, NULL));
}

/* --- refusals, and a stackless caller --------------------------------------------------------- */

static int refused(void *unused) {
    (void)unused;
    set_up();
    EXPECT_EQ(waits(NULL, -1), CODE_EINVAL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT(result.vt == NULL);
    set_up();
    works[2].body = NULL;
    EXPECT_EQ(waits(NULL, 1), CODE_EINVAL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_token_cancellable_wait(NULL, works, 0, 1, NULL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_token_cancellable_wait(NULL, NULL, 1, 1, NULL, NULL), CODE_EINVAL);
    EXPECT_LOG("");
    EXPECT_QUIET();
    return RAN;
}

Test(combine_cancellable_wait, without_a_body_or_time_it_is_invalid) { EXPECT_RUN(run_autojump(refused, NULL)); }

static int with_foreign_token(void *token) {
    set_up();
    EXPECT_MISUSE(waits(token, CRIB_FOREVER), "crib_scope_link_token", "main");
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_LOG("");
    return RAN;
}

static int lends_token(void *unused) {
    crib_token *t = crib_token_new("of another run");
    (void)unused;
    in_other_run(with_foreign_token, t);
    crib_unref(t);
    return RAN;
}

Test(combine_cancellable_wait, tokens_of_another_run_are_misuse) { EXPECT_RUN(run_autojump(lends_token, NULL)); }

static void flat(crib_task *self, void *unused) {
    (void)self;
    (void)unused;
    set_up();
    EXPECT_EQ(waits(NULL, 1), CRIB_ENOTFIBER);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_QUIET();
}

Test(combine_cancellable_wait, it_is_for_fibers) {
    set_up();
    EXPECT_MISUSE(waits(NULL, 1), "crib_token_cancellable_wait", NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    in_stackless_task(flat, NULL);
    EXPECT_LOG("");
    EXPECT_NOTHING_UNEXPECTED();
}

static int calls(void *token) { return waits(token, CRIB_SECONDS(1)); }

static void strand(struct strand *s) {
    STRAND(s)
    s->user_data = crib_token_new("stop");
    set_up();
    AWAIT(s, crib_begin_call(s->op, calls, s->user_data, NULL));
    EXPECT_EQ(s->status, 4);
    EXPECT_EQ(winner, 1);
    crib_value_drop(result);
    crib_token_trigger(s->user_data);
    set_up();
    AWAIT(s, crib_begin_call(s->op, calls, s->user_data, NULL));
    EXPECT_EQ(s->status, CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(s->error), "Cancellation requested by stop token");
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    crib_unref(s->user_data);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_cancellable_wait, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
