// Claim: activity is expected while a handle or a request other than our own is active on the loop, and only then.
#include "loop_support.hpp"

static crib::UvDriver *driver;

static void drain() {
    for (int i = 0; i < 3; i++) crib::driver_poll(driver, 0);
}

static void test_timer(uv_loop_t *loop) {
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    CHECK(!crib::driver_expects(driver));
    uv_timer_start(
        &timer, [](uv_timer_t *) {}, 1, 0);
    CHECK(crib::driver_expects(driver));
    uv_unref(reinterpret_cast<uv_handle_t *>(&timer));
    CHECK(!crib::driver_expects(driver));
    uv_ref(reinterpret_cast<uv_handle_t *>(&timer));
    while (uv_is_active(reinterpret_cast<uv_handle_t *>(&timer))) crib::driver_poll(driver, crib::k_forever);
    CHECK(!crib::driver_expects(driver));
    uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
    CHECK(crib::driver_expects(driver));  // its close callback is to come
    drain();
    CHECK(!crib::driver_expects(driver));
}

static void test_poll(uv_loop_t *loop) {
    int ends[2];
    CHECK_EQ_INT(pipe(ends), 0);
    uv_poll_t poll;
    CHECK_EQ_INT(uv_poll_init(loop, &poll, ends[0]), 0);
    CHECK(!crib::driver_expects(driver));
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t *, int, int) {});
    CHECK(crib::driver_expects(driver));
    uv_poll_stop(&poll);
    CHECK(!crib::driver_expects(driver));
    uv_close(reinterpret_cast<uv_handle_t *>(&poll), nullptr);
    drain();
    close(ends[0]);
    close(ends[1]);
}

static void test_work(uv_loop_t *loop) {
    uv_work_t work;
    bool done = false;
    work.data = &done;
    uv_queue_work(
        loop, &work, [](uv_work_t *) {}, [](uv_work_t *w, int) { *static_cast<bool *>(w->data) = true; });
    CHECK(crib::driver_expects(driver));
    while (!done) crib::driver_poll(driver, crib::k_forever);
    CHECK(!crib::driver_expects(driver));
}

int main() {
    driver = open_driver();
    CHECK(!crib::driver_expects(driver));
    crib::driver_kick(driver);
    crib::driver_wake(driver);
    crib::uv_driver_set_deadline(driver, crib::driver_now(driver) + k_sec);
    CHECK(!crib::driver_expects(driver));
    drain();

    uv_loop_t *loop = crib::uv_driver_loop(driver);
    test_timer(loop);
    test_poll(loop);
    test_work(loop);

    // The loop still polls after all this counting.
    int64_t until = crib::driver_now(driver) + 2 * k_ms;
    CHECK_EQ_INT(poll_until(driver, until), 0);
    crib::uv_driver_close(driver);
}
