/* crib_completed: the order of the ends, the limit, failures as results, closing early, cancels, misuse. */
#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

TestSuite(combine_completed, .init = listen_to_messages, .timeout = 20);

#define COUNT 5

/* libuv's code, without its header. */
#define CODE_ECANCELED (-ECANCELED)

static struct job jobs[COUNT];
static crib_work works[COUNT];

static void set_up(const struct job *from) {
    memcpy(jobs, from, sizeof jobs);
    jobs_works(works, jobs, COUNT);
    jobs_begin();
}

static const struct job mixed_jobs[COUNT] = {{.ms = 300, .value = 1},
                                             {.ms = 100, .value = 2},
                                             {.ms = 200, .code = CODE_A, .value = 3},
                                             {.ms = 0, .value = 4},
                                             {.ms = 150, .code = 3}};

/* Takes the next result and expects it to be this one. */
static void expect_next(int line, crib_completed *c, int index, int value, int code) {
    crib_value v;
    crib_error *e;
    expect_eq(line, "the index", crib_completed_next(c, &v, &e), index);
    expect_eq(line, "the value", value_number(v), value);
    expect_eq(line, "the code", crib_error_code(e), code);
    crib_value_drop(v);
    crib_unref(e);
}
#define EXPECT_NEXT(c, index, value, code) expect_next(__LINE__, c, index, value, code)

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

Test(combine_completed, a_cancel_from_outside_reaches_all) { EXPECT_RUN(run_autojump(under_timeout, NULL)); }

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

Test(combine_completed, a_failure_goes_on_beside_the_cancel) { EXPECT_RUN(run_autojump(with_failure, NULL)); }

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

Test(combine_completed, a_shielded_consumer_gets_all_of_them) { EXPECT_RUN(run_autojump(shielded, NULL)); }

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

Test(combine_completed, a_body_cancelled_by_itself_says_so) { EXPECT_RUN(run_autojump(alone, NULL)); }

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

Test(combine_completed, an_open_that_is_refused_poisons_the_block_around) { EXPECT_RUN(run_autojump(refused, NULL)); }

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

Test(combine_completed, it_belongs_to_the_task_that_opened_it) { EXPECT_RUN(run_autojump(with_intruder, NULL)); }

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

Test(combine_completed, blocks_closed_in_the_wrong_order_are_misuse) { EXPECT_RUN(run_autojump(wrong_order, NULL)); }

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

Test(combine_completed, it_is_for_fibers) {
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

Test(combine_completed, a_stackless_task_runs_it_by_a_call) {
    struct strand s = {.run = strand};
    EXPECT_RUN_RETURNS(strand_run(&s), 0);
}
