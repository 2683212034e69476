/* Guest mode: refusals, ticks from the wrong place, what the host may do between ticks. */
#include "capi/messages.h"
#include "support/host.h"

TestSuite(guest, .init = listen_to_messages, .timeout = 20);

static void never_done(int result, void *data) {
    (void)result;
    (void)data;
    EXPECT(!"done");
}

Test(guest, null_and_a_run_without_a_body_are_refused) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int gone = 0;
    EXPECT_MISUSE(crib_guest_start(NULL, ends, &gone, count_call, never_done, NULL), "crib_guest_start", NULL);
    EXPECT_EQ(crib_guest_start(rt, NULL, &gone, count_call, never_done, NULL), CODE_EINVAL);
    EXPECT_EQ(gone, 2);
    EXPECT_QUIET();
    EXPECT_EQ(crib_guest_timeout(NULL), CRIB_FOREVER);
    EXPECT_MISUSE(crib_guest_tick(NULL, 0), "crib_guest_tick", NULL);
    EXPECT(crib_guest_fd(NULL) == CRIB_EMISUSE);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

Test(guest, without_a_guest_run_nothing_ticks) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_EQ(crib_guest_fd(rt), CRIB_EMISUSE);
    said_forget();
    EXPECT_EQ(crib_guest_timeout(rt), CRIB_FOREVER);
    EXPECT_MISUSE(crib_guest_tick(rt, 0), "crib_guest_tick", NULL);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

Test(guest, the_descriptor_is_refused_with_a_message) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_MISUSE(crib_guest_fd(rt), "crib_guest_fd", NULL);
    EXPECT_MISUSE(crib_guest_fd(NULL), "crib_guest_fd", NULL);
    crib_unref(rt);
    EXPECT_NOTHING_UNEXPECTED();
}

static int in_an_own_run(void *rt) {
    int gone = 0;
    EXPECT_EQ(crib_guest_fd(rt), CRIB_EMISUSE);
    said_forget();
    EXPECT_EQ(crib_guest_timeout(rt), CRIB_FOREVER);
    EXPECT_MISUSE(crib_guest_tick(rt, 0), "crib_guest_tick", "main");
    EXPECT_EQ(crib_guest_start(rt, ends, &gone, count_call, never_done, NULL), CRIB_EMISUSE);
    EXPECT_EQ(gone, 1);
    said_forget();
    return RAN;
}

Test(guest, a_run_of_another_kind_does_not_tick) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, in_an_own_run, rt, NULL));
    crib_unref(rt);
}

static int names_itself(void *rt) {
    EXPECT_MISUSE(crib_guest_start(rt, ends, NULL, NULL, never_done, NULL), "crib_guest_start", "main");
    return RAN;
}

Test(guest, the_refusal_of_a_second_run_names_the_function_and_the_task) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, names_itself, rt, NULL));
    crib_unref(rt);
}

static void starts_elsewhere(void *rt) {
    EXPECT_MISUSE(crib_guest_start(rt, ends, NULL, NULL, never_done, NULL), "crib_guest_start", NULL);
}

Test(guest, a_runtime_is_a_guest_in_its_own_thread_only) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    EXPECT_EQ(host_start(&h, ends, NULL), 0);
    EXPECT_EQ(host_run(&h), 0);
    EXPECT_EQ(h.done, 1);
    in_thread(starts_elsewhere, h.rt);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(h.rt);
}

static void ticks_elsewhere(void *rt) {
    EXPECT_MISUSE(crib_guest_start(rt, ends, NULL, NULL, never_done, NULL), "crib_guest_start", NULL);
    EXPECT_MISUSE(crib_runtime_run(rt, ends, NULL, NULL), "crib_runtime_run", NULL);
    EXPECT_EQ(crib_runtime_poll_ready(rt, NULL, 1, 0), 0);
    EXPECT_SAID("crib_runtime_poll_ready", NULL);
    EXPECT_MISUSE(crib_runtime_finish(rt), "crib_runtime_finish", NULL);
    EXPECT(crib_runtime_current() == NULL);
}

static void tick_elsewhere(void *rt) { EXPECT_MISUSE(crib_guest_tick(rt, 0), "crib_guest_tick", NULL); }

static int waits_for_post(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    return RAN;
}

static int child_ran;
static int child(void *arg) {
    (void)arg;
    ++child_ran;
    return 0;
}

static crib_task *guest_main;
static int tells_who(void *arg) {
    guest_main = crib_task_current();
    return waits_for_post(arg);
}

Test(guest, between_ticks_the_thread_has_a_run_but_no_task) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    crib_statistics s = {.size = sizeof s};
    EXPECT_EQ(host_start(&h, tells_who, NULL), 0);
    EXPECT(crib_runtime_current() == h.rt);
    EXPECT(crib_runtime_active(h.rt));
    EXPECT(!crib_in_task());
    EXPECT_EQ(crib_guest_tick(h.rt, UINT32_MAX), 1);
    EXPECT_MISUSE(crib_checkpoint(), "crib_checkpoint", NULL);
    EXPECT_MISUSE(crib_run(ends, NULL), "crib_run", NULL);
    EXPECT_EQ(crib_runtime_statistics(NULL, &s), 0);
    EXPECT(s.tasks_living >= 1);
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "child", child, NULL, NULL), 0);
    EXPECT_EQ(crib_runtime_poll_ready(h.rt, NULL, 1, 0), 0);
    EXPECT_SAID("crib_runtime_poll_ready", NULL);
    EXPECT_MISUSE(crib_runtime_finish(h.rt), "crib_runtime_finish", NULL);
    EXPECT_EQ(crib_runtime_set_poll_hooks(h.rt, NULL, NULL, NULL), CRIB_EBUSY);
    crib_unref(h.rt);
    EXPECT_SAID("crib_unref", NULL); /* kept */
    EXPECT_EQ(crib_guest_tick(h.rt, 1), 1);
    EXPECT_EQ(child_ran, 1);
    in_thread(ticks_elsewhere, h.rt);
    in_thread(tick_elsewhere, h.rt);
    EXPECT_EQ(crib_runtime_dump(h.rt, -1), -EBADF);
    EXPECT(crib_guest_fd(h.rt) >= 0);
    EXPECT_QUIET();
    EXPECT(crib_guest_timeout(h.rt) >= 0);
    EXPECT_EQ(crib_task_cancel(guest_main, NULL), 0);
    EXPECT_EQ(host_run(&h), 0);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(h.rt);
}

Test(guest, the_host_may_cancel_between_ticks) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    EXPECT_EQ(host_start(&h, tells_who, NULL), 0);
    EXPECT_EQ(crib_guest_tick(h.rt, 0), 1);
    EXPECT_EQ(crib_task_cancel(guest_main, "the window was closed"), 0);
    EXPECT_EQ(host_run(&h), 0);
    EXPECT_EQ(h.result, RAN);
    EXPECT_EQ(h.done, 1);
    EXPECT_MISUSE(crib_guest_tick(h.rt, 0), "crib_guest_tick", NULL);
    EXPECT(crib_runtime_current() == NULL);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(h.rt);
}

Test(guest, nobody_need_be_told_that_it_is_done) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int gone = 0, rc, ticks = 0;
    EXPECT_EQ(crib_guest_start(rt, ends, &gone, count_call, NULL, NULL), 0);
    while ((rc = crib_guest_tick(rt, 1)) == 1 && ++ticks < 1000) continue;
    EXPECT_EQ(rc, 0);
    EXPECT_EQ(gone, 1);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(rt);
}

Test(guest, under_a_manual_clock_the_host_need_not_tick_for_deadlines) {
    crib_runtime_options o = {.size = sizeof o, .mock_clock = MOCK_MANUAL};
    struct host h = {.rt = crib_runtime_new(&o)};
    int i;
    EXPECT_EQ(host_start(&h, tells_who, NULL), 0);
    for (i = 0; i < 10; i++) EXPECT_EQ(crib_guest_tick(h.rt, 0), 1);
    EXPECT(crib_guest_timeout(h.rt) >= 0);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_task_cancel(guest_main, NULL), 0);
    EXPECT_EQ(crib_guest_timeout(h.rt), 0); /* something is ready */
    EXPECT_EQ(host_run(&h), 0);
    EXPECT_EQ(h.result, RAN);
    crib_unref(h.rt);
    EXPECT_NOTHING_UNEXPECTED();
}
