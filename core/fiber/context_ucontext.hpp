// The portable way: slow (a system call per switch for the signal mask, which thereby becomes the fiber's own).
// Included by context.hpp only.
#pragma once

#define CRIB_ALWAYS_INLINE inline __attribute__((always_inline))

namespace crib {

void *raw_make(void *low, void *top, void (*fn)(void *), void *arg);
void raw_switch(void **from, void *to);
[[noreturn]] void raw_jump(void *to);

}  // namespace crib
