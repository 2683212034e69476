// No address space: nullptr, no leak, and life goes on when there is some again.
#include <sys/resource.h>

#include "fiber_support.hpp"

int main() {
    if (has_sanitizer()) {
        return skip("their shadow does not fit a limit");
    }
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    crib::Stack *first = pool.acquire(0);
    CHECK(first != nullptr);
    rlimit before;
    CHECK_EQ_INT(getrlimit(RLIMIT_AS, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 256u << 20;
    CHECK_EQ_INT(setrlimit(RLIMIT_AS, &tight), 0);
    static crib::Stack *stacks[10000];
    int got = 0;
    while (got < 10000 && (stacks[got] = pool.acquire(0)) != nullptr) {
        ++got;
    }
    CHECK(got > 1000);  // smaller slabs were tried before giving up
    CHECK(got < 10000);
    CHECK(pool.acquire(64 << 20) == nullptr || pool.acquire(std::size_t{1} << 30) == nullptr);
    CHECK_EQ_INT(setrlimit(RLIMIT_AS, &before), 0);
    crib::Stack *more = pool.acquire(0);
    CHECK(more != nullptr);
    CHECK(pool.statistics().mapped_bytes < (256u << 20) + (64u << 20));
    pool.release(more);
    for (int i = 0; i < got; ++i) {
        pool.release(stacks[i]);
    }
    pool.release(first);
    pool.destroy();
    return 0;
}
