// Contexts come, run on fresh, reused and inherited stacks, and go; sanitizers agree at every step.
#include "fiber_support.hpp"

namespace {

crib::StackPool pool;
crib::Context loop;
Fiber current;
crib::Context heirs[3];
int ran = 0;
volatile int sink = 0;

void end_here(void *arg) {
    CHECK(arg == &current);
    CHECK(reinterpret_cast<std::size_t>(__builtin_frame_address(0)) % 16 == 0);
    sink = recurse(20);
    ++ran;
    crib::context_exit_to(current.context, loop);
}

// One task after the other on the same stack, without a switch.
void dynasty(void *) {
    sink = recurse(5);
    ++ran;
    crib::Context *last = &current.context;
    for (crib::Context &heir : heirs) {
        crib::context_adopt(heir, current.stack->low, current.stack->top);
        crib::context_release(*last);
        last = &heir;
        sink = recurse(10);
        crib::context_switch(heir, loop);
        sink = recurse(10);
        ++ran;
    }
    crib::context_exit_to(*last, loop);
}

}  // namespace

int main() {
    CHECK_EQ_INT(pool.init(0), 0);
    crib::context_init_thread(loop);
    for (int i = 0; i < 1000; ++i) {
        fiber_start(pool, current, end_here, &current);
        crib::context_switch(loop, current.context);
        fiber_end(pool, current);
    }
    CHECK_EQ_INT(ran, 1000);
    for (int i = 0; i < 100; ++i) {
        fiber_start(pool, current, dynasty, nullptr);
        crib::context_switch(loop, current.context);
        for (crib::Context &heir : heirs) {
            crib::context_switch(loop, heir);
        }
        crib::context_release(heirs[2]);
        pool.release(current.stack);
    }
    CHECK_EQ_INT(ran, 1400);
    pool.destroy();
    return 0;
}
