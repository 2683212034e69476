/* Yielding: tasks that do nothing but hand over to each other. */
#include "bench.h"

#include <crib.h>

struct yielders {
    struct meter *meter;
    long rounds;
};

/* The first in the queue. When it is back from its first yield, all others have begun; while it yields `rounds` times,
 * each of them is scheduled as often. */
static int lead(void *data) {
    struct yielders *y = data;
    int rc = crib_checkpoint();
    meter_start(y->meter);
    for (long i = 0; i < y->rounds && rc == 0; i++) rc = crib_checkpoint();
    meter_stop(y->meter);
    return rc;
}

static int follow(void *data) {
    struct yielders *y = data;
    int rc = 0;
    for (long i = 0; i < y->rounds + 2 && rc == 0; i++) rc = crib_checkpoint();
    return rc;
}

static int yield(struct meter *m, long ops, long tasks) {
    struct yielders y = {m, ops / tasks};
    crib_nursery *nursery = crib_nursery_open();
    int rc = crib_nursery_start_soon(nursery, "lead", lead, &y, NULL);
    for (long i = 1; i < tasks && rc == 0; i++) rc = crib_nursery_start_soon(nursery, "follow", follow, &y, NULL);
    return crib_nursery_close(nursery, rc);
}

int yield_2(struct meter *m, long ops) { return yield(m, ops, 2); }
int yield_1000(struct meter *m, long ops) { return yield(m, ops, 1000); }
int yield_10000(struct meter *m, long ops) { return yield(m, ops, 10000); }

/* --- stackless --- */

struct stepper {
    struct meter *meter; /* of the first of the two */
    long left;
    bool begun;
};

static void step(crib_task *self, uintptr_t data) {
    struct stepper *s = (struct stepper *)data;
    crib_op *op = crib_task_op(self);
    crib_result result;
    if (s->begun) {
        crib_op_take(op, &result);
    } else if (s->meter != NULL) {
        meter_start(s->meter);
    }
    s->begun = true;
    if (s->left-- > 0 && crib_begin_checkpoint(op) == CRIB_PENDING) return;
    if (s->meter != NULL) meter_stop(s->meter);
    crib_task_exit(self, NULL);
}

int stackless_checkpoint(struct meter *m, long ops) {
    struct stepper lead = {m, ops / 2, false}, follow = {NULL, ops / 2, false};
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_stackless(nursery, "lead", step, (uintptr_t)&lead, NULL);
    crib_nursery_start_stackless(nursery, "follow", step, (uintptr_t)&follow, NULL);
    int rc = crib_nursery_close(nursery, 0);
    return lead.left >= 0 || follow.left >= 0 ? -1 : rc;
}
