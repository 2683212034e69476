#include "sched/mock_driver.hpp"

namespace crib {

namespace {

constexpr int64_t k_start = 1'000'000'000;

MockDriver *mock(Driver *d) { return static_cast<MockDriver *>(d); }

int64_t mock_now(Driver *d) { return mock(d)->time; }

// Waiting for a virtual time is nobody's job here: either something below ends the wait, or the clock is moved.
void mock_poll(Driver *d, int64_t until) { driver_poll(mock(d)->below, until <= mock(d)->time ? 0 : k_forever); }

void mock_wake(Driver *d) { driver_wake(mock(d)->below); }
void mock_kick(Driver *d) { driver_kick(mock(d)->below); }
bool mock_expects(Driver *d) { return driver_expects(mock(d)->below); }
int mock_backend_fd(Driver *d) { return driver_backend_fd(mock(d)->below); }
int64_t mock_backend_timeout(Driver *d) { return driver_backend_timeout(mock(d)->below); }

constexpr DriverOps k_ops = {mock_now,     mock_poll,       mock_wake,           mock_kick,
                             mock_expects, mock_backend_fd, mock_backend_timeout};

}  // namespace

void mock_driver_init(MockDriver *d, Driver *below) {
    d->ops = &k_ops;
    d->below = below;
    d->time = k_start;
}

void mock_driver_jump(MockDriver *d, int64_t ns) {
    d->time = ns > k_forever - 1 - d->time ? k_forever - 1 : d->time + ns;
}

void mock_driver_jump_to(MockDriver *d, int64_t time) {
    if (time > d->time) d->time = time;
}

}  // namespace crib
