/* Application code that runs in the middle of a cancel, a drop or an end, and gives up what others wait for. */
#include "support/locks.h"
#include "support/run.h"
#include "support/log.h"
#include "support/slots.h"

/* Fibers wait for a lock of each kind; their scope's own callback gives up the lock. */
static const struct lock_kind *k;
static void *lock;
static int results[3];

static int waits(void *result) {
    int rc = k->acquire(lock);
    *(int *)result = rc;
    return rc == CRIB_ECANCELLED ? rc : 0;
}

static crib_nursery *three_wait(void) {
    crib_nursery *n = crib_nursery_open();
    int i;
    for (i = 0; i < 3; i++) EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, &results[i], NULL), 0);
    settle();
    EXPECT_EQ(k->waiting(lock), 3);
    return n;
}

static void gives_up(void *unused) {
    (void)unused;
    k->release_handle(lock);
}

static int in_a_cancel(void *kind) {
    crib_scope *scope;
    crib_nursery *n;
    bool caught;
    int i, rc;
    k = kind;
    lock = k->make();
    EXPECT_EQ(k->acquire(lock), 0);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_on_cancel(scope, gives_up, NULL, NULL), 0);
    n = three_wait();
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    for (i = 0; i < 3; i++) EXPECT_EQ(results[i], CRIB_ECANCELLED);
    return RAN;
}

Test(sync_reentrancy, a_lock_may_be_given_up_by_the_cancel_of_those_who_wait_for_it) {
    for_locks(UNDONE_KINDS, in_a_cancel);
}

/* By the drop of a value. */
static int in_a_drop(void *kind) {
    static const crib_vtable gives_up_table = {sizeof(crib_vtable), gives_up, "gives the lock up", 0};
    crib_value v = {&results, &gives_up_table};
    crib_nursery *n;
    crib_sender *tx;
    crib_receiver *rx;
    int i;
    k = kind;
    lock = k->make();
    EXPECT_EQ(k->acquire(lock), 0);
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send(tx, v), 0);
    n = three_wait();
    crib_unref(rx);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < 3; i++) EXPECT_EQ(results[i], CRIB_ECLOSED);
    crib_unref(tx);
    return RAN;
}

Test(sync_reentrancy, a_lock_may_be_given_up_by_a_drop) { for_locks(UNDONE_KINDS, in_a_drop); }

/* By the destroy of the task that holds it: first its end breaks it or gives it back, then it goes. */
static void gives_up_data(uintptr_t unused) {
    (void)unused;
    k->release_handle(lock);
}

static int in_a_destroy(void *kind) {
    crib_nursery *n = crib_nursery_open();
    crib_task *owner;
    crib_op *op;
    int i;
    k = kind;
    lock = k->make();
    owner = crib_nursery_start_stackless(n, "owner", idle_resume, 0, gives_up_data);
    settle();
    op = crib_op_new(owner, NULL);
    EXPECT_EQ(k->begin(op, lock), 0);
    for (i = 0; i < 3; i++) {
        results[i] = 1;
        EXPECT_EQ(crib_nursery_start_soon(n, "waits", waits, &results[i], NULL), 0);
    }
    settle();
    EXPECT_EQ(results[2], 1);
    crib_task_exit(owner, NULL);
    settle();
    /* those who wait for a token or permit when it goes are told; a lock is broken first */
    EXPECT_EQ(results[2], k->breaks ? CRIB_EBROKEN : CRIB_ECLOSED);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(sync_reentrancy, a_lock_may_be_given_up_by_the_destroy_of_its_holder) { for_locks(UNDONE_KINDS, in_a_destroy); }

/* --- conditions --- */

static crib_condition *c;
static crib_task *tasks[3];

/* Ends another task, and gives the condition up, in the destroy of one that waits on it. */
static void ends_the_others(uintptr_t unused) {
    (void)unused;
    log_add("destroyed");
    if (c == NULL) return;
    crib_unref(c);
    c = NULL;
    crib_task_exit(tasks[1], NULL);
}

static void waits_for_notification(int i) {
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, tasks[i]), 0);
    EXPECT_EQ(crib_begin_condition_wait(crib_task_op(tasks[i]), c), CRIB_PENDING);
}

static int in_a_waiters_destroy(void *notified) {
    crib_nursery *n = crib_nursery_open();
    int i;
    lock = crib_lock_new();
    c = crib_condition_new(lock);
    for (i = 0; i < 3; i++) {
        tasks[i] = crib_nursery_start_stackless(n, "waiter", idle_resume, 0, ends_the_others);
        settle();
        waits_for_notification(i);
    }
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    if (notified != NULL) EXPECT_EQ(crib_condition_notify_all(c), 3);
    crib_task_exit(tasks[0], NULL);
    EXPECT_LOG("destroyed destroyed");
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(slot_result(crib_task_op(tasks[2])), notified != NULL ? 0 : CRIB_ECLOSED);
    EXPECT_EQ(crib_lock_release_by(lock, tasks[2]), 0);
    crib_task_exit(tasks[2], NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_reentrancy, a_condition_may_be_given_up_by_the_destroy_of_a_waiter) {
    EXPECT_RUN(run_autojump(in_a_waiters_destroy, NULL));
    log_clear();
    EXPECT_RUN(run_autojump(in_a_waiters_destroy, ""));
}

/* The lock breaks under the waiters, and the end of one of them gives everything up. */
static int while_it_breaks(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *owner = idle_task(n, "owner");
    int i;
    (void)arg;
    lock = crib_lock_new();
    c = crib_condition_new(lock);
    for (i = 0; i < 3; i++) {
        tasks[i] = crib_nursery_start_stackless(n, "waiter", idle_resume, 0, ends_the_others);
        settle();
        waits_for_notification(i);
    }
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, owner), 0);
    EXPECT_EQ(crib_condition_notify_by(c, owner, 2), 2);
    crib_task_exit(tasks[0], NULL); /* gives its notification to the third */
    EXPECT_LOG("destroyed destroyed");
    idle_end(owner);
    EXPECT_EQ(slot_result(crib_task_op(tasks[2])), CRIB_EBROKEN);
    crib_task_exit(tasks[2], NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_reentrancy, a_lock_that_breaks_finds_who_is_left) { EXPECT_RUN(run_autojump(while_it_breaks, NULL)); }
