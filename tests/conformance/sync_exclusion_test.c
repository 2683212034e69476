/* One suite for everything that serves as a lock (statement 105), with fibers and with stackless tasks. */
#include "support/locks.h"
#include "support/log.h"
#include "support/slots.h"
#include "support/strand.h"

static const struct lock_kind *k;
static void *lock;

#define MEMBERS 5
struct member {
    struct strand strand;
    const char *name;
    int rounds;
};
static struct member members[MEMBERS];

typedef int (*member_body)(void *member);
typedef void (*member_run)(struct strand *s);

/* A nursery with `count` members, of either kind. */
static crib_nursery *start(int count, int rounds, member_body body, member_run run) {
    static const char *const names[MEMBERS] = {"a", "b", "c", "d", "e"};
    crib_nursery *n = crib_nursery_open();
    int i;
    for (i = 0; i < count; i++) {
        struct member *m = &members[i];
        memset(m, 0, sizeof *m);
        m->strand.run = run;
        m->strand.user_data = m;
        m->name = names[i];
        m->rounds = rounds;
        if (body != NULL) {
            EXPECT_EQ(crib_nursery_start_soon(n, m->name, body, m, NULL), 0);
        } else {
            EXPECT(strand_start(n, m->name, &m->strand) != NULL);
        }
    }
    return n;
}

static void make(void *kind) {
    k = kind;
    lock = k->make();
    log_clear();
}

static int done(crib_nursery *n) {
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(k->waiting(lock), 0);
    EXPECT_EQ(k->acquire_nowait(lock), 0);
    EXPECT_EQ(k->release(lock), 0);
    k->release_handle(lock);
    return RAN;
}

/* --- exclusion: a task yields inside, and nobody else is there --- */

static int inside, visits;

static void enters(void) {
    EXPECT_EQ(inside++, 0);
    ++visits;
}

static void leaves(void) {
    EXPECT_EQ(--inside, 0);
    EXPECT_EQ(k->release(lock), 0);
}

static int loops(void *member) {
    struct member *m = member;
    for (; m->rounds > 0; m->rounds--) {
        EXPECT_EQ(k->acquire(lock), 0);
        enters();
        EXPECT_EQ(crib_checkpoint(), 0);
        EXPECT_EQ(crib_checkpoint(), 0);
        leaves();
        if (m->rounds % 3 == 0) EXPECT_EQ(crib_checkpoint(), 0);
    }
    return 0;
}

static void loops_as_strand(struct strand *s) {
    struct member *m = s->user_data;
    STRAND(s)
    for (; m->rounds > 0; m->rounds--) {
        AWAIT(s, k->begin(s->op, lock));
        EXPECT_EQ(s->status, 0);
        enters();
        AWAIT(s, crib_begin_checkpoint(s->op));
        AWAIT(s, crib_begin_checkpoint(s->op));
        leaves();
        if (m->rounds % 3 == 0) AWAIT(s, crib_begin_checkpoint(s->op));
    }
    strand_exit(s, NULL);
    STRAND_END
}

static int exclusion(void *kind) {
    make(kind);
    visits = 0;
    return done(start(MEMBERS, 50, loops, NULL));
}

static int exclusion_of_strands(void *kind) {
    make(kind);
    visits = 0;
    return done(start(MEMBERS, 50, NULL, loops_as_strand));
}

Test(sync_exclusion, s105_only_one_is_inside) {
    for_locks(LOCK_KINDS, exclusion);
    cr_assert_eq(visits, MEMBERS * 50);
}

Test(sync_exclusion, s105_only_one_is_inside_stackless) {
    for_locks(LOCK_KINDS, exclusion_of_strands);
    cr_assert_eq(visits, MEMBERS * 50);
}

/* --- fairness: whoever comes back is last in line --- */

static int takes_turns(void *member) {
    struct member *m = member;
    for (; m->rounds > 0; m->rounds--) {
        EXPECT_EQ(k->acquire(lock), 0);
        log_add(m->name);
        EXPECT_EQ(k->release(lock), 0);
    }
    return 0;
}

static void takes_turns_as_strand(struct strand *s) {
    struct member *m = s->user_data;
    STRAND(s)
    for (; m->rounds > 0; m->rounds--) {
        AWAIT(s, k->begin(s->op, lock));
        log_add(m->name);
        EXPECT_EQ(k->release(lock), 0);
    }
    strand_exit(s, NULL);
    STRAND_END
}

static int in_turns(void *kind, member_body body, member_run run) {
    crib_nursery *n;
    make(kind);
    EXPECT_EQ(k->acquire(lock), 0);
    n = start(3, 4, body, run);
    settle();
    EXPECT_EQ(k->waiting(lock), 3);
    EXPECT_EQ(k->release(lock), 0);
    done(n);
    EXPECT_LOG("a b c a b c a b c a b c");
    return RAN;
}

static int turns(void *kind) { return in_turns(kind, takes_turns, NULL); }
static int turns_of_strands(void *kind) { return in_turns(kind, NULL, takes_turns_as_strand); }

Test(sync_exclusion, s105_those_who_wait_take_turns) { for_locks(LOCK_KINDS, turns); }
Test(sync_exclusion, s105_those_who_wait_take_turns_stackless) { for_locks(LOCK_KINDS, turns_of_strands); }

/* --- no barging: between a release and the waiter's turn nobody else gets in --- */

static int holds_on(void *member) {
    struct member *m = member;
    EXPECT_EQ(k->acquire(lock), 0);
    log_add(m->name);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(k->release(lock), 0);
    return 0;
}

static void holds_on_as_strand(struct strand *s) {
    struct member *m = s->user_data;
    STRAND(s)
    AWAIT(s, k->begin(s->op, lock));
    log_add(m->name);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(k->release(lock), 0);
    strand_exit(s, NULL);
    STRAND_END
}

static int no_barging(void *kind, member_body body, member_run run) {
    crib_nursery *n;
    make(kind);
    EXPECT_EQ(k->acquire_nowait(lock), 0);
    n = start(1, 1, body, run);
    settle();
    EXPECT_EQ(k->release(lock), 0);
    EXPECT_EQ(k->acquire_nowait(lock), CRIB_EWOULDBLOCK);
    EXPECT_LOG("");
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_LOG("a");
    EXPECT_EQ(k->acquire_nowait(lock), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), 0);
    EXPECT_EQ(k->acquire_nowait(lock), 0);
    EXPECT_EQ(k->release(lock), 0);
    return done(n);
}

static int barges(void *kind) { return no_barging(kind, holds_on, NULL); }
static int barges_into_strands(void *kind) { return no_barging(kind, NULL, holds_on_as_strand); }

Test(sync_exclusion, s105_nobody_gets_in_between_a_release_and_the_waiters_turn) { for_locks(LOCK_KINDS, barges); }
Test(sync_exclusion, s105_nobody_gets_in_between_a_release_and_the_waiters_turn_stackless) {
    for_locks(LOCK_KINDS, barges_into_strands);
}

/* --- cancel: a waiter that leaves keeps nobody from getting in --- */

static int one_leaves(void *kind, member_body body, member_run run) {
    crib_nursery *n;
    make(kind);
    EXPECT_EQ(k->acquire(lock), 0);
    n = start(1, 1, body, run);
    settle();
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(k->waiting(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(k->release(lock), 0);
    return done(crib_nursery_open());
}

static int expects_cancel(void *member) {
    (void)member;
    EXPECT_EQ(k->acquire(lock), CRIB_ECANCELLED);
    return CRIB_ECANCELLED;
}

static void expects_cancel_as_strand(struct strand *s) {
    STRAND(s)
    AWAIT(s, k->begin(s->op, lock));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int leaves_line(void *kind) { return one_leaves(kind, expects_cancel, NULL); }
static int strand_leaves_line(void *kind) { return one_leaves(kind, NULL, expects_cancel_as_strand); }

Test(sync_exclusion, s045_whoever_is_cancelled_while_waiting_has_not_acquired) { for_locks(LOCK_KINDS, leaves_line); }
Test(sync_exclusion, s045_whoever_is_cancelled_while_waiting_has_not_acquired_stackless) {
    for_locks(LOCK_KINDS, strand_leaves_line);
}
