// Claim: in every way a host may run its loop, its own timers go on, the run gets its turns, and when the run has ended
// the loop ends by itself.
#include "host.hpp"

static constexpr int k_turns = 2000;

// Busy for a while, then waits for deadlines, then busy again, and ends.
static void on_turn(Host *host) {
    crib::UvDriver *d = host->driver;
    if (host->turns >= k_turns) {
        host_detach(host);
        return;
    }
    if (host->turns >= k_turns / 2 && host->turns < k_turns / 2 + 20) {
        crib::uv_driver_set_deadline(d, crib::driver_now(d) + 1500 * k_us);
        return;
    }
    crib::driver_kick(d);
}

static void run_default(uv_loop_t *loop) { CHECK_EQ_INT(uv_run(loop, UV_RUN_DEFAULT), 0); }

static void run_once(uv_loop_t *loop) {
    while (uv_run(loop, UV_RUN_ONCE) != 0) continue;
}

static void run_nowait(uv_loop_t *loop) {
    while (uv_run(loop, UV_RUN_NOWAIT) != 0) continue;
}

static void check_mode(void (*run)(uv_loop_t *loop)) {
    Host host;
    host_open(&host, on_turn);
    host_start_timer(&host);
    run(&host.loop);
    CHECK_EQ_INT(host.turns, k_turns);
    CHECK_EQ_INT(host.closed, 1);
    CHECK(host.ticks >= 5);
    host_close(&host);
}

int main() {
    check_mode(run_default);
    check_mode(run_once);
    check_mode(run_nowait);
}
