/* The demo's story: two producers and a consumer share a channel inside a nursery with a timeout. */
#ifndef TESTS_SUPPORT_DEMO_STORY_H
#define TESTS_SUPPORT_DEMO_STORY_H

#include "support/story.h"

struct demo;

struct demo_producer {
    struct demo *demo;
    const char *name;
    crib_sender *tx;
    uint32_t random;
    int generated;
    int ended_with; /* 1 = not ended */
};

struct demo {
    int count;              /* items a producer makes */
    int64_t producer_sleep; /* 0: pseudo-random, half a second to one and a half */
    int64_t consumer_sleep;
    int64_t timeout;
    uint32_t seed;
    struct demo_producer producers[2];
    crib_receiver *rx;
    int processed;
    long long values[64];
    int consumer_ended_with;
    bool caught;
    int rc;
    uint64_t left_living; /* tasks that lived after the block, compared with before */
    long long total_ms;
};

static inline int64_t demo_pause(struct demo_producer *p) {
    if (p->demo->producer_sleep != 0) return p->demo->producer_sleep;
    p->random = p->random * 1664525u + 1013904223u;
    return CRIB_MS(500 + (p->random >> 16) % 1001);
}

static inline int demo_produce(void *data) {
    struct demo_producer *self = data;
    int i, rc = 0;
    for (i = 1; i <= self->demo->count && rc == 0; i++) {
        rc = crib_sender_send(self->tx, crib_value_int((int64_t)i * i));
        if (rc < 0) break;
        say(" -- %s generated item %d\n", self->name, i);
        self->generated++;
        rc = crib_sleep(demo_pause(self));
    }
    self->ended_with = rc;
    return rc;
}

static inline void demo_producer_ended(void *data) {
    struct demo_producer *self = data;
    crib_unref(self->tx);
    self->tx = NULL;
}

static inline int demo_consume(void *data) {
    struct demo *d = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(d->rx, &v)) == 0) {
        d->values[d->processed++ % 64] = (long long)crib_value_as_int(v, -1);
        say(" +++ Processed value %lld\n", (long long)crib_value_as_int(v, -1));
        if ((rc = crib_sleep(d->consumer_sleep)) < 0) break;
    }
    d->consumer_ended_with = rc;
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static inline uint64_t demo_tasks_living(void) {
    crib_statistics s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    return crib_runtime_statistics(NULL, &s) == 0 ? s.tasks_living : UINT64_MAX;
}

static inline int demo_app(void *data) {
    struct demo *d = data;
    crib_sender *tx;
    crib_scope *scope;
    crib_nursery *nursery;
    uint64_t living = demo_tasks_living();
    int i, rc = crib_channel_open(10, &tx, &d->rx);
    if (rc < 0) return rc;
    story_begin();
    say("App started.\n");
    d->consumer_ended_with = 1;
    scope = crib_move_on_after(d->timeout);
    nursery = crib_nursery_open();
    for (i = 0; i < 2; i++) {
        struct demo_producer *p = &d->producers[i];
        p->demo = d;
        p->name = i == 0 ? "Prod 1" : "Prod 2";
        p->tx = crib_sender_clone(tx);
        p->random = d->seed + (uint32_t)i;
        p->ended_with = 1;
        crib_nursery_start_soon(nursery, p->name, demo_produce, p, demo_producer_ended);
    }
    crib_nursery_start_soon(nursery, "Consumer", demo_consume, d, NULL);
    crib_unref(tx);
    rc = crib_nursery_close(nursery, 0);
    d->rc = crib_scope_close(scope, rc, &d->caught);
    d->total_ms = story_ms();
    d->left_living = demo_tasks_living() - living;
    crib_unref(d->rx);
    say("App exiting, total time: %lld.%02lld sec.\n", d->total_ms / 1000, d->total_ms % 1000 / 10);
    return d->rc;
}

#endif
