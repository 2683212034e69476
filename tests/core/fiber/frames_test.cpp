// A switch is right in every shape of frame: leaf, realigned, of variable size, all three, and within many others.
#include <alloca.h>
#include <cstdint>

#include "fiber_support.hpp"

namespace {

Fiber other;
crib::Context loop;
long visits = 0;

void counter(void *) {
    for (;;) {
        ++visits;
        crib::context_switch(other.context, loop);
    }
}

__attribute__((noinline)) long leaf(long a, long b) {
    long sum = a * 3 + b;
    crib::context_switch(loop, other.context);
    return sum + b;
}

__attribute__((noinline)) long realigned(long a) {
    alignas(128) volatile char block[256];
    block[0] = static_cast<char>(a);
    block[255] = 7;
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 128 == 0);
    crib::context_switch(loop, other.context);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 128 == 0);
    return block[0] + block[255];
}

__attribute__((noinline)) long variable(std::size_t size) {
    volatile char *block = static_cast<volatile char *>(alloca(size));
    block[0] = 3;
    block[size - 1] = 4;
    crib::context_switch(loop, other.context);
    return block[0] + block[size - 1];
}

__attribute__((noinline)) long both(std::size_t size) {
    alignas(64) volatile char fixed[64];
    volatile char *block = static_cast<volatile char *>(alloca(size));
    fixed[63] = 5;
    block[size - 1] = 6;
    crib::context_switch(loop, other.context);
    volatile char *second = static_cast<volatile char *>(alloca(size * 2));
    second[0] = 1;
    crib::context_switch(loop, other.context);
    return fixed[63] + block[size - 1] + second[0];
}

__attribute__((noinline)) long deep(int depth) {
    long here = depth;
    if (depth == 0) {
        crib::context_switch(loop, other.context);
        return 0;
    }
    return deep(depth - 1) + here;
}

}  // namespace

int main() {
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    crib::context_init_thread(loop);
    fiber_start(pool, other, counter, nullptr);
    for (int i = 1; i < 50; ++i) {
        CHECK_EQ_INT(leaf(i, 2), i * 3 + 4);
        CHECK_EQ_INT(realigned(i), i + 7);
        CHECK_EQ_INT(variable(static_cast<std::size_t>(i) * 10), i == 0 ? 0 : 7);
        CHECK_EQ_INT(both(static_cast<std::size_t>(i) * 10), 12);
        CHECK_EQ_INT(deep(i), i * (i + 1) / 2);
    }
    CHECK_EQ_INT(visits, 49 * 6);
    fiber_end(pool, other);
    pool.destroy();
    return 0;
}
