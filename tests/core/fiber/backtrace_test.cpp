// A backtrace taken in a fiber walks its frames and ends at its base.
#include <unwind.h>

#include "fiber_support.hpp"

namespace {

crib::StackPool pool;
crib::Context loop;
Fiber fiber;
int frames = 0;
_Unwind_Reason_Code ended = _URC_NO_REASON;
bool left_the_stack = false;

_Unwind_Reason_Code step(_Unwind_Context *context, void *) {
    char *cfa = reinterpret_cast<char *>(_Unwind_GetCFA(context));
    left_the_stack = left_the_stack || cfa < fiber.stack->low || cfa > fiber.stack->top;
    return ++frames > 100 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

__attribute__((noinline)) int inner(int depth) {
    if (depth > 0) {
        int rc = inner(depth - 1);
        asm volatile("" : "+r"(rc));  // not a tail call
        return rc + 1;
    }
    ended = _Unwind_Backtrace(step, nullptr);
    return 0;
}

void body(void *) {
    inner(5);
    crib::context_switch(fiber.context, loop);  // the frame is right after a resumption, too
    inner(5);
    crib::context_exit_to(fiber.context, loop);
}

void check_and_forget() {
    CHECK_EQ_INT(ended, _URC_END_OF_STACK);
    CHECK(!left_the_stack);
    CHECK(frames >= 8);   // six times inner, body, the base
    CHECK(frames <= 12);  // and what sanitizers add
    frames = 0;
}

}  // namespace

int main() {
#ifdef CRIB_CONTEXT_UCONTEXT
    return skip("the base of such a fiber is libc's");
#endif
    CHECK_EQ_INT(pool.init(0), 0);
    crib::context_init_thread(loop);
    fiber_start(pool, fiber, body, nullptr);
    crib::context_switch(loop, fiber.context);
    check_and_forget();
    crib::context_switch(loop, fiber.context);
    check_and_forget();
    fiber_end(pool, fiber);
    pool.destroy();
    return 0;
}
