/* crib_gather: results in order, the limit, failures, cancels, refusals. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_gather, .init = listen_to_messages, .timeout = 20);

#define COUNT 5

static struct job jobs[COUNT];
static crib_work works[COUNT];
static crib_value results[COUNT];

static void set_up(const struct job *from) {
    memcpy(jobs, from, sizeof jobs);
    jobs_works(works, jobs, COUNT);
    jobs_begin();
}

static void expect_results(int line, int a, int b, int c, int d, int e) {
    const int wanted[COUNT] = {a, b, c, d, e};
    int i;
    for (i = 0; i < COUNT; i++) expect_eq(line, "a result", value_number(results[i]), wanted[i]);
}
#define EXPECT_RESULTS(...) expect_results(__LINE__, __VA_ARGS__)

static void drop_results(void) {
    int i;
    for (i = 0; i < COUNT; i++) crib_value_drop(results[i]);
}

static int in_order(void *unused) {
    const struct job from[COUNT] = {{.ms = 300, .value = 11},
                                    {.ms = 100, .code = 7, .value = 22},
                                    {.ms = 200},
                                    {.ms = 0, .value = 44},
                                    {.ms = 150, .value = 55}};
    (void)unused;
    set_up(from);
    EXPECT_EQ(crib_gather(works, COUNT, 0, results), 0);
    EXPECT_LOG("4@0 2@100 5@150 3@200 1@300");
    EXPECT_RESULTS(11, 22, 0, 44, 55);
    EXPECT_EQ(jobs_peak, 5);
    EXPECT_EQ(counted_drops, 0);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    drop_results();
    EXPECT_EQ(counted_drops, 4);
    return RAN;
}

Test(combine_gather, results_are_in_the_order_of_the_works) { EXPECT_RUN(run_autojump(in_order, NULL)); }
Test(combine_gather, results_are_in_the_order_of_the_works_in_strict_runs) { EXPECT_RUN(run_strict(in_order, NULL)); }

static const struct job equal_jobs[COUNT] = {{.ms = 100, .value = 1},
                                             {.ms = 100, .value = 2},
                                             {.ms = 100, .value = 3},
                                             {.ms = 50, .value = 4},
                                             {.ms = 100, .value = 5}};

static int limited(void *unused) {
    (void)unused;
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, 2, results), 0);
    EXPECT_LOG("1@100 2@100 4@150 3@200 5@250");
    EXPECT_EQ(jobs_peak, 2);
    EXPECT_RESULTS(1, 2, 3, 4, 5);
    drop_results();
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, 1, results), 0);
    EXPECT_LOG("1@100 2@200 3@300 4@350 5@450");
    EXPECT_EQ(jobs_peak, 1);
    drop_results();
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, SIZE_MAX, results), 0);
    EXPECT_EQ(jobs_peak, 5);
    drop_results();
    return RAN;
}

Test(combine_gather, no_more_than_the_limit_run_at_a_time) { EXPECT_RUN(run_autojump(limited, NULL)); }

/* Wants a place for another task in the nursery they share, as the works after it do. */
static int starts_another(void *arg) {
    crib_nursery *n = crib_task_parent_nursery(crib_task_current());
    int rc;
    while ((rc = crib_nursery_start_soon(n, "another", job_body, arg, NULL)) == CRIB_EWOULDBLOCK) {
        EXPECT_EQ(crib_nursery_wait_room(n), 0);
    }
    return rc < 0 ? rc : crib_sleep(CRIB_MS(10));
}

static int with_another(void *unused) {
    struct job another = {.ms = 70};
    (void)unused;
    set_up(equal_jobs);
    works[0].body = starts_another;
    works[0].user_data = &another;
    works[0].destroy = NULL;
    EXPECT_EQ(crib_gather(works, COUNT, 2, results), 0);
    EXPECT(jobs_peak <= 2);
    EXPECT_RESULTS(0, 2, 3, 4, 5);
    EXPECT_EQ(jobs_destroyed(jobs + 1, COUNT - 1), COUNT - 1);
    drop_results();
    return RAN;
}

Test(combine_gather, tasks_that_a_body_starts_beside_it_count_too) {
    crib_runtime_options seeded = {.size = sizeof seeded, .mock_clock = MOCK_AUTOJUMP};
    for (seeded.seed = 0; seeded.seed < 30; seeded.seed++) EXPECT_RUN(run_with(&seeded, with_another, NULL));
}

static int unwanted(void *unused) {
    (void)unused;
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, 3, NULL), 0);
    EXPECT_EQ(counted_drops, COUNT);
    return RAN;
}

Test(combine_gather, results_nobody_wants_are_dropped) { EXPECT_RUN(run_autojump(unwanted, NULL)); }

/* --- failures and cancels --------------------------------------------------------------------- */

static int failing(void *unused) {
    const struct job from[COUNT] = {{.ms = 100, .value = 1},
                                    {.ms = 200, .code = CODE_A, .value = 2},
                                    {.ms = 300, .value = 3, .on_cancel = CODE_B},
                                    {.ms = 100, .value = 4},
                                    {.ms = 100, .value = 5}};
    crib_error *tree;
    (void)unused;
    set_up(from);
    EXPECT_EQ(crib_gather(works, COUNT, 3, results), CODE_A);
    EXPECT_LOG("1@100 2@200 4@200 3!@200");
    EXPECT_RESULTS(0, 0, 0, 0, 0);
    EXPECT_EQ(counted_drops, 4);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    tree = crib_error_current();
    EXPECT_EQ(crib_error_code(tree), CODE_A);
    EXPECT_STR(crib_error_task_name(crib_error_find(tree, CODE_A)), "two");
    EXPECT_STR(crib_error_task_name(crib_error_find(tree, CODE_B)), "three");
    return RAN;
}

Test(combine_gather, the_first_failure_cancels_the_rest) { EXPECT_RUN(run_autojump(failing, NULL)); }

static int under_timeout(void *unused) {
    const struct job from[COUNT] = {{.ms = 100, .value = 1}, {.ms = -1, .value = 2}, {.ms = -1}, {.ms = 0}, {.ms = 0}};
    crib_scope *scope = crib_move_on_after(CRIB_MS(150));
    bool caught = false;
    int rc;
    (void)unused;
    set_up(from);
    rc = crib_gather(works, COUNT, 2, results);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_LOG("1@100 2!@150 3!@150");
    EXPECT_RESULTS(0, 0, 0, 0, 0);
    EXPECT_EQ(counted_drops, 2);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(combine_gather, a_cancel_from_outside_reaches_all) { EXPECT_RUN(run_autojump(under_timeout, NULL)); }

static int cancelled_before(void *unused) {
    crib_scope *scope = crib_move_on_after(0);
    (void)unused;
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, 0, results), CRIB_ECANCELLED);
    EXPECT_LOG("");
    EXPECT_EQ(jobs_peak, 0);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_gather(NULL, 0, 0, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(combine_gather, a_cancelled_caller_starts_nothing) { EXPECT_RUN(run_autojump(cancelled_before, NULL)); }

/* --- refusals --------------------------------------------------------------------------------- */

static int refused(void *unused) {
    (void)unused;
    set_up(equal_jobs);
    works[3].body = NULL;
    EXPECT_EQ(crib_gather(works, COUNT, 0, results), CODE_EINVAL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_RESULTS(0, 0, 0, 0, 0);
    EXPECT_EQ(crib_gather(NULL, 1, 0, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_gather(NULL, 0, 0, NULL), 0);
    EXPECT_LOG("");
    EXPECT_QUIET();
    return RAN;
}

Test(combine_gather, works_without_a_body_are_invalid) { EXPECT_RUN(run_autojump(refused, NULL)); }

static void outside(void *unused) {
    (void)unused;
    set_up(equal_jobs);
    EXPECT_MISUSE(crib_gather(works, COUNT, 0, results), "crib_gather", NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
}

static void flat(crib_task *self, void *unused) {
    (void)self;
    (void)unused;
    set_up(equal_jobs);
    EXPECT_EQ(crib_gather(works, COUNT, 0, results), CRIB_ENOTFIBER);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_QUIET();
}

Test(combine_gather, it_is_for_fibers) {
    outside(NULL);
    in_stackless_task(flat, NULL);
    EXPECT_LOG("");
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- by a stackless task ---------------------------------------------------------------------- */

static int gathers(void *unused) {
    (void)unused;
    return crib_gather(works, COUNT, 2, results);
}

static void strand(struct strand *s) {
    STRAND(s)
    set_up(equal_jobs);
    AWAIT(s, crib_begin_call(s->op, gathers, NULL, NULL));
    EXPECT_EQ(s->status, 0);
    EXPECT_LOG("1@100 2@100 4@150 3@200 5@250");
    EXPECT_RESULTS(1, 2, 3, 4, 5);
    drop_results();
    set_up(equal_jobs);
    jobs[2].code = CODE_A;
    AWAIT(s, crib_begin_call(s->op, gathers, NULL, NULL));
    EXPECT_EQ(s->status, CODE_A);
    EXPECT(crib_error_find(s->error, CODE_A) != NULL);
    EXPECT_RESULTS(0, 0, 0, 0, 0);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_gather, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
