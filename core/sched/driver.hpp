// What the scheduler needs from the outside world: a clock, a way to wait, a way to be woken. The scheduler knows only
// this; loop/ implements it on libuv, mock_driver lays a virtual clock over any other driver.
#pragma once

#include <cstdint>

namespace crib {

constexpr int64_t k_forever = INT64_MAX;

struct Driver;

struct DriverOps {
    // Nanoseconds, monotonic, > 0.
    int64_t (*now)(Driver *self);
    // Handles I/O, and waits until `until` (absolute; already passed: does not wait; k_forever: no limit), a wake() or
    // a kick(). Callbacks of I/O run inside; no task does.
    void (*poll)(Driver *self, int64_t until);
    // Ends the current or the next wait. Any thread and signal handlers; never allocates; coalesces.
    void (*wake)(Driver *self);
    // A task became ready outside the scheduler's own turn (inside poll, or in host code): the current or next wait
    // must end at once. Loop thread only.
    void (*kick)(Driver *self);
    // Whether anything but wake() can end a wait that has no deadline: active I/O of tasks or host handles.
    bool (*expects)(Driver *self);
    // A descriptor that polls readable when poll() has something to do; < 0 if there is none.
    int (*backend_fd)(Driver *self);
    // The host has to call poll() again after at most this many ns even if the descriptor stays quiet, for reasons of
    // the driver's own (deadlines of tasks are the scheduler's business); k_forever = none.
    int64_t (*backend_timeout)(Driver *self);
};

struct Driver {
    const DriverOps *ops;
};

inline int64_t driver_now(Driver *d) { return d->ops->now(d); }
inline void driver_poll(Driver *d, int64_t until) { d->ops->poll(d, until); }
inline void driver_wake(Driver *d) { d->ops->wake(d); }
inline void driver_kick(Driver *d) { d->ops->kick(d); }
inline bool driver_expects(Driver *d) { return d->ops->expects(d); }
inline int driver_backend_fd(Driver *d) { return d->ops->backend_fd(d); }
inline int64_t driver_backend_timeout(Driver *d) { return d->ops->backend_timeout(d); }

}  // namespace crib
