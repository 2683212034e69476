// Dropping values nobody took: by their table, or as records for whoever drives the run by poll_ready.
#pragma once

#include "sched/scheduler.hpp"

namespace crib {

struct Dropped {
    Dropped *next;
    Value value;
};

// Application code runs, with no current task. Without memory for a record the table's own drop is called.
void sched_drop(Scheduler &s, Value v);

// The same in the run of the calling thread; by the table where there is none.
void drop_anywhere(Value v);

}  // namespace crib
