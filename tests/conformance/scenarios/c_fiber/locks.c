/* 6xx: locks. */
#include "fiber.h"

static int acquire(void) { return crib_lock_acquire(shared.lock); }
static int acquire_now(void) { return crib_lock_acquire_nowait(shared.lock); }
static int release(void) { return crib_lock_release(shared.lock); }

/* ---- 600 */

static int holds_it_a_little(void *unused) {
    int rc = acquire();
    (void)unused;
    if (rc < 0) return rc;
    say("has it");
    rc = sleep_ms(100);
    release();
    return rc;
}

static int lock_is_handed_over(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    acquire();
    start(n, "a", holds_it_a_little);
    start(n, "b", holds_it_a_little);
    rc = crib_checkpoint();
    say("releases it");
    release();
    say("acquiring without waiting: %s", outcome(acquire_now()));
    if (rc == 0) rc = acquire();
    say("acquiring: %s", outcome(rc));
    release();
    return crib_nursery_close(n, rc);
}

/* ---- 601, 610 */

static int ends_with_the_lock(void *ms) {
    int rc = acquire();
    if (rc == 0) rc = sleep_ms((intptr_t)ms);
    say("ends");
    return rc;
}

static int waits_for_it(void *unused) {
    (void)unused;
    say("%s", outcome(acquire()));
    return 0;
}

static int owner_ends(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    start_with(n, "owner", ends_with_the_lock, (void *)(intptr_t)1000);
    start(n, "waiter", waits_for_it);
    rc = crib_nursery_wait_idle(n);
    say("acquiring: %s", outcome(acquire()));
    say("acquiring without waiting: %s", outcome(acquire_now()));
    return crib_nursery_close(n, rc);
}

static int acquires_it(void *unused) {
    (void)unused;
    say("acquiring: %s", outcome(acquire()));
    return release();
}

static int recover(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    say("taking over what is not broken: %s", outcome(crib_lock_recover(shared.lock)));
    start_with(n, "owner", ends_with_the_lock, NULL);
    rc = crib_nursery_wait_idle(n);
    say("taking over: %s", outcome(crib_lock_recover(shared.lock)));
    release();
    start(n, "other", acquires_it);
    return crib_nursery_close(n, rc);
}

/* ---- 605 */

struct one_at_a_time {
    const char *what;
    int (*enter)(void);
    int (*leave)(void);
    char order[8];
    int came, inside, most;
};

static int permit(void) { return crib_semaphore_acquire(shared.semaphore); }
static int no_permit(void) { return crib_semaphore_release(shared.semaphore); }
static int token(void) { return crib_limiter_acquire(shared.limiter); }
static int no_token(void) { return crib_limiter_release(shared.limiter); }

static int stays_a_little(void *data) {
    struct one_at_a_time *one = data;
    int rc = one->enter();
    if (rc < 0) return rc;
    one->order[one->came++] = crib_task_name(crib_task_current())[0];
    if (++one->inside > one->most) one->most = one->inside;
    rc = sleep_ms(100);
    one->inside--;
    one->leave();
    return rc;
}

static int three_stay(const char *what, int (*enter)(void), int (*leave)(void)) {
    struct one_at_a_time one = {what, enter, leave, "", 0, 0, 0};
    crib_nursery *n = crib_nursery_open();
    int rc;
    start_with(n, "a", stays_a_little, &one);
    start_with(n, "b", stays_a_little, &one);
    start_with(n, "c", stays_a_little, &one);
    rc = crib_nursery_close(n, 0);
    say("%s: %s, at most %d inside", what, one.order, one.most);
    return rc;
}

static int one_at_a_time(void *unused) {
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    shared.semaphore = crib_semaphore_new(1, 0);
    shared.limiter = crib_limiter_new(1);
    rc = three_stay("lock", acquire, release);
    if (rc == 0) rc = three_stay("semaphore", permit, no_permit);
    if (rc == 0) rc = three_stay("limiter", token, no_token);
    return rc;
}

/* ---- 606 */

static int takes_its_turn(void *unused) {
    int rc = acquire();
    (void)unused;
    say("%s", rc == 0 ? "has it" : outcome(rc));
    if (rc == 0) release();
    return rc;
}

static int waiters_in_order(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    acquire();
    start(n, "a", takes_its_turn);
    shared.task = crib_nursery_spawn(n, "b", takes_its_turn, NULL, NULL);
    start(n, "c", takes_its_turn);
    rc = sleep_ms(500);
    crib_task_cancel(shared.task, NULL);
    if (rc == 0) rc = sleep_ms(500);
    say("releases it");
    release();
    return crib_nursery_close(n, rc);
}

/* ---- 614 */

static int reads(void *unused) {
    int rc = crib_rwlock_acquire_read(shared.rwlock);
    (void)unused;
    say("reads");
    if (rc == 0) rc = sleep_ms(1000);
    crib_rwlock_release(shared.rwlock);
    return rc;
}

static int writes(void *unused) {
    int rc = crib_rwlock_acquire_write(shared.rwlock);
    (void)unused;
    say("writes");
    if (rc == 0) rc = sleep_ms(1000);
    crib_rwlock_release(shared.rwlock);
    return rc;
}

static int read_write_lock(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.rwlock = crib_rwlock_new();
    start(n, "r1", reads);
    start(n, "r2", reads);
    rc = sleep_ms(100);
    start(n, "writer", writes);
    if (rc == 0) rc = sleep_ms(100);
    start(n, "r3", reads);
    return crib_nursery_close(n, rc);
}

/* ---- 620 */

static int releases_it(void *unused) {
    (void)unused;
    say("releasing: %s", outcome(release()));
    return 0;
}

static int lock_knows_its_owner(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.lock = crib_lock_new();
    say("acquiring: %s", outcome(acquire()));
    say("once more: %s", outcome(acquire()));
    start(n, "other", releases_it);
    rc = crib_nursery_wait_idle(n);
    say("releasing: %s", outcome(release()));
    say("once more: %s", outcome(release()));
    return crib_nursery_close(n, rc);
}

const struct scenario locks[] = {
    {600, lock_is_handed_over},  {601, owner_ends}, {605, one_at_a_time},
    {606, waiters_in_order},     {610, recover},    {614, read_write_lock},
    {620, lock_knows_its_owner}, {0, NULL},
};
