// The allocator of a sweep: over the one that was set before, it counts allocations and makes some of them fail.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crib {

// Between these two everything the library takes is counted; one at a time in a process.
void failing_memory_begin();
void failing_memory_end();

// From now on the allocations are numbered from 1, and number `fail_at` fails (0 = none), with `onward` all after it too.
void failing_memory_arm(uint64_t fail_at, bool onward);
// No more failures; whether there was one.
bool failing_memory_disarm();
// Blocks taken and not given back since failing_memory_begin.
int64_t failing_memory_live();

// What a sweep needs for itself: neither counted nor made to fail.
void *uncounted_alloc(size_t bytes);
void uncounted_free(void *p);

}  // namespace crib
