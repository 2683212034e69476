/* Everything that can serve as a lock, for claims that hold for all of them (statement 105). */
#ifndef TESTS_SUPPORT_LOCKS_H
#define TESTS_SUPPORT_LOCKS_H

#include <stdlib.h>

#include "support/expect.h"

struct lock_kind {
    const char *name;
    void *(*make)(void);
    void (*release_handle)(void *l);
    int (*acquire)(void *l);
    int (*acquire_nowait)(void *l);
    int (*release)(void *l);
    int (*begin)(crib_op *op, void *l);
    int (*release_by)(void *l, crib_task *task);
    size_t (*waiting)(void *l);
    bool has_owner; /* who alone may release it */
    bool breaks;    /* when the owner ends */
};

/* A lock. */
static inline void *lk_make(void) { return crib_lock_new(); }
static inline int lk_acquire(void *l) { return crib_lock_acquire(l); }
static inline int lk_nowait(void *l) { return crib_lock_acquire_nowait(l); }
static inline int lk_release(void *l) { return crib_lock_release(l); }
static inline int lk_begin(crib_op *op, void *l) { return crib_begin_lock_acquire(op, l); }
static inline int lk_release_by(void *l, crib_task *task) { return crib_lock_release_by(l, task); }
static inline size_t lk_waiting(void *l) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(l, &s), 0);
    return s.waiting;
}

/* A semaphore of one permit. */
static inline void *sem_make(void) { return crib_semaphore_new(1, 1); }
static inline int sem_acquire(void *l) { return crib_semaphore_acquire(l); }
static inline int sem_nowait(void *l) { return crib_semaphore_acquire_nowait(l); }
static inline int sem_release(void *l) { return crib_semaphore_release(l); }
static inline int sem_begin(crib_op *op, void *l) { return crib_begin_semaphore_acquire(op, l); }
static inline int sem_release_by(void *l, crib_task *task) {
    (void)task;
    return crib_semaphore_release(l);
}
static inline size_t sem_waiting(void *l) {
    crib_semaphore_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_semaphore_statistics(l, &s), 0);
    return s.waiting;
}

/* A limiter of one token. */
static inline void *lim_make(void) { return crib_limiter_new(1); }
static inline int lim_acquire(void *l) { return crib_limiter_acquire(l); }
static inline int lim_nowait(void *l) { return crib_limiter_acquire_nowait(l); }
static inline int lim_release(void *l) { return crib_limiter_release(l); }
static inline int lim_begin(crib_op *op, void *l) { return crib_begin_limiter_acquire(op, l, NULL); }
static inline int lim_release_by(void *l, crib_task *task) { return crib_limiter_release_on_behalf_of(l, task); }
static inline size_t lim_waiting(void *l) {
    crib_limiter_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_limiter_statistics(l, &s), 0);
    return s.waiting;
}

/* A read-write lock, to write. */
static inline void *rw_make(void) { return crib_rwlock_new(); }
static inline int rw_acquire(void *l) { return crib_rwlock_acquire_write(l); }
static inline int rw_nowait(void *l) { return crib_rwlock_acquire_write_nowait(l); }
static inline int rw_release(void *l) { return crib_rwlock_release(l); }
static inline int rw_begin(crib_op *op, void *l) { return crib_begin_rwlock_acquire_write(op, l); }
static inline int rw_release_by(void *l, crib_task *task) { return crib_rwlock_release_by(l, task); }
static inline size_t rw_waiting(void *l) {
    crib_rwlock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_rwlock_statistics(l, &s), 0);
    return s.waiting_readers + s.waiting_writers;
}

/* A channel with room for one value: whoever has put it there holds the lock. */
struct channel_lock {
    crib_sender *tx;
    crib_receiver *rx;
};
static inline void *ch_make(void) {
    struct channel_lock *c = malloc(sizeof *c);
    EXPECT_EQ(crib_channel_open(1, &c->tx, &c->rx), 0);
    return c;
}
static inline void ch_release_handle(void *l) {
    struct channel_lock *c = l;
    crib_unref(c->tx);
    crib_unref(c->rx);
    free(c);
}
static inline int ch_acquire(void *l) { return crib_sender_send(((struct channel_lock *)l)->tx, crib_value_int(1)); }
static inline int ch_nowait(void *l) {
    crib_value v = crib_value_int(1);
    return crib_sender_send_nowait(((struct channel_lock *)l)->tx, &v);
}
static inline int ch_release(void *l) {
    crib_value v;
    return crib_receiver_receive_nowait(((struct channel_lock *)l)->rx, &v);
}
static inline int ch_begin(crib_op *op, void *l) {
    return crib_begin_send(op, ((struct channel_lock *)l)->tx, crib_value_int(1));
}
static inline int ch_release_by(void *l, crib_task *task) {
    (void)task;
    return ch_release(l);
}
static inline size_t ch_waiting(void *l) {
    crib_channel_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_receiver_statistics(((struct channel_lock *)l)->rx, &s), 0);
    return s.waiting_senders;
}

static const struct lock_kind lock_kinds[] = {
    {"a lock", lk_make, crib_unref, lk_acquire, lk_nowait, lk_release, lk_begin, lk_release_by, lk_waiting, true, true},
    {"a semaphore", sem_make, crib_unref, sem_acquire, sem_nowait, sem_release, sem_begin, sem_release_by, sem_waiting,
     false, false},
    {"a limiter", lim_make, crib_unref, lim_acquire, lim_nowait, lim_release, lim_begin, lim_release_by, lim_waiting,
     true, false},
    {"a read-write lock", rw_make, crib_unref, rw_acquire, rw_nowait, rw_release, rw_begin, rw_release_by, rw_waiting,
     true, true},
    {"a channel", ch_make, ch_release_handle, ch_acquire, ch_nowait, ch_release, ch_begin, ch_release_by, ch_waiting,
     false, false},
};
#define LOCK_KINDS (sizeof lock_kinds / sizeof lock_kinds[0])
/* Those whose finished, untaken acquire can be undone: all but the channel, where a send is done once it is done. */
#define UNDONE_KINDS (LOCK_KINDS - 1)

/* Runs `body` with a kind, in a run of its own. */
static inline void for_locks_at(size_t i, crib_body_fn body) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = 2};
    crib_runtime *rt = crib_runtime_new(&options);
    int failures = expect_failures;
    int rc = crib_runtime_run(rt, body, (void *)(uintptr_t)&lock_kinds[i], NULL);
    if (rc != RAN || expect_failures > failures)
        expect_note(__LINE__, "all of this", lock_kinds[i].name, "as it should");
    cr_expect(rc == RAN && expect_failures == 0, "%s", expect_report);
    expect_failures = 0;
    crib_unref(rt);
}

/* The same for each of the first `n` kinds. */
static inline void for_locks(size_t n, crib_body_fn body) {
    size_t i;
    for (i = 0; i < n; i++) for_locks_at(i, body);
}

#endif
