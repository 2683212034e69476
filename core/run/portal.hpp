// Portals and expectations: handles by which a run may be reached, or may be expected to move again.
#pragma once

#include "run/runtime.hpp"

namespace crib {

struct Portal : Counted {
    Runtime *rt;
    uint64_t run;             // which run of it
    std::atomic<bool> woken;  // since the last wait
    Op *waiter;
    Portal *next;  // of the runtime; loop thread
    Portal **where;
};

struct Expectation : Counted {
    Runtime *rt;
    uint64_t run;  // which run of it
    const char *what;
};

Portal *portal_open(Runtime *rt);
int portal_wake(Portal *p);  // any thread, signal handlers
// `function` is the public one, for messages.
int begin_portal_wait(Op *op, Portal *p, const char *function);
Expectation *expectation_new(Runtime *rt, const char *what);

// Runs what came through the entry queue.
void portal_drain(Runtime *rt);

}  // namespace crib
