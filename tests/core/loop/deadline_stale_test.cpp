// Claim: a timer left over from an earlier deadline ends at most one wait too soon, and deadlines may move both ways.
#include "loop_support.hpp"

int main() {
    crib::UvDriver *d = open_driver();
    crib::driver_wake(d);
    crib::driver_poll(d, crib::driver_now(d) + 5 * k_ms);  // armed, and not needed any more
    int64_t until = crib::driver_now(d) + 20 * k_ms;
    CHECK(poll_until(d, until) <= 2);  // the wake's rest, the stale timer

    // Later first, then earlier.
    crib::driver_wake(d);
    crib::driver_poll(d, crib::driver_now(d) + 100 * k_sec);
    until = crib::driver_now(d) + 2 * k_ms;
    poll_until(d, until);
    CHECK(crib::driver_now(d) - until < 10 * k_sec);

    // A stale timer gives no tick to a guest's host either, but the driver re-arms by itself.
    int64_t now = crib::driver_now(d);
    crib::uv_driver_set_deadline(d, now + 1 * k_ms);
    crib::uv_driver_set_deadline(d, now + 8 * k_ms);
    CHECK(poll_until(d, now + 8 * k_ms) <= 2);
    crib::uv_driver_close(d);
}
