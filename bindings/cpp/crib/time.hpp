/* Time: std::chrono durations everywhere, and the clock of the run. What does not fit into nanoseconds saturates. */
#ifndef CRIB_TIME_HPP
#define CRIB_TIME_HPP

#include <crib/time.h>

#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>

namespace crib {

/** The clock of this thread's run: monotonic, virtual under a mock clock. */
struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept { return time_point(duration(crib_now())); }
};

using time_point = clock::time_point;

/** A time that never comes. */
inline constexpr time_point forever = time_point::max();

namespace detail {

__extension__ typedef __int128 wide;

constexpr int64_t saturate(wide ns) {
    if (ns > INT64_MAX) return INT64_MAX;
    return ns < INT64_MIN ? INT64_MIN : static_cast<int64_t>(ns);
}

/* In nanoseconds, rounded up, so that nothing ends too early. Not a number becomes the least one. */
template <class Rep, class Period>
constexpr int64_t nanoseconds_of(std::chrono::duration<Rep, Period> d) {
    using ratio = std::ratio_divide<Period, std::nano>;
    if constexpr (std::is_floating_point_v<Rep>) {
        if (d.count() != d.count()) return INT64_MIN;
        const auto ns = static_cast<long double>(d.count()) * ratio::num / ratio::den;
        if (ns <= static_cast<long double>(INT64_MIN)) return INT64_MIN;
        if (ns >= static_cast<long double>(INT64_MAX)) return INT64_MAX;
        const auto whole = static_cast<int64_t>(ns);
        return static_cast<long double>(whole) < ns ? whole + 1 : whole;
    } else {
        const wide product = static_cast<wide>(d.count()) * ratio::num;
        const wide up = product > 0 ? ratio::den - 1 : 0;
        return saturate((product + up) / ratio::den);
    }
}

/* For a timeout: what has gone by is 0. */
template <class Rep, class Period>
constexpr int64_t timeout_of(std::chrono::duration<Rep, Period> d) {
    const int64_t ns = nanoseconds_of(d);
    return ns < 0 ? 0 : ns;
}

template <class Duration>
constexpr int64_t time_of(std::chrono::time_point<clock, Duration> t) {
    return nanoseconds_of(t.time_since_epoch());
}

inline time_point time_from(int64_t ns) { return time_point(std::chrono::nanoseconds(ns)); }

}  // namespace detail
}  // namespace crib

#endif
