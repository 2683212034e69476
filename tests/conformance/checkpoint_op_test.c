/* Statements 43-46: what every operation does before and after its work. */
#include "support/counted.h"
#include "support/op_kit.h"
#include "support/run.h"
#include "support/ticker.h"

TestSuite(checkpoint, .timeout = 30);

/* An operation that needs no wait, entered by a task that was scheduled just now. */
static int ticks_of(op_kit *k, kit_op op) {
    int before;
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    before = ticks;
    EXPECT_EQ(op(k), 0);
    return ticks - before;
}

static int count_schedules(void *arg) {
    crib_nursery *ticker = ticker_start();
    op_kit k;
    size_t i;
    (void)arg;
    kit_open(&k);
    for (i = 0; i < KIT_IMMEDIATE; ++i) EXPECT_EQ(ticks_of(&k, kit_immediate[i]), 1);
    for (i = 0; i < KIT_YIELDING; ++i) EXPECT_EQ(ticks_of(&k, kit_yielding[i]), 1);
    for (i = 0; i < KIT_WAITING; ++i) EXPECT(ticks_of(&k, kit_waiting[i]) >= 1);
    EXPECT_EQ(k.started, 1);
    kit_close(&k);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s043_under_strict_rules_every_operation_schedules) { EXPECT_RUN(run_strict(count_schedules, NULL)); }

static int count_schedules_in_budget(void *arg) {
    crib_nursery *ticker = ticker_start();
    op_kit k;
    size_t i;
    (void)arg;
    kit_open(&k);
    for (i = 0; i < KIT_IMMEDIATE; ++i) EXPECT_EQ(ticks_of(&k, kit_immediate[i]), 0);
    for (i = 0; i < KIT_YIELDING; ++i) EXPECT_EQ(ticks_of(&k, kit_yielding[i]), 1);
    EXPECT(ticks_of(&k, kit_start) >= 1);
    kit_close(&k);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s043_within_its_budget_an_operation_that_need_not_wait_does_not_schedule) {
    EXPECT_RUN(run_autojump(count_schedules_in_budget, NULL));
}

static int spend_the_budget(void *budget) {
    int limit = *(int *)budget;
    crib_nursery *ticker = ticker_start();
    op_kit k;
    int i, before;
    kit_open(&k);
    EXPECT_EQ(crib_checkpoint(), 0);
    before = ticks;
    for (i = 1; i < limit; ++i) EXPECT_EQ(kit_send(&k), 0);
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(kit_send(&k), 0);
    EXPECT_EQ(kit_send(&k), 0);
    EXPECT_EQ(ticks, before + 1);
    for (i = 0; i < 10 * limit; ++i) EXPECT_EQ(kit_send(&k), 0);
    EXPECT_EQ(ticks, before + 11);
    kit_close(&k);
    ticker_stop(ticker);
    return RAN;
}

static int run_budget(uint32_t budget, crib_body_fn body, void *arg) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_AUTOJUMP;
    options.budget = budget;
    return run_with(&options, body, arg);
}

Test(checkpoint, s043_a_spent_budget_schedules) {
    int budget = 64;
    EXPECT_RUN(run_budget(0, spend_the_budget, &budget));
    budget = 8;
    EXPECT_RUN(run_budget(8, spend_the_budget, &budget));
}

static int check_every_operation(void *arg) {
    op_kit k;
    crib_scope *scope;
    size_t i;
    (void)arg;
    kit_open(&k);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    for (i = 0; i < KIT_IMMEDIATE; ++i) EXPECT_EQ(kit_immediate[i](&k), CRIB_ECANCELLED);
    for (i = 0; i < KIT_YIELDING; ++i) EXPECT_EQ(kit_yielding[i](&k), CRIB_ECANCELLED);
    for (i = 0; i < KIT_WAITING; ++i) EXPECT_EQ(kit_waiting[i](&k), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    kit_close(&k);
    return RAN;
}

Test(checkpoint, s043_every_operation_checks_for_a_cancel_even_if_it_could_complete_at_once) {
    EXPECT_RUN(run_autojump(check_every_operation, NULL));
    EXPECT_RUN(run_strict(check_every_operation, NULL));
}

static bool undo(crib_op *op, void *arg) {
    (void)op;
    (void)arg;
    return true;
}

static int be_refused(void *arg) {
    crib_nursery *ticker = ticker_start();
    crib_nursery *closed = crib_nursery_open();
    crib_scope *scope;
    int before, started = 0;
    (void)arg;
    EXPECT_EQ(crib_nursery_close(closed, 0), 0);
    before = ticks;
    EXPECT(crib_nursery_start(closed, "child", kit_say_started, &started, NULL, NULL) < 0);
    EXPECT_EQ(ticks, before);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_park(undo, NULL, "the test", NULL), CRIB_ECANCELLED);
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(started, 0);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s044_a_refused_start_and_a_cancelled_park_do_not_schedule) {
    EXPECT_RUN(run_autojump(be_refused, NULL));
}

static int do_nothing_when_cancelled(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = counted_value((intptr_t)&counted_drops);
    crib_nursery *n = crib_nursery_open();
    crib_portal *portal = crib_portal_open();
    crib_scope *scope;
    int destroyed = 0;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    /* Not sent, and dropped once. */
    EXPECT_EQ(crib_sender_send(tx, v), CRIB_ECANCELLED);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    /* Not received: it is still there. */
    v = crib_value_int(9);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_ECANCELLED);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, -1), 9);
    /* Not started. */
    EXPECT_EQ(crib_nursery_start(n, "child", kit_say_started, &destroyed, count_destroy, NULL), CRIB_ECANCELLED);
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(crib_nursery_count(n), 0);
    /* The wake-up is still remembered. */
    EXPECT_EQ(crib_portal_wake(portal), 0);
    EXPECT_EQ(crib_portal_wait(portal), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_portal_wait(portal), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(portal);
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_EQ(counted_drops, 1);
    return RAN;
}

Test(checkpoint, s045_a_cancelled_operation_did_nothing) { EXPECT_RUN(run_autojump(do_nothing_when_cancelled, NULL)); }

typedef struct waiting_send {
    crib_sender *tx;
    crib_scope *scope;
    int rc;
} waiting_send;

static int wait_in_send(void *arg) {
    waiting_send *w = arg;
    crib_value v = counted_value((intptr_t)&counted_drops);
    w->scope = crib_scope_open(NULL);
    w->rc = crib_sender_send(w->tx, v);
    return crib_scope_close(w->scope, w->rc, NULL);
}

static int cancel_a_waiting_send(void *arg) {
    crib_receiver *rx;
    crib_value v = {NULL, NULL};
    waiting_send w = {NULL, NULL, 0};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &w.tx, &rx), 0);
    crib_nursery_start_soon(n, "sender", wait_in_send, &w, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(counted_drops, 0);
    crib_scope_cancel(w.scope, NULL);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(w.rc, CRIB_ECANCELLED);
    EXPECT_EQ(counted_drops, 1);
    crib_unref(w.tx);
    crib_unref(rx);
    return RAN;
}

Test(checkpoint, s045_a_send_cancelled_while_it_waits_sends_nothing) {
    EXPECT_RUN(run_autojump(cancel_a_waiting_send, NULL));
}

static int cancel_given(void *scope) { return crib_scope_cancel(scope, NULL); }

static int cancel_during_the_yield(void *arg) {
    op_kit k;
    size_t i;
    (void)arg;
    kit_open(&k);
    for (i = 0; i < KIT_IMMEDIATE; ++i) {
        crib_nursery *n = crib_nursery_open();
        crib_scope *scope = crib_scope_open(NULL);
        crib_nursery_start_soon(n, "canceller", cancel_given, scope, NULL);
        EXPECT(!crib_scope_cancel_called(scope));
        EXPECT_EQ(kit_immediate[i](&k), 0); /* yields when it has succeeded */
        EXPECT(crib_scope_cancel_called(scope));
        EXPECT_EQ(kit_immediate[i](&k), CRIB_ECANCELLED);
        EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
        EXPECT_EQ(crib_nursery_close(n, 0), 0);
    }
    kit_close(&k);
    return RAN;
}

Test(checkpoint, s046_an_operation_that_has_succeeded_is_not_cancelled_by_its_own_yield) {
    EXPECT_RUN(run_strict(cancel_during_the_yield, NULL));
}
