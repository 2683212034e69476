// Without guard pages an overflow is seen at the next look, does not blame the next user, and spares the neighbour.
#include "fiber_support.hpp"

namespace {

crib::StackPool pool;
crib::Context loop;
Fiber fiber;
volatile int sink = 0;

CRIB_NO_SANITIZE void write_below(const crib::Stack *stack) { static_cast<volatile char *>(stack->low)[-100] = 1; }

void shallow(void *) {
    sink = recurse(3);
    crib::context_exit_to(fiber.context, loop);
}

// Just over the edge: a real overflow by a page at most.
void deep(void *) {
    char *here = static_cast<char *>(__builtin_frame_address(0));
    std::size_t room = static_cast<std::size_t>(here - fiber.stack->low);
    char *frame = static_cast<char *>(__builtin_alloca(room - 500));
    static_cast<volatile char *>(frame)[0] = 1;
    sink = recurse(5);
    crib::context_exit_to(fiber.context, loop);
}

bool intact_after(crib::EntryFn fn) {
    fiber_start(pool, fiber, fn, nullptr);
    CHECK(crib::stack_check_canary(fiber.stack));
    crib::context_switch(loop, fiber.context);
    bool intact = crib::stack_check_canary(fiber.stack);
    fiber_end(pool, fiber);
    return intact;
}

}  // namespace

int main() {
    crib::StackOptions options;
    options.guard = crib::GuardKind::canary;
    CHECK_EQ_INT(pool.init(options), 0);
    crib::context_init_thread(loop);
    crib::Stack *neighbour = pool.acquire(0);
    neighbour->top[-1] = 42;

    CHECK(intact_after(shallow));
    if (!has_sanitizer()) {
        CHECK(!intact_after(deep));
    }
    CHECK(intact_after(shallow));
    CHECK_EQ_INT(neighbour->top[-1], 42);

    crib::Stack *stack = pool.acquire(0);
    write_below(stack);
    CHECK(!crib::stack_check_canary(stack));
    pool.release(stack);
    CHECK(pool.acquire(0) == stack);
    CHECK(crib::stack_check_canary(stack));
    pool.release(stack);
    pool.release(neighbour);
    pool.destroy();
    return 0;
}
