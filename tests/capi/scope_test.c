/* Scopes: options, stale and foreign handles, outside of tasks, callbacks. */
#include <stddef.h>

#include "capi/messages.h"

TestSuite(scope, .init = listen_to_messages, .timeout = 20);

/* --- options ---------------------------------------------------------------------------------- */

static int sized(size_t size, char tail, int64_t deadline) {
    crib_scope_options o[2];
    bool caught;
    int rc;
    memset(o, 0, sizeof o);
    o[0].size = size;
    o[0].deadline = deadline;
    ((char *)o)[sizeof o[0] + 9] = tail;
    rc = crib_scope_run(o, looks, NULL, &caught);
    return rc == 0 && caught ? 1 : rc;
}

static int sizes(void *arg) {
    const size_t whole = sizeof(crib_scope_options);
    (void)arg;
    EXPECT_EQ(sized(whole, 0, 0), 0);
    EXPECT_EQ(sized(whole, 1, CRIB_EXPIRED), 1);
    EXPECT_EQ(sized(offsetof(crib_scope_options, deadline), 0, CRIB_EXPIRED), 0);
    EXPECT_EQ(sized(2 * whole, 0, CRIB_EXPIRED), 1);
    EXPECT_EQ(sized(2 * whole, 1, 0), CODE_EINVAL);
    EXPECT_EQ(sized(0, 0, 0), CODE_EINVAL);
    EXPECT_EQ(sized(sizeof(size_t) - 1, 0, 0), CODE_EINVAL);
    EXPECT_EQ(crib_checkpoint(), 0); /* crib_scope_run does not poison */
    return RAN;
}

Test(scope, the_size_says_which_options_there_are) { EXPECT_RUN(run_autojump(sizes, NULL)); }

#define RUNS(...)                                                                                                      \
    crib_scope_run(&(crib_scope_options){.size = sizeof(crib_scope_options), __VA_ARGS__}, ends, NULL, NULL)

static int ranges(void *arg) {
    (void)arg;
    EXPECT_EQ(RUNS(.timeout = -1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.timeout = INT64_MIN), CODE_EINVAL);
    EXPECT_EQ(RUNS(.grace = -1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.shield = 3), CODE_EINVAL);
    EXPECT_EQ(RUNS(.shield = -1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.reserved = 1), CODE_EINVAL);
    EXPECT_EQ(RUNS(.timeout = INT64_MAX), 0);
    EXPECT_EQ(RUNS(.deadline = INT64_MAX), 0);
    EXPECT_EQ(RUNS(.grace = INT64_MAX, .timeout = 1), 0);
    EXPECT_EQ(RUNS(.shield = 2, .graceful = 1), 0);
    EXPECT_EQ(crib_scope_run(NULL, NULL, NULL, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_EQ(RUNS(.parent = (crib_scope *)(uintptr_t)0xff1), CRIB_EMISUSE);
    EXPECT_EQ(said_count, 1);
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(scope, options_out_of_range_are_invalid) { EXPECT_RUN(run_autojump(ranges, NULL)); }

static int poisoned(void *arg) {
    crib_scope *outer = crib_move_on_after(CRIB_FOREVER);
    (void)arg;
    EXPECT(crib_move_on_after(-1) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), CODE_EINVAL);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_sleep_forever(), CODE_EINVAL);
    EXPECT_QUIET();
    EXPECT_EQ(crib_scope_close(NULL, CODE_EINVAL, NULL), CODE_EINVAL); /* as a program does that goes on */
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(scope, an_open_that_fails_poisons_the_block_around) { EXPECT_RUN(run_autojump(poisoned, NULL)); }

static int closes_null(void *arg) {
    bool caught = true;
    (void)arg;
    EXPECT_EQ(crib_scope_close(NULL, CODE_EINVAL, &caught), CODE_EINVAL);
    EXPECT(!caught);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_scope_close(NULL, 0, &caught), "crib_scope_close", "main");
    return RAN;
}

Test(scope, closing_what_failed_to_open_is_misuse_only_without_the_code) {
    EXPECT_RUN(run_autojump(closes_null, NULL));
}

/* --- stale, foreign, outside ------------------------------------------------------------------ */

static int gone;

/* What every call does with a handle that names nothing here; `task` as in EXPECT_SAID. */
static void uses_nothing(crib_scope *s, const char *task) {
    crib_error *e;
    EXPECT_MISUSE(crib_scope_close(s, 0, NULL), "crib_scope_close", task);
    e = crib_scope_close_error(s, NULL, NULL);
    EXPECT_EQ(crib_error_code(e), CRIB_EMISUSE);
    EXPECT_SAID("crib_scope_close_error", task);
    crib_unref(e);
    e = crib_scope_close_error(s, crib_error_new(CODE_A, NULL), NULL);
    EXPECT(crib_error_find(e, CODE_A) != NULL && crib_error_find(e, CRIB_EMISUSE) != NULL);
    EXPECT_SAID("crib_scope_close_error", task);
    crib_unref(e);
    EXPECT_MISUSE(crib_scope_set_deadline(s, 1), "crib_scope_set_deadline", task);
    EXPECT_MISUSE(crib_scope_set_shield(s, true), "crib_scope_set_shield", task);
    EXPECT_MISUSE(crib_scope_link(s, s), "crib_scope_link", task);
    EXPECT_MISUSE(crib_scope_watch(s, 1), "crib_scope_watch", task);
    gone = 0;
    EXPECT_MISUSE(crib_scope_on_cancel(s, count_call, &gone, count_call), "crib_scope_on_cancel", task);
    EXPECT_EQ(gone, 1);
    EXPECT(!crib_scope_cancel_called(s));
    EXPECT_EQ(crib_scope_deadline(s), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_source(s), CRIB_SOURCE_NONE);
    EXPECT(crib_scope_reason(s) == NULL);
    EXPECT_EQ(crib_scope_state(s), CRIB_SCOPE_CLOSED);
    EXPECT_EQ(crib_scope_remaining_grace(s), CRIB_FOREVER);
    EXPECT_QUIET();
}

static void cancels_nothing(crib_scope *s, const char *task) {
    EXPECT_MISUSE(crib_scope_cancel(s, NULL), "crib_scope_cancel", task);
    EXPECT_MISUSE(crib_scope_cancel_soft(s, CRIB_SOFT_DRAIN, 0, NULL), "crib_scope_cancel_soft", task);
}

static void outside(void *scope) {
    uses_nothing(scope, NULL);
    cancels_nothing(scope, NULL);
    EXPECT_NO_HANDLE(crib_scope_open(NULL), "crib_scope_open", NULL);
    EXPECT_NO_HANDLE(crib_move_on_after(1), "crib_move_on_after", NULL);
    EXPECT_NO_HANDLE(crib_move_on_at(1), "crib_move_on_at", NULL);
    EXPECT_NO_HANDLE(crib_fail_after(1), "crib_fail_after", NULL);
    EXPECT_NO_HANDLE(crib_fail_at(1), "crib_fail_at", NULL);
    EXPECT_MISUSE(crib_scope_run(NULL, ends, NULL, NULL), "crib_scope_run", NULL);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    EXPECT_QUIET();
}

Test(scope, outside_a_run_there_are_no_scopes) {
    outside(NULL);
    outside((void *)(uintptr_t)0x0100000100000003);
    EXPECT_NOTHING_UNEXPECTED();
}

static int foreign(void *scope) {
    uses_nothing(scope, "main");
    cancels_nothing(scope, "main");
    return RAN;
}

static int stale(void *arg) {
    crib_scope *s = crib_move_on_after(CRIB_FOREVER), *open;
    (void)arg;
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    uses_nothing(s, "main");
    EXPECT_EQ(crib_scope_cancel(s, "too late"), 0);
    EXPECT_EQ(crib_scope_cancel_soft(s, CRIB_SOFT_DRAIN, 0, NULL), 0);
    EXPECT_EQ(crib_scope_cancel_soft(s, 2, 0, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_scope_cancel_soft(s, CRIB_SOFT_DRAIN, -1, NULL), CODE_EINVAL);
    uses_nothing(NULL, "main");
    cancels_nothing(NULL, "main");
    uses_nothing((crib_scope *)UINTPTR_MAX, "main");
    cancels_nothing((crib_scope *)UINTPTR_MAX, "main");
    open = crib_move_on_after(CRIB_FOREVER);
    EXPECT(open != s); /* the number is not used again at once */
    in_thread(outside, open);
    in_other_run(foreign, open);
    EXPECT(!crib_scope_cancel_called(open));
    EXPECT_EQ(crib_scope_close(open, 0, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(scope, stale_and_foreign_handles_reach_nothing) { EXPECT_RUN(run_autojump(stale, NULL)); }

static int not_ones_own(void *scope) {
    EXPECT_MISUSE(crib_scope_close(scope, 0, NULL), "crib_scope_close", "child");
    return 0;
}

static int embedded(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_MISUSE(crib_scope_close(crib_nursery_scope(n), 0, NULL), "crib_scope_close", "main");
    EXPECT_MISUSE(crib_scope_close(crib_task_scope(crib_task_current()), 0, NULL), "crib_scope_close", "main");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    n = crib_nursery_open();
    {
        crib_scope *s = crib_move_on_after(CRIB_FOREVER);
        EXPECT_EQ(crib_nursery_start_soon(n, "child", not_ones_own, s, NULL), 0);
        EXPECT_EQ(crib_nursery_wait_idle(n), 0);
        EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    }
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(scope, scopes_of_nurseries_tasks_and_others_are_not_ones_own_to_close) {
    EXPECT_RUN(run_autojump(embedded, NULL));
}

static void opens_below_nothing(crib_task *self, void *arg) {
    crib_scope_options o = scope_defaults();
    crib_scope *s;
    (void)arg;
    EXPECT_NO_HANDLE(crib_scope_open(NULL), "crib_scope_open", "flat");
    o.parent = crib_task_scope(self);
    o.deadline = 5;
    s = crib_scope_open(&o);
    EXPECT(s != NULL);
    EXPECT_EQ(crib_scope_deadline(s), 5);
    EXPECT(crib_scope_close_error(s, NULL, NULL) == NULL);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER);
    EXPECT(crib_move_on_after(1) == NULL);
}

Test(scope, a_stackless_task_names_the_parent) {
    in_stackless_task(opens_below_nothing, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static void asks_each_for_its_deadline(crib_task *self, void *arg) {
    const int64_t begun = crib_now();
    crib_scope_options o = scope_defaults();
    crib_scope *outer, *inner;
    (void)arg;
    o.parent = crib_task_scope(self);
    EXPECT_EQ(crib_scope_effective_deadline(o.parent), CRIB_FOREVER);
    o.deadline = begun + CRIB_SECONDS(2);
    outer = crib_scope_open(&o);
    o.parent = outer;
    o.deadline = begun + CRIB_SECONDS(5);
    inner = crib_scope_open(&o);
    EXPECT_EQ(crib_scope_effective_deadline(inner), begun + CRIB_SECONDS(2));
    crib_scope_set_shield(inner, true);
    EXPECT_EQ(crib_scope_effective_deadline(inner), begun + CRIB_SECONDS(5));
    crib_scope_set_shield(inner, false);
    crib_scope_cancel(outer, NULL);
    EXPECT_EQ(crib_scope_effective_deadline(inner), CRIB_EXPIRED);
    EXPECT_EQ(crib_current_effective_deadline(), CRIB_FOREVER); /* slot 0 works in neither */
    EXPECT(crib_scope_close_error(inner, NULL, NULL) == NULL);
    EXPECT_EQ(crib_scope_effective_deadline(inner), CRIB_FOREVER);
    EXPECT(crib_scope_close_error(outer, NULL, NULL) == NULL);
}

Test(scope, each_scope_tells_the_earliest_deadline_around_it) {
    in_stackless_task(asks_each_for_its_deadline, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- callbacks -------------------------------------------------------------------------------- */

static void tries_to_wait(void *counter) {
    ++*(int *)counter;
    EXPECT(!crib_in_task());
    EXPECT_MISUSE(crib_checkpoint(), "crib_checkpoint", NULL);
    EXPECT_NO_HANDLE(crib_move_on_after(1), "crib_move_on_after", NULL);
}

static int callbacks(void *arg) {
    int calls = 0, destroyed = 0, others = 0;
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    (void)arg;
    EXPECT_MISUSE(crib_scope_on_cancel(s, NULL, &others, count_call), "crib_scope_on_cancel", "main");
    EXPECT_EQ(others, 1);
    EXPECT_EQ(crib_scope_on_cancel(s, tries_to_wait, &calls, NULL), 0);
    EXPECT_EQ(crib_scope_on_cancel(s, count_call, &calls, count_call), 0);
    EXPECT_EQ(crib_scope_cancel(s, NULL), 0);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(crib_scope_on_cancel(s, count_call, &calls, count_call), 0); /* at once */
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    s = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_scope_on_cancel(s, tries_to_wait, &calls, NULL), 0);
    EXPECT_EQ(crib_scope_on_cancel(s, NULL, NULL, NULL), CRIB_EMISUSE);
    said_forget();
    EXPECT_EQ(crib_scope_on_cancel(s, count_call, &destroyed, count_call), 0);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(destroyed, 1); /* by destroy alone */
    return RAN;
}

Test(scope, a_cancel_callback_runs_once_and_cannot_wait) { EXPECT_RUN(run_autojump(callbacks, NULL)); }

Test(scope, every_source_has_a_name_of_its_own) {
    int a, b;
    for (a = CRIB_SOURCE_NONE; a <= CRIB_SOURCE_LINK; a++) {
        cr_assert_str_neq(crib_source_name(a), "unknown");
        for (b = CRIB_SOURCE_NONE; b < a; b++) cr_assert_str_neq(crib_source_name(a), crib_source_name(b));
    }
    cr_assert_str_eq(crib_source_name(CRIB_SOURCE_EXPLICIT), "explicit");
    cr_assert_str_eq(crib_source_name(CRIB_SOURCE_LINK + 1), "unknown");
    cr_assert_str_eq(crib_source_name(-1), "unknown");
}

static int graces(void *arg) {
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    (void)arg;
    EXPECT_EQ(crib_scope_remaining_grace(s), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_cancel_soft(s, CRIB_SOFT_DRAIN, CRIB_FOREVER, "soon"), 0);
    EXPECT_EQ(crib_scope_state(s), CRIB_SCOPE_SOFT);
    EXPECT_EQ(crib_scope_remaining_grace(s), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_cancel_soft(s, CRIB_SOFT_DRAIN, 100, "sooner"), 0);
    EXPECT_EQ(crib_scope_remaining_grace(s), 100);
    EXPECT_EQ(crib_sleep(40), 0);
    EXPECT_EQ(crib_scope_remaining_grace(s), 60);
    EXPECT_EQ(crib_sleep(100), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_remaining_grace(s), 0);
    EXPECT_EQ(crib_scope_state(s), CRIB_SCOPE_CANCELLED);
    EXPECT_STR(crib_scope_reason(s), "soon");
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    return RAN;
}

Test(scope, the_remaining_grace_runs_down_to_nothing) { EXPECT_RUN(run_autojump(graces, NULL)); }
