/* Claim: a run waits on a shared channel for whoever is in another thread, run or no run, and for nobody in vain: every
 * send, receive, close and release there wakes those it concerns. */
#include <pthread.h>
#include <sched.h>

#include "support/plain.h"
#include "support/sendable.h"
#include "support/strand.h"

#define WAITERS 5

static crib_sender *tx;
static crib_receiver *rx;

static void open_channel(size_t capacity) {
    CHECK_EQ_INT(crib_channel_open_shared(capacity, &tx, &rx), 0);
    sendable_forget();
}

static crib_channel_stats statistics(void) {
    crib_channel_stats s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    CHECK_EQ_INT(crib_receiver_statistics(rx, &s), 0);
    return s;
}

static void until_senders_wait(size_t n) {
    while (statistics().waiting_senders < n) sched_yield();
}

static void until_receivers_wait(size_t n) {
    while (statistics().waiting_receivers < n) sched_yield();
}

/* Runs `body` here while `other` runs in a thread without a run. */
static int run_beside(crib_body_fn body, void *data, void *(*other)(void *), void *other_data) {
    pthread_t thread;
    int rc;
    CHECK_EQ_INT(pthread_create(&thread, NULL, other, other_data), 0);
    rc = crib_run(body, data);
    pthread_join(thread, NULL);
    return rc;
}

/* ---- the functions that do not wait, outside of runs */

static int echoes(void *rounds) {
    crib_value v;
    int i, rc = 0;
    for (i = 0; i < *(int *)rounds && rc == 0; i++) {
        rc = crib_receiver_receive(rx, &v); /* nothing else keeps this run, and it is not deadlocked */
        if (rc == 0) CHECK_EQ_INT(sendable_number(v), i);
    }
    CHECK_EQ_INT(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    /* Nobody is waited for any more: this is a deadlock again. */
    CHECK_EQ_INT(crib_sleep_forever(), CRIB_ECANCELLED);
    return CRIB_ECANCELLED;
}

static void *feeds(void *rounds) {
    int i;
    for (i = 0; i < *(int *)rounds; i++) {
        crib_value v = sendable_value(i);
        until_receivers_wait(1);
        CHECK_EQ_INT(crib_sender_send_nowait(tx, &v), 0);
        CHECK(v.vt == NULL);
        sendable_note(&sendable.sent[i]);
    }
    until_receivers_wait(1);
    crib_unref(tx);
    return NULL;
}

static void keep_quiet(int code, const char *message, void *unused) {
    (void)message;
    (void)unused;
    CHECK_EQ_INT(code, CRIB_EDEADLOCK);
}

static void fed_from_outside(void) {
    int rounds = workload(500);
    open_channel(1);
    crib_set_diagnostics(keep_quiet, NULL);
    CHECK_EQ_INT(run_beside(echoes, &rounds, feeds, &rounds), CRIB_EDEADLOCK);
    crib_set_diagnostics(NULL, NULL);
    sendable_check_arrived(rounds);
    crib_unref(rx);
}

/* ---- many that wait, each on an end of its own */

struct waiter {
    crib_sender *tx;
    crib_receiver *rx;
    int index, status;
};
static struct waiter waiters[WAITERS];

static int waits_to_send(void *data) {
    struct waiter *w = data;
    w->status = crib_sender_send(w->tx, sendable_value(10 + w->index));
    if (w->status == 0) sendable_note(&sendable.sent[10 + w->index]);
    return 0;
}

static int waits_to_receive(void *data) {
    struct waiter *w = data;
    crib_value v;
    w->status = crib_receiver_receive(w->rx, &v);
    if (w->status == 0) sendable_number(v);
    return 0;
}

static int waits(void *body) {
    crib_nursery *n = crib_nursery_open();
    int i;
    for (i = 0; i < WAITERS; i++) {
        waiters[i].index = i;
        CHECK_EQ_INT(crib_nursery_start_soon(n, "waits", *(crib_body_fn *)body, &waiters[i], NULL), 0);
    }
    return crib_nursery_close(n, 0);
}

static void fill(int count) {
    int i;
    for (i = 0; i < count; i++) {
        crib_value v = sendable_value(i);
        CHECK_EQ_INT(crib_sender_send_nowait(tx, &v), 0);
        sendable_note(&sendable.sent[i]);
    }
}

static void *releases_senders(void *unused) {
    int i;
    (void)unused;
    until_senders_wait(WAITERS);
    for (i = 0; i < WAITERS; i++) crib_unref(waiters[i].tx); /* the last reference, while it is waited on */
    return NULL;
}

static void *releases_receivers(void *unused) {
    int i;
    (void)unused;
    until_receivers_wait(WAITERS);
    for (i = 0; i < WAITERS; i++) crib_unref(waiters[i].rx);
    return NULL;
}

static void *closes_last_receiver(void *unused) {
    (void)unused;
    until_senders_wait(WAITERS);
    crib_receiver_close(rx);
    return NULL;
}

static void *closes_last_sender(void *unused) {
    (void)unused;
    until_receivers_wait(WAITERS);
    fill(2); /* are still delivered */
    crib_sender_close(tx);
    return NULL;
}

/* Runs the waiters, and checks what they were told. */
static void wait_beside(crib_body_fn body, bool own_ends, void *(*other)(void *), int status, int successes) {
    int i, succeeded = 0;
    for (i = 0; i < WAITERS; i++) {
        waiters[i].tx = own_ends ? crib_sender_clone(tx) : tx;
        waiters[i].rx = own_ends ? crib_receiver_clone(rx) : rx;
    }
    CHECK_EQ_INT(run_beside(waits, &body, other, NULL), 0);
    for (i = 0; i < WAITERS; i++) {
        if (waiters[i].status == 0)
            succeeded++;
        else
            CHECK_EQ_INT(waiters[i].status, status);
        if (own_ends) crib_unref(body == waits_to_send ? (void *)waiters[i].rx : (void *)waiters[i].tx);
    }
    CHECK_EQ_INT(succeeded, successes);
}

static void close_channel(int values) {
    crib_unref(tx);
    crib_unref(rx);
    sendable_check(values);
}

static void ends_closed_under_waiters(void) {
    open_channel(3);
    fill(3);
    wait_beside(waits_to_send, true, releases_senders, CRIB_ECLOSED, 0);
    CHECK_EQ_INT(statistics().buffered, 3);
    close_channel(3);

    open_channel(3);
    wait_beside(waits_to_receive, true, releases_receivers, CRIB_ECLOSED, 0);
    close_channel(0);

    open_channel(3);
    fill(3);
    wait_beside(waits_to_send, false, closes_last_receiver, CRIB_EBROKEN, 0);
    CHECK_EQ_INT(statistics().buffered, 0);
    CHECK_EQ_INT(statistics().dropped, 3);
    close_channel(3);

    open_channel(3);
    wait_beside(waits_to_receive, false, closes_last_sender, CRIB_EENDOFCHANNEL, 2);
    CHECK_EQ_INT(sendable_arrived(), 2);
    close_channel(2);
}

/* ---- the end is for good */

static int go; /* counts the rounds */

static void await_round(int round) {
    while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) < round) sched_yield();
}

/* Clones and sends until the end it clones is closed. */
static void *clones_and_sends(void *unused) {
    int i, rounds = workload(1000);
    (void)unused;
    for (i = 1; i <= rounds; i++) {
        crib_sender *copy;
        await_round(2 * i - 1);
        while ((copy = crib_sender_clone(tx)) != NULL) {
            crib_value v = sendable_value(0);
            if (crib_sender_send_nowait(copy, &v) != 0) crib_value_drop(v);
            crib_unref(copy);
        }
        __atomic_store_n(&go, 2 * i, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* A clone made while the last sender is closed keeps the channel going, or is refused: it does not reopen it. */
static void never_reopened(void) {
    pthread_t thread;
    int i, rounds = workload(1000);
    CHECK_EQ_INT(pthread_create(&thread, NULL, clones_and_sends, NULL), 0);
    for (i = 1; i <= rounds; i++) {
        crib_value v;
        open_channel(1);
        __atomic_store_n(&go, 2 * i - 1, __ATOMIC_RELEASE);
        while (i % 4 != 0 && crib_receiver_receive_nowait(rx, &v) != 0) sched_yield();
        crib_sender_close(tx);
        while (crib_receiver_receive_nowait(rx, &v) != CRIB_EENDOFCHANNEL) crib_value_drop(v);
        await_round(2 * i);
        CHECK_EQ_INT(crib_receiver_receive_nowait(rx, &v), CRIB_EENDOFCHANNEL);
        crib_unref(tx);
        crib_unref(rx);
    }
    pthread_join(thread, NULL);
}

/* ---- receives that are given up after they were done */

static uint32_t random_state = 1;
static bool likely(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % 3 != 0;
}

static int given_up;

/* Receives in a second slot, and changes its mind now and then. */
static void undecided(struct strand *s) {
    crib_op *op;
    crib_result result;
    STRAND(s)
    for (;;) {
        op = s->user_data = crib_op_new(s->task, NULL);
        result = crib_begin_receive(op, rx);
        while (result.status == CRIB_PENDING) {
            AWAIT(s, crib_begin_sleep(s->op, 1000));
            op = s->user_data; /* again, after a wait */
            if (likely() && crib_op_take(op, &result) == 0) break;
            result.status = CRIB_PENDING;
            if (likely()) continue;
            given_up++;
            CHECK_EQ_INT(crib_op_abort(op), 0);
            result = crib_begin_receive(op, rx);
        }
        crib_op_free(op);
        if (result.status < 0) break;
        CHECK_EQ_INT(sendable_number(result.value), sendable_arrived() - 1); /* in order all the same */
    }
    CHECK_EQ_INT(result.status, CRIB_EENDOFCHANNEL);
    strand_exit(s, NULL);
    STRAND_END
}

static int sends_many(void *count) {
    int i, rc = 0;
    for (i = 0; i < *(int *)count && rc == 0; i++) {
        rc = crib_sender_send(tx, sendable_value(i));
        sendable_note(&sendable.sent[i]);
    }
    crib_sender_close(tx);
    return rc;
}

static void *sends_in_a_run(void *count) {
    CHECK_EQ_INT(crib_run(sends_many, count), 0);
    return NULL;
}

static int receives_undecided(void *unused) {
    struct strand s = {.run = undecided};
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    CHECK(strand_start(n, "undecided", &s) != NULL);
    return crib_nursery_close(n, 0);
}

static void values_come_back(void) {
    int count = workload(2000);
    open_channel(2);
    CHECK_EQ_INT(run_beside(receives_undecided, NULL, sends_in_a_run, &count), 0);
    CHECK(given_up > 0);
    sendable_check_arrived(count);
    close_channel(count);
}

int main(void) {
    fed_from_outside();
    ends_closed_under_waiters();
    never_reopened();
    values_come_back();
    return 0;
}
