/* Runs driven from outside: stackless tasks are handed out in batches instead of being called. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

/* A run with a main task that is handed out as record 1. */
struct poll {
    crib_runtime *rt;
    crib_task *main;
    crib_ready records[8];
    size_t count;
};

static void poll_open(struct poll *p) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    memset(p, 0, sizeof *p);
    p->rt = crib_runtime_new(&options);
    cr_assert_eq(crib_runtime_start_stackless(p->rt, "main", NULL, 1, NULL, &p->main), 0);
}

static void poll_next(struct poll *p, uint32_t flags) {
    p->count = crib_runtime_poll_ready(p->rt, p->records, 8, flags);
}

static void expect_resume(const crib_ready *record, uint64_t data, int status) {
    cr_expect_eq(record->kind, CRIB_READY_RESUME);
    cr_expect_eq(record->data, data);
    cr_expect_eq(record->status, status);
}

static void poll_close(struct poll *p, int expected) {
    poll_next(p, 0);
    cr_expect_eq(p->count, 0, "the run is over");
    cr_expect_not(crib_runtime_active(p->rt));
    cr_expect_eq(crib_runtime_finish(p->rt), expected);
    crib_unref(p->rt);
}

static crib_nursery *nursery_of(crib_task *task) {
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(task)};
    return crib_nursery_open_with(&options);
}

Test(run_poll, a_main_task_is_handed_out_first_and_then_for_each_completed_op) {
    struct poll p;
    uint64_t id;
    poll_open(&p);
    cr_assert(crib_runtime_active(p.rt));
    cr_assert_eq(crib_runtime_finish(p.rt), CRIB_EBUSY);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    cr_assert_eq(p.records[0].op_id, 0, "no operation has completed yet");
    cr_assert_eq(crib_begin_sleep(crib_task_op(p.main), CRIB_SECONDS(5)), CRIB_PENDING);
    id = crib_op_id(crib_task_op(p.main));
    cr_assert_neq(id, 0);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    cr_assert_eq(p.records[0].op_id, id);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, without_waiting_nothing_ready_is_no_record) {
    struct poll p;
    crib_portal *portal;
    poll_open(&p);
    poll_next(&p, CRIB_POLL_NOWAIT);
    cr_assert_eq(p.count, 1);
    portal = crib_portal_open();
    cr_assert_not_null(portal);
    cr_assert_eq(crib_begin_portal_wait(crib_task_op(p.main), portal), CRIB_PENDING);
    poll_next(&p, CRIB_POLL_NOWAIT);
    cr_assert_eq(p.count, 0);
    cr_assert(crib_runtime_active(p.rt), "it is not over");
    cr_assert_eq(crib_portal_wake(portal), 0);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    crib_unref(portal);
    crib_task_exit(p.main, crib_error_new(E_ONE, NULL));
    poll_close(&p, E_ONE);
}

Test(run_poll, the_value_of_an_operation_is_in_its_record) {
    struct poll p;
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = counted_value(4);
    poll_open(&p);
    poll_next(&p, 0);
    cr_assert_eq(crib_channel_open(0, &tx, &rx), 0);
    cr_assert_eq(crib_begin_receive(crib_task_op(p.main), rx).status, CRIB_PENDING);
    cr_assert_eq(crib_sender_send_nowait(tx, &v), 0);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    cr_assert_eq(p.records[0].value, 4);
    cr_assert_eq(p.records[0].vtable, (uint64_t)(uintptr_t)&counted_vtable);
    cr_assert_eq(counted_drops, 0, "it is the caller's");
    cr_assert_eq(crib_begin_checkpoint(crib_task_op(p.main)), CRIB_PENDING, "the op is idle again");
    crib_unref(tx);
    crib_unref(rx);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

static void native_resume(crib_task *self, uintptr_t data) {
    (void)data;
    story("native");
    crib_task_exit(self, NULL);
}

Test(run_poll, native_tasks_run_inside_the_poll_and_order_is_kept) {
    struct poll p;
    crib_nursery *n;
    crib_task *foreign;
    struct child fiber = {.name = "fiber", .ms = 1000};
    poll_open(&p);
    story_begin();
    poll_next(&p, 0);
    n = nursery_of(p.main);
    cr_assert_not_null(crib_nursery_start_stackless(n, "native", native_resume, 0, NULL));
    foreign = crib_nursery_start_stackless(n, "foreign", NULL, 2, NULL);
    cr_assert_eq(child_start(n, &fiber, NULL), 0);
    cr_assert_eq(crib_begin_nursery_close(crib_task_op(p.main), n, NULL), CRIB_PENDING);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 2, 0);
    cr_assert_eq(strncmp(story_text, "native", 6), 0, "what stood before it has run: %s", story_text);
    crib_task_exit(foreign, NULL);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    cr_assert_not_null(strstr(story_text, "fiber"), "%s", story_text);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, a_task_that_ended_before_its_record_was_handed_out_has_none) {
    struct poll p;
    crib_nursery *n;
    crib_task *doomed;
    poll_open(&p);
    poll_next(&p, 0);
    n = nursery_of(p.main);
    doomed = crib_nursery_start_stackless(n, "doomed", NULL, 2, NULL);
    crib_task_exit(doomed, NULL);
    cr_assert_eq(crib_begin_nursery_close(crib_task_op(p.main), n, NULL), CRIB_PENDING);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    expect_resume(&p.records[0], 1, 0);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, a_record_whose_op_was_used_up_is_known_by_its_number) {
    struct poll p;
    crib_op *op;
    uint64_t id;
    poll_open(&p);
    poll_next(&p, 0);
    op = crib_op_new(p.main, NULL);
    cr_assert_eq(crib_begin_sleep(op, CRIB_SECONDS(1)), CRIB_PENDING);
    id = crib_op_id(op);
    poll_next(&p, 0);
    cr_assert_eq(p.records[0].op_id, id);
    cr_assert_eq(crib_begin_sleep(op, CRIB_SECONDS(1)), CRIB_PENDING);
    cr_assert_neq(crib_op_id(op), id, "never reused");
    crib_op_free(op);
    cr_assert_neq(crib_op_id(op), id);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

static const crib_vtable recorded_vtable = {sizeof(crib_vtable), counted_drop, "recorded", CRIB_VALUE_DROP_RECORD};

Test(run_poll, a_value_nobody_took_is_handed_out_to_be_dropped) {
    struct poll p;
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = {(void *)77, &recorded_vtable};
    poll_open(&p);
    poll_next(&p, 0);
    cr_assert_eq(crib_channel_open(1, &tx, &rx), 0);
    cr_assert_eq(crib_sender_send_nowait(tx, &v), 0);
    crib_unref(rx);
    crib_unref(tx);
    poll_next(&p, CRIB_POLL_NOWAIT);
    cr_assert_eq(p.count, 1);
    cr_assert_eq(p.records[0].kind, CRIB_READY_DROP);
    cr_assert_eq(p.records[0].value, 77);
    cr_assert_eq(p.records[0].vtable, (uint64_t)(uintptr_t)&recorded_vtable);
    cr_assert_eq(counted_drops, 0, "the library does not call it");
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, a_watched_scope_is_handed_out_when_it_is_cancelled) {
    struct poll p;
    crib_scope_options options = {.size = sizeof options};
    crib_scope *scope;
    poll_open(&p);
    poll_next(&p, 0);
    options.parent = crib_task_scope(p.main);
    scope = crib_scope_open(&options);
    cr_assert_eq(crib_scope_watch(scope, 55), 0);
    cr_assert_eq(crib_scope_cancel(scope, NULL), 0);
    poll_next(&p, CRIB_POLL_NOWAIT);
    cr_assert_eq(p.count, 1);
    cr_assert_eq(p.records[0].kind, CRIB_READY_SCOPE_CANCELLED);
    cr_assert_eq(p.records[0].data, 55);
    poll_next(&p, CRIB_POLL_NOWAIT);
    cr_assert_eq(p.count, 0, "once");
    cr_assert_null(crib_scope_close_error(scope, NULL, NULL));
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

/* A watched scope of main's with a deadline in a second; main itself works outside of it. */
static crib_scope *watched_scope(struct poll *p) {
    crib_scope_options options = {.size = sizeof options, .parent = crib_task_scope(p->main)};
    crib_scope *scope;
    options.timeout = CRIB_SECONDS(1);
    scope = crib_scope_open(&options);
    cr_assert_eq(crib_scope_watch(scope, 55), 0);
    return scope;
}

Test(run_poll, a_cancel_that_wakes_nobody_is_handed_out) {
    struct poll p;
    crib_scope *scope;
    crib_portal *portal;
    poll_open(&p);
    poll_next(&p, 0);
    scope = watched_scope(&p);
    portal = crib_portal_open();
    cr_assert_eq(crib_begin_portal_wait(crib_task_op(p.main), portal), CRIB_PENDING);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    cr_assert_eq(p.records[0].kind, CRIB_READY_SCOPE_CANCELLED);
    cr_assert_eq(p.records[0].data, 55);
    cr_assert_eq(crib_portal_wake(portal), 0);
    poll_next(&p, 0);
    expect_resume(&p.records[0], 1, 0);
    cr_assert_null(crib_scope_close_error(scope, NULL, NULL));
    crib_unref(portal);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

static void drop_recorded(void *unused) {
    const crib_value v = {(void *)77, &recorded_vtable};
    (void)unused;
    crib_value_drop(v);
}

Test(run_poll, a_drop_that_wakes_nobody_is_handed_out) {
    struct poll p;
    crib_portal *portal;
    poll_open(&p);
    poll_next(&p, 0);
    portal = crib_portal_open();
    cr_assert_eq(crib_begin_portal_wait(crib_task_op(p.main), portal), CRIB_PENDING);
    cr_assert_eq(crib_portal_post(portal, drop_recorded, NULL, NULL), 0);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 1);
    cr_assert_eq(p.records[0].kind, CRIB_READY_DROP);
    cr_assert_eq(p.records[0].value, 77);
    cr_assert_eq(crib_portal_wake(portal), 0);
    poll_next(&p, 0);
    expect_resume(&p.records[0], 1, 0);
    crib_unref(portal);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, a_cancelled_scope_comes_before_the_tasks_of_its_batch) {
    struct poll p;
    crib_scope *scope;
    poll_open(&p);
    poll_next(&p, 0);
    scope = watched_scope(&p);
    cr_assert_eq(crib_begin_sleep(crib_task_op(p.main), CRIB_SECONDS(1)), CRIB_PENDING);
    poll_next(&p, 0);
    cr_assert_eq(p.count, 2);
    cr_assert_eq(p.records[0].kind, CRIB_READY_SCOPE_CANCELLED);
    expect_resume(&p.records[1], 1, 0);
    cr_assert_null(crib_scope_close_error(scope, NULL, NULL));
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}

Test(run_poll, a_batch_holds_no_more_than_was_asked_for) {
    struct poll p;
    crib_nursery *n;
    crib_task *tasks[5];
    crib_ready two[2];
    size_t i, total = 0;
    poll_open(&p);
    poll_next(&p, 0);
    n = nursery_of(p.main);
    for (i = 0; i < 5; ++i) tasks[i] = crib_nursery_start_stackless(n, "foreign", NULL, 10 + i, NULL);
    while (total < 5) {
        size_t got = crib_runtime_poll_ready(p.rt, two, 2, CRIB_POLL_NOWAIT);
        cr_assert(got == 1 || got == 2);
        for (i = 0; i < got; ++i) {
            cr_assert_eq(two[i].data, 10 + total, "in order");
            crib_task_exit(tasks[total++], NULL);
        }
    }
    cr_assert_eq(crib_begin_nursery_close(crib_task_op(p.main), n, NULL), CRIB_PENDING);
    poll_next(&p, 0);
    expect_resume(&p.records[0], 1, 0);
    crib_task_exit(p.main, NULL);
    poll_close(&p, 0);
}
