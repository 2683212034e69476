// A suspended execution, and how to leave one for another.
//
// A switch keeps what the calling convention says a call keeps, the stack and nothing else. Shared by all fibers of a
// thread, on purpose: the floating-point environment (rounding, exception masks), the signal mask, errno and every
// other thread-local variable. C++ exception state: see exceptions.hpp.
#pragma once

#include <cstddef>

#include "fiber/sanitize.hpp"

#if !defined(CRIB_CONTEXT_UCONTEXT) && defined(__x86_64__) && defined(__LP64__)
#include "fiber/context_x86_64.hpp"
#elif !defined(CRIB_CONTEXT_UCONTEXT) && defined(__aarch64__) && defined(__LP64__)
#include "fiber/context_aarch64.hpp"
#else
#include "fiber/context_ucontext.hpp"
#endif

namespace crib {

struct Context {
    void *sp = nullptr;  // a SavedRegisters in the frame of whoever switched away; worth a prefetch before a switch
#if CRIB_ASAN
    const void *low = nullptr;
    std::size_t size = 0;
    void *fake_stack = nullptr;
#endif
#if CRIB_TSAN
    void *fiber = nullptr;
#endif
};

using EntryFn = void (*)(void *arg);  // never returns

}  // namespace crib

#include "fiber/context_sanitize.hpp"

namespace crib {

// Prepares `c` so that the first switch to it calls fn(arg) on [low, top). `top` is 16-aligned. Writes only to the
// topmost bytes of the stack.
inline void context_make(Context &c, void *low, void *top, EntryFn fn, void *arg) {
    sanitize_make(c, low, top);
    void *room = sanitize_wrap_entry(top, fn, arg);
    c.sp = raw_make(low, room, fn, arg);
}

// `c` takes over the stack the caller is running on, whose first task has just ended: no switch happens. Call it before
// context_release of the dying context.
inline void context_adopt(Context &c, void *low, void *top) { sanitize_adopt(c, low, top); }

// Suspends the caller in `from` and resumes `to`. Returns when someone switches to `from`.
CRIB_ALWAYS_INLINE void context_switch(Context &from, Context &to) {
    sanitize_before_switch(from, to);
    raw_switch(&from.sp, to.sp);
    sanitize_after_switch(from);
}

// Resumes `to`; what `dying` ran on may be reused as soon as `to` runs.
[[noreturn]] inline void context_exit_to(Context &dying, Context &to) {
    sanitize_before_exit(dying, to);
    raw_jump(to.sp);
}

// Frees what sanitizers attached to a context that is over. Not while it is the one running, except after an adopt.
inline void context_release(Context &c) {
    sanitize_release(c);
    c.sp = nullptr;
}

// Makes the thread's own stack a context, so that fibers can switch back to it.
inline void context_init_thread(Context &loop) { sanitize_init_thread(loop); }

}  // namespace crib
