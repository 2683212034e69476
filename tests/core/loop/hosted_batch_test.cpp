// Claim: a busy run gets one turn an iteration of the host's loop, not less and not more, and never one inside another.
#include "host.hpp"

static constexpr int k_turns = 1000;
static bool in_turn;

static void on_turn(Host *host) {
    CHECK(!in_turn);
    in_turn = true;
    crib::driver_kick(host->driver);
    crib::driver_kick(host->driver);
    if (host->turns % 100 == 0) uv_run(&host->loop, UV_RUN_NOWAIT);  // what nobody should do
    if (host->turns == k_turns) host_detach(host);
    in_turn = false;
}

int main() {
    Host host;
    host_open(&host, on_turn);
    host_count_iterations(&host);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    CHECK_EQ_INT(host.turns, k_turns);
    CHECK(host.iterations >= k_turns - 1);
    CHECK(host.iterations <= k_turns + k_turns / 100 + 2);

    // An idle run gets none: the first one, and nothing more.
    Host idle;
    host_open(&idle, nullptr);
    host_start_timer(&idle);
    host_count_iterations(&idle);
    while (idle.ticks < 10) uv_run(&idle.loop, UV_RUN_ONCE);
    CHECK_EQ_INT(idle.turns, 1);
    CHECK(idle.iterations < 200);  // it blocks in between
    host_detach(&idle);
    uv_run(&idle.loop, UV_RUN_DEFAULT);
    host_close(&idle);
    host_close(&host);
}
