/* A run on a libuv loop that the host owns and runs (statement 118). */
#include <criterion/criterion.h>
#include <crib.h>
#include <crib/uv.h>
#include <uv.h>

#include "support/children.h"
#include "support/run.h"

struct hosted {
    uv_loop_t loop;
    uv_timer_t timer;
    crib_runtime *rt;
    int done, result, timer_calls, foreign_data;
};

static void hosted_done(int result, void *user_data) {
    struct hosted *h = user_data;
    cr_expect_not(crib_in_task());
    h->result = result;
    ++h->done;
}

static void hosted_open(struct hosted *h, int32_t mock_clock) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = mock_clock};
    memset(h, 0, sizeof *h);
    cr_assert_eq(uv_loop_init(&h->loop), 0);
    h->rt = crib_runtime_new(&options);
}

/* The loop has ended by itself; nothing of the run is left on it. */
static void hosted_close(struct hosted *h) {
    crib_unref(h->rt);
    cr_assert_eq(uv_run(&h->loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(uv_loop_close(&h->loop), 0, "no handle is left behind");
}

static int returns_seven(void *loop) {
    cr_expect_eq(crib_uv_loop(), loop);
    cr_expect_eq(crib_checkpoint(), 0);
    story("main");
    return 7;
}

Test(run_hosted, s118_a_run_on_the_hosts_loop_says_once_that_it_is_done) {
    struct hosted h;
    hosted_open(&h, 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, returns_seven, &h.loop, NULL, hosted_done, &h), 0);
    cr_assert_str_eq(story_text, "", "nothing runs before the host runs its loop");
    cr_assert_eq(crib_uv_loop(), &h.loop, "the run has begun");
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0, "the loop stayed alive for the run, and no longer");
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 7);
    cr_assert_not(crib_runtime_active(h.rt));
    cr_assert_null(crib_uv_loop());
    hosted_close(&h);
}

static int nursery_on_loop(void *arg) {
    struct child a = {.name = "a", .ms = 2000}, b = {.name = "b", .ms = 1000};
    crib_scope *scope = crib_move_on_after(CRIB_MS(1500));
    crib_nursery *n = crib_nursery_open();
    bool caught = false;
    int rc;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(child_start(n, &b, STACKLESS), 0);
    rc = crib_nursery_close(n, 0);
    rc = crib_scope_close(scope, rc, &caught);
    cr_expect(caught);
    return rc;
}

Test(run_hosted, s118_hosted_runs_use_virtual_time_too) {
    struct hosted h;
    hosted_open(&h, MOCK_AUTOJUMP);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, nursery_on_loop, NULL, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 0);
    cr_assert_str_eq(story_text, "b@1000 a!@1500");
    hosted_close(&h);
}

static void look_at_handle(uv_handle_t *handle, void *arg) {
    struct hosted *h = arg;
    if (handle != (uv_handle_t *)&h->timer && handle->data != NULL) ++h->foreign_data;
}

static void on_timer(uv_timer_t *timer) {
    struct hosted *h = timer->data;
    uv_walk(timer->loop, look_at_handle, h);
    ++h->timer_calls;
    uv_close((uv_handle_t *)timer, NULL);
}

static int sleeps_really(void *arg) {
    int64_t begin = crib_now();
    (void)arg;
    cr_expect_eq(crib_sleep(CRIB_MS(4)), 0);
    cr_expect_geq(crib_now() - begin, CRIB_MS(4));
    return 0;
}

Test(run_hosted, s118_the_hosts_own_handles_go_on_and_ours_leave_data_null) {
    struct hosted h;
    hosted_open(&h, 0);
    uv_timer_init(&h.loop, &h.timer);
    h.timer.data = &h;
    uv_timer_start(&h.timer, on_timer, 1, 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, sleeps_really, NULL, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.timer_calls, 1);
    cr_assert_eq(h.foreign_data, 0);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 0);
    hosted_close(&h);
}

static crib_scope *main_scope;
static int waits_for_host(void *arg) {
    bool caught = false;
    int rc;
    (void)arg;
    main_scope = crib_scope_open(NULL);
    rc = crib_sleep_forever();
    rc = crib_scope_close(main_scope, rc, &caught);
    return caught ? 1 : rc;
}

static void cancel_from_timer(uv_timer_t *timer) {
    struct hosted *h = timer->data;
    if (main_scope == NULL) return; /* main has not run yet: the next time */
    ++h->timer_calls;
    cr_expect_eq(crib_scope_cancel(main_scope, "the host's"), 0);
    uv_close((uv_handle_t *)timer, NULL);
}

Test(run_hosted, s118_a_host_callback_may_cancel) {
    struct hosted h;
    hosted_open(&h, 0);
    uv_timer_init(&h.loop, &h.timer);
    h.timer.data = &h;
    uv_timer_start(&h.timer, cancel_from_timer, 1, 1);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, waits_for_host, NULL, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.timer_calls, 1);
    cr_assert_eq(h.result, 1);
    hosted_close(&h);
}

static int waits_for_detach(void *arg) {
    int rc = crib_sleep_forever();
    (void)arg;
    cr_expect_eq(crib_scope_source(crib_task_scope(crib_task_current())), CRIB_SOURCE_SHUTDOWN);
    story("main!");
    return rc;
}

static void detach_from_timer(uv_timer_t *timer) {
    struct hosted *h = timer->data;
    cr_expect_eq(crib_uv_detach(h->rt), 0);
    cr_expect_eq(h->done, 0, "it only asks");
    uv_close((uv_handle_t *)timer, NULL);
}

Test(run_hosted, s118_detaching_cancels_main_and_done_is_called_as_always) {
    struct hosted h;
    hosted_open(&h, 0);
    cr_assert_eq(crib_uv_detach(h.rt), CRIB_EMISUSE);
    uv_timer_init(&h.loop, &h.timer);
    h.timer.data = &h;
    uv_timer_start(&h.timer, detach_from_timer, 1, 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, waits_for_detach, NULL, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.done, 1);
    cr_assert_str_eq(story_text, "main!");
    hosted_close(&h);
}

static int busy_for_a_while(void *stop) {
    while (!*(bool *)stop) {
        int rc = crib_checkpoint();
        if (rc < 0) return rc;
    }
    return 0;
}

static void stop_busy(uv_timer_t *timer) {
    *(bool *)timer->data = true;
    uv_close((uv_handle_t *)timer, NULL);
}

Test(run_hosted, s118_a_busy_run_does_not_starve_the_hosts_loop) {
    struct hosted h;
    bool stop = false;
    hosted_open(&h, 0);
    uv_timer_init(&h.loop, &h.timer);
    h.timer.data = &stop;
    uv_timer_start(&h.timer, stop_busy, 1, 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, busy_for_a_while, &stop, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 0);
    hosted_close(&h);
}

Test(run_hosted, s118_a_runtime_attaches_again_after_its_run) {
    struct hosted h;
    int i;
    hosted_open(&h, 0);
    for (i = 1; i <= 3; ++i) {
        cr_assert_eq(crib_uv_attach(h.rt, &h.loop, returns_seven, &h.loop, NULL, hosted_done, &h), 0);
        cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
        cr_assert_eq(h.done, i);
    }
    hosted_close(&h);
}

Test(run_hosted, s118_attaching_twice_is_misuse) {
    struct hosted h;
    int destroyed = 0;
    hosted_open(&h, 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, returns_seven, &h.loop, NULL, hosted_done, &h), 0);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, returns_seven, &destroyed, count_destroy, hosted_done, &h),
                 CRIB_EMISUSE);
    cr_assert_eq(destroyed, 1);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.done, 1);
    hosted_close(&h);
}

static int waits_with_cushion(void *arg) {
    int64_t begin = crib_now();
    int rc = crib_wait_all_tasks_blocked(CRIB_MS(3));
    (void)arg;
    cr_expect_geq(crib_now() - begin, CRIB_MS(3));
    return rc;
}

static void give_up(uv_timer_t *timer) {
    struct hosted *h = timer->data;
    ++h->timer_calls;
    crib_uv_detach(h->rt);
}

Test(run_hosted, s116_a_cushion_passes_on_a_hosts_loop) {
    struct hosted h;
    hosted_open(&h, 0);
    uv_timer_init(&h.loop, &h.timer);
    h.timer.data = &h;
    uv_timer_start(&h.timer, give_up, 2000, 0);
    uv_unref((uv_handle_t *)&h.timer);
    cr_assert_eq(crib_uv_attach(h.rt, &h.loop, waits_with_cushion, NULL, NULL, hosted_done, &h), 0);
    cr_assert_eq(uv_run(&h.loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(h.result, 0);
    cr_assert_eq(h.timer_calls, 0, "it ended by itself");
    uv_close((uv_handle_t *)&h.timer, NULL);
    hosted_close(&h);
}
