// The pool hands out what it got back last, in the size that was asked for, and refuses absurd sizes.
#include <cstdint>

#include "fiber_support.hpp"

namespace {

std::size_t size_of(const crib::Stack *stack) { return static_cast<std::size_t>(stack->top - stack->low); }

void reuse_is_lifo(crib::StackPool &pool) {
    crib::Stack *stacks[100];
    for (crib::Stack *&stack : stacks) {
        stack = pool.acquire(0);
        CHECK(stack != nullptr);
    }
    for (crib::Stack *stack : stacks) {
        pool.release(stack);
    }
    for (int i = 99; i >= 0; --i) {
        CHECK(pool.acquire(0) == stacks[i]);
    }
    for (crib::Stack *stack : stacks) {
        pool.release(stack);
    }
}

void sizes_are_classes(crib::StackPool &pool) {
    const std::size_t half_page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 2;
    for (std::size_t bytes = 1; bytes <= (std::size_t{4} << 20); bytes = bytes * 3 / 2 + 1) {
        crib::Stack *a = pool.acquire(bytes);
        crib::Stack *b = pool.acquire(bytes);
        CHECK(a != nullptr && b != nullptr);
        CHECK(size_of(a) + half_page >= bytes);
        CHECK(size_of(a) + half_page >= 16384);
        CHECK(reinterpret_cast<std::uintptr_t>(a->top) % 16 == 0);
        CHECK(a->top <= b->low || b->top <= a->low);
        a->low[0] = b->low[0] = a->top[-1] = b->top[-1] = 1;  // all of it is there
        pool.release(a);
        CHECK(pool.acquire(bytes) == a);
        pool.release(b);
        pool.release(a);
    }
}

void absurd_sizes_are_refused(crib::StackPool &pool) {
    const std::size_t gib = std::size_t{1} << 30;
    CHECK(pool.acquire(gib + 1) == nullptr);
    CHECK(pool.acquire(SIZE_MAX) == nullptr);
    CHECK(pool.acquire(SIZE_MAX - 4096) == nullptr);
    CHECK(pool.acquire(SIZE_MAX / 2 + 1) == nullptr);
    crib::StackPool absurd;
    CHECK(absurd.init(gib + 1) < 0);
}

}  // namespace

int main() {
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    crib::Stack *first = pool.acquire(0);
    CHECK(first != nullptr);
    CHECK(pool.statistics().mapped_bytes <
          (std::size_t{has_sanitizer() ? 8u : 2u} << 20));  // a small program maps little
    CHECK_EQ_INT(pool.statistics().live, 1);
    pool.release(first);
    reuse_is_lifo(pool);
    sizes_are_classes(pool);
    absurd_sizes_are_refused(pool);
    CHECK_EQ_INT(pool.statistics().live, 0);
    pool.destroy();
    CHECK_EQ_INT(pool.statistics().mapped_bytes, 0);
    return 0;
}
