// Claim: to a foreign host the descriptor becomes readable by a wake, a deadline, a kick from outside and I/O, quiet
// again by a tick, and the timeout says what the descriptor cannot.
#include <poll.h>

#include "loop_support.hpp"

static crib::UvDriver *driver;

static bool readable(int timeout_ms) {
    pollfd fd = {crib::driver_backend_fd(driver), POLLIN, 0};
    return poll(&fd, 1, timeout_ms) == 1;
}

static void tick() { crib::driver_poll(driver, 0); }

static void test_io() {
    int ends[2];
    CHECK_EQ_INT(pipe(ends), 0);
    uv_poll_t watch;
    CHECK_EQ_INT(uv_poll_init(crib::uv_driver_loop(driver), &watch, ends[0]), 0);
    uv_poll_start(&watch, UV_READABLE, [](uv_poll_t *, int, int) {});
    CHECK_EQ_INT(crib::driver_backend_timeout(driver), 0);  // a tick is due that tells the kernel
    tick();
    CHECK(crib::driver_backend_timeout(driver) == crib::k_forever);
    CHECK(!readable(0));
    CHECK_EQ_INT(write(ends[1], "x", 1), 1);
    CHECK(readable(-1));
    uv_close(reinterpret_cast<uv_handle_t *>(&watch), nullptr);
    tick();
    close(ends[0]);
    close(ends[1]);
}

int main() {
    driver = open_driver();
    CHECK(crib::driver_backend_fd(driver) >= 0);
    crib::uv_driver_set_guest(driver, true);
    CHECK(!readable(0));
    CHECK(crib::driver_backend_timeout(driver) == crib::k_forever);

    crib::driver_wake(driver);
    CHECK(readable(-1));
    tick();
    CHECK(!readable(0));

    int64_t until = crib::driver_now(driver) + 3 * k_ms;
    crib::uv_driver_set_deadline(driver, until);
    CHECK(readable(-1));
    CHECK(crib::driver_now(driver) >= until);
    tick();
    CHECK(!readable(0));

    const int64_t passed[] = {crib::driver_now(driver) - k_sec, 1, 0, INT64_MIN};
    for (int64_t when : passed) {
        crib::uv_driver_set_deadline(driver, when);
        CHECK(readable(-1));
        tick();
        CHECK(!readable(0));
    }

    crib::driver_kick(driver);
    CHECK_EQ_INT(crib::driver_backend_timeout(driver), 0);
    CHECK(readable(-1));
    tick();
    CHECK(!readable(0));
    CHECK(crib::driver_backend_timeout(driver) == crib::k_forever);

    test_io();

    uv_timer_t timer;
    uv_timer_init(crib::uv_driver_loop(driver), &timer);
    uv_timer_start(
        &timer, [](uv_timer_t *) {}, 50, 0);
    int64_t timeout = crib::driver_backend_timeout(driver);
    CHECK(timeout > 0 && timeout <= 51 * k_ms);
    usleep(20000);
    CHECK(crib::driver_backend_timeout(driver) <= 31 * k_ms);  // by the clock, not by the loop's old time
    uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
    crib::uv_driver_close(driver);
}
