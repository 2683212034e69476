/* Graceful cancel: the state that scopes and tasks are in or are born in, what tells of it, and who absorbs it. */
#include "support/run.h"
#include "support/workers.h"

TestSuite(graceful, .timeout = 30);

/* --- rule 6: born in that state ------------------------------------------------------------------- */

static int opens_after_a_drain(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *inside;
    int rc;
    bool caught;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    inside = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_state(inside), CRIB_SCOPE_SOFT);
    EXPECT(!crib_scope_cancel_called(inside));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    inside = region_open(NULL, 0, 1);
    rc = crib_checkpoint_if_cancelled();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inside, rc, &caught), 0);
    EXPECT(caught);
    inside = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_remaining_grace(inside), CRIB_SECONDS(1));
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_state(inside), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

static int opens_after_an_interrupt(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *inside;
    int rc;
    bool caught;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    inside = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_checkpoint_if_cancelled();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inside, rc, &caught), CRIB_ECANCELLED);
    EXPECT(!caught);
    inside = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_state(inside), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_state(inside), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    inside = region_open(NULL, SHIELD_SOFT, 0); /* too late */
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule6_scopes_opened_after_the_soft_cancel_are_born_in_its_state) {
    EXPECT_RUN(run_autojump(opens_after_a_drain, NULL));
    EXPECT_RUN(run_autojump(opens_after_an_interrupt, NULL));
}

struct births {
    int mode;
    const void *stackless;
    struct worker workers[4];
};

/* Into a nursery that was there before, and into one that was opened after the soft cancel. */
static int starts_after(void *arg) {
    struct births *b = arg;
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *before = crib_nursery_open(), *after;
    int rc;
    story_begin();
    EXPECT_EQ(crib_scope_cancel_soft(scope, b->mode, CRIB_SECONDS(3), NULL), 0);
    after = crib_nursery_open();
    EXPECT_EQ(worker_start(before, &b->workers[0], b->stackless), 0);
    EXPECT_EQ(worker_start(before, &b->workers[1], b->stackless), 0);
    EXPECT_EQ(worker_start(after, &b->workers[2], b->stackless), 0);
    EXPECT_EQ(worker_start(after, &b->workers[3], b->stackless), 0);
    rc = crib_nursery_close(after, 0);
    rc = crib_nursery_close(before, rc);
    story_at("closed");
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    return RAN;
}

static void check_births(struct births b, const char *log) {
    EXPECT_RUN(run_autojump(starts_after, &b));
    cr_assert_str_eq(story_text, log);
    b.stackless = STACKLESS;
    EXPECT_RUN(run_autojump(starts_after, &b));
    cr_assert_str_eq(story_text, log);
}

Test(graceful, rule6_tasks_started_after_the_soft_cancel_are_born_in_its_state) {
    struct births b = {.mode = CRIB_SOFT_DRAIN};
    b.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1};
    b.workers[1] = (struct worker){.name = "busy", .ms = 1000};
    b.workers[2] = (struct worker){.name = "read", .graceful = 1, .ms = -1};
    b.workers[3] = (struct worker){.name = "work", .ms = -1};
    check_births(b, "idle!@0 read!@0 busy@1000 work!@3000 closed@3000");
    b.mode = CRIB_SOFT_INTERRUPT;
    b.workers[0] = (struct worker){.name = "busy", .ms = -1, .cleanup = 1000};
    b.workers[1] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 2000};
    b.workers[2] = (struct worker){.name = "work", .ms = -1, .cleanup = 9000};
    b.workers[3] = (struct worker){.name = "full", .shield = SHIELD_FULL, .ms = 4000};
    check_births(b, "busy!@0 work!@0 busy+@1000 soft@2000 work-@3000 full@4000 closed@4000");
}

/* Moved into a nursery that was drained meanwhile: its graceful regions end inside started. */
static int moves_into_a_drain(void *target) {
    crib_scope *region = region_open(NULL, 0, 1);
    int64_t begun = crib_now();
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_state(crib_nursery_scope(target)), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_task_started(crib_value_int(0)), 0);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(region, CRIB_ECANCELLED, NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(3));
    story_at("moved");
    return 0;
}

/* Moved into one that was interrupted meanwhile, behind a soft shield. */
static int moves_into_an_interrupt(void *target) {
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    int64_t begun = crib_now();
    int rc;
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_state(crib_nursery_scope(target)), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_task_started(crib_value_int(0)), 0);
    EXPECT(crib_task_parent_nursery(crib_task_current()) == target);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(3));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    rc = crib_checkpoint();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    story_at("moved");
    return rc;
}

static int starts_one_for_a_drain(void *target) {
    EXPECT_EQ(crib_nursery_start(target, "moves", moves_into_a_drain, target, NULL, NULL), 0);
    story_at("started");
    return 0;
}

static int starts_one_for_an_interrupt(void *target) {
    EXPECT_EQ(crib_nursery_start(target, "moves", moves_into_an_interrupt, target, NULL, NULL), 0);
    story_at("started");
    return 0;
}

static int start_during_a_soft_cancel(void *arg) {
    const int mode = *(int *)arg;
    const crib_body_fn starter = mode == CRIB_SOFT_DRAIN ? starts_one_for_a_drain : starts_one_for_an_interrupt;
    crib_nursery *starters = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    story_begin();
    EXPECT_EQ(crib_nursery_start_soon(starters, "starter", starter, target, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_scope_cancel_soft(crib_nursery_scope(target), mode, CRIB_SECONDS(3), NULL), 0);
    EXPECT_EQ(crib_nursery_close(target, 0), 0);
    EXPECT_EQ(crib_nursery_close(starters, 0), 0);
    return RAN;
}

Test(graceful, rule6_a_child_moved_into_a_softly_cancelled_nursery_is_in_its_state) {
    int mode = CRIB_SOFT_DRAIN;
    EXPECT_RUN(run_autojump(start_during_a_soft_cancel, &mode));
    cr_assert_str_eq(story_text, "started@1000 moved@2000");
    mode = CRIB_SOFT_INTERRUPT;
    EXPECT_RUN(run_autojump(start_during_a_soft_cancel, &mode));
    cr_assert_str_eq(story_text, "started@1000 moved@2000");
}

/* --- rule 7: deadlines and queries ---------------------------------------------------------------- */

static int effective_deadlines(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *inside;
    int64_t begun = crib_now(), hard = begun + CRIB_SECONDS(2);
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), hard); /* it may go on until then */
    inside = region_open(NULL, 0, 1);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    inside = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), hard);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(9), NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), hard);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    inside = region_open(NULL, SHIELD_FULL, 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(5)), 0);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    inside = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_close(inside, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule7_the_effective_deadline_is_the_hard_time_or_already_over) {
    EXPECT_RUN(run_autojump(effective_deadlines, NULL));
}

/* The time until which code behind a soft shield may go on, before and after the deadline was noticed, late. */
static int expires_late(void *arg) {
    crib_scope_options options = scope_defaults();
    int64_t begun = crib_now(), hard;
    crib_scope *scope, *shield;
    (void)arg;
    options.timeout = CRIB_SECONDS(1);
    options.grace = CRIB_SECONDS(10);
    scope = crib_scope_open(&options);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(1));
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_current_effective_deadline(), begun + CRIB_SECONDS(11));
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(5)), 0); /* time spent computing */
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_SOFT);
    hard = crib_now() + crib_scope_remaining_grace(shield);
    EXPECT_EQ(hard, begun + CRIB_SECONDS(15));
    EXPECT_EQ(crib_current_effective_deadline(), hard);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), hard);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule7_after_a_deadline_noticed_late_the_effective_deadline_is_the_hard_time) {
    EXPECT_RUN(run_autojump(expires_late, NULL));
}

/* A deadline moved to before all time is no deadline that never comes. */
static int expires_at_once(void *arg) {
    crib_scope_options options = scope_defaults();
    crib_scope *scope, *shield;
    (void)arg;
    options.grace = CRIB_SECONDS(10);
    scope = crib_scope_open(&options);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_set_deadline(scope, CRIB_EXPIRED), 0);
    EXPECT(crib_current_effective_deadline() < crib_now());
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_current_effective_deadline(), crib_now() + CRIB_SECONDS(10));
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule7_a_deadline_that_has_always_passed_is_the_effective_one) {
    EXPECT_RUN(run_autojump(expires_at_once, NULL));
}

static int states(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    (void)arg;
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_scope_remaining_grace(scope), CRIB_FOREVER);
    EXPECT(!crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_remaining_grace(scope), CRIB_SECONDS(2));
    EXPECT(crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_scope_state(shield), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_scope_remaining_grace(shield), CRIB_SECONDS(2));
    EXPECT_EQ(crib_sleep(CRIB_MS(1500)), 0);
    EXPECT_EQ(crib_scope_remaining_grace(shield), CRIB_MS(500));
    EXPECT_EQ(crib_clock_jump(CRIB_MS(200)), 0);
    EXPECT_EQ(crib_scope_remaining_grace(scope), CRIB_MS(300));
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_state(shield), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_remaining_grace(scope), 0);
    EXPECT_EQ(crib_scope_remaining_grace(shield), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CLOSED);
    EXPECT_EQ(crib_scope_remaining_grace(scope), CRIB_FOREVER);
    EXPECT(!crib_scope_cancel_called(scope));
    return RAN;
}

Test(graceful, rule7_a_scope_is_open_then_soft_then_cancelled_then_closed) { EXPECT_RUN(run_autojump(states, NULL)); }

static void told(void *word) { story_at(word); }

static int tells(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region, *shield;
    (void)arg;
    story_begin();
    EXPECT_EQ(crib_scope_on_cancel(scope, told, "plain", NULL), 0);
    region = region_open(NULL, 0, 1);
    EXPECT_EQ(crib_scope_on_cancel(region, told, "graceful", NULL), 0);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_on_cancel(shield, told, "shielded", NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(3), NULL), 0);
    EXPECT_STR(story_text, "graceful@1000");
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(3), NULL), 0);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_STR(story_text, "graceful@1000 plain@2000 shielded@4000");
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(region, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule7_on_cancel_tells_once_when_cancel_points_begin_to_fail) { EXPECT_RUN(run_autojump(tells, NULL)); }

/* --- rule 8: reasons ------------------------------------------------------------------------------ */

static int cancels_softly(void *scope) {
    return crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), "maintenance");
}

static void reads_the_reason(crib_scope *scope) {
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_EXPLICIT);
    EXPECT_STR(crib_scope_reason(scope), "maintenance");
}

/* And that of an error that leaves the scope. */
static void reads_all_of_it(crib_scope *scope) {
    crib_error *error = crib_error_cancelled(scope);
    reads_the_reason(scope);
    EXPECT_HAS(crib_error_message(error), "explicit");
    EXPECT_HAS(crib_error_message(error), "maintenance");
    EXPECT_HAS(crib_error_message(error), "operator");
    crib_unref(error);
}

static int keeps_the_reason(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "operator", cancels_softly, scope, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_SOFT);
    reads_the_reason(scope);
    reads_all_of_it(region);
    if (arg != NULL) {
        EXPECT_EQ(crib_scope_cancel(scope, "another reason"), 0);
    } else {
        crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
        EXPECT_STR(crib_scope_reason(shield), NULL); /* it sees no cancel yet */
        EXPECT_EQ(crib_scope_source(shield), CRIB_SOURCE_NONE);
        EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
        reads_all_of_it(shield);
        EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    }
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    reads_all_of_it(scope);
    reads_all_of_it(region);
    EXPECT_EQ(crib_scope_close(region, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule8_source_reason_and_canceller_survive_from_soft_to_hard) {
    EXPECT_RUN(run_autojump(keeps_the_reason, NULL));
    EXPECT_RUN(run_autojump(keeps_the_reason, "by a hard cancel"));
}

/* --- rule 9: absorption --------------------------------------------------------------------------- */

static int drained_regions(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *outer = region_open(NULL, 0, 1);
    crib_scope *inner = region_open(NULL, 0, 1);
    bool caught;
    int rc;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    rc = crib_checkpoint();
    rc = crib_scope_close(inner, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(outer, rc, &caught), 0);
    EXPECT(caught);
    outer = region_open(NULL, 0, 1);
    EXPECT_EQ(crib_scope_close(outer, 0, &caught), 0); /* no checkpoint, nothing to absorb */
    EXPECT(!caught);
    outer = region_open(NULL, 0, 1);
    EXPECT_EQ(crib_scope_close(outer, CODE_A, &caught), CODE_A); /* failures pass */
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), 0);
    EXPECT(!caught);
    return RAN;
}

Test(graceful, rule9_the_outermost_graceful_scope_absorbs_the_drain_it_let_in) {
    EXPECT_RUN(run_autojump(drained_regions, NULL));
}

static int interrupted_region(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    bool caught;
    int rc;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_scope_close(shield, crib_checkpoint(), &caught), 0);
    rc = crib_checkpoint();
    rc = crib_scope_close(region, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    shield = region_open(NULL, SHIELD_SOFT, 0);
    rc = crib_scope_close(shield, rc, &caught); /* carried through, not its own */
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(graceful, rule9_an_interrupt_is_absorbed_by_the_scope_that_was_cancelled) {
    EXPECT_RUN(run_autojump(interrupted_region, NULL));
}

/* What decides is the state at the close: the drain that the region let in is hard by then. */
static int drained_then_hard(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *region = region_open(NULL, 0, 1);
    crib_scope *shield;
    bool caught;
    int rc;
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    rc = crib_checkpoint();
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    rc = crib_scope_close(region, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(graceful, rule9_a_drain_that_became_hard_is_absorbed_by_the_scope_that_was_cancelled) {
    EXPECT_RUN(run_autojump(drained_then_hard, NULL));
}

static int times_out_gracefully(void *arg) {
    crib_scope_options options = scope_defaults();
    crib_scope *outer = crib_scope_open(NULL), *timeout;
    bool caught;
    int rc;
    options.timeout = CRIB_SECONDS(1);
    options.grace = *(int64_t *)arg;
    options.fail = 1;
    EXPECT_EQ(crib_scope_cancel_soft(outer, CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    timeout = crib_scope_open(&options);
    rc = crib_sleep_forever();
    EXPECT_EQ(crib_scope_close(timeout, rc, &caught), CRIB_ETOOSLOW);
    EXPECT(caught);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(graceful, rule9_a_failing_timeout_with_a_grace_is_too_slow_in_a_drained_scope_too) {
    int64_t grace = CRIB_SECONDS(3);
    EXPECT_RUN(run_autojump(times_out_gracefully, &grace));
    grace = 0;
    EXPECT_RUN(run_autojump(times_out_gracefully, &grace));
}
