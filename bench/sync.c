/* A lock that is fought over, a choice between channels that are ready. */
#include "bench.h"

#include <crib.h>

enum { CONTENDERS = 8 };

struct contest {
    crib_lock *lock;
    long rounds;
};

static int contends(void *data) {
    struct contest *c = data;
    int rc = 0;
    for (long i = 0; i < c->rounds && rc == 0; i++) {
        rc = crib_lock_acquire(c->lock);
        if (rc < 0) return rc;
        rc = crib_checkpoint(); /* so that the others come to wait */
        crib_lock_release(c->lock);
    }
    return rc;
}

int lock_8(struct meter *m, long ops) {
    struct contest c = {crib_lock_new(), ops / CONTENDERS};
    int rc = c.lock == NULL ? -1 : 0;
    meter_start(m);
    crib_nursery *nursery = crib_nursery_open();
    for (int i = 0; i < CONTENDERS && rc == 0; i++)
        rc = crib_nursery_start_soon(nursery, "contender", contends, &c, NULL);
    rc = crib_nursery_close(nursery, rc);
    meter_stop(m);
    crib_unref(c.lock);
    return rc;
}

/* Both channels always have something: what is taken from one is sent to it again. */
static int choose(struct meter *m, long ops, crib_clause *clauses, crib_sender *const *tx) {
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc >= 0; i++) {
        rc = crib_select(clauses, 2, 0);
        if (rc >= 0) rc = crib_sender_send_nowait(tx[rc], &clauses[rc].value);
    }
    meter_stop(m);
    return rc;
}

/* The same without the choice: receives in turn. */
static int take_in_turn(struct meter *m, long ops, crib_receiver *const *rx, crib_sender *const *tx) {
    crib_value v;
    int rc = 0;
    meter_start(m);
    for (long i = 0; i < ops && rc >= 0; i++) {
        rc = crib_receiver_receive(rx[i & 1], &v);
        if (rc >= 0) rc = crib_sender_send_nowait(tx[i & 1], &v);
    }
    meter_stop(m);
    return rc;
}

static int select_between_two(struct meter *m, long ops, bool with_select) {
    crib_sender *tx[2] = {NULL, NULL};
    crib_receiver *rx[2] = {NULL, NULL};
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = crib_channel_open(4, &tx[i], &rx[i]);
        if (rc == 0) rc = crib_sender_send(tx[i], crib_value_int(i));
    }
    if (rc == 0) {
        crib_clause clauses[2] = {crib_clause_receive(rx[0]), crib_clause_receive(rx[1])};
        rc = with_select ? choose(m, ops, clauses, tx) : take_in_turn(m, ops, rx, tx);
    }
    for (int i = 0; i < 2; i++) {
        crib_unref(tx[i]);
        crib_unref(rx[i]);
    }
    return rc < 0 ? rc : 0;
}

int select_2(struct meter *m, long ops) { return select_between_two(m, ops, true); }
int select_2_without(struct meter *m, long ops) { return select_between_two(m, ops, false); }
