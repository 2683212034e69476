#include "fiber/context.hpp"

#if !defined(CRIB_CONTEXT_UCONTEXT) && (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)
// These have a switch of their own.
#else

#include <cstdint>
#include <cstdlib>
#include <ucontext.h>

namespace crib {

namespace {

struct First {
    ucontext_t state;
    void (*fn)(void *);
    void *arg;
};

// makecontext passes ints only.
void enter(unsigned high, unsigned low) {
    std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32) | low;
    First *first = reinterpret_cast<First *>(static_cast<std::uintptr_t>(bits));
    first->fn(first->arg);
    std::abort();  // fn never returns
}

}  // namespace

void *raw_make(void *low, void *top, void (*fn)(void *), void *arg) {
    std::uintptr_t place = (reinterpret_cast<std::uintptr_t>(top) - sizeof(First)) & ~std::uintptr_t{63};
    First *first = reinterpret_cast<First *>(place);
    if (getcontext(&first->state) != 0) {
        std::abort();
    }
    first->fn = fn;
    first->arg = arg;
    first->state.uc_link = nullptr;
    first->state.uc_stack.ss_sp = low;
    first->state.uc_stack.ss_size = place - reinterpret_cast<std::uintptr_t>(low);
    std::uint64_t bits = place;
    makecontext(&first->state, reinterpret_cast<void (*)()>(enter), 2, static_cast<unsigned>(bits >> 32),
                static_cast<unsigned>(bits));
    return &first->state;
}

void raw_switch(void **from, void *to) {
    ucontext_t mine;  // as with registers: it lives in the frame that waits
    *from = &mine;
    swapcontext(&mine, static_cast<ucontext_t *>(to));
}

void raw_jump(void *to) {
    setcontext(static_cast<ucontext_t *>(to));
    std::abort();
}

}  // namespace crib

#endif
