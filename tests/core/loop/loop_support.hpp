// What the tests of the loop share: a watchdog instead of a hang, descriptors counted, libuv's memory made scarce.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

#include <cstdlib>

#include "loop/uv_driver.hpp"
#include "support/check.h"

constexpr int64_t k_us = 1000;
constexpr int64_t k_ms = 1000 * k_us;
constexpr int64_t k_sec = 1000 * k_ms;

// A wait that never ends must not look like a slow machine.
inline void start_watchdog() { alarm(60); }

inline crib::UvDriver *open_driver() {
    start_watchdog();
    crib::UvDriver *d = nullptr;
    CHECK_EQ_INT(crib::uv_driver_open(&d), 0);
    return d;
}

// Polls until the clock has reached `until`; how often it came back too soon is in the result.
inline int poll_until(crib::Driver *d, int64_t until) {
    int spurious = -1;
    do {
        crib::driver_poll(d, until);
        spurious++;
    } while (crib::driver_now(d) < until);
    return spurious;
}

// Calls `visit` for every descriptor of the process; their number.
inline int each_fd(void (*visit)(int fd)) {
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != nullptr);
    int count = 0;
    while (struct dirent *entry = readdir(dir)) {
        if (entry->d_name[0] == '.') continue;
        int fd = atoi(entry->d_name);
        if (fd == dirfd(dir)) continue;
        count++;
        if (visit != nullptr) visit(fd);
    }
    closedir(dir);
    return count;
}

inline int count_fds() { return each_fd(nullptr); }

// The pair of descriptors that libuv keeps for signals of the whole process, and its memory, come with the first loop.
inline void open_process_wide_things() {
    uv_loop_t loop;
    CHECK_EQ_INT(uv_loop_init(&loop), 0);
    CHECK_EQ_INT(uv_loop_close(&loop), 0);
}
