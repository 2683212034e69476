/* Op slots of stackless tasks: freeing slot 0, ending twice, closing nurseries twice, what is given after the end. */
#include "capi/messages.h"

TestSuite(op_task, .init = listen_to_messages, .timeout = 20);

static void frees_slot_0(crib_task *self, void *arg) {
    crib_op *op = crib_task_op(self);
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_begin_sleep(op, CRIB_FOREVER), CRIB_PENDING);
    crib_op_free(op); /* only aborts it */
    EXPECT(crib_task_op(self) == op);
    EXPECT_MISUSE(crib_op_take(op, &result), "crib_op_take", "flat");
    EXPECT_EQ(crib_begin_sleep(op, CRIB_FOREVER), CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_op_take(NULL, &result), CRIB_EMISUSE);
    EXPECT_SAID("crib_op_take", "flat");
}

Test(op_task, freeing_slot_0_of_a_stackless_task_only_aborts) {
    in_stackless_task(frees_slot_0, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static void cancelled_while_idle(crib_task *self, void *arg) {
    crib_op *op = crib_task_op(self);
    int gone = 0;
    (void)arg;
    EXPECT_EQ(crib_task_cancel(self, "now"), 0);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_begin_sleep(op, 1), CRIB_ECANCELLED);
    EXPECT_EQ(crib_begin_call(op, ends, &gone, count_call), CRIB_ECANCELLED);
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_EXPIRED);
    EXPECT_QUIET();
}

Test(op_task, a_cancelled_task_begins_nothing) {
    in_stackless_task(cancelled_while_idle, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static struct {
    crib_nursery *nursery;
    crib_op *second;
    int stage, destroyed;
} closing;

static int run_flat(crib_resume_fn resume, uintptr_t data) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_AUTOJUMP};
    crib_runtime *rt = crib_runtime_new(&o);
    int rc = crib_runtime_run_stackless(rt, "flat", resume, data, NULL);
    crib_unref(rt);
    return rc;
}

static void closes_once(crib_task *self, uintptr_t data) {
    crib_result result;
    if (closing.stage == 1) {
        EXPECT_EQ(crib_op_take(crib_task_op(self), &result), 0);
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(closing.destroyed, 1);
        crib_task_exit(self, crib_error_new(CODE_B, "on purpose"));
        crib_task_exit(self, crib_error_new(CODE_C, "once too often"));
        return;
    }
    closing.stage = 1;
    (void)data;
    {
        crib_nursery_options o = {.size = sizeof o, .parent = crib_task_scope(self)};
        crib_op *op = crib_task_op(self);
        closing.nursery = crib_nursery_open_with(&o);
        closing.second = crib_op_new(self, NULL);
        EXPECT_EQ(crib_nursery_start_soon(closing.nursery, "c", ends, &closing.destroyed, count_call), 0);
        EXPECT_MISUSE(crib_begin_nursery_close(op, NULL, crib_error_new(CODE_A, NULL)), "crib_begin_nursery_close",
                      "flat");
        EXPECT_EQ(crib_begin_nursery_close(op, closing.nursery, NULL), CRIB_PENDING);
        EXPECT_MISUSE(crib_begin_nursery_close(closing.second, closing.nursery, crib_error_new(CODE_A, NULL)),
                      "crib_begin_nursery_close", "flat");
        EXPECT_EQ(crib_op_set_scope(op, NULL), CRIB_EBUSY);
    }
}

Test(op_task, a_nursery_is_closed_once_and_a_task_ends_once) {
    EXPECT_EQ(run_flat(closes_once, 0), CODE_B);
    EXPECT_EQ(closing.stage, 1);
    EXPECT_NOTHING_UNEXPECTED();
}

static void exits_fiber(void *arg) {
    crib_task_exit(arg, crib_error_new(CODE_A, NULL));
    EXPECT_SAID("crib_task_exit", NULL);
}

static int fiber_exits(void *arg) {
    (void)arg;
    crib_task_exit(crib_task_current(), crib_error_new(CODE_A, NULL));
    EXPECT_QUIET();
    crib_task_exit(NULL, crib_error_new(CODE_A, NULL));
    EXPECT_SAID("crib_task_exit", "main");
    in_thread(exits_fiber, crib_task_current());
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(op_task, a_fiber_is_not_ended_by_exit) { EXPECT_RUN(run_autojump(fiber_exits, NULL)); }

static void leaves_open(crib_task *self, uintptr_t data) {
    crib_scope_options o = scope_defaults();
    (void)data;
    o.parent = crib_task_scope(self);
    EXPECT(crib_scope_open(&o) != NULL);
    crib_task_exit(self, NULL);
}

Test(op_task, a_scope_left_open_is_misuse_of_the_task) {
    EXPECT_EQ(run_flat(leaves_open, 0), CRIB_EMISUSE);
    EXPECT_EQ(said_code, CRIB_EMISUSE);
    EXPECT_HAS(said_text, "(task 'flat')");
    EXPECT_NOTHING_UNEXPECTED();
}

static int called(void *arg) {
    EXPECT(crib_in_task());
    EXPECT_STR(crib_task_name(crib_task_current()), "call");
    EXPECT(crib_task_parent_nursery(crib_task_current()) == NULL);
    return crib_fail(CODE_A, arg);
}

static void calls(crib_task *self, uintptr_t data) {
    crib_op *op = crib_task_op(self);
    crib_result result;
    crib_error *e;
    if (closing.stage++ == 0) {
        EXPECT_EQ(crib_begin_call(op, called, "from the call", NULL), CRIB_PENDING);
        return;
    }
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, CODE_A);
    e = crib_op_take_error(op);
    EXPECT_STR(crib_error_message(e), "from the call");
    crib_unref(e);
    EXPECT(crib_op_take_error(op) == NULL);
    (void)data;
    crib_task_exit(self, NULL);
}

Test(op_task, a_call_gives_its_code_and_its_tree) {
    EXPECT_EQ(run_flat(calls, 0), 0);
    EXPECT_EQ(closing.stage, 2);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

static void gives_up_its_close(crib_task *self, uintptr_t data) {
    static crib_scope *scope;
    crib_op *op = crib_task_op(self);
    crib_result result;
    (void)data;
    if (closing.stage > 0) EXPECT_EQ(crib_op_take(op, &result), 0);
    if (closing.stage++ == 0) {
        crib_scope_options o = scope_defaults();
        crib_nursery_options inside = {.size = sizeof inside};
        o.parent = crib_task_scope(self);
        scope = inside.parent = crib_scope_open(&o);
        closing.nursery = crib_nursery_open_with(&inside);
        closing.second = crib_op_new(self, NULL);
        EXPECT_EQ(crib_nursery_start_soon(closing.nursery, "c", stays, NULL, NULL), 0);
        EXPECT_EQ(crib_begin_checkpoint(op), CRIB_PENDING);
    } else if (closing.stage == 2) {
        EXPECT_EQ(crib_scope_cancel(scope, NULL), 0); /* what the child will end with is this scope's affair */
        EXPECT_EQ(crib_begin_nursery_close(closing.second, closing.nursery, NULL), CRIB_PENDING);
        crib_op_free(closing.second);
        EXPECT_EQ(crib_begin_sleep(op, 1), CRIB_PENDING);
    } else {
        EXPECT(crib_scope_close_error(scope, NULL, NULL) == NULL);
        crib_task_exit(self, NULL);
    }
}

Test(op_task, a_cancelled_child_of_a_nursery_whose_close_was_given_up_is_no_failure_of_its_task) {
    closing.stage = 0;
    EXPECT_EQ(run_flat(gives_up_its_close, 0), 0);
    EXPECT_EQ(closing.stage, 3);
    EXPECT_NOTHING_UNEXPECTED();
}

static void calls_again(crib_task *self, uintptr_t data) {
    crib_op *op = crib_task_op(self);
    crib_result result;
    (void)data;
    if (closing.stage > 0) {
        EXPECT_EQ(crib_op_take(op, &result), 0);
        EXPECT_EQ(result.status, closing.stage == 1 ? CODE_A : 0);
    }
    if (closing.stage == 2) EXPECT(crib_op_take_error(op) == NULL);
    switch (closing.stage++) {
        case 0: EXPECT_EQ(crib_begin_call(op, called, "never asked for", NULL), CRIB_PENDING); return;
        case 1: EXPECT_EQ(crib_begin_sleep(op, 1), CRIB_PENDING); return;
        default: crib_task_exit(self, NULL);
    }
}

Test(op_task, a_tree_nobody_asked_for_is_gone_at_the_next_begin) {
    EXPECT_EQ(run_flat(calls_again, 0), 0);
    EXPECT_EQ(closing.stage, 3);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- handles of another run, with a good slot ------------------------------------------------- */

struct lent {
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *nursery;
    crib_task *task;
    crib_portal *portal;
};

static int borrows(void *arg) {
    const struct lent *l = arg;
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    int gone = 0;
    EXPECT_MISUSE(crib_begin_send(op, l->tx, droppable()), "crib_begin_send", "main");
    EXPECT_EQ(drops, 1);
    EXPECT_MISUSE(crib_begin_receive(op, l->rx).status, "crib_begin_receive", "main");
    EXPECT_MISUSE(crib_begin_task_wait(op, l->task), "crib_begin_task_wait", "main");
    EXPECT_MISUSE(crib_begin_portal_wait(op, l->portal), "crib_begin_portal_wait", "main");
    EXPECT_MISUSE(crib_begin_nursery_wait_room(op, l->nursery), "crib_begin_nursery_wait_room", "main");
    EXPECT_MISUSE(crib_begin_nursery_wait_idle(op, l->nursery), "crib_begin_nursery_wait_idle", "main");
    EXPECT_MISUSE(crib_begin_nursery_close(op, l->nursery, NULL), "crib_begin_nursery_close", "main");
    EXPECT_MISUSE(crib_begin_nursery_start(op, l->nursery, "c", ends, &gone, count_call), "crib_begin_nursery_start",
                  "main");
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(crib_op_abort(op), 0); /* nothing was begun */
    EXPECT_MISUSE(crib_op_take(op, &(crib_result){0}), "crib_op_take", "main");
    return RAN;
}

static int lends(void *arg) {
    struct lent l;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &l.tx, &l.rx), 0);
    EXPECT_EQ(crib_sender_send(l.tx, crib_value_int(1)), 0);
    l.task = crib_task_current();
    l.portal = crib_portal_open();
    l.nursery = crib_nursery_open();
    in_other_run(borrows, &l);
    EXPECT_EQ(crib_nursery_close(l.nursery, 0), 0);
    crib_unref(l.portal);
    crib_unref(l.tx);
    crib_unref(l.rx);
    return RAN;
}

Test(op_task, handles_of_another_run_are_refused_by_every_begin_function) { EXPECT_RUN(run_autojump(lends, NULL)); }

/* --- slots of fibers -------------------------------------------------------------------------- */

static int slot_of_a_fiber(void *slot) {
    *(crib_op **)slot = crib_op_new(crib_task_current(), NULL);
    return stays(NULL);
}

static int slots_elsewhere(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_op *op = NULL;
    crib_task *child = crib_nursery_spawn(n, "child", slot_of_a_fiber, &op, NULL);
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_MISUSE(crib_begin_checkpoint(crib_task_op(child)), "crib_begin_checkpoint", "child");
    EXPECT_NO_HANDLE(crib_op_new(child, crib_nursery_scope(n)), "crib_op_new", "child");
    EXPECT_MISUSE(crib_op_take(op, &result), "crib_op_take", "child");
    EXPECT_EQ(crib_begin_sleep(op, 5), CRIB_PENDING); /* a callback or another task may begin for it */
    EXPECT_EQ(crib_sleep(10), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_begin_sleep(op, CRIB_FOREVER), CRIB_PENDING);
    EXPECT_EQ(crib_task_cancel(child, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_op_id(op), 0); /* slots left over go with their task */
    EXPECT_MISUSE(crib_begin_sleep(op, 5), "crib_begin_sleep", "main");
    crib_unref(child);
    return RAN;
}

Test(op_task, a_message_about_a_slot_names_the_task_it_belongs_to) { EXPECT_RUN(run_autojump(slots_elsewhere, NULL)); }
