// A driver on a loop of its own: the scheduler polls, and only inside poll() does the loop run.
#include <unistd.h>

#include <cstdio>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "loop/handles.hpp"

namespace crib {

static constexpr int64_t k_millisecond = 1000000;
static constexpr int k_close_rounds = 100;
static constexpr unsigned k_version_1_51 = 0x013300;

static UvLoopDriver *self_of(Driver *d) { return static_cast<UvLoopDriver *>(d); }

static void on_async(uv_async_t *) {}  // that the wait ended is all there is to it

static void run_once(UvLoopDriver *d, uv_run_mode mode) {
    d->polling = true;
    uv_run(d->loop, mode);
    d->polling = false;
    if (!d->kicked) return;
    d->kicked = false;
    uv_idle_stop(&d->idle.handle);
}

static void own_poll(Driver *self, int64_t until) {
    UvLoopDriver *d = self_of(self);
    if (d->kicked || until <= 0 || (until != k_forever && until <= uv_clock_now(d))) {
        run_once(d, UV_RUN_NOWAIT);
        return;
    }
    wake_timer_arm_earlier(&d->timer, until);
    run_once(d, UV_RUN_ONCE);
}

// Our other handles are unref'd, so without the async one the loop is alive only for the sake of others.
static bool own_expects(Driver *self) {
    UvLoopDriver *d = self_of(self);
    uv_unref(base_of(&d->async.handle));
    bool alive = uv_loop_alive(d->loop) != 0;
    uv_ref(base_of(&d->async.handle));
    return alive;
}

static int own_backend_fd(Driver *self) { return uv_backend_fd(self_of(self)->loop); }

// The loop counts from its own idea of now, which is old when the host comes from elsewhere.
static int64_t own_backend_timeout(Driver *self) {
    UvLoopDriver *d = self_of(self);
    uv_update_time(d->loop);
    int timeout = uv_backend_timeout(d->loop);
    return timeout < 0 ? k_forever : timeout * k_millisecond;
}

static const DriverOps own_ops = {
    uv_clock_now, own_poll, async_wake, idle_kick, own_expects, own_backend_fd, own_backend_timeout,
};

static void close_stray(uv_handle_t *handle, void *) {
    if (uv_is_closing(handle)) return;
    const char *type = uv_handle_type_name(uv_handle_get_type(handle));
    char what[96];
    snprintf(what, sizeof what, "a handle of type '%s' was left open on the loop", type != nullptr ? type : "unknown");
    diag_misuse("crib_uv_loop", nullptr, what);
    uv_close(handle, nullptr);
}

static void close_own(UvLoopDriver *d) {
    wake_timer_close(&d->timer, nullptr);
    if (uv_handle_get_type(base_of(&d->async.handle)) == UV_UNKNOWN_HANDLE) return;
    if (!uv_is_closing(base_of(&d->async.handle))) uv_close(base_of(&d->async.handle), nullptr);
    if (!uv_is_closing(base_of(&d->idle.handle))) uv_close(base_of(&d->idle.handle), nullptr);
}

// Close callbacks of others may open handles again, hence the rounds; whoever does so for ever keeps the loop.
static bool drain(uv_loop_t *loop) {
    for (int i = 0; i < k_close_rounds; i++) {
        if (uv_loop_close(loop) == 0) return true;
        uv_walk(loop, close_stray, nullptr);
        uv_run(loop, UV_RUN_DEFAULT);
    }
    return uv_loop_close(loop) == 0;
}

void uv_driver_close(UvDriver *self) {
    UvLoopDriver *d = static_cast<UvLoopDriver *>(self);
    close_own(d);
    if (drain(d->loop)) mem_free(d);
}

// libuv before 1.51 keeps the backend's descriptor when it fails after opening it; 0 and -1 stand for not opened.
static int init_loop(uv_loop_t *loop) {
    int rc = uv_loop_init(loop);
    if (rc < 0 && uv_version() < k_version_1_51 && uv_backend_fd(loop) > 0) close(uv_backend_fd(loop));
    return rc;
}

int uv_driver_open(UvDriver **out) {
    UvLoopDriver *d = driver_new(&own_ops, nullptr);
    if (d == nullptr) return UV_ENOMEM;
    int rc = init_loop(d->loop);
    if (rc < 0) {
        mem_free(d);
        return rc;
    }
    rc = driver_open_handles(d, on_async);
    if (rc < 0) {
        if (uv_handle_get_type(&d->timer.handle) != UV_UNKNOWN_HANDLE) close_own(d);
        drain(d->loop);
        mem_free(d);
        return rc;
    }
    uv_run(d->loop, UV_RUN_NOWAIT);  // registers our watchers: a host may wait on the descriptor before the first poll
    *out = d;
    return 0;
}

}  // namespace crib
