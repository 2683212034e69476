// A driver on a loop that a host owns and runs. Turns run in the prepare phase (after timers and the host's own
// callbacks) and the check phase (right after I/O); the idle handle keeps the loop from blocking while there is work.
// Fewer than these three stall under UV_RUN_ONCE or UV_RUN_DEFAULT.
#include "base/alloc.hpp"
#include "loop/handles.hpp"

namespace crib {

static constexpr int k_handles = 5;

// Never two phases in a row: one batch an iteration, and the host's own callbacks get their share.
static void phase(UvLoopDriver *d) {
    if (d->in_turn) return;  // a task runs the host's loop
    if (!d->kicked || !d->rested) {
        d->rested = true;
        return;
    }
    d->kicked = false;
    d->rested = false;
    d->in_turn = true;
    d->turn(d->arg);
    d->in_turn = false;
    if (!d->kicked) uv_idle_stop(&d->idle.handle);  // a detached driver lives until the end of the iteration
}

static void on_prepare(uv_prepare_t *handle) { phase(owner_of(handle)); }
static void on_check(uv_check_t *handle) { phase(owner_of(handle)); }
static void on_async(uv_async_t *handle) { idle_kick(owner_of(handle)); }

// libuv aborts when it cannot write to the loop, so a handle that the host has closed is left alone.
static void hosted_wake(Driver *self) {
    if (!uv_is_closing(base_of(&static_cast<UvLoopDriver *>(self)->async.handle))) async_wake(self);
}

static void hosted_poll(Driver *, int64_t) {}
static bool hosted_expects(Driver *) { return true; }
static int hosted_backend_fd(Driver *) { return -1; }
static int64_t hosted_backend_timeout(Driver *) { return k_forever; }

static const DriverOps hosted_ops = {
    uv_clock_now, hosted_poll, hosted_wake, idle_kick, hosted_expects, hosted_backend_fd, hosted_backend_timeout,
};

static void finish(UvLoopDriver *d) {
    void (*closed)(void *) = d->closed;
    void *arg = d->closed_arg;
    mem_free(d);
    if (closed != nullptr) closed(arg);
}

static void count_closed(UvLoopDriver *d) {
    if (--d->open_handles == 0) finish(d);
}

template <typename Handle>
static void on_closed(uv_handle_t *handle) {
    count_closed(owner_of(reinterpret_cast<Handle *>(handle)));
}

static void on_timer_closed(uv_handle_t *handle) {
    count_closed(static_cast<UvLoopDriver *>(reinterpret_cast<WakeTimer *>(handle)->arg));
}

template <typename Handle>
static void close_handle(Owned<Handle> *owned) {
    uv_handle_t *handle = base_of(&owned->handle);
    if (uv_handle_get_type(handle) == UV_UNKNOWN_HANDLE || uv_is_closing(handle)) return;
    owned->owner->open_handles++;
    uv_close(handle, on_closed<Handle>);
}

static void close_all(UvLoopDriver *d) {
    if (!uv_is_closing(&d->timer.handle)) d->open_handles++;
    wake_timer_close(&d->timer, on_timer_closed);
    close_handle(&d->idle);
    close_handle(&d->prepare);
    close_handle(&d->check);
    close_handle(&d->async);
}

// Handles that the host closed report to the host. The loop is through with them one round of close callbacks after
// the present one: a handle that is opened and closed twice finds out when.
static void on_second_round(uv_handle_t *handle) { finish(owner_of(reinterpret_cast<uv_idle_t *>(handle))); }

static void on_first_round(uv_handle_t *handle) {
    uv_idle_t *marker = reinterpret_cast<uv_idle_t *>(handle);
    uv_idle_init(marker->loop, marker);
    uv_close(handle, on_second_round);
}

static int closing_handles(UvLoopDriver *d) {
    return uv_is_closing(&d->timer.handle) + uv_is_closing(base_of(&d->async.handle)) +
           uv_is_closing(base_of(&d->idle.handle)) + uv_is_closing(base_of(&d->prepare.handle)) +
           uv_is_closing(base_of(&d->check.handle));
}

bool uv_driver_abandoned(UvDriver *self) { return closing_handles(static_cast<UvLoopDriver *>(self)) > 0; }

// Whether the loop is through with all of them, and may itself be gone. A closed handle has lost its reference, and of
// handles closed together the oldest, the timer's, is the last.
static bool is_over(UvLoopDriver *d) { return closing_handles(d) == k_handles && !uv_has_ref(&d->timer.handle); }

static void detach_abandoned(UvLoopDriver *d) {
    if (is_over(d)) {
        wake_timer_close(&d->timer, nullptr);
        finish(d);
        return;
    }
    d->open_handles = 1;  // never counted down to 0: the marker decides
    close_all(d);
    d->marker.owner = d;
    uv_idle_init(d->loop, &d->marker.handle);
    uv_close(base_of(&d->marker.handle), on_first_round);
}

void uv_driver_detach(UvDriver *self, void (*closed)(void *arg), void *arg) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(self);
    d->closed = closed;
    d->closed_arg = arg;
    if (uv_driver_abandoned(d)) {
        detach_abandoned(d);
    } else {
        close_all(d);
    }
}

int uv_driver_attach(UvDriver **out, uv_loop_s *host, TurnFn turn, void *arg) {
    UvLoopDriver *d = driver_new(&hosted_ops, host);
    if (d == nullptr) return UV_ENOMEM;
    d->turn = turn;
    d->arg = arg;
    d->rested = true;
    d->prepare.owner = d;
    d->check.owner = d;
    int rc = driver_open_handles(d, on_async);
    if (rc < 0 && uv_handle_get_type(&d->timer.handle) == UV_UNKNOWN_HANDLE) {
        mem_free(d);
        return rc;
    }
    if (rc < 0) {
        close_all(d);
        return rc;
    }
    uv_prepare_init(host, &d->prepare.handle);
    uv_check_init(host, &d->check.handle);
    uv_prepare_start(&d->prepare.handle, on_prepare);
    uv_check_start(&d->check.handle, on_check);
    uv_unref(base_of(&d->prepare.handle));
    uv_unref(base_of(&d->check.handle));
    uv_ref(&d->timer.handle);  // for is_over; the async handle keeps the loop alive anyway
    idle_kick(d);
    *out = d;
    return 0;
}

}  // namespace crib
