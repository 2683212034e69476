/* Acquires on op slots that were given up, in each state (statements 45, 54): what nobody took goes back, and what was
 * never given is not given back. */
#include "support/locks.h"
#include "support/slots.h"

/* Two idle tasks, "a" with two slots and "b" with one, and a lock of some kind. */
struct scene {
    const struct lock_kind *k;
    void *lock;
    crib_nursery *n;
    crib_task *a, *b;
    crib_op *a1, *a2, *b1;
};

static struct scene scene_open(void *kind) {
    struct scene s = {.k = kind};
    s.lock = s.k->make();
    EXPECT(s.lock != NULL);
    s.n = crib_nursery_open();
    s.a = idle_task(s.n, "a");
    s.b = idle_task(s.n, "b");
    s.a1 = crib_op_new(s.a, NULL);
    s.a2 = crib_op_new(s.a, NULL);
    s.b1 = crib_op_new(s.b, NULL);
    return s;
}

static int scene_close(struct scene *s) {
    idle_end(s->a);
    idle_end(s->b);
    EXPECT_EQ(crib_nursery_close(s->n, 0), 0);
    if (s->lock != NULL) s->k->release_handle(s->lock);
    return RAN;
}

static void lock_goes(struct scene *s) {
    s->k->release_handle(s->lock);
    s->lock = NULL;
}

/* b1 has waited for the lock, which main had, and has got it; nobody has taken that. */
static void hand_to_b(struct scene *s, bool delivered) {
    EXPECT_EQ(s->k->acquire_nowait(s->lock), 0);
    EXPECT_EQ(s->k->begin(s->b1, s->lock), CRIB_PENDING);
    EXPECT_EQ(s->k->release(s->lock), 0);
    if (delivered) settle();
}

static bool is_free(struct scene *s) {
    bool free = s->k->acquire_nowait(s->lock) == 0;
    if (free) EXPECT_EQ(s->k->release(s->lock), 0);
    return free;
}

/* --- served, and not taken --- */

static int abort_untaken(void *kind) {
    struct scene s = scene_open(kind);
    int delivered, i;
    for (delivered = 0; delivered < 2; delivered++) {
        hand_to_b(&s, delivered);
        EXPECT(!is_free(&s));
        EXPECT_EQ(crib_op_abort(s.b1), 0);
        EXPECT(is_free(&s));
        EXPECT_EQ(slot_result(s.b1), CRIB_EMISUSE); /* nothing is delivered any more */
        hand_to_b(&s, delivered);
        EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
        EXPECT_EQ(crib_op_abort(s.b1), 0);
        EXPECT_EQ(slot_result(s.a1), 0); /* the next in line */
        EXPECT_EQ(s.k->release_by(s.lock, s.a), 0);
        for (i = 0; i < 3; i++) EXPECT(is_free(&s));
    }
    return scene_close(&s);
}

Test(sync_untaken, s054_an_acquire_nobody_took_is_undone_by_an_abort_stackless) {
    for_locks(UNDONE_KINDS, abort_untaken);
}

static int free_untaken(void *kind) {
    struct scene s = scene_open(kind);
    int delivered;
    for (delivered = 0; delivered < 2; delivered++) {
        hand_to_b(&s, delivered);
        crib_op_free(s.b1);
        EXPECT(is_free(&s));
        s.b1 = crib_op_new(s.b, NULL);
    }
    hand_to_b(&s, true);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
    idle_end(s.b);
    EXPECT_EQ(slot_result(s.a1), 0);
    EXPECT_EQ(s.k->release_by(s.lock, s.a), 0);
    s.b = idle_task(s.n, "another");
    return scene_close(&s);
}

Test(sync_untaken, s054_an_acquire_nobody_took_is_undone_by_the_end_of_the_slot_or_task_stackless) {
    for_locks(UNDONE_KINDS, free_untaken);
}

static int spends_budget(void *kind) {
    struct scene s = scene_open(kind);
    int i;
    for (i = 0; i < 1000; i++) {
        int rc = s.k->begin(s.b1, s.lock);
        if (rc == CRIB_PENDING) break;
        EXPECT_EQ(rc, 0);
        EXPECT_EQ(s.k->release_by(s.lock, s.b), 0);
    }
    EXPECT(i > 1 && i < 1000);
    EXPECT(!is_free(&s));
    EXPECT_EQ(crib_op_abort(s.b1), 0);
    EXPECT(is_free(&s));
    return scene_close(&s);
}

Test(sync_untaken, s054_an_acquire_that_only_spent_the_budget_is_undone_likewise_stackless) {
    for_locks(UNDONE_KINDS, spends_budget);
}

static int gone_in_between(void *kind) {
    struct scene s = scene_open(kind);
    hand_to_b(&s, true);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
    EXPECT_EQ(s.k->begin(s.a2, s.lock), s.k->has_owner && s.k->begin == lim_begin ? CRIB_EMISUSE : CRIB_PENDING);
    lock_goes(&s);
    EXPECT_EQ(crib_op_abort(s.b1), 0);
    EXPECT_EQ(slot_result(s.a1), CRIB_ECLOSED);
    crib_op_free(s.a2);
    return scene_close(&s);
}

Test(sync_untaken, s054_an_acquire_of_what_is_gone_is_given_up_without_harm_stackless) {
    for_locks(UNDONE_KINDS, gone_in_between);
}

static int released_before_taken(void *kind) {
    struct scene s = scene_open(kind);
    hand_to_b(&s, true);
    EXPECT_EQ(s.k->release_by(s.lock, s.b), 0);
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    EXPECT_EQ(crib_op_abort(s.b1), 0);
    EXPECT_EQ(s.k->begin(s.b1, s.lock), CRIB_PENDING); /* main has it still */
    EXPECT_EQ(s.k->release(s.lock), 0);
    EXPECT_EQ(slot_result(s.b1), 0);
    EXPECT_EQ(s.k->release_by(s.lock, s.b), 0);
    return scene_close(&s);
}

Test(sync_untaken, s054_a_lock_released_before_its_acquire_was_taken_is_not_released_twice_stackless) {
    size_t i;
    for (i = 0; i < UNDONE_KINDS; i++) {
        if (lock_kinds[i].has_owner) for_locks_at(i, released_before_taken);
    }
}

/* --- never served --- */

static int cancelled_then_gone(void *kind) {
    struct scene s = scene_open(kind);
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    EXPECT_EQ(s.k->begin(s.b1, s.lock), CRIB_PENDING);
    EXPECT_EQ(crib_task_cancel(s.b, NULL), 0);
    lock_goes(&s);
    EXPECT_EQ(crib_op_abort(s.b1), 0);
    return scene_close(&s);
}

Test(sync_untaken, s045_a_cancelled_acquire_of_what_is_gone_is_given_up_without_harm_stackless) {
    for_locks(LOCK_KINDS, cancelled_then_gone);
}

static int closed_then_gone(void *kind) {
    struct scene s = scene_open(kind);
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    EXPECT_EQ(s.k->begin(s.b1, s.lock), CRIB_PENDING);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
    lock_goes(&s);
    settle();
    EXPECT_EQ(crib_op_abort(s.b1), 0);
    crib_op_free(s.a1);
    return scene_close(&s);
}

Test(sync_untaken, s045_an_acquire_refused_by_the_end_of_the_lock_is_given_up_without_harm_stackless) {
    for_locks(UNDONE_KINDS, closed_then_gone);
}

/* One slot's acquire was cancelled; the task gets the lock by another slot. The first has nothing to give back. */
static int cancelled_then_acquired(void *kind) {
    struct scene s = scene_open(kind);
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
    slot_cancel(s.a1);
    EXPECT_EQ(s.k->waiting(s.lock), 0);
    EXPECT_EQ(s.k->begin(s.a2, s.lock), CRIB_PENDING);
    EXPECT_EQ(s.k->release(s.lock), 0);
    EXPECT_EQ(slot_result(s.a2), 0);
    EXPECT_EQ(crib_op_abort(s.a1), 0);
    EXPECT(!is_free(&s));
    EXPECT_EQ(s.k->release_by(s.lock, s.a), 0);
    EXPECT(is_free(&s));
    return scene_close(&s);
}

Test(sync_untaken, s045_a_cancelled_acquire_gives_back_nothing_stackless) {
    for_locks(LOCK_KINDS, cancelled_then_acquired);
}

/* What was refused is taken late: what serves the next one meanwhile is not touched. */
static int cancelled_and_taken_late(void *kind) {
    struct scene s = scene_open(kind);
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING);
    slot_cancel(s.a1);
    EXPECT_EQ(s.k->begin(s.b1, s.lock), CRIB_PENDING);
    EXPECT_EQ(s.k->release(s.lock), 0);
    EXPECT_EQ(slot_take(s.a1), CRIB_ECANCELLED);
    EXPECT_EQ(s.k->release_by(s.lock, s.b), 0); /* before it was taken */
    EXPECT_EQ(s.k->acquire_nowait(s.lock), 0);
    if (s.k->has_owner) EXPECT_EQ(crib_op_abort(s.b1), 0);
    EXPECT_EQ(s.k->begin(s.a1, s.lock), CRIB_PENDING); /* main has it */
    EXPECT_EQ(s.k->release(s.lock), 0);
    return scene_close(&s);
}

Test(sync_untaken, s045_a_cancelled_acquire_that_is_taken_late_leaves_others_alone_stackless) {
    for_locks(UNDONE_KINDS, cancelled_and_taken_late);
}

/* --- taken --- */

/* The slot has moved on to another wait; that the lock is released does not touch it. */
static int slot_used_again(void *kind) {
    struct scene s = scene_open(kind);
    crib_event *e = crib_event_new();
    hand_to_b(&s, true);
    EXPECT_EQ(slot_take(s.b1), 0);
    EXPECT_EQ(crib_begin_event_wait(s.b1, e), CRIB_PENDING);
    EXPECT_EQ(s.k->release_by(s.lock, s.b), 0);
    crib_event_set(e);
    EXPECT_EQ(slot_result(s.b1), 0);
    crib_unref(e);
    return scene_close(&s);
}

Test(sync_untaken, s054_a_taken_acquire_leaves_its_slot_alone_stackless) { for_locks(LOCK_KINDS, slot_used_again); }

/* The slot is gone, and its memory is another one's. */
static int slot_freed(void *kind) {
    struct scene s = scene_open(kind);
    crib_event *e = crib_event_new();
    hand_to_b(&s, true);
    EXPECT_EQ(slot_take(s.b1), 0);
    crib_op_free(s.b1);
    s.b1 = crib_op_new(s.a, NULL);
    EXPECT_EQ(crib_begin_event_wait(s.b1, e), CRIB_PENDING);
    EXPECT_EQ(s.k->release_by(s.lock, s.b), 0);
    EXPECT_EQ(crib_task_cancel(s.a, NULL), 0);
    EXPECT_EQ(slot_result(s.b1), CRIB_ECANCELLED);
    crib_unref(e);
    return scene_close(&s);
}

Test(sync_untaken, s054_a_taken_acquire_outlives_its_slot_stackless) { for_locks(LOCK_KINDS, slot_freed); }

/* It waits for something else when its lock is released for it. */
static int acquires_and_waits(void *scene) {
    struct scene *s = scene;
    EXPECT_EQ(s->k->acquire(s->lock), 0);
    return crib_sleep(CRIB_SECONDS(1));
}

static int released_for_fiber(void *kind) {
    struct scene s = scene_open(kind);
    crib_task *fiber;
    EXPECT_EQ(s.k->acquire(s.lock), 0);
    fiber = crib_nursery_spawn(s.n, "fiber", acquires_and_waits, &s, NULL);
    settle();
    EXPECT_EQ(s.k->release(s.lock), 0);
    settle();
    EXPECT_EQ(s.k->release_by(s.lock, fiber), 0);
    EXPECT(is_free(&s));
    EXPECT_EQ(crib_task_cancel(fiber, NULL), 0);
    EXPECT_EQ(crib_task_wait(fiber, NULL), 0);
    EXPECT_EQ(crib_task_result_code(fiber), CRIB_ECANCELLED);
    crib_unref(fiber);
    return scene_close(&s);
}

Test(sync_untaken, s054_a_lock_released_for_a_fiber_leaves_its_wait_alone) {
    for_locks(LOCK_KINDS, released_for_fiber);
}

/* A fiber has taken what it was handed when it goes on: its next operation, a refused one, finds nothing of it. */
static bool undone(crib_op *op, void *unused) {
    (void)op;
    (void)unused;
    return true;
}

static int acquires_and_parks(void *scene) {
    struct scene *s = scene;
    crib_scope *scope;
    crib_value v;
    int rc;
    EXPECT_EQ(s->k->acquire(s->lock), 0);
    EXPECT_EQ(s->k->release(s->lock), 0);
    lock_goes(s);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    rc = crib_park(undone, NULL, "nothing", &v);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(v.vt == NULL);
    return crib_scope_close(scope, rc, NULL);
}

static int fiber_keeps_nothing(void *kind) {
    struct scene s = scene_open(kind);
    EXPECT_EQ(s.k->acquire(s.lock), 0);
    EXPECT_EQ(crib_nursery_start_soon(s.n, "fiber", acquires_and_parks, &s, NULL), 0);
    settle();
    EXPECT_EQ(s.k->release(s.lock), 0);
    return scene_close(&s);
}

Test(sync_untaken, s054_a_fiber_has_taken_what_it_was_handed) { for_locks(LOCK_KINDS, fiber_keeps_nothing); }
