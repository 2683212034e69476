/* crib_completed: cancels, misuse, a stackless caller. */
#include "capi/completed.h"

TestSuite(combine_completed_ends, .init = listen_to_messages, .timeout = 20);

/* --- cancels ---------------------------------------------------------------------------------- */

static int under_timeout(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(120));
    crib_completed *c;
    int rc;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 2);
    EXPECT_NEXT(c, 1, 2, 0);
    EXPECT_NEXT(c, CRIB_ECANCELLED, 0, 0);
    rc = crib_completed_next(c, NULL, NULL);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    rc = crib_completed_close(c, rc);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_LOG("2@100 1!@120 3!@120");
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

Test(combine_completed_ends, a_cancel_from_outside_reaches_all) { EXPECT_RUN(run_autojump(under_timeout, NULL)); }

static int with_failure(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(120));
    crib_completed *c;
    crib_error *tree;
    int rc;
    (void)unused;
    set_up(mixed_jobs);
    jobs[0].on_cancel = CODE_A;
    c = crib_completed_open(works, COUNT, 0);
    EXPECT_NEXT(c, 3, 4, 0);
    rc = crib_completed_close(c, crib_sleep_forever());
    EXPECT_EQ(rc, CODE_A);
    tree = crib_error_current();
    EXPECT(crib_error_find(tree, CODE_A) != NULL && crib_error_find(tree, CRIB_ECANCELLED) != NULL);
    rc = crib_scope_close(scope, rc, NULL);
    EXPECT_EQ(rc, CODE_A);
    EXPECT(crib_error_find(crib_error_current(), CRIB_ECANCELLED) == NULL);
    return RAN;
}

Test(combine_completed_ends, a_failure_goes_on_beside_the_cancel) { EXPECT_RUN(run_autojump(with_failure, NULL)); }

static int shielded(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(120)), *shield;
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 4);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    shield = shielded_scope();
    EXPECT_NEXT(c, 3, 4, 0);
    EXPECT_NEXT(c, 1, 2, 0);
    EXPECT_NEXT(c, 0, 1, CRIB_ECANCELLED);
    EXPECT_NEXT(c, 2, 3, CRIB_ECANCELLED);
    EXPECT_NEXT(c, 4, 0, CRIB_ECANCELLED);
    EXPECT_NEXT(c, CRIB_EENDOFCHANNEL, 0, 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, crib_completed_close(c, 0), NULL), 0);
    return RAN;
}

Test(combine_completed_ends, a_shielded_consumer_gets_all_of_them) { EXPECT_RUN(run_autojump(shielded, NULL)); }

static int cancels_itself(void *unused) {
    (void)unused;
    crib_task_cancel(crib_task_current(), "no more");
    return crib_checkpoint();
}

static int alone(void *unused) {
    crib_work two[2] = {{"a", cancels_itself, NULL, NULL}, {"b", cancels_itself, NULL, NULL}};
    crib_completed *c = crib_completed_open(two, 2, 0);
    (void)unused;
    EXPECT_NEXT(c, 0, 0, CODE_ECANCELED);
    EXPECT_EQ(crib_completed_close(c, 0), 0); /* a task cancelled by itself fails no nursery */
    return RAN;
}

Test(combine_completed_ends, a_body_cancelled_by_itself_says_so) { EXPECT_RUN(run_autojump(alone, NULL)); }

/* --- misuse ----------------------------------------------------------------------------------- */

static int refused(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_FOREVER);
    (void)unused;
    set_up(mixed_jobs);
    works[2].body = NULL;
    EXPECT(crib_completed_open(works, COUNT, 0) == NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    scope = crib_move_on_after(CRIB_FOREVER);
    EXPECT(crib_completed_open(NULL, 1, 0) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_completed_next(NULL, NULL, NULL), "crib_completed_next", "main");
    EXPECT_MISUSE(crib_completed_close(NULL, 0), "crib_completed_close", "main");
    return RAN;
}

Test(combine_completed_ends, an_open_that_is_refused_poisons_the_block_around) {
    EXPECT_RUN(run_autojump(refused, NULL));
}

static int intrudes(void *stream) {
    EXPECT_EQ(crib_completed_next(stream, NULL, NULL), CRIB_EBUSY);
    EXPECT_MISUSE(crib_completed_close(stream, 0), "crib_completed_close", "intruder");
    return 0;
}

static int with_intruder(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, 1, 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "intruder", intrudes, c, NULL), 0);
    EXPECT_NEXT(c, 0, 1, 0);
    EXPECT_EQ(crib_completed_close(c, 0), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(combine_completed_ends, it_belongs_to_the_task_that_opened_it) { EXPECT_RUN(run_autojump(with_intruder, NULL)); }

static int waits_outside(void *stream) {
    int rc;
    do {
        rc = crib_completed_next(stream, NULL, NULL);
    } while (rc >= 0);
    return rc == CRIB_ECLOSED ? 0 : rc;
}

static int closed_meanwhile(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 2);
    EXPECT_EQ(crib_nursery_start_soon(n, "outsider", waits_outside, c, NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(10)), 0);
    EXPECT_EQ(crib_completed_close(c, 0), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

/* Strict, so that it yields between the results that the close brings about. */
Test(combine_completed_ends, who_waits_when_it_is_closed_is_told) { EXPECT_RUN(run_strict(closed_meanwhile, NULL)); }

static int wrong_order(void *unused) {
    crib_scope *outer = crib_move_on_after(CRIB_FOREVER);
    crib_completed *c;
    (void)unused;
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 2);
    EXPECT_NEXT(c, 1, 2, 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), CRIB_EMISUSE);
    EXPECT_SAID("crib_scope_close", "main");
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_MISUSE(crib_completed_close(c, 0), "crib_completed_close", "main");
    EXPECT_EQ(counted_drops, 3);
    set_up(mixed_jobs);
    c = crib_completed_open(works, COUNT, 2);
    crib_move_on_after(CRIB_FOREVER); /* left open */
    EXPECT_EQ(crib_completed_close(c, 0), CRIB_EMISUSE);
    EXPECT_SAID("crib_nursery_close", "main");
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(combine_completed_ends, blocks_closed_in_the_wrong_order_are_misuse) {
    EXPECT_RUN(run_autojump(wrong_order, NULL));
}

static void flat(crib_task *self, void *unused) {
    (void)self;
    (void)unused;
    set_up(mixed_jobs);
    EXPECT(crib_completed_open(works, COUNT, 0) == NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_EQ(crib_completed_next(NULL, NULL, NULL), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_completed_close(NULL, 0), CRIB_ENOTFIBER);
    EXPECT_QUIET();
}

Test(combine_completed_ends, it_is_for_fibers) {
    set_up(mixed_jobs);
    EXPECT_NO_HANDLE(crib_completed_open(works, COUNT, 0), "crib_completed_open", NULL);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    EXPECT_MISUSE(crib_completed_next(NULL, NULL, NULL), "crib_completed_next", NULL);
    EXPECT_MISUSE(crib_completed_close(NULL, 0), "crib_completed_close", NULL);
    in_stackless_task(flat, NULL);
    EXPECT_LOG("");
    EXPECT_NOTHING_UNEXPECTED();
}

static int streams(void *unused) {
    crib_completed *c = crib_completed_open(works, COUNT, 2);
    int rc, sum = 0;
    (void)unused;
    while ((rc = crib_completed_next(c, NULL, NULL)) >= 0) sum += rc;
    return crib_completed_close(c, rc == CRIB_EENDOFCHANNEL ? sum : rc);
}

static void strand(struct strand *s) {
    STRAND(s)
    set_up(mixed_jobs);
    AWAIT(s, crib_begin_call(s->op, streams, NULL, NULL));
    EXPECT_EQ(s->status, 10);
    EXPECT_EQ(jobs_destroyed(jobs, COUNT), COUNT);
    strand_exit(s, NULL);
    STRAND_END
}

Test(combine_completed_ends, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
