/* Claim: locks, read-write locks, semaphores and limiters hold when some of those who want them are cancelled at any
 * cancel point, and when any allocation fails: nobody has too much, whoever waits gets it in turn, nothing stays taken. */
#include <errno.h>

#include "support/strand.h"
#include "support/sweep.h"

#define USERS 5

/* A resource is a handle and what is done with it. */
struct resource {
    void *handle;
    void *(*make)(void);
    int (*acquire)(void *handle, int user);
    int (*begin)(crib_op *op, void *handle, int user);
    int (*release)(void *handle, int user);
    bool (*is_free)(void *handle);
    int room;
};

struct user {
    struct house *house;
    int number;
    bool is_steady; /* behind a shield */
    bool uses_slot; /* stackless, by a slot of its own */
    bool takes_not; /* leaves what the slot was given to the end of the task */
    struct strand strand;
    crib_op *slot;
};

struct house {
    struct resource resource;
    struct user users[USERS];
    int inside, tickets, last_served, served;
    bool flat; /* users are stackless */
    bool shared_by_readers;
};

/* ---- the kinds */

static void *lock_make(void) { return crib_lock_new(); }
static int lock_acquire(void *l, int user) { return (void)user, crib_lock_acquire(l); }
static int lock_begin(crib_op *op, void *l, int user) { return (void)user, crib_begin_lock_acquire(op, l); }
static int lock_release(void *l, int user) { return (void)user, crib_lock_release(l); }
static bool lock_is_free(void *l) {
    crib_lock_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_lock_statistics(l, &stats), 0);
    CHECK(stats.owner == NULL && stats.waiting == 0 && !stats.broken);
    return crib_lock_acquire_nowait(l) == 0 && crib_lock_release(l) == 0;
}

static void *one_permit(void) { return crib_semaphore_new(1, 1); }
static void *two_permits(void) { return crib_semaphore_new(2, 2); }
static int semaphore_acquire(void *s, int user) { return (void)user, crib_semaphore_acquire(s); }
static int semaphore_begin(crib_op *op, void *s, int user) { return (void)user, crib_begin_semaphore_acquire(op, s); }
static int semaphore_release(void *s, int user) { return (void)user, crib_semaphore_release(s); }
static bool semaphore_is_free(void *s) {
    crib_semaphore_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_semaphore_statistics(s, &stats), 0);
    return stats.waiting == 0 && stats.value == stats.max;
}

static void *one_token(void) { return crib_limiter_new(1); }
static void *two_tokens(void) { return crib_limiter_new(2); }
/* Two of the users have somebody else borrow. */
static const void *borrower_of(int user) {
    static const char others[USERS];
    return user >= 3 ? &others[user] : NULL;
}
static int limiter_acquire(void *l, int user) {
    const void *who = borrower_of(user);
    return who == NULL ? crib_limiter_acquire(l) : crib_limiter_acquire_on_behalf_of(l, who);
}
static int limiter_begin(crib_op *op, void *l, int user) {
    return crib_begin_limiter_acquire(op, l, borrower_of(user));
}
static int limiter_release(void *l, int user) {
    const void *who = borrower_of(user);
    return who == NULL ? crib_limiter_release(l) : crib_limiter_release_on_behalf_of(l, who);
}
static bool limiter_is_free(void *l) {
    crib_limiter_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_limiter_statistics(l, &stats), 0);
    return stats.waiting == 0 && stats.borrowed == 0 && crib_limiter_borrowers(l, NULL, 0) == 0;
}

static bool reads(int user) { return user % 3 != 0; }
static void *rwlock_make(void) { return crib_rwlock_new(); }
static int rwlock_write(void *l, int user) { return (void)user, crib_rwlock_acquire_write(l); }
static int rwlock_begin_write(crib_op *op, void *l, int user) {
    return (void)user, crib_begin_rwlock_acquire_write(op, l);
}
static int rwlock_either(void *l, int user) {
    return reads(user) ? crib_rwlock_acquire_read(l) : crib_rwlock_acquire_write(l);
}
static int rwlock_begin_either(crib_op *op, void *l, int user) {
    return reads(user) ? crib_begin_rwlock_acquire_read(op, l) : crib_begin_rwlock_acquire_write(op, l);
}
static int rwlock_release(void *l, int user) { return (void)user, crib_rwlock_release(l); }
static bool rwlock_is_free(void *l) {
    crib_rwlock_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_rwlock_statistics(l, &stats), 0);
    CHECK(stats.waiting_readers == 0 && stats.waiting_writers == 0 && !stats.broken);
    return stats.readers == 0 && stats.writer == NULL;
}

/* ---- its users */

/* `ticket` counts those who came to ask. With room for one they are served in that order. */
static void goes_in(struct house *h, const struct user *u, int ticket) {
    const bool alone = !h->shared_by_readers || !reads(u->number);
    const bool in_turn = h->resource.room == 1 && !h->shared_by_readers;
    if (in_turn) CHECK(ticket > h->last_served);
    h->last_served = ticket;
    ++h->inside;
    ++h->served;
    CHECK(h->shared_by_readers ? !alone || h->inside == 1 : h->inside <= h->resource.room);
}

static int goes_out(const struct user *u) {
    struct house *h = u->house;
    --h->inside;
    return h->resource.release(h->resource.handle, u->number);
}

/* The steady ones ask again and again, each time for a while. */
static int acquire(const struct user *u, int *ticket) {
    const struct resource *r = &u->house->resource;
    int rc = CRIB_ECANCELLED;
    if (!u->is_steady) {
        *ticket = ++u->house->tickets;
        return r->acquire(r->handle, u->number);
    }
    while (rc == CRIB_ECANCELLED) {
        crib_scope *scope = crib_move_on_after(CRIB_MS(1));
        bool caught;
        if (scope == NULL) return crib_checkpoint();
        *ticket = ++u->house->tickets;
        rc = crib_scope_close(scope, r->acquire(r->handle, u->number), &caught);
        if (caught) rc = CRIB_ECANCELLED;
    }
    return rc;
}

static int uses_it(void *arg) {
    struct user *u = arg;
    int ticket = 0;
    int rc = acquire(u, &ticket);
    if (rc < 0) return rc;
    goes_in(u->house, u, ticket);
    rc = crib_sleep(CRIB_MS(1));
    CHECK_EQ_INT(goes_out(u), 0);
    return rc;
}

static int uses_it_twice(void *arg) {
    int rc = uses_it(arg);
    return rc < 0 ? rc : uses_it(arg);
}

static int user_body(void *arg) {
    struct user *u = arg;
    return u->is_steady ? shielded(uses_it_twice, u) : uses_it_twice(u);
}

/* The same in a stackless task, by slot 0 or another one. */
static void flat_user(struct strand *s) {
    struct user *u = s->user_data;
    struct house *h = u->house;
    STRAND(s)
    AWAIT(s, h->resource.begin(s->op, h->resource.handle, u->number));
    if (s->status == 0) {
        goes_in(h, u, ++h->tickets);
        AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
        CHECK_EQ_INT(goes_out(u), 0);
    }
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void slot_user_resume(crib_task *self, uintptr_t data) {
    struct user *u = (struct user *)data;
    struct house *h = u->house;
    crib_result result = {0, 0, {NULL, NULL}};
    if (u->slot == NULL) {
        u->slot = crib_op_new(self, NULL);
        result.status = u->slot == NULL ? -ENOMEM : h->resource.begin(u->slot, h->resource.handle, u->number);
        if (result.status == CRIB_PENDING) return;
    } else if (!u->takes_not) {
        CHECK_EQ_INT(crib_op_take(u->slot, &result), 0);
    } else {
        result.status = CRIB_ECANCELLED; /* not looked at: the end of the task gives it back */
    }
    if (result.status == 0) {
        goes_in(h, u, ++h->tickets);
        CHECK_EQ_INT(goes_out(u), 0);
    }
    crib_task_exit(self, result.status == CRIB_ECANCELLED && u->takes_not ? NULL
                         : result.status == CRIB_ECANCELLED               ? crib_error_cancelled(crib_task_scope(self))
                         : result.status < 0                              ? crib_error_new(result.status, NULL)
                                                                          : NULL);
}

static int start_user(crib_nursery *n, struct user *u) {
    if (!u->house->flat) return crib_nursery_start_soon(n, "user", user_body, u, NULL);
    memset(&u->strand, 0, sizeof u->strand);
    u->strand.run = flat_user;
    u->strand.user_data = u;
    u->slot = NULL;
    if (!u->uses_slot) return strand_start(n, "user", &u->strand) != NULL ? 0 : -ENOMEM;
    return crib_nursery_start_stackless(n, "user", slot_user_resume, (uintptr_t)u, NULL) != NULL ? 0 : -ENOMEM;
}

static int start_users(crib_nursery *n, void *house) {
    struct house *h = house;
    int i, rc = 0;
    for (i = 0; i < USERS && rc == 0; i++) {
        h->users[i].house = h;
        h->users[i].number = i;
        h->users[i].is_steady = i % 2 == 1;
        h->users[i].uses_slot = i >= 2;
        h->users[i].takes_not = i == 3;
        rc = start_user(n, &h->users[i]);
    }
    return rc;
}

static int house_body(void *house) {
    struct house *h = house;
    int rc;
    h->inside = h->tickets = h->last_served = h->served = 0;
    h->resource.handle = h->resource.make();
    if (h->resource.handle == NULL) return -ENOMEM;
    rc = crib_nursery_run(NULL, start_users, h);
    CHECK_EQ_INT(h->inside, 0);
    CHECK(h->resource.is_free(h->resource.handle));
    if (rc == 0 && !h->flat) CHECK_EQ_INT(h->served, 2 * USERS);
    crib_unref(h->resource.handle);
    return rc;
}

static void resource_holds(const char *name, struct resource r, bool shared_by_readers) {
    struct house h;
    memset(&h, 0, sizeof h);
    h.resource = r;
    h.shared_by_readers = shared_by_readers;
    sweep_holds(name, sweep_of(house_body, &h));
    h.flat = true;
    sweep_holds(name, sweep_of(house_body, &h));
}

/* ---- a writer that gives up lets the readers in that waited behind it */

struct library {
    crib_rwlock *lock;
    crib_event *second_is_in;
};

static int reads_first(void *arg) {
    struct library *l = arg;
    int rc = crib_rwlock_acquire_read(l->lock);
    if (rc < 0) return rc;
    rc = crib_event_wait(l->second_is_in);
    CHECK_EQ_INT(crib_rwlock_release(l->lock), 0);
    return rc;
}

static int reads_second(void *arg) {
    struct library *l = arg;
    int rc = crib_rwlock_acquire_read(l->lock);
    crib_event_set(l->second_is_in);
    if (rc == 0) CHECK_EQ_INT(crib_rwlock_release(l->lock), 0);
    return rc;
}

static int reads_first_for_sure(void *library) { return shielded(reads_first, library); }
static int reads_second_for_sure(void *library) { return shielded(reads_second, library); }

static int writes_soon_or_never(void *arg) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(2));
    int rc;
    if (scope == NULL) return crib_checkpoint();
    rc = crib_rwlock_acquire_write(((struct library *)arg)->lock);
    if (rc == 0) CHECK_EQ_INT(crib_rwlock_release(((struct library *)arg)->lock), 0);
    return crib_scope_close(scope, rc, NULL);
}

static int start_library(crib_nursery *n, void *arg) {
    struct library *l = arg;
    int rc = crib_nursery_start_soon(n, "reads", reads_first_for_sure, arg, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "writes", writes_soon_or_never, arg, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "reads", reads_second_for_sure, arg, NULL);
    if (rc < 0) crib_event_set(l->second_is_in);
    return rc;
}

static int library(void *unused) {
    struct library l;
    int rc = -ENOMEM;
    (void)unused;
    l.lock = crib_rwlock_new();
    l.second_is_in = crib_event_new();
    if (l.lock != NULL && l.second_is_in != NULL) rc = crib_nursery_run(NULL, start_library, &l);
    if (l.lock != NULL) CHECK(rwlock_is_free(l.lock));
    crib_unref(l.lock);
    crib_unref(l.second_is_in);
    return rc;
}

static struct resource resource(void *(*make)(void), int (*acquire)(void *, int), int (*begin)(crib_op *, void *, int),
                                int (*release)(void *, int), bool (*is_free)(void *)) {
    struct resource r;
    r.handle = NULL;
    r.make = make;
    r.acquire = acquire;
    r.begin = begin;
    r.release = release;
    r.is_free = is_free;
    r.room = 1;
    return r;
}

int main(void) {
    struct resource lock = resource(lock_make, lock_acquire, lock_begin, lock_release, lock_is_free);
    struct resource semaphore =
        resource(one_permit, semaphore_acquire, semaphore_begin, semaphore_release, semaphore_is_free);
    struct resource limiter = resource(one_token, limiter_acquire, limiter_begin, limiter_release, limiter_is_free);
    struct resource rwlock = resource(rwlock_make, rwlock_write, rwlock_begin_write, rwlock_release, rwlock_is_free);
    resource_holds("a lock", lock, false);
    resource_holds("a semaphore of one", semaphore, false);
    resource_holds("a limiter of one", limiter, false);
    resource_holds("a lock to write", rwlock, false);
    semaphore.make = two_permits;
    limiter.make = two_tokens;
    semaphore.room = limiter.room = 2;
    rwlock.acquire = rwlock_either;
    rwlock.begin = rwlock_begin_either;
    resource_holds("a semaphore of two", semaphore, false);
    resource_holds("a limiter of two", limiter, false);
    resource_holds("a lock to read and write", rwlock, true);
    sweep_holds("a writer that gives up", sweep_of(library, NULL));
    return 0;
}
