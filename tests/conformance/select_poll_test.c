/* Select in runs driven from outside: a record carries index and value, crib_op_take_select the rest. */
#include "support/counted.h"
#include "support/expect.h"
#include "support/run.h"

TestSuite(select_poll, .timeout = 20);

enum { RECEIVE, SEND, LOCK, COUNT };

/* A main task that is handed out, and what it selects from. */
static struct {
    crib_runtime *rt;
    crib_task *main;
    crib_op *op;
    crib_sender *in_tx, *out_tx;
    crib_receiver *in_rx, *out_rx;
    crib_lock *lock;
    crib_clause clauses[COUNT];
    crib_ready record;
} p;

static void next_record(void) {
    cr_assert_eq(crib_runtime_poll_ready(p.rt, &p.record, 1, CRIB_POLL_NOWAIT), 1);
    cr_assert_eq(p.record.kind, CRIB_READY_RESUME);
}

/* `lock`: it is a clause too, which is ready. */
static void begin(bool lock) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    p.rt = crib_runtime_new(&options);
    cr_assert_eq(crib_runtime_start_stackless(p.rt, "main", NULL, 1, NULL, &p.main), 0);
    next_record();
    p.op = crib_task_op(p.main);
    cr_assert_eq(crib_channel_open(0, &p.in_tx, &p.in_rx), 0);
    cr_assert_eq(crib_channel_open(0, &p.out_tx, &p.out_rx), 0);
    p.lock = crib_lock_new();
    p.clauses[RECEIVE] = crib_clause_receive(p.in_rx);
    p.clauses[SEND] = crib_clause_send(p.out_tx, counted_value(7));
    p.clauses[LOCK] = crib_clause_lock(p.lock);
    if (!lock) p.clauses[LOCK].kind = CRIB_CLAUSE_NONE;
    cr_assert_eq(crib_begin_select(p.op, p.clauses, COUNT, 0), lock ? LOCK : CRIB_PENDING);
}

static void finish(void) {
    crib_task_exit(p.main, NULL);
    crib_unref(p.in_tx);
    crib_unref(p.in_rx);
    crib_unref(p.out_tx);
    crib_unref(p.out_rx);
    crib_unref(p.lock);
    cr_assert_eq(crib_runtime_poll_ready(p.rt, &p.record, 1, 0), 0);
    cr_expect_eq(crib_runtime_finish(p.rt), 0);
    crib_unref(p.rt);
    cr_expect(expect_failures == 0, "%s", expect_report);
}

static void receive_five(void) {
    crib_value v = counted_value(5);
    uint64_t id = crib_op_id(p.op);
    EXPECT_EQ(crib_sender_send_nowait(p.in_tx, &v), 0);
    next_record();
    EXPECT_EQ(p.record.op_id, id);
    EXPECT_EQ(p.record.status, RECEIVE);
    EXPECT_EQ(p.record.value, 5);
    EXPECT(p.record.vtable == (uint64_t)(uintptr_t)&counted_vtable);
}

Test(select_poll, the_record_has_the_value_and_the_slot_the_rest) {
    begin(false);
    receive_five();
    EXPECT_EQ(crib_op_take_select(p.op, p.clauses, COUNT), RECEIVE);
    EXPECT(p.clauses[RECEIVE].value.vt == NULL);
    EXPECT_EQ(p.clauses[RECEIVE].status, 0);
    EXPECT_EQ(p.clauses[SEND].status, CRIB_PENDING);
    EXPECT_EQ((intptr_t)p.clauses[SEND].value.p, 7);
    EXPECT_EQ(counted_drops, 0);
    EXPECT_EQ(crib_op_take_select(p.op, p.clauses, COUNT), CRIB_EMISUSE);
    finish();
}

Test(select_poll, a_value_that_could_not_be_sent_stays_in_the_slot) {
    begin(false);
    crib_receiver_close(p.out_rx);
    next_record();
    EXPECT_EQ(p.record.status, SEND);
    EXPECT_EQ(p.record.value, 0);
    EXPECT_EQ(crib_op_take_select(p.op, p.clauses, COUNT), SEND);
    EXPECT_EQ(p.clauses[SEND].status, CRIB_EBROKEN);
    EXPECT_EQ((intptr_t)p.clauses[SEND].value.p, 7);
    finish();
}

Test(select_poll, what_is_not_taken_goes_with_the_task) {
    begin(false);
    receive_five();
    EXPECT_EQ(counted_drops, 0);
    finish();
    cr_expect_eq(counted_drops, 1, "the value of the send");
}

Test(select_poll, what_is_not_taken_goes_with_the_next_operation) {
    begin(false);
    receive_five();
    EXPECT_EQ(crib_begin_checkpoint(p.op), CRIB_PENDING);
    EXPECT_EQ(counted_drops, 1);
    next_record();
    finish();
    cr_expect_eq(counted_drops, 1);
}

Test(select_poll, a_result_whose_record_is_not_handed_out_goes_back) {
    crib_value v = counted_value(5);
    begin(false);
    EXPECT_EQ(crib_sender_send_nowait(p.in_tx, &v), 0);
    finish();
    cr_expect_eq(counted_drops, 2, "both values");
}

/* What a record has told is so: an abort does not take it back. */
static void lock_by_a_record(void) {
    crib_lock_stats stats = {.size = sizeof stats};
    begin(true);
    EXPECT_EQ(crib_lock_release_by(p.lock, p.main), 0);
    crib_value_drop(p.clauses[SEND].value);
    p.clauses[SEND].value = counted_value(8);
    while (crib_begin_select(p.op, p.clauses, COUNT, 0) != CRIB_PENDING) { /* until the budget is spent */
        EXPECT_EQ(crib_lock_release_by(p.lock, p.main), 0);
    }
    next_record();
    EXPECT_EQ(p.record.status, LOCK);
    EXPECT_EQ(crib_op_abort(p.op), 0);
    EXPECT_EQ(crib_lock_statistics(p.lock, &stats), 0);
    EXPECT(stats.owner == p.main);
    EXPECT_EQ(crib_lock_release_by(p.lock, p.main), 0);
    finish();
}

Test(select_poll, what_a_record_has_told_is_not_taken_back) {
    lock_by_a_record();
    cr_expect_eq(counted_drops, 2);
}
