/* 6xx: locks. */
#include "player.h"

static void acquire(player *p) { await(p, crib_begin_lock_acquire(p->op, shared.lock)); }
static void acquire_now(player *p) { await(p, crib_lock_acquire_nowait(shared.lock)); }
static void release(player *p) { await(p, crib_lock_release(shared.lock)); }

/* ---- 600 */

static void holds_it_a_little(player *p) {
    switch (p->step++) {
        case 0: acquire(p); break;
        case 1:
            say("has it");
            sleep_ms(p, 100);
            break;
        case 2:
            release(p);
            leave(p);
            break;
    }
}

static void lock_is_handed_over(player *p) {
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            acquire(p);
            break;
        case 1:
            p->nursery = nursery_open(p);
            start(p->nursery, "a", holds_it_a_little);
            start(p->nursery, "b", holds_it_a_little);
            checkpoint(p);
            break;
        case 2:
            say("releases it");
            release(p);
            acquire_now(p);
            say("acquiring without waiting: %s", outcome(p));
            acquire(p);
            break;
        case 3:
            say("acquiring: %s", outcome(p));
            release(p);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 601, 610 */

static void ends_with_the_lock(player *p) {
    switch (p->step++) {
        case 0: acquire(p); break;
        case 1: sleep_ms(p, (intptr_t)p->data); break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void waits_for_it(player *p) {
    switch (p->step++) {
        case 0: acquire(p); break;
        case 1:
            say("%s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void owner_ends(player *p) {
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            p->nursery = nursery_open(p);
            start_with(p->nursery, "owner", ends_with_the_lock, (void *)(intptr_t)1000);
            start(p->nursery, "waiter", waits_for_it);
            await(p, crib_begin_nursery_wait_idle(p->op, p->nursery));
            break;
        case 1: acquire(p); break;
        case 2:
            say("acquiring: %s", outcome(p));
            acquire_now(p);
            say("acquiring without waiting: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

static void acquires_it(player *p) {
    switch (p->step++) {
        case 0: acquire(p); break;
        case 1:
            say("acquiring: %s", outcome(p));
            release(p);
            leave(p);
            break;
    }
}

static void recover(player *p) {
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            await(p, crib_lock_recover(shared.lock));
            say("taking over what is not broken: %s", outcome(p));
            p->nursery = nursery_open(p);
            start_with(p->nursery, "owner", ends_with_the_lock, NULL);
            await(p, crib_begin_nursery_wait_idle(p->op, p->nursery));
            break;
        case 1:
            await(p, crib_lock_recover(shared.lock));
            say("taking over: %s", outcome(p));
            release(p);
            start(p->nursery, "other", acquires_it);
            nursery_close(p);
            break;
        case 2: leave(p); break;
    }
}

/* ---- 605 */

struct one_at_a_time {
    const char *what;
    int (*enter)(crib_op *op);
    int (*leave)(void);
    char order[8];
    int came, inside, most;
};

static int lock(crib_op *op) { return crib_begin_lock_acquire(op, shared.lock); }
static int unlock(void) { return crib_lock_release(shared.lock); }
static int permit(crib_op *op) { return crib_begin_semaphore_acquire(op, shared.semaphore); }
static int no_permit(void) { return crib_semaphore_release(shared.semaphore); }
static int token(crib_op *op) { return crib_begin_limiter_acquire(op, shared.limiter, NULL); }
static int no_token(void) { return crib_limiter_release(shared.limiter); }

static struct one_at_a_time three_kinds[] = {{"lock", lock, unlock, "", 0, 0, 0},
                                             {"semaphore", permit, no_permit, "", 0, 0, 0},
                                             {"limiter", token, no_token, "", 0, 0, 0}};

static void stays_a_little(player *p) {
    struct one_at_a_time *one = p->data;
    switch (p->step++) {
        case 0: await(p, one->enter(p->op)); break;
        case 1:
            one->order[one->came++] = crib_task_name(p->task)[0];
            if (++one->inside > one->most) one->most = one->inside;
            sleep_ms(p, 100);
            break;
        case 2:
            one->inside--;
            one->leave();
            leave(p);
            break;
    }
}

static void one_at_a_time(player *p) {
    struct one_at_a_time *one = &three_kinds[p->i];
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            shared.semaphore = crib_semaphore_new(1, 0);
            shared.limiter = crib_limiter_new(1);
            break;
        case 1:
            p->nursery = nursery_open(p);
            start_with(p->nursery, "a", stays_a_little, one);
            start_with(p->nursery, "b", stays_a_little, one);
            start_with(p->nursery, "c", stays_a_little, one);
            nursery_close(p);
            break;
        case 2:
            say("%s: %s, at most %d inside", one->what, one->order, one->most);
            if (++p->i < 3)
                p->step = 1;
            else
                leave(p);
            break;
    }
}

/* ---- 606 */

static void takes_its_turn(player *p) {
    switch (p->step++) {
        case 0: acquire(p); break;
        case 1:
            say("%s", p->status == 0 ? "has it" : outcome(p));
            if (p->status == 0) release(p);
            leave(p);
            break;
    }
}

static void waiters_in_order(player *p) {
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            acquire(p);
            break;
        case 1:
            p->nursery = nursery_open(p);
            start(p->nursery, "a", takes_its_turn);
            shared.task = crib_task_ref(start(p->nursery, "b", takes_its_turn));
            start(p->nursery, "c", takes_its_turn);
            sleep_ms(p, 500);
            break;
        case 2:
            crib_task_cancel(shared.task, NULL);
            sleep_ms(p, 500);
            break;
        case 3:
            say("releases it");
            release(p);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 614 */

static void reads(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_rwlock_acquire_read(p->op, shared.rwlock)); break;
        case 1:
            say("reads");
            sleep_ms(p, 1000);
            break;
        case 2:
            crib_rwlock_release(shared.rwlock);
            leave(p);
            break;
    }
}

static void writes(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_rwlock_acquire_write(p->op, shared.rwlock)); break;
        case 1:
            say("writes");
            sleep_ms(p, 1000);
            break;
        case 2:
            crib_rwlock_release(shared.rwlock);
            leave(p);
            break;
    }
}

static void read_write_lock(player *p) {
    switch (p->step++) {
        case 0:
            shared.rwlock = crib_rwlock_new();
            p->nursery = nursery_open(p);
            start(p->nursery, "r1", reads);
            start(p->nursery, "r2", reads);
            sleep_ms(p, 100);
            break;
        case 1:
            start(p->nursery, "writer", writes);
            sleep_ms(p, 100);
            break;
        case 2:
            start(p->nursery, "r3", reads);
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 620 */

static void releases_it(player *p) {
    release(p);
    say("releasing: %s", outcome(p));
    well(p);
    leave(p);
}

static void lock_knows_its_owner(player *p) {
    switch (p->step++) {
        case 0:
            shared.lock = crib_lock_new();
            acquire(p);
            break;
        case 1:
            say("acquiring: %s", outcome(p));
            acquire(p);
            break;
        case 2:
            say("once more: %s", outcome(p));
            p->nursery = nursery_open(p);
            start(p->nursery, "other", releases_it);
            await(p, crib_begin_nursery_wait_idle(p->op, p->nursery));
            break;
        case 3:
            release(p);
            say("releasing: %s", outcome(p));
            release(p);
            say("once more: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

const struct scenario locks[] = {
    {600, lock_is_handed_over},  {601, owner_ends}, {605, one_at_a_time},
    {606, waiters_in_order},     {610, recover},    {614, read_write_lock},
    {620, lock_knows_its_owner}, {0, NULL},
};
