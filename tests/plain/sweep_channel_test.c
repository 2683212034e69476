/* Claim: whatever is cancelled where, and whichever allocation fails, every value sent through a channel is received or
 * dropped exactly once: after a send that succeeded by a receiver or the channel, after one that failed by the send. */
#include <errno.h>

#include "support/sweep.h"

#define PRODUCERS 3
#define ITEMS     3

/* How a case looks, and what became of each value in the round under way. */
struct traffic {
    size_t capacity;
    int producers, consumers;
    int64_t consumer_ms; /* between two receives */
    int leave_after;     /* values a consumer takes before it leaves; 0 = all */
    bool by_nowait, shared;
    crib_sender *tx;
    crib_receiver *rx;
    int sent[PRODUCERS * ITEMS];
    int received[PRODUCERS * ITEMS];
    bool undisturbed;
};

struct producer {
    struct traffic *traffic;
    crib_sender *tx;
    int first;
};

struct consumer {
    struct traffic *traffic;
    crib_receiver *rx;
};

static void producer_free(void *p) {
    crib_unref(((struct producer *)p)->tx);
    free(p);
}

static void consumer_free(void *c) {
    crib_unref(((struct consumer *)c)->rx);
    free(c);
}

static int send_one(const struct producer *p, crib_value v) {
    int rc = CRIB_EWOULDBLOCK;
    if (p->traffic->by_nowait) {
        crib_value io = v;
        rc = crib_sender_send_nowait(p->tx, &io);
        CHECK((rc == 0) == (io.vt == NULL));
        if (rc != CRIB_EWOULDBLOCK) crib_value_drop(io);
    }
    return rc == CRIB_EWOULDBLOCK ? crib_sender_send(p->tx, v) : rc;
}

static int produces(void *arg) {
    const struct producer *p = arg;
    int i, rc = 0;
    for (i = p->first; i < p->first + ITEMS && rc == 0; i++) {
        crib_value v = crib_sweep_value(i);
        rc = send_one(p, v);
        p->traffic->sent[i] = rc == 0;
        if (rc < 0) CHECK(!is_live(v));
    }
    return rc == CRIB_EBROKEN ? 0 : rc; /* every consumer has left */
}

/* Values of one producer arrive in the order in which they were sent. */
static void note_received(struct traffic *t, crib_value v, int *last) {
    int number = (int)crib_sweep_number(v, -1);
    CHECK(number >= 0 && t->received[number] == 0);
    CHECK(number > last[number / ITEMS]);
    last[number / ITEMS] = number;
    t->received[number] = 1;
}

static int consumes(void *arg) {
    const struct consumer *c = arg;
    struct traffic *t = c->traffic;
    int last[PRODUCERS] = {-1, -1, -1};
    int taken = 0, rc = 0;
    while (rc == 0 && (t->leave_after == 0 || taken < t->leave_after)) {
        crib_value v;
        rc = crib_receiver_receive(c->rx, &v);
        CHECK((rc == 0) == (v.vt != NULL));
        if (rc < 0) break;
        note_received(t, v, last);
        crib_value_drop(v);
        ++taken;
        if (t->consumer_ms > 0) rc = crib_sleep(CRIB_MS(t->consumer_ms));
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int start_producer(crib_nursery *n, struct traffic *t, int number) {
    struct producer *p = malloc(sizeof *p);
    p->traffic = t;
    p->tx = crib_sender_clone(t->tx);
    p->first = number * ITEMS;
    if (p->tx != NULL) return crib_nursery_start_soon(n, "produces", produces, p, producer_free);
    free(p);
    return -ENOMEM;
}

static int start_consumer(crib_nursery *n, struct traffic *t) {
    struct consumer *c = malloc(sizeof *c);
    c->traffic = t;
    c->rx = crib_receiver_clone(t->rx);
    if (c->rx != NULL) return crib_nursery_start_soon(n, "consumes", consumes, c, consumer_free);
    free(c);
    return -ENOMEM;
}

static int start_all(crib_nursery *n, void *arg) {
    struct traffic *t = arg;
    int i, rc = 0;
    for (i = 0; i < t->producers && rc == 0; i++) rc = start_producer(n, t, i);
    for (i = 0; i < t->consumers && rc == 0; i++) rc = start_consumer(n, t);
    crib_unref(t->tx);
    crib_unref(t->rx);
    return rc;
}

static int traffic_body(void *arg) {
    struct traffic *t = arg;
    int rc = t->shared ? crib_channel_open_shared(t->capacity, &t->tx, &t->rx)
                       : crib_channel_open(t->capacity, &t->tx, &t->rx);
    memset(t->sent, 0, sizeof t->sent);
    memset(t->received, 0, sizeof t->received);
    t->undisturbed = false;
    if (rc < 0) return rc;
    rc = crib_nursery_run(NULL, start_all, t);
    t->undisturbed = rc == 0 && t->leave_after == 0;
    return rc;
}

/* What was received was sent, and if nothing was in the way everything was. */
static int nothing_is_lost(void *arg) {
    const struct traffic *t = arg;
    int i;
    for (i = 0; i < t->producers * ITEMS; i++) {
        if (t->received[i] && !t->sent[i]) return -1000001 - i;
        if (t->undisturbed && !t->received[i]) return -1000101 - i;
    }
    return 0;
}

static void traffic_holds(const char *name, struct traffic t) {
    crib_sweep sweep = sweep_of(traffic_body, &t);
    sweep.check = nothing_is_lost;
    sweep_holds(name, sweep);
}

static struct traffic traffic(size_t capacity, int producers, int consumers) {
    struct traffic t;
    memset(&t, 0, sizeof t);
    t.capacity = capacity;
    t.producers = producers;
    t.consumers = consumers;
    return t;
}

/* ---- handed on: what a receiver was told of goes to the next one when it is cancelled before it looked */

struct relay {
    crib_sender *tx;
    crib_receiver *rx;
    crib_semaphore *taken;
    int count;
    bool shared;
};

static int takes_some(void *arg) {
    struct relay *r = arg;
    int rc = 0;
    while (rc == 0) {
        rc = crib_receiver_receive(r->rx, NULL);
        if (rc == 0) ++r->count;
        if (rc == 0) rc = crib_semaphore_release(r->taken);
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

/* Goes on when the value has been taken. Nobody may be there any more if there is no memory. */
static int gives_two(void *arg) {
    struct relay *r = arg;
    crib_scope *scope = crib_move_on_after(CRIB_MS(10));
    int i, rc = scope == NULL ? crib_checkpoint() : 0;
    for (i = 0; i < 2 && rc == 0; i++) {
        rc = crib_checkpoint();
        if (rc == 0) rc = crib_sender_send(r->tx, crib_sweep_value(i));
        if (rc == 0) rc = crib_semaphore_acquire(r->taken);
    }
    crib_sender_close(r->tx);
    return scope == NULL ? rc : crib_scope_close(scope, rc, NULL);
}

static int takes_for_sure(void *relay) { return shielded(takes_some, relay); }
static int gives_for_sure(void *relay) { return shielded(gives_two, relay); }

static int start_relay(crib_nursery *n, void *relay) {
    int rc = crib_nursery_start_soon(n, "takes", takes_some, relay, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "takes for sure", takes_for_sure, relay, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "gives", gives_for_sure, relay, NULL);
    if (rc < 0) crib_sender_close(((struct relay *)relay)->tx);
    return rc;
}

static int relay_body(void *relay) {
    struct relay *r = relay;
    int rc = r->shared ? crib_channel_open_shared(1, &r->tx, &r->rx) : crib_channel_open(0, &r->tx, &r->rx);
    if (rc < 0) return rc;
    r->count = 0;
    r->taken = crib_semaphore_new(0, 0);
    rc = r->taken == NULL ? -ENOMEM : crib_nursery_run(NULL, start_relay, r);
    if (rc == 0 || rc == CRIB_ECANCELLED) CHECK_EQ_INT(r->count, 2);
    crib_unref(r->taken);
    crib_unref(r->tx);
    crib_unref(r->rx);
    return rc;
}

/* ---- other ways to end */

/* Without a receiver at the end of its time: the send ends with the scope, and the value with it. */
static int sends_for_a_while(void *shared) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_scope *scope;
    int i, rc = shared != NULL ? crib_channel_open_shared(2, &tx, &rx) : crib_channel_open(2, &tx, &rx);
    bool caught = false;
    if (rc < 0) return rc;
    scope = crib_move_on_after(CRIB_MS(1));
    if (scope == NULL) rc = crib_checkpoint();
    for (i = 0; i < 4 && rc == 0; i++) {
        crib_value v = crib_sweep_value(i);
        rc = crib_sender_send(tx, v);
        CHECK(is_live(v) == (rc == 0));
    }
    if (scope != NULL) rc = crib_scope_close(scope, rc, &caught);
    if (rc == 0) CHECK(caught && i == 3);
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

static int sends_one(void *tx) {
    crib_value v = crib_sweep_value(1);
    int rc = crib_sender_send(tx, v);
    if (rc < 0) CHECK(!is_live(v));
    return rc == CRIB_EBROKEN || rc == CRIB_ECLOSED ? 0 : rc;
}

static int receives_one(void *rx) {
    int rc = crib_receiver_receive(rx, NULL);
    return rc == CRIB_ECLOSED || rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

/* The ends are closed under those who wait on them. */
static int closes_under_waiters(crib_sender *tx, crib_receiver *rx, bool wait_in_send) {
    crib_nursery *n;
    int rc = 0;
    n = crib_nursery_open();
    if (n == NULL) rc = crib_checkpoint();
    if (rc == 0 && wait_in_send) rc = crib_nursery_start_soon(n, "sends", sends_one, tx, NULL);
    if (rc == 0 && wait_in_send) rc = crib_nursery_start_soon(n, "sends too", sends_one, tx, NULL);
    if (rc == 0 && !wait_in_send) rc = crib_nursery_start_soon(n, "receives", receives_one, rx, NULL);
    if (rc == 0 && !wait_in_send) rc = crib_nursery_start_soon(n, "receives too", receives_one, rx, NULL);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (wait_in_send)
        crib_receiver_close(rx);
    else
        crib_sender_close(tx);
    if (rc == 0) rc = crib_checkpoint();
    if (n != NULL) rc = crib_nursery_close(n, rc);
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

static int closes_receivers(void *shared) {
    crib_sender *tx;
    crib_receiver *rx;
    int rc = shared != NULL ? crib_channel_open_shared(1, &tx, &rx) : crib_channel_open(0, &tx, &rx);
    return rc < 0 ? rc : closes_under_waiters(tx, rx, true);
}

static int closes_senders(void *shared) {
    crib_sender *tx;
    crib_receiver *rx;
    int rc = shared != NULL ? crib_channel_open_shared(1, &tx, &rx) : crib_channel_open(0, &tx, &rx);
    return rc < 0 ? rc : closes_under_waiters(tx, rx, false);
}

int main(void) {
    struct traffic t = traffic(0, 3, 2);
    struct relay relay;
    traffic_holds("rendezvous", t);
    traffic_holds("one to one", traffic(0, 1, 1));
    traffic_holds("a buffer of one", traffic(1, 2, 2));
    traffic_holds("a buffer of two", traffic(2, 3, 1));
    traffic_holds("unbounded", traffic(CRIB_UNBOUNDED, 3, 2));
    t = traffic(1, 3, 1);
    t.consumer_ms = 1;
    traffic_holds("a slow consumer", t);
    t = traffic(2, 2, 2);
    t.leave_after = 2;
    traffic_holds("consumers that leave", t);
    t = traffic(1, 3, 2);
    t.by_nowait = true;
    traffic_holds("sent without waiting where that is possible", t);
    t = traffic(1, 3, 2);
    t.shared = true;
    traffic_holds("a shared channel of one", t);
    t = traffic(2, 2, 2);
    t.shared = true;
    t.leave_after = 2;
    traffic_holds("a shared channel whose consumers leave", t);
    memset(&relay, 0, sizeof relay);
    sweep_holds("handed on", sweep_of(relay_body, &relay));
    relay.shared = true;
    sweep_holds("handed on, shared", sweep_of(relay_body, &relay));
    sweep_holds("a send with a timeout", sweep_of(sends_for_a_while, NULL));
    sweep_holds("a send with a timeout, shared", sweep_of(sends_for_a_while, &t));
    sweep_holds("receivers closed", sweep_of(closes_receivers, NULL));
    sweep_holds("receivers closed, shared", sweep_of(closes_receivers, &t));
    sweep_holds("senders closed", sweep_of(closes_senders, NULL));
    sweep_holds("senders closed, shared", sweep_of(closes_senders, &t));
    return 0;
}
