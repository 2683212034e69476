// Claim: a driver can be detached inside a turn and outside of the loop; `closed` comes once, from the loop, and may
// attach the next one; no descriptor is left.
#include "host.hpp"
#include "poison.hpp"

static constexpr int k_runs = 50;

static void closed_and_again(void *arg) {
    Host *host = static_cast<Host *>(arg);
    host->closed++;
    if (host->closed == k_runs) return;
    CHECK_EQ_INT(crib::uv_driver_attach(&host->driver, &host->loop, host_turn, host), 0);
}

static void detach_now(Host *host) {
    crib::UvDriver *d = host->driver;
    crib::uv_driver_detach(d, closed_and_again, host);
    crib::driver_kick(d);  // alive until the end of the iteration
    crib::uv_driver_set_deadline(d, crib::driver_now(d) + k_us);
    crib::driver_wake(d);
}

static void test_in_turn() {
    Host host;
    host_open(&host, detach_now);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    CHECK_EQ_INT(host.closed, k_runs);
    CHECK_EQ_INT(host.turns, k_runs);
    CHECK_EQ_INT(uv_loop_close(&host.loop), 0);
}

static void test_outside() {
    Host host;
    host_open(&host, nullptr);
    uv_run(&host.loop, UV_RUN_NOWAIT);
    CHECK_EQ_INT(host.turns, 1);
    host_detach(&host);
    CHECK_EQ_INT(host.closed, 0);
    CHECK_EQ_INT(uv_run(&host.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ_INT(host.closed, 1);
    CHECK_EQ_INT(host.turns, 1);
    CHECK_EQ_INT(uv_loop_close(&host.loop), 0);

    // Before the loop ran at all, and without a callback.
    host_open(&host, nullptr);
    crib::uv_driver_detach(host.driver, nullptr, nullptr);
    CHECK_EQ_INT(uv_run(&host.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ_INT(host.turns, 0);
    CHECK_EQ_INT(uv_loop_close(&host.loop), 0);
}

int main() {
    poison_freed_memory();
    open_process_wide_things();
    int before = count_fds();
    test_in_turn();
    test_outside();
    CHECK_EQ_INT(count_fds(), before);
    CHECK_EQ_INT(release_poisoned(), 0);
}
