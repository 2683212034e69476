// Handlers and alternate stacks are counted: what was there before is there after, and others on top stay.
#include <cerrno>
#include <csignal>
#include <pthread.h>

#include "fiber/overflow.hpp"
#include "fiber_support.hpp"

namespace {

bool describe(void *, const void *, char *, std::size_t) { return false; }

struct sigaction action_now() {
    struct sigaction now = {};
    sigaction(SIGSEGV, nullptr, &now);
    return now;
}

bool has_alternate_stack() {
    stack_t now = {};
    sigaltstack(nullptr, &now);
    return (now.ss_flags & SS_DISABLE) == 0;
}

void *other_thread(void *) {
    CHECK(!has_alternate_stack());
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    CHECK(has_alternate_stack());
    crib::overflow_remove();
    CHECK(!has_alternate_stack());
    return nullptr;
}

void on_top(int) {}

void keeps_a_foreign_alternate_stack() {
    static char memory[64 << 10];
    stack_t mine = {};
    mine.ss_sp = memory;
    mine.ss_size = sizeof memory;
    CHECK_EQ_INT(sigaltstack(&mine, nullptr), 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    stack_t now = {};
    sigaltstack(nullptr, &now);
    CHECK(now.ss_sp == memory);
    crib::overflow_remove();
    sigaltstack(nullptr, &now);
    CHECK(now.ss_sp == memory);
    now.ss_flags = SS_DISABLE;
    sigaltstack(&now, nullptr);
}

void leaves_others_on_top() {
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    struct sigaction top = {};
    top.sa_handler = on_top;
    sigaction(SIGSEGV, &top, nullptr);
    crib::overflow_remove();
    CHECK(action_now().sa_handler == on_top);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);  // they may call ours: it must not call them
    CHECK(action_now().sa_handler == on_top);
    crib::overflow_remove();
}

}  // namespace

int main() {
    if (has_sanitizer()) {
        return skip("sanitizers report overflows themselves");
    }
    struct sigaction before = action_now();
    bool had_stack = has_alternate_stack();
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), -EBUSY);
    CHECK(action_now().sa_handler != before.sa_handler);
    CHECK((action_now().sa_flags & SA_ONSTACK) != 0);
    CHECK(has_alternate_stack());
    pthread_t thread;
    CHECK_EQ_INT(pthread_create(&thread, nullptr, other_thread, nullptr), 0);
    pthread_join(thread, nullptr);
    CHECK(action_now().sa_handler != before.sa_handler);  // this thread still uses it
    crib::overflow_remove();
    CHECK(action_now().sa_handler == before.sa_handler);
    CHECK(has_alternate_stack() == had_stack);
    keeps_a_foreign_alternate_stack();
    leaves_others_on_top();
    return 0;
}
