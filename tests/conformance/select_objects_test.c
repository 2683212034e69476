/* Select and what its clauses are about: several clauses on one object, both ends of a channel, selects that meet, the
 * place in a queue, and objects that end: an outcome, not a failure. */
#include "support/run.h"
#include "support/select_kit.h"

TestSuite(select_objects, .timeout = 20);

static bool flat; /* who selects */

static void by_both(crib_body_fn body, void *arg) {
    flat = false;
    EXPECT_RUN(run_autojump(body, arg));
    flat = true;
    EXPECT_RUN(run_autojump(body, arg));
}

static void expect_pending(int line, const crib_clause *clauses, size_t count, int but) {
    size_t i;
    for (i = 0; i < count; ++i) {
        if ((int)i != but) expect_eq(line, "another clause's status", clauses[i].status, CRIB_PENDING);
    }
}
#define EXPECT_PENDING_BUT(chosen) expect_pending(__LINE__, k.clauses, k.count, chosen)

/* --- several clauses on one object */

static void use(select_kit *k, size_t count) {
    crib_value_drop(k->clauses[SEND].value);
    memset(k->clauses, 0, sizeof k->clauses);
    k->count = count;
    counted_drops = 0;
}

static int receive_thrice(void *arg) {
    select_kit k;
    crib_value v = counted_value(1);
    size_t i;
    (void)arg;
    kit_open(&k, flat);
    use(&k, 3);
    for (i = 0; i < 3; ++i) k.clauses[i] = crib_clause_receive(k.in_rx);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(crib_sender_send_nowait(k.in_tx, &v), 0);
    v = counted_value(2);
    EXPECT_EQ(crib_sender_send_nowait(k.in_tx, &v), 0);
    EXPECT_EQ(kit_result(&k), 0);
    EXPECT_PENDING_BUT(0);
    EXPECT_EQ((intptr_t)k.clauses[0].value.p, 1);
    EXPECT_EQ(crib_receiver_receive_nowait(k.in_rx, &v), 0);
    EXPECT_EQ((intptr_t)v.p, 2);
    kit_close(&k);
    return RAN;
}

Test(select_objects, one_of_several_receives_from_one_channel_gets_the_value) { by_both(receive_thrice, NULL); }

static int send_twice(void *arg) {
    select_kit k;
    (void)arg;
    kit_open(&k, flat);
    use(&k, 2);
    k.clauses[0] = crib_clause_send(k.out_tx, counted_value(1));
    k.clauses[1] = crib_clause_send(k.out_tx, counted_value(2));
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    kit_make_ready(&k, SEND);
    EXPECT_EQ(k.got.status, 0);
    EXPECT_EQ((intptr_t)k.got.value.p, 1);
    EXPECT_EQ(kit_result(&k), 0);
    EXPECT(k.clauses[0].value.vt == NULL);
    EXPECT_EQ((intptr_t)k.clauses[1].value.p, 2);
    EXPECT_PENDING_BUT(0);
    EXPECT_EQ(crib_receiver_receive_nowait(k.out_rx, &k.got.value), CRIB_EWOULDBLOCK);
    kit_close(&k);
    return RAN;
}

Test(select_objects, one_of_several_sends_to_one_channel_is_carried_out) { by_both(send_twice, NULL); }

static int others_twice(void *arg) {
    select_kit k;
    int kind;
    (void)arg;
    for (kind = LOCK; kind < KINDS; ++kind) {
        kit_open(&k, flat);
        k.clauses[RECEIVE] = k.clauses[kind]; /* one of them before, and one after */
        k.clauses[kind == DEADLINE ? TASK : DEADLINE] = k.clauses[kind];
        EXPECT_EQ(kit_select(&k), CRIB_PENDING);
        kit_make_ready(&k, kind);
        EXPECT_EQ(kit_result(&k), RECEIVE);
        EXPECT_EQ(k.clauses[RECEIVE].status, 0);
        EXPECT_PENDING_BUT(RECEIVE);
        crib_value_drop(k.clauses[SEND].value);
        kit_check_lock(&k, kind == LOCK, kind == LOCK);
        kit_check_others(&k, kind == SEMAPHORE, kind == SEMAPHORE);
        kit_close(&k);
    }
    return RAN;
}

Test(select_objects, one_of_several_clauses_on_anything_is_carried_out) { by_both(others_twice, NULL); }

/* --- both ends of one channel */

static size_t waiting_at(crib_sender *tx, size_t *receivers) {
    crib_channel_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_sender_statistics(tx, &s), 0);
    *receivers = s.waiting_receivers;
    return s.waiting_senders;
}

static void both_ends(select_kit *k) {
    kit_open(k, flat);
    use(k, 2);
    k->clauses[0] = crib_clause_send(k->out_tx, counted_value(1));
    k->clauses[1] = crib_clause_receive(k->out_rx);
}

static int meets_not_itself(void *sends) {
    select_kit k;
    crib_value v = counted_value(2);
    size_t receivers;
    both_ends(&k);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(waiting_at(k.out_tx, &receivers), 1);
    EXPECT_EQ(receivers, 1);
    if (sends) {
        EXPECT_EQ(crib_sender_send_nowait(k.out_tx, &v), 0);
        EXPECT_EQ(kit_result(&k), 1);
        EXPECT_EQ((intptr_t)k.clauses[1].value.p, 2);
        EXPECT_EQ((intptr_t)k.clauses[0].value.p, 1);
    } else {
        EXPECT_EQ(crib_receiver_receive_nowait(k.out_rx, &v), 0);
        EXPECT_EQ((intptr_t)v.p, 1);
        EXPECT_EQ(kit_result(&k), 0);
        EXPECT(k.clauses[0].value.vt == NULL);
    }
    EXPECT_EQ(waiting_at(k.out_tx, &receivers), 0);
    EXPECT_EQ(receivers, 0);
    kit_close(&k);
    return RAN;
}

Test(select_objects, a_select_on_both_ends_of_a_channel_does_not_meet_itself) {
    by_both(meets_not_itself, NULL);
    by_both(meets_not_itself, &flat);
}

static int two_selects(void *arg) {
    select_kit k;
    crib_clause mine[2];
    int chosen;
    size_t receivers;
    (void)arg;
    both_ends(&k);
    mine[0] = crib_clause_send(k.out_tx, counted_value(2));
    mine[1] = crib_clause_receive(k.out_rx);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    chosen = crib_select(mine, 2, 0);
    EXPECT_EQ(kit_result(&k), 1 - chosen);
    EXPECT_EQ((intptr_t)(chosen == 0 ? k.clauses[1] : mine[1]).value.p, chosen == 0 ? 2 : 1);
    EXPECT_EQ((intptr_t)(chosen == 0 ? k.clauses[0] : mine[0]).value.p, chosen == 0 ? 1 : 2);
    EXPECT_EQ(waiting_at(k.out_tx, &receivers), 0);
    EXPECT_EQ(receivers, 0);
    kit_close(&k);
    return RAN;
}

Test(select_objects, two_selects_meet) { by_both(two_selects, NULL); }

/* Each of a ring sends to the right and receives from the left, whichever is possible, by select alone. */

#define RING  5
#define ITEMS 200

static crib_sender *right[RING];
static crib_receiver *left[RING];

static int passes_on(void *number) {
    const intptr_t i = (intptr_t)number;
    int sent = 0, received = 0;
    while (sent < ITEMS || received < ITEMS) {
        crib_clause c[2] = {crib_clause_send(right[i], crib_value_int(sent)), crib_clause_receive(left[i])};
        int chosen;
        if (sent == ITEMS) c[0].kind = CRIB_CLAUSE_NONE;
        if (received == ITEMS) c[1].kind = CRIB_CLAUSE_NONE;
        chosen = crib_select(c, 2, 0);
        if (chosen < 0) return chosen;
        EXPECT_EQ(c[chosen].status, 0);
        if (chosen == 1) EXPECT_EQ(crib_value_as_int(c[1].value, -1), received);
        *(chosen == 0 ? &sent : &received) += 1;
    }
    return 0;
}

static int ring(void *arg) {
    crib_nursery *n = crib_nursery_open();
    intptr_t i;
    (void)arg;
    for (i = 0; i < RING; ++i) EXPECT_EQ(crib_channel_open(0, &right[i], &left[(i + 1) % RING]), 0);
    for (i = 0; i < RING; ++i) EXPECT_EQ(crib_nursery_start_soon(n, "ring", passes_on, (void *)i, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < RING; ++i) crib_unref(right[i]);
    for (i = 0; i < RING; ++i) crib_unref(left[i]);
    return RAN;
}

Test(select_objects, a_ring_of_selects_loses_nothing_and_keeps_the_order) { EXPECT_RUN(run_autojump(ring, NULL)); }

/* --- the place in a queue */

static int leaves_a_queue(void *chosen) {
    select_kit k;
    crib_op *before, *behind;
    crib_value v;
    int number = 1;
    kit_open(&k, flat);
    before = crib_op_new(k.child, NULL);
    behind = crib_op_new(k.child, NULL);
    EXPECT_EQ(crib_begin_receive(before, k.in_rx).status, CRIB_PENDING);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(crib_begin_receive(behind, k.in_rx).status, CRIB_PENDING);
    if (!chosen) kit_make_ready(&k, EVENT);
    for (; number <= (chosen ? 3 : 2); ++number) {
        v = counted_value(number);
        EXPECT_EQ(crib_sender_send_nowait(k.in_tx, &v), 0);
    }
    EXPECT_EQ(kit_result(&k), chosen ? RECEIVE : EVENT);
    if (chosen) EXPECT_EQ((intptr_t)k.clauses[RECEIVE].value.p, 2);
    crib_value_drop(k.clauses[RECEIVE].value);
    crib_value_drop(k.clauses[SEND].value);
    crib_op_free(behind); /* gives its value back first, so that it comes second */
    crib_op_free(before);
    EXPECT_EQ(crib_receiver_receive_nowait(k.in_rx, &v), 0);
    EXPECT_EQ((intptr_t)v.p, 1);
    EXPECT_EQ(crib_receiver_receive_nowait(k.in_rx, &v), 0);
    EXPECT_EQ((intptr_t)v.p, chosen ? 3 : 2);
    kit_close(&k);
    return RAN;
}

Test(select_objects, a_clause_has_a_place_in_the_queue_and_leaves_it_as_it_was) {
    by_both(leaves_a_queue, NULL);
    by_both(leaves_a_queue, &flat);
}

/* --- what ends is an outcome */

static void end_the_senders(select_kit *k) { crib_sender_close(k->in_tx); }
static void close_the_receiver(select_kit *k) { crib_receiver_close(k->in_rx); }
static void fail_the_senders(select_kit *k) {
    EXPECT_EQ(crib_sender_close_error(k->in_tx, crib_error_new(CODE_A, "no more")), 0);
}
static void end_the_receivers(select_kit *k) { crib_receiver_close(k->out_rx); }
static void close_the_sender(select_kit *k) { crib_sender_close(k->out_tx); }
static void break_the_lock(select_kit *k) { idle_end(k->holder); }
static void release_all(void **handle) {
    crib_unref(*handle);
    *handle = NULL;
}
static void release_the_receiver(select_kit *k) { release_all((void **)&k->in_rx); }
static void release_the_sender(select_kit *k) { release_all((void **)&k->out_tx); }
static void release_the_lock(select_kit *k) { release_all((void **)&k->lock); }
static void release_the_semaphore(select_kit *k) { release_all((void **)&k->permits); }
static void release_the_event(select_kit *k) { release_all((void **)&k->event); }
static void release_the_token(select_kit *k) { release_all((void **)&k->token); }

static const struct end {
    void (*comes)(select_kit *k);
    int kind, status;
    bool while_waiting; /* only */
} ends[] = {
    {end_the_senders, RECEIVE, CRIB_EENDOFCHANNEL, false},
    {close_the_receiver, RECEIVE, CRIB_ECLOSED, false},
    {fail_the_senders, RECEIVE, CODE_A, false},
    {end_the_receivers, SEND, CRIB_EBROKEN, false},
    {close_the_sender, SEND, CRIB_ECLOSED, false},
    {break_the_lock, LOCK, CRIB_EBROKEN, false},
    {release_the_receiver, RECEIVE, CRIB_ECLOSED, true},
    {release_the_sender, SEND, CRIB_ECLOSED, true},
    {release_the_lock, LOCK, CRIB_ECLOSED, true},
    {release_the_semaphore, SEMAPHORE, CRIB_ECLOSED, true},
    {release_the_event, EVENT, CRIB_ECLOSED, true},
    {release_the_token, TOKEN, CRIB_ECLOSED, true},
};

static void objects_end(const struct end *end, bool waits) {
    select_kit k;
    kit_open(&k, flat);
    if (!waits) end->comes(&k);
    kit_select(&k);
    if (waits) end->comes(&k);
    EXPECT_EQ(kit_result(&k), end->kind);
    EXPECT_EQ(k.clauses[end->kind].status, end->status);
    EXPECT_PENDING_BUT(end->kind);
    EXPECT_EQ((intptr_t)k.clauses[SEND].value.p, SENT); /* still the caller's, whoever was chosen */
    EXPECT_EQ(counted_drops, 0);
    crib_value_drop(k.clauses[SEND].value);
    EXPECT_EQ(counted_drops, 1);
    EXPECT(crib_error_current() == NULL);
    kit_close(&k);
}

static int all_ends(void *waits) {
    size_t i;
    for (i = 0; i < sizeof ends / sizeof ends[0]; ++i) {
        if (waits || !ends[i].while_waiting) objects_end(&ends[i], waits != NULL);
    }
    return RAN;
}

Test(select_objects, an_object_that_has_ended_is_an_outcome) { by_both(all_ends, NULL); }
Test(select_objects, an_object_that_ends_while_a_select_waits_is_an_outcome) { by_both(all_ends, &flat); }

/* What has not been got is not given back: the lock is the task's by another way, or gone. */
static int give_up_a_lock_it_never_had(void *releases) {
    select_kit k;
    crib_lock_stats s = {.size = sizeof s};
    kit_open(&k, true);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    if (releases) {
        release_the_lock(&k);
    } else {
        break_the_lock(&k);
        EXPECT_EQ(crib_lock_recover_by(k.lock, k.chooser), 0);
    }
    settle();
    EXPECT_EQ(crib_op_abort(k.op), 0);
    if (!releases) {
        EXPECT_EQ(crib_lock_statistics(k.lock, &s), 0);
        EXPECT(s.owner == k.chooser);
        EXPECT_EQ(crib_lock_release_by(k.lock, k.chooser), 0);
    }
    kit_close(&k);
    return RAN;
}

Test(select_objects, a_lock_that_broke_or_went_is_not_given_back) {
    EXPECT_RUN(run_autojump(give_up_a_lock_it_never_had, NULL));
    EXPECT_RUN(run_autojump(give_up_a_lock_it_never_had, &flat));
}
