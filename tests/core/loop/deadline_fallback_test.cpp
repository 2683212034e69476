// Claim: where there is no timerfd a uv_timer does: never early, and a wait ends although libuv before 1.45 runs timers
// before it blocks.
#include "loop_support.hpp"

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

// Makes timerfd_create fail as in a sandbox that does not know it.
static bool forbid_timerfd() {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timerfd_create, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool forbid_timerfd() { return true; }
#endif

int main() {
    if (!forbid_timerfd()) {
        puts("skipped: no seccomp here");
        return 0;
    }
    crib::UvDriver *d = open_driver();
    for (int i = 0; i < 40; i++) {
        int64_t until = crib::driver_now(d) + 700 * k_us + i * 100 * k_us;
        CHECK(poll_until(d, until) <= 1);  // not a busy loop for the last millisecond
        CHECK(crib::driver_now(d) - until < 10 * k_sec);
    }

    // With a deadline in the past by the loop's stale clock.
    usleep(5000);
    poll_until(d, crib::driver_now(d) + 100 * k_us);

    // The host is told to come back in time.
    crib::uv_driver_set_deadline(d, crib::driver_now(d) + 5 * k_ms);
    int64_t timeout = crib::driver_backend_timeout(d);
    CHECK(timeout >= 0 && timeout <= 6 * k_ms);
    CHECK(!crib::driver_expects(d));
    crib::uv_driver_close(d);
}
