/* For tests: virtual time, and waiting until nothing moves. Virtual time is chosen by runtime_options::mock_clock; with an
 * automatic jump the clock moves to the next deadline whenever no task can run. */
#ifndef CRIB_TESTING_HPP
#define CRIB_TESTING_HPP

#include <crib/testing.h>

#include "operation.hpp"
#include "time.hpp"

namespace crib::testing {

namespace detail {

struct blocked_kind : crib::detail::plain_kind {
    int64_t cushion;
    static const char *name() { return "crib::testing::wait_all_tasks_blocked"; }
    [[nodiscard]] crib_result begin(crib_op *op) const {
        return crib::detail::begun(crib_begin_wait_all_tasks_blocked(op, cushion));
    }
    int block(crib_value *) const { return crib_wait_all_tasks_blocked(cushion); }
};

}  // namespace detail

/** Moves the mock clock forward, as if the task had computed for so long. */
template <class Rep, class Period>
void jump(std::chrono::duration<Rep, Period> d) {
    crib::detail::check(crib_clock_jump(crib::detail::nanoseconds_of(d)));
}

/** Waits until no other task can run, and none did for `cushion`. */
inline auto wait_all_tasks_blocked(std::chrono::nanoseconds cushion = {}) {
    return operation<detail::blocked_kind>(detail::blocked_kind{{}, cushion.count()});
}

}  // namespace crib::testing

#endif
