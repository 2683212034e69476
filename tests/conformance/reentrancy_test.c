/* What the application's own callbacks (drop, destroy, abort, on_cancel) do in the middle of the library's work. */
#include <stdlib.h>

#include "support/log.h"
#include "support/run.h"

TestSuite(reentrancy, .timeout = 10);

static int run_fifo(crib_body_fn body, void *arg) { return run_with(NULL, body, arg); }

/* ---- ops that a callback completes, takes or frees while a cancel is on its way to them */

struct two_ops {
    crib_op *first, *second;
    int aborted;
};

/* Whichever of the two is aborted first completes the other, and takes what it was completed with. */
static bool completes_the_other(crib_op *op, void *arg) {
    struct two_ops *ops = arg;
    crib_op *other = op == ops->first ? ops->second : ops->first;
    crib_result result;
    if (++ops->aborted > 1) return true;
    EXPECT_EQ(crib_op_complete(other, 7, crib_value_int(1)), 0);
    EXPECT_EQ(crib_op_take(other, &result), 0);
    EXPECT_EQ(result.status, 7);
    return true;
}

static int cancel_two_slots_of_a_fiber(void *arg) {
    struct two_ops *ops = arg;
    crib_scope *scope = crib_move_on_after(CRIB_FOREVER);
    ops->first = crib_op_new(crib_task_current(), scope);
    ops->second = crib_op_new(crib_task_current(), scope);
    EXPECT_EQ(crib_begin_park(ops->first, completes_the_other, ops, "the test"), CRIB_PENDING);
    EXPECT_EQ(crib_begin_park(ops->second, completes_the_other, ops, "the test"), CRIB_PENDING);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    EXPECT_EQ(ops->aborted, 1);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(reentrancy, an_op_completed_while_its_cancel_is_under_way_is_not_aborted) {
    struct two_ops ops = {NULL, NULL, 0};
    EXPECT_RUN(run_fifo(cancel_two_slots_of_a_fiber, &ops));
}

static crib_task *victim;
static crib_op *victims_op;

static bool frees_itself(crib_op *op, void *arg) {
    (void)arg;
    crib_op_free(op);
    return true;
}

static void begins_a_park(crib_task *self, uintptr_t data) {
    (void)data;
    victim = self;
    victims_op = crib_op_new(self, NULL);
    EXPECT_EQ(crib_begin_park(victims_op, frees_itself, NULL, "the test"), CRIB_PENDING);
}

static int abort_that_frees(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT(crib_nursery_start_stackless(n, "victim", begins_a_park, 0, NULL) != NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_op_abort(victims_op), 0);
    crib_task_exit(victim, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(reentrancy, an_op_may_be_freed_by_its_own_abort_function) { EXPECT_RUN(run_fifo(abort_that_frees, NULL)); }

/* ---- tasks that a callback ends */

static void exits_victim(void *p) {
    (void)p;
    crib_task_exit(victim, NULL);
}
static const crib_vtable exits_victim_table = {sizeof(crib_vtable), exits_victim, "exits the victim", 0};
static const crib_value exit_value = {&victim, &exits_victim_table};

static crib_sender *to_nobody;

static void begins_a_send(crib_task *self, uintptr_t data) {
    (void)data;
    victim = self;
    victims_op = crib_op_new(self, NULL);
    EXPECT_EQ(crib_begin_send(victims_op, to_nobody, exit_value), CRIB_PENDING);
}

static int free_op_with_exit_inside(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_receiver *rx;
    (void)arg;
    EXPECT_EQ(crib_channel_open(0, &to_nobody, &rx), 0);
    EXPECT(crib_nursery_start_stackless(n, "victim", begins_a_send, 0, NULL) != NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_op_free(victims_op);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(to_nobody);
    crib_unref(rx);
    return RAN;
}

Test(reentrancy, a_drop_may_end_the_task_whose_op_is_being_freed) {
    EXPECT_RUN(run_fifo(free_op_with_exit_inside, NULL));
}

static void only_remembers(crib_task *self, uintptr_t data) {
    (void)data;
    victim = self;
}

static int idles(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_MS(1));
}

static int started_with_exit_inside(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    (void)arg;
    EXPECT_EQ(crib_begin_nursery_start_stackless(op, n, "victim", only_remembers, 0, NULL, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_checkpoint(), 0);
    crib_op_free(op); /* the value given to started is for nobody now: it is dropped */
    EXPECT_EQ(crib_task_started_by(victim, exit_value), 0);
    EXPECT_EQ(crib_nursery_count(n), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "next", idles, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "next", idles, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(reentrancy, a_drop_may_end_the_child_that_says_it_has_started) {
    EXPECT_RUN(run_autojump(started_with_exit_inside, NULL));
}

static bool inside_resume;

static void exits_by_a_drop(crib_task *self, uintptr_t data) {
    (void)data;
    victim = self;
    inside_resume = true;
    crib_value_drop(exit_value);
    inside_resume = false;
}

static void destroyed(uintptr_t data) {
    (void)data;
    EXPECT(!inside_resume);
}

Test(reentrancy, a_task_ended_by_a_drop_inside_its_resume_ends_behind_it) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN_RETURNS(crib_runtime_run_stackless(rt, "main", exits_by_a_drop, 0, destroyed), 0);
    crib_unref(rt);
}

static crib_op *extra_op;
static int aborted;

static bool counts_abort(crib_op *op, void *arg) {
    (void)op;
    (void)arg;
    ++aborted;
    return true;
}

static bool ends_victim(crib_op *op, void *arg) {
    crib_value none = {NULL, NULL};
    (void)op;
    (void)arg;
    crib_task_exit(victim, NULL);
    EXPECT_EQ(crib_op_complete(extra_op, 0, none), 0);
    return true;
}

static int parks(void *abort_function) {
    crib_abort_fn *abort = abort_function;
    return crib_park(*abort, NULL, "the test", NULL);
}

static void parks_twice(crib_task *self, uintptr_t data) {
    (void)data;
    victim = self;
    extra_op = crib_op_new(self, NULL);
    EXPECT_EQ(crib_begin_park(extra_op, NULL, NULL, "the test"), CRIB_PENDING);
    EXPECT_EQ(crib_begin_park(crib_task_op(self), counts_abort, NULL, "the test"), CRIB_PENDING);
}

static int cancel_three_waits(void *arg) {
    crib_abort_fn first = ends_victim, last = counts_abort;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "first", parks, &first, NULL), 0);
    EXPECT(crib_nursery_start_stackless(n, "victim", parks_twice, 0, NULL) != NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "last", parks, &last, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(aborted, 2);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(reentrancy, an_abort_function_may_end_a_task_that_waits_for_its_own_abort) {
    EXPECT_RUN(run_fifo(cancel_three_waits, NULL));
}

static crib_scope *around_start;

static void cancels_around_start(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_scope_cancel(around_start, NULL), 0);
}

static int starts_in_a_graceful_scope(void *arg) {
    crib_scope_options options = scope_defaults();
    crib_scope *graceful;
    int i, rc = 0;
    (void)arg;
    options.graceful = 1;
    graceful = crib_scope_open(&options);
    EXPECT_EQ(crib_scope_on_cancel(graceful, cancels_around_start, NULL, NULL), 0);
    for (i = 0; i < 3 && rc == 0; i++) rc = crib_cancel_shielded_checkpoint();
    EXPECT_EQ(crib_task_started(crib_value_int(3)), 0);
    return crib_scope_close(graceful, rc, NULL);
}

static int calls_start(void *target) {
    crib_value v;
    int rc;
    around_start = crib_move_on_after(CRIB_FOREVER);
    rc = crib_nursery_start(target, "child", starts_in_a_graceful_scope, NULL, NULL, &v);
    EXPECT_EQ(rc, 0);
    return crib_scope_close(around_start, rc, NULL);
}

static int move_into_a_drained_nursery(void *arg) {
    crib_nursery *callers = crib_nursery_open();
    crib_nursery *target = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(callers, "caller", calls_start, target, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_cancel_soft(crib_nursery_scope(target), CRIB_SOFT_DRAIN, CRIB_FOREVER, NULL), 0);
    EXPECT_EQ(crib_nursery_wait_idle(callers), 0);
    EXPECT_EQ(crib_nursery_close(target, 0), 0);
    EXPECT_EQ(crib_nursery_close(callers, 0), 0);
    return RAN;
}

Test(reentrancy, the_caller_of_start_may_be_cancelled_while_the_child_moves) {
    EXPECT_RUN(run_fifo(move_into_a_drained_nursery, NULL));
}

/* ---- lifetimes: what a task waited for is gone before the task is */

static int returns_soon(void *arg) {
    (void)arg;
    return crib_sleep(CRIB_MS(1));
}

static void call_is_destroyed(void *arg) {
    (void)arg;
    log_add("call");
}

static void owner_is_destroyed(uintptr_t data) {
    (void)data;
    log_add("owner");
}

static void exits_with_a_call(crib_task *self, uintptr_t data) {
    (void)data;
    EXPECT_EQ(crib_begin_call(crib_task_op(self), returns_soon, NULL, call_is_destroyed), CRIB_PENDING);
    crib_task_exit(self, NULL);
}

Test(reentrancy, a_task_is_destroyed_after_the_calls_it_left_behind) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN_RETURNS(crib_runtime_run_stackless(rt, "main", exits_with_a_call, 0, owner_is_destroyed), 0);
    crib_unref(rt);
    EXPECT_LOG("call owner");
    cr_assert_eq(expect_failures, 0, "%s", expect_report);
}

/* ---- ends that come all at once */

#define LEVELS 5000
static crib_task *levels[LEVELS];

static int leaf(void *arg) {
    (void)arg;
    return crib_sleep_forever();
}

static void opens_the_next_level(crib_task *self, uintptr_t level) {
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(self)};
    crib_nursery *n = crib_nursery_open_with(&options);
    levels[level] = self;
    if (level + 1 < LEVELS) {
        EXPECT(crib_nursery_start_stackless(n, "level", opens_the_next_level, level + 1, NULL) != NULL);
    } else {
        EXPECT_EQ(crib_nursery_start_soon(n, "leaf", leaf, NULL, NULL), 0);
    }
}

static int end_all_levels(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    EXPECT(crib_nursery_start_stackless(n, "level", opens_the_next_level, 0, NULL) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    for (i = 0; i < LEVELS; i++) crib_task_exit(levels[i], NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE); /* they left their nurseries open */
    return RAN;
}

Test(reentrancy, however_many_tasks_end_with_the_last_one_no_stack_overflows) {
    EXPECT_RUN(run_autojump(end_all_levels, NULL));
}

#define DEEP 30000
static crib_scope *deep[DEEP];

static int each_close_changes_the_code(void *arg) {
    crib_scope *outer = crib_move_on_after(CRIB_FOREVER);
    int i, rc;
    (void)arg;
    for (i = 0; i < DEEP; i++) deep[i] = crib_move_on_after(CRIB_FOREVER);
    rc = crib_fail(CODE_A, "the first");
    while (i-- > 0) rc = crib_scope_close(deep[i], i % 2 ? CODE_B : CODE_C, NULL);
    EXPECT_EQ(rc, CODE_C);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(reentrancy, a_long_chain_of_causes_is_released_on_a_small_stack) {
    EXPECT_RUN(run_fifo(each_close_changes_the_code, NULL));
}

/* ---- a deadlock's shields */

static crib_scope *shielded;

static void closes_shielded(void *arg) {
    bool caught;
    (void)arg;
    crib_unref(crib_scope_close_error(shielded, NULL, &caught));
}

static void sleeps_in_a_shield(crib_task *self, uintptr_t data) {
    crib_scope_options options = {.size = sizeof options, .parent = crib_task_scope(self), .shield = 1};
    crib_result result;
    (void)data;
    if (crib_op_take(crib_task_op(self), &result) == 0) {
        crib_task_exit(self, NULL);
        return;
    }
    shielded = crib_scope_open(&options);
    EXPECT_EQ(crib_op_set_scope(crib_task_op(self), shielded), 0);
    EXPECT_EQ(crib_scope_on_cancel(shielded, closes_shielded, NULL, NULL), 0);
    EXPECT_EQ(crib_begin_sleep_until(crib_task_op(self), CRIB_FOREVER), CRIB_PENDING);
}

Test(reentrancy, a_scope_may_be_closed_while_a_deadlock_lowers_shields) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN_RETURNS(crib_runtime_run_stackless(rt, "main", sleeps_in_a_shield, 0, NULL), CRIB_EDEADLOCK);
    crib_unref(rt);
}

/* ---- driving a run from inside it */

static crib_runtime *polled;

static void polls(void *p) {
    crib_ready record;
    (void)p;
    EXPECT_EQ(crib_runtime_poll_ready(polled, &record, 1, CRIB_POLL_NOWAIT), 0);
    EXPECT_EQ(crib_runtime_finish(polled), CRIB_EMISUSE);
}
static const crib_vtable polls_table = {sizeof(crib_vtable), polls, "polls", 0};

static int drops_in_a_fiber(void *arg) {
    crib_value v = {NULL, &polls_table};
    (void)arg;
    crib_value_drop(v);
    return crib_checkpoint();
}

Test(reentrancy, a_run_is_not_driven_from_its_own_callbacks) {
    crib_nursery_options options = {.size = sizeof options};
    crib_ready record;
    crib_nursery *n;
    crib_task *task;
    polled = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_start_stackless(polled, "main", NULL, 1, NULL, &task), 0);
    cr_assert_eq(crib_runtime_poll_ready(polled, &record, 1, 0), 1);
    options.parent = crib_task_scope(task);
    n = crib_nursery_open_with(&options);
    cr_assert_eq(crib_nursery_start_soon(n, "fiber", drops_in_a_fiber, NULL, NULL), 0);
    cr_assert_eq(crib_nursery_start_soon(n, "fiber", idles, NULL, NULL), 0);
    cr_assert_eq(crib_begin_nursery_close(crib_task_op(task), n, NULL), CRIB_PENDING);
    cr_assert_eq(crib_runtime_poll_ready(polled, &record, 1, 0), 1);
    cr_assert_eq(record.status, 0);
    crib_task_exit(task, NULL);
    while (crib_runtime_active(polled)) crib_runtime_poll_ready(polled, &record, 1, 0);
    EXPECT_RUN_RETURNS(crib_runtime_finish(polled), 0);
    crib_unref(polled);
}
