// What both kinds of driver share.
#include "loop/uv_driver.hpp"

#include <cerrno>
#include <cstring>

#include "base/alloc.hpp"
#include "loop/handles.hpp"

namespace crib {

static void on_idle(uv_idle_t *) {}

// A timer that was armed for an earlier deadline, gone since, is no reason for a turn.
static void on_deadline(void *arg) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(arg);
    if (d->wanted != k_forever && uv_clock_now(d) < d->wanted) {
        wake_timer_arm(&d->timer, d->wanted);
        return;
    }
    d->wanted = k_forever;
    idle_kick(d);
}

UvLoopDriver *driver_new(const DriverOps *ops, uv_loop_t *loop) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(mem_alloc(sizeof(UvLoopDriver)));
    if (d == nullptr) return nullptr;
    memset(static_cast<void *>(d), 0, sizeof *d);
    d->ops = ops;
    d->loop = loop != nullptr ? loop : &d->storage;
    d->wanted = k_forever;
    return d;
}

int driver_open_handles(UvLoopDriver *d, uv_async_cb on_async) {
    int rc = wake_timer_open(&d->timer, d->loop, on_deadline, d);
    if (rc < 0) return rc;
    d->async.owner = d;
    d->idle.owner = d;
    rc = uv_async_init(d->loop, &d->async.handle, on_async);
    if (rc < 0) return rc;
    uv_idle_init(d->loop, &d->idle.handle);
    uv_unref(base_of(&d->idle.handle));
    return 0;
}

int64_t uv_clock_now(Driver *) { return static_cast<int64_t>(uv_hrtime()); }

// In a signal handler errno is the interrupted code's.
void async_wake(Driver *self) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(self);
    int saved = errno;
    uv_async_send(&d->async.handle);
    errno = saved;
}

// libuv before 1.45 runs timers first and then blocks without a limit even if one fired; with an idle handle started no
// version blocks.
void idle_kick(Driver *self) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(self);
    if (d->kicked || uv_is_closing(base_of(&d->idle.handle))) return;
    d->kicked = true;
    uv_idle_start(&d->idle.handle, on_idle);
    if (d->guest && !d->polling) async_wake(d);
}

void uv_driver_set_guest(UvDriver *self, bool guest) { static_cast<UvLoopDriver *>(self)->guest = guest; }

void uv_driver_set_deadline(UvDriver *self, int64_t when) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(self);
    d->wanted = when;
    wake_timer_arm_earlier(&d->timer, when);
}

uv_loop_s *uv_driver_loop(UvDriver *self) { return static_cast<UvLoopDriver *>(self)->loop; }

}  // namespace crib
