/* Crowds that are given up at once: everything is done in turn, nothing by recursion, and nobody is left behind. */
#include "support/expect.h"
#include "support/run.h"
#include "support/slots.h"

#define CROWD 20000

static crib_condition *c;
static crib_lock *lock;
static crib_op *ops[CROWD];

static void make(void) {
    c = crib_condition_new(NULL);
    lock = crib_condition_lock(c);
}

static void expect_free(void) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_acquire_nowait(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_lock_statistics(lock, &s), 0);
    EXPECT_EQ(s.waiting, 0);
}

/* One task whose slots all wait for a notification; main has the lock. */
static crib_task *crowd_of_slots(crib_nursery *n) {
    crib_task *task = idle_task(n, "crowd");
    int i;
    for (i = 0; i < CROWD; i++) {
        ops[i] = crib_op_new(task, NULL);
        EXPECT_EQ(crib_lock_acquire_nowait_by(lock, task), 0);
        EXPECT_EQ(crib_begin_condition_wait(ops[i], c), CRIB_PENDING);
    }
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    return task;
}

static int slots_given_up(void *arg) {
    const int state = *(int *)arg; /* 0: wait, 1: notified, 2: aborted */
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    int i;
    make();
    task = crowd_of_slots(n);
    if (state == 1) EXPECT_EQ(crib_condition_notify_all(c), CROWD);
    for (i = 0; state == 2 && i < CROWD; i++) EXPECT_EQ(crib_op_abort(ops[i]), CRIB_EBUSY);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0); /* it does not wait for the lock */
    EXPECT_EQ(crib_lock_release(lock), 0);
    expect_free();
    crib_unref(c);
    return RAN;
}

Test(sync_crowd, s103_a_crowd_of_waits_is_given_up_at_once_stackless, .timeout = 60) {
    int state;
    for (state = 0; state < 3; state++) EXPECT_RUN(run_autojump(slots_given_up, &state));
}

/* One notification, and each that gets it is freed. */
static int notification_wanders(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    int i;
    (void)arg;
    make();
    task = crowd_of_slots(n);
    EXPECT_EQ(crib_condition_notify(c, 1), 1);
    for (i = 0; i < CROWD - 1; i++) crib_op_free(ops[i]);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(slot_result(ops[CROWD - 1]), 0);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN); /* the task had got it */
    crib_unref(c);
    return RAN;
}

Test(sync_crowd, d01_a_notification_goes_through_a_crowd_that_leaves_stackless, .timeout = 60) {
    EXPECT_RUN(run_autojump(notification_wanders, NULL));
}

/* Acquires that were served one by one, each as the one before was freed untaken. */
static int lock_wanders(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "crowd");
    int i;
    (void)arg;
    make();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    for (i = 0; i < CROWD; i++) {
        ops[i] = crib_op_new(task, NULL);
        EXPECT_EQ(crib_begin_lock_acquire(ops[i], lock), CRIB_PENDING);
    }
    EXPECT_EQ(crib_lock_release(lock), 0);
    for (i = 0; i < CROWD / 2; i++) crib_op_free(ops[i]);
    idle_end(task); /* and the others with it */
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    expect_free();
    crib_unref(c);
    return RAN;
}

Test(sync_crowd, s054_a_lock_goes_through_a_crowd_that_leaves_stackless, .timeout = 60) {
    EXPECT_RUN(run_autojump(lock_wanders, NULL));
}

/* Fibers: all are cancelled while they wait, and have the lock in turn. */
static int had_the_lock;

static int waits(void *arg) {
    int rc;
    (void)arg;
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    rc = crib_condition_wait(c);
    if (crib_lock_release(lock) == 0) ++had_the_lock;
    return rc;
}

static int fibers_cancelled(void *notified) {
    const int fibers = CROWD / 10;
    crib_nursery *n = crib_nursery_open();
    int i;
    make();
    had_the_lock = 0;
    for (i = 0; i < fibers; i++) EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, NULL, NULL), 0);
    settle();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    if (notified != NULL) EXPECT_EQ(crib_condition_notify_all(c), fibers);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(had_the_lock, fibers);
    expect_free();
    crib_unref(c);
    return RAN;
}

Test(sync_crowd, s103_each_of_a_cancelled_crowd_has_the_lock_when_it_returns, .timeout = 60) {
    EXPECT_RUN(run_autojump(fibers_cancelled, NULL));
    EXPECT_RUN(run_autojump(fibers_cancelled, ""));
}

/* A chain of tasks: each holds a lock and waits for the next one's. The end of the last breaks all of them in turn. */
#define CHAIN 3000
static crib_lock *chain[CHAIN + 1];

static int link_of_chain(void *number) {
    const int i = *(int *)number;
    EXPECT_EQ(crib_lock_acquire(chain[i]), 0);
    EXPECT_EQ(crib_lock_acquire(chain[i + 1]), CRIB_EBROKEN);
    return 0;
}

static int breaks_chain(void *arg) {
    static int numbers[CHAIN];
    crib_nursery *n = crib_nursery_open();
    crib_task *last = idle_task(n, "last");
    int i;
    (void)arg;
    for (i = 0; i <= CHAIN; i++) chain[i] = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire_nowait_by(chain[CHAIN], last), 0);
    for (i = CHAIN - 1; i >= 0; i--) {
        numbers[i] = i;
        EXPECT_EQ(crib_nursery_start_soon(n, "link", link_of_chain, &numbers[i], NULL), 0);
    }
    settle();
    idle_end(last);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i <= CHAIN; i++) {
        EXPECT_EQ(crib_lock_recover(chain[i]), 0);
        crib_unref(chain[i]);
    }
    return RAN;
}

Test(sync_crowd, s107_a_chain_of_locks_breaks_link_by_link, .timeout = 60) {
    EXPECT_RUN(run_autojump(breaks_chain, NULL));
}
