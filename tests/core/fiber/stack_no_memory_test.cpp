// Whichever allocation fails, acquire says so and the next one works.
#include <cstdlib>

#include "base/alloc.hpp"
#include "fiber_support.hpp"

namespace {

int allowed = 0;  // allocations until the one that fails
int alive = 0;

void *scarce(std::size_t bytes, void *) {
    if (allowed-- == 0) return nullptr;
    ++alive;
    return std::malloc(bytes);
}

void give(void *p, void *) {
    alive -= p != nullptr;
    std::free(p);
}

constexpr int count = 3000;
crib::Stack *stacks[count];

// True: the failure was met.
bool survives(int fail_at) {
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    allowed = fail_at;
    int failures = 0;
    for (crib::Stack *&stack : stacks) {
        stack = pool.acquire(0);
        if (stack == nullptr) {
            ++failures;
            stack = pool.acquire(0);
        }
        CHECK(stack != nullptr);
        stack->top[-1] = 1;
    }
    CHECK(failures <= 1);
    CHECK_EQ_INT(pool.statistics().live, count);
    for (crib::Stack *stack : stacks) {
        pool.release(stack);
    }
    pool.destroy();
    CHECK_EQ_INT(alive, 0);
    return failures == 1;
}

}  // namespace

int main() {
    crib::Allocator allocator = {scarce, nullptr, give, nullptr};
    crib::mem_set_allocator(&allocator);
    int fail_at = 0;
    while (survives(fail_at)) {
        ++fail_at;
    }
    CHECK(fail_at > 10);
    crib::mem_set_allocator(nullptr);
    return 0;
}
