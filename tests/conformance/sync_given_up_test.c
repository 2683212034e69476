/* Condition waits on op slots that are given up, in each state (statements 103, D1): aborted they still get the lock,
 * freed they leave at once, and what they were told goes to the next waiter. */
#include "support/expect.h"
#include "support/run.h"
#include "support/slots.h"

/* A condition, its lock, and idle tasks with a slot each. */
#define TASKS 3
struct scene {
    crib_condition *c;
    crib_lock *lock;
    crib_nursery *n;
    crib_task *task[TASKS];
    crib_op *op[TASKS];
};

static struct scene scene_open(void) {
    struct scene s;
    int i;
    s.c = crib_condition_new(NULL);
    s.lock = crib_condition_lock(s.c);
    s.n = crib_nursery_open();
    for (i = 0; i < TASKS; i++) {
        s.task[i] = idle_task(s.n, "waiter");
        s.op[i] = crib_op_new(s.task[i], NULL);
    }
    return s;
}

static int scene_close(struct scene *s) {
    int i;
    for (i = 0; i < TASKS; i++) {
        if (s->task[i] != NULL) idle_end(s->task[i]);
    }
    EXPECT_EQ(crib_nursery_close(s->n, 0), 0);
    crib_unref(s->c);
    return RAN;
}

static crib_task *owner(struct scene *s) {
    crib_lock_stats stats = {.size = sizeof stats};
    EXPECT_EQ(crib_lock_statistics(s->lock, &stats), 0);
    return stats.owner;
}

static size_t waiting(struct scene *s) {
    crib_condition_stats stats = {.size = sizeof stats};
    EXPECT_EQ(crib_condition_statistics(s->c, &stats), 0);
    return stats.waiting;
}

/* Task i waits for a notification. */
static void waits(struct scene *s, int i) {
    EXPECT_EQ(crib_lock_acquire_nowait_by(s->lock, s->task[i]), 0);
    EXPECT_EQ(crib_begin_condition_wait(s->op[i], s->c), CRIB_PENDING);
}

static int abort_pending(void *notified) {
    struct scene s = scene_open();
    waits(&s, 0);
    EXPECT_EQ(crib_lock_acquire(s.lock), 0);
    if (notified != NULL) EXPECT_EQ(crib_condition_notify(s.c, 1), 1);
    EXPECT_EQ(crib_op_abort(s.op[0]), CRIB_EBUSY);
    EXPECT_EQ(crib_op_abort(s.op[0]), CRIB_EBUSY);
    EXPECT_EQ(slot_result(s.op[0]), CRIB_PENDING);
    EXPECT_EQ(waiting(&s), 0);
    EXPECT_EQ(crib_lock_release(s.lock), 0);
    EXPECT(owner(&s) == s.task[0]);
    EXPECT_EQ(slot_result(s.op[0]), CRIB_ECANCELLED);
    EXPECT_EQ(crib_lock_release_by(s.lock, s.task[0]), 0);
    return scene_close(&s);
}

Test(sync_given_up, s103_an_aborted_wait_still_gets_the_lock_stackless) {
    EXPECT_RUN(run_autojump(abort_pending, NULL));
    EXPECT_RUN(run_autojump(abort_pending, ""));
}

/* Nobody has the lock: the op would have it at once, and is given up with it. */
static int abort_with_free_lock(void *arg) {
    struct scene s = scene_open();
    (void)arg;
    waits(&s, 0);
    EXPECT_EQ(crib_op_abort(s.op[0]), 0);
    EXPECT(owner(&s) == NULL);
    EXPECT_EQ(slot_result(s.op[0]), CRIB_EMISUSE);
    return scene_close(&s);
}

Test(sync_given_up, s103_a_wait_aborted_while_the_lock_is_free_is_over_without_it_stackless) {
    EXPECT_RUN(run_autojump(abort_with_free_lock, NULL));
}

/* A freed wait is in no queue any more: the lock goes to whoever waits for it, and is free after that. */
static int free_pending(void *arg) {
    const int state = *(int *)arg; /* 0: waits, 1: notified, 2: aborted */
    struct scene s = scene_open();
    waits(&s, 0);
    EXPECT_EQ(crib_lock_acquire(s.lock), 0);
    if (state == 1) EXPECT_EQ(crib_condition_notify(s.c, 1), 1);
    if (state == 2) EXPECT_EQ(crib_op_abort(s.op[0]), CRIB_EBUSY);
    EXPECT_EQ(crib_begin_lock_acquire(s.op[1], s.lock), CRIB_PENDING);
    crib_op_free(s.op[0]);
    EXPECT_EQ(waiting(&s), 0);
    EXPECT_EQ(crib_lock_release(s.lock), 0);
    EXPECT_EQ(slot_result(s.op[1]), 0);
    EXPECT_EQ(crib_lock_release_by(s.lock, s.task[1]), 0);
    EXPECT(owner(&s) == NULL);
    return scene_close(&s);
}

Test(sync_given_up, s103_a_freed_wait_leaves_no_trace_stackless) {
    int state;
    for (state = 0; state < 3; state++) EXPECT_RUN(run_autojump(free_pending, &state));
}

/* Freed after the notification, before the lock or with it: the next waiter is notified. */
static int free_notified(void *arg) {
    const int served = *(int *)arg; /* 0: waits for the lock; 1: has it; 2: and that was delivered, but not taken */
    struct scene s = scene_open();
    waits(&s, 0);
    waits(&s, 1);
    EXPECT_EQ(crib_lock_acquire(s.lock), 0);
    EXPECT_EQ(crib_condition_notify(s.c, 1), 1);
    if (served) EXPECT_EQ(crib_lock_release(s.lock), 0);
    if (served == 2) settle();
    crib_op_free(s.op[0]);
    EXPECT_EQ(waiting(&s), 0);
    if (!served) EXPECT_EQ(crib_lock_release(s.lock), 0);
    EXPECT_EQ(slot_result(s.op[1]), 0);
    EXPECT(owner(&s) == s.task[1]);
    EXPECT_EQ(crib_lock_release_by(s.lock, s.task[1]), 0);
    return scene_close(&s);
}

Test(sync_given_up, d01_the_notification_of_a_freed_wait_goes_to_the_next_stackless) {
    int served;
    for (served = 0; served < 3; served++) EXPECT_RUN(run_autojump(free_notified, &served));
}

/* The task has the lock by another slot when it ends: its wait must not make its end wait for that. */
static int ends_with_the_lock(void *arg) {
    const int state = *(int *)arg; /* 0: waits, 1: notified, 2: aborted */
    struct scene s = scene_open();
    crib_op *second = crib_op_new(s.task[0], NULL);
    waits(&s, 0);
    if (state == 1) {
        EXPECT_EQ(crib_lock_acquire(s.lock), 0);
        EXPECT_EQ(crib_begin_lock_acquire(second, s.lock), CRIB_PENDING);
        EXPECT_EQ(crib_condition_notify(s.c, 1), 1);
        EXPECT_EQ(crib_lock_release(s.lock), 0);
        EXPECT_EQ(slot_result(second), 0);
    } else {
        EXPECT_EQ(crib_lock_acquire_nowait_by(s.lock, s.task[0]), 0);
    }
    if (state == 2) EXPECT_EQ(crib_op_abort(s.op[0]), CRIB_EBUSY);
    idle_end(s.task[0]);
    s.task[0] = NULL;
    EXPECT_EQ(crib_nursery_count(s.n), TASKS - 1);
    EXPECT_EQ(crib_lock_acquire_nowait(s.lock), CRIB_EBROKEN);
    return scene_close(&s);
}

Test(sync_given_up, s103_a_task_that_has_the_lock_does_not_await_its_own_wait_for_it_stackless, .timeout = 5) {
    int state;
    for (state = 0; state < 3; state++) EXPECT_RUN(run_autojump(ends_with_the_lock, &state));
}
