/* Batches: as many values as there are, in order, and those who waited to send them go on. */
#include "capi/messages.h"
#include "support/log.h"

TestSuite(channel_batch, .init = listen_to_messages, .timeout = 20);

static crib_sender *tx;
static crib_receiver *rx;

static void close_channel(void) {
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_QUIET();
}

static int sends(void *number) {
    char word[40];
    int rc = crib_sender_send(tx, crib_value_int((int64_t)(intptr_t)number));
    snprintf(word, sizeof word, "%d:%s", (int)(intptr_t)number, crib_error_name(rc));
    log_add(word);
    return 0;
}

/* Values 1 to `capacity` are buffered, and `more` senders wait with the next ones. */
static crib_nursery *blocked_senders(size_t capacity, int more) {
    crib_nursery *n = crib_nursery_open();
    size_t i;
    EXPECT_EQ(crib_channel_open(capacity, &tx, &rx), 0);
    for (i = 1; i <= capacity; i++) EXPECT_EQ(crib_sender_send(tx, crib_value_int((int64_t)i)), 0);
    for (; more > 0; more--, i++) {
        EXPECT_EQ(crib_nursery_start_soon(n, "sends", sends, (void *)i, NULL), 0);
        EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    }
    return n;
}

static void expect_values(const crib_value *v, int count, int first) {
    int i;
    for (i = 0; i < count; i++) EXPECT_EQ(crib_value_as_int(v[i], -1), first + i);
}

static int with_blocked_senders(void *waits) {
    crib_nursery *n = blocked_senders(3, 4);
    crib_value v[10];
    int count;
    if (waits != NULL)
        count = crib_receiver_receive_batch(rx, v, 5);
    else
        count = crib_receiver_receive_batch_nowait(rx, v, 5);
    EXPECT_EQ(count, 5);
    expect_values(v, 5, 1);
    EXPECT_LOG(""); /* they are ready, and have not run */
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 10), 2);
    expect_values(v, 2, 6);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 10), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_channel();
    return RAN;
}

Test(channel_batch, takes_what_is_buffered_and_then_what_senders_wait_with) {
    EXPECT_RUN(run_autojump(with_blocked_senders, NULL));
    EXPECT_LOG("4:0 5:0 6:0 7:0");
    log_clear();
    EXPECT_RUN(run_autojump(with_blocked_senders, &drops));
    EXPECT_LOG("4:0 5:0 6:0 7:0");
    EXPECT_NOTHING_UNEXPECTED();
}

static int rendezvous(void *arg) {
    crib_nursery *n = blocked_senders(0, 4);
    crib_value v[10];
    (void)arg;
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 3), 3);
    expect_values(v, 3, 1);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, SIZE_MAX), 1);
    expect_values(v, 1, 4);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_channel();
    return RAN;
}

Test(channel_batch, takes_from_those_who_wait_without_a_buffer) {
    EXPECT_RUN(run_autojump(rendezvous, NULL));
    EXPECT_LOG("1:0 2:0 3:0 4:0");
    EXPECT_NOTHING_UNEXPECTED();
}

static int receives_batch(void *out) {
    char word[40];
    int rc = crib_receiver_receive_batch(rx, out, 10);
    snprintf(word, sizeof word, "batch:%d", rc);
    log_add(rc < 0 ? crib_error_name(rc) : word);
    return rc == CRIB_ECANCELLED ? rc : 0;
}

static int waits_for_first(void *arg) {
    crib_value v[10], one = crib_value_int(1);
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    EXPECT_EQ(crib_channel_open(8, &tx, &rx), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "batch", receives_batch, v, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &one), 0); /* handed over */
    for (i = 2; i <= 4; i++) EXPECT_EQ(crib_sender_send(tx, crib_value_int(i)), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    expect_values(v, 4, 1);
    close_channel();
    return RAN;
}

Test(channel_batch, waits_for_the_first_value_and_takes_what_came_meanwhile) {
    EXPECT_RUN(run_autojump(waits_for_first, NULL));
    EXPECT_LOG("batch:4");
    EXPECT_NOTHING_UNEXPECTED();
}

static int at_the_end(void *arg) {
    crib_value v[10];
    crib_nursery *n = blocked_senders(3, 1);
    (void)arg;
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 2), 2);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_sender_close(tx);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 10), 2);
    expect_values(v, 2, 3);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 10), CRIB_EENDOFCHANNEL);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 10), CRIB_EENDOFCHANNEL);
    crib_receiver_close(rx);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 10), CRIB_ECLOSED);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 10), CRIB_ECLOSED);
    close_channel();
    return RAN;
}

Test(channel_batch, the_end_comes_after_the_last_values) { EXPECT_RUN(run_autojump(at_the_end, NULL)); }

static int cancelled(void *arg) {
    crib_value v[10];
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    int rc;
    (void)arg;
    EXPECT_EQ(crib_channel_open(8, &tx, &rx), 0);
    rc = crib_receiver_receive_batch(rx, v, 10);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_sender_send(tx, droppable()), CRIB_ECANCELLED);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 10), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    close_channel();
    return RAN;
}

Test(channel_batch, a_cancelled_one_takes_nothing) { EXPECT_RUN(run_autojump(cancelled, NULL)); }

/* The end is released by somebody else when the first value has been handed over. */
static int released(void *value) {
    crib_value v[10], one = crib_value_int(1);
    crib_nursery *n = crib_nursery_open();
    crib_receiver *other;
    EXPECT_EQ(crib_channel_open(8, &tx, &rx), 0);
    other = crib_receiver_clone(rx);
    EXPECT_EQ(crib_nursery_start_soon(n, "batch", receives_batch, v, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    if (value != NULL) EXPECT_EQ(crib_sender_send_nowait(tx, &one), 0);
    if (value != NULL) EXPECT_EQ(crib_sender_send(tx, crib_value_int(2)), 0);
    crib_unref(rx);
    rx = other;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &one), value != NULL ? 0 : CRIB_EWOULDBLOCK);
    close_channel();
    return RAN;
}

Test(channel_batch, one_through_an_end_that_is_released_meanwhile_takes_no_more) {
    EXPECT_RUN(run_autojump(released, &drops));
    EXPECT_RUN(run_autojump(released, NULL));
    EXPECT_LOG("batch:1 CRIB_ECLOSED");
    EXPECT_NOTHING_UNEXPECTED();
}

static int all_released(void *arg) {
    crib_value v[10], one = crib_value_int(1);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_channel_open(8, &tx, &rx), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "batch", receives_batch, v, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &one), 0);
    close_channel();
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(channel_batch, one_that_outlives_its_channel_has_what_was_handed_over) {
    EXPECT_RUN(run_autojump(all_released, NULL));
    EXPECT_LOG("batch:1");
    EXPECT_NOTHING_UNEXPECTED();
}

static void in_stackless(crib_task *self, void *arg) {
    crib_value v[2];
    (void)self;
    (void)arg;
    EXPECT_EQ(crib_channel_open(2, &tx, &rx), 0);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 2), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 2), CRIB_EWOULDBLOCK);
    close_channel();
}

static int misuses(void *arg) {
    crib_value v[2];
    (void)arg;
    EXPECT_EQ(crib_channel_open(2, &tx, &rx), 0);
    EXPECT_EQ(crib_receiver_receive_batch(rx, v, 0), CODE_EINVAL);
    EXPECT_EQ(crib_receiver_receive_batch(rx, NULL, 2), CODE_EINVAL);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, v, 0), CODE_EINVAL);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, NULL, 2), CODE_EINVAL);
    EXPECT_MISUSE(crib_receiver_receive_batch(NULL, v, 2), "crib_receiver_receive_batch", "main");
    EXPECT_MISUSE(crib_receiver_receive_batch_nowait(NULL, v, 2), "crib_receiver_receive_batch_nowait", "main");
    close_channel();
    return RAN;
}

Test(channel_batch, needs_a_place_and_an_end) {
    EXPECT_RUN(run_autojump(misuses, NULL));
    in_stackless_task(in_stackless, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}
