/* Random calls on events, locks and their kin, from whatever task and callback, also on what others wait for. */
#ifndef TESTS_FUZZ_SYNC_H
#define TESTS_FUZZ_SYNC_H

#include "calls.h"

/* Owned, like the counted handles of the world. */
static struct { struct pool events, locks, semaphores, conditions, limiters, barriers, rwlocks; } sync_world;

static struct pool *any_sync_pool(void) {
    struct pool *const pools[] = {&sync_world.events,     &sync_world.locks,    &sync_world.semaphores,
                                  &sync_world.conditions, &sync_world.limiters, &sync_world.barriers,
                                  &sync_world.rwlocks};
    return pools[rnd(7)];
}

static void sync_release(void) {
    pool_release(&sync_world.events);
    pool_release(&sync_world.locks);
    pool_release(&sync_world.semaphores);
    pool_release(&sync_world.conditions);
    pool_release(&sync_world.limiters);
    pool_release(&sync_world.barriers);
    pool_release(&sync_world.rwlocks);
}

static crib_event *any_event(void) { return any_owned(&sync_world.events); }
static crib_semaphore *any_semaphore(void) { return any_owned(&sync_world.semaphores); }
static crib_condition *any_condition(void) { return any_owned(&sync_world.conditions); }
static crib_limiter *any_limiter(void) { return any_owned(&sync_world.limiters); }
static crib_barrier *any_barrier(void) { return any_owned(&sync_world.barriers); }
static crib_rwlock *any_rwlock(void) { return any_owned(&sync_world.rwlocks); }
static crib_lock *any_lock(void) {
    return one_in(2) ? crib_condition_lock(any_condition()) : any_owned(&sync_world.locks);
}

static const void *any_borrower(void) {
    static char somebody[3];
    return one_in(3) ? any_owned(&world.tasks) : one_in(16) ? NULL : (void *)&somebody[rnd(3)];
}

static void make_call(void) {
    static const double totals[] = {0, 1, 2, 1000, 0.5, -1};
    switch (rnd(7)) {
        case 0: pool_put_owned(&sync_world.events, crib_event_new()); break;
        case 1: pool_put_owned(&sync_world.locks, crib_lock_new()); break;
        case 2: pool_put_owned(&sync_world.semaphores, crib_semaphore_new((uint32_t)rnd(3), (uint32_t)rnd(3))); break;
        case 3: pool_put_owned(&sync_world.conditions, crib_condition_new(one_in(2) ? NULL : any_lock())); break;
        case 4: pool_put_owned(&sync_world.limiters, crib_limiter_new(totals[rnd(6)])); break;
        case 5: pool_put_owned(&sync_world.barriers, crib_barrier_new((uint32_t)rnd(4))); break;
        default: pool_put_owned(&sync_world.rwlocks, crib_rwlock_new()); break;
    }
}

/* A wait for a condition's lock ends with the lock or by the end of a deadlock: in runs that cannot have one nobody
 * depends on it. */
static int locked_condition_wait(void) {
    crib_condition *c = any_condition();
    if (!world.may_deadlock) return -1;
    if (one_in(2)) crib_lock_acquire_nowait(crib_condition_lock(c));
    return crib_condition_wait(c);
}

static void sync_wait_call(struct actor *a) {
    int rc;
    switch (rnd(9)) {
        case 0: rc = crib_event_wait(any_event()); break;
        case 1:
        case 2: rc = crib_lock_acquire(any_lock()); break;
        case 3: rc = crib_semaphore_acquire(any_semaphore()); break;
        case 4: rc = locked_condition_wait(); break;
        case 5: rc = crib_limiter_acquire(any_limiter()); break;
        case 6: rc = crib_limiter_acquire_on_behalf_of(any_limiter(), any_borrower()); break;
        case 7: rc = crib_barrier_wait(any_barrier()); break;
        default:
            rc = one_in(2) ? crib_rwlock_acquire_read(any_rwlock()) : crib_rwlock_acquire_write(any_rwlock());
            break;
    }
    if (a->stackless) require(rc < 0, "a stackless task waited");
}

static void sync_begin_call(struct actor *a) {
    crib_op *op = own_op(a);
    crib_condition *c = any_condition();
    switch (rnd(9)) {
        case 0: crib_begin_event_wait(op, any_event()); break;
        case 1:
        case 2: crib_begin_lock_acquire(op, any_lock()); break;
        case 3: crib_begin_semaphore_acquire(op, any_semaphore()); break;
        case 4:
            if (!world.may_deadlock && op == crib_task_op(a->task)) break;
            if (one_in(2)) crib_lock_acquire_nowait_by(crib_condition_lock(c), a->task);
            crib_begin_condition_wait(op, c);
            break;
        case 5: crib_begin_limiter_acquire(op, any_limiter(), one_in(2) ? NULL : any_borrower()); break;
        case 6: crib_begin_barrier_wait(op, any_barrier()); break;
        case 7: crib_begin_rwlock_acquire_read(op, any_rwlock()); break;
        default: crib_begin_rwlock_acquire_write(op, any_rwlock()); break;
    }
}

/* What the running task does at once. */
static void sync_task_call(void) {
    switch (rnd(10)) {
        case 0: crib_lock_acquire_nowait(any_lock()); break;
        case 1:
        case 2: crib_lock_release(any_lock()); break;
        case 3: crib_lock_recover(any_lock()); break;
        case 4: crib_condition_notify(any_condition(), (size_t)rnd(3)); break;
        case 5: crib_condition_notify_all(any_condition()); break;
        case 6:
            if (one_in(2))
                crib_limiter_acquire_nowait(any_limiter());
            else
                crib_limiter_release(any_limiter());
            break;
        case 7:
            if (one_in(2))
                crib_rwlock_acquire_read_nowait(any_rwlock());
            else
                crib_rwlock_acquire_write_nowait(any_rwlock());
            break;
        case 8: crib_rwlock_release(any_rwlock()); break;
        default: crib_rwlock_recover(any_rwlock()); break;
    }
}

/* What anybody does, for whatever task, also in callbacks and outside of runs. */
static void sync_anywhere_call(void) {
    static const double totals[] = {0, 1, 2, 1000, 0.5, -1};
    crib_task *task = any_owned(&world.tasks);
    switch (rnd(18)) {
        case 0: crib_event_set(any_event()); break;
        case 1: crib_lock_acquire_nowait_by(any_lock(), task); break;
        case 2:
        case 3: crib_lock_release_by(any_lock(), task); break;
        case 4: crib_lock_recover_by(any_lock(), task); break;
        case 5: crib_semaphore_acquire_nowait(any_semaphore()); break;
        case 6: crib_semaphore_release(any_semaphore()); break;
        case 7: crib_condition_notify_by(any_condition(), task, (size_t)rnd(3)); break;
        case 8: crib_limiter_acquire_nowait_on_behalf_of(any_limiter(), any_borrower()); break;
        case 9: crib_limiter_release_on_behalf_of(any_limiter(), any_borrower()); break;
        case 10: crib_limiter_set_total(any_limiter(), totals[rnd(6)]); break;
        case 11: crib_rwlock_release_by(any_rwlock(), task); break;
        case 12: crib_rwlock_recover_by(any_rwlock(), task); break;
        case 13: crib_rwlock_acquire_read_nowait_by(any_rwlock(), task); break;
        case 14: crib_rwlock_acquire_write_nowait_by(any_rwlock(), task); break;
        case 15: make_call(); break;
        default: pool_drop_one(any_sync_pool()); break;
    }
}

/* The numbers add up. */
static void sync_look_call(void) {
    crib_rwlock_stats rw = {.size = sizeof rw};
    crib_limiter_stats lim = {.size = sizeof lim};
    crib_lock_stats lock = {.size = sizeof lock};
    crib_limiter *l = any_limiter();
    if (crib_rwlock_statistics(any_rwlock(), &rw) == 0) {
        require(rw.writer == NULL || rw.readers == 0, "a read-write lock is read and written");
        require(!rw.broken || (rw.writer == NULL && rw.readers == 0), "a broken read-write lock is held");
        require(rw.writer != NULL || rw.readers > 0 || rw.waiting_readers + rw.waiting_writers == 0,
                "tasks wait for a read-write lock nobody holds");
    }
    if (crib_limiter_statistics(l, &lim) == 0) {
        require(crib_limiter_borrowers(l, NULL, 0) == lim.borrowed, "tokens without borrowers, or the reverse");
        require((double)lim.borrowed >= lim.total || lim.waiting == 0, "ops wait for a token that nobody has");
    }
    if (crib_lock_statistics(any_lock(), &lock) == 0) {
        require(lock.owner != NULL || lock.waiting == 0, "ops wait for a lock nobody has");
        require(!lock.broken || lock.owner == NULL, "a broken lock has an owner");
    }
}

static void sync_call(struct actor *a) {
    switch (rnd(8)) {
        case 0: make_call(); break;
        case 1:
        case 2: sync_wait_call(a); break;
        case 3:
        case 4: sync_begin_call(a); break;
        case 5: sync_task_call(); break;
        case 6: sync_anywhere_call(); break;
        default: sync_look_call(); break;
    }
}

#endif
