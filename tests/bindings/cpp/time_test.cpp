/* Durations of std::chrono: nothing overflows, nothing ends too early. */
#include <limits>

#include "claims.hpp"

using crib::detail::nanoseconds_of;
using crib::detail::timeout_of;

/* At compile time, where an overflow is an error. */
static_assert(nanoseconds_of(1s) == 1000000000);
static_assert(nanoseconds_of(std::chrono::hours::max()) == INT64_MAX);
static_assert(nanoseconds_of(std::chrono::hours::min()) == INT64_MIN);
static_assert(nanoseconds_of(std::chrono::years(300000)) == INT64_MAX);
static_assert(nanoseconds_of(std::chrono::duration<uint64_t>(UINT64_MAX)) == INT64_MAX);
static_assert(nanoseconds_of(std::chrono::duration<int64_t, std::pico>(1)) == 1);
static_assert(nanoseconds_of(std::chrono::duration<int64_t, std::pico>(1001)) == 2);
static_assert(nanoseconds_of(std::chrono::duration<int64_t, std::pico>(-1001)) == -1);
static_assert(nanoseconds_of(std::chrono::duration<int, std::ratio<1, 3>>(1)) == 333333334);
static_assert(nanoseconds_of(std::chrono::duration<double>(1.5)) == 1500000000);
static_assert(nanoseconds_of(std::chrono::duration<double, std::nano>(0.1)) == 1);
static_assert(nanoseconds_of(std::chrono::duration<double>(1e30)) == INT64_MAX);
static_assert(nanoseconds_of(std::chrono::duration<double>(-1e30)) == INT64_MIN);
static_assert(nanoseconds_of(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == INT64_MIN);
static_assert(timeout_of(-1s) == 0);
static_assert(std::chrono::is_clock_v<crib::clock>);

CLAIM(sleeping_takes_what_was_asked_for_in_any_unit) {
    run_virtual([] {
        auto begin = crib::clock::now();
        crib::sleep(1500ms);
        crib::sleep(0.5s);
        crib::sleep(std::chrono::minutes(1));
        CHECK_EQ_INT(ms_since(begin), 62000);
        crib::sleep(-5s); /* a checkpoint */
        CHECK_EQ_INT(ms_since(begin), 62000);
        crib::sleep_until(begin + 100s);
        CHECK_EQ_INT(ms_since(begin), 100000);
        crib::sleep_until(begin);
        CHECK_EQ_INT(ms_since(begin), 100000);
        CHECK(crib::move_on_after(1s, [] { crib::sleep(std::chrono::years(100000)); }));
        CHECK(crib::move_on_after(1s, [] { crib::sleep_until(crib::forever); }));
        CHECK(crib::move_on_at(crib::clock::now() + 1s, [] { crib::sleep_forever(); }));
        CHECK(crib::move_on_at(crib::time_point::min(), [] { crib::sleep_forever(); }));
    });
}

CLAIM(the_clock_goes_on_outside_of_runs) {
    const auto a = crib::clock::now();
    CHECK(a.time_since_epoch().count() > 0);
    CHECK(crib::clock::now() >= a);
}
