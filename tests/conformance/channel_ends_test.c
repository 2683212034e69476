/* Memory channels: ends, clones, cancellation, many at both ends (statements 92-96, 98). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

/* Statement 92 */

static int waits_on_receiver(void *arg) {
    crib_value v = nil_value;
    int rc = crib_receiver_receive(arg, &v);
    story_at(crib_error_name(rc));
    return 0;
}

static int waits_on_sender(void *arg) {
    int rc = crib_sender_send(arg, counted_value(1));
    story_at(crib_error_name(rc));
    return 0;
}

static int own_closed_end(void *arg) {
    crib_sender *tx, *other_tx;
    crib_receiver *rx, *other_rx;
    crib_nursery *n = crib_nursery_open();
    crib_value v = nil_value;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    other_tx = crib_sender_clone(tx);
    other_rx = crib_receiver_clone(rx);
    cr_expect_eq(crib_nursery_start_soon(n, "receiver", waits_on_receiver, rx, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_receiver_close(rx);
    cr_expect_eq(crib_receiver_receive(rx, &v), CRIB_ECLOSED);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_ECLOSED);
    cr_expect_eq(crib_nursery_start_soon(n, "sender", waits_on_sender, tx, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_sender_close(tx);
    crib_receiver_close(other_rx);
    cr_expect_eq(crib_sender_send(tx, counted_value(2)), CRIB_ECLOSED, "outranks EBROKEN");
    cr_expect_eq(crib_sender_send(other_tx, counted_value(2)), CRIB_EBROKEN);
    crib_sender_close(other_tx);
    cr_expect_eq(crib_receiver_receive(rx, &v), CRIB_ECLOSED, "outranks EENDOFCHANNEL");
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    crib_unref(other_tx);
    crib_unref(other_rx);
    return 0;
}

Test(channel_ends, s092_a_closed_end_refuses_its_owner_and_who_waits_on_it) {
    cr_assert_eq(run_autojump(own_closed_end, NULL), 0);
    cr_assert_str_eq(story_text, "CRIB_ECLOSED@1000 CRIB_ECLOSED@2000");
    cr_assert_eq(counted_drops, 3);
}

/* Statement 93 */

static int clones(void *arg) {
    crib_sender *tx, *tx2;
    crib_receiver *rx, *rx2;
    crib_value v = nil_value;
    (void)arg;
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    tx2 = crib_sender_clone(tx);
    rx2 = crib_receiver_clone(rx);
    crib_sender_close(tx);
    crib_receiver_close(rx);
    cr_expect_eq(crib_sender_send(tx2, crib_value_int(1)), 0, "a clone is an end of its own");
    cr_expect_eq(crib_receiver_receive(rx2, &v), 0, "on the same buffer");
    cr_expect_eq(crib_value_as_int(v, -1), 1);
    cr_expect_null(crib_sender_clone(tx), "a closed end has no clones");
    cr_expect_null(crib_receiver_clone(rx));
    crib_unref(rx2);
    crib_unref(tx);
    tx = crib_sender_clone(tx2);
    cr_expect_not_null(tx, "allowed without receivers");
    cr_expect_eq(crib_sender_send(tx, crib_value_int(1)), CRIB_EBROKEN);
    crib_unref(tx);
    crib_unref(tx2);
    crib_unref(rx);
    return 0;
}

Test(channel_ends, s093_a_clone_is_an_independent_end_of_the_same_channel) {
    cr_assert_eq(run_autojump(clones, NULL), 0);
}

/* Statement 94 */

static bool sibling_ran;
static int runs(void *arg) {
    (void)arg;
    sibling_ran = true;
    return 0;
}

static int closes(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = nil_value;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "sibling", runs, NULL, NULL), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    crib_sender_close(tx);
    crib_sender_close(tx);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EENDOFCHANNEL, "it closed though the task is cancelled");
    crib_receiver_close(rx);
    crib_receiver_close(rx);
    cr_expect_not(sibling_ran, "no close is a checkpoint");
    crib_unref(tx);
    crib_unref(rx);
    return crib_nursery_close(n, 0);
}

Test(channel_ends, s094_closing_is_idempotent_and_no_checkpoint) {
    cr_assert_eq(run_autojump(closes, NULL), 0);
    cr_assert(sibling_ran);
}

static int releases(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = nil_value;
    (void)arg;
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    crib_unref(tx);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EENDOFCHANNEL);
    crib_unref(rx);
    cr_expect_eq(crib_channel_open(2, &tx, &rx), 0);
    crib_unref(rx);
    cr_expect_eq(crib_sender_send(tx, crib_value_int(1)), CRIB_EBROKEN);
    crib_unref(tx);
    return 0;
}

Test(channel_ends, s094_the_last_reference_closes_an_end) { cr_assert_eq(run_autojump(releases, NULL), 0); }

/* Statement 95 */

static int cancelled_send(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = nil_value;
    crib_scope *scope;
    bool caught = false;
    int rc;
    (void)arg;
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_sender_send(tx, counted_value(1));
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(counted_drops, 1, "the value is consumed");
    cr_expect_eq(crib_scope_close(scope, rc, &caught), 0);
    cr_expect(caught);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK, "and was not sent");
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_receiver_receive(rx, &v);
    cr_expect_eq(rc, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(scope, rc, NULL), 0);
    v = counted_value(2);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), CRIB_EWOULDBLOCK, "no receiver waits any more");
    crib_value_drop(v);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_ends, s095_a_cancelled_wait_moves_nothing) {
    cr_assert_eq(run_autojump(cancelled_send, NULL), 0);
    cr_assert_eq(counted_drops, 2);
}

static int receives_then_checks(void *arg) {
    crib_value v = nil_value;
    cr_expect_eq(crib_receiver_receive(arg, &v), 0, "the hand-over wins");
    cr_expect_eq(crib_value_as_int(v, -1), 6);
    story("received");
    cr_expect_eq(crib_checkpoint(), CRIB_ECANCELLED, "the cancel comes next");
    return CRIB_ECANCELLED;
}

static int handed_over_then_cancelled(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = crib_value_int(6);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "receiver", receives_then_checks, rx, NULL), 0);
    cr_expect_eq(crib_wait_all_tasks_blocked(0), 0);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_ends, s095_a_value_handed_over_is_not_taken_back_by_a_cancel) {
    cr_assert_eq(run_autojump(handed_over_then_cancelled, NULL), 0);
    cr_assert_str_eq(story_text, "received");
}

static int cancelled_but_possible(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = nil_value;
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    cr_expect_eq(crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), 0);
    v = crib_value_int(1);
    cr_expect_eq(crib_sender_send_nowait(tx, &v), 0);
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    cr_expect_eq(crib_sender_send(tx, counted_value(1)), CRIB_ECANCELLED, "though there is room");
    cr_expect_eq(counted_drops, 1);
    cr_expect_eq(crib_receiver_receive(rx, &v), CRIB_ECANCELLED, "though there is a value");
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), 0, "which is still there");
    cr_expect_eq(crib_value_as_int(v, -1), 1);
    cr_expect_eq(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    crib_unref(tx);
    crib_unref(rx);
    return crib_scope_close(scope, 0, NULL);
}

Test(channel_ends, s095_in_a_cancelled_scope_nothing_is_sent_or_received) {
    cr_assert_eq(run_autojump(cancelled_but_possible, NULL), 0);
}

/* Statement 96 */

static int unbounded(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v;
    int64_t i;
    (void)arg;
    story_begin();
    cr_expect_eq(crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), 0);
    for (i = 0; i < 10000; ++i) {
        if (crib_sender_send(tx, crib_value_int(i)) != 0) break;
    }
    cr_expect_eq(i, 10000);
    for (i = 0; i < 10000; ++i) {
        if (crib_receiver_receive(rx, &v) != 0 || crib_value_as_int(v, -1) != i) break;
    }
    cr_expect_eq(i, 10000);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

Test(channel_ends, s096_an_unbounded_channel_never_makes_a_sender_wait) {
    cr_assert_eq(run_autojump(unbounded, NULL), 0);
}

/* Statement 98 */

#define ENDS  7
#define ITEMS 50
static int seen[ENDS * ITEMS], ended;

static int produces(void *arg) {
    static int next;
    int i, rc = 0;
    for (i = 0; i < ITEMS && rc == 0; ++i) rc = crib_sender_send(arg, crib_value_int(next++));
    return rc;
}

static int consumes(void *arg) {
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(arg, &v)) == 0) ++seen[crib_value_as_int(v, -1)];
    if (rc == CRIB_EENDOFCHANNEL) ++ended;
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int many_at_both_ends(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *n = crib_nursery_open();
    int i;
    cr_expect_eq(crib_channel_open(*(size_t *)arg, &tx, &rx), 0);
    for (i = 0; i < ENDS; ++i) {
        cr_expect_eq(crib_nursery_start_soon(n, "producer", produces, crib_sender_clone(tx), crib_unref), 0);
        cr_expect_eq(crib_nursery_start_soon(n, "consumer", consumes, crib_receiver_clone(rx), crib_unref), 0);
    }
    crib_unref(tx);
    crib_unref(rx);
    return crib_nursery_close(n, 0);
}

static void check_many(size_t capacity) {
    int i;
    cr_assert_eq(run_autojump(many_at_both_ends, &capacity), 0);
    for (i = 0; i < ENDS * ITEMS; ++i) cr_assert_eq(seen[i], 1, "item %d", i);
    cr_assert_eq(ended, ENDS, "every consumer saw the end");
}

Test(channel_ends, s098_each_value_reaches_exactly_one_of_many_receivers) { check_many(0); }
Test(channel_ends, s098_each_value_of_a_buffered_channel_reaches_exactly_one_of_many_receivers) { check_many(3); }
