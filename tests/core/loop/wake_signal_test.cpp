// Claim: a wake made in a signal handler ends a wait without a deadline and leaves errno alone.
#include <sys/time.h>

#include <cerrno>
#include <csignal>

#include "loop_support.hpp"

static crib::UvDriver *driver;
static volatile sig_atomic_t signals;
static volatile sig_atomic_t errno_kept = 1;

static void on_signal(int) {
    int interrupted = errno;
    errno = ERANGE;
    for (int i = 0; i < 3; i++) crib::driver_wake(driver);
    if (errno != ERANGE) errno_kept = 0;
    signals = signals + 1;
    errno = interrupted;
}

int main() {
    driver = open_driver();
    struct sigaction action = {};
    action.sa_handler = on_signal;
    CHECK_EQ_INT(sigaction(SIGVTALRM, &action, nullptr), 0);
    CHECK_EQ_INT(sigaction(SIGUSR1, &action, nullptr), 0);

    // Before the wait.
    raise(SIGUSR1);
    crib::driver_poll(driver, crib::k_forever);
    CHECK_EQ_INT(signals, 1);

    // In the middle of it.
    struct sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGVTALRM;
    timer_t timer;
    CHECK_EQ_INT(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    itimerspec spec = {};
    for (int i = 0; i < 50; i++) {
        spec.it_value.tv_nsec = 200000 + i * 1000;
        int before = signals;
        CHECK_EQ_INT(timer_settime(timer, 0, &spec, nullptr), 0);
        while (signals == before) crib::driver_poll(driver, crib::k_forever);
    }
    CHECK(errno_kept);
    timer_delete(timer);
    crib::uv_driver_close(driver);
}
