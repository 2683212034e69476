/* 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers. */
#include "fiber.h"

/* ---- 602 */

static int stays_a_second(void *unused) {
    int rc = crib_semaphore_acquire(shared.semaphore);
    (void)unused;
    say("in");
    if (rc == 0) rc = sleep_ms(1000);
    say("out");
    crib_semaphore_release(shared.semaphore);
    return rc;
}

static int semaphore(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.semaphore = crib_semaphore_new(2, 2);
    start(n, "a", stays_a_second);
    start(n, "b", stays_a_second);
    start(n, "c", stays_a_second);
    rc = crib_nursery_close(n, 0);
    say("one permit more: %s", outcome(crib_semaphore_release(shared.semaphore)));
    return rc;
}

/* ---- 603 */

/* Whether the calling task holds the lock of the condition; gives it back. */
static bool held(void) { return crib_lock_release(crib_condition_lock(shared.condition)) == 0; }

static int lock(void) { return crib_lock_acquire(crib_condition_lock(shared.condition)); }

static int waits(void *unused) {
    int rc = lock();
    (void)unused;
    if (rc == 0) rc = crib_condition_wait(shared.condition);
    say("goes on, with the lock: %s", yes(held()));
    return rc;
}

static int condition(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.condition = crib_condition_new(NULL);
    start(n, "a", waits);
    start(n, "b", waits);
    start(n, "c", waits);
    rc = crib_checkpoint();
    say("without the lock: %s", outcome(crib_condition_notify(shared.condition, 1)));
    if (rc == 0) rc = lock();
    say("notifies one: %d", crib_condition_notify(shared.condition, 1));
    held();
    if (rc == 0) rc = sleep_ms(1000);
    if (rc == 0) rc = lock();
    say("notifies all: %d", crib_condition_notify_all(shared.condition));
    held();
    return crib_nursery_close(n, rc);
}

/* ---- 604, 612 */

static int lent(void) {
    crib_limiter_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    crib_limiter_statistics(shared.limiter, &stats);
    return (int)stats.borrowed;
}

static int borrows(void *twice) {
    int rc = crib_limiter_acquire(shared.limiter);
    say("in");
    if (twice != NULL) say("once more: %s", outcome(crib_limiter_acquire(shared.limiter)));
    if (rc == 0) rc = sleep_ms(1000);
    say("out");
    crib_limiter_release(shared.limiter);
    return rc;
}

static int limiter(void *unused) {
    crib_nursery *n = crib_nursery_open();
    bool twice;
    int rc;
    (void)unused;
    shared.limiter = crib_limiter_new(1);
    start_with(n, "a", borrows, &twice);
    start(n, "b", borrows);
    rc = sleep_ms(500);
    say("total 2");
    crib_limiter_set_total(shared.limiter, 2);
    crib_limiter_set_total(shared.limiter, 0);
    say("total 0, lent %d", lent());
    say("giving back what it has not: %s", outcome(crib_limiter_release(shared.limiter)));
    rc = crib_nursery_close(n, rc);
    say("lent %d", lent());
    return rc;
}

static int guest;

static int waits_for_the_guest(void *unused) {
    int rc = crib_limiter_acquire_on_behalf_of(shared.limiter, &guest);
    (void)unused;
    say("%s", outcome(rc));
    if (rc == 0) crib_limiter_release_on_behalf_of(shared.limiter, &guest);
    return 0;
}

static int one_token_each(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.limiter = crib_limiter_new(0);
    start(n, "a", waits_for_the_guest);
    start(n, "b", waits_for_the_guest);
    rc = sleep_ms(1000);
    say("total 2");
    crib_limiter_set_total(shared.limiter, 2);
    return crib_nursery_close(n, rc);
}

/* ---- 611 */

static int waits_and_tells(void *unused) {
    int rc = lock();
    (void)unused;
    if (rc == 0) rc = crib_condition_wait(shared.condition);
    say("%s, with the lock: %s", outcome(rc), yes(held()));
    return rc;
}

static int notification_goes_on(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.condition = crib_condition_new(NULL);
    shared.task = crib_nursery_spawn(n, "a", waits_and_tells, NULL, NULL);
    start(n, "b", waits_and_tells);
    rc = sleep_ms(1000);
    if (rc == 0) rc = lock();
    say("notifies one: %d, cancels a", crib_condition_notify(shared.condition, 1));
    crib_task_cancel(shared.task, NULL);
    held();
    return crib_nursery_close(n, rc);
}

/* ---- 613 */

static int comes_twice(void *ms) {
    int i, rc = 0;
    for (i = 0; i < 2 && rc >= 0; i++) {
        rc = sleep_ms((intptr_t)ms);
        if (rc == 0) rc = crib_barrier_wait(shared.barrier);
        if (rc >= 0) say("goes on, was last: %s", yes(rc == 1));
    }
    return rc;
}

static int barrier(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    shared.barrier = crib_barrier_new(3);
    start_with(n, "a", comes_twice, (void *)(intptr_t)100);
    start_with(n, "b", comes_twice, (void *)(intptr_t)200);
    start_with(n, "c", comes_twice, (void *)(intptr_t)300);
    return crib_nursery_close(n, 0);
}

/* ---- 699 */

static int waits_for_the_event(void *unused) {
    int rc;
    (void)unused;
    say("waits");
    rc = crib_event_wait(shared.event);
    say("goes on");
    return rc;
}

static int event(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.event = crib_event_new();
    start(n, "a", waits_for_the_event);
    start(n, "b", waits_for_the_event);
    rc = sleep_ms(1000);
    say("is it set: %s", yes(crib_event_is_set(shared.event)));
    crib_event_set(shared.event);
    crib_event_set(shared.event);
    say("is it set: %s", yes(crib_event_is_set(shared.event)));
    if (rc == 0) rc = crib_event_wait(shared.event);
    say("waiting: %s", outcome(rc));
    return crib_nursery_close(n, rc);
}

const struct scenario kin[] = {
    {602, semaphore},      {603, condition}, {604, limiter}, {611, notification_goes_on},
    {612, one_token_each}, {613, barrier},   {699, event},   {0, NULL},
};
