/* Claim: whichever allocation fails in a run that uses locks of all kinds, it says so where it is asked for, nothing is
 * held by half, nobody waits for ever, and nothing is left behind. */
#include <errno.h>

#include "support/sweep.h"

#define NO_MEMORY (-ENOMEM) /* UV_ENOMEM */

/* Each part makes one thing, has three children use it, and gives it up. */
static void *thing;
static int (*use)(void *unused);

static int three_children(void) {
    crib_nursery *n = crib_nursery_open();
    int i, rc = 0;
    for (i = 0; i < 3 && rc == 0; i++) rc = crib_nursery_start_soon(n, "child", use, NULL, NULL);
    rc = crib_nursery_close(n, rc);
    crib_unref(thing);
    return rc;
}

static int use_event(void *unused) {
    (void)unused;
    if (crib_event_is_set(thing)) return crib_event_wait(thing);
    crib_event_set(thing);
    return 0;
}

static int event_part(void) {
    thing = crib_event_new();
    use = use_event;
    return thing == NULL ? NO_MEMORY : three_children();
}

static int use_lock(void *unused) {
    int rc = crib_lock_acquire(thing);
    (void)unused;
    if (rc == 0) rc = crib_checkpoint();
    return rc == 0 ? crib_lock_release(thing) : rc;
}

static int lock_part(void) {
    thing = crib_lock_new();
    use = use_lock;
    return thing == NULL ? NO_MEMORY : three_children();
}

static int use_semaphore(void *unused) {
    int rc = crib_semaphore_acquire(thing);
    (void)unused;
    if (rc == 0) rc = crib_checkpoint();
    return rc == 0 ? crib_semaphore_release(thing) : rc;
}

static int semaphore_part(void) {
    thing = crib_semaphore_new(1, 1);
    use = use_semaphore;
    return thing == NULL ? NO_MEMORY : three_children();
}

static int came;

static int use_condition(void *unused) {
    crib_lock *lock = crib_condition_lock(thing);
    int rc = crib_lock_acquire(lock);
    (void)unused;
    if (rc < 0) return rc;
    if (++came == 3) {
        CHECK_EQ_INT(crib_condition_notify_all(thing), 2);
    } else {
        rc = crib_condition_wait(thing);
    }
    CHECK_EQ_INT(crib_lock_release(lock), 0);
    return rc;
}

static int condition_part(void) {
    came = 0;
    thing = crib_condition_new(NULL);
    use = use_condition;
    return thing == NULL ? NO_MEMORY : three_children();
}

static int use_limiter(void *unused) {
    int rc = crib_limiter_acquire(thing);
    (void)unused;
    if (rc == 0) rc = crib_checkpoint();
    return rc == 0 ? crib_limiter_release(thing) : rc;
}

static int limiter_part(void) {
    thing = crib_limiter_new(1);
    use = use_limiter;
    return thing == NULL ? NO_MEMORY : three_children();
}

/* So many borrowers that the table grows, twice. */
static int crowd_part(void) {
    static char who[70];
    crib_limiter *l = crib_limiter_new(70);
    size_t i;
    int rc = l == NULL ? NO_MEMORY : 0;
    for (i = 0; i < 70 && rc == 0; i++) rc = crib_limiter_acquire_on_behalf_of(l, &who[i]);
    if (l != NULL) CHECK_EQ_INT(crib_limiter_borrowers(l, NULL, 0), rc == 0 ? i : i - 1);
    crib_unref(l);
    return rc;
}

static int use_barrier(void *unused) {
    int rc = crib_barrier_wait(thing);
    (void)unused;
    return rc == 1 ? 0 : rc;
}

static int barrier_part(void) {
    thing = crib_barrier_new(3);
    use = use_barrier;
    return thing == NULL ? NO_MEMORY : three_children();
}

static int use_rwlock(void *unused) {
    int rc = came++ % 2 ? crib_rwlock_acquire_read(thing) : crib_rwlock_acquire_write(thing);
    (void)unused;
    if (rc == 0) rc = crib_checkpoint();
    return rc == 0 ? crib_rwlock_release(thing) : rc;
}

static int rwlock_part(void) {
    thing = crib_rwlock_new();
    use = use_rwlock;
    return thing == NULL ? NO_MEMORY : three_children();
}

/* Left by a writer that ended, and recovered. */
static int breaks_rwlock(void *unused) {
    (void)unused;
    return crib_rwlock_acquire_write(thing);
}

static int recovery_part(void) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    thing = crib_rwlock_new();
    rc = thing == NULL ? NO_MEMORY : crib_nursery_start_soon(n, "child", breaks_rwlock, NULL, NULL);
    rc = crib_nursery_close(n, rc);
    if (rc == 0) rc = crib_rwlock_recover(thing);
    if (rc == 0) CHECK_EQ_INT(crib_rwlock_release(thing), 0);
    crib_unref(thing);
    return rc;
}

static int (*const parts[])(void) = {event_part,   lock_part,  semaphore_part, condition_part, limiter_part,
                                     barrier_part, crowd_part, rwlock_part,    recovery_part};

static int all(void *unused) {
    size_t i;
    int rc = 0;
    (void)unused;
    for (i = 0; i < sizeof parts / sizeof parts[0] && rc == 0; i++) rc = parts[i]();
    return rc;
}

int main(void) {
    sweep_allocations_hold("locks of all kinds", sweep_of(all, NULL));
    return 0;
}
