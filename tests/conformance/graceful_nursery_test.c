/* Graceful cancel and nurseries: their own cancels with and without a grace, children that a soft cancel ended, drain,
 * services, and cancels that come by way of a start or a link. Each drill is done by fibers and by stackless tasks. */
#include <stddef.h>

#include "support/run.h"
#include "support/workers.h"

TestSuite(graceful, .timeout = 30);

#define WORKERS 4

/* Workers in a nursery with these options in a scope of its own. */
struct drill {
    crib_nursery_options options;
    int64_t soft_ms; /* when the scope is cancelled softly, if not 0; the body waits until then */
    int mode;
    int64_t grace;                            /* of that */
    int (*body)(struct drill *d, int status); /* what the body does then, and ends with; `status` of its wait */
    struct worker workers[WORKERS];
    const void *stackless;
    crib_scope *scope;
    crib_nursery *nursery;
    int result;    /* of the nursery */
    size_t errors; /* in its tree */
    bool caught;
};

static int soft_canceller(void *arg) {
    struct drill *d = arg;
    EXPECT_EQ(crib_sleep(CRIB_MS(d->soft_ms)), 0);
    return crib_scope_cancel_soft(d->scope, d->mode, d->grace, NULL);
}

static int run_drill(void *arg) {
    struct drill *d = arg;
    crib_nursery *around = crib_nursery_open();
    int i, rc = 0;
    story_begin();
    d->scope = crib_scope_open(NULL);
    d->options.size = sizeof d->options;
    d->nursery = crib_nursery_open_with(&d->options);
    if (d->soft_ms > 0) EXPECT_EQ(crib_nursery_start_soon(around, "canceller", soft_canceller, d, NULL), 0);
    for (i = 0; i < WORKERS && d->workers[i].name != NULL; ++i) {
        EXPECT_EQ(worker_start(d->nursery, &d->workers[i], d->stackless), 0);
    }
    if (d->soft_ms > 0) rc = crib_sleep(d->mode == CRIB_SOFT_INTERRUPT ? CRIB_FOREVER : CRIB_MS(d->soft_ms + 1));
    if (d->body != NULL) rc = d->body(d, rc);
    rc = crib_nursery_close(d->nursery, rc);
    story_at("closed");
    d->result = rc;
    d->errors = crib_error_count(crib_error_current());
    rc = crib_scope_close(d->scope, rc, &d->caught);
    EXPECT_EQ(rc, d->result == CRIB_ECANCELLED ? 0 : d->result);
    EXPECT_EQ(crib_nursery_close(around, 0), 0);
    return RAN;
}

/* The log and the nursery's result of fibers; those of stackless tasks are the same. Returns the drill as it was left. */
static struct drill check_drill(struct drill d, int result, const char *log) {
    struct drill again = d;
    EXPECT_RUN(run_autojump(run_drill, &d));
    EXPECT_EQ(d.result, result);
    EXPECT_STR(story_text, log);
    again.stackless = STACKLESS;
    EXPECT_RUN(run_autojump(run_drill, &again));
    EXPECT_EQ(again.result, result);
    EXPECT_STR(story_text, log);
    EXPECT_EQ(again.errors, d.errors);
    cr_assert(expect_failures == 0, "%s", expect_report);
    return d;
}

/* --- rule 4: the nursery's own cancels ------------------------------------------------------------ */

Test(graceful, rule4_a_childs_failure_is_a_hard_cancel_by_default) {
    struct drill d = {.body = NULL};
    d.workers[0] = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    d.workers[2] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 2000};
    check_drill(d, E_ONE, "fails@1000 tidy!@1000 tidy-@1000 soft!@1000 closed@1000");
}

Test(graceful, rule4_with_a_grace_the_cleanup_of_the_others_goes_on) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(3)}};
    d.workers[0] = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    d.workers[2] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 2000};
    d.workers[3] = (struct worker){.name = "slow", .ms = -1, .cleanup = 9000};
    check_drill(d, E_ONE, "fails@1000 tidy!@1000 slow!@1000 tidy+@1500 soft@2000 slow-@4000 closed@4000");
}

Test(graceful, rule4_a_later_failure_does_not_prolong_the_grace) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(2)}};
    d.workers[0] = (struct worker){.name = "one", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "two", .shield = SHIELD_SOFT, .ms = 2500, .code = E_TWO};
    d.workers[2] = (struct worker){.name = "slow", .ms = -1, .cleanup = 9000};
    d = check_drill(d, E_ONE, "one@1000 slow!@1000 two@2500 slow-@3000 closed@3000");
    cr_assert_eq(d.errors, 2);
}

static int body_fails(struct drill *d, int status) {
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_state(crib_nursery_scope(d->nursery)), CRIB_SCOPE_OPEN);
    return E_TWO;
}

Test(graceful, rule4_a_failure_of_the_body_cancels_with_the_grace_too) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(2)}, .body = body_fails};
    d.workers[0] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    d.workers[1] = (struct worker){.name = "slow", .ms = -1, .cleanup = 9000};
    check_drill(d, E_TWO, "tidy!@1000 slow!@1000 tidy+@1500 slow-@3000 closed@3000");
    d.options.policy = CRIB_POLICY_SUPERVISE;
    check_drill(d, E_TWO, "tidy!@1000 slow!@1000 tidy+@1500 slow-@3000 closed@3000");
    d.options.grace = 0;
    check_drill(d, E_TWO, "tidy!@1000 tidy-@1000 slow!@1000 slow-@1000 closed@1000");
}

/* The body is one of the others: it is interrupted, and its own cleanup has the rest of the grace. */
static int body_cleans_up(struct drill *d, int status) {
    crib_scope *scope = crib_nursery_scope(d->nursery);
    crib_scope *shield;
    int rc = crib_sleep_forever();
    EXPECT_EQ(status, 0);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_NURSERY);
    EXPECT_HAS(crib_scope_reason(scope), "fails");
    EXPECT_EQ(crib_scope_remaining_grace(scope), CRIB_SECONDS(2));
    shield = region_open(NULL, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    story_at("body");
    return rc;
}

Test(graceful, rule4_with_a_grace_the_cleanup_of_the_body_goes_on) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(2)}, .body = body_cleans_up};
    d.workers[0] = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "slow", .ms = -1, .cleanup = 9000};
    check_drill(d, E_ONE, "fails@1000 slow!@1000 body@2000 slow-@3000 closed@3000");
}

Test(graceful, rule4_cancels_by_policy_have_the_grace_too) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(2), .policy = CRIB_POLICY_FIRST_DONE}};
    d.workers[0] = (struct worker){.name = "wins", .ms = 1000};
    d.workers[1] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 500};
    check_drill(d, 0, "wins@1000 tidy!@1000 tidy+@1500 closed@1500");
    d.options.policy = CRIB_POLICY_FIRST_SUCCESS;
    check_drill(d, 0, "wins@1000 tidy!@1000 tidy+@1500 closed@1500");
    d.options.grace = 0;
    check_drill(d, 0, "wins@1000 tidy!@1000 tidy-@1000 closed@1000");
}

static int cancels_it(struct drill *d, int status) {
    crib_scope *shield = shielded_scope();
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(1500)), 0);
    EXPECT_EQ(crib_nursery_cancel(d->nursery, NULL), 0);
    return crib_scope_close(shield, 0, NULL);
}

Test(graceful, rule4_a_cancel_of_the_nursery_ends_its_grace) {
    struct drill d = {.options = {.grace = CRIB_SECONDS(9)}, .body = cancels_it};
    d.workers[0] = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 5000};
    check_drill(d, E_ONE, "fails@1000 tidy!@1000 tidy-@1500 closed@1500");
}

Test(graceful, rule4_a_failure_during_an_outer_soft_cancel_is_hard_without_a_grace) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_DRAIN, .grace = CRIB_SECONDS(9)};
    d.workers[0] = (struct worker){.name = "fails", .ms = 2000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1};
    check_drill(d, E_ONE, "fails@2000 soft!@2000 closed@2000");
    d.options.grace = CRIB_SECONDS(1);
    check_drill(d, E_ONE, "fails@2000 soft!@3000 closed@3000");
    d.options.grace = CRIB_SECONDS(60); /* the outer hard time counts */
    check_drill(d, E_ONE, "fails@2000 soft!@10000 closed@10000");
}

static int refuses_and_accepts(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .grace = -1};
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT(crib_nursery_open_with(&options) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    options.size = offsetof(crib_nursery_options, grace); /* a caller of before: what follows is not read */
    EXPECT_EQ(crib_nursery_close(crib_nursery_open_with(&options), 0), 0);
    options.size = sizeof options;
    options.grace = CRIB_FOREVER;
    EXPECT_EQ(crib_nursery_close(crib_nursery_open_with(&options), 0), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(graceful, rule4_a_negative_grace_is_refused) { EXPECT_RUN(run_autojump(refuses_and_accepts, NULL)); }

/* --- rule 6: drain -------------------------------------------------------------------------------- */

static int refused(struct drill *d, int status) {
    struct worker late = {.name = "late", .ms = 0};
    int destroyed = 0;
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_nursery_start_soon(d->nursery, "late", worker_body, &destroyed, count_destroy), CRIB_ECLOSED);
    EXPECT_EQ(crib_nursery_start(d->nursery, "late", worker_body, &destroyed, count_destroy, NULL), CRIB_ECLOSED);
    EXPECT(crib_nursery_spawn(d->nursery, "late", worker_body, &destroyed, count_destroy) == NULL);
    EXPECT_EQ(destroyed, 3);
    EXPECT_EQ(worker_start(d->nursery, &late, STACKLESS), CRIB_EMISUSE);
    return 0;
}

static int accepted(struct drill *d, int status) {
    EXPECT_EQ(status, 0);
    EXPECT_EQ(worker_start(d->nursery, &d->workers[WORKERS - 1], d->stackless), 0);
    return 0;
}

Test(graceful, rule6_a_nursery_may_refuse_children_from_an_outer_soft_cancel_on) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_DRAIN, .grace = CRIB_SECONDS(9), .body = refused};
    d.options.drain = 1;
    d.workers[0] = (struct worker){.name = "busy", .ms = 2000};
    check_drill(d, 0, "busy@2000 closed@2000");
    d.options.drain = 0;
    d.body = accepted;
    d.workers[WORKERS - 1] = (struct worker){.name = "late", .ms = 500};
    check_drill(d, 0, "late@1501 busy@2000 closed@2000");
}

/* --- rule 9: soft Cancelled in nurseries ---------------------------------------------------------- */

static int untouched(struct drill *d, int status) {
    crib_scope *shield = shielded_scope();
    (void)status;
    EXPECT_EQ(crib_sleep(CRIB_MS(500)), 0);
    EXPECT_EQ(crib_nursery_count(d->nursery), 2);
    EXPECT(!crib_scope_cancel_called(crib_nursery_scope(d->nursery)));
    return crib_scope_close(shield, 0, NULL);
}

Test(graceful, rule9_a_soft_cancelled_child_does_not_cancel_its_nursery) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_INTERRUPT, .grace = CRIB_SECONDS(9), .body = untouched};
    d.workers[0] = (struct worker){.name = "idle", .graceful = 1, .ms = -1};
    d.workers[1] = (struct worker){.name = "busy", .ms = -1};
    d.workers[2] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 1000};
    d.workers[3] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = 3000};
    check_drill(d, CRIB_ECANCELLED, "idle!@1000 busy!@1000 tidy!@1000 tidy+@2000 soft@3000 closed@3000");
    d.mode = CRIB_SOFT_DRAIN;
    d.workers[1] = (struct worker){.name = "read", .graceful = 1, .ms = -1};
    d.workers[2] = (struct worker){.name = "busy", .ms = 2000};
    check_drill(d, 0, "idle!@1000 read!@1000 busy@2000 soft@3000 closed@3000");
}

static int hands_on(struct drill *d, int status) {
    (void)d;
    EXPECT_EQ(status, CRIB_ECANCELLED);
    return status;
}

/* The body returns what its wait was cancelled with, as bodies do. */
Test(graceful, rule9_a_soft_cancelled_body_leaves_the_children_their_grace) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_INTERRUPT, .grace = CRIB_SECONDS(3), .body = hands_on};
    d.workers[0] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 1000};
    d.workers[1] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1};
    check_drill(d, CRIB_ECANCELLED, "tidy!@1000 tidy+@2000 soft!@4000 closed@4000");
    d.grace = 0;
    check_drill(d, CRIB_ECANCELLED, "tidy!@1000 tidy-@1000 soft!@1000 closed@1000");
}

static int fails_instead(struct drill *d, int status) {
    (void)d;
    EXPECT_EQ(status, CRIB_ECANCELLED);
    return E_ONE;
}

Test(graceful, rule9_a_body_that_fails_when_softly_cancelled_cancels_hard) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_INTERRUPT, .grace = CRIB_SECONDS(3), .body = fails_instead};
    d.workers[0] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 1000};
    check_drill(d, E_ONE, "tidy!@1000 tidy-@1000 closed@1000");
}

static int cancels_the_nursery_softly(struct drill *d, int status) {
    crib_scope *scope = crib_nursery_scope(d->nursery);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_SECONDS(2), NULL), 0);
    return crib_checkpoint();
}

Test(graceful, rule9_a_nursery_absorbs_its_own_soft_cancel) {
    struct drill d = {.body = cancels_the_nursery_softly};
    d.workers[0] = (struct worker){.name = "tidy", .ms = -1, .cleanup = 1000};
    d.workers[1] = (struct worker){.name = "soft", .shield = SHIELD_SOFT, .ms = -1};
    check_drill(d, 0, "tidy!@1000 tidy+@2000 soft!@3000 closed@3000");
}

/* --- services ------------------------------------------------------------------------------------- */

static int says_goodbye(struct drill *d, int status) {
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    int rc;
    EXPECT_EQ(status, CRIB_ECANCELLED);
    rc = crib_sleep(CRIB_SECONDS(1));
    story_at(rc == 0 ? "goodbye" : "goodbye!");
    EXPECT_EQ(crib_nursery_count(d->nursery), 1); /* what it spoke through is still there */
    EXPECT_EQ(crib_scope_close(shield, rc, NULL), rc);
    return status;
}

Test(graceful, a_service_outlives_a_soft_cancel_until_its_body_has_ended) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_INTERRUPT, .grace = CRIB_SECONDS(5), .body = says_goodbye};
    d.options.service = 1;
    d.workers[0] = (struct worker){.name = "pump", .graceful = 1, .ms = -1, .cleanup = 500};
    check_drill(d, CRIB_ECANCELLED, "goodbye@2000 pump!@2000 pump-@2000 closed@2000");
    d.options.grace = CRIB_SECONDS(2);
    check_drill(d, CRIB_ECANCELLED, "goodbye@2000 pump!@2000 pump+@2500 closed@2500");
    d.options.grace = CRIB_MS(200);
    check_drill(d, CRIB_ECANCELLED, "goodbye@2000 pump!@2000 pump-@2200 closed@2200");
}

/* At the hard time the body is cut off, but still it is the body's end that ends the service. */
Test(graceful, a_service_outlives_the_hard_time_until_its_body_has_ended) {
    struct drill d = {.soft_ms = 1000, .mode = CRIB_SOFT_INTERRUPT, .grace = CRIB_MS(300), .body = says_goodbye};
    d.options.service = 1;
    d.workers[0] = (struct worker){.name = "pump", .ms = -1};
    check_drill(d, CRIB_ECANCELLED, "goodbye!@1300 pump!@1300 closed@1300");
}

Test(graceful, a_services_failure_has_the_grace_too) {
    struct drill d = {.options = {.service = 1, .grace = CRIB_SECONDS(2)}, .body = body_cleans_up};
    d.workers[0] = (struct worker){.name = "fails", .ms = 1000, .code = E_ONE};
    d.workers[1] = (struct worker){.name = "pump", .ms = -1, .cleanup = 9000};
    check_drill(d, E_ONE, "fails@1000 pump!@1000 body@2000 pump-@3000 closed@3000");
}
