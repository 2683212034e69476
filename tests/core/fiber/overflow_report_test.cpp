// A fiber that overflows its stack is reported by name, and then dies of the fault.
#include <csignal>

#include "fiber/overflow.hpp"
#include "fiber_support.hpp"

namespace {

crib::StackPool pool;
crib::Context loop;
Fiber fiber;

bool describe(void *arg, const void *addr, char *buf, std::size_t len) {
    const crib::Stack *hit = static_cast<crib::StackPool *>(arg)->guard_hit(addr);
    if (hit == nullptr) {
        return false;
    }
    const char *text = hit == fiber.stack ? "task 'endless', 64 KiB stack" : "another stack";
    std::strncpy(buf, text, len - 1);
    return true;
}

void endless(void *) {
    recurse(1 << 20);
    crib::context_exit_to(fiber.context, loop);
}

void overflow(void *kind) {
    crib::StackOptions options;
    options.guard = *static_cast<crib::GuardKind *>(kind);
    CHECK_EQ_INT(pool.init(options), 0);
    crib::context_init_thread(loop);
    CHECK_EQ_INT(crib::overflow_install(describe, &pool), 0);
    fiber_start(pool, fiber, endless, nullptr);
    crib::context_switch(loop, fiber.context);
}

void check_dies_reported(crib::GuardKind kind) {
    Child child = run_child(overflow, &kind);
    CHECK(WIFSIGNALED(child.status));
    CHECK(WTERMSIG(child.status) == SIGSEGV || WTERMSIG(child.status) == SIGBUS);
    CHECK(std::strcmp(child.text, "crib: stack overflow in task 'endless', 64 KiB stack\n") == 0);
}

}  // namespace

int main() {
    if (has_sanitizer()) {
        return skip("sanitizers report overflows themselves");
    }
    check_dies_reported(crib::GuardKind::automatic);
    check_dies_reported(crib::GuardKind::protect);
    return 0;
}
