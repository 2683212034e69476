/* Runtimes: cancelling operations by number, poll hooks, expectations, forked children. */
#include <sys/wait.h>
#include <unistd.h>

#include "capi/messages.h"

TestSuite(runtime_wake, .init = listen_to_messages, .timeout = 20);

struct target {
    crib_runtime *rt;
    uint64_t id;
};

static void cancels(void *arg) {
    const struct target *t = arg;
    EXPECT_EQ(crib_runtime_cancel_op(t->rt, t->id), 0);
}

static int cancel_by_number(void *arg) {
    struct target t = {crib_runtime_current(), 0};
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_result result;
    uint64_t first;
    (void)arg;
    EXPECT_EQ(crib_begin_sleep(op, CRIB_SECONDS(60)), CRIB_PENDING);
    first = t.id = crib_op_id(op);
    EXPECT(first != 0);
    in_thread(cancels, &t);
    EXPECT_EQ(crib_op_take(op, &result), CRIB_PENDING);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, CRIB_ECANCELLED);

    in_thread(cancels, &t); /* finished */
    EXPECT_EQ(crib_begin_sleep(op, CRIB_SECONDS(60)), CRIB_PENDING);
    EXPECT(crib_op_id(op) != first);
    in_thread(cancels, &t); /* of the operation before */
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(90)), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 0);
    EXPECT_QUIET();
    return RAN;
}

Test(runtime_wake, another_thread_cancels_one_operation_by_its_number) {
    EXPECT_RUN(run_autojump(cancel_by_number, NULL));
}

static int garbage_numbers(void *arg) {
    const uint64_t garbage[] = {0, 1, UINT64_MAX, 0xdeadbeefcafef00d, 0x7fffffff0000000b, 0x00000001ffffffff};
    struct target t = {crib_runtime_current(), 0};
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    size_t i;
    uint64_t kind, slot;
    crib_result result;
    (void)arg;
    EXPECT_EQ(crib_begin_sleep(op, CRIB_SECONDS(60)), CRIB_PENDING);
    for (i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        t.id = garbage[i];
        cancels(&t);
    }
    for (kind = 0; kind < 8; kind++) {
        for (slot = 0; slot < 40; slot++) {
            t.id = (uint64_t)77777 << 32 | slot << 4 | kind << 1 | 1;
            cancels(&t);
        }
    }
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(90)), 0);
    EXPECT_EQ(crib_op_take(op, &result), 0);
    EXPECT_EQ(result.status, 0);
    EXPECT_QUIET();
    return RAN;
}

Test(runtime_wake, garbage_numbers_cancel_nothing) { EXPECT_RUN(run_autojump(garbage_numbers, NULL)); }

static int blocked_call(void *arg) {
    struct target t = {crib_runtime_current(), 0};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "stays", stays, NULL, NULL);
    int code = 0;
    (void)arg;
    EXPECT_EQ(crib_checkpoint(), 0);
    t.id = crib_op_id(crib_task_op(task));
    in_thread(cancels, &t);
    EXPECT_EQ(crib_task_wait(task, &code), 0);
    EXPECT_EQ(code, CRIB_EMISUSE); /* a Cancelled that no scope gave cannot leave the task */
    crib_unref(task);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE);
    return RAN;
}

Test(runtime_wake, a_fibers_blocking_call_has_a_number_too) { EXPECT_RUN(run_autojump(blocked_call, NULL)); }

Test(runtime_wake, after_the_run_there_is_nothing_to_cancel) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_run(rt, ends, NULL, NULL), 0);
    cr_assert_eq(crib_runtime_cancel_op(rt, 1), CRIB_ERUNFINISHED);
    crib_unref(rt);
}

static crib_task *polled_main;

static size_t poll_once(crib_runtime *rt, crib_ready *ready) {
    return crib_runtime_poll_ready(rt, ready, 1, CRIB_POLL_NOWAIT);
}

Test(runtime_wake, slot_0_of_a_handed_out_task_is_cancelled_by_its_number) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_MANUAL};
    crib_runtime *rt = crib_runtime_new(&o);
    crib_ready ready;
    uint64_t id;
    int i;
    EXPECT_EQ(crib_runtime_finish(rt), CRIB_EMISUSE);
    said_forget();
    EXPECT_EQ(crib_runtime_start_stackless(rt, NULL, NULL, 77, NULL, &polled_main), 0);
    EXPECT_STR(crib_task_name(polled_main), "main");
    EXPECT_EQ(crib_runtime_poll_ready(rt, &ready, 0, 0), 0);
    EXPECT_EQ(poll_once(rt, &ready), 1);
    EXPECT_EQ(ready.kind, CRIB_READY_RESUME);
    EXPECT_EQ(ready.data, 77);
    EXPECT_EQ(ready.op_id, 0);
    EXPECT_EQ(crib_begin_sleep(crib_task_op(polled_main), 1000), CRIB_PENDING);
    id = crib_op_id(crib_task_op(polled_main));
    EXPECT_EQ(poll_once(rt, &ready), 0);
    EXPECT_EQ(crib_runtime_finish(rt), CRIB_EBUSY);
    EXPECT_EQ(crib_runtime_cancel_op(rt, id), 0);
    for (i = 0; i < 10 && poll_once(rt, &ready) == 0; i++) continue;
    EXPECT_EQ(ready.op_id, id);
    EXPECT_EQ(ready.status, CRIB_ECANCELLED);
    crib_task_exit(polled_main, NULL);
    for (i = 0; i < 10 && crib_runtime_active(rt); i++) EXPECT_EQ(poll_once(rt, &ready), 0);
    EXPECT_QUIET();
    EXPECT_EQ(crib_runtime_finish(rt), 0);
    EXPECT_MISUSE(crib_runtime_finish(rt), "crib_runtime_finish", NULL);
    crib_unref(rt);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- poll hooks ------------------------------------------------------------------------------- */

static struct {
    int before, after;
    crib_portal *portal;
    struct target target;
} hooked;

static void before_poll(void *user_data) {
    EXPECT(user_data == &hooked);
    EXPECT_EQ(hooked.before, hooked.after);
    EXPECT(!crib_in_task());
    ++hooked.before;
    if (hooked.portal != NULL) EXPECT_EQ(crib_portal_wake(hooked.portal), 0);
    if (hooked.target.id != 0) cancels(&hooked.target);
}

static void after_poll(void *user_data) {
    EXPECT(user_data == &hooked);
    ++hooked.after;
    EXPECT_EQ(hooked.before, hooked.after);
}

static int waits_for_portal(void *arg) {
    int i;
    (void)arg;
    hooked.portal = crib_portal_open();
    for (i = 0; i < 3; i++) EXPECT_EQ(crib_portal_wait(hooked.portal), 0);
    EXPECT_EQ(crib_runtime_set_poll_hooks(crib_runtime_current(), NULL, NULL, NULL), CRIB_EBUSY);
    crib_unref(hooked.portal);
    hooked.portal = NULL;
    return RAN;
}

Test(runtime_wake, poll_hooks_are_called_in_pairs_around_a_poll_that_blocks) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_set_poll_hooks(rt, before_poll, after_poll, &hooked), 0);
    EXPECT_RUN(crib_runtime_run(rt, waits_for_portal, NULL, NULL));
    cr_assert_geq(hooked.before, 1);
    cr_assert_eq(hooked.before, hooked.after);
    cr_assert_eq(crib_runtime_set_poll_hooks(rt, NULL, NULL, NULL), 0);
    hooked.before = hooked.after = 0;
    EXPECT_EQ(crib_runtime_run(rt, ends, NULL, NULL), 0);
    cr_assert_eq(hooked.before, 0);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

/* --- expectations ----------------------------------------------------------------------------- */

static int stays_once(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    return 0;
}

static int expects(void *arg) {
    crib_expectation *e = crib_runtime_expect(arg, "a wake-up from nowhere");
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "stays", stays_once, NULL, NULL);
    EXPECT(e != NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    hooked.target.rt = crib_runtime_current();
    hooked.target.id = crib_op_id(crib_task_op(task));
    EXPECT_EQ(crib_task_wait(task, NULL), 0);
    hooked.target.id = 0;
    crib_unref(task);
    crib_unref(e);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(runtime_wake, an_expectation_prevents_the_deadlock_report) {
    crib_runtime *rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_runtime_set_poll_hooks(rt, before_poll, after_poll, &hooked), 0);
    EXPECT_RUN(crib_runtime_run(rt, expects, NULL, NULL));
    crib_unref(rt);
}

static int no_longer_expects(void *arg) {
    (void)arg;
    crib_unref(crib_runtime_expect(NULL, NULL));
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(said_code, CRIB_EDEADLOCK);
    EXPECT_HAS(said_all, "crib: deadlock: ");
    EXPECT_HAS(said_all, "task 'main' (fiber): waits for ");
    return RAN;
}

Test(runtime_wake, without_the_expectation_the_deadlock_is_reported) {
    EXPECT_RUN_RETURNS(crib_run(no_longer_expects, NULL), CRIB_EDEADLOCK);
}

static bool never_undone(crib_op *op, void *user_data) {
    (void)op;
    (void)user_data;
    return false;
}

static int parks_for_good(void *arg) {
    crib_scope *shield = shielded_scope();
    int rc;
    (void)arg;
    rc = crib_park(never_undone, NULL, "godot", NULL);
    EXPECT_EQ(rc, CRIB_EDEADLOCK);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_HAS(said_all, "task 'main' (fiber): waits for godot");
    EXPECT_HAS(said_all, "shields are lowered");
    return RAN;
}

Test(runtime_wake, a_wait_that_no_cancel_ends_is_ended_by_force) {
    EXPECT_RUN_RETURNS(crib_run(parks_for_good, NULL), CRIB_EDEADLOCK);
}

/* --- forked children -------------------------------------------------------------------------- */

static pid_t forked;

static int forks(void *arg) {
    (void)arg;
    forked = fork();
    if (forked == 0) _exit(crib_run(ends, NULL) == CRIB_EMISUSE ? 0 : 1);
    return RAN;
}

Test(runtime_wake, a_forked_child_runs_nothing_on_the_runtimes_of_its_parent) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int status = -1;
    EXPECT_RUN(crib_runtime_run(rt, forks, NULL, NULL));
    EXPECT_EQ(waitpid(forked, &status, 0), forked);
    EXPECT_EQ(status, 0); /* inside the run */
    forked = fork();
    if (forked == 0) _exit(crib_runtime_run(rt, ends, NULL, NULL) == CRIB_EMISUSE && said_count == 1 ? 0 : 1);
    EXPECT_EQ(waitpid(forked, &status, 0), forked);
    EXPECT_EQ(status, 0); /* after it */
    crib_unref(rt);
    EXPECT_NOTHING_UNEXPECTED();
}
