/* Select in slots: what is given up goes back, what is left is dropped once, and what drops may use the slot. */
#include "support/run.h"
#include "support/select_kit.h"

TestSuite(select_stackless, .timeout = 20);

/* --- given up, in every state and way */

static void by_abort(select_kit *k) { EXPECT_EQ(crib_op_abort(k->op), 0); }
static void by_free(select_kit *k) { crib_op_free(k->op); }
static void by_exit(select_kit *k) { crib_task_exit(k->chooser, NULL); }
static void (*const ways[])(select_kit *) = {by_abort, by_free, by_exit};
#define WAYS (sizeof ways / sizeof ways[0])

static int give_up_the_wait(void *arg) {
    size_t way;
    int i;
    (void)arg;
    for (way = 0; way < WAYS; ++way) {
        select_kit k;
        kit_open(&k, true);
        EXPECT_EQ(kit_select(&k), CRIB_PENDING);
        EXPECT(k.clauses[SEND].value.vt == NULL);
        EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_PENDING);
        ways[way](&k);
        EXPECT_EQ(counted_drops, 1);
        EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_EMISUSE);
        for (i = 0; i < DEADLINE; ++i) kit_make_ready(&k, i);
        settle();
        counted_drops = 0;
        k.clauses[SEND].value = counted_value(SENT); /* for the check */
        kit_check(&k, -1, (1u << DEADLINE) - 1);
        kit_close(&k);
    }
    return RAN;
}

Test(select_stackless, a_wait_that_is_given_up_drops_its_values_and_leaves_all_queues) {
    EXPECT_RUN(run_autojump(give_up_the_wait, NULL));
}

/* All but the value of a send, which has been dropped unless it was that what was chosen. */
static void check_undone(select_kit *k, int kind) {
    const bool sent = kind == SEND;
    EXPECT_EQ(counted_drops, !sent);
    counted_drops = 0;
    settle();
    if (sent && k->got.status == CRIB_PENDING) EXPECT_EQ(crib_op_take(k->receives, &k->got), 0);
    EXPECT_EQ((intptr_t)k->got.value.p, sent ? SENT : 0);
    k->clauses[SEND].value = sent ? k->got.value : counted_value(SENT);
    kit_check(k, -1, sent ? 0 : 1u << kind);
}

/* `kind` is chosen, after a wait or at once with the budget spent, and given up before or after the slot is done. */
static void give_up_a_result(int kind, bool waits, bool delivered, void (*way)(select_kit *)) {
    select_kit k;
    kit_open(&k, true);
    if (!waits) kit_make_ready(&k, kind);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    if (waits) kit_make_ready(&k, kind);
    if (delivered) settle();
    way(&k);
    EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_EMISUSE);
    check_undone(&k, kind);
    kit_close(&k);
}

#define WAITS ((void *)1)

static int give_up_results(void *waits) {
    size_t way;
    int kind;
    for (way = 0; way < WAYS; ++way) {
        for (kind = 0; kind < DEADLINE; ++kind) {
            give_up_a_result(kind, waits != NULL, false, ways[way]);
            give_up_a_result(kind, waits != NULL, true, ways[way]);
        }
    }
    return RAN;
}

Test(select_stackless, a_result_that_is_given_up_goes_back_to_where_it_came_from) {
    EXPECT_RUN(run_autojump(give_up_results, WAITS));
    EXPECT_RUN(run_strict(give_up_results, WAITS));
}

Test(select_stackless, so_does_one_that_waits_because_the_budget_is_spent) {
    EXPECT_RUN(run_strict(give_up_results, NULL));
}

static int refuse_at_once(void *arg) {
    select_kit k;
    (void)arg;
    kit_open(&k, true);
    k.chooser = crib_task_ref(idle_task(k.n, "flat"));
    k.op = crib_op_new(k.chooser, NULL);
    EXPECT_EQ(crib_task_cancel(k.chooser, NULL), 0);
    EXPECT_EQ(crib_begin_select(k.op, k.clauses, KINDS, 0), CRIB_ECANCELLED); /* though the budget is spent */
    kit_check(&k, -1, 0);
    kit_close(&k);
    return RAN;
}

Test(select_stackless, a_begin_that_is_refused_leaves_the_values_alone) {
    EXPECT_RUN(run_strict(refuse_at_once, NULL));
}

/* --- taken */

static int take_step_by_step(void *arg) {
    select_kit k;
    crib_clause few[KINDS];
    crib_result result;
    (void)arg;
    kit_open(&k, true);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(crib_begin_select(k.op, few, 0, 0), CRIB_EBUSY);
    kit_make_ready(&k, RECEIVE);
    EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_PENDING); /* not delivered yet */
    settle();
    EXPECT_EQ(crib_op_take_select(k.op, few, KINDS - 1), CRIB_EMISUSE);
    EXPECT_EQ(crib_begin_select(k.op, few, 0, 0), CRIB_EBUSY);
    EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), RECEIVE);
    EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_EMISUSE);
    EXPECT_EQ(crib_op_take(k.op, &result), CRIB_EMISUSE);
    kit_check(&k, RECEIVE, 1u << RECEIVE);
    EXPECT_EQ(crib_begin_sleep(k.op, 0), CRIB_PENDING);
    settle();
    EXPECT_EQ(crib_op_take_select(k.op, few, 0), CRIB_EMISUSE);
    EXPECT_EQ(slot_take(k.op), 0);
    kit_close(&k);
    return RAN;
}

Test(select_stackless, a_result_is_taken_once_by_as_many_clauses_as_were_given) {
    EXPECT_RUN(run_autojump(take_step_by_step, NULL));
}

/* As crib_op_take leaves a slot, and as a crib_ready record does. */
static int take_the_value_first(void *arg) {
    select_kit k;
    crib_result result;
    (void)arg;
    kit_open(&k, true);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    kit_make_ready(&k, RECEIVE);
    settle();
    EXPECT_EQ(crib_op_take(k.op, &result), 0);
    EXPECT_EQ(result.status, RECEIVE);
    EXPECT_EQ((intptr_t)result.value.p, RECEIVED);
    EXPECT_EQ(crib_op_abort(k.op), 0); /* nothing is undone any more */
    EXPECT_EQ(counted_drops, 1);       /* the value of the send */
    k.clauses[RECEIVE] = (crib_clause){.kind = CRIB_CLAUSE_RECEIVE, .status = 0, .value = result.value};
    k.clauses[SEND].value = counted_value(SENT);
    counted_drops = 0;
    kit_check(&k, RECEIVE, 1u << RECEIVE);
    kit_close(&k);
    return RAN;
}

Test(select_stackless, what_crib_op_take_took_is_undone_no_more) {
    EXPECT_RUN(run_autojump(take_the_value_first, NULL));
}

/* Every way to use a slot again after crib_op_take. */
static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static crib_nursery *below(crib_task *task);

static int again_checkpoint(select_kit *k) { return crib_begin_checkpoint(k->op); }
static int again_sleep(select_kit *k) { return crib_begin_sleep(k->op, CRIB_SECONDS(1)); }
static int again_event(select_kit *k) { return crib_begin_event_wait(k->op, k->event); }
static int again_select(select_kit *k) { return crib_begin_select(k->op, NULL, 0, 0); }
static int again_call(select_kit *k) { return crib_begin_call(k->op, end_at_once, NULL, NULL); }
static int again_park(select_kit *k) { return crib_begin_park(k->op, NULL, NULL, "a test"); }
static int again_close(select_kit *k) { return crib_begin_nursery_close(k->op, below(k->chooser), NULL); }
static int (*const agains[])(select_kit *) = {again_checkpoint, again_sleep, again_event, again_select,
                                              again_call,       again_park,  again_close};

static crib_nursery *opened;

static void open_below(void *task) {
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(task)};
    opened = crib_nursery_open_with(&options);
}
static const crib_vtable opens_when_dropped = {sizeof(crib_vtable), open_below, "opens", 0};

/* In a callback, where a fiber's own blocks do not count. */
static crib_nursery *below(crib_task *task) {
    crib_value v = {task, &opens_when_dropped};
    crib_value_drop(v);
    EXPECT(opened != NULL);
    return opened;
}

static int use_the_slot_again(void *arg) {
    size_t i;
    (void)arg;
    for (i = 0; i < sizeof agains / sizeof agains[0]; ++i) {
        select_kit k;
        kit_open(&k, true);
        EXPECT_EQ(kit_select(&k), CRIB_PENDING);
        kit_make_ready(&k, SEMAPHORE);
        settle();
        EXPECT_EQ(slot_take(k.op), SEMAPHORE);
        EXPECT_EQ(counted_drops, 0);
        EXPECT_EQ(agains[i](&k), CRIB_PENDING);
        EXPECT_EQ(counted_drops, 1);
        if (agains[i] == again_park) EXPECT_EQ(crib_op_complete(k.op, 0, counted_value(1)), 0);
        settle();
        crib_op_abort(k.op); /* and what the slot has got since goes its own way */
        EXPECT_EQ(counted_drops, agains[i] == again_park ? 2 : 1);
        EXPECT_EQ(crib_op_take_select(k.op, k.clauses, KINDS), CRIB_EMISUSE);
        kit_close(&k);
    }
    return RAN;
}

Test(select_stackless, the_next_operation_drops_what_was_not_taken) {
    EXPECT_RUN(run_autojump(use_the_slot_again, NULL));
}

static int release_before_the_take(void *arg) {
    select_kit k;
    int kind;
    (void)arg;
    for (kind = 0; kind < TASK; ++kind) {
        void **objects[] = {(void **)&k.in_rx,   (void **)&k.out_tx, (void **)&k.lock,
                            (void **)&k.permits, (void **)&k.event,  (void **)&k.token};
        kit_open(&k, true);
        EXPECT_EQ(kit_select(&k), CRIB_PENDING);
        kit_make_ready(&k, kind);
        settle();
        crib_unref(*objects[kind]);
        *objects[kind] = NULL;
        if (kind == RECEIVE) crib_unref(k.in_tx), k.in_tx = NULL; /* the channel goes */
        EXPECT_EQ(kit_result(&k), kind);
        EXPECT_EQ(k.clauses[kind].status, 0);
        EXPECT_EQ((intptr_t)k.clauses[RECEIVE].value.p, kind == RECEIVE ? RECEIVED : 0);
        EXPECT_EQ(counted_drops, 0);
        crib_value_drop(k.clauses[RECEIVE].value);
        crib_value_drop(k.clauses[SEND].value);
        crib_value_drop(k.got.value);
        kit_close(&k);
    }
    return RAN;
}

Test(select_stackless, a_result_outlives_what_it_came_from) { EXPECT_RUN(run_autojump(release_before_the_take, NULL)); }

static int cancel_by_number(void *arg) {
    select_kit k;
    (void)arg;
    kit_open(&k, true);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    slot_cancel(k.op);
    EXPECT_EQ(kit_result(&k), CRIB_ECANCELLED);
    kit_check(&k, -1, 0);
    kit_close(&k);
    return RAN;
}

Test(select_stackless, a_cancelled_wait_gives_the_values_back) { EXPECT_RUN(run_autojump(cancel_by_number, NULL)); }

/* --- values whose drop uses the slot */

static select_kit *used;
static int rc_inside;

static void begin_inside(void *unused) {
    (void)unused;
    rc_inside = crib_begin_sleep(used->op, CRIB_SECONDS(1));
}
static void free_inside(void *unused) {
    (void)unused;
    crib_op_free(used->op);
}
static void exit_inside(void *unused) {
    (void)unused;
    crib_task_exit(used->chooser, NULL);
}
static const crib_vtable begins = {sizeof(crib_vtable), begin_inside, "begins", 0};
static const crib_vtable frees = {sizeof(crib_vtable), free_inside, "frees", 0};
static const crib_vtable exits = {sizeof(crib_vtable), exit_inside, "exits", 0};

/* A select that has received a value, and whose send has one to give back. */
static void with_value(select_kit *k, const crib_vtable *received, const crib_vtable *unsent) {
    crib_value v = {NULL, received};
    used = k;
    kit_open(k, true);
    crib_value_drop(k->clauses[SEND].value);
    k->clauses[SEND].value.vt = unsent;
    counted_drops = 0;
    EXPECT_EQ(kit_select(k), CRIB_PENDING);
    EXPECT_EQ(crib_sender_send_nowait(k->in_tx, &v), 0);
    settle();
}

static int abort_with_drops(void *received) {
    select_kit k;
    if (received) {
        with_value(&k, &begins, &counted_vtable);
        crib_receiver_close(k.in_rx); /* so that it cannot go back */
    } else {
        with_value(&k, &counted_vtable, &begins);
    }
    EXPECT_EQ(crib_op_abort(k.op), 0);
    EXPECT_EQ(rc_inside, CRIB_PENDING);
    EXPECT_EQ(slot_take(k.op), CRIB_PENDING); /* it sleeps */
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), 0);
    EXPECT_EQ(slot_take(k.op), 0);
    kit_close(&k);
    EXPECT_EQ(counted_drops, 1);
    return RAN;
}

Test(select_stackless, a_drop_may_begin_something_in_the_slot_that_is_given_up) {
    EXPECT_RUN(run_autojump(abort_with_drops, NULL));
    EXPECT_RUN(run_autojump(abort_with_drops, &used));
}

static int begin_with_drops(void *unsent) {
    select_kit k;
    with_value(&k, &counted_vtable, unsent);
    EXPECT_EQ(slot_take(k.op), RECEIVE);
    EXPECT_EQ(crib_begin_sleep(k.op, 0), unsent == &begins ? CRIB_EBUSY : CRIB_EMISUSE);
    settle();
    kit_close(&k);
    return RAN;
}

Test(select_stackless, a_begin_finds_the_slot_as_the_drop_of_what_was_left_leaves_it) {
    const crib_vtable *tables[] = {&begins, &frees, &exits};
    size_t i;
    for (i = 0; i < 3; ++i) {
        EXPECT_RUN(run_autojump(begin_with_drops, (void *)(uintptr_t)tables[i]));
        EXPECT_RUN(run_strict(begin_with_drops, (void *)(uintptr_t)tables[i]));
    }
}
