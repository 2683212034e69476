/* Channels closed with an error: who sees it, when, and how often. */
#include "capi/messages.h"
#include "support/log.h"
#include "support/strand.h"

TestSuite(channel_error, .init = listen_to_messages, .timeout = 20);

static crib_sender *tx;
static crib_receiver *rx;

static void open_channel(size_t capacity) { EXPECT_EQ(crib_channel_open(capacity, &tx, &rx), 0); }

static void close_channel(void) {
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_QUIET();
}

static int close_with(int code) {
    return crib_sender_close_error(tx, crib_error_new_payload(code, "the producer said so", droppable()));
}

/* --- who sees it --- */

static int after_the_buffer(void *arg) {
    crib_value v;
    (void)arg;
    open_channel(4);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(1)), 0);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(2)), 0);
    EXPECT_EQ(close_with(CODE_A), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(crib_receiver_receive_batch(rx, &v, 1), 1);
    EXPECT_EQ(crib_value_as_int(v, -1), 2);
    EXPECT(crib_error_current() == NULL);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CODE_A);
    EXPECT(v.vt == NULL);
    EXPECT(crib_error_current() == NULL); /* one that does not wait has a code and no tree */
    EXPECT_EQ(crib_receiver_receive(rx, &v), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_A);
    EXPECT_STR(crib_error_message(crib_error_current()), "the producer said so");
    EXPECT(crib_error_payload(crib_error_current()).vt == &droppable_table);
    EXPECT_EQ(drops, 0);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(3)), CRIB_ECLOSED);
    close_channel();
    return CODE_A; /* with the tree the body holds */
}

Test(channel_error, it_comes_after_the_last_value_and_is_held) {
    EXPECT_RUN_RETURNS(run_autojump(after_the_buffer, NULL), CODE_A);
    cr_assert_str_eq(crib_error_message(crib_error_current()), "the producer said so");
    cr_assert_eq(crib_error_count(crib_error_current()), 0, "the very error");
    EXPECT_RUN(run_autojump(ends, NULL) == 0 ? RAN : 0);
    cr_assert_eq(drops, 1);
}

static int receives(void *arg) {
    crib_value v;
    int rc = arg != NULL ? crib_receiver_receive_batch(rx, &v, 1) : crib_receiver_receive(rx, &v);
    EXPECT_EQ(rc, CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_A);
    EXPECT(crib_error_payload(crib_error_current()).vt == &droppable_table);
    log_add(crib_task_name(crib_task_current()));
    return 0; /* handled: the tree goes here */
}

static void receives_stackless(struct strand *s) {
    STRAND(s)
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    EXPECT_EQ(s->status, CODE_A);
    EXPECT(crib_error_payload(s->error).vt == &droppable_table);
    log_add("stackless");
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx)); /* and later */
    EXPECT_EQ(s->status, CODE_A);
    EXPECT(crib_error_payload(s->error).vt == &droppable_table);
    strand_exit(s, NULL);
    STRAND_END
}

static int several_receivers(void *arg) {
    struct strand s = {.run = receives_stackless};
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    (void)arg;
    open_channel(0);
    EXPECT_EQ(crib_nursery_start_soon(n, "receives", receives, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "batch", receives, &drops, NULL), 0);
    EXPECT(strand_start(n, "stackless", &s) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(close_with(CODE_A), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "later", receives, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(drops, 0);
    crib_unref(tx);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CODE_A);
    crib_unref(rx);
    EXPECT_EQ(drops, 1); /* the channel had the last reference */
    EXPECT_QUIET();
    return RAN;
}

Test(channel_error, all_who_wait_see_it_and_all_who_come) {
    EXPECT_RUN(run_autojump(several_receivers, NULL));
    EXPECT_LOG("receives batch stackless later");
    EXPECT_NOTHING_UNEXPECTED();
}

static int not_taken(void *arg) {
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_error *error;
    crib_result result;
    (void)arg;
    open_channel(0);
    EXPECT_EQ(crib_begin_receive(op, rx).status, CRIB_PENDING);
    EXPECT_EQ(close_with(CODE_A), 0);
    close_channel();
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, CODE_A);
    EXPECT_EQ(drops, 0);
    error = crib_op_take_error(op);
    EXPECT_EQ(crib_error_code(error), CODE_A);
    EXPECT(crib_op_take_error(op) == NULL);
    crib_op_free(op);
    EXPECT_EQ(drops, 0);
    crib_unref(error);
    EXPECT_EQ(drops, 1);
    return RAN;
}

Test(channel_error, the_tree_outlives_the_channel) { EXPECT_RUN(run_autojump(not_taken, NULL)); }

static int selects(void *arg) {
    crib_clause clause = crib_clause_receive(rx);
    int rc = crib_select(&clause, 1, 0);
    (void)arg;
    EXPECT_EQ(rc, 0);
    EXPECT_EQ(clause.status, CODE_A);
    return 0;
}

static int in_select(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    open_channel(0);
    EXPECT_EQ(crib_nursery_start_soon(n, "selects", selects, NULL, NULL), 0);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(close_with(CODE_A), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "selects later", selects, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_channel();
    EXPECT_EQ(drops, 1);
    return RAN;
}

Test(channel_error, a_select_gets_the_code) { EXPECT_RUN(run_autojump(in_select, NULL)); }

/* --- several senders --- */

static int several_senders(void *arg) {
    crib_sender *second, *third;
    crib_value v;
    crib_error *e;
    (void)arg;
    open_channel(1);
    second = crib_sender_clone(tx);
    third = crib_sender_clone(tx);
    EXPECT_EQ(close_with(CODE_A), 0);
    EXPECT_EQ(crib_sender_send(third, crib_value_int(1)), 0); /* it goes on */
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_sender_close_error(second, crib_error_new(CODE_B, NULL)), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EWOULDBLOCK);
    EXPECT(crib_receiver_error(rx) == NULL); /* not yet */
    crib_sender_close(third);                /* without one */
    e = crib_receiver_error(rx);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CODE_A);
    EXPECT(crib_error_current() == NULL);
    EXPECT_EQ(crib_error_count(e), 2);
    crib_unref(e);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CODE_A);
    e = crib_error_current();
    EXPECT_EQ(crib_error_count(e), 2);
    EXPECT_EQ(crib_error_code(crib_error_child(e, 0)), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_child(e, 1)), CODE_B);
    crib_unref(second);
    crib_unref(third);
    close_channel();
    return RAN;
}

Test(channel_error, of_several_the_first_counts_and_none_is_lost) {
    EXPECT_RUN(run_autojump(several_senders, NULL));
    cr_assert_eq(drops, 1);
}

static int one_of_two(void *error_last) {
    crib_sender *second;
    crib_value v;
    open_channel(1);
    second = crib_sender_clone(tx);
    if (error_last != NULL) crib_unref(second);
    EXPECT_EQ(close_with(CODE_B), 0);
    if (error_last == NULL) crib_unref(second);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CODE_B);
    close_channel();
    return RAN;
}

Test(channel_error, one_sender_without_an_error_does_not_hide_the_other) {
    EXPECT_RUN(run_autojump(one_of_two, NULL));
    EXPECT_RUN(run_autojump(one_of_two, &drops));
    cr_assert_eq(drops, 2);
}

/* --- what is refused, and what becomes of the error --- */

static int refused(void *arg) {
    crib_value v;
    (void)arg;
    open_channel(1);
    EXPECT_EQ(crib_sender_close_error(tx, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_sender_send(tx, crib_value_int(1)), 0); /* it is open */
    EXPECT_MISUSE(crib_sender_close_error(NULL, crib_error_new_payload(CODE_A, NULL, droppable())),
                  "crib_sender_close_error", "main");
    EXPECT_EQ(drops, 1);
    crib_sender_close(tx);
    EXPECT_EQ(close_with(CODE_A), CRIB_ECLOSED);
    EXPECT_EQ(drops, 2);
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    EXPECT(crib_receiver_error(rx) == NULL && crib_receiver_error(NULL) == NULL);
    close_channel();

    open_channel(1);
    EXPECT_EQ(close_with(CRIB_ECLOSED), 0);
    EXPECT_EQ(close_with(CODE_B), CRIB_ECLOSED);
    EXPECT_EQ(drops, 3);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_ECLOSED);
    crib_receiver_close(rx);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_ECLOSED); /* of one's own end: that error is another */
    EXPECT(crib_error_current() == NULL);
    close_channel();
    EXPECT_EQ(drops, 4);
    return RAN;
}

Test(channel_error, a_second_close_is_refused_and_its_error_released) { EXPECT_RUN(run_autojump(refused, NULL)); }

static int unseen(void *arg) {
    (void)arg;
    open_channel(1);
    crib_receiver_close(rx);
    EXPECT_EQ(close_with(CODE_A), 0);
    EXPECT_EQ(drops, 0);
    close_channel();
    EXPECT_EQ(drops, 1);
    return RAN;
}

Test(channel_error, one_that_nobody_sees_is_released_with_the_channel) { EXPECT_RUN(run_autojump(unseen, NULL)); }

/* Codes that would have a receiver wait, or believe that it was cancelled. */
static int misleading(void *code) {
    crib_value v;
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *error = crib_error_new_payload(*(int *)code, "why", droppable());
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    if (*(int *)code == CRIB_ECANCELLED) {
        crib_unref(error);
        error = crib_error_cancelled(scope);
    }
    EXPECT_EQ(crib_error_code(error), *(int *)code);
    open_channel(1);
    EXPECT_EQ(crib_sender_close_error(tx, error), 0);
    EXPECT_EQ(crib_receiver_receive_nowait(rx, &v), CRIB_EBROKEN);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_EBROKEN);
    EXPECT_EQ(crib_error_code(crib_error_cause(crib_error_current())), *(int *)code);
    close_channel();
    return RAN;
}

Test(channel_error, a_code_that_means_something_else_to_a_receiver_is_a_cause) {
    int codes[] = {CRIB_EWOULDBLOCK, CRIB_PENDING, CRIB_ECANCELLED};
    int i;
    for (i = 0; i < 3; i++) EXPECT_RUN(run_autojump(misleading, &codes[i]));
    cr_assert_eq(drops, 3);
}
