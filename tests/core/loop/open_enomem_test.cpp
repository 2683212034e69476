// Claim: without memory to open a driver fails with an error and leaks nothing, wherever libuv itself reports it.
#include <sys/wait.h>

#include <csignal>

#include "base/alloc.hpp"
#include "loop_support.hpp"

static int until_failure;
static int live;

static bool fails() { return until_failure-- == 0; }

static void *scarce_malloc(size_t n) {
    if (fails()) return nullptr;
    live++;
    return malloc(n);
}

static void *scarce_realloc(void *p, size_t n) {
    if (fails()) return nullptr;
    if (p == nullptr) live++;
    return realloc(p, n);
}

static void *scarce_calloc(size_t n, size_t size) {
    if (fails()) return nullptr;
    live++;
    return calloc(n, size);
}

static void scarce_free(void *p) {
    if (p != nullptr) live--;
    free(p);
}

constexpr int k_refused = 3;

// 0: there was enough memory.
static int try_open(int nth) {
    CHECK_EQ_INT(uv_replace_allocator(scarce_malloc, scarce_realloc, scarce_calloc, scarce_free), 0);
    until_failure = -1;
    open_process_wide_things();
    int fds = count_fds(), blocks = live;
    until_failure = nth;
    crib::UvDriver *d = nullptr;
    int rc = crib::uv_driver_open(&d);
    until_failure = -1;
    if (rc == 0) crib::uv_driver_close(d);
    if (rc != 0) CHECK_EQ_INT(rc, UV_ENOMEM);
    CHECK_EQ_INT(count_fds(), fds);
    CHECK_EQ_INT(live, blocks);
    return rc == 0 ? 0 : k_refused;
}

static void *no_memory(size_t, void *) { return nullptr; }
static void *no_resize(void *, size_t, void *) { return nullptr; }
static void no_free(void *p, void *) { CHECK(p == nullptr); }

static void test_own_memory() {
    crib::Allocator none = {no_memory, no_resize, no_free, nullptr};
    crib::mem_set_allocator(&none);
    crib::UvDriver *d = nullptr;
    CHECK_EQ_INT(crib::uv_driver_open(&d), UV_ENOMEM);
    uv_loop_t host;
    CHECK_EQ_INT(uv_loop_init(&host), 0);
    CHECK_EQ_INT(crib::uv_driver_attach(
                     &d, &host, [](void *) {}, nullptr),
                 UV_ENOMEM);
    CHECK_EQ_INT(uv_loop_close(&host), 0);
    CHECK(d == nullptr);
    crib::mem_set_allocator(nullptr);
}

int main() {
    start_watchdog();
    bool libuv_may_abort = uv_version() < 0x013300;
    int aborted = 0, refused = 0;
    for (int nth = 0;; nth++) {
        CHECK(nth < 100);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) _exit(try_open(nth));
        int status;
        CHECK_EQ_INT(waitpid(child, &status, 0), child);
        if (WIFSIGNALED(status)) {
            CHECK(libuv_may_abort);
            CHECK_EQ_INT(WTERMSIG(status), SIGABRT);
            aborted++;
            continue;
        }
        if (WEXITSTATUS(status) == 0) break;
        CHECK_EQ_INT(WEXITSTATUS(status), k_refused);
        refused++;
    }
    printf("refused %d, aborted inside libuv %d\n", refused, aborted);
    test_own_memory();
}
