/* No error, no value and no wake-up is lost: the corners where one could be. */
#include <pthread.h>
#include <stdlib.h>

#include "support/log.h"
#include "support/run.h"

TestSuite(losses, .timeout = 10);

/* ---- errors */

static int fails_later(void *arg) {
    (void)arg;
    crib_sleep(CRIB_MS(1));
    return crib_fail(CODE_A, "after its parent's exit");
}

static void exits_while_it_closes(crib_task *self, uintptr_t data) {
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(self)};
    crib_nursery *n = crib_nursery_open_with(&options);
    (void)data;
    EXPECT_EQ(crib_nursery_start_soon(n, "child", fails_later, NULL, NULL), 0);
    EXPECT_EQ(crib_begin_nursery_close(crib_task_op(self), n, NULL), CRIB_PENDING);
    crib_task_exit(self, NULL);
}

Test(losses, a_failure_reaches_the_run_though_the_task_exits_while_its_nursery_closes) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_lt(crib_runtime_run_stackless(rt, "main", exits_while_it_closes, 0, NULL), 0);
    cr_assert_not_null(crib_error_find(crib_error_current(), CODE_A));
    crib_unref(rt);
}

static bool out_of_memory;

static void *test_alloc(size_t bytes, void *unused) {
    (void)unused;
    return out_of_memory ? NULL : malloc(bytes);
}

static void *test_resize(void *p, size_t bytes, void *unused) {
    (void)unused;
    return out_of_memory ? NULL : realloc(p, bytes);
}

static void test_free(void *p, void *unused) {
    (void)unused;
    free(p);
}

static int fails_without_memory(void *arg) {
    (void)arg;
    out_of_memory = true;
    return CODE_A;
}

static int closes_without_memory(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "child", fails_without_memory, NULL, NULL), 0);
    rc = crib_nursery_close(n, 0);
    out_of_memory = false;
    EXPECT(rc < 0);
    return RAN;
}

Test(losses, a_failure_is_a_failure_without_any_memory) {
    crib_allocator allocator = {sizeof allocator, test_alloc, test_resize, test_free, NULL};
    cr_assert_eq(crib_set_allocator(&allocator), 0);
    EXPECT_RUN(run_with(NULL, closes_without_memory, NULL));
}

static void lets_a_scope_go(crib_task *self, uintptr_t data) {
    crib_scope_options options = scope_defaults();
    (void)data;
    options.parent = crib_task_scope(self);
    crib_unref(crib_scope_open(&options));
    crib_task_exit(self, NULL);
}

Test(losses, a_scope_let_go_by_a_stackless_task_is_no_misuse) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN_RETURNS(crib_runtime_run_stackless(rt, "main", lets_a_scope_go, 0, NULL), 0);
    crib_unref(rt);
}

static int fails_at_once(void *arg) {
    (void)arg;
    return CODE_A;
}

static void handles_the_failure(crib_task *self, uintptr_t data) {
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(self)};
    crib_nursery *n;
    crib_result result;
    (void)data;
    if (crib_op_take(crib_task_op(self), &result) == 0) {
        EXPECT_EQ(result.status, CODE_A);
        crib_task_exit(self, NULL);
        return;
    }
    n = crib_nursery_open_with(&options);
    EXPECT_EQ(crib_nursery_start_soon(n, "child", fails_at_once, NULL, NULL), 0);
    EXPECT_EQ(crib_begin_nursery_close(crib_task_op(self), n, NULL), CRIB_PENDING);
}

Test(losses, a_failure_taken_and_handled_does_not_come_back) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN_RETURNS(crib_runtime_run_stackless(rt, "main", handles_the_failure, 0, NULL), 0);
    crib_unref(rt);
}

/* ---- values */

static int abort_a_finished_receive(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_receiver *rx;
    crib_sender *tx;
    crib_result result;
    crib_value v;
    (void)arg;
    EXPECT_EQ(crib_channel_open(2, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(1)), 0);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(2)), 0);
    result = crib_begin_receive(op, rx);
    EXPECT_EQ(result.status, CRIB_PENDING); /* the budget is one: the value is in the slot already */
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), 1);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), 2);
    crib_op_free(op);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(losses, a_receive_that_only_the_budget_held_up_gives_its_value_back) {
    EXPECT_RUN(run_strict(abort_a_finished_receive, NULL));
}

static int abort_a_received_nil(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_value nil = {NULL, NULL}, v;
    crib_receiver *rx;
    crib_sender *tx;
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &tx, &rx), 0);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_sender_send_nowait(tx, &nil), 0);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), 0);
    crib_op_free(op);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(losses, a_nil_value_is_given_back_like_any_other) { EXPECT_RUN(run_with(NULL, abort_a_received_nil, NULL)); }

static int dropped;

static void counts_drop(void *p) {
    (void)p;
    ++dropped;
}
static const crib_vtable record_table = {sizeof(crib_vtable), counts_drop, "of a language", CRIB_VALUE_DROP_RECORD};

Test(losses, the_payload_of_an_error_is_dropped_by_a_record) {
    crib_runtime *rt = crib_runtime_new(NULL);
    crib_value payload = {&dropped, &record_table};
    crib_ready record;
    crib_task *task;
    cr_assert_eq(crib_runtime_start_stackless(rt, "main", NULL, 1, NULL, &task), 0);
    cr_assert_eq(crib_runtime_poll_ready(rt, &record, 1, 0), 1);
    crib_unref(crib_error_new_payload(CODE_A, "foreign", payload));
    cr_assert_eq(dropped, 0);
    cr_assert_eq(crib_runtime_poll_ready(rt, &record, 1, CRIB_POLL_NOWAIT), 1);
    cr_assert_eq(record.kind, CRIB_READY_DROP);
    cr_assert_eq(record.value, (uint64_t)(uintptr_t)&dropped);
    crib_task_exit(task, NULL);
    while (crib_runtime_active(rt)) crib_runtime_poll_ready(rt, &record, 1, 0);
    cr_assert_eq(crib_runtime_finish(rt), 0);
    crib_unref(rt);
}

/* ---- wake-ups */

static crib_nursery *narrow;
static int found_room;

static int child(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_MS(10));
}

static int finds_room_and_leaves(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_nursery_wait_room(narrow), 0);
    ++found_room;
    return 0;
}

static int two_wait_for_one_place(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .max_children = 1};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    narrow = crib_nursery_open_with(&options);
    EXPECT_EQ(crib_nursery_start_soon(narrow, "child", child, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "waiter", finds_room_and_leaves, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "waiter", finds_room_and_leaves, NULL, NULL), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(found_room, 2);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(narrow, 0), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(losses, room_that_its_finder_does_not_take_is_anothers) { EXPECT_RUN(run_autojump(two_wait_for_one_place, NULL)); }

static crib_sender *last_sender;

static void *releases(void *arg) {
    crib_unref(last_sender);
    return arg;
}

static int wait_for_what_has_come(void *arg) {
    crib_receiver *rx;
    pthread_t thread;
    crib_value v;
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &last_sender, &rx), 0);
    EXPECT_EQ(pthread_create(&thread, NULL, releases, NULL), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    crib_unref(rx);
    return RAN;
}

Test(losses, what_another_thread_has_done_already_is_no_deadlock) {
    EXPECT_RUN(run_with(NULL, wait_for_what_has_come, NULL));
}

static bool refuses(crib_op *op, void *arg) {
    (void)op;
    (void)arg;
    return false;
}

static int leaves_an_op_behind(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)arg;
    EXPECT_EQ(crib_begin_park(op, refuses, NULL, "nobody"), CRIB_PENDING);
    return 0;
}

Test(losses, a_deadlock_on_the_last_op_of_a_task_ends_the_run) {
    cr_assert_eq(run_with(NULL, leaves_an_op_behind, NULL), CRIB_EDEADLOCK);
}

/* ---- portals that outlive their run */

static crib_portal *old_portal;

/* Each wait of it is shielded anew, also after the shields were lowered. */
static int shields_again(void *arg) {
    const crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    int *ended = arg;
    int i;
    for (i = 0; i < 3; i++) {
        crib_scope *s = crib_scope_open(&shielded);
        crib_scope_close(s, crib_sleep_forever(), NULL);
        ++*ended;
    }
    return 0;
}

Test(losses, shields_raised_in_a_deadlock_do_not_keep_the_run) {
    int ended = 0;
    cr_assert_eq(run_autojump(shields_again, &ended), CRIB_EDEADLOCK);
    cr_assert_eq(ended, 3);
}

static int opens_a_portal(void *arg) {
    (void)arg;
    old_portal = crib_portal_open();
    return 0;
}

static int waits_on_it(void *arg) {
    crib_scope *patience = crib_move_on_after(CRIB_SECONDS(1));
    (void)arg;
    EXPECT_EQ(crib_portal_wait(old_portal), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(patience, 0, NULL), 0);
    return RAN;
}

static int sleeps_forever(void *arg) {
    (void)arg;
    return crib_sleep_forever();
}

Test(losses, a_portal_of_a_former_run_wakes_nobody_and_hides_no_deadlock) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_run(rt, opens_a_portal, NULL, NULL), 0);
    EXPECT_RUN(crib_runtime_run(rt, waits_on_it, NULL, NULL));
    cr_assert_eq(crib_runtime_run(rt, sleeps_forever, NULL, NULL), CRIB_EDEADLOCK);
    crib_unref(old_portal);
    crib_unref(rt);
}
