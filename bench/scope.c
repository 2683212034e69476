/* What a timeout costs around an operation that does not wait: the loop with a scope, and the same loop without. */
#include "bench.h"

#include <crib.h>

int scope_ready(struct meter *m, long ops) {
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) {
        crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
        rc = crib_scope_close(scope, crib_checkpoint_if_cancelled(), NULL);
    }
    meter_stop(m);
    return rc;
}

int scope_ready_without(struct meter *m, long ops) {
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) rc = crib_checkpoint_if_cancelled();
    meter_stop(m);
    return rc;
}

/* --- around a send and a receive on a buffered channel --- */

struct pair {
    crib_sender *tx;
    crib_receiver *rx;
};

static int pass_item(struct pair *pair, long i) {
    crib_value v;
    int rc = crib_sender_send(pair->tx, crib_value_int(i));
    return rc < 0 ? rc : crib_receiver_receive(pair->rx, &v);
}

static int pair_open(struct pair *pair) { return crib_channel_open(1, &pair->tx, &pair->rx); }

static int pair_close(struct pair *pair, int rc) {
    crib_unref(pair->tx);
    crib_unref(pair->rx);
    return rc;
}

int scope_channel(struct meter *m, long ops) {
    struct pair pair;
    int rc = pair_open(&pair);
    if (rc < 0) return rc;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) {
        crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
        rc = crib_scope_close(scope, pass_item(&pair, i), NULL);
    }
    meter_stop(m);
    return pair_close(&pair, rc);
}

int scope_channel_without(struct meter *m, long ops) {
    struct pair pair;
    int rc = pair_open(&pair);
    if (rc < 0) return rc;
    meter_start(m);
    for (long i = 0; i < ops && rc == 0; i++) rc = pass_item(&pair, i);
    meter_stop(m);
    return pair_close(&pair, rc);
}
