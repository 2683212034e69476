/* Claim: channels that drop what is too much, batches, and ends closed with an error hold when they are cancelled at any
 * cancel point, and when any allocation fails: every value is received or dropped once, and the drops are counted. */
#include <errno.h>

#include "support/sweep.h"

#define E_ONE   (-1000001)
#define NUMBERS 6

struct pipe {
    int overflow;
    size_t capacity;
    crib_sender *tx;
    crib_receiver *rx;
    int sent, received, last;
};

static int open_pipe(struct pipe *p) {
    crib_channel_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.capacity = p->capacity;
    options.overflow = p->overflow;
    p->sent = p->received = 0;
    p->last = -1;
    return crib_channel_open_with(&options, &p->tx, &p->rx);
}

/* ---- sends that never wait */

static int floods(void *arg) {
    struct pipe *p = arg;
    int i, rc = 0;
    for (i = 0; i < NUMBERS && rc == 0; i++) {
        crib_value v = crib_sweep_value(i);
        rc = crib_sender_send(p->tx, v);
        if (rc == 0) ++p->sent;
        if (rc < 0) CHECK(!is_live(v));
        if (rc == 0 && i % 2 == 1) rc = crib_sleep(CRIB_MS(1));
    }
    crib_sender_close(p->tx);
    return rc;
}

static void note(struct pipe *p, crib_value v) {
    int number = (int)crib_sweep_number(v, -1);
    CHECK(number > p->last);
    p->last = number;
    ++p->received;
    crib_value_drop(v);
}

static int drains(void *arg) {
    struct pipe *p = arg;
    int rc = 0;
    while (rc == 0) {
        crib_value v;
        rc = crib_receiver_receive(p->rx, &v);
        if (rc == 0) note(p, v);
        if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int drains_in_batches(void *arg) {
    struct pipe *p = arg;
    crib_value values[2];
    int i, rc = 0;
    while (rc == 0) {
        rc = crib_receiver_receive_batch(p->rx, values, 2);
        for (i = 0; i < rc; i++) note(p, values[i]);
        if (rc > 0) rc = crib_sleep(CRIB_MS(1));
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int start_flood(crib_nursery *n, void *arg) {
    int rc = crib_nursery_start_soon(n, "floods", floods, arg, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "drains", drains, arg, NULL);
}

static int start_batches(crib_nursery *n, void *arg) {
    int rc = crib_nursery_start_soon(n, "floods", floods, arg, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "drains", drains_in_batches, arg, NULL);
}

/* What was sent was received, dropped and counted, or is buffered. */
static void numbers_agree(const struct pipe *p) {
    crib_channel_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_receiver_statistics(p->rx, &stats), 0);
    CHECK_EQ_INT(stats.waiting_senders + stats.waiting_receivers, 0);
    CHECK_EQ_INT((uint64_t)p->received + stats.dropped + stats.buffered, p->sent);
    CHECK(stats.peak <= stats.capacity);
}

static int pipe_body(struct pipe *p, int (*start)(crib_nursery *n, void *arg)) {
    int rc = open_pipe(p);
    if (rc < 0) return rc;
    rc = crib_nursery_run(NULL, start, p);
    if (rc == 0 || rc == CRIB_ECANCELLED) numbers_agree(p);
    crib_unref(p->tx);
    crib_unref(p->rx);
    return rc;
}

static int flood(void *pipe) { return pipe_body(pipe, start_flood); }
static int batches(void *pipe) { return pipe_body(pipe, start_batches); }

static void pipe_holds(const char *name, crib_body_fn body, int overflow, size_t capacity) {
    struct pipe p;
    memset(&p, 0, sizeof p);
    p.overflow = overflow;
    p.capacity = capacity;
    sweep_holds(name, sweep_of(body, &p));
}

/* ---- ends closed with an error: it reaches everybody who receives, behind the last value */

static int sends_and_fails(void *arg) {
    struct pipe *p = arg;
    int rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_sender_send(p->tx, crib_sweep_value(0));
    if (rc == 0) ++p->sent;
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc < 0) {
        crib_sender_close(p->tx);
        return rc;
    }
    return crib_sender_close_error(p->tx, crib_error_new_payload(E_ONE, "the source failed", crib_sweep_value(9)));
}

static int receives_error(void *arg) {
    struct pipe *p = arg;
    int rc = drains(p);
    return rc == E_ONE ? 0 : rc;
}

static int start_failing(crib_nursery *n, void *arg) {
    int rc = crib_nursery_start_soon(n, "receives", receives_error, arg, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "receives", receives_error, arg, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "fails", sends_and_fails, arg, NULL);
}

static int closed_with_error(void *pipe) { return pipe_body(pipe, start_failing); }

int main(void) {
    pipe_holds("the oldest gives way", flood, CRIB_OVERFLOW_DROP_OLDEST, 2);
    pipe_holds("the newest gives way", flood, CRIB_OVERFLOW_DROP_NEWEST, 2);
    pipe_holds("only the latest", flood, CRIB_OVERFLOW_LATEST, 0);
    pipe_holds("batches", batches, CRIB_OVERFLOW_WAIT, 3);
    pipe_holds("batches from senders that wait", batches, CRIB_OVERFLOW_WAIT, 0);
    pipe_holds("closed with an error", closed_with_error, CRIB_OVERFLOW_WAIT, 1);
    return 0;
}
