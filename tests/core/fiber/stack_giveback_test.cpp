// After a burst memory and mappings go back to the system: by ordinary activity, or at once when idle.
#include "fiber_support.hpp"

namespace {

constexpr int count = 50000;
crib::Stack *stacks[count];

std::size_t resident_bytes() {
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) {
        return 0;
    }
    unsigned long pages[2] = {};
    int got = std::fscanf(file, "%lu %lu", &pages[0], &pages[1]);
    std::fclose(file);
    return got == 2 ? pages[1] * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// Every `stride`-th stack stays in use.
void burst(crib::StackPool &pool, int stay) {
    for (crib::Stack *&stack : stacks) {
        stack = pool.acquire(0);
        CHECK(stack != nullptr);
        stack->top[-1] = 1;
    }
    for (int i = 0; i < count; ++i) {
        if (stay == 0 || i % stay != 0) {
            pool.release(stacks[i]);
        }
    }
}

void release_rest(crib::StackPool &pool, int stay) {
    for (int i = 0; i < count; i += stay) {
        pool.release(stacks[i]);
    }
}

void check_given_back(crib::StackPool &pool, std::size_t peak_resident, std::size_t peak_mapped) {
    crib::StackStatistics now = pool.statistics();
    CHECK(now.hot <= 2000);
    CHECK(now.mapped_bytes < peak_mapped / 10);
    if (!has_sanitizer() && peak_resident != 0) {
        CHECK(resident_bytes() < peak_resident / 4);
    }
}

void by_activity(crib::StackPool &pool) {
    burst(pool, 0);
    std::size_t peak_resident = resident_bytes();
    std::size_t peak_mapped = static_cast<std::size_t>(count) * (68 << 10);
    for (int i = 0; i < 300000; ++i) {
        pool.release(pool.acquire(0));
    }
    check_given_back(pool, peak_resident, peak_mapped);
}

void when_idle(crib::StackPool &pool) {
    burst(pool, 0);
    std::size_t peak_resident = resident_bytes();
    std::size_t peak_mapped = pool.statistics().mapped_bytes;
    for (int i = 0; i < 100; ++i) {
        pool.trim(100);
    }
    check_given_back(pool, peak_resident, peak_mapped);
}

// No slab is free as a whole: the pages go one stack at a time, the mappings stay.
void with_some_in_use(crib::StackPool &pool) {
    const int stay = 100;
    burst(pool, stay);
    std::size_t peak_resident = resident_bytes();
    for (int i = 0; i < 100; ++i) {
        pool.trim(1000);
    }
    CHECK(pool.statistics().stacks_given_back > count * 9 / 10);
    if (!has_sanitizer() && peak_resident != 0) {
        CHECK(resident_bytes() < peak_resident / 4);
    }
    release_rest(pool, stay);
    while (pool.trim(1000)) {}
}

}  // namespace

int main() {
    if (has_sanitizer()) {
        return skip("shadow memory says little about ours");
    }
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    by_activity(pool);
    when_idle(pool);
    with_some_in_use(pool);
    CHECK_EQ_INT(pool.statistics().live, 0);
    pool.destroy();
    return 0;
}
