// Giving up handles that belong to a runtime, from any thread.
#pragma once

#include "run/runtime.hpp"

namespace crib {

// Gives up a reference to any handle of a runtime (portal, expectation, end of a channel, task, primitive), from any
// thread.
void handle_release(Counted *handle);
// The last reference is gone; on the loop thread, or with no run going on.
void handle_free(Counted *handle);

}  // namespace crib
