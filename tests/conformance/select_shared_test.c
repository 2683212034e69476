/* Select with clauses on shared channels, where nothing is handed over: who waits is told to look, and may have chosen
 * something else by then. (Between threads: tests/plain/select_threads_test.c) */
#include "support/run.h"
#include "support/select_kit.h"

TestSuite(select_shared, .timeout = 20);

static bool flat; /* who selects */

static void by_both(crib_body_fn body, void *arg) {
    flat = false;
    EXPECT_RUN(run_autojump(body, arg));
    flat = true;
    EXPECT_RUN(run_autojump(body, arg));
}

static const crib_vtable sendable_vtable = {sizeof(crib_vtable), counted_drop, "sendable", CRIB_VALUE_SENDABLE};

static crib_value sendable(intptr_t number) {
    crib_value v = {NULL, &sendable_vtable};
    v.p = (void *)number;
    return v;
}

/* The clauses are RECEIVE from an empty shared channel, SEND to a full one (it holds 1), and EVENT. */
static void shared_open(select_kit *k) {
    crib_value v = sendable(1);
    int i;
    kit_open(k, flat);
    crib_unref(k->in_tx);
    crib_unref(k->in_rx);
    crib_unref(k->out_tx);
    crib_unref(k->out_rx);
    EXPECT_EQ(crib_channel_open_shared(2, &k->in_tx, &k->in_rx), 0);
    EXPECT_EQ(crib_channel_open_shared(1, &k->out_tx, &k->out_rx), 0);
    EXPECT_EQ(crib_sender_send_nowait(k->out_tx, &v), 0);
    crib_value_drop(k->clauses[SEND].value);
    for (i = 0; i < KINDS; ++i) {
        if (i != EVENT) k->clauses[i].kind = CRIB_CLAUSE_NONE;
    }
    k->clauses[RECEIVE] = crib_clause_receive(k->in_rx);
    k->clauses[SEND] = crib_clause_send(k->out_tx, sendable(SENT));
    counted_drops = 0;
}

static void send_number(select_kit *k, intptr_t number) {
    crib_value v = sendable(number);
    EXPECT_EQ(crib_sender_send_nowait(k->in_tx, &v), 0);
}

/* The number of the next value; -1 if there is none. */
static intptr_t next_number(crib_receiver *rx) {
    crib_value v;
    return crib_receiver_receive_nowait(rx, &v) == 0 ? (intptr_t)v.p : -1;
}

static void nobody_waits(int line, select_kit *k) {
    crib_channel_stats in = {.size = sizeof in}, out = {.size = sizeof out};
    EXPECT_EQ(crib_sender_statistics(k->in_tx, &in), 0);
    EXPECT_EQ(crib_sender_statistics(k->out_tx, &out), 0);
    expect_eq(line, "those that wait", (long long)in.waiting_receivers + (long long)out.waiting_senders, 0);
}
#define EXPECT_NOBODY_WAITS() nobody_waits(__LINE__, &k)

static int receive(void *waits) {
    select_kit k;
    shared_open(&k);
    if (waits) EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    send_number(&k, RECEIVED);
    if (!waits) kit_select(&k);
    EXPECT_EQ(kit_result(&k), RECEIVE);
    EXPECT_EQ((intptr_t)k.clauses[RECEIVE].value.p, RECEIVED);
    EXPECT_EQ((intptr_t)k.clauses[SEND].value.p, SENT);
    EXPECT_NOBODY_WAITS();
    EXPECT_EQ(next_number(k.in_rx), -1);
    EXPECT_EQ(counted_drops, 0);
    kit_close(&k);
    return RAN;
}

Test(select_shared, a_value_is_received) {
    by_both(receive, NULL);
    by_both(receive, &flat);
}

static int send(void *waits) {
    select_kit k;
    shared_open(&k);
    if (waits) EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(next_number(k.out_rx), 1);
    if (!waits) kit_select(&k);
    EXPECT_EQ(kit_result(&k), SEND);
    EXPECT(k.clauses[SEND].value.vt == NULL);
    EXPECT_EQ(next_number(k.out_rx), SENT);
    EXPECT_NOBODY_WAITS();
    EXPECT_EQ(counted_drops, 0);
    kit_close(&k);
    return RAN;
}

Test(select_shared, a_value_is_sent) {
    by_both(send, NULL);
    by_both(send, &flat);
}

/* The clause was told, and then something else was chosen, or the wait was cancelled: the next in line is told. */
static int told_in_vain(void *cancel) {
    select_kit k;
    crib_op *next;
    crib_result result;
    shared_open(&k);
    next = crib_op_new(k.child, NULL);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(crib_begin_receive(next, k.in_rx).status, CRIB_PENDING);
    send_number(&k, RECEIVED);
    if (cancel) {
        EXPECT_EQ(crib_task_cancel(k.chooser, NULL), 0);
    } else {
        kit_make_ready(&k, EVENT);
    }
    EXPECT_EQ(kit_result(&k), cancel ? CRIB_ECANCELLED : EVENT);
    EXPECT(k.clauses[RECEIVE].value.vt == NULL);
    EXPECT_EQ((intptr_t)k.clauses[SEND].value.p, SENT);
    EXPECT_EQ(crib_op_take(next, &result), 0);
    EXPECT_EQ((intptr_t)result.value.p, RECEIVED);
    EXPECT_NOBODY_WAITS();
    EXPECT_EQ(next_number(k.out_rx), 1);
    EXPECT_EQ(next_number(k.out_rx), -1);
    EXPECT_EQ(counted_drops, 0);
    kit_close(&k);
    return RAN;
}

Test(select_shared, what_a_clause_was_told_is_for_the_next_when_another_one_is_chosen) {
    by_both(told_in_vain, NULL);
    by_both(told_in_vain, &flat);
}

static int both_told(void *arg) {
    select_kit k;
    int chosen;
    (void)arg;
    shared_open(&k);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(next_number(k.out_rx), 1);
    send_number(&k, RECEIVED);
    chosen = kit_result(&k);
    EXPECT(chosen == SEND || chosen == RECEIVE);
    EXPECT_EQ(next_number(k.out_rx), chosen == SEND ? SENT : -1);
    EXPECT_EQ(next_number(k.in_rx), chosen == SEND ? RECEIVED : -1);
    EXPECT_EQ((intptr_t)k.clauses[chosen].value.p, chosen == SEND ? 0 : RECEIVED);
    EXPECT_NOBODY_WAITS();
    kit_close(&k);
    return RAN;
}

Test(select_shared, of_two_clauses_that_were_told_one_is_carried_out) { by_both(both_told, NULL); }

/* --- what is given up */

static int give_up(void *strict) {
    select_kit k;
    crib_op *next;
    crib_result result;
    shared_open(&k);
    next = crib_op_new(k.child, NULL);
    if (strict) send_number(&k, RECEIVED);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    if (!strict) send_number(&k, RECEIVED);
    settle();
    EXPECT_EQ(crib_begin_receive(next, k.in_rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(k.op), 0);
    EXPECT_EQ(counted_drops, 1); /* the value of the send */
    settle();
    EXPECT_EQ(crib_op_take(next, &result), 0);
    EXPECT_EQ((intptr_t)result.value.p, RECEIVED);
    EXPECT_NOBODY_WAITS();
    kit_close(&k);
    return RAN;
}

Test(select_shared, a_value_that_was_received_and_given_up_goes_to_the_next) {
    flat = true;
    EXPECT_RUN(run_autojump(give_up, NULL));
    EXPECT_RUN(run_strict(give_up, &flat)); /* at once, but the budget is spent */
}

static int release_untaken(void *arg) {
    select_kit k;
    (void)arg;
    shared_open(&k);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    send_number(&k, RECEIVED);
    settle();
    crib_unref(k.in_rx);
    crib_unref(k.in_tx);
    k.in_rx = NULL;
    k.in_tx = NULL;
    EXPECT_EQ(crib_op_abort(k.op), 0); /* nobody is left to receive it */
    EXPECT_EQ(counted_drops, 2);
    kit_close(&k);
    EXPECT_EQ(counted_drops, 3); /* what was buffered */
    return RAN;
}

Test(select_shared, a_value_that_nobody_can_receive_any_more_is_dropped) {
    flat = true;
    EXPECT_RUN(run_autojump(release_untaken, NULL));
}

/* --- what ends is an outcome */

static void end_the_senders(select_kit *k) { crib_sender_close(k->in_tx); }
static void close_the_receiver(select_kit *k) { crib_receiver_close(k->in_rx); }
static void end_the_receivers(select_kit *k) { crib_receiver_close(k->out_rx); }
static void close_the_sender(select_kit *k) { crib_sender_close(k->out_tx); }
static void release_the_receiver(select_kit *k) {
    crib_unref(k->in_rx);
    k->in_rx = NULL;
}
static void release_the_sender(select_kit *k) {
    crib_unref(k->out_tx);
    k->out_tx = NULL;
}

static const struct end {
    void (*comes)(select_kit *k);
    int kind, status;
    bool while_waiting; /* only */
} ends[] = {
    {end_the_senders, RECEIVE, CRIB_EENDOFCHANNEL, false}, {close_the_receiver, RECEIVE, CRIB_ECLOSED, false},
    {end_the_receivers, SEND, CRIB_EBROKEN, false},        {close_the_sender, SEND, CRIB_ECLOSED, false},
    {release_the_receiver, RECEIVE, CRIB_ECLOSED, true},   {release_the_sender, SEND, CRIB_ECLOSED, true},
};

static int all_ends(void *waits) {
    size_t i;
    for (i = 0; i < sizeof ends / sizeof ends[0]; ++i) {
        select_kit k;
        if (!waits && ends[i].while_waiting) continue;
        shared_open(&k);
        if (!waits) ends[i].comes(&k);
        kit_select(&k);
        if (waits) ends[i].comes(&k);
        EXPECT_EQ(kit_result(&k), ends[i].kind);
        EXPECT_EQ(k.clauses[ends[i].kind].status, ends[i].status);
        EXPECT_EQ((intptr_t)k.clauses[SEND].value.p, SENT); /* still the caller's, whoever was chosen */
        crib_value_drop(k.clauses[SEND].value);
        kit_close(&k);
        EXPECT_EQ(counted_drops, 2); /* and what was buffered */
    }
    return RAN;
}

Test(select_shared, an_end_is_an_outcome) {
    by_both(all_ends, NULL);
    by_both(all_ends, &flat);
}

static int unsendable(void *arg) {
    select_kit k;
    (void)arg;
    shared_open(&k);
    k.clauses[SEND].value = counted_value(SENT);
    kit_select(&k);
    EXPECT_EQ(kit_result(&k), SEND);
    EXPECT_EQ(k.clauses[SEND].status, CODE_EINVAL);
    EXPECT(k.clauses[SEND].value.vt == &counted_vtable);
    kit_close(&k);
    return RAN;
}

Test(select_shared, a_value_that_may_not_cross_stays_with_the_caller) { by_both(unsendable, NULL); }
