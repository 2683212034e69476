/* Shared channels in one thread: opening, what may cross, what outlives a run, misuse. */
#include "capi/shared_ends.h"

TestSuite(channel_shared, .init = listen_to_messages, .timeout = 20);

/* --- opening --- */

static void opens(void *arg) {
    const size_t refused[] = {0, ((size_t)1 << 24) + 1, CRIB_UNBOUNDED};
    size_t i;
    (void)arg;
    for (i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        crib_channel_options options = {.size = sizeof options, .capacity = refused[i], .shared = 1};
        tx = (crib_sender *)&drops;
        rx = (crib_receiver *)&drops;
        EXPECT_EQ(crib_channel_open_shared(refused[i], &tx, &rx), CODE_EINVAL);
        EXPECT(tx == NULL && rx == NULL);
        EXPECT_EQ(crib_channel_open_with(&options, &tx, &rx), CODE_EINVAL);
    }
    EXPECT_EQ(crib_channel_open_shared(1, NULL, &rx), CODE_EINVAL);
    EXPECT_EQ(crib_channel_open_shared(1, &tx, NULL), CODE_EINVAL);
    open_channel((size_t)1 << 24);
    close_channel();
    open_channel(3);
    for (i = 0; i < 3; i++) EXPECT_EQ(put((int)i), 0);
    EXPECT_EQ(put(3), CRIB_EWOULDBLOCK);
    for (i = 0; i < 3; i++) EXPECT_EQ(got(), i);
    EXPECT_EQ(got(), CRIB_EWOULDBLOCK);
    close_channel();
}

static int opens_in_a_run(void *arg) {
    opens(arg);
    EXPECT_QUIET();
    return RAN;
}

Test(channel_shared, one_opens_and_works_anywhere) {
    opens(NULL);
    in_thread(opens, NULL);
    EXPECT_RUN(run_autojump(opens_in_a_run, NULL));
}

static void opens_with(void *arg) {
    crib_channel_options options = {.size = sizeof options, .capacity = 2, .shared = 1};
    (void)arg;
    EXPECT_EQ(crib_channel_open_with(&options, &tx, &rx), 0);
    EXPECT_EQ(put(1), 0);
    EXPECT_EQ(numbers().capacity, 2);
    close_channel();
    for (options.overflow = 1; options.overflow <= 3; options.overflow++) {
        EXPECT_EQ(crib_channel_open_with(&options, &tx, &rx), CODE_EINVAL);
    }
    options.overflow = 0;
    options.shared = 2;
    EXPECT_EQ(crib_channel_open_with(&options, &tx, &rx), CODE_EINVAL);
}

Test(channel_shared, options_open_one_too_but_no_other_overflow_than_to_wait) {
    in_thread(opens_with, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- what may cross --- */

static int crosses(void *arg) {
    crib_value v = droppable();
    (void)arg;
    open_channel(4);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), CODE_EINVAL);
    EXPECT(v.vt == &droppable_table);
    EXPECT_EQ(drops, 0);
    EXPECT_EQ(crib_sender_send(tx, v), CODE_EINVAL);
    EXPECT_EQ(drops, 1);
    EXPECT_EQ(numbers().buffered, 0);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(-7)), 0);
    EXPECT_EQ(crib_sender_send(tx, nil_value), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), -7);
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT(v.vt == NULL);
    crib_receiver_close(rx);
    EXPECT_EQ(crib_sender_send(tx, droppable()), CODE_EINVAL); /* whatever else is wrong */
    EXPECT_EQ(crib_sender_send(tx, sendable_value(1)), CRIB_EBROKEN);
    EXPECT_EQ(sendable.dropped[1], 1);
    crib_sender_close(tx);
    EXPECT_EQ(crib_sender_send(tx, sendable_value(1)), CRIB_ECLOSED);
    EXPECT_EQ(sendable.dropped[1], 2);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_ECLOSED);
    EXPECT(crib_sender_clone(tx) == NULL && crib_receiver_clone(rx) == NULL);
    close_channel();
    EXPECT_QUIET();
    return RAN;
}

Test(channel_shared, only_what_is_sendable_crosses) { EXPECT_RUN(run_autojump(crosses, NULL)); }

/* --- waits that end --- */

static int receives_in_time(void *arg) {
    crib_value v = droppable();
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    int rc;
    (void)arg;
    open_channel(1);
    rc = crib_receiver_receive(rx, &v);
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT(v.vt == NULL);
    EXPECT_EQ(put(1), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_ECANCELLED); /* though there is one */
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    EXPECT_EQ(crib_receiver_receive(rx, NULL), 0);
    EXPECT_EQ(sendable.dropped[1], 1);
    close_channel();
    return RAN;
}

Test(channel_shared, a_cancelled_receive_takes_nothing) { EXPECT_RUN(run_autojump(receives_in_time, NULL)); }

/* Nobody is expected any more once a wait is over, however it ended: this is a deadlock like any other. */
static int expects_nobody(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_scope *scope;
    crib_value v;
    int rc;
    (void)arg;
    open_channel(1);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(crib_op_abort(op), 0);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(put(1), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(crib_begin_send(op, tx, sendable_value(2)), CRIB_EBUSY); /* done, and not taken */
    crib_op_free(op);
    EXPECT_EQ(got(), 1);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    rc = crib_receiver_receive(rx, &v);
    EXPECT_EQ(crib_scope_close(scope, rc, NULL), 0);
    close_channel();
    return crib_sleep_forever();
}

Test(channel_shared, a_wait_that_is_over_keeps_no_run_from_being_deadlocked) {
    EXPECT_RUN_RETURNS(run_autojump(expects_nobody, NULL), CRIB_EDEADLOCK);
}

/* --- what outlives a run --- */

static int first_run(void *arg) {
    (void)arg;
    open_channel(4);
    EXPECT_EQ(crib_sender_send(tx, sendable_value(1)), 0);
    return RAN;
}

static int second_run(void *arg) {
    crib_value v;
    (void)arg;
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(sendable_number(v), 1);
    EXPECT_EQ(crib_sender_send(tx, sendable_value(2)), 0);
    return RAN;
}

Test(channel_shared, one_outlives_runs_and_runtimes) {
    EXPECT_RUN(run_autojump(first_run, NULL));
    in_other_run(second_run, NULL);
    EXPECT_EQ(numbers().buffered, 1);
    EXPECT_EQ(put(3), 0);
    EXPECT_EQ(got(), 2);
    close_channel();
    EXPECT_EQ(sendable.dropped[3], 1);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- misuse --- */

static int misuses(void *arg) {
    crib_value v = sendable_value(1);
    crib_channel_stats s = {.size = 1};
    (void)arg;
    open_channel(1);
    EXPECT_MISUSE(crib_sender_close_error(tx, crib_error_new_payload(CODE_A, NULL, v)), "crib_sender_close_error",
                  "main");
    EXPECT(strstr(said_all, "another run") == NULL);
    EXPECT_EQ(sendable.dropped[1], 1);
    EXPECT_EQ(put(2), 0); /* it was not closed */
    EXPECT_EQ(got(), 2);
    EXPECT_EQ(crib_sender_statistics(tx, &s), CODE_EINVAL);
    EXPECT_EQ(crib_sender_statistics(tx, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_receiver_receive_batch(rx, &v, 0), CODE_EINVAL);
    EXPECT_EQ(crib_receiver_receive_batch_nowait(rx, NULL, 1), CODE_EINVAL);
    close_channel();
    EXPECT_QUIET();
    return RAN;
}

Test(channel_shared, one_is_not_closed_with_an_error) { EXPECT_RUN(run_autojump(misuses, NULL)); }

static void waits_outside(void *arg) {
    crib_value v;
    (void)arg;
    open_channel(1);
    EXPECT_MISUSE(crib_sender_send(tx, sendable_value(1)), "crib_sender_send", NULL);
    EXPECT_EQ(sendable.dropped[1], 1);
    EXPECT_MISUSE(crib_receiver_receive(rx, &v), "crib_receiver_receive", NULL);
    close_channel();
}

Test(channel_shared, whoever_waits_needs_a_run) {
    waits_outside(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}
