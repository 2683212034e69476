/* crib_completed: the order of the ends, the limit, closing early, whose failures are whose. */
#include "capi/completed.h"

TestSuite(combine_completed, .init = listen_to_messages, .timeout = 20);

static int in_order_of_ends(void *unused) {
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 0);
    memset(works, 0, sizeof works); /* they were copied */
    EXPECT_NEXT(c, 3, 4, 0);
    EXPECT_NEXT(c, 1, 2, 0);
    EXPECT_EQ(jobs_ms(), 100);
    EXPECT_EQ(crib_sleep(CRIB_MS(150)), 0); /* some end while nobody waits */
    EXPECT_NEXT(c, 4, 0, 0);
    EXPECT_NEXT(c, 2, 3, CODE_A);
    EXPECT_EQ(jobs_ms(), 250);
    EXPECT_NEXT(c, 0, 1, 0);
    EXPECT_EQ(jobs_ms(), 300);
    EXPECT_NEXT(c, CRIB_EENDOFCHANNEL, 0, 0);
    EXPECT_NEXT(c, CRIB_EENDOFCHANNEL, 0, 0);
    EXPECT_EQ(crib_completed_close(c, 6), 6);
    EXPECT_EQ(counted_drops, 4);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT(crib_error_current() == NULL);
    return RAN;
}

Test(combine_completed, results_come_in_the_order_of_the_ends) { EXPECT_RUN(run_autojump(in_order_of_ends, NULL)); }
Test(combine_completed, so_it_is_in_strict_runs) { EXPECT_RUN(run_strict(in_order_of_ends, NULL)); }

static int limited(void *unused) {
    crib_completed *c;
    int seen = 0, i;
    size_t limit;
    (void)unused;
    for (limit = 1; limit <= COUNT + 1; limit++) {
        set_up(mixed_jobs);
        c = crib_completed_open(works, COUNT, limit);
        for (seen = 0; (i = crib_completed_next(c, NULL, NULL)) >= 0;) seen |= 1 << i;
        EXPECT_EQ(i, CRIB_EENDOFCHANNEL);
        EXPECT_EQ(seen, 31);
        EXPECT_EQ(jobs_peak, limit < COUNT ? limit : COUNT);
        EXPECT_EQ(crib_completed_close(c, 0), 0);
        EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
        EXPECT_EQ(counted_drops, 4);
    }
    return RAN;
}

Test(combine_completed, no_more_than_the_limit_run_at_a_time) {
    crib_runtime_options seeded = {.size = sizeof seeded, .mock_clock = MOCK_AUTOJUMP};
    for (seeded.seed = 0; seeded.seed < 10; seeded.seed++) EXPECT_RUN(run_with(&seeded, limited, NULL));
}

static int goes_on_meanwhile(void *unused) {
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 1);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_LOG("1@300 2@400 3@600 4@600 5@750");
    EXPECT_EQ(crib_completed_close(c, 0), CODE_A);
    return RAN;
}

Test(combine_completed, the_next_is_started_when_nobody_asks) { EXPECT_RUN(run_autojump(goes_on_meanwhile, NULL)); }

#define MANY 300

static int counts_its_turns(void *turns) {
    while (crib_checkpoint() == 0) ++*(int *)turns;
    return 0;
}

static int takes_many(void *unused) {
    crib_work many[MANY];
    crib_nursery *n = crib_nursery_open();
    crib_completed *c;
    int turns = 0, i;
    (void)unused;
    for (i = 0; i < MANY; i++) many[i] = (crib_work){"ends", ends, NULL, NULL};
    c = crib_completed_open(many, MANY, 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(1)), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "counts", counts_its_turns, &turns, NULL), 0);
    for (i = 0; i < MANY; i++) EXPECT_EQ(crib_completed_next(c, NULL, NULL), i);
    EXPECT(turns >= MANY / 64 - 1);
    EXPECT_EQ(crib_completed_close(c, 0), 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(combine_completed, taking_what_has_ended_lets_others_run) { EXPECT_RUN(run_autojump(takes_many, NULL)); }

static crib_local *key;

static int sees_local(void *unused) {
    (void)unused;
    return crib_local_get(key) == &key ? 0 : CODE_B;
}

static int inheriting(void *unused) {
    crib_work three[3] = {{"a", sees_local, NULL, NULL}, {"b", sees_local, NULL, NULL}, {"c", sees_local, NULL, NULL}};
    crib_completed *c;
    (void)unused;
    EXPECT_EQ(crib_local_set(key, &key), 0);
    c = crib_completed_open(three, 3, 1);
    EXPECT_NEXT(c, 0, 0, 0);
    EXPECT_NEXT(c, 1, 0, 0);
    EXPECT_NEXT(c, 2, 0, 0);
    EXPECT_EQ(crib_completed_close(c, 0), 0);
    return RAN;
}

Test(combine_completed, bodies_inherit_the_locals_of_the_caller) {
    key = crib_local_new(NULL);
    EXPECT_RUN(run_autojump(inheriting, NULL));
    crib_unref(key);
}

static int none(void *unused) {
    crib_completed *c = crib_completed_open(NULL, 0, 3);
    (void)unused;
    EXPECT_NEXT(c, CRIB_EENDOFCHANNEL, 0, 0);
    EXPECT_EQ(crib_completed_close(c, 0), 0);
    return RAN;
}

Test(combine_completed, without_works_it_ends_at_once) { EXPECT_RUN(run_autojump(none, NULL)); }

/* --- closing early ---------------------------------------------------------------------------- */

static int early(void *unused) {
    const struct job from[COUNT] = {
        {.ms = 100, .value = 1}, {.ms = -1, .value = 2}, {.ms = 100, .value = 3}, {.ms = 0}, {.ms = 0}};
    crib_completed *c;
    (void)unused;
    set_up(from);
    c = crib_completed_open(works, COUNT, 2);
    EXPECT_NEXT(c, 0, 1, 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(50)), 0);
    EXPECT_EQ(crib_completed_close(c, 5), 5);
    EXPECT_LOG("1@100 2!@150 3!@150");
    EXPECT_EQ(counted_drops, 3);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT(crib_error_current() == NULL);
    return RAN;
}

Test(combine_completed, a_close_cancels_and_awaits_what_still_runs) { EXPECT_RUN(run_autojump(early, NULL)); }

static int untaken(void *unused) {
    const struct job from[COUNT] = {{.ms = 100, .code = CODE_A},
                                    {.ms = -1, .on_cancel = CODE_B},
                                    {.ms = 50, .code = CODE_C, .value = 3},
                                    {.ms = 60, .value = 4},
                                    {.ms = -1}};
    crib_completed *c;
    crib_error *tree;
    (void)unused;
    set_up(from);
    c = crib_completed_open(works, COUNT, 0);
    EXPECT_NEXT(c, 2, 3, CODE_C);
    EXPECT_EQ(crib_sleep(CRIB_MS(200)), 0);
    EXPECT_EQ(crib_completed_close(c, 0), CODE_A);
    tree = crib_error_current();
    EXPECT_EQ(crib_error_code(tree), CODE_A);
    EXPECT_STR(crib_error_task_name(crib_error_find(tree, CODE_A)), "one");
    EXPECT_STR(crib_error_task_name(crib_error_find(tree, CODE_B)), "two");
    EXPECT(crib_error_find(tree, CODE_C) == NULL); /* somebody took it */
    EXPECT(crib_error_find(tree, CRIB_ECANCELLED) == NULL);
    EXPECT_EQ(counted_drops, 2);
    return RAN;
}

Test(combine_completed, failures_nobody_took_are_reported_at_the_close) { EXPECT_RUN(run_autojump(untaken, NULL)); }

static int with_code(void *unused) {
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 0);
    EXPECT_EQ(crib_completed_close(c, crib_fail(CODE_C, "the loop around it")), CODE_C);
    EXPECT_STR(crib_error_message(crib_error_find(crib_error_current(), CODE_C)), "the loop around it");
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 0);
    EXPECT_EQ(crib_completed_close(c, CRIB_ECANCELLED), CRIB_EMISUSE); /* forged */
    EXPECT_EQ(crib_completed_close(NULL, CODE_A), CODE_A);
    return RAN;
}

Test(combine_completed, the_code_of_a_close_is_a_nursery_s) { EXPECT_RUN(run_autojump(with_code, NULL)); }

static int fails_beside(void *unused) {
    (void)unused;
    return crib_fail(CODE_B, "beside");
}

static int starts_two_beside(void *unused) {
    crib_nursery *n = crib_task_parent_nursery(crib_task_current());
    (void)unused;
    EXPECT_EQ(crib_nursery_start_soon(n, "first beside", fails_beside, NULL, NULL), 0);
    return crib_nursery_start_soon(n, "second beside", fails_beside, NULL, NULL);
}

static int with_others(void *unused) {
    crib_work two[2] = {{"starts", starts_two_beside, NULL, NULL}, {"fails", job_body, &jobs[2], NULL}};
    crib_completed *c;
    crib_error *e;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(two, 2, 0);
    EXPECT_NEXT(c, 0, 0, 0);
    EXPECT_EQ(crib_completed_next(c, NULL, &e), 1);
    EXPECT(crib_error_find(e, CODE_A) != NULL && crib_error_find(e, CODE_B) == NULL);
    crib_unref(e);
    EXPECT_EQ(crib_completed_close(c, 0), CODE_B);
    e = crib_error_current();
    EXPECT_EQ(crib_error_count(e), 2);
    EXPECT_STR(crib_error_task_name(crib_error_child(e, 0)), "first beside");
    EXPECT_STR(crib_error_task_name(crib_error_child(e, 1)), "second beside");
    return RAN;
}

Test(combine_completed, failures_of_tasks_that_a_body_started_are_reported) {
    EXPECT_RUN(run_autojump(with_others, NULL));
}

static int starts_one_beside(void *unused) {
    crib_nursery *n = crib_task_parent_nursery(crib_task_current());
    (void)unused;
    EXPECT_EQ(crib_sleep(CRIB_MS(10)), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "beside", fails_beside, NULL, NULL), 0);
    return crib_sleep(CRIB_MS(1)); /* keeps its place until that has failed */
}

/* The third body begins when the task beside has failed, and gets its memory. */
static int in_its_place(void *unused) {
    crib_work three[3] = {
        {"ends", job_body, &jobs[0], NULL}, {"starts", starts_one_beside, NULL, NULL}, {"ends well", ends, NULL, NULL}};
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    jobs[0].ms = 10;
    c = crib_completed_open(three, 3, 2);
    EXPECT_NEXT(c, 0, 1, 0);
    EXPECT_NEXT(c, 2, 0, 0);
    EXPECT_NEXT(c, 1, 0, 0);
    EXPECT_EQ(crib_completed_close(c, 0), CODE_B);
    return RAN;
}

Test(combine_completed, a_body_has_no_failure_but_its_own) { EXPECT_RUN(run_autojump(in_its_place, NULL)); }
