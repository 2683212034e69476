// SIGINT and stack overflow: what a run takes of the process's signals, and gives back (statement 117).
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "fiber/overflow.hpp"
#include "run/runtime.hpp"

namespace crib {

namespace {

std::atomic<Runtime *> taker{nullptr};
std::atomic<int> handlers_inside{0};
struct sigaction before;

// The first one cancels main; the second one is the old action's.
void on_sigint(int signal) {
    handlers_inside.fetch_add(1);
    Runtime *rt = taker.load();
    if (rt && rt->interrupts.fetch_add(1) > 0) {
        sigaction(signal, &before, nullptr);
        raise(signal);
    } else if (rt) {
        entry_wake(&rt->entry, rt->entry.live.load());
    }
    handlers_inside.fetch_sub(1);
}

bool is_main_thread() { return getpid() == static_cast<pid_t>(syscall(SYS_gettid)); }

bool wants_sigint(const Runtime *rt) {
    if (rt->options.interrupt > 0) return true;
    if (rt->options.interrupt < 0 || rt->drive != Drive::own || !is_main_thread()) return false;
    struct sigaction now;
    if (sigaction(SIGINT, nullptr, &now) != 0) return false;
    return !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL;
}

bool describe_overflow(void *arg, const void *addr, char *buf, size_t len) {
    const Runtime *rt = static_cast<const Runtime *>(arg);
    const Stack *stack = rt->stacks.guard_hit(addr);
    if (!stack) return false;
    const Task *t = rt->current;
    const bool known = t && t->stack == stack;
    snprintf(buf, len, "task '%s', %zu KiB stack", known ? task_name(t) : "?",
             static_cast<size_t>(stack->top - stack->low + 1023) / 1024);
    return true;
}

}  // namespace

void interrupt_take(Runtime *rt) {
    Runtime *nobody = nullptr;
    if (!wants_sigint(rt) || !taker.compare_exchange_strong(nobody, rt)) return;
    struct sigaction action = {};
    action.sa_handler = on_sigint;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    rt->took_sigint = sigaction(SIGINT, &action, &before) == 0;
    if (!rt->took_sigint) taker.store(nullptr);
}

void interrupt_give_back(Runtime *rt) {
    if (!rt->took_sigint) return;
    rt->took_sigint = false;
    struct sigaction now;
    const bool still_ours = sigaction(SIGINT, nullptr, &now) == 0 && now.sa_handler == on_sigint;
    if (still_ours) sigaction(SIGINT, &before, nullptr);
    taker.store(nullptr);
    while (handlers_inside.load() > 0) {
        // A handler in another thread still looks at the runtime.
    }
}

void overflow_take(Runtime *rt) { rt->took_overflow = overflow_install(describe_overflow, rt) == 0; }

void overflow_give_back(Runtime *rt) {
    if (rt->took_overflow) overflow_remove();
    rt->took_overflow = false;
}

}  // namespace crib
