/* Claim: waiting for a task, for a portal and by crib_park, calls and slots of a fiber hold when they are cancelled at
 * any cancel point, and when any allocation fails. */
#include <errno.h>

#include "support/sweep.h"

/* ---- the end of a task */

static int waits_for(void *task) {
    int code = 1, rc = crib_task_wait(task, &code);
    if (rc == 0) CHECK(crib_task_state(task) == CRIB_TASK_ENDED && code <= 0);
    return rc;
}

static int several_wait(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    int i, rc = 0;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    task = crib_nursery_spawn(n, "naps", naps, swept(2), unswept);
    if (task == NULL) rc = -ENOMEM;
    for (i = 0; i < 3 && rc == 0; i++)
        rc = crib_nursery_start_soon(n, "waits", waits_for, crib_task_ref(task), crib_unref);
    if (rc == 0) rc = crib_task_wait(task, NULL);
    if (rc == 0) rc = crib_task_wait(task, NULL); /* ended by now */
    rc = crib_nursery_close(n, rc);
    crib_unref(task);
    return rc;
}

/* ---- portals */

static void wakes(void *portal) { CHECK_EQ_INT(crib_portal_wake(portal), 0); }

static int posts_later(void *portal) {
    int rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_portal_post(portal, wakes, crib_portal_ref(portal), crib_unref);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(1));
}

static int waits_at_portal(void *unused) {
    crib_portal *portal = crib_portal_open();
    crib_nursery *n;
    int rc;
    (void)unused;
    if (portal == NULL) return -ENOMEM;
    n = crib_nursery_open();
    rc = n == NULL ? crib_checkpoint() : 0;
    if (rc == 0) rc = crib_nursery_start_soon(n, "posts", posts_later, crib_portal_ref(portal), crib_unref);
    if (rc == 0) rc = crib_portal_wait(portal);
    if (rc == 0) rc = crib_portal_wake(portal);
    if (rc == 0) rc = crib_portal_wait(portal); /* remembered */
    if (n != NULL) rc = crib_nursery_close(n, rc);
    crib_unref(portal);
    return rc;
}

/* ---- a queue of one's own over crib_park: a value is in the slot or with its taker */

struct slot {
    crib_task *taker; /* parked */
    crib_value value;
};

static bool leaves_slot(crib_op *op, void *arg) {
    struct slot *slot = arg;
    (void)op;
    CHECK(slot->taker != NULL);
    slot->taker = NULL;
    return true;
}

static int takes(void *arg) {
    struct slot *slot = arg;
    crib_value v;
    int rc;
    slot->taker = crib_task_current();
    rc = crib_park(leaves_slot, slot, "a value", &v);
    if (rc == CRIB_ECANCELLED) slot->taker = NULL; /* refused at once: abort has not run */
    CHECK((rc == 0) == (v.vt != NULL));
    crib_value_drop(v);
    return rc;
}

static int puts_in(void *arg) {
    struct slot *slot = arg;
    crib_value v = crib_sweep_value(1);
    crib_task *taker;
    int rc = crib_sleep(CRIB_MS(1));
    taker = slot->taker;
    slot->taker = NULL;
    if (rc == 0 && taker != NULL) return crib_unpark(taker, 0, v);
    crib_value_drop(v);
    if (taker != NULL) slot->taker = taker;
    return rc;
}

static int hands_over(void *unused) {
    struct slot slot = {NULL, {NULL, NULL}};
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    rc = crib_nursery_start_soon(n, "puts in", puts_in, &slot, NULL);
    if (rc == 0) rc = takes(&slot);
    rc = crib_nursery_close(n, rc);
    CHECK(slot.taker == NULL);
    return rc;
}

/* A wait that no cancel ends: woken by whoever promised to. */
static int wakes_for_sure(void *task) {
    crib_cancel_shielded_checkpoint();
    return crib_unpark(task, 0, crib_sweep_value(2));
}

static int waits_for_good(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *waker;
    crib_value v = {NULL, NULL};
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    waker = crib_nursery_spawn(n, "wakes", wakes_for_sure, crib_task_current(), NULL);
    rc = waker == NULL ? -ENOMEM : 0;
    if (rc == 0) rc = crib_checkpoint_if_cancelled();
    if (waker != NULL && crib_park(NULL, NULL, "its waker", &v) == 0) CHECK_EQ_INT(crib_sweep_number(v, -1), 2);
    crib_value_drop(v);
    crib_unref(waker);
    return crib_nursery_close(n, rc);
}

/* ---- slots of a fiber beyond slot 0, which wake nobody */

static int calls(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : 7;
}

static int result_of(crib_op *op) {
    crib_result result;
    crib_error *error;
    int rc = crib_op_take(op, &result);
    if (rc < 0) return rc;
    error = crib_op_take_error(op);
    crib_unref(error);
    crib_value_drop(result.value);
    return result.status;
}

static int pending_or(int rc) { return rc == CRIB_PENDING ? 0 : rc; }

static int begins_several(void *unused) {
    crib_op *call = crib_op_new(crib_task_current(), NULL);
    crib_op *sleep = crib_op_new(crib_task_current(), NULL);
    crib_op *left = crib_op_new(crib_task_current(), NULL);
    int rc = call == NULL || sleep == NULL || left == NULL ? -ENOMEM : 0;
    (void)unused;
    if (rc == 0) rc = pending_or(crib_begin_call(call, calls, swept(1), unswept));
    if (rc == 0) rc = pending_or(crib_begin_sleep(sleep, CRIB_MS(1000)));
    if (rc == 0) rc = pending_or(crib_begin_call(left, calls, swept(1000), unswept));
    if (rc == 0) rc = crib_sleep(CRIB_MS(2));
    if (rc == 0) rc = crib_op_abort(sleep);
    if (rc == 0) rc = result_of(call);
    if (rc > 0) CHECK_EQ_INT(rc, 7);
    crib_op_free(call);
    crib_op_free(sleep); /* the last one is left to the end of the task */
    return rc;
}

static int in_a_child(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    rc = crib_nursery_start_soon(n, "begins several", begins_several, NULL, NULL);
    return crib_nursery_close(n, rc);
}

/* A value that was delivered to a slot, and is not taken, goes back to its channel, or is dropped if there is no room. */
static int gives_back(void *unused) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = {NULL, NULL};
    crib_op *op;
    int rc = crib_channel_open(1, &tx, &rx);
    (void)unused;
    if (rc < 0) return rc;
    op = crib_op_new(crib_task_current(), NULL);
    rc = op == NULL ? -ENOMEM : 0;
    if (rc == 0) {
        crib_result result = crib_begin_receive(op, rx);
        rc = pending_or(result.status);
    }
    if (rc == 0) rc = crib_sender_send(tx, crib_sweep_value(5));
    if (rc == 0) rc = crib_checkpoint();
    crib_op_free(op);
    if (rc == 0) rc = crib_receiver_receive_nowait(rx, &v);
    if (rc == 0) CHECK_EQ_INT(crib_sweep_number(v, -1), 5);
    if (rc == CRIB_EWOULDBLOCK) rc = -ENOMEM;
    crib_value_drop(v);
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

/* ---- until nothing moves */

static int waits_until_blocked(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    rc = start_nap(n, 5);
    if (rc == 0) rc = crib_wait_all_tasks_blocked(0);
    if (rc == 0) rc = crib_clock_jump(CRIB_MS(5));
    if (rc == 0) rc = crib_wait_all_tasks_blocked(1);
    if (rc == 0) CHECK_EQ_INT(crib_nursery_count(n), 0);
    return crib_nursery_close(n, rc);
}

int main(void) {
    sweep_holds("the end of a task", sweep_of(several_wait, NULL));
    sweep_holds("a portal", sweep_of(waits_at_portal, NULL));
    sweep_holds("a slot of one's own", sweep_of(hands_over, NULL));
    sweep_holds("a wait without an abort", sweep_of(waits_for_good, NULL));
    sweep_holds("several slots", sweep_of(in_a_child, NULL));
    sweep_holds("a value given back", sweep_of(gives_back, NULL));
    sweep_holds("nothing moves", sweep_of(waits_until_blocked, NULL));
    return 0;
}
