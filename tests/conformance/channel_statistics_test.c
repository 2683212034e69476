/* Memory channels: statistics and the values that nobody received (statement 97, D7). */
#include "support/counted.h"
#include "support/expect.h"
#include "support/run.h"
#include "support/strand.h"

static crib_sender *tx, *tx2;
static crib_receiver *rx, *rx2;

static void open_channel(size_t capacity) {
    EXPECT_EQ(crib_channel_open(capacity, &tx, &rx), 0);
    tx2 = crib_sender_clone(tx);
    rx2 = crib_receiver_clone(rx);
}

static void close_channel(void) {
    crib_unref(tx);
    crib_unref(tx2);
    crib_unref(rx);
    crib_unref(rx2);
}

/* The same from every end: what is in `s`. */
static void expect_stats(int line, crib_channel_stats s) {
    crib_channel_stats seen[4];
    int i;
    memset(seen, 0, sizeof seen);
    for (i = 0; i < 4; i++) seen[i].size = s.size = sizeof s;
    EXPECT_EQ(crib_sender_statistics(tx, &seen[0]), 0);
    EXPECT_EQ(crib_sender_statistics(tx2, &seen[1]), 0);
    EXPECT_EQ(crib_receiver_statistics(rx, &seen[2]), 0);
    EXPECT_EQ(crib_receiver_statistics(rx2, &seen[3]), 0);
    for (i = 0; i < 4; i++) {
        expect_eq(line, "buffered", (long long)seen[i].buffered, (long long)s.buffered);
        expect_eq(line, "capacity", (long long)seen[i].capacity, (long long)s.capacity);
        expect_eq(line, "peak", (long long)seen[i].peak, (long long)s.peak);
        expect_eq(line, "senders", (long long)seen[i].senders, (long long)s.senders);
        expect_eq(line, "receivers", (long long)seen[i].receivers, (long long)s.receivers);
        expect_eq(line, "waiting senders", (long long)seen[i].waiting_senders, (long long)s.waiting_senders);
        expect_eq(line, "waiting receivers", (long long)seen[i].waiting_receivers, (long long)s.waiting_receivers);
        expect_eq(line, "dropped", (long long)seen[i].dropped, (long long)s.dropped);
        expect_eq(line, "size", (long long)seen[i].size, (long long)sizeof s);
    }
}

#define EXPECT_STATS(...) expect_stats(__LINE__, (crib_channel_stats){__VA_ARGS__})

static int sends(void *end) { return crib_sender_send(end, counted_value(1)); }

static int receives(void *end) {
    crib_value v;
    int rc = crib_receiver_receive(end, &v);
    if (rc == 0) crib_value_drop(v);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static void sends_stackless(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_send(s->op, s->user_data, counted_value(1)));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void receives_stackless(struct strand *s) {
    STRAND(s)
    AWAIT_RESULT(s, crib_begin_receive(s->op, s->user_data));
    strand_exit(s, s->status == CRIB_EENDOFCHANNEL ? NULL : strand_failure(s));
    STRAND_END
}

/* Statement 97 */

static int seven_fields(void *unused) {
    crib_nursery *n = crib_nursery_open();
    struct strand sender = {.run = sends_stackless};
    (void)unused;
    open_channel(1);
    sender.user_data = tx2;
    EXPECT_STATS(.capacity = 1, .senders = 2, .receivers = 2);
    EXPECT_EQ(crib_sender_send(tx, counted_value(1)), 0);
    EXPECT_STATS(.capacity = 1, .senders = 2, .receivers = 2, .buffered = 1, .peak = 1);
    EXPECT_EQ(crib_nursery_start_soon(n, "sends", sends, tx, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "sends", sends, tx2, NULL), 0);
    EXPECT(strand_start(n, "sends", &sender) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_STATS(.capacity = 1, .senders = 2, .receivers = 2, .buffered = 1, .peak = 1, .waiting_senders = 3);
    EXPECT_EQ(receives(rx), 0); /* the oldest sender's value moves up */
    EXPECT_STATS(.capacity = 1, .senders = 2, .receivers = 2, .buffered = 1, .peak = 1, .waiting_senders = 2);
    EXPECT_EQ(receives(rx2), 0);
    EXPECT_EQ(receives(rx), 0);
    EXPECT_EQ(receives(rx), 0);
    EXPECT_STATS(.capacity = 1, .senders = 2, .receivers = 2, .peak = 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_channel();
    return RAN;
}

Test(channel_statistics, s097_the_seven_fields_are_the_same_at_every_end) {
    EXPECT_RUN(run_autojump(seven_fields, NULL));
}

static int waiting_receivers(void *unused) {
    crib_nursery *n = crib_nursery_open();
    struct strand receiver = {.run = receives_stackless};
    (void)unused;
    open_channel(0);
    receiver.user_data = rx2;
    EXPECT_EQ(crib_nursery_start_soon(n, "receives", receives, rx, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "receives", receives, rx2, NULL), 0);
    EXPECT(strand_start(n, "receives", &receiver) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_STATS(.senders = 2, .receivers = 2, .waiting_receivers = 3);
    EXPECT_EQ(crib_sender_send(tx, counted_value(1)), 0);
    EXPECT_STATS(.senders = 2, .receivers = 2, .waiting_receivers = 2); /* handed over: never buffered */
    crib_sender_close(tx);
    EXPECT_STATS(.senders = 1, .receivers = 2, .waiting_receivers = 2);
    crib_sender_close(tx2);
    EXPECT_STATS(.receivers = 2);
    crib_receiver_close(rx);
    EXPECT_STATS(.receivers = 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_channel();
    return RAN;
}

Test(channel_statistics, s097_waiting_is_counted_over_all_clones) { EXPECT_RUN(run_autojump(waiting_receivers, NULL)); }

static int peak(void *unused) {
    int i;
    (void)unused;
    open_channel(CRIB_UNBOUNDED);
    for (i = 0; i < 5; i++) EXPECT_EQ(sends(tx), 0);
    for (i = 0; i < 3; i++) EXPECT_EQ(receives(rx), 0);
    EXPECT_STATS(.capacity = CRIB_UNBOUNDED, .senders = 2, .receivers = 2, .buffered = 2, .peak = 5);
    for (i = 0; i < 3; i++) EXPECT_EQ(sends(tx), 0);
    EXPECT_STATS(.capacity = CRIB_UNBOUNDED, .senders = 2, .receivers = 2, .buffered = 5, .peak = 5);
    EXPECT_EQ(sends(tx2), 0);
    EXPECT_STATS(.capacity = CRIB_UNBOUNDED, .senders = 2, .receivers = 2, .buffered = 6, .peak = 6);
    for (i = 0; i < 6; i++) EXPECT_EQ(receives(rx2), 0);
    EXPECT_STATS(.capacity = CRIB_UNBOUNDED, .senders = 2, .receivers = 2, .buffered = 0, .peak = 6);
    close_channel();
    return RAN;
}

Test(channel_statistics, s097_the_peak_never_decreases) { EXPECT_RUN(run_autojump(peak, NULL)); }

static int short_and_long_structs(void *unused) {
    struct {
        crib_channel_stats known;
        size_t tail;
    } longer;
    crib_channel_stats shorter;
    (void)unused;
    open_channel(3);
    EXPECT_EQ(sends(tx), 0);
    memset(&shorter, 0x55, sizeof shorter);
    shorter.size = 2 * sizeof(size_t); /* room for one number */
    EXPECT_EQ(crib_sender_statistics(tx, &shorter), 0);
    EXPECT_EQ(shorter.buffered, 1);
    EXPECT(shorter.capacity == (size_t)0x5555555555555555);
    memset(&longer, 0x55, sizeof longer);
    longer.known.size = sizeof longer;
    EXPECT_EQ(crib_receiver_statistics(rx, &longer.known), 0);
    EXPECT_EQ(longer.known.capacity, 3);
    EXPECT(longer.tail == (size_t)0x5555555555555555);
    close_channel();
    return RAN;
}

Test(channel_statistics, s097_only_what_there_is_room_for_is_filled_in) {
    EXPECT_RUN(run_autojump(short_and_long_structs, NULL));
}

/* D7 */

static int left_behind(void *unused) {
    crib_nursery *n = crib_nursery_open();
    struct strand sender = {.run = sends_stackless};
    (void)unused;
    open_channel(2);
    sender.user_data = tx2;
    EXPECT_EQ(sends(tx), 0);
    EXPECT_EQ(sends(tx), 0);
    EXPECT(strand_start(n, "sends", &sender) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_receiver_close(rx);
    EXPECT_STATS(.capacity = 2, .senders = 2, .receivers = 1, .buffered = 2, .peak = 2, .waiting_senders = 1);
    crib_receiver_close(rx2);
    EXPECT_STATS(.capacity = 2, .senders = 2, .peak = 2, .dropped = 2); /* of the third its sender knows */
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EBROKEN);
    EXPECT_EQ(counted_drops, 3);
    EXPECT_EQ(sends(tx), CRIB_EBROKEN);
    EXPECT_STATS(.capacity = 2, .senders = 2, .peak = 2, .dropped = 2);
    close_channel();
    EXPECT_EQ(counted_drops, 4);
    return RAN;
}

Test(channel_statistics, d07_what_the_last_receiver_leaves_behind_is_dropped_and_counted) {
    EXPECT_RUN(run_autojump(left_behind, NULL));
}

static int given_back_too_late(void *unused) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)unused;
    open_channel(2);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(sends(tx), 0);
    crib_receiver_close(rx);
    crib_receiver_close(rx2);
    EXPECT_STATS(.capacity = 2, .senders = 2); /* it has been received */
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_STATS(.capacity = 2, .senders = 2, .dropped = 1);
    EXPECT_EQ(counted_drops, 1);
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_statistics, d07_so_is_a_value_that_is_given_back_when_nobody_is_left) {
    EXPECT_RUN(run_autojump(given_back_too_late, NULL));
}

static int overflowing(void *unused) {
    crib_channel_options options = {.size = sizeof options, .capacity = 2, .overflow = CRIB_OVERFLOW_DROP_OLDEST};
    int i;
    (void)unused;
    EXPECT_EQ(crib_channel_open_with(&options, &tx, &rx), 0);
    tx2 = crib_sender_clone(tx);
    rx2 = crib_receiver_clone(rx);
    for (i = 0; i < 5; i++) EXPECT_EQ(sends(i % 2 ? tx : tx2), 0);
    EXPECT_EQ(counted_drops, 3);
    EXPECT_STATS(.capacity = 2, .senders = 2, .receivers = 2, .buffered = 2, .peak = 2, .dropped = 3);
    crib_receiver_close(rx);
    crib_receiver_close(rx2);
    EXPECT_STATS(.capacity = 2, .senders = 2, .peak = 2, .dropped = 5);
    close_channel();
    EXPECT_EQ(counted_drops, 5);
    return RAN;
}

Test(channel_statistics, d07_and_what_an_overflow_policy_drops) { EXPECT_RUN(run_autojump(overflowing, NULL)); }
