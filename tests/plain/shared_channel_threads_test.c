/* Claim: each value that a run in one thread sends on a shared channel reaches exactly one receiver in another, in the
 * order of its sender, while both sides wait all the time, are cancelled, and their ends closed by other threads. */
#include <pthread.h>
#include <sched.h>

#include "support/plain.h"
#include "support/sendable.h"

#define THREADS 4

/* A thread with a sender and a receiver in its run. */
struct party {
    pthread_t thread;
    int index;
    int count; /* values to send */
    bool hasty;
    uint32_t random;
    crib_sender *tx;
    crib_receiver *rx;
    int last[THREADS]; /* received from each sender */
    int status;        /* that ended its sends */
    int end;           /* that ended its receives */
    int cancelled;
};

static uint32_t draw(struct party *p, uint32_t below) {
    p->random = p->random * 1664525u + 1013904223u;
    return (p->random >> 8) % below;
}

/* A timeout that may come before, during and after a short wait. */
static crib_scope *hurry(struct party *p) { return crib_move_on_after(draw(p, 60) * 1000); }

static int send_one(struct party *p, int number) {
    crib_scope *scope = p->hasty ? hurry(p) : NULL;
    int rc = crib_sender_send(p->tx, sendable_value(number));
    if (rc == 0) sendable_note(&sendable.sent[number]);
    if (rc == CRIB_ECANCELLED) p->cancelled++;
    return scope != NULL ? crib_scope_close(scope, rc, NULL) : rc;
}

static int sends(void *data) {
    struct party *p = data;
    int i;
    for (i = 0; i < p->count; i++) {
        p->status = send_one(p, p->index * p->count + i);
        if (p->status < 0) break;
    }
    for (i++; i < p->count; i++) crib_value_drop(sendable_value(p->index * p->count + i));
    crib_sender_close(p->tx);
    return 0;
}

static int receive_one(struct party *p, crib_value *v) {
    crib_scope *scope = p->hasty ? hurry(p) : NULL;
    int rc = crib_receiver_receive(p->rx, v);
    if (rc == CRIB_ECANCELLED) CHECK(v->vt == NULL);
    if (rc == CRIB_ECANCELLED) p->cancelled++;
    return scope != NULL ? crib_scope_close(scope, rc, NULL) : rc;
}

static int receives(void *data) {
    struct party *p = data;
    crib_value v;
    while ((p->end = receive_one(p, &v)) == 0) {
        int number;
        if (v.vt == NULL) continue;
        number = (int)sendable_number(v);
        CHECK(number % p->count >= p->last[number / p->count]);
        p->last[number / p->count] = number % p->count;
    }
    crib_receiver_close(p->rx);
    return 0;
}

static int both(void *data) {
    struct party *p = data;
    crib_nursery *n = crib_nursery_open();
    if (p->tx != NULL) CHECK_EQ_INT(crib_nursery_start_soon(n, "sends", sends, p, NULL), 0);
    if (p->rx != NULL) CHECK_EQ_INT(crib_nursery_start_soon(n, "receives", receives, p, NULL), 0);
    return crib_nursery_close(n, 0);
}

static void *party_main(void *data) {
    CHECK_EQ_INT(crib_run(both, data), 0);
    return NULL;
}

static struct party parties[THREADS];
static crib_receiver *watched; /* the channel, for its numbers */

/* Every thread has the ends that `has_sender` and `has_receiver` say. */
static void open_parties(size_t capacity, int each, bool hasty) {
    crib_sender *tx;
    int i;
    CHECK_EQ_INT(crib_channel_open_shared(capacity, &tx, &watched), 0);
    sendable_forget();
    memset(parties, 0, sizeof parties);
    for (i = 0; i < THREADS; i++) {
        parties[i].index = i;
        parties[i].count = each;
        parties[i].hasty = hasty;
        parties[i].random = (uint32_t)(capacity * 31 + (unsigned)i);
        parties[i].tx = crib_sender_clone(tx);
        parties[i].rx = crib_receiver_clone(watched);
    }
    crib_unref(tx);
}

static void start_parties(void) {
    int i;
    for (i = 0; i < THREADS; i++) {
        CHECK_EQ_INT(pthread_create(&parties[i].thread, NULL, party_main, &parties[i]), 0);
    }
}

static crib_channel_stats statistics(void) {
    crib_channel_stats s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    CHECK_EQ_INT(crib_receiver_statistics(watched, &s), 0);
    return s;
}

static void join_parties(void) {
    crib_channel_stats s;
    int i;
    for (i = 0; i < THREADS; i++) pthread_join(parties[i].thread, NULL);
    s = statistics();
    CHECK_EQ_INT(s.senders + s.receivers, 1);
    CHECK_EQ_INT(s.waiting_senders + s.waiting_receivers, 0);
    CHECK(s.peak <= s.capacity);
    for (i = 0; i < THREADS; i++) crib_unref(parties[i].tx);
    for (i = 0; i < THREADS; i++) crib_unref(parties[i].rx);
    crib_unref(watched);
}

/* Small buffers: both sides wait all the time. */
static void everything_arrives(size_t capacity, int each, bool hasty) {
    int i, cancelled = 0;
    open_parties(capacity, each, hasty);
    start_parties();
    join_parties();
    sendable_check_arrived(THREADS * each);
    for (i = 0; i < THREADS; i++) {
        CHECK_EQ_INT(parties[i].status, 0);
        CHECK_EQ_INT(parties[i].end, CRIB_EENDOFCHANNEL);
        cancelled += parties[i].cancelled;
    }
    if (hasty)
        CHECK(cancelled > 0);
    else
        CHECK_EQ_INT(sendable_count(sendable.sent), THREADS * each);
}

/* Two runs in two threads, one for each side. */
static void one_way(size_t capacity, int count) {
    int i;
    open_parties(capacity, count, false);
    for (i = 0; i < THREADS; i++) {
        if (i != 0) crib_unref(parties[i].tx);
        if (i != 0) parties[i].tx = NULL;
        if (i != 1) crib_unref(parties[i].rx);
        if (i != 1) parties[i].rx = NULL;
    }
    start_parties();
    join_parties();
    sendable_check_arrived(count);
    CHECK_EQ_INT(sendable_count(sendable.sent), count);
    CHECK_EQ_INT(parties[1].last[0], count - 1);
}

static void until_received(long n) {
    while (sendable_arrived() < n) sched_yield();
}

/* All senders are closed by a thread that has no run, while they send: what was sent still arrives. */
static void senders_closed_elsewhere(size_t capacity, int each) {
    int i;
    open_parties(capacity, each, false);
    start_parties();
    for (i = 0; i < THREADS; i++) {
        until_received((long)each / 4 * i);
        crib_sender_close(parties[i].tx);
    }
    join_parties();
    sendable_check_arrived(THREADS * each);
    for (i = 0; i < THREADS; i++) {
        CHECK(parties[i].status == CRIB_ECLOSED || parties[i].status == 0);
        CHECK_EQ_INT(parties[i].end, CRIB_EENDOFCHANNEL);
    }
}

/* All receivers are closed so: what was sent is received, or dropped and counted. */
static void receivers_closed_elsewhere(size_t capacity, int each) {
    crib_channel_stats s;
    int i;
    open_parties(capacity, each, false);
    start_parties();
    for (i = 0; i < THREADS; i++) {
        until_received((long)each / 4 * i);
        crib_receiver_close(parties[i].rx);
    }
    crib_receiver_close(watched);
    for (i = 0; i < THREADS; i++) pthread_join(parties[i].thread, NULL);
    s = statistics();
    CHECK_EQ_INT(s.buffered, 0);
    CHECK_EQ_INT(sendable_count(sendable.sent), sendable_count(sendable.received) + (long)s.dropped);
    sendable_check(THREADS * each);
    for (i = 0; i < THREADS; i++) {
        CHECK(parties[i].status == CRIB_EBROKEN || parties[i].status == 0);
        CHECK(parties[i].end == CRIB_ECLOSED || parties[i].end == CRIB_EENDOFCHANNEL);
        crib_unref(parties[i].tx);
        crib_unref(parties[i].rx);
    }
    crib_unref(watched);
}

int main(void) {
    static const size_t capacities[] = {1, 2, 7};
    int many = workload(2000), round, rounds = workload(20);
    size_t i;
    for (i = 0; i < 3; i++) one_way(capacities[i], 2 * many);
    one_way(1024, 10 * many);
    for (i = 0; i < 3; i++) everything_arrives(capacities[i], many, false);
    for (i = 0; i < 3; i++) everything_arrives(capacities[i], many, true);
    for (round = 0; round < rounds; round++) {
        senders_closed_elsewhere(capacities[round % 3], workload(200));
        receivers_closed_elsewhere(capacities[round % 3], workload(200));
    }
    return 0;
}
