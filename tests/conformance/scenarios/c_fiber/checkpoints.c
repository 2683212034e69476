/* 2xx: checkpoints and the order of tasks. */
#include "fiber.h"

/* ---- 243 */

static void tries_everything(void) {
    int i;
    say("send: %s", outcome(send_int(shared.tx, 2)));
    say("receive: %s", outcome(receive_int(shared.rx, &i)));
    say("wait for the event: %s", outcome(crib_event_wait(shared.event)));
    say("acquire the lock: %s", outcome(crib_lock_acquire(shared.lock)));
    say("acquire the semaphore: %s", outcome(crib_semaphore_acquire(shared.semaphore)));
    say("sleep no time: %s", outcome(sleep_ms(0)));
}

static int every_operation_looks(void *unused) {
    crib_scope *scope;
    bool free, permit;
    (void)unused;
    channel(2);
    send_int(shared.tx, 1);
    shared.event = crib_event_new();
    crib_event_set(shared.event);
    shared.lock = crib_lock_new();
    shared.semaphore = crib_semaphore_new(1, 0);
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    tries_everything();
    crib_scope_close(scope, 0, NULL);
    free = crib_lock_acquire_nowait(shared.lock) == 0;
    permit = crib_semaphore_acquire_nowait(shared.semaphore) == 0;
    say("values: %d, the lock is free: %s, a permit is left: %s", (int)statistics_of(shared.tx).buffered, yes(free),
        yes(permit));
    return crib_lock_release(shared.lock);
}

/* ---- 247 */

static int rounds(void *most) {
    int i, rc = 0;
    for (i = 1; i <= *(int *)most && rc == 0; i++) {
        say("round %d", i);
        if (i < *(int *)most) rc = crib_checkpoint();
    }
    return rc;
}

static void three_checkpoints(void) {
    say("checkpoint_if_cancelled: %s", outcome(crib_checkpoint_if_cancelled()));
    say("cancel_shielded_checkpoint: %s", outcome(crib_cancel_shielded_checkpoint()));
    say("checkpoint: %s", outcome(crib_checkpoint()));
}

static int halves_of_a_checkpoint(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    int most = 4, rc;
    (void)unused;
    start_with(n, "other", rounds, &most);
    three_checkpoints();
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    three_checkpoints();
    rc = crib_scope_close(scope, 0, NULL);
    return crib_nursery_close(n, rc);
}

/* ---- 249 */

static int what_blocks_schedule(void *unused) {
    crib_nursery *n = crib_nursery_open(), *empty;
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    int most = 2, rc;
    (void)unused;
    start_with(n, "other", rounds, &most);
    crib_scope_close(scope, 0, NULL);
    say("a scope was opened and closed");
    empty = crib_nursery_open();
    say("a nursery was opened");
    say("and closed: %s", outcome(crib_nursery_close(empty, 0)));
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    rc = crib_nursery_close(crib_nursery_open(), 0);
    say("a nursery in a cancelled scope: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return crib_nursery_close(n, rc);
}

/* ---- 250 */

static int receives_nothing(void *unused) {
    int i, rc = receive_int(shared.rx, &i);
    (void)unused;
    say("%s", outcome(rc));
    return 0;
}

static int close_in_a_cancelled_scope(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    int rc;
    (void)unused;
    channel(0);
    start(n, "receiver", receives_nothing);
    rc = crib_checkpoint();
    scope = crib_scope_open(NULL);
    crib_scope_cancel(scope, NULL);
    say("closes");
    crib_sender_close(shared.tx);
    say("checkpoint: %s", outcome(crib_checkpoint_if_cancelled()));
    crib_scope_close(scope, 0, NULL);
    return crib_nursery_close(n, rc);
}

/* ---- 251 */

static int sleeps_for_nothing(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 1; i <= 3 && rc == 0; i++) {
        say("%d", i);
        rc = sleep_ms(0);
    }
    return rc;
}

static int sleeps_until_past(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 1; i <= 3 && rc == 0; i++) {
        say("%d", i);
        rc = crib_sleep_until(crib_now() - CRIB_MS(1000));
    }
    return rc;
}

static int sleep_of_no_length(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "a", sleeps_for_nothing);
    start(n, "b", sleeps_until_past);
    return crib_nursery_close(n, 0);
}

/* ---- 254 */

static int waits_for_an_event(void *unused) {
    int rc = crib_event_wait(shared.event);
    (void)unused;
    say("the event: %s", outcome(rc));
    rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    return rc;
}

static int waits_for_a_value(void *unused) {
    int i, rc = receive_int(shared.rx, &i);
    (void)unused;
    say("got %d", i);
    if (rc == 0) rc = crib_checkpoint();
    say("checkpoint: %s", outcome(rc));
    return rc;
}

static int handed_over_is_handed_over(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.event = crib_event_new();
    channel(0);
    start(n, "a", waits_for_an_event);
    start(n, "b", waits_for_a_value);
    rc = crib_checkpoint();
    crib_event_set(shared.event);
    if (rc == 0) rc = send_int(shared.tx, 7);
    crib_nursery_cancel(n, NULL);
    say("has cancelled");
    return crib_nursery_close(n, rc);
}

/* ---- 257 */

static int waits_and_runs(void *unused) {
    int rc;
    (void)unused;
    say("waits");
    rc = crib_event_wait(shared.event);
    say("runs");
    return rc;
}

static int runs(void *unused) {
    (void)unused;
    say("runs");
    return 0;
}

static int in_order_of_getting_ready(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.event = crib_event_new();
    start(n, "waiter", waits_and_runs);
    rc = crib_checkpoint();
    say("starts x, sets the event, starts y");
    start(n, "x", runs);
    crib_event_set(shared.event);
    start(n, "y", runs);
    say("goes on");
    return crib_nursery_close(n, rc);
}

/* ---- 259 */

static int is_busy(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < 10 && rc == 0; i++) {
        compute_ms(100);
        rc = crib_checkpoint();
    }
    say("done");
    return rc;
}

static int sleeps_a_little(void *unused) {
    int rc = sleep_ms(250);
    (void)unused;
    say("woke");
    return rc;
}

static int busy_task(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "sleeper", sleeps_a_little);
    start(n, "busy", is_busy);
    return crib_nursery_close(n, 0);
}

/* ---- 260 */

static int far_future(void *unused) {
    int rc;
    (void)unused;
    say("sleeps");
    rc = crib_sleep(CRIB_SECONDS(100 * 24 * 3600));
    say("woke");
    return rc;
}

const struct scenario checkpoints[] = {
    {243, every_operation_looks},
    {247, halves_of_a_checkpoint},
    {249, what_blocks_schedule},
    {250, close_in_a_cancelled_scope},
    {251, sleep_of_no_length},
    {254, handed_over_is_handed_over},
    {257, in_order_of_getting_ready},
    {259, busy_task},
    {260, far_future},
    {0, NULL},
};
