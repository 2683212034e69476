// A bare fiber with a stack of its own, and a child process whose last words are read.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fiber/context.hpp"
#include "fiber/stack.hpp"
#include "support/check.h"

struct Fiber {
    crib::Context context;
    crib::Stack *stack = nullptr;
};

inline void fiber_start(crib::StackPool &pool, Fiber &fiber, crib::EntryFn fn, void *arg, std::size_t bytes = 0) {
    fiber.stack = pool.acquire(bytes);
    CHECK(fiber.stack != nullptr);
    crib::context_make(fiber.context, fiber.stack->low, fiber.stack->top, fn, arg);
}

inline void fiber_end(crib::StackPool &pool, Fiber &fiber) {
    crib::context_release(fiber.context);
    pool.release(fiber.stack);
    fiber.stack = nullptr;
}

struct Child {
    int status = 0;
    char text[4096] = {};  // what it wrote to stderr
};

// Runs `fn` in a child without a core dump.
inline Child run_child(void (*fn)(void *), void *arg) {
    Child child;
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        fn(arg);
        _exit(0);
    }
    close(ends[1]);
    std::size_t len = 0;
    ssize_t got = 0;
    while ((got = read(ends[0], child.text + len, sizeof child.text - 1 - len)) > 0) {
        len += static_cast<std::size_t>(got);
    }
    close(ends[0]);
    CHECK(waitpid(pid, &child.status, 0) == pid);
    return child;
}

// Recursion that no optimizer turns into a loop: every frame points to the one above.
__attribute__((noinline)) inline int recurse(int depth, volatile char *above = nullptr) {
    volatile char frame[256];
    frame[0] = static_cast<char>(depth);
    frame[255] = above != nullptr ? above[255] : 1;
    int below = depth > 0 ? recurse(depth - 1, frame) : 0;
    return below + frame[0] + frame[255];
}

inline bool has_sanitizer() { return CRIB_ASAN || CRIB_TSAN; }

inline int skip(const char *why) {
    std::printf("skipped: %s\n", why);
    return 0;
}
