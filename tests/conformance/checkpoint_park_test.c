/* Statements 52-55: the one primitive to wait. */
#include "support/counted.h"
#include "support/log.h"
#include "support/run.h"

TestSuite(checkpoint, .timeout = 30);

/* A child that parks once; `undo` is what its abort function answers. */
typedef struct parker {
    crib_abort_fn abort;
    crib_op *op;
    int aborts, rc, then;
    bool undo;
    crib_value value;
} parker;

static bool answer_abort(crib_op *op, void *arg) {
    parker *p = arg;
    ++p->aborts;
    p->op = op;
    log_add("abort");
    return p->undo;
}

static int park_once(void *arg) {
    parker *p = arg;
    p->rc = crib_park(p->abort, p, "the test", &p->value);
    log_add("woke");
    p->then = crib_checkpoint_if_cancelled();
    return p->rc < 0 ? p->rc : 0;
}

static crib_task *start_parker(crib_nursery *n, parker *p) {
    crib_task *task = crib_nursery_spawn(n, "parker", park_once, p, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    return task;
}

static int abort_succeeds(void *arg) {
    parker p = {.abort = answer_abort, .undo = true};
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    crib_nursery_cancel(n, NULL);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_READY);
    crib_nursery_cancel(n, NULL);
    crib_scope_cancel(scope, NULL);
    crib_task_cancel(task, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    EXPECT_LOG("abort woke");
    EXPECT_EQ(p.rc, CRIB_ECANCELLED);
    EXPECT(p.value.vt == NULL);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s052_an_abort_that_succeeds_wakes_with_cancelled_and_runs_once) {
    EXPECT_RUN(run_autojump(abort_succeeds, NULL));
}

static int abort_fails(void *arg) {
    parker p = {.abort = answer_abort, .undo = false};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    crib_nursery_cancel(n, NULL);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    crib_task_cancel(task, NULL);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_unpark(task, 7, crib_value_int(70)), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("abort woke");
    EXPECT_EQ(p.rc, 7);
    EXPECT_EQ(crib_value_as_int(p.value, -1), 70);
    EXPECT_EQ(p.then, CRIB_ECANCELLED);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s052_an_abort_that_fails_leaves_the_wake_up_to_its_owner) {
    EXPECT_RUN(run_autojump(abort_fails, NULL));
}

static int deliver_the_cancel_later(void *arg) {
    parker p = {.abort = answer_abort, .undo = false};
    crib_value nil = {NULL, NULL};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    crib_nursery_cancel(n, NULL);
    EXPECT(p.op == crib_task_op(task));
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_LOG("abort");
    EXPECT_EQ(crib_op_complete(p.op, CRIB_ECANCELLED, nil), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(p.rc, CRIB_ECANCELLED);
    EXPECT_LOG("abort woke");
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s052_the_owner_may_deliver_the_cancel_later) {
    EXPECT_RUN(run_autojump(deliver_the_cancel_later, NULL));
}

static int park_without_abort(void *arg) {
    parker p = {.abort = NULL};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_unpark(task, 0, crib_value_int(1)), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(p.rc, 0);
    EXPECT_EQ(p.then, CRIB_ECANCELLED);
    EXPECT_LOG("woke");
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s052_a_wait_without_an_abort_function_is_not_cancelled) {
    EXPECT_RUN(run_autojump(park_without_abort, NULL));
}

static bool wait_in_abort(crib_op *op, void *arg) {
    parker *p = arg;
    (void)op;
    ++p->aborts;
    EXPECT(!crib_in_task());
    EXPECT(crib_task_current() == NULL);
    EXPECT_EQ(crib_checkpoint(), CRIB_EMISUSE);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CRIB_EMISUSE);
    EXPECT_EQ(crib_park(answer_abort, p, "the test", NULL), CRIB_EMISUSE);
    return true;
}

static int let_an_abort_wait(void *arg) {
    parker p = {.abort = wait_in_abort};
    int64_t start = crib_now();
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(p.aborts, 1);
    EXPECT(crib_in_task());
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(p.rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_now(), start);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s053_an_abort_function_cannot_wait) { EXPECT_RUN(run_autojump(let_an_abort_wait, NULL)); }

static int cancel_after_unpark(void *arg) {
    parker p = {.abort = answer_abort, .undo = true};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = start_parker(n, &p);
    (void)arg;
    EXPECT_EQ(crib_unpark(task, 3, counted_value((intptr_t)&counted_drops)), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_LOG("");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(p.rc, 3);
    EXPECT(p.value.p == &counted_drops);
    EXPECT_EQ(p.then, CRIB_ECANCELLED);
    EXPECT_EQ(counted_drops, 0);
    crib_value_drop(p.value);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s054_a_cancel_after_the_wake_up_does_not_replace_its_result) {
    EXPECT_RUN(run_autojump(cancel_after_unpark, NULL));
}

typedef struct hand_off {
    crib_receiver *rx;
    crib_value got;
    int rc, then;
} hand_off;

static int receive_once(void *arg) {
    hand_off *h = arg;
    h->rc = crib_receiver_receive(h->rx, &h->got);
    h->then = crib_checkpoint_if_cancelled();
    return h->rc;
}

static int cancel_after_hand_off(void *arg) {
    crib_sender *tx;
    hand_off h;
    crib_value v = crib_value_int(5);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&h, 0, sizeof h);
    EXPECT_EQ(crib_channel_open(0, &tx, &h.rx), 0);
    crib_nursery_start_soon(n, "receiver", receive_once, &h, NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), 0);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(h.rc, 0);
    EXPECT_EQ(crib_value_as_int(h.got, -1), 5);
    EXPECT_EQ(h.then, CRIB_ECANCELLED);
    crib_unref(tx);
    crib_unref(h.rx);
    return RAN;
}

Test(checkpoint, s054_an_item_handed_over_before_the_cancel_is_received) {
    EXPECT_RUN(run_autojump(cancel_after_hand_off, NULL));
}

static int unpark_wrongly(void *arg) {
    parker p = {.abort = answer_abort, .undo = true};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "parker", park_once, &p, NULL);
    (void)arg;
    /* Not parked yet; parked; woken already; ended. */
    EXPECT_EQ(crib_unpark(task, 0, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 1);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_unpark(task, 1, crib_value_int(10)), 0);
    EXPECT_EQ(crib_unpark(task, 2, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 2);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(p.rc, 1);
    EXPECT_EQ(crib_value_as_int(p.value, -1), 10);
    EXPECT_LOG("woke");
    EXPECT_EQ(crib_unpark(task, 3, counted_value(1)), CRIB_EMISUSE);
    EXPECT_EQ(counted_drops, 3);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s055_a_task_is_woken_exactly_once_and_only_while_parked) {
    EXPECT_RUN(run_autojump(unpark_wrongly, NULL));
}
