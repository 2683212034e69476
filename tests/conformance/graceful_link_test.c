/* Graceful cancel that comes by way of a link: from scope to scope, and from a nursery to a child that is still being
 * started for it. Soft stays soft, with the same hard time, and hard follows. */
#include "support/run.h"
#include "support/workers.h"

TestSuite(graceful, .timeout = 30);

/* --- scopes --------------------------------------------------------------------------------------- */

struct pair {
    crib_scope *source, *target;
    crib_scope *shield; /* a soft one in the target */
    int64_t begun;
};

/* The target stands inside the source, but nothing but the link reaches it there. */
static int in_the_target(struct pair *p, int (*body)(struct pair *p)) {
    bool caught;
    int rc;
    p->begun = crib_now();
    p->source = crib_scope_open(NULL);
    p->target = shielded_scope();
    EXPECT_EQ(crib_scope_link(p->source, p->target), 0);
    p->shield = region_open(NULL, SHIELD_SOFT, 0);
    rc = body(p);
    rc = crib_scope_close(p->shield, rc, NULL);
    EXPECT_EQ(crib_scope_close(p->target, rc, &caught), 0);
    EXPECT_EQ(caught, rc == CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(p->source, 0, NULL), 0);
    return RAN;
}

static int until_the_hard_time(struct pair *p) {
    int rc;
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_source(p->target), CRIB_SOURCE_LINK);
    EXPECT_EQ(crib_scope_remaining_grace(p->target), CRIB_SECONDS(2));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    rc = crib_sleep_forever();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), p->begun + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_source(p->target), CRIB_SOURCE_LINK);
    return rc;
}

static int until_a_hard_cancel(struct pair *p) {
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel(p->source, NULL), 0);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_CANCELLED);
    return crib_checkpoint();
}

/* A drain ends nothing in a source that is not graceful, so there is nothing to pass on. */
static int not_by_a_drain(struct pair *p) {
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_DRAIN, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), p->begun + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_CANCELLED);
    return CRIB_ECANCELLED;
}

/* The target's own soft cancel does not end the link. */
static int over_ones_own(struct pair *p) {
    EXPECT_EQ(crib_scope_cancel_soft(p->target, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, "own"), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(5), NULL), 0);
    EXPECT_EQ(crib_scope_remaining_grace(p->target), CRIB_SECONDS(5));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel(p->source, NULL), 0);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_CANCELLED);
    EXPECT_STR(crib_scope_reason(p->target), "own");
    return crib_checkpoint();
}

/* Linked when both were cancelled softly already. */
static int linked_late(struct pair *p) {
    crib_scope *late = region_open(NULL, SHIELD_FULL, 0);
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    EXPECT_EQ(crib_scope_cancel_soft(late, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(60), NULL), 0);
    EXPECT_EQ(crib_scope_link(p->source, late), 0);
    EXPECT_EQ(crib_scope_remaining_grace(late), CRIB_SECONDS(2));
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel(p->source, NULL), 0);
    EXPECT_EQ(crib_scope_state(late), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(late, crib_checkpoint(), NULL), 0);
    return crib_checkpoint();
}

/* The linked scope that closes first, softly cancelled, takes the link with it. */
static int target_first(struct pair *p) {
    crib_scope *late = region_open(NULL, SHIELD_FULL, 0);
    EXPECT_EQ(crib_scope_link(p->source, late), 0);
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_state(late), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_close(late, 0, NULL), 0);
    EXPECT_EQ(crib_scope_cancel(p->source, NULL), 0);
    return crib_checkpoint();
}

/* A token cancels hard, also what was cancelled softly before it was triggered or even linked. */
static int by_a_token(struct pair *p) {
    crib_token *token = crib_token_new("token");
    crib_scope *late = region_open(NULL, SHIELD_FULL, 0);
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_scope_link_token(p->target, token), 0);
    EXPECT_EQ(crib_scope_cancel_soft(p->target, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_cancel_soft(late, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_link_token(late, token), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_token_trigger(token);
    EXPECT_EQ(crib_scope_state(late), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_state(p->target), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(late, crib_checkpoint(), NULL), 0);
    crib_unref(token);
    return crib_checkpoint();
}

/* A cancel that is only seen, and hidden later, does not end a link or keep one from being made. */
static int hidden_meanwhile(struct pair *p) {
    crib_scope *before = crib_scope_open(NULL), *after = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_link(p->source, before), 0);
    EXPECT_EQ(crib_scope_cancel(p->shield, NULL), 0);
    EXPECT_EQ(crib_scope_link(p->source, after), 0);
    EXPECT_EQ(crib_scope_set_shield(before, true), 0);
    EXPECT_EQ(crib_scope_set_shield(after, true), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_cancel_soft(p->source, CRIB_SOFT_INTERRUPT, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_scope_state(after), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_state(before), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_cancel(p->source, NULL), 0);
    EXPECT_EQ(crib_scope_state(after), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_state(before), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_close(after, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(before, 0, NULL), 0);
    return crib_checkpoint();
}

static int each_pair(void *arg) {
    int (*const bodies[])(struct pair *) = {until_the_hard_time, until_a_hard_cancel, not_by_a_drain, over_ones_own,
                                            linked_late,         target_first,        by_a_token,     hidden_meanwhile};
    struct pair p;
    size_t i;
    (void)arg;
    for (i = 0; i < sizeof bodies / sizeof bodies[0]; ++i) EXPECT_EQ(in_the_target(&p, bodies[i]), RAN);
    return RAN;
}

Test(graceful, rule4_a_link_passes_on_soft_as_soft_and_hard_as_hard) { EXPECT_RUN(run_autojump(each_pair, NULL)); }

/* --- pending starts ------------------------------------------------------------------------------- */

/* A child that is started for a nursery which is cancelled softly after 1000 ms. */
struct beginning {
    int64_t grace;
    int64_t hard_ms;  /* when it is cancelled hard; 0: not */
    bool after;       /* it is started only after the soft cancel */
    int result;       /* of the start */
    int64_t child_ms; /* what the child waits, behind a soft shield, before it says that it has started */
    crib_nursery *target;
    struct strand starter, beginner;
};

static int begins(void *arg) {
    const struct beginning *b = arg;
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    int rc = crib_sleep(CRIB_MS(b->child_ms));
    story_at(rc == 0 ? "ready" : "ready!");
    EXPECT_EQ(crib_scope_close(shield, rc, NULL), rc);
    if (rc == 0) EXPECT_EQ(crib_task_started(nil_value), 0);
    rc = crib_checkpoint();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    return rc;
}

static void begins_stackless(struct strand *s) {
    const struct beginning *b = s->user_data;
    STRAND(s)
    s->scope = region_open(crib_task_scope(s->task), SHIELD_SOFT, 0);
    EXPECT_EQ(crib_op_set_scope(s->op, s->scope), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(b->child_ms)));
    story_at(s->status == 0 ? "ready" : "ready!");
    if (s->status == 0) EXPECT_EQ(crib_task_started_by(s->task, nil_value), 0);
    crib_unref(crib_scope_close_error(s->scope, NULL, NULL));
    AWAIT(s, crib_begin_checkpoint(s->op));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int starter(void *arg) {
    struct beginning *b = arg;
    if (b->after) EXPECT_EQ(crib_sleep(CRIB_MS(1001)), 0);
    b->result = crib_nursery_start(b->target, "child", begins, b, NULL, NULL);
    return 0;
}

static void starter_stackless(struct strand *s) {
    struct beginning *b = s->user_data;
    STRAND(s)
    if (b->after) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1001)));
    b->beginner.run = begins_stackless;
    b->beginner.user_data = b;
    AWAIT(s, crib_begin_nursery_start_stackless(s->op, b->target, "child", strand_resume, (uintptr_t)&b->beginner, NULL,
                                                NULL));
    b->result = s->status;
    strand_exit(s, NULL);
    STRAND_END
}

static int starts_for(struct beginning *b, const void *stackless) {
    crib_nursery *starters = crib_nursery_open();
    crib_scope *target, *shield;
    story_begin();
    b->target = crib_nursery_open();
    target = crib_nursery_scope(b->target);
    if (stackless == NULL) {
        EXPECT_EQ(crib_nursery_start_soon(starters, "starter", starter, b, NULL), 0);
    } else {
        b->starter.run = starter_stackless;
        b->starter.user_data = b;
        EXPECT(strand_start(starters, "starter", &b->starter) != NULL);
    }
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(target, CRIB_SOFT_INTERRUPT, b->grace, NULL), 0);
    shield = shielded_scope();
    EXPECT_EQ(crib_sleep_until(story_origin + CRIB_MS(b->hard_ms > 0 ? b->hard_ms : 1002)), 0);
    if (b->hard_ms > 0) EXPECT_EQ(crib_scope_cancel(target, NULL), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(b->target, 0), 0);
    EXPECT_EQ(crib_nursery_close(starters, 0), 0);
    return RAN;
}

static int starts_fiber(void *b) { return starts_for(b, NULL); }
static int starts_stackless(void *b) { return starts_for(b, STACKLESS); }

static void check_beginning(struct beginning b, int result, const char *log) {
    struct beginning again = b;
    EXPECT_RUN(run_autojump(starts_fiber, &b));
    EXPECT_EQ(b.result, result);
    EXPECT_STR(story_text, log);
    EXPECT_RUN(run_autojump(starts_stackless, &again));
    EXPECT_EQ(again.result, result);
    EXPECT_STR(story_text, log);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(graceful, rule4_a_child_being_started_has_the_grace_of_the_nursery_it_is_for) {
    struct beginning b = {.grace = CRIB_SECONDS(2), .child_ms = 2000};
    check_beginning(b, 0, "ready@2000");
    b.child_ms = 9000;
    check_beginning(b, CRIB_ENURSERYCANCELLED, "ready!@3000");
    b.hard_ms = 1500;
    check_beginning(b, CRIB_ENURSERYCANCELLED, "ready!@1500");
    b.hard_ms = 0;
    b.grace = 0;
    check_beginning(b, CRIB_ENURSERYCANCELLED, "ready!@1000");
}

Test(graceful, rule6_a_child_started_for_a_softly_cancelled_nursery_has_the_rest_of_its_grace) {
    struct beginning b = {.grace = CRIB_SECONDS(2), .child_ms = 500, .after = true};
    check_beginning(b, 0, "ready@1501");
    b.child_ms = 9000;
    check_beginning(b, CRIB_ENURSERYCANCELLED, "ready!@3000");
}
