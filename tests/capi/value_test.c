/* Values: integers, tables, and who drops what where. */
#include "capi/messages.h"

TestSuite(value, .init = listen_to_messages);

Test(value, an_integer_survives_the_round_trip) {
    const int64_t numbers[] = {0, 1, -1, 42, INT32_MIN, INT64_MAX, INT64_MIN};
    size_t i;
    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        cr_assert_eq(crib_value_as_int(crib_value_int(numbers[i]), numbers[i] == 7 ? 8 : 7), numbers[i]);
    }
}

Test(value, what_is_no_integer_gives_the_substitute) {
    cr_assert_eq(crib_value_as_int(nil_value, -5), -5);
    cr_assert_eq(crib_value_as_int(droppable(), INT64_MIN), INT64_MIN);
}

Test(value, an_integer_is_not_nil_and_needs_no_drop) {
    crib_value v = crib_value_int(0);
    cr_assert_not_null(v.vt);
    crib_value_drop(v);
    cr_assert_eq(crib_value_as_int(v, 1), 0);
}

Test(value, the_struct_is_two_words) { cr_assert_eq(sizeof(crib_value), 2 * sizeof(void *)); }

Test(value, dropping_nil_does_nothing) {
    crib_value_drop(nil_value);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

Test(value, drop_runs_once_outside_a_run_too) {
    crib_value_drop(droppable());
    cr_assert_eq(drops, 1);
}

Test(value, a_table_without_drop_is_fine) {
    const crib_vtable plain = {sizeof plain, NULL, "plain", 0};
    int number = 3;
    crib_value v = {&number, &plain};
    crib_value_drop(v);
    cr_assert_eq(number, 3);
}

static void drop_in_thread(void *p) {
    crib_value *v = p;
    crib_value_drop(*v);
}

Test(value, a_sendable_value_is_dropped_in_any_thread) {
    const crib_vtable sendable = {sizeof sendable, drop_counted, "sendable", CRIB_VALUE_SENDABLE};
    crib_value v = {NULL, &sendable};
    in_thread(drop_in_thread, &v);
    EXPECT_NOTHING_UNEXPECTED();
    cr_assert_eq(drops, 1);
}

static void drop_tries_to_wait(void *p) {
    crib_task *waiter = p;
    ++drops;
    EXPECT(!crib_in_task());
    EXPECT(crib_task_current() == NULL);
    EXPECT_MISUSE(crib_checkpoint(), "crib_checkpoint", NULL);
    EXPECT_MISUSE(crib_sleep(1), "crib_sleep", NULL);
    EXPECT(crib_scope_open(NULL) == NULL);
    said_forget();
    if (waiter != NULL) EXPECT_EQ(crib_task_cancel(waiter, "dropped"), 0);
}
static const crib_vtable waiting_table = {sizeof(crib_vtable), drop_tries_to_wait, "waiting", 0};

static int drop_inside(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_value v = {NULL, &waiting_table};
    int code = 1;
    (void)arg;
    v.p = crib_nursery_spawn(n, "waiter", stays, NULL, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_value_drop(v);
    EXPECT_EQ(drops, 1);
    EXPECT(crib_in_task());
    EXPECT_EQ(crib_task_wait(v.p, &code), 0);
    EXPECT_EQ(code, CRIB_ECANCELLED);
    crib_unref(v.p);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(value, drop_may_cancel_but_not_wait) { EXPECT_RUN(run_autojump(drop_inside, NULL)); }

static int refused_values(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_sender_send(NULL, droppable()), "crib_sender_send", "main");
    EXPECT_EQ(drops, 1);
    EXPECT_MISUSE(crib_task_started(droppable()), "crib_task_started", "main");
    EXPECT_EQ(drops, 2);
    EXPECT_MISUSE(crib_unpark(crib_task_current(), 0, droppable()), "crib_unpark", "main");
    EXPECT_EQ(drops, 3);
    EXPECT_MISUSE(crib_op_complete(NULL, 0, droppable()), "crib_op_complete", "main");
    EXPECT_EQ(drops, 4);
    EXPECT_EQ(crib_task_set_result(droppable()), 0);
    EXPECT_EQ(crib_task_set_result(nil_value), 0);
    EXPECT_EQ(drops, 5);
    return RAN;
}

Test(value, a_value_passed_by_value_is_consumed_by_refusals_too) { EXPECT_RUN(run_autojump(refused_values, NULL)); }

static int kept_values(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = droppable();
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), CRIB_EWOULDBLOCK);
    EXPECT(v.vt == &droppable_table);
    EXPECT_EQ(crib_sender_send_nowait(NULL, &v), CRIB_EMISUSE);
    EXPECT(v.vt == &droppable_table);
    crib_sender_close(tx);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), CRIB_ECLOSED);
    EXPECT(v.vt == &droppable_table);
    EXPECT_EQ(drops, 0);
    crib_value_drop(v);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(value, a_value_passed_by_pointer_is_kept_by_refusals) {
    EXPECT_RUN(run_autojump(kept_values, NULL));
    cr_assert_eq(drops, 1);
}

static const crib_vtable recorded_table = {sizeof(crib_vtable), drop_counted, "recorded", CRIB_VALUE_DROP_RECORD};

static int drop_recorded(void *arg) {
    crib_value v = {arg, &recorded_table};
    crib_value_drop(v);
    return RAN;
}

Test(value, the_record_flag_counts_in_polled_runs_only) {
    EXPECT_RUN(run_autojump(drop_recorded, NULL));
    cr_assert_eq(drops, 1);
}

static void drop_and_exit(crib_task *self, uintptr_t data) {
    drop_recorded((void *)data);
    crib_task_exit(self, NULL);
}

Test(value, a_polled_run_hands_out_the_drop_as_a_record) {
    crib_runtime *rt = crib_runtime_new(NULL);
    crib_ready ready[4];
    size_t i, n, seen = 0;
    cr_assert_eq(crib_runtime_start_stackless(rt, NULL, drop_and_exit, 0x55, NULL, NULL), 0);
    while ((n = crib_runtime_poll_ready(rt, ready, 4, 0)) > 0) {
        for (i = 0; i < n; i++) {
            if (ready[i].kind != CRIB_READY_DROP) continue;
            ++seen;
            cr_assert_eq(ready[i].value, 0x55);
            cr_assert_eq(ready[i].vtable, (uintptr_t)&recorded_table);
        }
    }
    cr_assert_eq(crib_runtime_finish(rt), 0);
    cr_assert_eq(seen, 1);
    cr_assert_eq(drops, 0);
    crib_unref(rt);
}

Test(value, what_is_dropped_when_the_polled_run_is_over_is_dropped_once) {
    crib_runtime *rt = crib_runtime_new(NULL);
    crib_value v = {NULL, &recorded_table};
    crib_ready ready;
    int i;
    cr_assert_eq(crib_runtime_start_stackless(rt, NULL, drop_and_exit, 0, NULL, NULL), 0);
    for (i = 0; i < 10 && crib_runtime_active(rt); i++) crib_runtime_poll_ready(rt, &ready, 1, 0);
    drops = 0;
    crib_value_drop(v);
    cr_assert_eq(crib_runtime_finish(rt), 0);
    cr_assert_eq(drops, 1);
    crib_unref(rt);
}
