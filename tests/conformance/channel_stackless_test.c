/* Memory channels used by stackless tasks (statements 87-92, 95, 96, 98). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"
#include "support/strand.h"

static crib_sender *tx;
static crib_receiver *rx;

static void sends_nine(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_send(s->op, tx, counted_value(9)));
    story_at(s->status == 0 ? "sent" : crib_error_name(s->status));
    strand_exit(s, NULL);
    STRAND_END
}

static void receives_one(struct strand *s) {
    STRAND(s)
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    if (s->status == 0) {
        cr_expect_eq((intptr_t)s->value.p, 9);
        story_at("received");
    } else {
        story_at(crib_error_name(s->status));
    }
    strand_exit(s, NULL);
    STRAND_END
}

static int meet(void *arg) {
    struct strand receiver = {.run = receives_one}, sender = {.run = sends_nine};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "sender", &sender));
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_str_eq(story_text, "", "the send waits for a receiver");
    cr_expect_not_null(strand_start(n, "receiver", &receiver));
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s087_two_stackless_tasks_meet_stackless) {
    cr_assert_eq(run_autojump(meet, NULL), 0);
    cr_assert_not_null(strstr(story_text, "sent@1000"), "%s", story_text);
    cr_assert_not_null(strstr(story_text, "received@1000"), "%s", story_text);
    cr_assert_eq(counted_drops, 1, "the receiver's");
}

/* Several that wait are served in the order in which they came; what was handed over cannot be stolen. */

static void receives_numbers(struct strand *s) {
    STRAND(s)
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    story_append("%s:%d ", (const char *)s->user_data, (int)crib_value_as_int(s->value, s->status));
    strand_exit(s, NULL);
    STRAND_END
}

static int oldest_first(void *arg) {
    struct strand a = {.run = receives_numbers, .user_data = (void *)(uintptr_t) "a"};
    struct strand b = {.run = receives_numbers, .user_data = (void *)(uintptr_t) "b"};
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    int i;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(4, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "a", &a));
    cr_expect_not_null(strand_start(n, "b", &b));
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    for (i = 1; i <= 2; ++i) {
        v = crib_value_int(i);
        cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    }
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK, "both are handed over");
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s088_the_oldest_stackless_receiver_is_served_first_stackless) {
    cr_assert_eq(run_autojump(oldest_first, NULL), 0);
    cr_assert_str_eq(story_text, "a:1 b:2 ");
}

/* As many ops of one task as it likes. */

static void sends_five(struct strand *s) {
    crib_op *op;
    int i;
    STRAND(s)
    for (i = 1; i <= 5; ++i) {
        op = crib_op_new(s->task, NULL);
        cr_expect_eq(crib_begin_send(op, tx, crib_value_int(i)), i <= 2 ? 0 : CRIB_PENDING);
    }
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    strand_exit(s, NULL);
    STRAND_END
}

static int through_a_full_buffer(void *arg) {
    struct strand s = {.run = sends_five};
    crib_nursery *n = crib_nursery_open();
    crib_value v = crib_value_int(9);
    int i;
    (void)arg;
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "sends", &s));
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    for (i = 1; i <= 5; ++i) {
        if (i <= 4) cr_expect_eq(crib_sender_send_nowait(tx, &v), CRIB_EWOULDBLOCK, "%d: it stays full", i);
        cr_expect_eq(crib_receiver_receive_nowait(rx, &v), 0);
        cr_expect_eq(crib_value_as_int(v, -1), i);
    }
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s089_the_oldest_stackless_senders_value_moves_in_stackless) {
    cr_assert_eq(run_autojump(through_a_full_buffer, NULL), 0);
}

static int own_end_closed(void *sends) {
    struct strand s = {.run = sends ? sends_nine : receives_one};
    crib_nursery *n = crib_nursery_open();
    crib_sender *other_tx;
    crib_receiver *other_rx;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    other_tx = crib_sender_clone(tx);
    other_rx = crib_receiver_clone(rx);
    cr_expect_not_null(strand_start(n, "waits", &s));
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    if (sends)
        crib_unref(tx);
    else
        crib_unref(rx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(sends ? (void *)rx : (void *)tx);
    crib_unref(other_tx);
    crib_unref(other_rx);
    return 0;
}

Test(channel_stackless, s092_a_stackless_task_that_waits_on_a_closed_end_wakes_stackless) {
    cr_assert_eq(run_autojump(own_end_closed, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_ECLOSED@1000");
    cr_assert_eq(run_autojump(own_end_closed, STACKLESS), 0);
    cr_assert_str_eq(story_text, "CRIB_ECLOSED@1000");
    cr_assert_eq(counted_drops, 1);
}

static int unbounded_sent;
static void sends_thousands(struct strand *s) {
    STRAND(s)
    for (; unbounded_sent < 5000; ++unbounded_sent) {
        AWAIT(s, crib_begin_send(s->op, tx, crib_value_int(unbounded_sent))); /* only the budget makes it wait */
        cr_expect_eq(s->status, 0);
    }
    strand_exit(s, NULL);
    STRAND_END
}

static int unbounded(void *arg) {
    struct strand s = {.run = sends_thousands};
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    int i;
    (void)arg;
    cr_expect_eq(crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "sends", &s));
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    for (i = 0; crib_receiver_receive_nowait(rx, &v) == 0; ++i) cr_expect_eq(crib_value_as_int(v, -1), i);
    cr_expect_eq(i, 5000);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s096_an_unbounded_channel_never_makes_a_stackless_sender_wait_stackless) {
    cr_assert_eq(run_autojump(unbounded, NULL), 0);
}

static int ends_while_waiting(void *close_receiver) {
    struct strand s = {.run = close_receiver ? sends_nine : receives_one};
    crib_nursery *n = crib_nursery_open();
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "waits", &s));
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_unref(close_receiver ? (void *)rx : (void *)tx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(close_receiver ? (void *)tx : (void *)rx);
    return 0;
}

Test(channel_stackless, s090_the_end_of_the_channel_wakes_a_stackless_receiver_stackless) {
    cr_assert_eq(run_autojump(ends_while_waiting, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_EENDOFCHANNEL@1000");
}

Test(channel_stackless, s091_without_receivers_a_stackless_sender_fails_stackless) {
    cr_assert_eq(run_autojump(ends_while_waiting, STACKLESS), 0);
    cr_assert_str_eq(story_text, "CRIB_EBROKEN@1000");
    cr_assert_eq(counted_drops, 1);
}

static int cancelled_while_waiting(void *sends) {
    struct strand s = {.run = sends ? sends_nine : receives_one};
    crib_nursery *n = crib_nursery_open();
    crib_value v = nil_value;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "waits", &s));
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK, "gone at once");
    v = counted_value(1);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), CRIB_EWOULDBLOCK);
    crib_value_drop(v);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s095_a_cancelled_stackless_wait_moves_nothing_stackless) {
    cr_assert_eq(run_autojump(cancelled_while_waiting, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_ECANCELLED@1000");
    cr_assert_eq(counted_drops, 1);
    cr_assert_eq(run_autojump(cancelled_while_waiting, STACKLESS), 0);
    cr_assert_str_eq(story_text, "CRIB_ECANCELLED@1000");
    cr_assert_eq(counted_drops, 3);
}

/* A finished receive that nobody took goes back to the head of its channel. */

static void never_takes(crib_task *self, uintptr_t data) {
    crib_op **op = (crib_op **)data;
    if (*op == NULL) {
        *op = crib_op_new(self, NULL);
        cr_expect_eq(crib_begin_receive(*op, rx).status, CRIB_PENDING);
    }
}

static int aborted_after_completion(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_op *op = NULL;
    crib_task *task;
    crib_value v = counted_value(1);
    (void)arg;
    cr_expect_eq(crib_channel_open(4, &tx, &rx), 0);
    task = crib_nursery_start_stackless(n, "undecided", never_takes, (uintptr_t)&op, NULL);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    v = counted_value(2);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    cr_expect_eq(crib_op_abort(op), 0);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), 0);
    cr_expect_eq((intptr_t)v.p, 1, "at the head, as if it had not been taken");
    crib_value_drop(v);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), 0);
    cr_expect_eq((intptr_t)v.p, 2);
    crib_value_drop(v);
    crib_op_free(op);
    crib_task_exit(task, NULL);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_stackless, s095_an_aborted_finished_receive_goes_back_to_its_channel_stackless) {
    cr_assert_eq(run_autojump(aborted_after_completion, NULL), 0);
    cr_assert_eq(counted_drops, 2);
}

/* Statement 98: consumers of both kinds. */

#define ITEMS 200
static int seen[ITEMS], ended;

static void consumes(struct strand *s) {
    STRAND(s)
    for (;;) {
        AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
        if (s->status < 0) break;
        ++seen[crib_value_as_int(s->value, -1)];
    }
    cr_expect_eq(s->status, CRIB_EENDOFCHANNEL);
    ++ended;
    strand_exit(s, NULL);
    STRAND_END
}

static int consumes_as_fiber(void *arg) {
    crib_value v;
    int rc;
    (void)arg;
    while ((rc = crib_receiver_receive(rx, &v)) == 0) ++seen[crib_value_as_int(v, -1)];
    cr_expect_eq(rc, CRIB_EENDOFCHANNEL);
    ++ended;
    return 0;
}

static int consumers_of_both_kinds(void *capacity) {
    struct strand a = {.run = consumes}, b = {.run = consumes};
    crib_nursery *n = crib_nursery_open();
    int i;
    cr_expect_eq(crib_channel_open(*(size_t *)capacity, &tx, &rx), 0);
    cr_expect_not_null(strand_start(n, "a", &a));
    cr_expect_not_null(strand_start(n, "b", &b));
    cr_expect_eq(crib_nursery_start_soon(n, "c", consumes_as_fiber, NULL, NULL), 0);
    for (i = 0; i < ITEMS; ++i) cr_expect_eq(crib_sender_send(tx, crib_value_int(i)), 0);
    crib_unref(tx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(rx);
    return 0;
}

static void check_both_kinds(size_t capacity) {
    int i;
    cr_assert_eq(run_autojump(consumers_of_both_kinds, &capacity), 0);
    for (i = 0; i < ITEMS; ++i) cr_assert_eq(seen[i], 1, "item %d", i);
    cr_assert_eq(ended, 3);
}

Test(channel_stackless, s098_receivers_of_both_kinds_share_a_rendezvous_stackless) { check_both_kinds(0); }
Test(channel_stackless, s098_receivers_of_both_kinds_share_a_buffer_stackless) { check_both_kinds(5); }
