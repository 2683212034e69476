/* Shared channels: those that wait look again in their turn, and leave it to the next if they go away. */
#include "capi/shared_ends.h"
#include "support/log.h"

TestSuite(channel_shared_turn, .init = listen_to_messages, .timeout = 20);

struct waiter {
    crib_sender *end;
    int number;
    int status;
    crib_task *task;
};

static int sends(void *arg) {
    struct waiter *w = arg;
    char word[40];
    w->status = crib_sender_send(w->end, sendable_value(w->number));
    snprintf(word, sizeof word, "%d:%s", w->number, crib_error_name(w->status));
    log_add(word);
    return w->status == CRIB_ECANCELLED ? w->status : 0;
}

/* Fills a channel of 2, and has 3 that wait to send 10, 11, 12 through an end of their own. */
static crib_nursery *three_wait(struct waiter *w) {
    crib_nursery *n = crib_nursery_open();
    int i;
    open_channel(2);
    EXPECT_EQ(put(0), 0);
    EXPECT_EQ(put(1), 0);
    for (i = 0; i < 3; i++) {
        w[i].end = crib_sender_clone(tx);
        w[i].number = 10 + i;
        w[i].task = crib_nursery_spawn(n, "sends", sends, &w[i], NULL);
        EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    }
    EXPECT_EQ(numbers().waiting_senders, 3);
    return n;
}

static int three_end(crib_nursery *n, struct waiter *w) {
    int i;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < 3; i++) crib_unref(w[i].end);
    for (i = 0; i < 3; i++) crib_unref(w[i].task);
    close_channel();
    EXPECT_QUIET();
    return RAN;
}

static int cancelled_in_turn(void *arg) {
    struct waiter w[3] = {{0}};
    crib_nursery *n = three_wait(w);
    (void)arg;
    EXPECT_EQ(got(), 0);
    EXPECT_EQ(got(), 1); /* the first two will look again */
    EXPECT_EQ(crib_task_cancel(w[0].task, NULL), 0);
    EXPECT_EQ(sendable.dropped[10], 1);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(numbers().waiting_senders, 0);
    EXPECT_EQ(got(), 11);
    EXPECT_EQ(got(), 12);
    return three_end(n, w);
}

Test(channel_shared_turn, one_that_is_cancelled_in_its_turn_leaves_it_to_the_next) {
    EXPECT_RUN(run_autojump(cancelled_in_turn, NULL));
    EXPECT_LOG("10:CRIB_ECANCELLED 11:0 12:0");
    EXPECT_NOTHING_UNEXPECTED();
}

static int all_cancelled_in_turn(void *arg) {
    struct waiter w[3] = {{0}};
    crib_nursery *n = three_wait(w);
    (void)arg;
    EXPECT_EQ(got(), 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(numbers().waiting_senders, 0);
    EXPECT_EQ(got(), 1);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    return three_end(n, w);
}

Test(channel_shared_turn, a_cancel_of_all_that_wait_leaves_no_trace) {
    EXPECT_RUN(run_autojump(all_cancelled_in_turn, NULL));
    cr_assert_eq(sendable_count(sendable.dropped), 3);
}

static int closed_in_turn(void *arg) {
    struct waiter w[3] = {{0}};
    crib_nursery *n = three_wait(w);
    (void)arg;
    EXPECT_EQ(got(), 0);
    crib_sender_close(w[0].end); /* whose turn it was */
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(w[0].status, CRIB_ECLOSED);
    EXPECT_EQ(numbers().waiting_senders, 1);
    EXPECT_EQ(got(), 1);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(got(), 11);
    EXPECT_EQ(got(), 12);
    return three_end(n, w);
}

Test(channel_shared_turn, one_whose_end_is_closed_in_its_turn_leaves_it_to_the_next) {
    EXPECT_RUN(run_autojump(closed_in_turn, NULL));
    EXPECT_LOG("10:CRIB_ECLOSED 11:0 12:0");
    EXPECT_NOTHING_UNEXPECTED();
}

static int overtaken(void *arg) {
    struct waiter w[3] = {{0}};
    crib_nursery *n = three_wait(w);
    int i;
    (void)arg;
    EXPECT_EQ(got(), 0);
    EXPECT_EQ(got(), 1);
    EXPECT_EQ(put(2), 0); /* before they could look */
    EXPECT_EQ(put(3), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(numbers().waiting_senders, 3);
    for (i = 2; i < 4; i++) {
        EXPECT_EQ(got(), i);
        EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    }
    EXPECT_EQ(got(), 10);
    EXPECT_EQ(got(), 11);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(got(), 12);
    return three_end(n, w);
}

Test(channel_shared_turn, those_that_were_overtaken_keep_their_places) {
    EXPECT_RUN(run_autojump(overtaken, NULL));
    EXPECT_LOG("10:0 11:0 12:0");
    EXPECT_NOTHING_UNEXPECTED();
}

static int takes_batches(void *arg) {
    struct waiter w[3] = {{0}};
    crib_nursery *n = three_wait(w);
    crib_value v[5];
    int i, count, next = 10;
    (void)arg;
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 1), 1);
    EXPECT_EQ(sendable_number(v[0]), 0);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 5), 1);
    EXPECT_EQ(sendable_number(v[0]), 1);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 5), CRIB_EWOULDBLOCK);
    while (next < 13 && (count = crib_receiver_receive_batch(rx, v, 5)) > 0) { /* waits for the senders to look again */
        for (i = 0; i < count; i++) EXPECT_EQ(sendable_number(v[i]), next++);
    }
    EXPECT_EQ(next, 13);
    return three_end(n, w);
}

Test(channel_shared_turn, batches_come_in_order) { EXPECT_RUN(run_autojump(takes_batches, NULL)); }
