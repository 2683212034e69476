/* 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers. */
#include "player.h"

/* ---- 602 */

static void stays_a_second(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_semaphore_acquire(p->op, shared.semaphore)); break;
        case 1:
            say("in");
            sleep_ms(p, 1000);
            break;
        case 2:
            say("out");
            crib_semaphore_release(shared.semaphore);
            leave(p);
            break;
    }
}

static void semaphore(player *p) {
    switch (p->step++) {
        case 0:
            shared.semaphore = crib_semaphore_new(2, 2);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", stays_a_second);
            start(p->nursery, "b", stays_a_second);
            start(p->nursery, "c", stays_a_second);
            nursery_close(p);
            break;
        case 1:
            await(p, crib_semaphore_release(shared.semaphore));
            say("one permit more: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 603 */

static void lock(player *p) { await(p, crib_begin_lock_acquire(p->op, crib_condition_lock(shared.condition))); }

/* Whether the calling task holds the lock of the condition; gives it back. */
static bool held(void) { return crib_lock_release(crib_condition_lock(shared.condition)) == 0; }

static void waits(player *p) {
    switch (p->step++) {
        case 0: lock(p); break;
        case 1: await(p, crib_begin_condition_wait(p->op, shared.condition)); break;
        case 2:
            say("goes on, with the lock: %s", yes(held()));
            leave(p);
            break;
    }
}

static void condition(player *p) {
    switch (p->step++) {
        case 0:
            shared.condition = crib_condition_new(NULL);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", waits);
            start(p->nursery, "b", waits);
            start(p->nursery, "c", waits);
            checkpoint(p);
            break;
        case 1:
            await(p, crib_condition_notify(shared.condition, 1));
            say("without the lock: %s", outcome(p));
            lock(p);
            break;
        case 2:
            say("notifies one: %d", crib_condition_notify(shared.condition, 1));
            held();
            sleep_ms(p, 1000);
            break;
        case 3: lock(p); break;
        case 4:
            say("notifies all: %d", crib_condition_notify_all(shared.condition));
            held();
            nursery_close(p);
            break;
        case 5: leave(p); break;
    }
}

/* ---- 604, 612 */

static int lent(void) {
    crib_limiter_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    crib_limiter_statistics(shared.limiter, &stats);
    return (int)stats.borrowed;
}

static void borrow(player *p, const void *borrower) {
    await(p, crib_begin_limiter_acquire(p->op, shared.limiter, borrower));
}

static void stays(player *p) {
    switch (p->step++) {
        case 0: borrow(p, NULL); break;
        case 1:
            say("in");
            sleep_ms(p, 1000);
            break;
        case 2:
            say("out");
            crib_limiter_release(shared.limiter);
            leave(p);
            break;
    }
}

static void tries_twice(player *p) {
    switch (p->step++) {
        case 0: borrow(p, NULL); break;
        case 1:
            say("in");
            borrow(p, NULL);
            break;
        case 2:
            say("once more: %s", outcome(p));
            sleep_ms(p, 1000);
            break;
        case 3:
            say("out");
            crib_limiter_release(shared.limiter);
            leave(p);
            break;
    }
}

static void limiter(player *p) {
    switch (p->step++) {
        case 0:
            shared.limiter = crib_limiter_new(1);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", tries_twice);
            start(p->nursery, "b", stays);
            sleep_ms(p, 500);
            break;
        case 1:
            say("total 2");
            crib_limiter_set_total(shared.limiter, 2);
            crib_limiter_set_total(shared.limiter, 0);
            say("total 0, lent %d", lent());
            await(p, crib_limiter_release(shared.limiter));
            say("giving back what it has not: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 2:
            say("lent %d", lent());
            leave(p);
            break;
    }
}

static int guest;

static void waits_for_the_guest(player *p) {
    switch (p->step++) {
        case 0: borrow(p, &guest); break;
        case 1:
            say("%s", outcome(p));
            if (p->status == 0) crib_limiter_release_on_behalf_of(shared.limiter, &guest);
            well(p);
            leave(p);
            break;
    }
}

static void one_token_each(player *p) {
    switch (p->step++) {
        case 0:
            shared.limiter = crib_limiter_new(0);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", waits_for_the_guest);
            start(p->nursery, "b", waits_for_the_guest);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("total 2");
            crib_limiter_set_total(shared.limiter, 2);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 611 */

static void waits_and_tells(player *p) {
    switch (p->step++) {
        case 0: lock(p); break;
        case 1: await(p, crib_begin_condition_wait(p->op, shared.condition)); break;
        case 2:
            say("%s, with the lock: %s", outcome(p), yes(held()));
            leave(p);
            break;
    }
}

static void notification_goes_on(player *p) {
    switch (p->step++) {
        case 0:
            shared.condition = crib_condition_new(NULL);
            p->nursery = nursery_open(p);
            shared.task = crib_task_ref(start(p->nursery, "a", waits_and_tells));
            start(p->nursery, "b", waits_and_tells);
            sleep_ms(p, 1000);
            break;
        case 1: lock(p); break;
        case 2:
            say("notifies one: %d, cancels a", crib_condition_notify(shared.condition, 1));
            crib_task_cancel(shared.task, NULL);
            held();
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 613 */

static void comes_twice(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, (intptr_t)p->data); break;
        case 1: await(p, crib_begin_barrier_wait(p->op, shared.barrier)); break;
        case 2:
            say("goes on, was last: %s", yes(p->status == 1));
            if (++p->i < 2)
                p->step = 0;
            else
                leave(p);
            break;
    }
}

static void barrier(player *p) {
    switch (p->step++) {
        case 0:
            shared.barrier = crib_barrier_new(3);
            p->nursery = nursery_open(p);
            start_with(p->nursery, "a", comes_twice, (void *)(intptr_t)100);
            start_with(p->nursery, "b", comes_twice, (void *)(intptr_t)200);
            start_with(p->nursery, "c", comes_twice, (void *)(intptr_t)300);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

/* ---- 699 */

static void wait_for_the_event(player *p) { await(p, crib_begin_event_wait(p->op, shared.event)); }

static void waits_for_the_event(player *p) {
    switch (p->step++) {
        case 0:
            say("waits");
            wait_for_the_event(p);
            break;
        case 1:
            say("goes on");
            leave(p);
            break;
    }
}

static void event(player *p) {
    switch (p->step++) {
        case 0:
            shared.event = crib_event_new();
            p->nursery = nursery_open(p);
            start(p->nursery, "a", waits_for_the_event);
            start(p->nursery, "b", waits_for_the_event);
            sleep_ms(p, 1000);
            break;
        case 1:
            say("is it set: %s", yes(crib_event_is_set(shared.event)));
            crib_event_set(shared.event);
            crib_event_set(shared.event);
            say("is it set: %s", yes(crib_event_is_set(shared.event)));
            wait_for_the_event(p);
            break;
        case 2:
            say("waiting: %s", outcome(p));
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

const struct scenario kin[] = {
    {602, semaphore},      {603, condition}, {604, limiter}, {611, notification_goes_on},
    {612, one_token_each}, {613, barrier},   {699, event},   {0, NULL},
};
