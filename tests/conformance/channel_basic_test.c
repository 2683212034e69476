/* Memory channels: capacity, order, hand-over, and the last end closed (statements 86-91). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static crib_sender *tx;
static crib_receiver *rx;

static int64_t receive_int(void) {
    crib_value v = nil_value;
    int rc = crib_receiver_receive(rx, &v);
    return rc < 0 ? rc : crib_value_as_int(v, -1);
}

static int64_t receive_int_nowait(void) {
    crib_value v = nil_value;
    int rc = crib_receiver_receive_nowait(rx, &v);
    return rc < 0 ? rc : crib_value_as_int(v, -1);
}

static int send_int_nowait(int64_t i) {
    crib_value v = crib_value_int(i);
    return crib_sender_send_nowait(tx, &v);
}

struct number {
    int64_t number;
    const char *name;
};

static int sends(void *arg) {
    struct number *n = arg;
    int rc = crib_sender_send(tx, crib_value_int(n->number));
    story_at(rc == 0 ? n->name : crib_error_name(rc));
    return 0;
}

static int receives(void *arg) {
    struct number *n = arg;
    char word[64];
    n->number = receive_int();
    snprintf(word, sizeof word, "%s:%lld", n->name, (long long)n->number);
    story_at(n->number < 0 ? crib_error_name((int)n->number) : word);
    return 0;
}

static void close_both(void) {
    crib_unref(tx);
    crib_unref(rx);
}

/* Statement 86 */

static int capacities(void *arg) {
    size_t capacity, i;
    (void)arg;
    for (capacity = 0; capacity < 20; ++capacity) {
        cr_expect_eq(crib_channel_open(capacity, &tx, &rx), 0);
        for (i = 0; i < capacity; ++i) cr_expect_eq(send_int_nowait((int64_t)i), 0);
        cr_expect_eq(send_int_nowait(99), CRIB_EWOULDBLOCK, "exactly %zu fit", capacity);
        for (i = 0; i < capacity; ++i) cr_expect_eq(receive_int_nowait(), (int64_t)i);
        cr_expect_eq(receive_int_nowait(), CRIB_EWOULDBLOCK);
        close_both();
    }
    cr_expect_eq(crib_channel_open(1, NULL, &rx), -EINVAL);
    cr_expect_eq(crib_channel_open(1, &tx, NULL), -EINVAL);
    return 0;
}

Test(channel_basic, s086_exactly_the_capacity_fits) { cr_assert_eq(run_autojump(capacities, NULL), 0); }

/* Statement 87 */

static int rendezvous_send(void *arg) {
    struct number sent = {1, "sent"};
    crib_nursery *n = crib_nursery_open();
    crib_value v = counted_value(5);
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), CRIB_EWOULDBLOCK);
    cr_expect_eq(v.vt, &counted_vtable, "it is still the caller's");
    crib_value_drop(v);
    cr_expect_eq(crib_nursery_start_soon(n, "sender", sends, &sent, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_str_eq(story_text, "", "the send waits for a receiver");
    cr_expect_eq(receive_int(), 1);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    close_both();
    return 0;
}

Test(channel_basic, s087_a_rendezvous_send_completes_when_a_receiver_takes_it) {
    cr_assert_eq(run_autojump(rendezvous_send, NULL), 0);
    cr_assert_str_eq(story_text, "sent@1000");
    cr_assert_eq(counted_drops, 1);
}

static int rendezvous_nowait(void *arg) {
    struct number got = {0, "got"};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "receiver", receives, &got, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(send_int_nowait(7), 0, "a receiver is waiting");
    cr_expect_eq(send_int_nowait(8), CRIB_EWOULDBLOCK, "it has its value");
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    close_both();
    return 0;
}

Test(channel_basic, s087_a_rendezvous_send_nowait_needs_a_waiting_receiver) {
    cr_assert_eq(run_autojump(rendezvous_nowait, NULL), 0);
    cr_assert_str_eq(story_text, "got:7@0");
}

/* Statement 88 */

static int oldest_receiver(void *arg) {
    struct number first = {0, "first"}, second = {0, "second"};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(4, &tx, &rx), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "first", receives, &first, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "second", receives, &second, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(send_int_nowait(1), 0);
    cr_expect_eq(receive_int_nowait(), CRIB_EWOULDBLOCK, "it was handed over: nobody steals it");
    cr_expect_eq(send_int_nowait(2), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(first.number, 1);
    cr_expect_eq(second.number, 2);
    close_both();
    return 0;
}

Test(channel_basic, s088_a_send_hands_its_value_to_the_oldest_receiver) {
    cr_assert_eq(run_autojump(oldest_receiver, NULL), 0);
    cr_assert_str_eq(story_text, "first:1@0 second:2@0");
}

/* Statement 89 */

static int full_channel(void *arg) {
    struct number three = {3, "three"}, four = {4, "four"};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    cr_expect_eq(send_int_nowait(1), 0);
    cr_expect_eq(send_int_nowait(2), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "three", sends, &three, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "four", sends, &four, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(receive_int_nowait(), 1);
    cr_expect_eq(send_int_nowait(9), CRIB_EWOULDBLOCK, "the oldest sender's value took the room at once");
    cr_expect_eq(receive_int_nowait(), 2);
    cr_expect_eq(receive_int_nowait(), 3);
    cr_expect_eq(receive_int_nowait(), 4);
    cr_expect_eq(receive_int_nowait(), CRIB_EWOULDBLOCK);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    close_both();
    return 0;
}

Test(channel_basic, s089_a_receive_from_a_full_channel_moves_the_oldest_senders_value_in) {
    cr_assert_eq(run_autojump(full_channel, NULL), 0);
    cr_assert_str_eq(story_text, "three@0 four@0");
}

/* Statement 90 */

static int last_sender(void *arg) {
    struct number a = {0, "a"}, b = {0, "b"};
    crib_nursery *n = crib_nursery_open();
    crib_sender *second;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(4, &tx, &rx), 0);
    second = crib_sender_clone(tx);
    cr_expect_eq(send_int_nowait(1), 0);
    cr_expect_eq(send_int_nowait(2), 0);
    crib_sender_close(tx);
    cr_expect_eq(receive_int(), 1);
    crib_sender_close(second);
    cr_expect_eq(receive_int(), 2, "what is buffered is still delivered");
    cr_expect_eq(receive_int(), CRIB_EENDOFCHANNEL);
    cr_expect_eq(receive_int(), CRIB_EENDOFCHANNEL, "forever");
    cr_expect_eq(receive_int_nowait(), CRIB_EENDOFCHANNEL);
    close_both();
    crib_unref(second);

    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "a", receives, &a, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "b", receives, &b, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_unref(tx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(rx);
    return 0;
}

Test(channel_basic, s090_the_end_of_a_channel_comes_after_what_is_buffered_and_wakes_who_waits) {
    cr_assert_eq(run_autojump(last_sender, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_EENDOFCHANNEL@1000 CRIB_EENDOFCHANNEL@1000");
}

/* Statement 91 */

static int sends_counted(void *arg) {
    int rc = crib_sender_send(tx, counted_value(1));
    (void)arg;
    story_at(crib_error_name(rc));
    return 0;
}

static int last_receiver(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_receiver *second;
    crib_value v = counted_value(3);
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    second = crib_receiver_clone(rx);
    cr_expect_eq(crib_sender_send(tx, counted_value(1)), 0);
    cr_expect_eq(crib_sender_send(tx, counted_value(2)), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "blocked", sends_counted, NULL, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_receiver_close(rx);
    cr_expect_eq(counted_drops, 0);
    crib_receiver_close(second);
    cr_expect_geq(counted_drops, 2, "the buffer is dropped");
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(counted_drops, 3, "and the blocked sender's value");
    cr_expect_eq(crib_sender_send(tx, counted_value(4)), CRIB_EBROKEN);
    cr_expect_eq(counted_drops, 4);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), CRIB_EBROKEN);
    cr_expect_not(is_nil(v));
    crib_value_drop(v);
    close_both();
    crib_unref(second);
    return 0;
}

Test(channel_basic, s091_without_receivers_senders_fail_and_the_buffer_is_dropped) {
    cr_assert_eq(run_autojump(last_receiver, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_EBROKEN@1000");
    cr_assert_eq(counted_drops, 5);
}
