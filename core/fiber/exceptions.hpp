// The C++ runtime keeps "being handled" and "being thrown" per thread; fibers need it per fiber. This library uses no
// exceptions itself, its callers may.
#pragma once

namespace crib {

// The first two words of the runtime's __cxa_eh_globals, which the Itanium C++ ABI fixes.
struct ExceptionState {
    void *caught = nullptr;
    unsigned uncaught = 0;
};

#define CRIB_STRING_OF(x) #x
#define CRIB_STRING(x)    CRIB_STRING_OF(x)

// Under a name of our own, so that it does not clash with <cxxabi.h>. Weak: C programs have no such function.
extern "C" void *crib_cxa_get_globals(void) noexcept __asm__(CRIB_STRING(__USER_LABEL_PREFIX__) "__cxa_get_globals")
    __attribute__((weak));

#undef CRIB_STRING
#undef CRIB_STRING_OF

// The calling thread's state, to be asked for once per thread; nullptr when the program has no C++ runtime.
inline void *exception_globals() { return crib_cxa_get_globals != nullptr ? crib_cxa_get_globals() : nullptr; }

inline void exception_save(const void *globals, ExceptionState &state) {
    if (globals != nullptr) {
        state = *static_cast<const ExceptionState *>(globals);
    }
}

inline void exception_restore(void *globals, const ExceptionState &state) {
    if (globals == nullptr) {
        return;
    }
    ExceptionState *live = static_cast<ExceptionState *>(globals);
    live->caught = state.caught;  // not the struct: its padding may be the runtime's
    live->uncaught = state.uncaught;
}

// Whether an exception is being thrown or handled: rarely, and only then a switch has anything to keep.
inline bool exception_active(const void *globals) {
    if (globals == nullptr) return false;
    const ExceptionState *live = static_cast<const ExceptionState *>(globals);
    return live->caught != nullptr || live->uncaught != 0;
}

// For a new fiber.
inline void exception_clear(void *globals) { exception_restore(globals, ExceptionState{}); }

}  // namespace crib
