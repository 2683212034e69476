/* Statements 47, 49-51: the checkpoints themselves, and what is none. */
#include "support/op_kit.h"
#include "support/run.h"
#include "support/ticker.h"

TestSuite(checkpoint, .timeout = 30);

static int compare_checkpoints(void *arg) {
    crib_nursery *ticker = ticker_start();
    crib_scope *scope = crib_scope_open(NULL);
    int before = ticks;
    (void)arg;
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_EQ(ticks, before + 1);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(ticks, before + 2);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(ticks, before + 2);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_EQ(ticks, before + 3);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(ticks, before + 4);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s047_the_two_halves_and_the_whole) {
    EXPECT_RUN(run_autojump(compare_checkpoints, NULL));
    EXPECT_RUN(run_strict(compare_checkpoints, NULL));
}

static int open_and_close(void *arg) {
    crib_nursery *ticker = ticker_start();
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *scope;
    crib_nursery *n;
    bool caught = true;
    int before = ticks;
    (void)arg;
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    EXPECT_EQ(crib_scope_close(scope, CODE_A, NULL), CODE_A);
    n = crib_nursery_open();
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(crib_nursery_close(n, 6), 6);
    EXPECT(ticks >= before + 1);

    /* Cancelled from here on. */
    crib_scope_cancel(outer, NULL);
    before = ticks;
    scope = crib_scope_open(NULL);
    n = crib_nursery_open();
    EXPECT(n != NULL);
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(ticks >= before + 1);
    before = ticks;
    EXPECT_EQ(crib_scope_close(scope, 0, &caught), 0);
    EXPECT(!caught);
    EXPECT_EQ(crib_scope_close(outer, 0, &caught), 0);
    EXPECT(!caught);
    EXPECT_EQ(ticks, before);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s049_only_the_close_of_a_nursery_schedules_and_no_block_is_a_cancel_point) {
    EXPECT_RUN(run_autojump(open_and_close, NULL));
    EXPECT_RUN(run_strict(open_and_close, NULL));
}

static int yield_once(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    return 0;
}

static int close_with_children_while_cancelled(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "child", yield_once, NULL, NULL), 0);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_nursery_close(n, 4), 4);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(checkpoint, s049_the_wait_for_children_is_no_cancel_point) {
    EXPECT_RUN(run_autojump(close_with_children_while_cancelled, NULL));
}

static int close_ends_while_cancelled(void *arg) {
    crib_sender *tx, *other;
    crib_receiver *rx;
    crib_value v = crib_value_int(1);
    crib_nursery *ticker = ticker_start();
    crib_scope *scope;
    int before;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    other = crib_sender_clone(tx);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    before = ticks;
    crib_sender_close(tx);
    crib_unref(other);
    EXPECT_EQ(ticks, before);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), CRIB_ECLOSED);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EENDOFCHANNEL);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    crib_unref(tx);
    crib_unref(rx);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s050_an_end_closed_in_a_cancelled_scope_is_closed) {
    EXPECT_RUN(run_autojump(close_ends_while_cancelled, NULL));
}

static int sleep_not_at_all(void *arg) {
    crib_nursery *ticker = ticker_start();
    int64_t start = crib_now();
    crib_scope *scope = crib_scope_open(NULL);
    int before = ticks;
    (void)arg;
    EXPECT_EQ(crib_sleep(0), 0);
    EXPECT_EQ(ticks, before + 1);
    EXPECT_EQ(crib_sleep_until(start), 0);
    EXPECT_EQ(ticks, before + 2);
    EXPECT_EQ(crib_sleep_until(CRIB_EXPIRED), 0);
    EXPECT_EQ(ticks, before + 3);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_sleep(0), CRIB_ECANCELLED);
    EXPECT_EQ(crib_sleep_until(start), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), start);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    ticker_stop(ticker);
    return RAN;
}

Test(checkpoint, s051_a_sleep_of_no_length_is_a_checkpoint) {
    EXPECT_RUN(run_autojump(sleep_not_at_all, NULL));
    EXPECT_RUN(run_strict(sleep_not_at_all, NULL));
}

static int sleep_forever(void *rc) {
    *(int *)rc = crib_sleep_forever();
    return *(int *)rc;
}

static int wake_by_hand(void *arg) {
    int rc = 0;
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "sleeper", sleep_forever, &rc, NULL);
    (void)arg;
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_unpark(task, 0, crib_value_int(1)), CRIB_EMISUSE);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s051_a_sleep_for_ever_is_not_woken_by_hand) { EXPECT_RUN(run_autojump(wake_by_hand, NULL)); }
