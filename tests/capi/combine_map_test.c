/* crib_map: every index once, the limit, failures, cancels, refusals. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_map, .init = listen_to_messages, .timeout = 20);

#define COUNT 6

static struct job jobs[COUNT];
static int called[COUNT];

static void set_up(int ms) {
    int i;
    memset(jobs, 0, sizeof jobs);
    memset(called, 0, sizeof called);
    for (i = 0; i < COUNT; i++) {
        jobs[i].ms = ms;
        jobs[i].number = i + 1;
    }
    jobs_begin();
}

static int each(size_t index, void *user_data) {
    EXPECT(user_data == jobs);
    EXPECT(index < COUNT);
    ++called[index];
    return job_body(&jobs[index]);
}

static int called_once(void) {
    int i, once = 0;
    for (i = 0; i < COUNT; i++) once += called[i] == 1;
    return once;
}

static int maps(void *unused) {
    (void)unused;
    set_up(100);
    EXPECT_EQ(crib_map(COUNT, 0, each, jobs), 0);
    EXPECT_EQ(called_once(), COUNT);
    EXPECT_EQ(jobs_peak, COUNT);
    EXPECT_EQ(jobs_ms(), 100);
    set_up(100);
    jobs[1].ms = 50;
    jobs[1].code = 9; /* a success like any other */
    EXPECT_EQ(crib_map(COUNT, 2, each, jobs), 0);
    EXPECT_LOG("2@50 1@100 3@150 4@200 5@250 6@300");
    EXPECT_EQ(called_once(), COUNT);
    EXPECT_EQ(jobs_peak, 2);
    EXPECT_EQ(crib_map(0, 2, each, jobs), 0);
    return RAN;
}

Test(combine_map, every_index_is_called_once_within_the_limit) { EXPECT_RUN(run_autojump(maps, NULL)); }
Test(combine_map, so_it_is_in_strict_runs) { EXPECT_RUN(run_strict(maps, NULL)); }

static int any_order(void *unused) {
    int limit;
    (void)unused;
    for (limit = 0; limit <= COUNT; limit++) {
        set_up(0);
        EXPECT_EQ(crib_map(COUNT, (size_t)limit, each, jobs), 0);
        EXPECT_EQ(called_once(), COUNT);
        EXPECT(limit == 0 || jobs_peak <= limit);
    }
    return RAN;
}

Test(combine_map, every_index_is_called_once_in_any_schedule) {
    crib_runtime_options seeded = {.size = sizeof seeded, .mock_clock = MOCK_AUTOJUMP};
    for (seeded.seed = 1; seeded.seed < 20; seeded.seed++) EXPECT_RUN(run_with(&seeded, any_order, NULL));
}

static int failing(void *unused) {
    crib_error *tree;
    (void)unused;
    set_up(100);
    jobs[1].code = CODE_A;
    jobs[2].on_cancel = CODE_B;
    EXPECT_EQ(crib_map(COUNT, 3, each, jobs), CODE_A);
    EXPECT_LOG("1@100 2@100 3@100");
    EXPECT_EQ(called_once(), 3);
    tree = crib_error_current();
    EXPECT_EQ(crib_error_code(crib_error_find(tree, CODE_A)), CODE_A);
    set_up(100);
    jobs[0].ms = 50;
    jobs[0].code = CODE_A;
    jobs[1].on_cancel = CODE_B;
    EXPECT_EQ(crib_map(COUNT, 0, each, jobs), CODE_A);
    EXPECT_LOG("1@50 2!@50 3!@50 4!@50 5!@50 6!@50");
    EXPECT(crib_error_find(crib_error_current(), CODE_B) != NULL);
    return RAN;
}

Test(combine_map, the_first_failure_cancels_the_rest) { EXPECT_RUN(run_autojump(failing, NULL)); }

static int under_timeout(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(150));
    int rc;
    (void)unused;
    set_up(100);
    rc = crib_map(COUNT, 2, each, jobs);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_LOG("1@100 2@100 3!@150 4!@150");
    EXPECT_EQ(crib_map(COUNT, 2, each, jobs), CRIB_ECANCELLED);
    EXPECT_EQ(called_once(), 4);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

Test(combine_map, a_cancel_from_outside_reaches_all) { EXPECT_RUN(run_autojump(under_timeout, NULL)); }

static int refused(void *unused) {
    (void)unused;
    EXPECT_EQ(crib_map(COUNT, 0, NULL, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    return RAN;
}

Test(combine_map, without_a_function_it_is_invalid) { EXPECT_RUN(run_autojump(refused, NULL)); }

static void flat(crib_task *self, void *unused) {
    (void)self;
    (void)unused;
    EXPECT_EQ(crib_map(COUNT, 0, each, jobs), CRIB_ENOTFIBER);
    EXPECT_QUIET();
}

Test(combine_map, it_is_for_fibers) {
    set_up(0);
    EXPECT_MISUSE(crib_map(COUNT, 0, each, jobs), "crib_map", NULL);
    in_stackless_task(flat, NULL);
    EXPECT_EQ(called_once(), 0);
    EXPECT_NOTHING_UNEXPECTED();
}

static int maps_by_twos(void *unused) {
    (void)unused;
    return crib_map(COUNT, 2, each, jobs);
}

static void strand(struct strand *s) {
    STRAND(s)
    set_up(100);
    AWAIT(s, crib_begin_call(s->op, maps_by_twos, NULL, NULL));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(called_once(), COUNT);
    EXPECT_EQ(jobs_ms(), 300);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_map, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
