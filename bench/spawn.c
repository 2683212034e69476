/* Starting tasks that do next to nothing, and waiting for their end. */
#include "bench.h"

#include <crib.h>

enum { GROUP = 1000 };

static int trivial(void *unused) {
    (void)unused;
    return 0;
}

static int yields_once(void *unused) {
    (void)unused;
    return crib_checkpoint();
}

int spawn_join_1(struct meter *m, long ops) {
    crib_nursery *nursery = crib_nursery_open();
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) {
        crib_task *task = crib_nursery_spawn(nursery, "child", trivial, NULL, NULL);
        rc = crib_task_wait(task, NULL);
        crib_unref(task);
    }
    meter_stop(m);
    return crib_nursery_close(nursery, rc);
}

int spawn_join_open(struct meter *m, long ops) {
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) {
        crib_nursery *nursery = crib_nursery_open();
        rc = crib_nursery_start_soon(nursery, "child", trivial, NULL, NULL);
        rc = crib_nursery_close(nursery, rc);
    }
    meter_stop(m);
    return rc;
}

static int groups(struct meter *m, long ops, crib_body_fn body) {
    int rc = 0;
    meter_start(m);
    for (long left = ops / GROUP; left > 0 && rc == 0; left--) {
        crib_nursery *nursery = crib_nursery_open();
        for (int i = 0; i < GROUP && rc == 0; i++) rc = crib_nursery_start_soon(nursery, "child", body, NULL, NULL);
        rc = crib_nursery_close(nursery, rc);
    }
    meter_stop(m);
    return rc;
}

int spawn_1000(struct meter *m, long ops) { return groups(m, ops, trivial); }
int spawn_1000_yield(struct meter *m, long ops) { return groups(m, ops, yields_once); }

/* --- all alive together: each waits at a gate that the last one opens --- */

struct gate {
    crib_sender *tx;
    crib_receiver *rx;
    int arrived;
};

static int waits_at_gate(void *data) {
    struct gate *gate = data;
    crib_value v;
    if (++gate->arrived == GROUP) crib_sender_close(gate->tx);
    int rc = crib_receiver_receive(gate->rx, &v);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int gated_group(void) {
    struct gate gate = {NULL, NULL, 0};
    int rc = crib_channel_open(0, &gate.tx, &gate.rx);
    if (rc < 0) return rc;
    crib_nursery *nursery = crib_nursery_open();
    for (int i = 0; i < GROUP && rc == 0; i++) {
        rc = crib_nursery_start_soon(nursery, "child", waits_at_gate, &gate, NULL);
    }
    rc = crib_nursery_close(nursery, rc);
    crib_unref(gate.tx);
    crib_unref(gate.rx);
    return rc;
}

int spawn_1000_alive(struct meter *m, long ops) {
    int rc = 0;
    meter_start(m);
    for (long left = ops / GROUP; left > 0 && rc == 0; left--) rc = gated_group();
    meter_stop(m);
    return rc;
}
