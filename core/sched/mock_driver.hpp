// Virtual time over any driver: the clock moves only when it is told to. I/O and wake-ups of the driver below still come.
#pragma once

#include "sched/driver.hpp"

namespace crib {

struct MockDriver : Driver {
    Driver *below;
    int64_t time;
};

void mock_driver_init(MockDriver *d, Driver *below);
// Saturating; never backwards.
void mock_driver_jump(MockDriver *d, int64_t ns);
void mock_driver_jump_to(MockDriver *d, int64_t time);

}  // namespace crib
