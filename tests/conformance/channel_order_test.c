/* Memory channels: who is served when, and values that hold ends of channels (statements 88, 89, 91, 92, 95). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

static crib_sender *tx;
static crib_receiver *rx;

struct number {
    int64_t number;
    int rc;
};

static int sends(void *arg) {
    struct number *n = arg;
    n->rc = crib_sender_send(tx, crib_value_int(n->number));
    return n->rc == CRIB_ECANCELLED ? n->rc : 0;
}

static int64_t receive_nowait(void) {
    crib_value v = nil_value;
    int rc = crib_receiver_receive_nowait(rx, &v);
    return rc < 0 ? rc : crib_value_as_int(v, -1);
}

/* Of blocked senders one is cancelled; the others keep their order. */

static int middle_is_cancelled(void *arg) {
    struct number numbers[4];
    crib_task *tasks[4];
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    for (i = 0; i < 4; ++i) {
        numbers[i] = (struct number){.number = i};
        tasks[i] = crib_nursery_spawn(n, "sender", sends, &numbers[i], NULL);
        cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    }
    cr_expect_eq(crib_task_cancel(tasks[1], NULL), 0);
    cr_expect_eq(receive_nowait(), 0);
    cr_expect_eq(receive_nowait(), 2, "1 was not sent");
    cr_expect_eq(receive_nowait(), 3);
    cr_expect_eq(receive_nowait(), CRIB_EWOULDBLOCK);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    for (i = 0; i < 4; ++i) {
        cr_expect_eq(numbers[i].rc, i == 1 ? CRIB_ECANCELLED : 0);
        crib_unref(tasks[i]);
    }
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_order, s095_a_cancelled_sender_leaves_the_line_and_the_others_keep_their_order) {
    cr_assert_eq(run_autojump(middle_is_cancelled, NULL), 0);
}

/* Global order through buffer and blocked senders. */

static int first_in_first_out(void *arg) {
    struct number numbers[20];
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    cr_expect_eq(crib_channel_open(3, &tx, &rx), 0);
    for (i = 0; i < 20; ++i) {
        numbers[i] = (struct number){.number = i};
        cr_expect_eq(crib_nursery_start_soon(n, "sender", sends, &numbers[i], NULL), 0);
        cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    }
    for (i = 0; i < 20; ++i) cr_expect_eq(receive_nowait(), i);
    cr_expect_eq(receive_nowait(), CRIB_EWOULDBLOCK);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_order, s089_order_is_kept_through_buffer_and_blocked_senders) {
    cr_assert_eq(run_autojump(first_in_first_out, NULL), 0);
}

/* Only those who wait on the closed end wake. */

struct waiter {
    crib_receiver *end;
    const char *name;
};

static int receives_on(void *arg) {
    struct waiter *w = arg;
    crib_value v = nil_value;
    char word[64];
    snprintf(word, sizeof word, "%s:%s", w->name, crib_error_name(crib_receiver_receive(w->end, &v)));
    story_at(word);
    return 0;
}

static int one_end_of_two(void *arg) {
    crib_nursery *n = crib_nursery_open();
    struct waiter a = {.name = "a"}, b = {.name = "b"};
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    a.end = rx;
    b.end = crib_receiver_clone(rx);
    cr_expect_eq(crib_nursery_start_soon(n, "a", receives_on, &a, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "b", receives_on, &b, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_receiver_close(rx);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_unref(tx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(a.end);
    crib_unref(b.end);
    return 0;
}

Test(channel_order, s092_closing_one_end_wakes_only_who_waits_on_it) {
    cr_assert_eq(run_autojump(one_end_of_two, NULL), 0);
    cr_assert_str_eq(story_text, "a:CRIB_ECLOSED@1000 b:CRIB_EENDOFCHANNEL@2000");
}

/* A value whose drop closes an end, of another channel and of its own. */

static const crib_vtable end_vtable = {sizeof(crib_vtable), crib_unref, "end", 0};

static crib_value end_value(void *end) {
    crib_value v = {NULL, &end_vtable};
    v.p = end;
    return v;
}

static int drops_close_other_ends(void *arg) {
    struct waiter waiter = {.name = "other"};
    crib_nursery *n = crib_nursery_open();
    crib_sender *other_tx;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(3, &tx, &rx), 0);
    cr_expect_eq(crib_channel_open(0, &other_tx, &waiter.end), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "waiter", receives_on, &waiter, NULL), 0);
    cr_expect_eq(crib_sender_send(tx, end_value(other_tx)), 0);
    cr_expect_eq(crib_sender_send(tx, end_value(crib_sender_clone(tx))), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_unref(rx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_sender_send(tx, crib_value_int(1)), CRIB_EBROKEN);
    crib_unref(tx);
    crib_unref(waiter.end);
    return 0;
}

Test(channel_order, s091_dropping_a_buffer_may_close_ends_of_this_and_other_channels) {
    cr_assert_eq(run_autojump(drops_close_other_ends, NULL), 0);
    cr_assert_str_eq(story_text, "other:CRIB_EENDOFCHANNEL@1000");
}

/* A waiting receiver whose channel gets its value and its end in one step. */

static int value_then_end(void *arg) {
    struct waiter first = {.name = "first"}, second = {.name = "second"};
    crib_nursery *n = crib_nursery_open();
    crib_value v = crib_value_int(1);
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    first.end = second.end = rx;
    cr_expect_eq(crib_nursery_start_soon(n, "first", receives_on, &first, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "second", receives_on, &second, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    crib_unref(tx);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(rx);
    return 0;
}

Test(channel_order, s088_a_value_handed_over_arrives_though_the_channel_ends_at_once) {
    cr_assert_eq(run_autojump(value_then_end, NULL), 0);
    cr_assert_str_eq(story_text, "first:0@0 second:CRIB_EENDOFCHANNEL@0");
}
