/* crib_select and its kin: what is refused, how many clauses there may be, running out of memory, select_nowait. */
#include <stdlib.h>

#include "capi/messages.h"
#include "support/slots.h"

TestSuite(select, .init = listen_to_messages, .timeout = 20);

/* What the clauses of these tests are about; the event is not set. */
static struct {
    crib_sender *tx;
    crib_receiver *rx;
    crib_event *event, *set;
    crib_lock *lock;
    crib_semaphore *permits;
    crib_token *token;
    crib_task *main;
} here;

static void open_here(void) {
    EXPECT_EQ(crib_channel_open(0, &here.tx, &here.rx), 0);
    here.event = crib_event_new();
    here.set = crib_event_new();
    crib_event_set(here.set);
    here.lock = crib_lock_new();
    here.permits = crib_semaphore_new(0, 0);
    here.token = crib_token_new("token");
    here.main = crib_task_current();
}

static void close_here(void) {
    void *handles[] = {here.tx, here.rx, here.event, here.set, here.lock, here.permits, here.token};
    size_t i;
    for (i = 0; i < sizeof handles / sizeof handles[0]; ++i) crib_unref(handles[i]);
}

/* --- refusals */

static int refuse_values(void *arg) {
    crib_clause many[CRIB_SELECT_MOST + 1];
    crib_clause c = crib_clause_of(9, NULL);
    size_t i;
    (void)arg;
    open_here();
    for (i = 0; i <= CRIB_SELECT_MOST; ++i) many[i] = crib_clause_event(here.set);
    EXPECT_EQ(crib_select(many, CRIB_SELECT_MOST + 1, 0), CODE_EINVAL);
    EXPECT_EQ(crib_select_nowait(many, CRIB_SELECT_MOST + 1, 0), CODE_EINVAL);
    EXPECT_EQ(crib_select(many, 1, 2), CODE_EINVAL);
    EXPECT_EQ(crib_select_nowait(many, 1, 2), CODE_EINVAL);
    EXPECT_EQ(crib_select(NULL, 1, 0), CODE_EINVAL);
    EXPECT_EQ(crib_select(&c, 1, 0), CODE_EINVAL);
    c.kind = -1;
    EXPECT_EQ(crib_select(&c, 1, 0), CODE_EINVAL);
    EXPECT_QUIET();
    close_here();
    return RAN;
}

Test(select, unknown_kinds_and_flags_and_too_many_clauses_are_refused) {
    EXPECT_RUN(run_autojump(refuse_values, NULL));
}

/* A ready clause stands before the bad one: nothing is carried out. */
static void expect_refused(crib_clause bad) {
    crib_clause c[2] = {crib_clause_event(here.set), bad};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "flat");
    crib_op *op = crib_op_new(task, NULL);
    EXPECT_MISUSE(crib_select(c, 2, 0), "crib_select", "main");
    EXPECT_MISUSE(crib_select_nowait(c, 2, 0), "crib_select_nowait", "main");
    EXPECT_MISUSE(crib_begin_select(op, c, 2, 0), "crib_begin_select", "main");
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

static int refuse_objects(void *arg) {
    int kind;
    (void)arg;
    open_here();
    for (kind = CRIB_CLAUSE_RECEIVE; kind <= CRIB_CLAUSE_TASK; ++kind) expect_refused(crib_clause_of(kind, NULL));
    close_here();
    return RAN;
}

static int refuse_other_kinds(void *unused) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_event *event = crib_event_new();
    int kind;
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    for (kind = CRIB_CLAUSE_RECEIVE; kind <= CRIB_CLAUSE_TASK; ++kind) {
        expect_refused(crib_clause_of(kind, kind == CRIB_CLAUSE_EVENT ? (void *)tx : (void *)event));
    }
    expect_refused(crib_clause_of(CRIB_CLAUSE_RECEIVE, tx));
    expect_refused(crib_clause_of(CRIB_CLAUSE_SEND, rx));
    crib_unref(event);
    crib_unref(tx);
    crib_unref(rx);
    return unused == NULL ? RAN : 0;
}

Test(select, objects_of_another_kind_are_refused) { EXPECT_RUN(run_autojump(refuse_other_kinds, NULL)); }

Test(select, clauses_without_an_object_are_refused) { EXPECT_RUN(run_autojump(refuse_objects, NULL)); }

static int use_foreign(void *arg) {
    crib_event *mine = crib_event_new(), *theirs = here.set;
    (void)arg;
    crib_event_set(mine);
    here.set = mine;
    expect_refused(crib_clause_receive(here.rx));
    expect_refused(crib_clause_lock(here.lock));
    expect_refused(crib_clause_semaphore(here.permits));
    expect_refused(crib_clause_event(here.event));
    expect_refused(crib_clause_token(here.token));
    expect_refused(crib_clause_task(here.main));
    here.set = theirs;
    crib_unref(mine);
    return RAN;
}

static int lend_to_another(void *arg) {
    (void)arg;
    open_here();
    in_other_run(use_foreign, NULL);
    close_here();
    return RAN;
}

Test(select, objects_of_another_run_are_refused) { EXPECT_RUN(run_autojump(lend_to_another, NULL)); }

static int refuse_oneself(void *arg) {
    crib_clause c;
    (void)arg;
    open_here();
    c = crib_clause_task(here.main);
    EXPECT_MISUSE(crib_select(&c, 1, 0), "crib_select", "main");
    EXPECT_EQ(crib_lock_acquire(here.lock), 0);
    c = crib_clause_lock(here.lock);
    EXPECT_MISUSE(crib_select(&c, 1, 0), "crib_select", "main");
    EXPECT_MISUSE(crib_select_nowait(&c, 1, 0), "crib_select_nowait", "main");
    EXPECT_EQ(crib_lock_release(here.lock), 0);
    close_here();
    return RAN;
}

Test(select, the_task_itself_and_a_lock_that_it_owns_are_refused) { EXPECT_RUN(run_autojump(refuse_oneself, NULL)); }

static void use_in_a_flat_task(crib_task *self, void *arg) {
    crib_event *set = crib_event_new();
    crib_lock *lock = crib_lock_new();
    crib_lock_stats stats = {.size = sizeof stats};
    crib_clause c = crib_clause_event(set);
    (void)arg;
    EXPECT_EQ(crib_select(&c, 1, 0), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_select_nowait(&c, 1, 0), CRIB_EWOULDBLOCK);
    c = crib_clause_lock(lock);
    EXPECT_EQ(crib_select_nowait(&c, 1, 0), 0);
    EXPECT_EQ(crib_lock_statistics(lock, &stats), 0);
    EXPECT(stats.owner == self);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_op_take_select(crib_task_op(self), &c, 1), CRIB_EMISUSE);
    EXPECT_SAID("crib_op_take_select", "flat");
    EXPECT_EQ(crib_op_take_select(crib_task_op(self), NULL, 1), CODE_EINVAL);
    crib_unref(set);
    crib_unref(lock);
}

Test(select, contexts) {
    crib_clause c = crib_clause_deadline(CRIB_EXPIRED);
    EXPECT_MISUSE(crib_select(&c, 1, 0), "crib_select", NULL);
    EXPECT_MISUSE(crib_select_nowait(&c, 1, 0), "crib_select_nowait", NULL);
    EXPECT_MISUSE(crib_begin_select(NULL, &c, 1, 0), "crib_begin_select", NULL);
    EXPECT_MISUSE(crib_op_take_select(NULL, &c, 1), "crib_op_take_select", NULL);
    in_stackless_task(use_in_a_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- how many, and none */

static int set_later(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_event_set(here.event);
    return 0;
}

static int as_many(void *count) {
    crib_clause c[CRIB_SELECT_MOST];
    const size_t n = (size_t)(uintptr_t)count;
    crib_nursery *nursery = crib_nursery_open();
    size_t i;
    open_here();
    drops = 0;
    for (i = 0; i < n; ++i) c[i] = crib_clause_send(here.tx, droppable());
    c[n - 1] = crib_clause_event(here.event);
    EXPECT_EQ(crib_nursery_start_soon(nursery, "sets", set_later, NULL, NULL), 0);
    EXPECT_EQ(crib_select(c, n, 0), n - 1);
    for (i = 0; i < n - 1; ++i) EXPECT(c[i].value.vt == &droppable_table);
    for (i = 0; i < n - 1; ++i) crib_value_drop(c[i].value);
    EXPECT_EQ(drops, n - 1);
    EXPECT_EQ(crib_nursery_close(nursery, 0), 0);
    close_here();
    return RAN;
}

Test(select, any_number_of_clauses_up_to_the_most_may_wait) {
    const uintptr_t counts[] = {1, 2, 7, 8, 9, 10, CRIB_SELECT_MOST};
    size_t i;
    for (i = 0; i < sizeof counts / sizeof counts[0]; ++i) EXPECT_RUN(run_autojump(as_many, (void *)counts[i]));
}

static int none_at_all(void *count) {
    crib_clause c[10];
    size_t i;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    int64_t begin = crib_now();
    for (i = 0; i < 10; ++i) c[i] = crib_clause_of(CRIB_CLAUSE_NONE, NULL);
    EXPECT_EQ(crib_select_nowait(c, (size_t)(uintptr_t)count, 0), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_select(count ? c : NULL, (size_t)(uintptr_t)count, 0), CRIB_ECANCELLED);
    EXPECT_EQ(crib_now() - begin, CRIB_SECONDS(1));
    for (i = 0; i < 10; ++i) EXPECT_EQ(c[i].status, CRIB_PENDING);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(select, without_a_clause_that_could_be_ready_it_waits_until_it_is_cancelled) {
    EXPECT_RUN(run_autojump(none_at_all, NULL));
    EXPECT_RUN(run_autojump(none_at_all, (void *)(uintptr_t)10));
}

static int at_times(void *arg) {
    crib_clause c[3] = {crib_clause_deadline(CRIB_FOREVER), crib_clause_deadline(crib_now() + CRIB_SECONDS(2)),
                        crib_clause_deadline(crib_now() + CRIB_SECONDS(1))};
    int64_t begin = crib_now();
    (void)arg;
    EXPECT_EQ(crib_select_nowait(c, 3, 0), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_select(c, 3, 0), 2);
    EXPECT_EQ(crib_now() - begin, CRIB_SECONDS(1));
    EXPECT_EQ(crib_select_nowait(c, 3, 0), 2);
    EXPECT_EQ(crib_select(c, 2, 0), 1);
    EXPECT_EQ(crib_now() - begin, CRIB_SECONDS(2));
    c[0].time = CRIB_EXPIRED;
    EXPECT_EQ(crib_select(c, 1, 0), 0);
    return RAN;
}

Test(select, the_earliest_deadline_is_first) { EXPECT_RUN(run_autojump(at_times, NULL)); }

/* --- at once or not at all */

static int without_waiting(void *arg) {
    crib_clause c[2];
    (void)arg;
    open_here();
    c[0] = crib_clause_send(here.tx, droppable());
    c[1] = crib_clause_receive(here.rx);
    EXPECT_EQ(crib_select_nowait(c, 2, 0), CRIB_EWOULDBLOCK);
    EXPECT(c[0].value.vt == &droppable_table);
    EXPECT_EQ(c[0].status, CRIB_PENDING);
    crib_receiver_close(here.rx);
    EXPECT_EQ(crib_select_nowait(c, 2, CRIB_SELECT_IN_ORDER), 0);
    EXPECT_EQ(c[0].status, CRIB_EBROKEN);
    EXPECT_EQ(c[1].status, CRIB_PENDING);
    EXPECT(c[0].value.vt == &droppable_table);
    crib_value_drop(c[0].value);
    close_here();
    return RAN;
}

Test(select, nowait_takes_nothing_when_nothing_is_ready) { EXPECT_RUN(run_autojump(without_waiting, NULL)); }

/* --- without memory */

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

/* A deadline, which needs memory, stands between sends; `count` - 2 clauses come behind that are switched off. */
static void fails(crib_op *op, size_t count) {
    crib_clause c[9];
    size_t i;
    for (i = 0; i < 9; ++i) c[i] = crib_clause_of(CRIB_CLAUSE_NONE, NULL);
    for (i = 0; i < 3; ++i) c[i] = crib_clause_send(here.tx, droppable());
    c[1] = crib_clause_deadline(crib_now() + CRIB_SECONDS(1));
    out_of_memory = true;
    EXPECT_EQ(op != NULL ? crib_begin_select(op, c, count, 0) : crib_select(c, count, 0), -ENOMEM);
    out_of_memory = false;
    EXPECT(c[0].value.vt == &droppable_table);
    EXPECT(c[2].value.vt == &droppable_table);
    crib_value_drop(c[0].value);
    crib_value_drop(c[2].value);
}

static int no_memory(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "flat");
    crib_op *op = crib_op_new(task, NULL);
    crib_channel_stats stats = {.size = sizeof stats};
    (void)arg;
    open_here();
    fails(NULL, 3); /* on the stack: the deadline fails */
    fails(NULL, 9); /* the clauses do */
    fails(op, 3);
    EXPECT_EQ(drops, 6);
    EXPECT_EQ(crib_sender_statistics(here.tx, &stats), 0);
    EXPECT_EQ(stats.waiting_senders, 0);
    EXPECT_EQ(crib_begin_sleep(op, 0), CRIB_PENDING); /* the slot is free */
    EXPECT_EQ(slot_result(op), 0);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    close_here();
    return RAN;
}

Test(select, without_memory_nothing_is_chosen_and_the_values_stay) {
    const crib_allocator allocator = {sizeof allocator, test_alloc, test_resize, test_free, NULL};
    EXPECT_EQ(crib_set_allocator(&allocator), 0);
    EXPECT_RUN(run_autojump(no_memory, NULL));
}
