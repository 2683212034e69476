/* crib_first_success: the winner, the losers, failures, cancels, refusals. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_first_success, .init = listen_to_messages, .timeout = 20);

#define COUNT  4
#define NOBODY 77

/* libuv's code, without its header. */
#define CODE_ECANCELED (-ECANCELED)

static struct job jobs[COUNT];
static crib_work works[COUNT];
static crib_value result;
static size_t winner;

static void set_up(const struct job *from) {
    memcpy(jobs, from, sizeof jobs);
    jobs_works(works, jobs, COUNT);
    jobs_begin();
    winner = NOBODY;
    result = counted_value(99);
}

static int runs(void *unused) {
    (void)unused;
    return crib_first_success(works, COUNT, &winner, &result);
}

static int one_wins(void *unused) {
    const struct job from[COUNT] = {{.ms = 300, .value = 1},
                                    {.ms = 100, .code = CODE_A, .value = 2},
                                    {.ms = 200, .code = 5, .value = 3},
                                    {.ms = -1, .value = 4}};
    (void)unused;
    set_up(from);
    EXPECT_EQ(runs(NULL), 5);
    EXPECT_LOG("2@100 3@200 1!@200 4!@200");
    EXPECT_EQ(winner, 2);
    EXPECT_EQ(value_number(result), 3);
    EXPECT_EQ(counted_drops, 3);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT(crib_error_current() == NULL);
    crib_value_drop(result);
    set_up(from);
    EXPECT_EQ(crib_first_success(works, COUNT, NULL, NULL), 5);
    EXPECT_EQ(counted_drops, 4);
    return RAN;
}

Test(combine_first_success, the_first_success_cancels_and_awaits_the_others) {
    EXPECT_RUN(run_autojump(one_wins, NULL));
}
Test(combine_first_success, so_it_is_in_strict_runs) { EXPECT_RUN(run_strict(one_wins, NULL)); }

static int late_success(void *unused) {
    const struct job from[COUNT] = {
        {.ms = -1, .value = 1, .on_cancel = 1}, {.ms = 100, .value = 2}, {.ms = -1}, {.ms = -1}};
    (void)unused;
    set_up(from);
    jobs[0].on_cancel = 8; /* succeeds although it was cancelled, before the winner's siblings have ended */
    EXPECT_EQ(runs(NULL), 0);
    EXPECT_EQ(winner, 1);
    EXPECT_EQ(value_number(result), 2);
    crib_value_drop(result);
    EXPECT_EQ(counted_drops, 2);
    return RAN;
}

Test(combine_first_success, a_loser_that_succeeds_later_is_dropped) { EXPECT_RUN(run_autojump(late_success, NULL)); }

static crib_op *op_of_one;

/* Leaves its body at once, but ends only when its op is over. */
static int ends_slowly(void *unused) {
    (void)unused;
    op_of_one = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_park(op_of_one, NULL, NULL, "the test"), CRIB_PENDING);
    return 1;
}

static int ends_the_other(void *unused) {
    const crib_value nil = {NULL, NULL};
    (void)unused;
    EXPECT_EQ(crib_sleep(CRIB_MS(10)), 0);
    EXPECT_EQ(crib_op_complete(op_of_one, 0, nil), 0);
    return 2;
}

static int close_race(void *unused) {
    const crib_work two[2] = {{"one", ends_slowly, NULL, NULL}, {"two", ends_the_other, NULL, NULL}};
    (void)unused;
    EXPECT_EQ(crib_first_success(two, 2, &winner, NULL), 2);
    EXPECT_EQ(winner, 1);
    return RAN;
}

Test(combine_first_success, who_has_ended_first_wins) { EXPECT_RUN(run_autojump(close_race, NULL)); }

/* Leaves a block open, which is a failure whatever it returns. */
static int leaves_open(void *unused) {
    (void)unused;
    crib_move_on_after(CRIB_SECONDS(1));
    return 3;
}

static int untidy(void *unused) {
    const struct job from[COUNT] = {
        {.ms = -1}, {.ms = 100, .code = 6, .value = 2}, {.ms = 50, .code = CODE_A}, {.ms = -1}};
    (void)unused;
    set_up(from);
    works[0].body = leaves_open;
    EXPECT_EQ(runs(NULL), 6);
    EXPECT_EQ(winner, 1);
    EXPECT_EQ(value_number(result), 2);
    crib_value_drop(result);
    EXPECT_SAID("end of a task", "one");
    return RAN;
}

Test(combine_first_success, a_body_that_leaves_a_block_open_has_failed) { EXPECT_RUN(run_autojump(untidy, NULL)); }

static int all_fail(void *unused) {
    const struct job from[COUNT] = {{.ms = 300, .code = CODE_A, .value = 1},
                                    {.ms = 100, .code = CODE_B},
                                    {.ms = 200, .code = CODE_C},
                                    {.ms = 0, .code = CODE_A}};
    crib_error *tree;
    (void)unused;
    set_up(from);
    EXPECT_EQ(runs(NULL), CODE_A);
    EXPECT_LOG("4@0 2@100 3@200 1@300");
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 1);
    tree = crib_error_current();
    EXPECT_EQ(crib_error_count(tree), COUNT);
    EXPECT_STR(crib_error_task_name(crib_error_child(tree, 0)), "four");
    EXPECT_EQ(crib_error_code(crib_error_child(tree, 2)), CODE_C);
    return RAN;
}

Test(combine_first_success, all_failures_are_reported_if_nobody_succeeds) { EXPECT_RUN(run_autojump(all_fail, NULL)); }

static int cancels_itself(void *unused) {
    (void)unused;
    EXPECT_EQ(crib_task_cancel(crib_task_current(), "no more"), 0);
    return crib_checkpoint();
}

static int each_alone(void *unused) {
    crib_work alone[2] = {{"a", cancels_itself, NULL, NULL}, {"b", cancels_itself, NULL, NULL}};
    (void)unused;
    winner = NOBODY;
    EXPECT_EQ(crib_first_success(alone, 2, &winner, &result), CODE_ECANCELED);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_ECANCELED);
    EXPECT_EQ(winner, NOBODY);
    EXPECT(result.vt == NULL);
    return RAN;
}

Test(combine_first_success, bodies_that_are_cancelled_one_by_one_do_not_win) {
    EXPECT_RUN(run_autojump(each_alone, NULL));
}

static int under_timeout(void *unused) {
    const struct job from[COUNT] = {
        {.ms = 400, .value = 1}, {.ms = -1, .value = 2}, {.ms = 100, .code = CODE_A}, {.ms = -1}};
    crib_scope *scope = crib_move_on_after(CRIB_MS(150));
    int rc;
    (void)unused;
    set_up(from);
    rc = runs(NULL);
    EXPECT_EQ(rc, CODE_A); /* a failure is no less for a cancel */
    EXPECT_LOG("3@100 1!@150 2!@150 4!@150");
    EXPECT(result.vt == NULL);
    EXPECT_EQ(counted_drops, 2);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    scope = crib_move_on_after(CRIB_MS(150));
    set_up(from);
    jobs[2].ms = -1;
    rc = runs(NULL);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(winner, NOBODY);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    scope = crib_move_on_after(0);
    set_up(from);
    EXPECT_EQ(runs(NULL), CRIB_ECANCELLED);
    EXPECT_LOG("");
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(combine_first_success, a_cancel_from_outside_reaches_all) { EXPECT_RUN(run_autojump(under_timeout, NULL)); }

/* --- refusals, and a stackless caller --------------------------------------------------------- */

static const struct job equal_jobs[COUNT] = {{.ms = 100, .value = 1}, {.ms = 100}, {.ms = 100}, {.ms = 100}};

static int refused(void *unused) {
    (void)unused;
    set_up(equal_jobs);
    works[0].body = NULL;
    EXPECT_EQ(runs(NULL), CODE_EINVAL);
    EXPECT(result.vt == NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_first_success(works, 0, NULL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_first_success(NULL, 3, NULL, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    return RAN;
}

Test(combine_first_success, without_a_body_it_is_invalid) { EXPECT_RUN(run_autojump(refused, NULL)); }

static void flat(crib_task *self, void *unused) {
    (void)self;
    (void)unused;
    set_up(equal_jobs);
    EXPECT_EQ(runs(NULL), CRIB_ENOTFIBER);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_QUIET();
}

Test(combine_first_success, it_is_for_fibers) {
    set_up(equal_jobs);
    EXPECT_MISUSE(runs(NULL), "crib_first_success", NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    in_stackless_task(flat, NULL);
    EXPECT_LOG("");
    EXPECT_NOTHING_UNEXPECTED();
}

static void strand(struct strand *s) {
    STRAND(s)
    set_up(equal_jobs);
    jobs[0].code = CODE_A;
    AWAIT(s, crib_begin_call(s->op, runs, NULL, NULL));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(winner, 1);
    EXPECT_EQ(value_number(result), 0);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_first_success, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
