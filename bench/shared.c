/* A channel between two runs in two threads. The clock on the wall counts here: both threads work at once. */
#define _GNU_SOURCE
#include "bench.h"

#include <crib.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

struct line {
    crib_sender *tx;
    crib_receiver *rx;
    long items;
};

static int produce(void *data) {
    struct line *line = data;
    int rc = 0;
    for (long i = 0; i < line->items && rc == 0; i++) rc = crib_sender_send(line->tx, crib_value_int(i));
    crib_sender_close(line->tx);
    return rc;
}

/* On the other cores: the thread of the measurement has one for itself. */
static void leave_core(void) {
    cpu_set_t mine, others;
    CPU_ZERO(&others);
    sched_getaffinity(0, sizeof mine, &mine);
    for (long i = 0; i < sysconf(_SC_NPROCESSORS_CONF); i++) {
        if (!CPU_ISSET(i, &mine)) CPU_SET(i, &others);
    }
    sched_setaffinity(0, sizeof others, &others);
}

static void *other_thread(void *data) {
    leave_core();
    crib_run(produce, data);
    return NULL;
}

static int consume(struct line *line) {
    crib_value v;
    long n = 0;
    int rc;
    while ((rc = crib_receiver_receive(line->rx, &v)) == 0) n++;
    return rc == CRIB_EENDOFCHANNEL && n == line->items ? 0 : -1;
}

static int between_threads(struct meter *m, long ops, size_t capacity) {
    struct line line = {NULL, NULL, ops};
    pthread_t other;
    int rc = crib_channel_open_shared(capacity, &line.tx, &line.rx);
    if (rc < 0) return rc;
    m->wall = true;
    meter_start(m);
    if (pthread_create(&other, NULL, other_thread, &line) == 0) {
        rc = consume(&line);
        pthread_join(other, NULL);
    } else {
        rc = -1;
    }
    meter_stop(m);
    crib_unref(line.tx);
    crib_unref(line.rx);
    return rc;
}

int shared_1024(struct meter *m, long ops) { return between_threads(m, ops, 1024); }
int shared_16(struct meter *m, long ops) { return between_threads(m, ops, 16); }
