/* Statements 26-30: shields and the effective deadline. */
#include "support/log.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static crib_scope *shielded_until(int64_t timeout) {
    crib_scope_options options = scope_defaults();
    options.shield = 1;
    options.timeout = timeout;
    return crib_scope_open(&options);
}

static int end_a_shield(void *arg) {
    bool caught = false;
    int64_t start = crib_now();
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *shield = shielded_until(CRIB_SECONDS(2));
    (void)arg;
    crib_scope_cancel(outer, NULL);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_state(shield), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(9)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), start + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_close(shield, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);

    shield = shielded_scope();
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_scope_cancel(shield, NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(shield, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, s026_a_shield_hides_outer_cancels_but_not_its_own_cancel_or_deadline) {
    EXPECT_RUN(run_autojump(end_a_shield, NULL));
}

/* A child that parks under a shield; its abort functions are counted, and only undo the wait if `undo` is set. */
typedef struct shielded_child {
    crib_scope *outer, *inner;
    int aborts;
    bool undo;
} shielded_child;

static bool count_abort(crib_op *op, void *arg) {
    shielded_child *c = arg;
    (void)op;
    ++c->aborts;
    log_add("abort");
    return c->undo;
}

static int park_under_a_shield(void *arg) {
    shielded_child *c = arg;
    bool caught = false;
    int rc;
    c->outer = crib_scope_open(NULL);
    c->inner = shielded_scope();
    rc = crib_park(count_abort, c, "the test", NULL);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    log_add("woke");
    EXPECT_EQ(crib_scope_set_shield(c->inner, false), 0);
    EXPECT_EQ(crib_scope_close(c->inner, rc, &caught), CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(c->outer, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    return 0;
}

static int drop_the_shield(void *arg) {
    shielded_child c = {.undo = true};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "child", park_under_a_shield, &c, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_scope_cancel(c.outer, NULL);
    EXPECT_LOG("");
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_LOG("");
    EXPECT_EQ(crib_scope_set_shield(c.inner, false), 0);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort woke");
    return RAN;
}

Test(scope, s027_lowering_a_shield_aborts_the_sleeper_at_once) { EXPECT_RUN(run_autojump(drop_the_shield, NULL)); }

static int raise_a_shield(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    (void)arg;
    crib_scope_cancel(outer, NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_set_shield(inner, true), 0);
    EXPECT_EQ(crib_scope_state(inner), CRIB_SCOPE_OPEN);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_scope_set_shield(inner, false), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, s027_raising_a_shield_stops_delivery) { EXPECT_RUN(run_autojump(raise_a_shield, NULL)); }

static int raise_a_shield_during_an_abort(void *arg) {
    shielded_child c = {.undo = false};
    crib_nursery *n = crib_nursery_open();
    crib_task *child = crib_nursery_spawn(n, "child", park_under_a_shield, &c, NULL);
    crib_value nil = {NULL, NULL};
    (void)arg;
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_scope_set_shield(c.inner, false), 0);
    crib_scope_cancel(c.outer, NULL);
    EXPECT_EQ(c.aborts, 1);
    EXPECT_EQ(crib_scope_set_shield(c.inner, true), 0);
    EXPECT_EQ(crib_scope_set_shield(c.inner, false), 0);
    crib_scope_cancel(c.inner, NULL);
    EXPECT_EQ(c.aborts, 1);
    EXPECT_EQ(crib_scope_set_shield(c.inner, true), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_unpark(child, CRIB_ECANCELLED, nil), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(c.aborts, 1);
    EXPECT_LOG("abort woke");
    crib_unref(child);
    return RAN;
}

Test(scope, s028_a_slow_abort_is_asked_once_and_delivered_under_a_shield_raised_since) {
    EXPECT_RUN(run_autojump(raise_a_shield_during_an_abort, NULL));
}

static int drop_the_shield_while_propagating(void *arg) {
    bool caught = true;
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = shielded_scope();
    int rc;
    (void)arg;
    crib_scope_cancel(outer, NULL);
    crib_scope_cancel(inner, NULL);
    rc = crib_checkpoint();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_set_shield(inner, false), 0);
    rc = crib_scope_close(inner, rc, &caught);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(outer, rc, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s029_a_shield_lowered_while_cancelled_propagates_makes_the_outer_scope_absorb) {
    EXPECT_RUN(run_autojump(drop_the_shield_while_propagating, NULL));
}

static int read_deadline(void *seen) {
    *(int64_t *)seen = crib_current_effective_deadline();
    return 0;
}

static int read_effective_deadlines(void *arg) {
    int64_t start = crib_now();
    int64_t seen = 0;
    crib_scope *ten, *five, *twenty, *shield;
    crib_nursery *n;
    (void)arg;
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    ten = crib_move_on_after(CRIB_SECONDS(10));
    EXPECT_EQ(crib_current_effective_deadline(), start + CRIB_SECONDS(10));
    n = crib_nursery_open();
    five = crib_move_on_after(CRIB_SECONDS(5));
    twenty = crib_move_on_after(CRIB_SECONDS(20));
    EXPECT_EQ(crib_current_effective_deadline(), start + CRIB_SECONDS(5));
    crib_nursery_start_soon(n, "child", read_deadline, &seen, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(seen, start + CRIB_SECONDS(10));
    shield = shielded_until(CRIB_SECONDS(30));
    EXPECT_EQ(crib_current_effective_deadline(), start + CRIB_SECONDS(30));
    crib_scope_cancel(five, NULL);
    EXPECT_EQ(crib_current_effective_deadline(), start + CRIB_SECONDS(30));
    EXPECT_EQ(crib_scope_set_shield(shield, false), 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_set_shield(shield, true), 0);
    crib_scope_cancel(shield, NULL);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_EQ(crib_scope_close(twenty, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(five, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_current_effective_deadline(), start + CRIB_SECONDS(10));
    EXPECT_EQ(crib_scope_close(ten, 0, NULL), 0);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    return RAN;
}

Test(scope, s030_the_effective_deadline_is_the_nearest_visible_one) {
    EXPECT_RUN(run_autojump(read_effective_deadlines, NULL));
}
