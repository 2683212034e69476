// Claim: a wait with a deadline ends after it and never before, and sleeps below a millisecond are possible.
#include "loop_support.hpp"

// The least lateness of `rounds` sleeps: what the mechanism can do, whatever else the machine does meanwhile.
static int64_t best_lateness(crib::Driver *d, int64_t sleep, int rounds) {
    int64_t best = INT64_MAX;
    for (int i = 0; i < rounds; i++) {
        int64_t until = crib::driver_now(d) + sleep;
        crib::driver_poll(d, until);
        int64_t late = crib::driver_now(d) - until;
        CHECK(late >= 0);
        if (late < best) best = late;
    }
    return best;
}

int main() {
    crib::UvDriver *d = open_driver();
    CHECK(best_lateness(d, 50 * k_us, 200) < 900 * k_us);
    CHECK(best_lateness(d, 300 * k_us, 100) < 900 * k_us);
    CHECK(best_lateness(d, 1 * k_ms, 50) < 10 * k_ms);
    CHECK(best_lateness(d, 5300 * k_us, 10) < 10 * k_ms);

    int64_t start = crib::driver_now(d);
    crib::driver_poll(d, start);
    crib::driver_poll(d, 1);
    crib::driver_poll(d, 0);
    crib::driver_poll(d, INT64_MIN);
    CHECK(crib::driver_now(d) - start < 10 * k_sec);
    crib::uv_driver_close(d);
}
