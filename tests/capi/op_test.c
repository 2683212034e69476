/* Op slots: every begin function from the wrong place, slots that are stale, busy or idle, aborts and parks. */
#include "capi/messages.h"

TestSuite(op, .init = listen_to_messages, .timeout = 20);

/* --- every begin function --------------------------------------------------------------------- */

static crib_sender *tx;
static crib_receiver *rx;
static crib_nursery *nursery;
static crib_portal *portal;
static crib_task *task;
static int gone; /* destroy callbacks that ran */

static void never_resumed(crib_task *self, uintptr_t data) {
    (void)data;
    crib_task_exit(self, NULL);
}

static int b_sleep(crib_op *op) { return crib_begin_sleep(op, 5); }
static int b_sleep_until(crib_op *op) { return crib_begin_sleep_until(op, crib_now() + 5); }
static int b_park(crib_op *op) { return crib_begin_park(op, NULL, NULL, "nothing"); }
static int b_call(crib_op *op) { return crib_begin_call(op, ends, &gone, count_call); }
static int b_blocked(crib_op *op) { return crib_begin_wait_all_tasks_blocked(op, 0); }
static int b_send(crib_op *op) { return crib_begin_send(op, tx, droppable()); }
static int b_receive(crib_op *op) { return crib_begin_receive(op, rx).status; }
static int b_portal(crib_op *op) { return crib_begin_portal_wait(op, portal); }
static int b_task(crib_op *op) { return crib_begin_task_wait(op, task); }
static int b_room(crib_op *op) { return crib_begin_nursery_wait_room(op, nursery); }
static int b_idle(crib_op *op) { return crib_begin_nursery_wait_idle(op, nursery); }
static int b_close(crib_op *op) { return crib_begin_nursery_close(op, nursery, crib_error_new(CODE_A, NULL)); }
static int b_start(crib_op *op) { return crib_begin_nursery_start(op, nursery, "c", ends, &gone, count_call); }
static int b_start_flat(crib_op *op) {
    crib_task *child = (crib_task *)&gone;
    int rc = crib_begin_nursery_start_stackless(op, nursery, "c", never_resumed, (uintptr_t)&gone, count_data, &child);
    EXPECT(child == NULL);
    return rc;
}

static const struct {
    const char *name;
    int (*begin)(crib_op *op);
    bool needs_handle, drops, destroys;
} begins[] = {
    {"crib_begin_checkpoint", crib_begin_checkpoint, false, false, false},
    {"crib_begin_sleep", b_sleep, false, false, false},
    {"crib_begin_sleep_until", b_sleep_until, false, false, false},
    {"crib_begin_park", b_park, false, false, false},
    {"crib_begin_call", b_call, false, false, true},
    {"crib_begin_wait_all_tasks_blocked", b_blocked, false, false, false},
    {"crib_begin_send", b_send, true, true, false},
    {"crib_begin_receive", b_receive, true, false, false},
    {"crib_begin_portal_wait", b_portal, true, false, false},
    {"crib_begin_task_wait", b_task, true, false, false},
    {"crib_begin_nursery_wait_room", b_room, true, false, false},
    {"crib_begin_nursery_wait_idle", b_idle, true, false, false},
    {"crib_begin_nursery_close", b_close, true, false, false},
    {"crib_begin_nursery_start", b_start, true, false, true},
    {"crib_begin_nursery_start_stackless", b_start_flat, true, false, true},
};
#define BEGINS (sizeof begins / sizeof begins[0])

/* Each is refused with `code`, says what `task_name` tells of (see EXPECT_SAID), and consumes what it was given. */
static void all_refuse(crib_op *op, int code, const char *task_name, bool handles_only) {
    size_t i;
    for (i = 0; i < BEGINS; i++) {
        if (handles_only && !begins[i].needs_handle) continue;
        gone = drops = 0;
        EXPECT_EQ(begins[i].begin(op), code);
        EXPECT_EQ(drops, begins[i].drops);
        EXPECT_EQ(gone, begins[i].destroys);
        if (code == CRIB_EMISUSE && said_count > 1) said_count = 1; /* a test of its own is about that */
        if (code == CRIB_EMISUSE) EXPECT_SAID(begins[i].name, task_name);
    }
    EXPECT_QUIET();
}

static void outside(void *op) { all_refuse(op, CRIB_EMISUSE, NULL, false); }

Test(op, outside_a_run_nothing_begins) {
    outside(NULL);
    in_thread(outside, (void *)(uintptr_t)0x0100000100000009);
    EXPECT_NOTHING_UNEXPECTED();
}

Test(op, a_refusal_outside_a_run_is_said_once) {
    EXPECT_MISUSE(crib_begin_checkpoint(NULL), "crib_begin_checkpoint", NULL);
    EXPECT_MISUSE(crib_op_abort(NULL), "crib_op_abort", NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int foreign(void *op) {
    all_refuse(op, CRIB_EMISUSE, "main", false);
    EXPECT_EQ(crib_op_id(op), 0);
    return RAN;
}

static int stale(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)arg;
    crib_op_free(op);
    all_refuse(op, CRIB_EMISUSE, "main", false);
    all_refuse(NULL, CRIB_EMISUSE, "main", false);
    all_refuse(crib_task_op(crib_task_current()), CRIB_EMISUSE, "main", false);
    op = crib_op_new(crib_task_current(), NULL);
    in_other_run(foreign, op);
    EXPECT(crib_op_id(op) != 0);
    return RAN;
}

Test(op, stale_and_foreign_slots_and_slot_0_of_a_fiber_begin_nothing) { EXPECT_RUN(run_autojump(stale, NULL)); }

static int without_handle(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)arg;
    tx = NULL;
    rx = NULL;
    nursery = NULL;
    portal = NULL;
    task = NULL;
    all_refuse(op, CRIB_EMISUSE, "main", true);
    EXPECT_EQ(crib_begin_sleep(op, 1), CRIB_PENDING); /* it stayed idle */
    return RAN;
}

Test(op, what_waits_for_null_is_refused_by_name) { EXPECT_RUN(run_autojump(without_handle, NULL)); }

static int wait_for_own_task(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)arg;
    EXPECT_MISUSE(crib_begin_task_wait(op, crib_task_current()), "crib_begin_task_wait", "main");
    return RAN;
}

Test(op, a_slot_does_not_wait_for_its_own_task) { EXPECT_RUN(run_autojump(wait_for_own_task, NULL)); }

static int busy(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_nursery *other = crib_nursery_open();
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &tx, &rx), 0);
    nursery = other;
    portal = crib_portal_open();
    task = crib_nursery_spawn(other, "c", stays, NULL, NULL);
    EXPECT_EQ(crib_begin_sleep(op, CRIB_FOREVER), CRIB_PENDING);
    all_refuse(op, CRIB_EBUSY, "main", false);
    EXPECT_EQ(crib_op_set_scope(op, NULL), CRIB_EBUSY);
    EXPECT_EQ(crib_op_take(op, &result), CRIB_PENDING);
    EXPECT_QUIET();
    crib_op_free(op);
    crib_unref(portal);
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_EQ(crib_task_cancel(task, NULL), 0);
    crib_unref(task);
    EXPECT_EQ(crib_nursery_close(other, 0), 0);
    return RAN;
}

Test(op, a_busy_slot_begins_nothing) { EXPECT_RUN(run_autojump(busy, NULL)); }

static int bad_arguments(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    gone = 0;
    EXPECT_EQ(crib_begin_sleep(op, -1), CODE_EINVAL);
    EXPECT_EQ(crib_begin_wait_all_tasks_blocked(op, -1), CODE_EINVAL);
    EXPECT_EQ(crib_begin_call(op, NULL, &gone, count_call), CODE_EINVAL);
    EXPECT_EQ(crib_begin_nursery_start(op, n, "c", NULL, &gone, count_call), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_begin_nursery_close(op, n, NULL), "crib_begin_nursery_close", "main");
    EXPECT_EQ(gone, 2);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(op, bad_arguments_are_refused_and_leave_the_slot_idle) { EXPECT_RUN(run_autojump(bad_arguments, NULL)); }

static int without_resume(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_nursery *n = crib_nursery_open();
    crib_task *child = (crib_task *)&gone;
    (void)arg;
    gone = 0;
    EXPECT_MISUSE(crib_begin_nursery_start_stackless(op, n, "c", NULL, (uintptr_t)&gone, count_data, &child),
                  "crib_begin_nursery_start_stackless", "main");
    EXPECT(child == NULL);
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(op, a_child_that_nobody_resumes_is_refused_by_name) { EXPECT_RUN(run_autojump(without_resume, NULL)); }

/* --- slots ------------------------------------------------------------------------------------ */

static int slots(void *arg) {
    crib_task *self = crib_task_current();
    crib_op *op = crib_op_new(self, NULL);
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    crib_result result = {5, 5, {&result, NULL}};
    uint64_t id = crib_op_id(op);
    (void)arg;
    EXPECT_MISUSE(crib_op_take(op, &result), "crib_op_take", "main");
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(crib_op_abort(op), 0); /* idle */
    EXPECT(crib_op_take_error(op) == NULL);
    EXPECT_EQ(crib_op_set_scope(op, s), 0);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT_MISUSE(crib_op_set_scope(op, s), "crib_op_set_scope", "main");
    EXPECT_EQ(crib_op_set_scope(op, NULL), 0);
    EXPECT_NO_HANDLE(crib_op_new(self, s), "crib_op_new", "main");
    EXPECT_MISUSE(crib_op_set_scope(crib_task_op(self), NULL), "crib_op_set_scope", "main");
    EXPECT_MISUSE(crib_op_abort(crib_task_op(self)), "crib_op_abort", "main");
    EXPECT_EQ(crib_begin_checkpoint(op), CRIB_PENDING);
    EXPECT(crib_op_id(op) != id);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_MISUSE(crib_op_take(op, &result), "crib_op_take", "main");
    crib_op_free(op);
    crib_op_free(op);
    crib_op_free(NULL);
    crib_op_free(crib_task_op(self));
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_op_take(op, &result), "crib_op_take", "main");
    EXPECT_MISUSE(crib_op_abort(op), "crib_op_abort", "main");
    EXPECT_MISUSE(crib_op_set_scope(op, NULL), "crib_op_set_scope", "main");
    EXPECT(crib_op_take_error(op) == NULL);
    EXPECT_EQ(crib_op_id(op), 0);
    EXPECT_EQ(crib_op_id(NULL), 0);
    return RAN;
}

Test(op, a_slot_knows_whether_it_is_idle_or_stale) { EXPECT_RUN(run_autojump(slots, NULL)); }

static bool undone;
static bool undo(crib_op *op, void *user_data) {
    EXPECT(op == *(crib_op **)user_data);
    EXPECT(!crib_in_task());
    EXPECT_EQ(crib_checkpoint(), CRIB_EMISUSE);
    said_forget();
    return undone;
}

static int parks(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_result result;
    (void)arg;
    EXPECT_MISUSE(crib_op_complete(op, 0, droppable()), "crib_op_complete", "main");
    EXPECT_EQ(crib_begin_park(op, undo, &op, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_op_complete(op, 3, crib_value_int(4)), 0);
    EXPECT_MISUSE(crib_op_complete(op, 0, droppable()), "crib_op_complete", "main");
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(crib_value_as_int(result.value, 0), 4);
    EXPECT_EQ(crib_begin_park(op, undo, &op, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(op), CRIB_EBUSY); /* its abort returned false */
    EXPECT_EQ(crib_op_complete(op, 0, droppable()), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    undone = true;
    op = crib_op_new(crib_task_current(), NULL);
    EXPECT_EQ(crib_begin_park(op, undo, &op, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_MISUSE(crib_op_complete(op, 0, nil_value), "crib_op_complete", "main");
    EXPECT_EQ(crib_begin_park(op, NULL, NULL, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(op), CRIB_EBUSY);
    EXPECT_EQ(crib_op_complete(op, 0, droppable()), 0);
    return RAN;
}

Test(op, a_park_is_completed_once_and_undone_if_its_abort_says_so) {
    EXPECT_RUN(run_autojump(parks, NULL));
    cr_assert_eq(drops, 4, "two refused ones, two that nobody took");
}
