/* Sweeps in which counted objects take part: whatever is disturbed, none of them is left. */
#ifndef TESTS_BINDINGS_CPP_SWEEPS_HPP
#define TESTS_BINDINGS_CPP_SWEEPS_HPP

#include <crib/testing.h>

#include "claims.hpp"

inline int nothing_is_left(void *) { return Counted::alive == 0 ? 0 : -1000001; }

/* Runs crib_sweep_cancels or crib_sweep_allocations over a body. */
inline void swept(int (*sweeps)(const crib_sweep *, crib_sweep_report *), crib_body_fn body, uint64_t seed = 0,
                  void *user_data = nullptr) {
    crib_sweep sweep{};
    crib_sweep_report report{};
    sweep.size = sizeof sweep;
    report.size = sizeof report;
    sweep.body = body;
    sweep.user_data = user_data;
    sweep.check = nothing_is_left;
    sweep.seed = seed;
    const int rc = sweeps(&sweep, &report);
    if (rc < 0)
        fprintf(stderr, "round %d at %d when %u: %s\n", int(report.round), int(report.at), report.when, report.message);
    CHECK_EQ_INT(rc, 0);
    CHECK(report.disturbed > 20);
    claims::said_something(); /* the sweep listens itself */
}

#endif
