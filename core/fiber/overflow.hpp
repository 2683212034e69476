// Turns a fault in a stack's guard page into a line on stderr, and then into the fault it is.
//
// Not compiled in under address and thread sanitizers: they report by themselves.
#pragma once

#include <cstddef>

namespace crib {

// Called in a signal handler, on the thread that faulted. True: `addr` is in a guard page, and `buf` now holds what to
// call its stack, e.g. "task 'x', 64 KiB stack". Async-signal-safe.
using OverflowDescribeFn = bool (*)(void *arg, const void *addr, char *buf, std::size_t len);

// For the calling thread. Gives it an alternate signal stack unless it has one, and the process a SIGSEGV and SIGBUS
// handler that passes everything else on to the handlers it found. 0, -EBUSY (already installed), or -errno.
int overflow_install(OverflowDescribeFn describe, void *arg);

// Undoes it. The handlers go with the last thread, unless others have been put on top of them.
void overflow_remove();

}  // namespace crib
