#include "loop/wake_timer.hpp"

#include <cerrno>

#ifdef __linux__
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace crib {

static constexpr int64_t k_second = 1000000000;
static constexpr int64_t k_millisecond = 1000000;

static void fire(WakeTimer *t) {
    t->armed = k_forever;
    t->fired(t->arg);
}

static void on_timer(uv_timer_t *handle) { fire(reinterpret_cast<WakeTimer *>(handle)); }

// Relative to the loop's own idea of now, which is the same clock cut to milliseconds: the sum is `when` rounded up,
// however old that idea is.
static void arm_timer(WakeTimer *t, int64_t when) {
    uint64_t due = static_cast<uint64_t>(when / k_millisecond + (when % k_millisecond > 0));
    uint64_t now = uv_now(t->timer.loop);
    uv_timer_start(&t->timer, on_timer, due > now ? due - now : 0, 0);
}

#ifdef __linux__

static void on_readable(uv_poll_t *handle, int, int) {
    WakeTimer *t = reinterpret_cast<WakeTimer *>(handle);
    uint64_t expirations;
    ssize_t n;
    do {
        n = read(t->fd, &expirations, sizeof expirations);
    } while (n < 0 && errno == EINTR);
    if (n > 0) fire(t);  // else it was armed anew since the event
}

static void arm_timerfd(WakeTimer *t, int64_t when) {
    itimerspec spec = {};
    spec.it_value.tv_sec = static_cast<time_t>(when / k_second);
    spec.it_value.tv_nsec = static_cast<long>(when % k_second);
    timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &spec, nullptr);
}

static int open_timerfd(WakeTimer *t, uv_loop_t *loop) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0) return uv_translate_sys_error(errno);
    int rc = uv_poll_init(loop, &t->poll, fd);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    uv_poll_start(&t->poll, UV_READABLE, on_readable);
    t->fd = fd;
    return 0;
}

// A sandbox may not know timerfd; anything else, as having no descriptor left, is the caller's error.
static bool is_unsupported(int rc) { return rc == UV_ENOSYS || rc == UV_EPERM || rc == UV_EINVAL; }

static void close_fd(WakeTimer *t) {
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

#else

static void arm_timerfd(WakeTimer *, int64_t) {}
static int open_timerfd(WakeTimer *, uv_loop_t *) { return UV_ENOSYS; }
static bool is_unsupported(int rc) { return rc == UV_ENOSYS; }
static void close_fd(WakeTimer *) {}

#endif

int wake_timer_open(WakeTimer *t, uv_loop_t *loop, void (*fired)(void *arg), void *arg) {
    t->fired = fired;
    t->arg = arg;
    t->armed = k_forever;
    t->fd = -1;
    int rc = open_timerfd(t, loop);
    if (rc < 0 && !is_unsupported(rc)) return rc;
    if (rc < 0) rc = uv_timer_init(loop, &t->timer);
    if (rc < 0) return rc;
    t->handle.data = nullptr;
    uv_unref(&t->handle);
    return 0;
}

void wake_timer_arm(WakeTimer *t, int64_t when) {
    if (uv_is_closing(&t->handle)) return;
    if (when < 1) when = 1;  // zero would disarm
    t->armed = when;
    if (t->fd >= 0) {
        arm_timerfd(t, when);
    } else {
        arm_timer(t, when);
    }
}

void wake_timer_close(WakeTimer *t, uv_close_cb closed) {
    if (!uv_is_closing(&t->handle)) uv_close(&t->handle, closed);
    close_fd(t);  // after uv_close, which takes it out of the loop's backend
}

}  // namespace crib
