/* Graceful cancel, rule by rule: what a soft cancel ends, and when it becomes hard. Each drill is done by fibers and
 * again by stackless tasks; graceful_stackless_test.c has the scopes of stackless tasks. */
#include "support/run.h"
#include "support/workers.h"

TestSuite(graceful, .timeout = 30);

#define WORKERS 5

/* Workers in a nursery in a scope that is cancelled softly after 1000 ms. */
struct drill {
    int mode;
    int64_t grace; /* in ms; negative: no hard time */
    void (*later)(struct drill *d);
    int64_t later_ms; /* after the soft cancel */
    struct worker workers[WORKERS];
    const void *stackless;
    crib_scope *scope;
    crib_nursery *nursery;
    bool caught; /* by the scope */
    int seen;
};

static int64_t ns_of(int64_t ms) { return ms < 0 ? CRIB_FOREVER : CRIB_MS(ms); }

static void do_later(struct drill *d) {
    crib_scope *shield = shielded_scope();
    EXPECT_EQ(crib_sleep(CRIB_MS(d->later_ms)), 0);
    d->later(d);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
}

static int run_drill(void *arg) {
    struct drill *d = arg;
    int i, rc;
    d->scope = crib_scope_open(NULL);
    d->nursery = crib_nursery_open();
    story_begin();
    for (i = 0; i < WORKERS && d->workers[i].name != NULL; ++i) {
        EXPECT_EQ(worker_start(d->nursery, &d->workers[i], d->stackless), 0);
    }
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, d->mode, ns_of(d->grace), "maintenance"), 0);
    if (d->later != NULL) do_later(d);
    rc = crib_nursery_close(d->nursery, 0);
    story_at("closed");
    rc = crib_scope_close(d->scope, rc, &d->caught);
    EXPECT_EQ(rc, 0);
    return RAN;
}

/* The log of fibers; that of stackless tasks is the same. Returns the drill as it was left. */
static struct drill check_drill(struct drill d, const char *log) {
    struct drill again = d;
    EXPECT_RUN(run_autojump(run_drill, &d));
    EXPECT_STR(story_text, log);
    again.stackless = STACKLESS;
    EXPECT_RUN(run_autojump(run_drill, &again));
    EXPECT_STR(story_text, log);
    EXPECT_EQ(again.caught, d.caught);
    cr_assert(expect_failures == 0, "%s", expect_report);
    return d;
}

/* --- rule 1: the hard time ---------------------------------------------------------------------- */

Test(graceful, rule1_what_has_not_ended_when_the_grace_is_over_is_cancelled) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = 2000};
    d.workers[0] = (struct worker){.name = "short", .ms = 2500};
    d.workers[1] = (struct worker){.name = "long", .ms = 10000};
    d = check_drill(d, "short@2500 long!@3000 closed@3000");
    cr_assert(d.caught);
}

static void prolongs_the_grace(struct drill *d) {
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(60), NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(d->scope), CRIB_MS(1500));
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(d->scope), CRIB_MS(1500));
}

static void shortens_the_grace(struct drill *d) {
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, CRIB_MS(100), NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(d->scope), CRIB_MS(100));
}

Test(graceful, rule1_a_later_soft_cancel_can_only_move_the_hard_time_earlier) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = 2000, .later = prolongs_the_grace, .later_ms = 500};
    d.workers[0] = (struct worker){.name = "long", .ms = -1};
    check_drill(d, "long!@3000 closed@3000");
    d.later = shortens_the_grace;
    check_drill(d, "long!@1600 closed@1600");
    d.grace = -1;
    check_drill(d, "long!@1600 closed@1600");
}

static int the_earlier_of_two(void *arg) {
    const int64_t *grace = arg; /* of the outer scope, of the inner one */
    const int64_t first = grace[0] < grace[1] ? grace[0] : grace[1];
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    int64_t begun = crib_now();
    int rc;
    EXPECT_EQ(crib_scope_cancel_soft(inner, CRIB_SOFT_DRAIN, grace[1], NULL), 0);
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, grace[0], NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(inner), first);
    EXPECT_EQ(crib_scope_remaining_grace(outer), grace[0]);
    EXPECT_EQ(crib_current_effective_deadline(), begun + first);
    rc = crib_sleep_forever();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + first);
    EXPECT_EQ(crib_scope_state(inner), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_state(outer), grace[0] == first ? CRIB_SCOPE_CANCELLED : CRIB_SCOPE_SOFT);
    rc = crib_scope_close(inner, rc, NULL);
    EXPECT_EQ(rc, grace[0] == first ? CRIB_ECANCELLED : 0);
    EXPECT_EQ(crib_scope_close(outer, rc, NULL), 0);
    return RAN;
}

Test(graceful, rule1_an_outer_scopes_hard_time_counts_where_it_is_earlier) {
    int64_t outer_first[] = {CRIB_SECONDS(3), CRIB_SECONDS(5)};
    int64_t inner_first[] = {CRIB_SECONDS(5), CRIB_SECONDS(3)};
    EXPECT_RUN(run_autojump(the_earlier_of_two, outer_first));
    EXPECT_RUN(run_autojump(the_earlier_of_two, inner_first));
}

static int never_hard(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *shield;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_remaining_grace(shield), CRIB_FOREVER);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1000000)), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule1_a_grace_without_end_never_becomes_hard) { EXPECT_RUN(run_autojump(never_hard, NULL)); }

/* The workers behind a soft shield were told before the call returned. */
static void ends_the_grace(struct drill *d) {
    const crib_task *task;
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, 0, NULL), 0);
    EXPECT_EQ(crib_scope_state(d->scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_remaining_grace(d->scope), 0);
    task = d->workers[0].strand.task;
    if (task != NULL) EXPECT_EQ(crib_task_state(task), CRIB_TASK_READY);
}

Test(graceful, rule1_no_grace_is_a_hard_cancel_at_once) {
    struct drill d = {.mode = CRIB_SOFT_INTERRUPT, .grace = 0};
    d.workers[0] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1, .cleanup = 500};
    check_drill(d, "soft!@1000 soft-@1000 closed@1000");
    d.grace = 9000;
    d.later = ends_the_grace;
    d.later_ms = 500;
    check_drill(d, "soft!@1500 soft-@1500 closed@1500");
}

static int expires(void *arg) {
    crib_scope_options options = scope_defaults();
    int64_t begun = crib_now();
    crib_scope *scope, *shield;
    int rc, cleaned;
    options.timeout = CRIB_SECONDS(1);
    options.grace = *(int64_t *)arg;
    scope = crib_scope_open(&options);
    rc = crib_sleep_forever();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_scope_state(scope), options.grace > 0 ? CRIB_SCOPE_SOFT : CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_remaining_grace(scope), options.grace);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    cleaned = crib_sleep_forever();
    EXPECT_EQ(cleaned, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(1) + options.grace);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_scope_close(shield, cleaned, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

Test(graceful, rule1_a_deadline_cancels_softly_if_its_scope_has_a_grace) {
    int64_t grace = CRIB_SECONDS(2);
    EXPECT_RUN(run_autojump(expires, &grace));
    grace = 0;
    EXPECT_RUN(run_autojump(expires, &grace));
}

static int two_hard_times(void *arg) {
    crib_scope_options options = scope_defaults();
    int64_t begun = crib_now(), ends = *(int64_t *)arg;
    crib_scope *scope, *shield;
    int rc;
    options.timeout = CRIB_SECONDS(1);
    options.grace = CRIB_SECONDS(3);
    scope = crib_scope_open(&options);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, ends, NULL), 0);
    rc = crib_sleep_forever();
    EXPECT_EQ(crib_now(), begun + CRIB_SECONDS(1)); /* the deadline interrupts */
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), begun + (ends < CRIB_SECONDS(4) ? ends : CRIB_SECONDS(4)));
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

Test(graceful, rule1_a_deadline_widens_a_drain_and_prolongs_nothing) {
    int64_t ends = CRIB_SECONDS(2);
    EXPECT_RUN(run_autojump(two_hard_times, &ends));
    ends = CRIB_SECONDS(60);
    EXPECT_RUN(run_autojump(two_hard_times, &ends));
}

/* --- rule 2: what ends at once -------------------------------------------------------------------- */

Test(graceful, rule2_a_drain_ends_what_is_graceful_and_nothing_else) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = 5000};
    d.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1};
    d.workers[1] = (struct worker){.name = "busy", .ms = 2000};
    d.workers[2] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 3000};
    d.workers[3] = (struct worker){.name = "full", .shield = SHIELD_FULL, .ms = 4000};
    d = check_drill(d, "idle!@1000 busy@2000 soft@3000 full@4000 closed@4000");
    cr_assert(d.workers[0].caught);
    cr_assert_not(d.workers[1].caught);
    cr_assert_not(d.caught);
}

Test(graceful, rule2_an_interrupt_ends_everything_but_what_is_shielded) {
    struct drill d = {.mode = CRIB_SOFT_INTERRUPT, .grace = 5000};
    d.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1};
    d.workers[1] = (struct worker){.name = "busy", .ms = 2000};
    d.workers[2] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 3000};
    d.workers[3] = (struct worker){.name = "full", .shield = SHIELD_FULL, .ms = 4000};
    d.workers[4] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    d = check_drill(d, "idle!@1000 busy!@1000 tidy!@1000 tidy+@1500 soft@3000 full@4000 closed@4000");
    cr_assert_not(d.workers[0].caught);
    cr_assert(d.caught);
}

static void interrupts(struct drill *d) {
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
}

static void drains(struct drill *d) {
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
}

Test(graceful, rule2_a_later_soft_cancel_can_only_widen_the_mode) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = -1, .later = interrupts, .later_ms = 500};
    d.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1};
    d.workers[1] = (struct worker){.name = "busy", .ms = -1, .cleanup = 700};
    check_drill(d, "idle!@1000 busy!@1500 busy+@2200 closed@2200");
    d.mode = CRIB_SOFT_INTERRUPT;
    d.later = drains;
    check_drill(d, "idle!@1000 busy!@1000 busy+@1700 closed@1700");
}

static int in_a_graceful_region(void *stackless) {
    struct worker plain = {.name = "plain", .ms = -1}, tidy = {.name = "tidy", .ms = -1, .cleanup = 500};
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_scope *inner = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    EXPECT_EQ(worker_start(n, &plain, stackless), 0);
    EXPECT_EQ(worker_start(n, &tidy, stackless), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(9), NULL), 0);
    rc = crib_sleep_forever();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    rc = crib_nursery_close(n, rc);
    story_at("closed");
    rc = crib_scope_close(inner, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(region, rc, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), 0);
    EXPECT(!caught);
    return RAN;
}

Test(graceful, rule2_inner_scopes_and_children_inherit_being_graceful) {
    EXPECT_RUN(run_autojump(in_a_graceful_region, NULL));
    cr_assert_str_eq(story_text, "plain!@1000 tidy!@1000 tidy+@1500 closed@1500");
    EXPECT_RUN(run_autojump(in_a_graceful_region, STACKLESS));
    cr_assert_str_eq(story_text, "plain!@1000 tidy!@1000 tidy+@1500 closed@1500");
}

static int fails_until_closed(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_sender *tx;
    crib_receiver *rx;
    bool caught;
    int i;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    for (i = 0; i < 3; ++i) {
        EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
        EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
        EXPECT_EQ(crib_sleep(0), CRIB_ECANCELLED);
        EXPECT_EQ(crib_sender_send(tx, crib_value_int(i)), CRIB_ECANCELLED);
        EXPECT_EQ(crib_receiver_receive(rx, NULL), CRIB_ECANCELLED);
        EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    }
    EXPECT_EQ(crib_scope_close(region, 0, &caught), 0);
    EXPECT(!caught);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(7)), 0);
    EXPECT_EQ(crib_receiver_receive(rx, NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(graceful, rule2_every_checkpoint_of_a_graceful_region_fails_until_it_is_closed) {
    EXPECT_RUN(run_autojump(fails_until_closed, NULL));
}

/* A shield hides what comes from outside, also from graceful code; never a cancel of its own scope. */
static int shields_in_and_out(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_scope *shield = region_open(NULL, *(int *)arg, 0);
    crib_scope *inside = region_open(NULL, 0, 1);
    int rc;
    bool caught;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_state(inside), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_scope_cancel_soft(shield, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    rc = crib_checkpoint();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    rc = crib_scope_close(inside, rc, NULL);
    EXPECT_EQ(rc, CRIB_ECANCELLED); /* it is graceful by the region around */
    EXPECT_EQ(crib_scope_close(shield, rc, &caught), 0);
    EXPECT(caught);
    rc = crib_scope_close(region, crib_checkpoint(), NULL);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

Test(graceful, rule2_a_shield_hides_outer_soft_cancels_but_not_its_own) {
    int shield = SHIELD_SOFT;
    EXPECT_RUN(run_autojump(shields_in_and_out, &shield));
    shield = SHIELD_FULL;
    EXPECT_RUN(run_autojump(shields_in_and_out, &shield));
}

/* --- rule 3: the hard time ------------------------------------------------------------------------ */

Test(graceful, rule3_at_the_hard_time_soft_shields_fall_and_full_ones_hold) {
    struct drill d = {.mode = CRIB_SOFT_INTERRUPT, .grace = 2000};
    d.workers[0] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1, .cleanup = 100};
    d.workers[1] = (struct worker){.name = "full", .shield = SHIELD_FULL, .ms = 6000};
    d.workers[2] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 9000};
    d = check_drill(d, "tidy!@1000 soft!@3000 soft-@3000 tidy-@3000 full@6000 closed@6000");
    cr_assert(d.caught);
    d.mode = CRIB_SOFT_DRAIN;
    check_drill(d, "soft!@3000 soft-@3000 tidy!@3000 tidy-@3000 full@6000 closed@6000");
}

/* --- rule 4: a hard cancel ------------------------------------------------------------------------- */

static void cancels(struct drill *d) {
    EXPECT_EQ(crib_scope_cancel(d->scope, "enough"), 0);
    EXPECT_EQ(crib_scope_state(d->scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_remaining_grace(d->scope), 0);
    EXPECT_EQ(crib_scope_cancel_soft(d->scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(9), NULL), 0);
    EXPECT_EQ(crib_scope_state(d->scope), CRIB_SCOPE_CANCELLED);
}

Test(graceful, rule4_a_cancel_during_the_grace_is_hard_now) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = 9000, .later = cancels, .later_ms = 500};
    d.workers[0] = (struct worker){.name = "busy", .ms = -1, .cleanup = 100};
    d.workers[1] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1};
    d.workers[2] = (struct worker){.name = "full", .shield = SHIELD_FULL, .ms = 4000};
    check_drill(d, "busy!@1500 busy-@1500 soft!@1500 full@4000 closed@4000");
}

/* --- rule 5: one grace ------------------------------------------------------------------------------ */

static int shields_in_turn(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    int64_t begun = crib_now(), ends = begun + CRIB_SECONDS(1);
    crib_scope *shield, *nested;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(1), NULL), 0);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), ends);
    EXPECT_EQ(crib_sleep(CRIB_MS(600)), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    nested = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), ends);
    EXPECT_EQ(crib_scope_remaining_grace(nested), CRIB_MS(400));
    EXPECT_EQ(crib_sleep(CRIB_MS(600)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), ends);
    EXPECT_EQ(crib_scope_close(nested, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule5_successive_and_nested_soft_shields_share_one_grace) {
    EXPECT_RUN(run_autojump(shields_in_turn, NULL));
}

/* --- S3.13 ------------------------------------------------------------------------------------------ */

Test(graceful, s3_13_a_graceful_cancel_lets_what_was_begun_end_and_a_hard_one_does_not) {
    struct drill d = {.mode = CRIB_SOFT_DRAIN, .grace = 5000};
    d.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1, .cleanup = 100};
    d.workers[1] = (struct worker){.name = "busy", .ms = 2000, .cleanup = 100};
    check_drill(d, "idle!@1000 idle+@1100 busy@2000 closed@2000");
    d.grace = 0;
    check_drill(d, "idle!@1000 idle-@1000 busy!@1000 busy-@1000 closed@1000");
}
