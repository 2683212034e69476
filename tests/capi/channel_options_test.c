/* Channels with options: overflow policies, what they count, batches. */
#include "capi/messages.h"
#include "support/log.h"

TestSuite(channel_options, .init = listen_to_messages, .timeout = 20);

static crib_sender *tx;
static crib_receiver *rx;

static int open_with(int32_t overflow, size_t capacity) {
    crib_channel_options options = {.size = sizeof options, .capacity = capacity, .overflow = overflow};
    return crib_channel_open_with(&options, &tx, &rx);
}

static void close_channel(void) {
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_QUIET();
}

/* Values that say which of them was dropped. */
static void drop_logged(void *p) {
    char word[20];
    snprintf(word, sizeof word, "-%d", (int)(intptr_t)p);
    log_add(word);
}
static const crib_vtable logged_table = {sizeof(crib_vtable), drop_logged, "logged", 0};
static crib_value logged(intptr_t number) {
    crib_value v = {NULL, &logged_table};
    v.p = (void *)number;
    return v;
}

static int got(void) {
    crib_value v;
    int rc = crib_receiver_receive_nowait(rx, &v);
    return rc < 0 ? rc : (int)(intptr_t)v.p;
}

static crib_channel_stats numbers(void) {
    crib_channel_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_sender_statistics(tx, &s), 0);
    return s;
}

/* Sends 1 to 5, in both ways, without any wait. */
static void send_five(void) {
    int i;
    for (i = 1; i <= 5; i++) {
        crib_value v = logged(i);
        EXPECT_EQ(i % 2 ? crib_sender_send(tx, v) : crib_sender_send_nowait(tx, &v), 0);
        EXPECT(i % 2 || v.vt == NULL);
    }
}

/* --- which options --- */

static int options_of(size_t size, size_t capacity, int32_t overflow, int32_t shared) {
    struct {
        crib_channel_options known;
        char tail[16];
    } options;
    int rc;
    memset(&options, 0, sizeof options);
    options.known.size = size;
    options.known.capacity = capacity;
    options.known.overflow = overflow;
    options.known.shared = shared;
    tx = (crib_sender *)&drops;
    rx = (crib_receiver *)&drops;
    rc = crib_channel_open_with(&options.known, &tx, &rx);
    if (rc == 0) close_channel();
    if (rc < 0) EXPECT(tx == NULL && rx == NULL);
    return rc;
}

static int options(void *arg) {
    const size_t size = sizeof(crib_channel_options);
    crib_channel_options tail[2];
    (void)arg;
    EXPECT_EQ(options_of(size, 0, CRIB_OVERFLOW_WAIT, 0), 0);
    EXPECT_EQ(options_of(size + 16, 5, CRIB_OVERFLOW_DROP_NEWEST, 0), 0); /* of a later version, all zero */
    EXPECT_EQ(options_of(sizeof(size_t) * 2, 3, 77, 77), 0);              /* of an earlier one */
    EXPECT_EQ(options_of(sizeof(size_t), 77, 77, 77), 0);
    EXPECT_EQ(options_of(sizeof(size_t) - 1, 0, 0, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, 1, 4, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, 1, -1, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, 0, CRIB_OVERFLOW_DROP_OLDEST, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, CRIB_UNBOUNDED, CRIB_OVERFLOW_DROP_OLDEST, 0), 0);
    EXPECT_EQ(options_of(size, 0, CRIB_OVERFLOW_DROP_NEWEST, 0), 0);
    EXPECT_EQ(options_of(size, 0, CRIB_OVERFLOW_LATEST, 0), 0);
    EXPECT_EQ(options_of(size, 1, CRIB_OVERFLOW_LATEST, 0), 0);
    EXPECT_EQ(options_of(size, 2, CRIB_OVERFLOW_LATEST, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, CRIB_UNBOUNDED, CRIB_OVERFLOW_LATEST, 0), CODE_EINVAL);
    EXPECT_EQ(options_of(size, 1, 0, 2), CODE_EINVAL);
    memset(tail, 0, sizeof tail);
    tail[0].size = sizeof tail;
    tail[1].shared = 1;
    EXPECT_EQ(crib_channel_open_with(&tail[0], &tx, &rx), CODE_EINVAL);
    EXPECT_EQ(crib_channel_open_with(NULL, NULL, &rx), CODE_EINVAL);
    EXPECT_EQ(crib_channel_open_with(NULL, &tx, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_channel_open_with(NULL, &tx, &rx), 0); /* a rendezvous that waits */
    EXPECT_EQ(numbers().capacity, 0);
    close_channel();
    EXPECT_QUIET();
    return RAN;
}

static void outside(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_channel_open_with(NULL, &tx, &rx), "crib_channel_open_with", NULL);
    EXPECT(tx == NULL && rx == NULL);
}

Test(channel_options, senseless_options_are_refused) {
    EXPECT_RUN(run_autojump(options, NULL));
    outside(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- overflow --- */

static int drop_oldest(void *arg) {
    (void)arg;
    EXPECT_EQ(open_with(CRIB_OVERFLOW_DROP_OLDEST, 3), 0);
    send_five();
    EXPECT_EQ(numbers().dropped, 2);
    EXPECT_EQ(numbers().peak, 3);
    EXPECT_EQ(got(), 3);
    EXPECT_EQ(got(), 4);
    EXPECT_EQ(got(), 5);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    close_channel();
    return RAN;
}

Test(channel_options, the_oldest_value_gives_way) {
    EXPECT_RUN(run_autojump(drop_oldest, NULL));
    EXPECT_LOG("-1 -2");
    EXPECT_NOTHING_UNEXPECTED();
}

static int drop_newest(void *arg) {
    (void)arg;
    EXPECT_EQ(open_with(CRIB_OVERFLOW_DROP_NEWEST, 3), 0);
    send_five();
    EXPECT_EQ(numbers().dropped, 2);
    EXPECT_EQ(got(), 1);
    EXPECT_EQ(crib_sender_send(tx, logged(6)), 0); /* there is room again */
    EXPECT_EQ(got(), 2);
    EXPECT_EQ(got(), 3);
    EXPECT_EQ(got(), 6);
    close_channel();
    return RAN;
}

Test(channel_options, the_newest_value_is_dropped) {
    EXPECT_RUN(run_autojump(drop_newest, NULL));
    EXPECT_LOG("-4 -5");
    EXPECT_NOTHING_UNEXPECTED();
}

static int latest(void *capacity) {
    EXPECT_EQ(open_with(CRIB_OVERFLOW_LATEST, *(size_t *)capacity), 0);
    send_five();
    EXPECT_EQ(numbers().capacity, 1);
    EXPECT_EQ(numbers().dropped, 4);
    EXPECT_EQ(numbers().peak, 1);
    EXPECT_EQ(got(), 5);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    close_channel();
    return RAN;
}

Test(channel_options, only_the_latest_value_stays) {
    size_t capacity = 0;
    EXPECT_RUN(run_autojump(latest, &capacity));
    EXPECT_LOG("-1 -2 -3 -4");
    capacity = 1;
    EXPECT_RUN(run_autojump(latest, &capacity));
    EXPECT_LOG("-1 -2 -3 -4 -1 -2 -3 -4");
    EXPECT_NOTHING_UNEXPECTED();
}

static int without_buffer(void *arg) {
    (void)arg;
    EXPECT_EQ(open_with(CRIB_OVERFLOW_DROP_NEWEST, 0), 0);
    send_five();
    EXPECT_EQ(numbers().dropped, 5);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    close_channel();
    return RAN;
}

Test(channel_options, without_a_buffer_and_receivers_everything_is_dropped) {
    EXPECT_RUN(run_autojump(without_buffer, NULL));
    EXPECT_LOG("-1 -2 -3 -4 -5");
    EXPECT_NOTHING_UNEXPECTED();
}

struct reader {
    int got[8];
    int count;
};

static int reads(void *arg) {
    struct reader *r = arg;
    crib_value v;
    while (crib_receiver_receive(rx, &v) == 0) r->got[r->count++] = (int)(intptr_t)v.p;
    return 0;
}

/* Two readers wait: the first two of five values are theirs, whatever the policy does with the others. */
static int readers_wait(void *overflow) {
    struct reader a = {.count = 0}, b = {.count = 0};
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(open_with(*(int32_t *)overflow, 0), *(int32_t *)overflow == CRIB_OVERFLOW_DROP_OLDEST ? CODE_EINVAL : 0);
    if (tx == NULL) EXPECT_EQ(open_with(*(int32_t *)overflow, 1), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", reads, &a, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", reads, &b, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    send_five();
    crib_sender_close(tx);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(a.got[0], 1);
    EXPECT_EQ(b.got[0], 2);
    EXPECT_EQ(a.count + b.count, *(int32_t *)overflow == CRIB_OVERFLOW_DROP_NEWEST ? 2 : 3);
    if (a.count == 2) EXPECT_EQ(a.got[1], 5);
    EXPECT_EQ(numbers().dropped, *(int32_t *)overflow == CRIB_OVERFLOW_DROP_NEWEST ? 3 : 2);
    close_channel();
    return RAN;
}

Test(channel_options, those_who_wait_are_served_before_anything_is_dropped) {
    int32_t overflow;
    for (overflow = CRIB_OVERFLOW_DROP_OLDEST; overflow <= CRIB_OVERFLOW_LATEST; overflow++) {
        EXPECT_RUN(run_autojump(readers_wait, &overflow));
    }
    EXPECT_LOG("-3 -4 -3 -4 -5 -3 -4");
    EXPECT_NOTHING_UNEXPECTED();
}

static int broken(void *arg) {
    crib_value v = logged(9);
    (void)arg;
    EXPECT_EQ(open_with(CRIB_OVERFLOW_DROP_OLDEST, 2), 0);
    send_five();
    crib_receiver_close(rx);
    EXPECT_EQ(numbers().dropped, 5);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), CRIB_EBROKEN);
    EXPECT(v.vt != NULL);
    EXPECT_EQ(crib_sender_send(tx, v), CRIB_EBROKEN);
    crib_sender_close(tx);
    EXPECT_EQ(crib_sender_send(tx, logged(9)), CRIB_ECLOSED);
    EXPECT_EQ(numbers().dropped, 5); /* of these the sender knows */
    close_channel();
    return RAN;
}

Test(channel_options, a_policy_does_not_hide_that_the_other_side_is_gone) {
    EXPECT_RUN(run_autojump(broken, NULL));
    EXPECT_LOG("-1 -2 -3 -4 -5 -9 -9");
    EXPECT_NOTHING_UNEXPECTED();
}

/* A drop that uses the channel: sends on it, takes from it, closes it. */
static int depth;
static void drop_meddles(void *p) {
    crib_value v = {p, NULL};
    log_add("meddles");
    if (++depth > 3) return;
    v.vt = crib_value_int(0).vt;
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), 0); /* into a full buffer again */
    EXPECT_EQ(got(), 7);
    crib_sender_close(tx);
    crib_receiver_close(rx);
}
static const crib_vtable meddling_table = {sizeof(crib_vtable), drop_meddles, "meddling", 0};

static int meddled(void *overflow) {
    crib_value v = {(void *)7, &meddling_table};
    depth = 0;
    EXPECT_EQ(open_with(*(int32_t *)overflow, 1), 0);
    EXPECT_EQ(crib_sender_send(tx, *(int32_t *)overflow == CRIB_OVERFLOW_DROP_OLDEST ? v : crib_value_int(7)), 0);
    EXPECT_EQ(crib_sender_send(tx, *(int32_t *)overflow == CRIB_OVERFLOW_DROP_OLDEST ? crib_value_int(7) : v), 0);
    EXPECT_EQ(depth, 1);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(1)), CRIB_ECLOSED);
    EXPECT_EQ(numbers().buffered, 0);
    close_channel();
    return RAN;
}

Test(channel_options, a_drop_may_use_the_channel) {
    int32_t overflow = CRIB_OVERFLOW_DROP_OLDEST;
    EXPECT_RUN(run_autojump(meddled, &overflow));
    overflow = CRIB_OVERFLOW_DROP_NEWEST;
    EXPECT_RUN(run_autojump(meddled, &overflow));
    EXPECT_LOG("meddles meddles");
    EXPECT_NOTHING_UNEXPECTED();
}

/* A receive that nobody took is the oldest value when it is given back. */
static int given_back(void *overflow) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(open_with(*(int32_t *)overflow, 1), 0);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_sender_send(tx, logged(1)), 0);
    EXPECT_EQ(crib_sender_send(tx, logged(2)), 0);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(got(), *(int32_t *)overflow == CRIB_OVERFLOW_LATEST ? 2 : 1);
    EXPECT_EQ(numbers().dropped, *(int32_t *)overflow == CRIB_OVERFLOW_LATEST ? 1 : 0);
    crib_op_free(op);
    close_channel();
    return RAN;
}

Test(channel_options, an_old_value_given_back_gives_way_to_the_latest) {
    int32_t overflow = CRIB_OVERFLOW_LATEST;
    EXPECT_RUN(run_autojump(given_back, &overflow));
    EXPECT_LOG("-1");
    overflow = CRIB_OVERFLOW_WAIT;
    EXPECT_RUN(run_autojump(given_back, &overflow));
    EXPECT_LOG("-1 -2");
    EXPECT_NOTHING_UNEXPECTED();
}
