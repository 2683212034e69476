/* Producers and a consumer, and a channel between them. */
#include "bench.h"

#include <crib.h>

struct line {
    crib_sender *tx;
    crib_receiver *rx;
    long items;
};

static int produce(void *data) {
    struct line *line = data;
    int rc = 0;
    for (long i = 0; i < line->items && rc == 0; i++) rc = crib_sender_send(line->tx, crib_value_int(i));
    return rc;
}

static int consume(void *data) {
    struct line *line = data;
    crib_value v;
    int rc = 0;
    for (long i = 0; i < line->items && rc == 0; i++) rc = crib_receiver_receive(line->rx, &v);
    return rc;
}

static int channel_of(struct meter *m, long ops, size_t capacity, int producers) {
    struct line line = {NULL, NULL, ops / producers}, all = {NULL, NULL, ops / producers * producers};
    int rc = crib_channel_open(capacity, &line.tx, &line.rx);
    if (rc < 0) return rc;
    all.rx = line.rx;
    meter_start(m);
    crib_nursery *nursery = crib_nursery_open();
    for (int i = 0; i < producers && rc == 0; i++)
        rc = crib_nursery_start_soon(nursery, "producer", produce, &line, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(nursery, "consumer", consume, &all, NULL);
    rc = crib_nursery_close(nursery, rc);
    meter_stop(m);
    crib_unref(line.tx);
    crib_unref(line.rx);
    return rc;
}

int channel_0(struct meter *m, long ops) { return channel_of(m, ops, 0, 1); }
int channel_128(struct meter *m, long ops) { return channel_of(m, ops, 128, 1); }
int channel_8_to_1(struct meter *m, long ops) { return channel_of(m, ops, 64, 8); }
