/* Runtimes and runs: options, refusals, counters, the tree as text, cancelling by number, poll hooks, expectations. */
#include <stddef.h>
#include <unistd.h>

#include "capi/messages.h"

TestSuite(runtime, .init = listen_to_messages);

/* --- options ---------------------------------------------------------------------------------- */

static bool takes(crib_runtime_options o) {
    crib_runtime *rt = crib_runtime_new(&o);
    bool taken = rt != NULL;
    if (taken)
        EXPECT_QUIET();
    else
        EXPECT_SAID("crib_runtime_new", NULL);
    crib_unref(rt);
    return taken;
}

#define TAKES(...) takes((crib_runtime_options){.size = sizeof(crib_runtime_options), __VA_ARGS__})

Test(runtime, options_at_their_limits_are_taken) {
    EXPECT(TAKES(.stack_bytes = (size_t)1 << 30));
    EXPECT(TAKES(.stack_bytes = 1));
    EXPECT(TAKES(.mock_clock = 2));
    EXPECT(TAKES(.interrupt = 1));
    EXPECT(TAKES(.interrupt = -1));
    EXPECT(TAKES(.strict = 1));
    EXPECT(TAKES(.budget = UINT32_MAX));
    EXPECT(TAKES(.seed = UINT64_MAX));
    EXPECT_NOTHING_UNEXPECTED();
}

Test(runtime, options_out_of_range_are_refused) {
    EXPECT(!TAKES(.stack_bytes = ((size_t)1 << 30) + 1));
    EXPECT(!TAKES(.stack_bytes = SIZE_MAX));
    EXPECT(!TAKES(.mock_clock = 3));
    EXPECT(!TAKES(.mock_clock = -1));
    EXPECT(!TAKES(.interrupt = 2));
    EXPECT(!TAKES(.interrupt = -2));
    EXPECT(!TAKES(.strict = 2));
    EXPECT(!TAKES(.strict = -1));
    EXPECT_NOTHING_UNEXPECTED();
}

static crib_runtime *sized(size_t size, char tail) {
    crib_runtime_options o[2];
    memset(o, 0, sizeof o);
    o[0].size = size;
    o[0].mock_clock = 77; /* counts only where the size reaches it */
    if (size > offsetof(crib_runtime_options, mock_clock)) o[0].mock_clock = 1;
    ((char *)o)[sizeof o[0] + 5] = tail;
    return crib_runtime_new(o);
}

Test(runtime, the_size_says_which_options_there_are) {
    const size_t whole = sizeof(crib_runtime_options);
    crib_runtime *rt[3] = {sized(offsetof(crib_runtime_options, mock_clock), 0), sized(2 * whole, 0), sized(whole, 9)};
    int i;
    for (i = 0; i < 3; i++) {
        EXPECT(rt[i] != NULL);
        crib_unref(rt[i]);
    }
    EXPECT_QUIET();
    EXPECT_NO_HANDLE(sized(2 * whole, 1), "crib_runtime_new", NULL);
    EXPECT_NO_HANDLE(sized(0, 0), "crib_runtime_new", NULL);
    EXPECT_NO_HANDLE(sized(sizeof(size_t) - 1, 0), "crib_runtime_new", NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- refusals --------------------------------------------------------------------------------- */

static void never_resumed(crib_task *self, uintptr_t data) {
    (void)self;
    (void)data;
    EXPECT(!"resumed");
}

Test(runtime, null_is_refused_by_name) {
    int gone = 0;
    crib_task *task = (crib_task *)&gone;
    EXPECT_MISUSE(crib_runtime_run(NULL, ends, &gone, count_call), "crib_runtime_run", NULL);
    EXPECT_MISUSE(crib_runtime_run_stackless(NULL, NULL, never_resumed, (uintptr_t)&gone, count_data),
                  "crib_runtime_run_stackless", NULL);
    EXPECT_MISUSE(crib_runtime_start_stackless(NULL, NULL, never_resumed, (uintptr_t)&gone, count_data, &task),
                  "crib_runtime_start_stackless", NULL);
    EXPECT(task == NULL);
    EXPECT_EQ(gone, 3);
    EXPECT_MISUSE(crib_runtime_finish(NULL), "crib_runtime_finish", NULL);
    EXPECT_MISUSE(crib_runtime_cancel_op(NULL, 1), "crib_runtime_cancel_op", NULL);
    EXPECT_MISUSE(crib_runtime_set_poll_hooks(NULL, NULL, NULL, NULL), "crib_runtime_set_poll_hooks", NULL);
    EXPECT_EQ(crib_runtime_poll_ready(NULL, NULL, 1, 0), 0);
    EXPECT_SAID("crib_runtime_poll_ready", NULL);
    EXPECT(!crib_runtime_active(NULL));
    EXPECT(crib_runtime_current() == NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

Test(runtime, null_is_the_current_run_and_outside_there_is_none) {
    crib_statistics s = {.size = sizeof s};
    int gone = 0;
    EXPECT_MISUSE(crib_runtime_statistics(NULL, &s), "crib_runtime_statistics", NULL);
    EXPECT_MISUSE(crib_runtime_dump(NULL, STDERR_FILENO), "crib_runtime_dump", NULL);
    EXPECT_NO_HANDLE(crib_runtime_expect(NULL, "never"), "crib_runtime_expect", NULL);
    EXPECT_MISUSE(crib_runtime_spawn_system_task(NULL, "s", ends, &gone, count_call), "crib_runtime_spawn_system_task",
                  NULL);
    EXPECT_EQ(gone, 1);
    EXPECT_NOTHING_UNEXPECTED();
}

Test(runtime, a_run_without_a_body_is_refused) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int gone = 0;
    EXPECT_EQ(crib_run(NULL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_runtime_run(rt, NULL, &gone, count_call), CODE_EINVAL);
    EXPECT_EQ(crib_runtime_run_stackless(rt, NULL, NULL, (uintptr_t)&gone, count_data), CODE_EINVAL);
    EXPECT_EQ(gone, 2);
    EXPECT(!crib_runtime_active(rt));
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

Test(runtime, a_runtime_that_never_ran_has_nothing_to_show) {
    crib_runtime *rt = crib_runtime_new(NULL);
    crib_statistics s = {.size = sizeof s};
    EXPECT_EQ(crib_runtime_statistics(rt, &s), 0);
    EXPECT_EQ(s.tasks_living, 0);
    EXPECT_EQ(s.tasks_spawned, 0);
    EXPECT_EQ(s.next_deadline, CRIB_FOREVER);
    EXPECT_EQ(crib_runtime_cancel_op(rt, 1), CRIB_ERUNFINISHED);
    EXPECT_MISUSE(crib_runtime_dump(rt, STDERR_FILENO), "crib_runtime_dump", NULL);
    EXPECT_NO_HANDLE(crib_runtime_expect(rt, "never"), "crib_runtime_expect", NULL);
    EXPECT_MISUSE(crib_runtime_finish(rt), "crib_runtime_finish", NULL);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

static int inside_another(void *rt) {
    int gone = 0;
    EXPECT_MISUSE(crib_run(ends, NULL), "crib_run", "main");
    EXPECT_EQ(crib_runtime_run(rt, ends, &gone, count_call), CRIB_EMISUSE);
    EXPECT_EQ(crib_runtime_run(crib_runtime_current(), ends, &gone, count_call), CRIB_EMISUSE);
    EXPECT_EQ(gone, 2);
    EXPECT(said_count == 2);
    said_forget();
    EXPECT_EQ(crib_runtime_set_poll_hooks(crib_runtime_current(), NULL, NULL, NULL), CRIB_EBUSY);
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "s", NULL, &gone, count_call), CODE_EINVAL);
    EXPECT_MISUSE(crib_runtime_spawn_system_task(rt, "s", ends, &gone, count_call), "crib_runtime_spawn_system_task",
                  "main");
    EXPECT_EQ(gone, 4);
    EXPECT_EQ(crib_runtime_poll_ready(crib_runtime_current(), NULL, 1, 0), 0);
    EXPECT_SAID("crib_runtime_poll_ready", "main");
    EXPECT_MISUSE(crib_runtime_finish(crib_runtime_current()), "crib_runtime_finish", "main");
    EXPECT(crib_runtime_active(crib_runtime_current()));
    EXPECT(!crib_runtime_active(rt));
    return RAN;
}

Test(runtime, a_thread_has_one_run_at_a_time) {
    crib_runtime *other = crib_runtime_new(NULL);
    EXPECT_RUN(crib_run(inside_another, other));
    crib_unref(other);
}

static int names_itself(void *rt) {
    crib_task *task;
    EXPECT_MISUSE(crib_runtime_run(rt, ends, NULL, NULL), "crib_runtime_run", "main");
    EXPECT_MISUSE(crib_runtime_run_stackless(rt, NULL, never_resumed, 0, NULL), "crib_runtime_run_stackless", "main");
    EXPECT_MISUSE(crib_runtime_start_stackless(rt, NULL, never_resumed, 0, NULL, &task), "crib_runtime_start_stackless",
                  "main");
    return RAN;
}

Test(runtime, the_refusal_of_a_second_run_names_the_function_and_the_task) {
    crib_runtime *other = crib_runtime_new(NULL);
    EXPECT_RUN(crib_run(names_itself, other));
    crib_unref(other);
}

static void enters(void *rt) {
    int gone = 0;
    EXPECT_MISUSE(crib_runtime_run(rt, ends, &gone, count_call), "crib_runtime_run", NULL);
    EXPECT_EQ(gone, 1);
}

Test(runtime, a_runtime_stays_with_the_thread_that_entered_it) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_EQ(crib_runtime_run(rt, ends, NULL, NULL), 0);
    in_thread(enters, rt);
    EXPECT_EQ(crib_runtime_run(rt, ends, NULL, NULL), 0);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

static int ends_late(void *arg) {
    int *gone = arg;
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "late", ends, gone, count_call), CRIB_ERUNFINISHED);
    EXPECT_EQ(*gone, 1);
    return 0;
}

static int starts_system(void *gone) {
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "early", ends_late, gone, NULL), 0);
    return crib_checkpoint() == 0 ? RAN : -1;
}

Test(runtime, system_tasks_cannot_be_started_after_main) {
    int gone = 0;
    EXPECT_RUN(run_autojump(starts_system, &gone));
}

/* --- what it shows ---------------------------------------------------------------------------- */

static int counts(void *arg) {
    crib_statistics s[2] = {{.size = sizeof s[0]}, {.size = 0}};
    crib_nursery *n = crib_nursery_open();
    uint64_t living;
    (void)arg;
    EXPECT_EQ(crib_runtime_statistics(NULL, &s[0]), 0);
    living = s[0].tasks_living;
    EXPECT(living >= 1 && s[0].tasks_spawned >= living);
    EXPECT_EQ(s[0].next_deadline, CRIB_FOREVER);
    EXPECT_EQ(crib_nursery_start_soon(n, "a", stays, NULL, NULL), 0);
    EXPECT_EQ(crib_scope_set_deadline(crib_nursery_scope(n), crib_now() + 5), 0);
    EXPECT_EQ(crib_runtime_statistics(crib_runtime_current(), &s[0]), 0);
    EXPECT_EQ(s[0].tasks_living, living + 1);
    EXPECT(s[0].tasks_ready >= 1);
    EXPECT_EQ(s[0].next_deadline, crib_now() + 5);
    EXPECT(s[0].stacks_live >= 1 && s[0].stack_bytes > 0 && s[0].task_bytes > 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_runtime_statistics(NULL, &s[1]), CODE_EINVAL);
    s[1].size = sizeof s[1] - 1;
    EXPECT_EQ(crib_runtime_statistics(NULL, &s[1]), CODE_EINVAL);
    s[0].size = 2 * sizeof s[0];
    EXPECT_EQ(crib_runtime_statistics(NULL, &s[0]), 0);
    EXPECT_EQ(s[0].size, 2 * sizeof s[0]);
    EXPECT_EQ(s[1].tasks_living, 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(runtime, statistics_count_tasks_and_deadlines) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_AUTOJUMP};
    crib_runtime *rt = crib_runtime_new(&o);
    crib_statistics s = {.size = sizeof s};
    EXPECT_RUN(crib_runtime_run(rt, counts, NULL, NULL));
    EXPECT_EQ(crib_runtime_statistics(rt, &s), 0);
    EXPECT_EQ(s.tasks_living, 0);
    EXPECT(s.tasks_spawned >= 2 && s.switches >= 2 && s.polls >= 1);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

static int dumps(void *arg) {
    char text[2000];
    int fds[2];
    ssize_t got;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "sleeper", stays, NULL, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(pipe(fds), 0);
    EXPECT_EQ(crib_runtime_dump(NULL, fds[1]), 0);
    got = read(fds[0], text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    EXPECT_HAS(text, "task 'main' (fiber): running");
    EXPECT_HAS(text, "task 'sleeper' (fiber): waits for ");
    EXPECT_HAS(text, "nursery (1 children");
    close(fds[0]);
    close(fds[1]);
    EXPECT_EQ(crib_runtime_dump(NULL, -1), -EBADF);
    EXPECT_QUIET();
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(runtime, the_dump_shows_who_waits_on_what) { EXPECT_RUN(run_autojump(dumps, NULL)); }
