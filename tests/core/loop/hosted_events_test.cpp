// Claim: on a host's loop a turn follows a wake from another thread, a kick in any callback of the host's, and a
// deadline, never before it, and not a timer that has become stale.
#include <pthread.h>

#include "host.hpp"

static void run_to_turn(Host *host, int turns, uv_run_mode mode) {
    while (host->turns < turns) CHECK(uv_run(&host->loop, mode) != 0);
}

static void stop_after_turn(Host *host) { uv_stop(&host->loop); }

static void *wake_it(void *arg) {
    crib::driver_wake(static_cast<Host *>(arg)->driver);
    return nullptr;
}

static void test_wake(Host *host, uv_run_mode mode) {
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        int before = host->turns;
        CHECK_EQ_INT(pthread_create(&thread, nullptr, wake_it, host), 0);
        run_to_turn(host, before + 1, mode);
        CHECK_EQ_INT(pthread_join(thread, nullptr), 0);
    }
}

static void test_kick_in_timer(Host *host, uv_run_mode mode) {
    uv_timer_t timer;
    uv_timer_init(&host->loop, &timer);
    for (int i = 0; i < 20; i++) {
        int before = host->turns;
        uv_update_time(&host->loop);
        uv_timer_start(
            &timer, [](uv_timer_t *t) { crib::driver_kick(static_cast<Host *>(t->loop->data)->driver); }, 1, 0);
        if (i % 2 == 1) usleep(2000);
        run_to_turn(host, before + 1, mode);
        CHECK_EQ_INT(host->turns, before + 1);
    }
    uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
    uv_run(&host->loop, UV_RUN_NOWAIT);
}

static void test_kick_in_io(Host *host, uv_run_mode mode) {
    uv_async_t async;
    uv_async_init(&host->loop, &async,
                  [](uv_async_t *a) { crib::driver_kick(static_cast<Host *>(a->loop->data)->driver); });
    for (int i = 0; i < 20; i++) {
        int before = host->turns;
        uv_async_send(&async);
        run_to_turn(host, before + 1, mode);
        CHECK_EQ_INT(host->turns, before + 1);
    }
    uv_close(reinterpret_cast<uv_handle_t *>(&async), nullptr);
    uv_run(&host->loop, UV_RUN_NOWAIT);
}

static void test_deadline(Host *host, uv_run_mode mode) {
    for (int i = 0; i < 20; i++) {
        int before = host->turns;
        int64_t now = crib::driver_now(host->driver), until = now + 300 * k_us + i * 100 * k_us;
        crib::uv_driver_set_deadline(host->driver, now + 100 * k_us);  // gone again
        crib::uv_driver_set_deadline(host->driver, until);
        run_to_turn(host, before + 1, mode);
        CHECK_EQ_INT(host->turns, before + 1);
        CHECK(crib::driver_now(host->driver) >= until);
        CHECK(crib::driver_now(host->driver) - until < 10 * k_sec);
    }
}

static void test_all(uv_run_mode mode) {
    Host host;
    host_open(&host, stop_after_turn);
    run_to_turn(&host, 1, mode);
    CHECK(crib::driver_expects(host.driver));
    CHECK(crib::driver_backend_fd(host.driver) < 0);
    CHECK(crib::uv_driver_loop(host.driver) == &host.loop);
    test_wake(&host, mode);
    test_kick_in_timer(&host, mode);
    test_kick_in_io(&host, mode);
    test_deadline(&host, mode);
    host_detach(&host);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    CHECK_EQ_INT(host.closed, 1);
    host_close(&host);
}

int main() {
    test_all(UV_RUN_DEFAULT);
    test_all(UV_RUN_ONCE);
}
