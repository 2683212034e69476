/* Shared channels by ops: results that nobody takes, ops that are aborted or freed, tasks that end. */
#include "capi/shared_ends.h"

TestSuite(channel_shared_op, .init = listen_to_messages, .timeout = 20);

static crib_op *op;

static int taken(void) {
    crib_result result = {0, 0, {NULL, NULL}};
    int rc = crib_op_take(op, &result);
    if (rc == 0) rc = result.status;
    return rc < 0 ? rc : (int)sendable_number(result.value);
}

static size_t waiting(void) {
    crib_channel_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_sender_statistics(tx, &s), 0);
    return s.waiting_receivers + s.waiting_senders;
}

static void let_others_run(void) { EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0); }

/* A second slot of the fiber has received 1 of the values 1, 2, 3, and nobody has taken it. */
static void receive_one_of_three(void) {
    open_channel(3);
    op = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(put(1), 0);
    let_others_run();
    EXPECT_EQ(put(2), 0);
    EXPECT_EQ(put(3), 0);
    EXPECT_EQ(numbers().buffered, 2);
    EXPECT_EQ(waiting(), 0);
}

static void expect_all_three(void) {
    EXPECT_EQ(numbers().buffered, 3);
    EXPECT_EQ(got(), 1);
    EXPECT_EQ(got(), 2);
    EXPECT_EQ(got(), 3);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
}

static int takes(void *arg) {
    (void)arg;
    receive_one_of_three();
    EXPECT_EQ(taken(), 1);
    EXPECT_EQ(crib_op_abort(op), 0); /* too late to give it back */
    EXPECT_EQ(got(), 2);
    crib_op_free(op);
    close_channel();
    EXPECT_EQ(sendable.dropped[3], 1);
    return RAN;
}

Test(channel_shared_op, what_was_taken_stays_taken) { EXPECT_RUN(run_autojump(takes, NULL)); }

static int aborts(void *arg) {
    (void)arg;
    receive_one_of_three();
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_MISUSE(taken(), "crib_op_take", "main");
    expect_all_three();
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_shared_op, an_untaken_value_comes_first_again_after_an_abort) { EXPECT_RUN(run_autojump(aborts, NULL)); }

static int frees(void *arg) {
    (void)arg;
    receive_one_of_three();
    crib_op_free(op);
    expect_all_three();
    close_channel();
    return RAN;
}

Test(channel_shared_op, an_untaken_value_comes_first_again_when_its_op_is_freed) {
    EXPECT_RUN(run_autojump(frees, NULL));
}

static int spends_budget(void *arg) {
    int i;
    (void)arg;
    open_channel(3);
    op = crib_op_new(crib_task_current(), NULL);
    for (i = 1; i <= 3; i++) EXPECT_EQ(put(i), 0);
    for (i = 0; i < 1000; i++) { /* some of these wait for nothing but the budget */
        crib_result result = crib_begin_receive(op, rx);
        if (result.status == CRIB_PENDING && i % 2 == 0) {
            EXPECT_EQ(crib_op_abort(op), 0);
        } else {
            EXPECT_EQ(result.status == CRIB_PENDING ? taken() : sendable_number(result.value), 1);
            EXPECT_EQ(put(1), 0);
            EXPECT_EQ(got(), 2);
            EXPECT_EQ(got(), 3);
            EXPECT_EQ(put(2), 0);
            EXPECT_EQ(put(3), 0);
        }
    }
    expect_all_three();
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_shared_op, so_does_one_that_was_received_at_once_with_the_budget_spent) {
    EXPECT_RUN(run_autojump(spends_budget, NULL));
}

/* The value goes to whoever waits for one by now. */
static int receives_returned(void *arg) {
    crib_value v = nil_value;
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(sendable_number(v), *(int *)arg);
    return 0;
}

static int aborts_for_another(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int one = 1;
    (void)arg;
    open_channel(1);
    op = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(put(1), 0);
    let_others_run();
    EXPECT_EQ(crib_nursery_start_soon(n, "receives", receives_returned, &one, NULL), 0);
    let_others_run();
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_shared_op, it_goes_to_the_one_that_waits_by_now) { EXPECT_RUN(run_autojump(aborts_for_another, NULL)); }

static int without_receivers(void *arg) {
    crib_channel_stats s = {.size = sizeof s};
    (void)arg;
    receive_one_of_three();
    crib_receiver_close(rx);
    EXPECT_EQ(crib_sender_statistics(tx, &s), 0);
    EXPECT_EQ(s.dropped, 2);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(sendable.dropped[1], 1);
    EXPECT_EQ(crib_sender_statistics(tx, &s), 0);
    EXPECT_EQ(s.dropped, 3);
    EXPECT_EQ(s.buffered, 0);
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_shared_op, without_receivers_an_untaken_value_is_dropped_and_counted) {
    EXPECT_RUN(run_autojump(without_receivers, NULL));
    cr_assert_eq(sendable_count(sendable.dropped), 3);
}

static int outlives_its_ends(void *give_up) {
    receive_one_of_three();
    close_channel();
    if (give_up != NULL)
        EXPECT_EQ(crib_op_abort(op), 0);
    else
        EXPECT_EQ(taken(), 1);
    EXPECT_EQ(sendable.dropped[1], give_up != NULL);
    crib_op_free(op);
    return RAN;
}

Test(channel_shared_op, an_untaken_value_outlives_all_ends) {
    EXPECT_RUN(run_autojump(outlives_its_ends, NULL));
    EXPECT_RUN(run_autojump(outlives_its_ends, &drops));
}

/* --- ops that still wait --- */

static int gives_up(void *arg) {
    (void)arg;
    open_channel(1);
    op = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(put(1), 0);
    EXPECT_EQ(crib_begin_send(op, tx, sendable_value(2)), CRIB_PENDING);
    EXPECT_EQ(crib_begin_send(op, tx, sendable_value(3)), CRIB_EBUSY);
    EXPECT_EQ(sendable.dropped[3], 1);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(sendable.dropped[2], 1);
    EXPECT_EQ(crib_begin_send(op, tx, droppable()), CODE_EINVAL);
    EXPECT_EQ(drops, 1);
    EXPECT_EQ(crib_begin_send(op, tx, sendable_value(4)), CRIB_PENDING);
    crib_op_free(op);
    EXPECT_EQ(sendable.dropped[4], 1);
    EXPECT_EQ(got(), 1);
    let_others_run();
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    close_channel();
    return RAN;
}

Test(channel_shared_op, an_op_that_is_given_up_moves_nothing) { EXPECT_RUN(run_autojump(gives_up, NULL)); }

/* One that may be done at its next look is given up before it. */
static int gives_up_in_turn(void *arg) {
    crib_op *other;
    (void)arg;
    open_channel(2);
    op = crib_op_new(crib_task_current(), NULL);
    other = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_receive(other, rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(put(1), 0);
    EXPECT_EQ(crib_op_abort(other), 0);
    let_others_run();
    EXPECT_EQ(taken(), 1);
    crib_op_free(other);
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_shared_op, an_op_that_is_given_up_in_its_turn_leaves_it_to_the_next) {
    EXPECT_RUN(run_autojump(gives_up_in_turn, NULL));
}

static int waits_through_released_ends(void *arg) {
    crib_op *receive;
    crib_result result = {0, 0, {NULL, NULL}};
    (void)arg;
    open_channel(1);
    op = crib_op_new(crib_task_current(), NULL);
    receive = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_receive(receive, rx).status, CRIB_PENDING);
    crib_unref(rx); /* of all handles only the op's is left */
    let_others_run();
    EXPECT_EQ(crib_op_take(receive, &result), 0);
    EXPECT_EQ(result.status, CRIB_ECLOSED);
    EXPECT_EQ(crib_begin_send(op, tx, sendable_value(1)), CRIB_EBROKEN);
    EXPECT_EQ(sendable.dropped[1], 1);
    crib_unref(tx);
    crib_op_free(op);
    crib_op_free(receive);
    EXPECT_QUIET();
    return RAN;
}

Test(channel_shared_op, an_op_outlives_the_handle_it_waits_through) {
    EXPECT_RUN(run_autojump(waits_through_released_ends, NULL));
}

/* --- tasks that end --- */

static void holds(crib_task *self, uintptr_t unused) {
    (void)unused;
    if (op != NULL) return;
    op = crib_op_new(self, NULL);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_begin_receive(crib_task_op(self), rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_begin_send(crib_op_new(self, NULL), tx, sendable_value(1)), 0);
}

static int ends_holding(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    open_channel(3);
    task = crib_nursery_start_stackless(n, "holds", holds, 0, NULL);
    let_others_run();
    EXPECT_EQ(waiting(), 1); /* slot 0 */
    EXPECT_EQ(put(2), 0);
    let_others_run();
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(put(3), 0);
    crib_task_exit(task, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(numbers().buffered, 3);
    EXPECT_EQ(got() + got(), 1 + 2); /* both were given back */
    EXPECT_EQ(got(), 3);
    close_channel();
    return RAN;
}

Test(channel_shared_op, a_task_that_ends_gives_back_what_it_did_not_take) {
    EXPECT_RUN(run_autojump(ends_holding, NULL));
}
