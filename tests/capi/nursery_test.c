/* Nurseries: options, stale and foreign handles, outside of tasks, refused children. */
#include <stddef.h>

#include "capi/messages.h"

TestSuite(nursery, .init = listen_to_messages, .timeout = 20);

/* --- options ---------------------------------------------------------------------------------- */

static int body_runs(crib_nursery *n, void *arg) {
    (void)arg;
    return crib_nursery_start_soon(n, "c", ends, NULL, NULL);
}

static int sized(size_t size, char tail, int32_t policy) {
    crib_nursery_options o[2];
    memset(o, 0, sizeof o);
    o[0].size = size;
    o[0].policy = policy;
    ((char *)o)[2 * sizeof o[0] - 1] = tail;
    return crib_nursery_run(o, body_runs, NULL);
}

static int sizes(void *arg) {
    const size_t whole = sizeof(crib_nursery_options);
    (void)arg;
    EXPECT_EQ(sized(whole, 1, CRIB_POLICY_SUPERVISE), 0);
    EXPECT_EQ(sized(offsetof(crib_nursery_options, policy), 0, 99), 0);
    EXPECT_EQ(sized(whole, 0, 99), CODE_EINVAL);
    EXPECT_EQ(sized(2 * whole, 0, CRIB_POLICY_ALL), 0);
    EXPECT_EQ(sized(2 * whole, 1, CRIB_POLICY_ALL), CODE_EINVAL);
    EXPECT_EQ(sized(0, 0, 0), CODE_EINVAL);
    EXPECT_EQ(crib_checkpoint(), 0); /* crib_nursery_run does not poison */
    return RAN;
}

Test(nursery, the_size_says_which_options_there_are) { EXPECT_RUN(run_autojump(sizes, NULL)); }

#define RUNS(...)                                                                                                      \
    crib_nursery_run(&(crib_nursery_options){.size = sizeof(crib_nursery_options), __VA_ARGS__}, body_runs, NULL)

static int ranges(void *arg) {
    (void)arg;
    EXPECT_EQ(RUNS(.policy = -1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.policy = CRIB_POLICY_SUPERVISE + 1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.stack_bytes = SIZE_MAX), CODE_EINVAL);
    EXPECT_EQ(RUNS(.stack_bytes = 1), 0);
    EXPECT_EQ(RUNS(.max_children = UINT32_MAX), 0);
    EXPECT_EQ(crib_nursery_run(NULL, NULL, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    return RAN;
}

Test(nursery, options_out_of_range_are_invalid) { EXPECT_RUN(run_autojump(ranges, NULL)); }

static int large_stacks(void *arg) {
    (void)arg;
    EXPECT_EQ(RUNS(.stack_bytes = ((size_t)1 << 30) + 1), CODE_EINVAL);
    return RAN;
}

Test(nursery, stacks_of_more_than_a_gibibyte_are_invalid) { EXPECT_RUN(run_autojump(large_stacks, NULL)); }

static int poisoned(void *arg) {
    crib_nursery_options o = {.size = sizeof o, .policy = 50};
    crib_scope *outer = crib_move_on_after(CRIB_FOREVER), *inner;
    (void)arg;
    EXPECT(crib_nursery_open_with(&o) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    outer = crib_move_on_after(CRIB_FOREVER);
    inner = crib_move_on_after(CRIB_FOREVER);
    o.policy = CRIB_POLICY_ALL;
    o.parent = outer; /* not the innermost block */
    EXPECT_NO_HANDLE(crib_nursery_open_with(&o), "crib_nursery_open_with", "main");
    EXPECT_EQ(crib_checkpoint(), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(NULL, CODE_EINVAL), CODE_EINVAL);
    return RAN;
}

Test(nursery, an_open_that_fails_poisons_the_block_around) { EXPECT_RUN(run_autojump(poisoned, NULL)); }

/* --- stale, foreign, outside ------------------------------------------------------------------ */

static void flat(crib_task *self, uintptr_t data) {
    (void)data;
    crib_task_exit(self, NULL);
}

/* What every call does with a handle that names nothing here; `task` as in EXPECT_SAID. */
static void uses_nothing(crib_nursery *n, const char *task) {
    int gone = 0;
    crib_error *e;
    EXPECT_MISUSE(crib_nursery_start_soon(n, "c", ends, &gone, count_call), "crib_nursery_start_soon", task);
    EXPECT_NO_HANDLE(crib_nursery_spawn(n, "c", ends, &gone, count_call), "crib_nursery_spawn", task);
    EXPECT_NO_HANDLE(crib_nursery_start_stackless(n, "c", flat, (uintptr_t)&gone, count_data),
                     "crib_nursery_start_stackless", task);
    EXPECT_MISUSE(crib_nursery_start(n, "c", ends, &gone, count_call, NULL), "crib_nursery_start", task);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", NULL, &gone, count_call), CODE_EINVAL);
    EXPECT(crib_nursery_spawn(n, "c", NULL, &gone, count_call) == NULL);
    EXPECT_EQ(gone, 6);
    EXPECT_MISUSE(crib_nursery_admits(n), "crib_nursery_admits", task);
    EXPECT_MISUSE(crib_nursery_wait_room(n), "crib_nursery_wait_room", task);
    EXPECT_MISUSE(crib_nursery_wait_idle(n), "crib_nursery_wait_idle", task);
    EXPECT_MISUSE(crib_nursery_close(n, 0), "crib_nursery_close", task);
    e = crib_nursery_close_error(n, crib_error_new(CODE_A, NULL));
    EXPECT(crib_error_find(e, CODE_A) != NULL && crib_error_find(e, CRIB_EMISUSE) != NULL);
    EXPECT_SAID("crib_nursery_close_error", task);
    crib_unref(e);
    EXPECT_NO_HANDLE(crib_nursery_scope(n), "crib_nursery_scope", task);
    EXPECT_EQ(crib_nursery_count(n), 0);
    EXPECT(crib_nursery_parent_task(n) == NULL);
    EXPECT_QUIET();
}

static void calls_outside(void *n) {
    int gone = 0;
    EXPECT_EQ(crib_nursery_count(n), 0);
    EXPECT(crib_nursery_parent_task(n) == NULL);
    EXPECT_MISUSE(crib_nursery_cancel(n, NULL), "crib_nursery_cancel", NULL);
    EXPECT_NO_HANDLE(crib_nursery_open(), "crib_nursery_open", NULL);
    EXPECT_NO_HANDLE(crib_nursery_open_with(NULL), "crib_nursery_open_with", NULL);
    EXPECT_MISUSE(crib_nursery_run(NULL, body_runs, NULL), "crib_nursery_run", NULL);
    EXPECT_MISUSE(crib_nursery_wait_idle(n), "crib_nursery_wait_idle", NULL);
    EXPECT_MISUSE(crib_nursery_close(n, 0), "crib_nursery_close", NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", ends, &gone, count_call), CRIB_EMISUSE);
    EXPECT(crib_nursery_spawn(n, "c", ends, &gone, count_call) == NULL);
    EXPECT(crib_nursery_start_stackless(n, "c", flat, (uintptr_t)&gone, count_data) == NULL);
    EXPECT(crib_nursery_scope(n) == NULL);
    EXPECT_EQ(gone, 3);
    EXPECT_HAS(said_all, "crib: crib_nursery_start_soon: ");
    EXPECT_HAS(said_all, "crib: crib_nursery_spawn: ");
    EXPECT_HAS(said_all, "crib: crib_nursery_start_stackless: ");
    EXPECT_HAS(said_all, "crib: crib_nursery_scope: ");
    said_forget();
}

Test(nursery, outside_a_run_there_are_no_nurseries) {
    calls_outside(NULL);
    in_thread(calls_outside, (void *)(uintptr_t)0x0100000100000009);
    EXPECT_NOTHING_UNEXPECTED();
}

static void says_it_once(void *n) {
    EXPECT_MISUSE(crib_nursery_start_soon(n, "c", ends, NULL, NULL), "crib_nursery_start_soon", NULL);
    EXPECT_NO_HANDLE(crib_nursery_scope(n), "crib_nursery_scope", NULL);
}

Test(nursery, a_refusal_outside_a_run_is_said_once) {
    says_it_once(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int foreign(void *n) {
    uses_nothing(n, "main");
    EXPECT_MISUSE(crib_nursery_cancel(n, NULL), "crib_nursery_cancel", "main");
    return RAN;
}

static int stale(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    uses_nothing(n, "main");
    EXPECT_EQ(crib_nursery_cancel(n, "too late"), 0);
    uses_nothing(NULL, "main");
    EXPECT_MISUSE(crib_nursery_cancel(NULL, NULL), "crib_nursery_cancel", "main");
    uses_nothing((crib_nursery *)UINTPTR_MAX, "main");
    n = crib_nursery_open();
    in_thread(calls_outside, n);
    in_other_run(foreign, n);
    EXPECT(!crib_scope_cancel_called(crib_nursery_scope(n)));
    EXPECT(crib_nursery_parent_task(n) == crib_task_current());
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(nursery, stale_and_foreign_handles_reach_nothing) { EXPECT_RUN(run_autojump(stale, NULL)); }

/* --- children --------------------------------------------------------------------------------- */

static int refused_children(void *arg) {
    crib_nursery_options o = {.size = sizeof o, .max_children = 1};
    crib_nursery *n = crib_nursery_open_with(&o);
    int gone = 0;
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "c", NULL, &gone, count_call), CODE_EINVAL);
    EXPECT(crib_nursery_spawn(n, "c", NULL, &gone, count_call) == NULL);
    EXPECT_EQ(crib_nursery_start(n, "c", NULL, &gone, count_call, NULL), CODE_EINVAL);
    EXPECT_EQ(gone, 3);
    EXPECT_QUIET();
    EXPECT_NO_HANDLE(crib_nursery_start_stackless(n, "c", NULL, (uintptr_t)&gone, count_data),
                     "crib_nursery_start_stackless", "main");
    EXPECT_EQ(gone, 4);
    EXPECT_EQ(crib_nursery_count(n), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "c", ends, &gone, count_call), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "d", ends, &gone, count_call), CRIB_EWOULDBLOCK);
    EXPECT(crib_nursery_spawn(n, "d", ends, &gone, count_call) == NULL);
    EXPECT(crib_nursery_start_stackless(n, "d", flat, (uintptr_t)&gone, count_data) == NULL);
    EXPECT_EQ(crib_nursery_start(n, "d", ends, &gone, count_call, NULL), CRIB_EWOULDBLOCK);
    EXPECT_EQ(gone, 8);
    EXPECT_EQ(crib_nursery_admits(n), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_nursery_wait_room(n), 0);
    EXPECT_EQ(crib_nursery_admits(n), 0);
    EXPECT_EQ(gone, 9);
    EXPECT_QUIET();
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(nursery, what_is_given_to_a_refused_child_is_destroyed_once) { EXPECT_RUN(run_autojump(refused_children, NULL)); }

static int waits_for_itself(void *n) {
    EXPECT_MISUSE(crib_nursery_wait_idle(n), "crib_nursery_wait_idle", "child");
    EXPECT_MISUSE(crib_nursery_close(n, 0), "crib_nursery_close", "child");
    return 0;
}

static int inside_a_child(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "child", waits_for_itself, n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(nursery, a_child_neither_awaits_nor_closes_its_own_nursery) { EXPECT_RUN(run_autojump(inside_a_child, NULL)); }

static int misnested(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_error *e;
    (void)arg;
    crib_move_on_after(CRIB_FOREVER);
    EXPECT_MISUSE(crib_nursery_close(n, 0), "crib_nursery_close", "main");
    n = crib_nursery_open();
    crib_move_on_after(CRIB_FOREVER);
    e = crib_nursery_close_error(n, NULL);
    EXPECT_EQ(crib_error_code(e), CRIB_EMISUSE);
    EXPECT_SAID("crib_nursery_close_error", "main");
    crib_unref(e);
    return RAN;
}

Test(nursery, a_close_with_inner_blocks_open_is_reported_by_its_own_name) { EXPECT_RUN(run_autojump(misnested, NULL)); }

static void fails_to_supervise(crib_task *task, crib_error *error, void *calls) {
    ++*(int *)calls;
    EXPECT(!crib_in_task());
    EXPECT_STR(crib_task_name(task), "child");
    EXPECT_EQ(crib_error_code(error), CODE_A);
    EXPECT_MISUSE(crib_checkpoint(), "crib_checkpoint", NULL);
}

static int fails(void *arg) {
    (void)arg;
    return crib_fail(CODE_A, "as told");
}

static int supervised(void *arg) {
    int calls = 0;
    crib_nursery_options o = {.size = sizeof o, .policy = CRIB_POLICY_SUPERVISE};
    crib_nursery *n;
    (void)arg;
    o.on_failure = fails_to_supervise;
    o.user_data = &calls;
    n = crib_nursery_open_with(&o);
    EXPECT_EQ(crib_nursery_start_soon(n, "child", fails, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(calls, 1);
    return RAN;
}

Test(nursery, who_is_told_of_a_failure_cannot_wait) { EXPECT_RUN(run_autojump(supervised, NULL)); }
