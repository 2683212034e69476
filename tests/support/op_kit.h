/* The operations that can complete at once, each ready to do so: what statements about "every operation" go through. */
#ifndef TESTS_SUPPORT_OP_KIT_H
#define TESTS_SUPPORT_OP_KIT_H

#include "support/expect.h"

typedef struct op_kit {
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *idle; /* without children */
    crib_task *ended;
    crib_portal *portal;
    int started; /* bodies run by the start operation */
} op_kit;

typedef int (*kit_op)(op_kit *k);

static inline int kit_end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static inline int kit_say_started(void *arg) {
    ++*(int *)arg;
    return crib_task_started(crib_value_int(1));
}

/* The channel holds one value, and a wake-up of the portal is remembered. The kit's nursery becomes the innermost block. */
static inline void kit_open(op_kit *k) {
    memset(k, 0, sizeof *k);
    EXPECT_EQ(crib_channel_open(CRIB_UNBOUNDED, &k->tx, &k->rx), 0);
    EXPECT_EQ(crib_sender_send(k->tx, crib_value_int(1)), 0);
    k->portal = crib_portal_open();
    k->idle = crib_nursery_open();
    k->ended = crib_nursery_spawn(k->idle, "ended", kit_end_at_once, NULL, NULL);
    EXPECT_EQ(crib_task_wait(k->ended, NULL), 0);
}

static inline void kit_close(op_kit *k) {
    EXPECT_EQ(crib_nursery_close(k->idle, 0), 0);
    crib_unref(k->ended);
    crib_unref(k->portal);
    crib_unref(k->tx);
    crib_unref(k->rx);
}

static inline int kit_send(op_kit *k) { return crib_sender_send(k->tx, crib_value_int(2)); }

static inline int kit_receive(op_kit *k) {
    crib_value v = {NULL, NULL};
    int rc = crib_receiver_receive(k->rx, &v);
    crib_value_drop(v);
    return rc;
}

static inline int kit_task_wait(op_kit *k) { return crib_task_wait(k->ended, NULL); }
static inline int kit_wait_idle(op_kit *k) { return crib_nursery_wait_idle(k->idle); }
static inline int kit_wait_room(op_kit *k) { return crib_nursery_wait_room(k->idle); }

static inline int kit_checkpoint(op_kit *k) {
    (void)k;
    return crib_checkpoint();
}

static inline int kit_sleep(op_kit *k) {
    (void)k;
    return crib_sleep(0);
}

static inline int kit_sleep_until(op_kit *k) {
    (void)k;
    return crib_sleep_until(crib_now() - 1);
}

static inline int kit_portal_wait(op_kit *k) {
    EXPECT_EQ(crib_portal_wake(k->portal), 0);
    return crib_portal_wait(k->portal);
}

static inline int kit_start(op_kit *k) {
    return crib_nursery_start(k->idle, "child", kit_say_started, &k->started, NULL, NULL);
}

/* Those that need no wait here: they look for a cancel first, and when they have succeeded they have succeeded. */
static const kit_op kit_immediate[] = {kit_send, kit_receive, kit_task_wait, kit_wait_idle, kit_wait_room};
#define KIT_IMMEDIATE (sizeof kit_immediate / sizeof kit_immediate[0])
/* Those that always yield. */
static const kit_op kit_yielding[] = {kit_checkpoint, kit_sleep, kit_sleep_until};
#define KIT_YIELDING (sizeof kit_yielding / sizeof kit_yielding[0])
/* Those in which something else must run first. */
static const kit_op kit_waiting[] = {kit_portal_wait, kit_start};
#define KIT_WAITING (sizeof kit_waiting / sizeof kit_waiting[0])

#endif
