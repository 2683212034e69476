#include "fiber/overflow.hpp"

#include "fiber/sanitize.hpp"

#if CRIB_ASAN || CRIB_TSAN

namespace crib {

int overflow_install(OverflowDescribeFn, void *) { return 0; }

void overflow_remove() {}

}  // namespace crib

#else

#include <atomic>
#include <cerrno>
#include <cstring>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

namespace crib {

namespace {

struct ThreadPart {
    OverflowDescribeFn describe;
    void *arg;
    void *memory;  // of our alternate stack; nullptr: the thread had one
    std::size_t bytes;
};

// initial-exec: the handler must not be the first to touch lazily allocated thread-local storage.
__attribute__((tls_model("initial-exec"))) thread_local ThreadPart mine = {};

struct Chain {
    int number;
    std::atomic<bool> in_place;  // our handler is reachable, directly or through one that was put on top of it
    struct sigaction previous;
};

Chain chains[] = {{SIGSEGV, {false}, {}}, {SIGBUS, {false}, {}}};
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
unsigned users = 0;  // under lock

Chain &chain_of(int number) { return chains[number == SIGSEGV ? 0 : 1]; }

void write_all(const char *text, std::size_t len) {
    while (len > 0) {
        ssize_t wrote = write(STDERR_FILENO, text, len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return;
        }
        text += wrote;
        len -= static_cast<std::size_t>(wrote);
    }
}

// In one write where possible, so that lines of several processes do not mix.
void report(const char *what) {
    static constexpr char head[] = "crib: stack overflow in ";
    char line[sizeof head + 256 + 1];
    std::size_t len = sizeof head - 1;
    std::memcpy(line, head, len);
    for (; *what != '\0' && len < sizeof line - 1; ++what) {
        line[len++] = *what;
    }
    line[len++] = '\n';
    write_all(line, len);
}

bool is_overflow(const void *addr) {
    if (mine.describe == nullptr) {
        return false;
    }
    char what[256];
    what[0] = '\0';
    if (!mine.describe(mine.arg, addr, what, sizeof what)) {
        return false;
    }
    what[sizeof what - 1] = '\0';
    report(what);
    return true;
}

// The action stays as it was found; a faulting instruction runs again after the handler and meets it.
void put_back(Chain &chain) {
    chain.in_place.store(false, std::memory_order_relaxed);
    sigaction(chain.number, &chain.previous, nullptr);
}

// As the kernel would have called it.
void call_previous(Chain &chain, siginfo_t *info, void *context) {
    struct sigaction previous = chain.previous;
    unsigned flags = static_cast<unsigned>(previous.sa_flags);
    if ((flags & SA_RESETHAND) != 0) {
        chain.previous.sa_handler = SIG_DFL;
        chain.previous.sa_flags = 0;
    }
    sigset_t blocked = previous.sa_mask;
    if ((flags & SA_NODEFER) == 0) {
        sigaddset(&blocked, chain.number);
    } else {
        sigset_t unblocked;
        sigemptyset(&unblocked);
        sigaddset(&unblocked, chain.number);
        pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);  // undone by the return from our handler
    if ((flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(chain.number, info, context);
    } else {
        previous.sa_handler(chain.number);
    }
}

void pass_on(Chain &chain, siginfo_t *info, void *context) {
    bool by_fault = info->si_code > 0;  // else someone sent it, and it will not come again by itself
    bool plain = (chain.previous.sa_flags & SA_SIGINFO) == 0;
    if (plain && chain.previous.sa_handler == SIG_IGN) {
        if (!by_fault) {
            return;
        }
        chain.previous.sa_handler = SIG_DFL;  // a fault cannot be ignored
    }
    if (plain && chain.previous.sa_handler == SIG_DFL) {
        put_back(chain);
        if (!by_fault) {
            raise(chain.number);  // blocked until the handler has returned
        }
        return;
    }
    call_previous(chain, info, context);
}

void on_fault(int number, siginfo_t *info, void *context) {
    int saved_errno = errno;
    Chain &chain = chain_of(number);
    if (info->si_code > 0 && is_overflow(info->si_addr)) {
        put_back(chain);
    } else {
        pass_on(chain, info, context);
    }
    errno = saved_errno;
}

bool is_ours(const struct sigaction &action) {
    return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_fault;
}

int enter_chain(Chain &chain) {
    struct sigaction now;
    if (sigaction(chain.number, nullptr, &now) != 0) {
        return -errno;
    }
    if (chain.in_place.load(std::memory_order_relaxed)) {
        return 0;  // perhaps below another handler that calls ours: entering again would make a circle
    }
    chain.previous = now;  // before the handler can run
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    chain.in_place.store(true, std::memory_order_relaxed);
    if (sigaction(chain.number, &action, nullptr) != 0) {
        chain.in_place.store(false, std::memory_order_relaxed);
        return -errno;
    }
    return 0;
}

void leave_chain(Chain &chain) {
    struct sigaction now;
    if (!chain.in_place.load(std::memory_order_relaxed) || sigaction(chain.number, nullptr, &now) != 0) {
        return;
    }
    if (is_ours(now)) {
        put_back(chain);
    }
}

int enter_chains() {
    pthread_mutex_lock(&lock);
    int rc = 0;
    if (users == 0) {
        for (Chain &chain : chains) {
            rc = rc == 0 ? enter_chain(chain) : rc;
        }
    }
    users += rc == 0;
    pthread_mutex_unlock(&lock);
    return rc;
}

std::size_t alternate_stack_bytes() {
    std::size_t bytes = std::size_t{32} << 10;  // room for whoever is next in the chain
#ifdef _SC_SIGSTKSZ
    long asked = sysconf(_SC_SIGSTKSZ);
    if (asked > 0) {
        bytes += static_cast<std::size_t>(asked);
    }
#endif
    std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) & ~(page - 1);
}

int give_alternate_stack() {
    stack_t now;
    if (sigaltstack(nullptr, &now) != 0) {
        return -errno;
    }
    if ((now.ss_flags & SS_DISABLE) == 0) {
        return 0;
    }
    std::size_t bytes = alternate_stack_bytes();
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    stack_t ours = {};
    ours.ss_sp = memory;
    ours.ss_size = bytes;
    if (sigaltstack(&ours, nullptr) != 0) {
        int rc = -errno;
        munmap(memory, bytes);
        return rc;
    }
    mine.memory = memory;
    mine.bytes = bytes;
    return 0;
}

void take_alternate_stack() {
    if (mine.memory == nullptr) {
        return;
    }
    stack_t now;
    if (sigaltstack(nullptr, &now) == 0 && now.ss_sp == mine.memory) {
        stack_t off = {};
        off.ss_flags = SS_DISABLE;
        sigaltstack(&off, nullptr);
    }
    munmap(mine.memory, mine.bytes);
}

}  // namespace

int overflow_install(OverflowDescribeFn describe, void *arg) {
    if (mine.describe != nullptr) {
        return -EBUSY;
    }
    int rc = give_alternate_stack();
    if (rc != 0) {
        return rc;
    }
    mine.arg = arg;
    std::atomic_signal_fence(std::memory_order_release);
    mine.describe = describe;
    rc = enter_chains();
    if (rc != 0) {
        take_alternate_stack();
        mine = {};
    }
    return rc;
}

void overflow_remove() {
    if (mine.describe == nullptr) {
        return;
    }
    pthread_mutex_lock(&lock);
    if (--users == 0) {
        for (Chain &chain : chains) {
            leave_chain(chain);
        }
    }
    pthread_mutex_unlock(&lock);
    take_alternate_stack();
    mine = {};
}

}  // namespace crib

#endif
