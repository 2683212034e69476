// What address and thread sanitizers must hear about a switch. Nothing in ordinary builds. Included by context.hpp.
#pragma once

#if CRIB_ASAN
#include <pthread.h>
#endif

namespace crib {

#if CRIB_ASAN || CRIB_TSAN

struct WrappedEntry {
    EntryFn fn;
    void *arg;
};

// First code on a new stack: the switch that led here is to be finished before anything is instrumented.
CRIB_NO_SANITIZE inline void sanitize_start(void *wrapped) {
    WrappedEntry *entry = static_cast<WrappedEntry *>(wrapped);
#if CRIB_ASAN
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
    entry->fn(entry->arg);
}

// Replaces fn(arg) by sanitize_start and returns the new top.
inline void *sanitize_wrap_entry(void *top, EntryFn &fn, void *&arg) {
    WrappedEntry *entry = static_cast<WrappedEntry *>(top) - 1;
    static_assert(sizeof(WrappedEntry) == 16, "the stack stays aligned");
    entry->fn = fn;
    entry->arg = arg;
    fn = sanitize_start;
    arg = entry;
    return entry;
}

inline void sanitize_bounds([[maybe_unused]] Context &c, [[maybe_unused]] void *low, [[maybe_unused]] void *top) {
#if CRIB_ASAN
    c.low = low;
    c.size = static_cast<std::size_t>(static_cast<char *>(top) - static_cast<char *>(low));
    c.fake_stack = nullptr;
#endif
}

inline void sanitize_make(Context &c, void *low, void *top) {
    sanitize_bounds(c, low, top);
#if CRIB_TSAN
    c.fiber = __tsan_create_fiber(0);
#endif
}

inline void sanitize_adopt(Context &c, void *low, void *top) {
    sanitize_bounds(c, low, top);
#if CRIB_TSAN
    c.fiber = __tsan_get_current_fiber();  // goes over to `c`; sanitize_release of the old owner sees it is in use
#endif
}

// Inlined like all that runs between here and the jump: TSan counts calls and returns per fiber.
CRIB_ALWAYS_INLINE void sanitize_before_switch([[maybe_unused]] Context &from, Context &to) {
#if CRIB_ASAN
    __sanitizer_start_switch_fiber(&from.fake_stack, to.low, to.size);
#endif
#if CRIB_TSAN
    __tsan_switch_to_fiber(to.fiber, 0);
#endif
}

CRIB_ALWAYS_INLINE void sanitize_after_switch([[maybe_unused]] Context &from) {
#if CRIB_ASAN
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

CRIB_ALWAYS_INLINE void sanitize_before_exit(Context &, Context &to) {
#if CRIB_ASAN
    __sanitizer_start_switch_fiber(nullptr, to.low, to.size);
#endif
#if CRIB_TSAN
    __tsan_switch_to_fiber(to.fiber, 0);
#endif
}

inline void sanitize_release([[maybe_unused]] Context &c) {
#if CRIB_TSAN
    if (c.fiber != nullptr && c.fiber != __tsan_get_current_fiber()) {
        __tsan_destroy_fiber(c.fiber);
    }
    c.fiber = nullptr;
#endif
}

#if CRIB_ASAN
inline void sanitize_thread_bounds(Context &loop) {
#ifdef __APPLE__
    pthread_t self = pthread_self();
    char *top = static_cast<char *>(pthread_get_stackaddr_np(self));
    sanitize_bounds(loop, top - pthread_get_stacksize_np(self), top);
#else
    pthread_attr_t attributes;
    void *low = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return;
    }
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    sanitize_bounds(loop, low, static_cast<char *>(low) + size);
#endif
}
#endif

inline void sanitize_init_thread([[maybe_unused]] Context &loop) {
#if CRIB_ASAN
    sanitize_thread_bounds(loop);
#endif
#if CRIB_TSAN
    loop.fiber = __tsan_get_current_fiber();
#endif
}

#else

inline void *sanitize_wrap_entry(void *top, EntryFn &, void *&) { return top; }
inline void sanitize_make(Context &, void *, void *) {}
inline void sanitize_adopt(Context &, void *, void *) {}
CRIB_ALWAYS_INLINE void sanitize_before_switch(Context &, Context &) {}
CRIB_ALWAYS_INLINE void sanitize_after_switch(Context &) {}
CRIB_ALWAYS_INLINE void sanitize_before_exit(Context &, Context &) {}
inline void sanitize_release(Context &) {}
inline void sanitize_init_thread(Context &) {}

#endif

}  // namespace crib
