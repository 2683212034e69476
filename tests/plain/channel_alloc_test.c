/* Claim: whichever allocation fails, channels of every kind keep, deliver or drop each value once, and say what failed. */
#include <errno.h>

#include "support/sweep.h"

#define NO_MEMORY (-ENOMEM) /* UV_ENOMEM */
#define FAILED    (-1000001)
#define MANY      40

static crib_sender *tx;
static crib_receiver *rx;

static int close_channel(int rc) {
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

/* Receives and drops what there is. */
static int drain(void) {
    crib_value v;
    int count = 0;
    for (; crib_receiver_receive_nowait(rx, &v) == 0; count++) crib_value_drop(v);
    return count;
}

/* A buffer that grows while it is filled, by turns in both ways. */
static int fill(int count) {
    int i, rc = 0;
    for (i = 0; i < count && rc == 0; i++) {
        crib_value v = crib_sweep_value(1);
        rc = i % 2 ? crib_sender_send(tx, v) : crib_sender_send_nowait(tx, &v);
        if (i % 2 == 0) CHECK((v.vt == NULL) == (rc == 0));
        if (i % 2 == 0) crib_value_drop(v);
    }
    if (rc < 0) CHECK_EQ_INT(rc, NO_MEMORY);
    return rc < 0 ? rc : i;
}

static int grows(size_t capacity, int32_t overflow, int fits) {
    crib_channel_options options;
    int rc;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.capacity = capacity;
    options.overflow = overflow;
    tx = (crib_sender *)&tx;
    rc = crib_channel_open_with(&options, &tx, &rx);
    if (rc < 0) CHECK(tx == NULL && rx == NULL);
    if (rc < 0) return rc;
    rc = fill(MANY);
    if (rc > 0) CHECK_EQ_INT(drain(), fits);
    return close_channel(rc < 0 ? rc : 0);
}

static int growth_part(void) {
    int rc = grows(CRIB_UNBOUNDED, CRIB_OVERFLOW_WAIT, MANY);
    if (rc == 0) rc = grows(20, CRIB_OVERFLOW_DROP_OLDEST, 20);
    if (rc == 0) rc = grows(20, CRIB_OVERFLOW_DROP_NEWEST, 20);
    return rc == 0 ? grows(0, CRIB_OVERFLOW_LATEST, 1) : rc;
}

/* What grows in vain keeps what it has. */
static int keeps_part(void) {
    int rc = crib_channel_open(CRIB_UNBOUNDED, &tx, &rx), sent = 0;
    if (rc < 0) return rc;
    for (; rc == 0 && sent < MANY; sent++) {
        crib_value v = crib_sweep_value(2);
        rc = crib_sender_send_nowait(tx, &v);
        crib_value_drop(v);
    }
    CHECK_EQ_INT(drain(), rc < 0 ? sent - 1 : sent);
    return close_channel(rc);
}

static int sends_through(void *end) { return crib_sender_send(end, crib_sweep_value(1)); }

/* Clones of both kinds, given to tasks. */
static int clone_all(void) {
    crib_sender *copy = crib_sender_clone(tx);
    crib_receiver *other = crib_receiver_clone(rx);
    crib_nursery *n = crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : copy == NULL || other == NULL ? NO_MEMORY : 0;
    if (rc == 0)
        rc = crib_nursery_start_soon(n, "sends", sends_through, copy, crib_unref);
    else
        crib_unref(copy);
    if (n != NULL) rc = crib_nursery_close(n, rc);
    if (rc == 0) CHECK_EQ_INT(drain(), 1);
    crib_unref(other);
    return close_channel(rc);
}

static int clone_part(void) {
    int rc = crib_channel_open(3, &tx, &rx);
    if (rc == 0) rc = clone_all();
    if (rc == 0) rc = crib_channel_open_shared(3, &tx, &rx);
    return rc < 0 ? rc : clone_all();
}

static uint64_t dropped(void) {
    crib_channel_stats s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    CHECK_EQ_INT(crib_sender_statistics(tx, &s), 0);
    return s.dropped;
}

/* A received value that goes back where there is no room for it: it is kept, or dropped and counted. */
static int give_back(int capacity) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    int rc = op == NULL ? NO_MEMORY : crib_begin_receive(op, rx).status;
    if (rc == CRIB_PENDING) rc = crib_sender_send(tx, crib_sweep_value(1));
    if (rc == 0) rc = crib_sleep(1);
    if (rc == 0) rc = fill(capacity);
    if (rc == capacity) {
        CHECK_EQ_INT(crib_op_abort(op), 0);
        CHECK_EQ_INT((int)dropped() + drain(), capacity + 1);
        rc = dropped() > 0 ? NO_MEMORY : 0;
    }
    crib_op_free(op);
    return close_channel(rc);
}

static int returned_part(void) {
    int rc = crib_channel_open(8, &tx, &rx); /* as many as the first buffer holds */
    if (rc == 0) rc = give_back(8);
    if (rc == 0) rc = crib_channel_open_shared(3, &tx, &rx);
    return rc < 0 ? rc : give_back(3);
}

static crib_error *marked_error(int code) { return crib_error_new_payload(code, "closed", crib_sweep_value(2)); }

/* Of two errors at least one arrives, and none twice. */
static int error_part(void) {
    crib_sender *second;
    crib_value v;
    int code, rc = crib_channel_open(1, &tx, &rx);
    if (rc < 0) return rc;
    second = crib_sender_clone(tx);
    CHECK_EQ_INT(crib_sender_close_error(tx, marked_error(FAILED)), 0);
    if (second != NULL) CHECK_EQ_INT(crib_sender_close_error(second, marked_error(FAILED - 1)), 0);
    code = crib_receiver_receive(rx, &v);
    CHECK(code == NO_MEMORY || code == FAILED);
    CHECK_EQ_INT(crib_receiver_receive_nowait(rx, &v), code);
    if (code == FAILED) CHECK(crib_error_find(crib_error_current(), FAILED) != NULL);
    if (second == NULL) rc = NO_MEMORY;
    crib_unref(second);
    close_channel(0);
    return rc < 0 ? rc : code == FAILED ? 0 : code;
}

/* Codes that become causes. */
static int misleading_part(void) {
    crib_value v;
    int code, rc = crib_channel_open(1, &tx, &rx);
    if (rc < 0) return rc;
    CHECK_EQ_INT(crib_sender_close_error(tx, marked_error(CRIB_EWOULDBLOCK)), 0);
    code = crib_receiver_receive(rx, &v);
    CHECK(code == NO_MEMORY || code == CRIB_EBROKEN);
    return close_channel(code == CRIB_EBROKEN ? 0 : code);
}

static int all_parts(void *unused) {
    static int (*const parts[])(void) = {growth_part,   keeps_part, clone_part,
                                         returned_part, error_part, misleading_part};
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < 6 && rc == 0; i++) rc = parts[i]();
    return rc;
}

int main(void) {
    sweep_allocations_hold("channels", sweep_of(all_parts, NULL));
    return 0;
}
