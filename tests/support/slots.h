/* Stackless tasks that begin nothing by themselves: a test works with their slots from its own body, step by step. */
#ifndef TESTS_SUPPORT_SLOTS_H
#define TESTS_SUPPORT_SLOTS_H

#include "support/expect.h"

static inline void idle_resume(crib_task *self, uintptr_t data) {
    (void)self;
    (void)data;
}

/* Lets everything that is ready run. */
static inline void settle(void) { EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0); }

/* It lives until crib_task_exit, or until idle_end. */
static inline crib_task *idle_task(crib_nursery *n, const char *name) {
    crib_task *task = crib_nursery_start_stackless(n, name, idle_resume, 0, NULL);
    EXPECT(task != NULL);
    settle();
    return task;
}

static inline void idle_end(crib_task *task) { crib_task_exit(task, NULL); }

/* The result of a slot that is done; CRIB_PENDING before that. Values are dropped. */
static inline int slot_take(crib_op *op) {
    crib_result result;
    int rc = crib_op_take(op, &result);
    if (rc != 0) return rc;
    crib_value_drop(result.value);
    return result.status;
}

/* The same once everything that is ready has run. */
static inline int slot_result(crib_op *op) {
    settle();
    return slot_take(op);
}

/* Cancels what a slot is doing, and nothing else of its task. */
static inline void slot_cancel(crib_op *op) {
    EXPECT_EQ(crib_runtime_cancel_op(crib_runtime_current(), crib_op_id(op)), 0);
    settle();
}

#endif
