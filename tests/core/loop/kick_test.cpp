// Claim: a kick ends the present or the next wait, wherever in the loop it is made, and no wait after that.
#include "loop_support.hpp"

static crib::UvDriver *driver;
static int kicks;

static void kick() {
    kicks++;
    crib::driver_kick(driver);
    crib::driver_kick(driver);
}

static void on_closed(uv_handle_t *) { kick(); }
static void on_check(uv_check_t *) { kick(); }
static void on_prepare(uv_prepare_t *) { kick(); }
static void on_idle(uv_idle_t *) { kick(); }
static void on_async(uv_async_t *) { kick(); }
static void on_timer(uv_timer_t *) { kick(); }
static void on_readable(uv_poll_t *, int, int) { kick(); }

static uv_handle_t *handle_of(void *handle) { return static_cast<uv_handle_t *>(handle); }

// The next wait blocks again until its deadline.
static void check_blocks() {
    int64_t until = crib::driver_now(driver) + 2 * k_ms;
    crib::driver_poll(driver, until);
    CHECK(crib::driver_now(driver) >= until);
}

static void wait_for_kick() {
    int before = kicks;
    while (kicks == before) crib::driver_poll(driver, crib::k_forever);
}

static void close_handle(void *handle) {
    uv_close(handle_of(handle), on_closed);
    wait_for_kick();
    check_blocks();
}

// libuv 1.44 runs timers first and then blocks for ever, unless something keeps it from it.
static void test_timer(uv_loop_t *loop) {
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    for (int i = 0; i < 20; i++) {
        uv_update_time(loop);
        uv_timer_start(&timer, on_timer, static_cast<uint64_t>(i % 3), 0);
        if (i % 2 == 1) usleep(3000);  // due before the loop runs
        wait_for_kick();
        check_blocks();
    }
    close_handle(&timer);
}

static void test_phases(uv_loop_t *loop) {
    uv_prepare_t prepare;
    uv_prepare_init(loop, &prepare);
    uv_prepare_start(&prepare, on_prepare);
    wait_for_kick();
    uv_prepare_stop(&prepare);
    check_blocks();
    close_handle(&prepare);

    uv_idle_t idle;
    uv_idle_init(loop, &idle);
    uv_idle_start(&idle, on_idle);
    wait_for_kick();
    uv_idle_stop(&idle);
    check_blocks();
    close_handle(&idle);

    uv_check_t check;
    uv_check_init(loop, &check);
    uv_check_start(&check, on_check);
    crib::driver_wake(driver);
    wait_for_kick();
    uv_check_stop(&check);
    check_blocks();
    close_handle(&check);
}

static void test_io(uv_loop_t *loop) {
    uv_async_t async;
    uv_async_init(loop, &async, on_async);
    uv_async_send(&async);
    wait_for_kick();
    check_blocks();
    close_handle(&async);

    int ends[2];
    CHECK_EQ_INT(pipe(ends), 0);
    uv_poll_t poll;
    CHECK_EQ_INT(uv_poll_init(loop, &poll, ends[0]), 0);
    uv_poll_start(&poll, UV_READABLE, on_readable);
    CHECK_EQ_INT(write(ends[1], "x", 1), 1);
    wait_for_kick();
    uv_poll_stop(&poll);
    check_blocks();
    close_handle(&poll);
    close(ends[0]);
    close(ends[1]);
}

int main() {
    driver = open_driver();
    uv_loop_t *loop = crib::uv_driver_loop(driver);

    // From outside.
    kick();
    crib::driver_poll(driver, crib::k_forever);
    check_blocks();

    test_timer(loop);
    test_phases(loop);
    test_io(loop);
    crib::uv_driver_close(driver);
}
