#include "crib/testing.h"

#include <cerrno>

#include "guard.hpp"

using namespace crib;

extern "C" {

int crib_clock_jump(int64_t ns) {
    Runtime *rt = require_run("crib_clock_jump");
    if (!rt) return CRIB_EMISUSE;
    if (ns < 0) return -EINVAL;
    if (rt->options.clock == Clock::real) return diag_misuse("crib_clock_jump", current_name(), "the clock is real");
    mock_driver_jump(&rt->mock, ns);
    rt->left = 0;  // the next pass looks at the clock
    return 0;
}

int crib_wait_all_tasks_blocked(int64_t cushion_ns) {
    int rc;
    Task *t = require_fiber("crib_wait_all_tasks_blocked", &rc);
    if (!t) return rc;
    if (cushion_ns < 0) return -EINVAL;
    rc = fiber_finish(t, begin_wait_all_tasks_blocked(&t->op, cushion_ns));
    t->op.value = nil();
    return rc;
}
}
