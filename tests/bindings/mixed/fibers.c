#include "fibers.h"

static int closed(struct ends *ends, int rc) {
    crib_sender_close(ends->tx);
    crib_receiver_close(ends->rx);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

int c_passes_on(void *data) {
    struct ends *ends = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(ends->rx, &v)) == 0) {
        if ((rc = crib_sender_send(ends->tx, v)) < 0) break;
    }
    return closed(ends, rc);
}

int c_adds_ten(void *data) {
    struct ends *ends = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(ends->rx, &v)) == 0) {
        if (v.vt != crib_value_int(0).vt) {
            crib_value_drop(v);
            rc = C_WANTS_INTEGERS;
            break;
        }
        if ((rc = crib_sender_send(ends->tx, crib_value_int(crib_value_as_int(v, 0) + 10))) < 0) break;
    }
    return closed(ends, rc);
}

int c_waits(void *data) {
    struct seen *seen = data;
    int rc;
    seen->waiting++;
    rc = crib_sleep_forever();
    if (rc == CRIB_ECANCELLED) seen->cancelled++;
    return rc;
}

int c_serves(void *data) {
    struct seen *seen = data;
    crib_scope_options options = {.size = sizeof options, .graceful = 1};
    crib_scope *accepting = crib_scope_open(&options);
    bool told = false;
    int rc;
    seen->waiting++;
    rc = crib_scope_close(accepting, crib_sleep_forever(), &told);
    seen->told += told;
    if (rc == 0) rc = crib_sleep(CRIB_SECONDS(1));
    if (rc == 0) seen->finished++;
    return rc;
}

int c_fails(void *unused) {
    int rc = crib_sleep(CRIB_MS(10));
    (void)unused;
    return rc < 0 ? rc : crib_fail(C_HAS_FAILED, "there is nothing left in C");
}

int c_adds_to_the_lock(void *data) {
    struct guarded *g = data;
    for (int i = 0; i < 10; i++) {
        int64_t before;
        int rc = crib_lock_acquire(g->lock);
        if (rc < 0) return rc;
        before = g->count;
        rc = crib_sleep(CRIB_MS(1));
        g->count = before + 1;
        crib_lock_release(g->lock);
        if (rc < 0) return rc;
    }
    return 0;
}

crib_error *c_nursery(void (*start)(crib_nursery *n, void *data), void *data) {
    crib_nursery *n = crib_nursery_open();
    start(n, data);
    return crib_nursery_close_error(n, NULL);
}
