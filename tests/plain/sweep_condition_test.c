/* Claim: conditions, barriers and events hold when some of those who wait are cancelled at any cancel point, and when any
 * allocation fails: a wait on a condition ends with the lock held, no notification is lost, rounds are whole. */
#include <errno.h>

#include "support/strand.h"
#include "support/sweep.h"

/* ---- conditions: two items, each with one notification, for two takers of which one may be cancelled */

struct store {
    crib_condition *condition;
    crib_lock *lock;
    int items, taken;
    struct strand strand;
};

static bool holds_lock(const struct store *s, const crib_task *task) {
    crib_lock_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_lock_statistics(s->lock, &stats), 0);
    return stats.owner == task;
}

static int wait_for_item(struct store *s) {
    int rc = 0;
    while (rc == 0 && s->items == 0 && s->taken < 2) {
        rc = crib_condition_wait(s->condition);
        CHECK(holds_lock(s, crib_task_current()));
    }
    return rc;
}

static void take_item(struct store *s) {
    --s->items;
    if (++s->taken == 2) crib_condition_notify_all(s->condition);
}

/* Takes one item, or everything that is left. */
static int take(struct store *s, bool all) {
    int rc = 0;
    do {
        rc = crib_lock_acquire(s->lock);
        if (rc < 0) return rc;
        rc = wait_for_item(s);
        if (rc == 0 && s->items > 0) take_item(s);
        CHECK_EQ_INT(crib_lock_release(s->lock), 0);
    } while (rc == 0 && all && s->taken < 2);
    return rc;
}

static int takes_one(void *store) { return take(store, false); }

/* Nobody cancels this one, but those it waits for may have had no memory. */
static int takes_all(void *store) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(10));
    if (scope == NULL) return crib_checkpoint();
    return crib_scope_close(scope, take(store, true), NULL);
}

static int takes_all_for_sure(void *store) { return shielded(takes_all, store); }

static int puts_two(void *store) {
    struct store *s = store;
    int i, rc = 0;
    for (i = 0; i < 2 && rc == 0; i++) {
        rc = crib_sleep(CRIB_MS(1));
        if (rc == 0) rc = crib_lock_acquire(s->lock);
        if (rc < 0) return rc;
        ++s->items;
        CHECK(crib_condition_notify(s->condition, 1) >= 0);
        rc = crib_checkpoint(); /* whoever was notified may be cancelled before it has the lock */
        CHECK_EQ_INT(crib_lock_release(s->lock), 0);
    }
    return rc;
}

static int puts_two_for_sure(void *store) { return shielded(puts_two, store); }

/* The stackless taker, which may be cancelled. */
static void flat_taker(struct strand *s) {
    struct store *store = s->user_data;
    STRAND(s)
    AWAIT(s, crib_begin_lock_acquire(s->op, store->lock));
    if (s->status < 0) {
        strand_exit(s, strand_failure(s));
        return;
    }
    while (s->status == 0 && store->items == 0 && store->taken < 2) {
        AWAIT(s, crib_begin_condition_wait(s->op, store->condition));
        CHECK(holds_lock(store, s->task));
    }
    if (s->status == 0 && store->items > 0) {
        --store->items;
        if (++store->taken == 2) CHECK(crib_condition_notify_all(store->condition) >= 0);
    }
    CHECK_EQ_INT(crib_lock_release(store->lock), 0);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int start_taker(crib_nursery *n, struct store *s, bool flat) {
    if (!flat) return crib_nursery_start_soon(n, "takes one", takes_one, s, NULL);
    memset(&s->strand, 0, sizeof s->strand);
    s->strand.run = flat_taker;
    s->strand.user_data = s;
    return strand_start(n, "takes one", &s->strand) != NULL ? 0 : -ENOMEM;
}

static int start_store(crib_nursery *n, struct store *s, bool flat) {
    int rc = start_taker(n, s, flat);
    if (rc == 0) rc = crib_nursery_start_soon(n, "puts", puts_two_for_sure, s, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "takes all", takes_all_for_sure, s, NULL);
}

static int store_body(struct store *s, bool flat) {
    crib_nursery *n;
    int rc;
    memset(s, 0, sizeof *s);
    s->condition = crib_condition_new(NULL);
    if (s->condition == NULL) return -ENOMEM;
    s->lock = crib_condition_lock(s->condition);
    n = crib_nursery_open();
    rc = n == NULL ? crib_checkpoint() : start_store(n, s, flat);
    if (n != NULL) rc = crib_nursery_close(n, rc);
    CHECK(holds_lock(s, NULL));
    if (rc == 0 || rc == CRIB_ECANCELLED) CHECK_EQ_INT(s->taken, 2);
    crib_unref(s->condition);
    return rc;
}

static int fibers_take(void *store) { return store_body(store, false); }
static int one_is_stackless(void *store) { return store_body(store, true); }

/* ---- a wait that is given up, in a slot: its lock goes to the next one */

struct waiver {
    struct store *store;
    crib_op *slot;
    struct strand strand;
    bool is_left; /* to the end of the task */
};

static void gives_up(struct strand *s) {
    struct waiver *w = s->user_data;
    STRAND(s)
    AWAIT(s, crib_begin_lock_acquire(s->op, w->store->lock));
    if (s->status == 0) {
        w->slot = crib_op_new(s->task, NULL);
        if (w->slot == NULL) s->status = -ENOMEM;
        if (s->status == 0) s->status = crib_begin_condition_wait(w->slot, w->store->condition);
        if (s->status != CRIB_PENDING) CHECK_EQ_INT(crib_lock_release(w->store->lock), 0);
    }
    if (s->status == CRIB_PENDING) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
    if (!w->is_left) crib_op_free(w->slot);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

/* Its slot may be done by a cancel, and then it has the lock. */
static void gives_up_resume(crib_task *self, uintptr_t data) {
    struct waiver *w = (struct waiver *)data;
    struct strand *s = &w->strand;
    crib_result result;
    if (s->task == NULL) {
        s->task = self;
        s->op = crib_task_op(self);
    } else if (crib_op_take(s->op, &result) == 0) {
        strand_keep(s, result);
    } else {
        return;
    }
    s->run(s);
}

static int start_waiver(crib_nursery *n, struct waiver *w) {
    memset(&w->strand, 0, sizeof w->strand);
    w->slot = NULL;
    w->strand.run = gives_up;
    w->strand.user_data = w;
    return crib_nursery_start_stackless(n, "gives up", gives_up_resume, (uintptr_t)w, NULL) != NULL ? 0 : -ENOMEM;
}

static int uses_lock(void *arg) {
    struct store *s = arg;
    int i, rc = 0;
    for (i = 0; i < 3 && rc == 0; i++) {
        rc = crib_lock_acquire(s->lock);
        if (rc < 0) return rc;
        rc = crib_sleep(CRIB_MS(1));
        if (i == 1) CHECK(crib_condition_notify(s->condition, 1) >= 0);
        CHECK_EQ_INT(crib_lock_release(s->lock), 0);
    }
    return rc;
}

static int uses_lock_for_sure(void *store) { return shielded(uses_lock, store); }

static int waivers(void *store) {
    struct store *s = store;
    struct waiver w[2];
    crib_nursery *n;
    int i, rc;
    s->condition = crib_condition_new(NULL);
    if (s->condition == NULL) return -ENOMEM;
    s->lock = crib_condition_lock(s->condition);
    n = crib_nursery_open();
    rc = n == NULL ? crib_checkpoint() : 0;
    for (i = 0; i < 2 && rc == 0; i++) {
        w[i].store = s;
        w[i].is_left = i == 1;
        rc = start_waiver(n, &w[i]);
    }
    if (rc == 0) rc = crib_nursery_start_soon(n, "uses", uses_lock_for_sure, s, NULL);
    if (n != NULL) rc = crib_nursery_close(n, rc);
    CHECK(holds_lock(s, NULL));
    crib_unref(s->condition);
    return rc;
}

/* ---- barriers */

struct meeting {
    crib_barrier *barrier;
    int ones, zeros;
};

static int meets_twice(void *meeting) {
    struct meeting *m = meeting;
    int i, rc = 0;
    for (i = 0; i < 2 && rc >= 0; i++) {
        rc = crib_barrier_wait(m->barrier);
        if (rc == 1) ++m->ones;
        if (rc == 0) ++m->zeros;
    }
    return rc < 0 ? rc : 0;
}

/* Nobody cancels these, but those they wait for may be gone. */
static int meets_for_a_while(void *meeting) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(10));
    if (scope == NULL) return crib_checkpoint();
    return crib_scope_close(scope, meets_twice(meeting), NULL);
}

static int meets_without_hurry(void *meeting) { return shielded(meets_for_a_while, meeting); }

static int start_meeting(crib_nursery *n, void *meeting) {
    int rc = crib_nursery_start_soon(n, "meets", meets_twice, meeting, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "meets", meets_without_hurry, meeting, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "meets", meets_without_hurry, meeting, NULL);
}

static int meeting_body(void *meeting) {
    struct meeting *m = meeting;
    crib_barrier_stats stats;
    int rc;
    m->ones = m->zeros = 0;
    m->barrier = crib_barrier_new(3);
    if (m->barrier == NULL) return -ENOMEM;
    rc = crib_nursery_run(NULL, start_meeting, m);
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_barrier_statistics(m->barrier, &stats), 0);
    CHECK_EQ_INT(stats.waiting, 0);
    CHECK_EQ_INT(m->ones, stats.rounds);
    CHECK_EQ_INT(m->zeros, 2 * stats.rounds);
    if (rc == 0) CHECK(stats.rounds == 2 || stats.rounds == 0);
    crib_unref(m->barrier);
    return rc;
}

/* ---- events */

static int sees_event(void *e) {
    int rc = crib_event_wait(e);
    CHECK(rc != 0 || crib_event_is_set(e));
    return rc;
}

static int sees_event_for_sure(void *e) { return shielded(sees_event, e); }

static int sets_event(void *e) {
    int rc = crib_sleep(CRIB_MS(1));
    crib_event_set(e);
    return rc;
}

static void flat_watcher(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_event_wait(s->op, s->user_data));
    if (s->status == 0) CHECK(crib_event_is_set(s->user_data));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static struct strand watcher;

static int start_watching(crib_nursery *n, void *e) {
    int rc = crib_nursery_start_soon(n, "sees", sees_event, e, NULL);
    memset(&watcher, 0, sizeof watcher);
    watcher.run = flat_watcher;
    watcher.user_data = e;
    if (rc == 0 && strand_start(n, "sees", &watcher) == NULL) rc = -ENOMEM;
    if (rc == 0) rc = crib_nursery_start_soon(n, "sees", sees_event_for_sure, e, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "sets", sets_event, e, NULL);
    if (rc < 0) crib_event_set(e);
    return rc;
}

static int event_body(void *unused) {
    crib_event *e = crib_event_new();
    crib_event_stats stats;
    int rc;
    (void)unused;
    if (e == NULL) return -ENOMEM;
    rc = crib_nursery_run(NULL, start_watching, e);
    if (rc == 0) rc = crib_event_wait(e);
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_event_statistics(e, &stats), 0);
    CHECK_EQ_INT(stats.waiting, 0);
    crib_unref(e);
    return rc;
}

int main(void) {
    struct store store;
    struct meeting meeting;
    sweep_holds("takers of items", sweep_of(fibers_take, &store));
    sweep_holds("takers of items, one of them stackless", sweep_of(one_is_stackless, &store));
    sweep_holds("waits that are given up", sweep_of(waivers, &store));
    sweep_holds("a barrier", sweep_of(meeting_body, &meeting));
    sweep_holds("an event", sweep_of(event_body, NULL));
    return 0;
}
