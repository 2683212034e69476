/* Graceful cancel in the scopes of a stackless task; graceful_rules_test.c and the others have stackless children. */
#include "support/strand.h"
#include "support/workers.h"

TestSuite(graceful_stackless, .timeout = 30);

static crib_scope *outer, *region, *shield;
static int64_t begun;
static int rounds;

static crib_scope *open_in(struct strand *s, crib_scope *parent, int32_t kind, int32_t graceful) {
    crib_scope *scope = region_open(parent != NULL ? parent : crib_task_scope(s->task), kind, graceful);
    EXPECT_EQ(crib_op_set_scope(s->op, scope), 0);
    return scope;
}

/* Closes a scope with the result of the last operation inside, or without an error; the code that goes on. */
static int close_with(crib_scope *scope, int status, bool *caught) {
    crib_error *error = status == CRIB_ECANCELLED ? crib_error_cancelled(scope) : NULL;
    int code;
    error = crib_scope_close_error(scope, error, caught);
    code = crib_error_code(error);
    crib_unref(error);
    return code;
}

static int run_strand(void (*run)(struct strand *s)) {
    struct strand s = {.run = run};
    begun = 0;
    rounds = 0;
    return strand_run(&s);
}

/* --- rule 1 --------------------------------------------------------------------------------------- */

static void works_until_the_hard_time(struct strand *s) {
    STRAND(s)
    begun = crib_now();
    outer = open_in(s, NULL, 0, 0);
    region = open_in(s, outer, 0, 0);
    EXPECT_EQ(crib_scope_cancel_soft(region, CRIB_SOFT_DRAIN, CRIB_SECONDS(3), NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(crib_scope_remaining_grace(region), CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_cancel_soft(region, CRIB_SOFT_DRAIN, CRIB_SECONDS(9), NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(region), CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_SECONDS(1), NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(region), CRIB_SECONDS(1));
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_state(region), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(close_with(region, s->status, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(close_with(outer, s->status, NULL), 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule1_the_earliest_hard_time_counts) {
    EXPECT_RUN_RETURNS(run_strand(works_until_the_hard_time), 0);
}

static void times_out_softly(struct strand *s) {
    crib_scope_options options = scope_defaults();
    bool caught = false;
    STRAND(s)
    begun = crib_now();
    options.parent = crib_task_scope(s->task);
    options.timeout = CRIB_SECONDS(1);
    options.grace = CRIB_SECONDS(2);
    outer = crib_scope_open(&options);
    EXPECT_EQ(crib_op_set_scope(s->op, outer), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_state(outer), CRIB_SCOPE_SOFT);
    shield = open_in(s, outer, SHIELD_SOFT, 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(3));
    EXPECT_EQ(crib_scope_source(outer), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(close_with(shield, s->status, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(close_with(outer, s->status, &caught), 0);
    EXPECT(caught);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule1_a_deadline_cancels_softly_if_its_scope_has_a_grace) {
    EXPECT_RUN_RETURNS(run_strand(times_out_softly), 0);
}

/* --- rule 2 --------------------------------------------------------------------------------------- */

static crib_sender *tx;
static crib_receiver *rx;

static void fails_until_closed(struct strand *s) {
    bool caught = true;
    STRAND(s)
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    outer = open_in(s, NULL, 0, 0);
    region = open_in(s, outer, 0, 1);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    for (rounds = 0; rounds < 3; ++rounds) {
        AWAIT(s, crib_begin_checkpoint(s->op));
        EXPECT_EQ(s->status, CRIB_ECANCELLED);
        EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
        EXPECT_EQ(crib_begin_sleep(s->op, 0), CRIB_ECANCELLED);
        EXPECT_EQ(crib_begin_send(s->op, tx, crib_value_int(1)), CRIB_ECANCELLED);
        EXPECT_EQ(crib_begin_receive(s->op, rx).status, CRIB_ECANCELLED);
    }
    EXPECT_EQ(close_with(region, 0, &caught), 0);
    EXPECT(!caught);
    AWAIT(s, crib_begin_send(s->op, tx, crib_value_int(1)));
    EXPECT_EQ(s->status, 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(close_with(outer, 0, NULL), 0);
    crib_unref(tx);
    crib_unref(rx);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule2_every_checkpoint_of_a_graceful_region_fails_until_it_is_closed) {
    EXPECT_RUN_RETURNS(run_strand(fails_until_closed), 0);
}

/* Two slots of one task, in regions beside each other: the drain ends the one and not the other. */
static crib_op *reader;

static void waits_in_two_regions(struct strand *s) {
    crib_result result;
    STRAND(s)
    begun = crib_now();
    outer = open_in(s, NULL, 0, 0);
    region = region_open(outer, 0, 1);
    shield = region_open(outer, SHIELD_SOFT, 1);
    reader = crib_op_new(s->task, region);
    EXPECT_EQ(crib_begin_sleep(reader, CRIB_FOREVER), CRIB_PENDING);
    EXPECT_EQ(crib_op_set_scope(s->op, shield), 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(2));
    EXPECT_EQ(crib_op_take(reader, &result), 0);
    EXPECT_EQ(result.status, CRIB_ECANCELLED);
    crib_op_free(reader);
    EXPECT_EQ(close_with(region, 0, NULL), 0);
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    EXPECT_EQ(close_with(outer, s->status, NULL), 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule2_a_drain_ends_the_waits_of_graceful_siblings_only) {
    EXPECT_RUN_RETURNS(run_strand(waits_in_two_regions), 0);
}

/* --- rules 3, 4 and 5 ----------------------------------------------------------------------------- */

static void shields_in_turn(struct strand *s) {
    STRAND(s)
    begun = crib_now();
    outer = open_in(s, NULL, 0, 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(1), NULL), 0);
    EXPECT_EQ(crib_begin_sleep(s->op, 1), CRIB_ECANCELLED);
    shield = open_in(s, outer, SHIELD_SOFT, 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(600)));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    shield = open_in(s, outer, SHIELD_SOFT, 0);
    region = open_in(s, shield, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_remaining_grace(region), CRIB_MS(400));
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(600)));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(1));
    EXPECT_EQ(close_with(region, 0, NULL), 0);
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    shield = open_in(s, outer, SHIELD_FULL, 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(5)));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    EXPECT_EQ(close_with(outer, 0, NULL), 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule5_soft_shields_share_one_grace_and_full_ones_need_none) {
    EXPECT_RUN_RETURNS(run_strand(shields_in_turn), 0);
}

static int hard_canceller(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(CRIB_MS(500)), 0);
    return crib_scope_cancel(outer, NULL);
}

static void cancelled_hard_meanwhile(struct strand *s) {
    STRAND(s)
    begun = crib_now();
    outer = open_in(s, NULL, 0, 0);
    shield = open_in(s, outer, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(9), NULL), 0);
    s->nursery = strand_nursery(s);
    EXPECT_EQ(crib_nursery_start_soon(s->nursery, "canceller", hard_canceller, NULL, NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_MS(500));
    EXPECT_EQ(close_with(shield, s->status, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(close_with(outer, s->status, NULL), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    EXPECT_EQ(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule4_a_cancel_during_the_grace_is_hard_now) {
    EXPECT_RUN_RETURNS(run_strand(cancelled_hard_meanwhile), 0);
}

static struct worker tidy, fails;

static void nursery_with_a_grace(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options, .grace = CRIB_SECONDS(2)};
    STRAND(s)
    story_begin();
    options.parent = crib_task_scope(s->task);
    s->nursery = crib_nursery_open_with(&options);
    tidy = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    fails = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    EXPECT_EQ(worker_start(s->nursery, &tidy, STACKLESS), 0);
    EXPECT_EQ(worker_start(s->nursery, &fails, STACKLESS), 0);
    shield = open_in(s, crib_nursery_scope(s->nursery), SHIELD_SOFT, 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER)); /* the body's own cleanup */
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    story_at("body");
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    EXPECT_EQ(crib_op_set_scope(s->op, NULL), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, crib_error_cancelled(crib_nursery_scope(s->nursery))));
    EXPECT_EQ(s->status, E_ONE);
    EXPECT(crib_error_find(s->error, CRIB_ECANCELLED) == NULL);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(graceful_stackless, rule4_a_nursery_with_a_grace_cancels_softly) {
    EXPECT_RUN_RETURNS(run_strand(nursery_with_a_grace), E_ONE);
    cr_assert_str_eq(story_text, "fails@1000 tidy!@1000 tidy+@1500 body@3000");
}

static void body_interrupted(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options};
    bool caught = false;
    STRAND(s)
    story_begin();
    outer = open_in(s, NULL, 0, 0);
    options.parent = outer;
    s->nursery = crib_nursery_open_with(&options);
    tidy = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    EXPECT_EQ(worker_start(s->nursery, &tidy, STACKLESS), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_op_set_scope(s->op, NULL), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, crib_error_cancelled(crib_nursery_scope(s->nursery))));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    s->error = crib_scope_close_error(outer, s->error, &caught);
    EXPECT(caught);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(graceful_stackless, rule9_a_soft_cancelled_body_leaves_the_children_their_grace) {
    EXPECT_RUN_RETURNS(run_strand(body_interrupted), 0);
    cr_assert_str_eq(story_text, "tidy!@1000 tidy+@1500");
}

/* --- rules 6 and 7 -------------------------------------------------------------------------------- */

static void born_later(struct strand *s) {
    STRAND(s)
    begun = crib_now();
    outer = open_in(s, NULL, 0, 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(2));
    region = open_in(s, outer, 0, 1);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_begin_sleep(s->op, 1), CRIB_ECANCELLED);
    shield = open_in(s, region, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_state(shield), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(2));
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(2));
    EXPECT_EQ(close_with(shield, 0, NULL), 0);
    EXPECT_EQ(close_with(region, 0, NULL), 0);
    region = open_in(s, outer, 0, 1);
    EXPECT_EQ(crib_scope_state(region), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(close_with(region, 0, NULL), 0);
    EXPECT_EQ(close_with(outer, 0, NULL), 0);
    EXPECT_EQ(crib_scope_state(outer), CRIB_SCOPE_CLOSED);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule6_scopes_opened_after_the_soft_cancel_are_born_in_its_state) {
    EXPECT_RUN_RETURNS(run_strand(born_later), 0);
}

/* --- rule 9 and S3.13 ----------------------------------------------------------------------------- */

static void absorbs_what_it_let_in(struct strand *s) {
    bool caught = true;
    STRAND(s)
    outer = open_in(s, NULL, 0, 0);
    region = open_in(s, outer, 0, 1);
    shield = open_in(s, region, 0, 1);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    AWAIT(s, crib_begin_checkpoint(s->op));
    EXPECT_EQ(close_with(shield, s->status, &caught), CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(close_with(region, s->status, &caught), 0);
    EXPECT(caught);
    region = open_in(s, outer, 0, 1);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    AWAIT(s, crib_begin_checkpoint(s->op));
    EXPECT_EQ(close_with(region, s->status, &caught), CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(close_with(outer, s->status, &caught), 0);
    EXPECT(caught);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, rule9_a_graceful_scope_absorbs_a_drain_and_passes_an_interrupt) {
    EXPECT_RUN_RETURNS(run_strand(absorbs_what_it_let_in), 0);
}

static void graceful_then_hard(struct strand *s) {
    bool caught = false;
    STRAND(s)
    outer = open_in(s, NULL, 0, 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_SECONDS(9), NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(s->status, 0);
    EXPECT_EQ(crib_scope_cancel(outer, NULL), 0);
    EXPECT_EQ(crib_begin_sleep(s->op, CRIB_SECONDS(1)), CRIB_ECANCELLED);
    EXPECT_EQ(close_with(outer, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    strand_exit(s, NULL);
    STRAND_END
}

Test(graceful_stackless, s3_13_a_graceful_cancel_lets_what_was_begun_end_and_a_hard_one_does_not_stackless) {
    EXPECT_RUN_RETURNS(run_strand(graceful_then_hard), 0);
}
