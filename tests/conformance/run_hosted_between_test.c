/* What a host does with a run between two turns of it, and after its end. */
#include <pthread.h>
#include <uv.h>

#include <crib/uv.h>

#include "support/log.h"
#include "support/run.h"

TestSuite(run_hosted_between, .timeout = 10);

struct host_loop {
    uv_loop_t loop;
    uv_timer_t timer, patience;
    uv_check_t check;
    uv_idle_t idle; /* the loop does not block */
    crib_runtime *rt;
    crib_op *op;
    const char *told;
    int result;
    bool woke;
};

static struct host_loop host;

static void told(int result, void *who) {
    host.told = who;
    host.result = result;
    log_add(who);
}

static void open_host(crib_body_fn body) {
    cr_assert_eq(uv_loop_init(&host.loop), 0);
    host.rt = crib_runtime_new(NULL);
    cr_assert_eq(crib_uv_attach(host.rt, &host.loop, body, NULL, NULL, told, "first"), 0);
}

static void close_host(void) {
    crib_unref(host.rt);
    cr_assert_eq(uv_run(&host.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(uv_loop_close(&host.loop), 0);
}

/* ---- operations begun by the host */

static void waits_for_the_host(crib_task *self, uintptr_t data) {
    crib_result result;
    (void)data;
    host.op = crib_task_op(self);
    if (crib_op_take(host.op, &result) != 0) return;
    host.woke = true;
    crib_task_exit(self, NULL);
}

static int one_stackless_child(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT(crib_nursery_start_stackless(n, "child", waits_for_the_host, 0, NULL) != NULL);
    return crib_nursery_close(n, 0) == 0 ? RAN : 0;
}

static void begin_sleep(uv_timer_t *timer) {
    EXPECT_EQ(crib_begin_sleep(host.op, CRIB_MS(5)), CRIB_PENDING);
    uv_close((uv_handle_t *)timer, NULL);
}

static void lose_patience(uv_timer_t *timer) {
    EXPECT(host.woke);
    if (!host.woke) crib_uv_detach(host.rt);
    uv_close((uv_handle_t *)timer, NULL);
}

Test(run_hosted_between, a_sleep_begun_by_the_host_ends) {
    open_host(one_stackless_child);
    uv_timer_init(&host.loop, &host.timer);
    uv_timer_init(&host.loop, &host.patience);
    uv_timer_start(&host.timer, begin_sleep, 20, 0);
    uv_timer_start(&host.patience, lose_patience, 500, 0);
    cr_assert_eq(uv_run(&host.loop, UV_RUN_DEFAULT), 0);
    EXPECT_RUN(host.result);
    close_host();
}

/* ---- the end of one run and the beginning of the next */

static int returns_11(void *arg) {
    (void)arg;
    return 11;
}

static int returns_22(void *arg) {
    (void)arg;
    return 22;
}

static void attach_again_when_over(uv_check_t *check) {
    if (crib_runtime_active(host.rt)) return;
    if (crib_uv_attach(host.rt, &host.loop, returns_22, NULL, NULL, told, "second") == 0) {
        uv_close((uv_handle_t *)check, NULL);
        uv_close((uv_handle_t *)&host.idle, NULL);
    }
}

static void on_idle(uv_idle_t *idle) { (void)idle; }

Test(run_hosted_between, each_run_tells_its_own_end) {
    open_host(returns_11);
    uv_check_init(&host.loop, &host.check);
    uv_check_start(&host.check, attach_again_when_over);
    uv_idle_init(&host.loop, &host.idle);
    uv_idle_start(&host.idle, on_idle);
    cr_assert_eq(uv_run(&host.loop, UV_RUN_DEFAULT), 0);
    EXPECT_LOG("first second");
    EXPECT_EQ(host.result, 22);
    cr_assert_eq(expect_failures, 0, "%s", expect_report);
    close_host();
}

/* ---- a loop torn down */

static int sleeps(void *arg) {
    (void)arg;
    return crib_sleep_forever();
}

static void close_any(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

Test(run_hosted_between, a_run_whose_loop_was_torn_down_can_be_detached) {
    int i;
    open_host(sleeps);
    for (i = 0; i < 5; i++) uv_run(&host.loop, UV_RUN_NOWAIT);
    uv_walk(&host.loop, close_any, NULL);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    cr_assert_eq(crib_uv_detach(host.rt), 0);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    cr_assert_str_eq(host.told, "first");
    cr_assert_null(crib_runtime_current());
    close_host();
}

/* ---- the wrong thread */

static void *ticks_elsewhere(void *rt) {
    EXPECT_EQ(crib_guest_tick(rt, 0), CRIB_EMISUSE);
    return NULL;
}

Test(run_hosted_between, a_guest_is_not_ticked_in_another_thread) {
    crib_runtime *rt = crib_runtime_new(NULL);
    pthread_t thread;
    cr_assert_eq(crib_guest_start(rt, returns_11, NULL, NULL, told, "guest"), 0);
    cr_assert_eq(pthread_create(&thread, NULL, ticks_elsewhere, rt), 0);
    pthread_join(thread, NULL);
    while (crib_guest_tick(rt, 0) == 1) {}
    EXPECT_EQ(host.result, 11);
    cr_assert_eq(expect_failures, 0, "%s", expect_report);
    crib_unref(rt);
}
