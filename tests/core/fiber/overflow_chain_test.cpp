// Faults that are no overflow, and the second coming of those that are, go to whoever handled them before.
#include <csetjmp>
#include <csignal>
#include <sys/mman.h>

#include "fiber/overflow.hpp"
#include "fiber_support.hpp"

namespace {

char *forbidden = nullptr;
sigjmp_buf back;
volatile int seen_by_previous = 0;
bool claimed = false;  // what describe says about the forbidden page

bool describe(void *, const void *addr, char *buf, std::size_t len) {
    std::strncpy(buf, "a test", len - 1);
    return claimed && addr == forbidden;
}

void say(const char *text) { CHECK(write(STDERR_FILENO, text, std::strlen(text)) > 0); }

void with_info(int, siginfo_t *info, void *context) {
    CHECK(context != nullptr);
    CHECK(info->si_addr == forbidden);
    seen_by_previous = seen_by_previous + 1;
    siglongjmp(back, 1);
}

void without_info(int number) {
    CHECK(number == SIGSEGV || number == SIGBUS);
    seen_by_previous = seen_by_previous + 1;
    siglongjmp(back, 1);
}

void set_action(void (*plain)(int), void (*info)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {};
    sigemptyset(&action.sa_mask);
    action.sa_flags = flags;
    if (info != nullptr) {
        action.sa_sigaction = info;
        action.sa_flags |= SA_SIGINFO;
    } else {
        action.sa_handler = plain;
    }
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
}

void fault() { *static_cast<volatile char *>(forbidden) = 1; }

void check_previous_called(void (*plain)(int), void (*info)(int, siginfo_t *, void *)) {
    set_action(plain, info, 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    for (int round = 1; round <= 3; ++round) {
        if (sigsetjmp(back, 1) == 0) {
            fault();
        }
        CHECK_EQ_INT(seen_by_previous, round);
    }
    crib::overflow_remove();
    if (sigsetjmp(back, 1) == 0) {
        fault();
    }
    CHECK_EQ_INT(seen_by_previous, 4);
    seen_by_previous = 0;
}

void die_by_default(void *) {
    set_action(SIG_DFL, nullptr, 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    fault();
}

void die_by_kill(void *) {
    set_action(SIG_DFL, nullptr, 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    kill(getpid(), SIGSEGV);
    say("survived\n");
}

void ignore_kill_die_by_fault(void *) {
    set_action(SIG_IGN, nullptr, 0);
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    kill(getpid(), SIGSEGV);
    say("ignored\n");
    fault();
}

void last_words(int) {
    say("previous\n");
    _exit(7);
}

void report_then_previous(void *) {
    set_action(last_words, nullptr, SA_ONSTACK);
    claimed = true;
    CHECK_EQ_INT(crib::overflow_install(describe, nullptr), 0);
    fault();
}

void check_dies(void (*fn)(void *), const char *words) {
    Child child = run_child(fn, nullptr);
    CHECK(WIFSIGNALED(child.status));
    CHECK(std::strcmp(child.text, words) == 0);
}

}  // namespace

int main() {
    if (has_sanitizer()) {
        return skip("sanitizers report overflows themselves");
    }
    forbidden = static_cast<char *>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(forbidden != MAP_FAILED);
    check_previous_called(nullptr, with_info);
    check_previous_called(without_info, nullptr);
    set_action(SIG_DFL, nullptr, 0);
    check_dies(die_by_default, "");
    check_dies(die_by_kill, "");
    check_dies(ignore_kill_die_by_fault, "ignored\n");
    Child child = run_child(report_then_previous, nullptr);
    CHECK(WIFEXITED(child.status));
    CHECK_EQ_INT(WEXITSTATUS(child.status), 7);
    CHECK(std::strcmp(child.text, "crib: stack overflow in a test\nprevious\n") == 0);
    return 0;
}
