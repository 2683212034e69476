// The floor of every switch: two bare contexts that run the same function and hand over to each other, no scheduler.
#include "fiber/context.hpp"

#include "bench.h"

#include <cstdlib>

namespace {

constexpr std::size_t stack_bytes = 16384;

struct Bare {
    crib::Context own;
    Bare *other;
    crib::Context *home;
    struct meter *meter;
    long ops;
};

// Both run this. The first to arrive starts the meter, when both have run once; the first to end stops it.
void ping(void *arg) {
    Bare *self = static_cast<Bare *>(arg);
    crib::context_switch(self->own, self->other->own);
    if (self->meter != nullptr) meter_start(self->meter);
    for (long left = self->ops / 2; left > 0; left--) crib::context_switch(self->own, self->other->own);
    if (self->meter != nullptr) meter_stop(self->meter);
    crib::context_switch(self->own, *self->home);
    abort();  // nobody comes back
}

}  // namespace

int floor_switch(struct meter *m, long ops) {
    char *stacks = static_cast<char *>(std::aligned_alloc(16, 2 * stack_bytes));
    if (stacks == nullptr) return -1;
    crib::Context home;
    crib::context_init_thread(home);
    Bare one{{}, nullptr, &home, m, ops}, two{{}, &one, &home, nullptr, ops};
    one.other = &two;
    crib::context_make(one.own, stacks, stacks + stack_bytes, ping, &one);
    crib::context_make(two.own, stacks + stack_bytes, stacks + 2 * stack_bytes, ping, &two);
    crib::context_switch(home, one.own);
    crib::context_release(one.own);
    crib::context_release(two.own);
    std::free(stacks);
    return 0;
}
