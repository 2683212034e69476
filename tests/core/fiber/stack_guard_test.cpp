// Every stack has the guard that was asked for or the next best, where guard_hit finds it.
#include <cerrno>
#include <cstdint>

#include "fiber_support.hpp"

namespace {

constexpr int count = 300;  // several slabs
crib::Stack *stacks[count];
std::size_t page = 0;

// Whether the kernel can read there, which a guard forbids it as well.
bool readable(const void *addr) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    bool got = write(ends[1], addr, 1) == 1;
    CHECK(got || errno == EFAULT);
    close(ends[0]);
    close(ends[1]);
    return got;
}

void check_guard(const crib::StackPool &pool, const crib::Stack *stack, bool guarded) {
    CHECK(pool.guard_hit(stack->low) == nullptr);
    CHECK(pool.guard_hit(stack->top - 1) == nullptr);
    CHECK(pool.guard_hit(stack->low - 1) == (guarded ? stack : nullptr));
    CHECK(pool.guard_hit(stack->low - page) == (guarded ? stack : nullptr));
    CHECK(pool.guard_hit(stack->low - page - 1) != stack);
    CHECK(readable(stack->low - 1) == !guarded);
    CHECK(readable(stack->low - page) == !guarded);
    CHECK(readable(stack->low));
}

void acquire_all(crib::StackPool &pool) {
    for (crib::Stack *&stack : stacks) {
        stack = pool.acquire(20000);
        CHECK(stack != nullptr);
        stack->top[-1] = 1;
    }
}

crib::StackStatistics check_kind(crib::GuardKind kind, std::size_t budget, int guarded) {
    crib::StackPool pool;
    crib::StackOptions options;
    options.guard = kind;
    options.protect_budget = budget;
    options.keep_free = 0;
    CHECK_EQ_INT(pool.init(options), 0);
    acquire_all(pool);
    for (int i = 0; i < count; ++i) {
        check_guard(pool, stacks[i], i < guarded);
        CHECK(crib::stack_check_canary(stacks[i]));
    }
    CHECK(pool.guard_hit(nullptr) == nullptr);
    CHECK(pool.guard_hit(&pool) == nullptr);
    CHECK(pool.guard_hit(reinterpret_cast<const void *>(UINTPTR_MAX)) == nullptr);
    crib::StackStatistics all = pool.statistics();
    for (crib::Stack *stack : stacks) {
        pool.release(stack);
    }
    while (pool.trim(100)) {}
    CHECK_EQ_INT(pool.statistics().hot, 0);
    acquire_all(pool);  // also those whose pages were given back alone
    for (int i = 0; i < count; ++i) {
        check_guard(pool, stacks[i], stacks[i]->guard != crib::GuardKind::canary);
    }
    for (crib::Stack *stack : stacks) {
        pool.release(stack);
    }
    pool.destroy();
    return all;
}

}  // namespace

int main() {
    page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    crib::StackStatistics all = check_kind(crib::GuardKind::automatic, 0, count);
    CHECK_EQ_INT(all.guards_lightweight + all.guards_protect, count);
    all = check_kind(crib::GuardKind::protect, 0, count);
    CHECK_EQ_INT(all.guards_protect, count);
    all = check_kind(crib::GuardKind::protect, 100, 100);  // the budget runs out
    CHECK_EQ_INT(all.guards_protect, 100);
    CHECK_EQ_INT(all.canaries, count - 100);
    all = check_kind(crib::GuardKind::canary, 0, 0);
    CHECK_EQ_INT(all.canaries, count);
    all = check_kind(crib::GuardKind::protect, 0, count);  // what was unmapped does not count against the budget
    CHECK_EQ_INT(all.guards_protect, count);
    return 0;
}
