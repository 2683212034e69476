// Claim: without descriptors to open a driver fails with an error, whichever it is that is missing, and leaks none.
#include <sys/resource.h>

#include "loop_support.hpp"

static void set_limit(rlim_t n) {
    rlimit limit;
    CHECK_EQ_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = n;
    CHECK_EQ_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// The lowest number that is free: numbers from there on are what a limit takes away.
static int lowest_free() {
    int fd = dup(0);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static int failures_of_open(int first) {
    for (int spare = 0; spare < 20; spare++) {
        set_limit(static_cast<rlim_t>(first + spare));
        crib::UvDriver *d = nullptr;
        int rc = crib::uv_driver_open(&d);
        set_limit(256);
        if (rc == 0) {
            crib::uv_driver_close(d);
            return spare;
        }
        CHECK_EQ_INT(rc, UV_EMFILE);
        CHECK(d == nullptr);
    }
    return -1;
}

int main() {
    start_watchdog();
    set_limit(256);
    open_process_wide_things();
    int before = count_fds();
    int first = lowest_free();
    CHECK(failures_of_open(first) >= 3);
    CHECK_EQ_INT(count_fds(), before);

    // On a host's loop, which stays usable.
    uv_loop_t host;
    CHECK_EQ_INT(uv_loop_init(&host), 0);
    int with_loop = count_fds();
    set_limit(static_cast<rlim_t>(lowest_free()));
    crib::UvDriver *d = nullptr;
    CHECK_EQ_INT(crib::uv_driver_attach(
                     &d, &host, [](void *) {}, nullptr),
                 UV_EMFILE);
    set_limit(256);
    CHECK_EQ_INT(count_fds(), with_loop);
    uv_run(&host, UV_RUN_DEFAULT);
    CHECK_EQ_INT(uv_loop_close(&host), 0);
    CHECK_EQ_INT(count_fds(), before);
}
