// Claim: any number of wakes before a wait ends one wait, not more.
#include "loop_support.hpp"

int main() {
    crib::UvDriver *d = open_driver();
    for (int i = 0; i < 100000; i++) crib::driver_wake(d);
    crib::driver_poll(d, crib::k_forever);

    int64_t until = crib::driver_now(d) + 5 * k_ms;
    crib::driver_poll(d, until);
    CHECK(crib::driver_now(d) >= until);

    // One that a poll without waiting has seen is used up as well.
    crib::driver_wake(d);
    crib::driver_poll(d, 0);
    until = crib::driver_now(d) + 5 * k_ms;
    crib::driver_poll(d, until);
    CHECK(crib::driver_now(d) >= until);
    crib::uv_driver_close(d);
}
