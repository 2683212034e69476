// One source of wake-ups at a point in time: a timerfd where there is one (exact to the nanosecond, and it makes the
// loop's backend descriptor readable), else one uv_timer_t, rounded up to its milliseconds.
//
// The handle is unref'd and its `data` stays NULL. Whoever is woken looks at the clock himself.
#pragma once

#include <uv.h>

#include <cstdint>

#include "sched/driver.hpp"

namespace crib {

struct WakeTimer {
    union {  // first: callbacks get the timer back from the handle
        uv_handle_t handle;
        uv_poll_t poll;
        uv_timer_t timer;
    };
    void (*fired)(void *arg);
    void *arg;
    int64_t armed;  // absolute; k_forever = not armed
    int fd;         // < 0: the handle is a uv_timer_t
};

// 0 or UV_E*; on failure there is nothing to close.
int wake_timer_open(WakeTimer *t, uv_loop_t *loop, void (*fired)(void *arg), void *arg);

void wake_timer_arm(WakeTimer *t, int64_t when);

// Arms only for what is earlier: a stale timer costs one wake-up, a moved deadline would cost a system call each time.
inline void wake_timer_arm_earlier(WakeTimer *t, int64_t when) {
    if (when < t->armed) wake_timer_arm(t, when);
}

// Closes the handle (unless it is closing) and the descriptor. The memory must live until `closed` is called.
void wake_timer_close(WakeTimer *t, uv_close_cb closed);

}  // namespace crib
