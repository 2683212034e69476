/* Runs on a host's libuv loop: refusals, detaching, the loop of a run. */
#include <crib/uv.h>
#include <uv.h>

#include "capi/messages.h"

TestSuite(uv, .init = listen_to_messages, .timeout = 20);

struct hosted {
    uv_loop_t loop;
    crib_runtime *rt;
    int done, result;
};

static void hosted_done(int result, void *data) {
    struct hosted *h = data;
    h->result = result;
    ++h->done;
}

static void hosted_open(struct hosted *h) {
    memset(h, 0, sizeof *h);
    EXPECT_EQ(uv_loop_init(&h->loop), 0);
    h->rt = crib_runtime_new(NULL);
}

static void hosted_close(struct hosted *h) {
    crib_unref(h->rt);
    EXPECT_EQ(uv_run(&h->loop, UV_RUN_DEFAULT), 0);
    EXPECT_EQ(uv_loop_close(&h->loop), 0);
    EXPECT_NOTHING_UNEXPECTED();
}

Test(uv, null_is_refused) {
    struct hosted h;
    int gone = 0;
    hosted_open(&h);
    EXPECT_MISUSE(crib_uv_attach(NULL, &h.loop, ends, &gone, count_call, hosted_done, &h), "crib_uv_attach", NULL);
    EXPECT_EQ(crib_uv_attach(h.rt, NULL, ends, &gone, count_call, hosted_done, &h), CODE_EINVAL);
    EXPECT_EQ(crib_uv_attach(h.rt, &h.loop, NULL, &gone, count_call, hosted_done, &h), CODE_EINVAL);
    EXPECT_EQ(gone, 3);
    EXPECT_EQ(h.done, 0);
    EXPECT_QUIET();
    EXPECT_MISUSE(crib_uv_detach(NULL), "crib_uv_detach", NULL);
    EXPECT_EQ(crib_uv_detach(h.rt), CRIB_EMISUSE);
    EXPECT(crib_uv_loop() == NULL);
    hosted_close(&h);
}

Test(uv, detaching_what_is_not_attached_is_refused_with_a_message) {
    struct hosted h;
    hosted_open(&h);
    EXPECT_MISUSE(crib_uv_detach(h.rt), "crib_uv_detach", NULL);
    hosted_close(&h);
}

static int own_loop(void *rt) {
    struct hosted h;
    hosted_open(&h);
    EXPECT(crib_uv_loop() != NULL);
    EXPECT_EQ(crib_uv_detach(rt), CRIB_EMISUSE);
    EXPECT_EQ(crib_uv_attach(h.rt, &h.loop, ends, NULL, NULL, hosted_done, &h), CRIB_EMISUSE);
    EXPECT_EQ(crib_uv_attach(rt, &h.loop, ends, NULL, NULL, hosted_done, &h), CRIB_EMISUSE);
    EXPECT_EQ(h.done, 0);
    said_forget();
    crib_unref(h.rt);
    EXPECT_EQ(uv_loop_close(&h.loop), 0);
    return RAN;
}

Test(uv, inside_a_run_no_other_is_attached) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, own_loop, rt, NULL));
    crib_unref(rt);
}

static int names_itself(void *loop) {
    EXPECT_MISUSE(crib_uv_attach(crib_runtime_current(), loop, ends, NULL, NULL, hosted_done, NULL), "crib_uv_attach",
                  "main");
    return RAN;
}

Test(uv, the_refusal_of_a_second_run_names_the_function_and_the_task) {
    struct hosted h;
    hosted_open(&h);
    EXPECT_RUN(crib_runtime_run(h.rt, names_itself, &h.loop, NULL));
    hosted_close(&h);
}

static int waits(void *arg) {
    struct hosted *h = arg;
    EXPECT(crib_uv_loop() == &h->loop);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_source(crib_task_scope(crib_task_current())), CRIB_SOURCE_SHUTDOWN);
    return 3;
}

Test(uv, detaching_cancels_main_and_done_is_told_later) {
    struct hosted h;
    hosted_open(&h);
    EXPECT_EQ(crib_uv_attach(h.rt, &h.loop, waits, &h, NULL, hosted_done, &h), 0);
    uv_run(&h.loop, UV_RUN_NOWAIT);
    EXPECT_EQ(crib_guest_fd(h.rt), CRIB_EMISUSE); /* of another kind */
    said_forget();
    EXPECT_EQ(crib_guest_timeout(h.rt), CRIB_FOREVER);
    EXPECT_EQ(crib_uv_detach(h.rt), 0);
    EXPECT_EQ(h.done, 0);
    EXPECT_EQ(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    EXPECT_EQ(h.done, 1);
    EXPECT_EQ(h.result, 3);
    EXPECT(crib_uv_loop() == NULL);
    EXPECT_EQ(crib_uv_detach(h.rt), CRIB_EMISUSE);
    hosted_close(&h);
}

static void no_loop(void *arg) {
    (void)arg;
    EXPECT(crib_uv_loop() == NULL);
}

static int loop_of_thread(void *loop) {
    EXPECT(crib_uv_loop() != NULL);
    EXPECT(crib_uv_loop() != loop);
    if (loop == NULL) {
        in_thread(no_loop, NULL);
        in_other_run(loop_of_thread, crib_uv_loop());
    }
    return RAN;
}

Test(uv, every_run_has_a_loop_of_its_own) {
    EXPECT_RUN(run_autojump(loop_of_thread, NULL));
    no_loop(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int leaves_a_timer(void *timer) {
    EXPECT_EQ(uv_timer_init(crib_uv_loop(), timer), 0);
    return RAN;
}

Test(uv, a_handle_left_on_the_loop_is_reported_when_the_runtime_goes) {
    static uv_timer_t timer;
    EXPECT_RUN(crib_run(leaves_a_timer, &timer));
    EXPECT_EQ(said_code, CRIB_EMISUSE);
    EXPECT_HAS(said_text, "timer");
    EXPECT_NOTHING_UNEXPECTED();
}
