/* Deadlocks by locks of each kind, events and barriers: reported, cancelled, and the result of the run. */
#include "support/locks.h"
#include "support/run.h"
#include "support/slots.h"

static const struct lock_kind *k;
static void *first, *second;
static char said[4000];

static void says(int code, const char *message, void *unused) {
    (void)unused;
    if (code == CRIB_EDEADLOCK) text_append(said, sizeof said, message);
}

struct embrace {
    void **one, **other;
};

static int holds_one_wants_the_other(void *arg) {
    struct embrace *e = arg;
    int rc;
    EXPECT_EQ(k->acquire(*e->one), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    rc = k->acquire(*e->other);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(k->release(*e->one), 0);
    return rc;
}

static int two_and_two(void *kind) {
    struct embrace a = {&first, &second}, b = {&second, &first};
    crib_nursery *n;
    k = kind;
    first = k->make();
    second = k->make();
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "a", holds_one_wants_the_other, &a, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "b", holds_one_wants_the_other, &b, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_ECANCELLED);
    k->release_handle(first);
    k->release_handle(second);
    return RAN;
}

Test(sync_deadlock, two_tasks_with_two_locks_are_a_deadlock) {
    static const char *const waits_for[LOCK_KINDS] = {"a lock", "a semaphore", "a capacity limiter", "a lock, to write",
                                                      "room in a channel"};
    size_t i;
    crib_set_diagnostics(says, NULL);
    for (i = 0; i < LOCK_KINDS; i++) {
        char line[80];
        said[0] = '\0';
        EXPECT_RUN_RETURNS(run_autojump(two_and_two, (void *)(uintptr_t)&lock_kinds[i]), CRIB_EDEADLOCK);
        snprintf(line, sizeof line, "task 'a' (fiber): waits for %s", waits_for[i]);
        cr_expect_not_null(strstr(said, line), "%s", said);
    }
}

/* Two slots of one task take the locks in turn: nobody else is needed. */
static int with_itself(void *kind) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "itself");
    crib_op *op = crib_op_new(task, NULL);
    k = kind;
    first = k->make();
    EXPECT_EQ(k->acquire(first), 0);
    EXPECT_EQ(k->begin(op, first), CRIB_PENDING);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(k->release(first), 0);
    EXPECT_EQ(crib_nursery_close(n, CRIB_ECANCELLED), CRIB_EDEADLOCK); /* the idle task is ended by force */
    k->release_handle(first);
    return RAN;
}

Test(sync_deadlock, a_slot_that_waits_keeps_no_deadlock_from_being_seen) {
    size_t i;
    crib_set_diagnostics(says, NULL);
    for (i = 0; i < UNDONE_KINDS; i++) {
        EXPECT_RUN_RETURNS(run_autojump(with_itself, (void *)(uintptr_t)&lock_kinds[i]), CRIB_EDEADLOCK);
    }
}

static int for_an_event(void *arg) {
    crib_event *e = crib_event_new();
    crib_barrier *b = crib_barrier_new(2);
    (void)arg;
    EXPECT_EQ(crib_event_wait(e), CRIB_ECANCELLED);
    EXPECT_EQ(crib_barrier_wait(b), CRIB_ECANCELLED);
    crib_unref(e);
    crib_unref(b);
    return RAN;
}

Test(sync_deadlock, an_event_nobody_sets_is_a_deadlock) {
    crib_set_diagnostics(says, NULL);
    EXPECT_RUN_RETURNS(run_autojump(for_an_event, NULL), CRIB_EDEADLOCK);
    cr_assert_not_null(strstr(said, "task 'main' (fiber): waits for an event"), "%s", said);
}
