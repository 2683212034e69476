// A host's loop with a driver attached: counts turns and the host's own iterations and timer.
#pragma once

#include <cstring>

#include "loop_support.hpp"

struct Host {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_prepare_t iteration;
    crib::UvDriver *driver;
    int turns;
    int ticks;  // of the host's timer
    int iterations;
    int closed;  // calls of the driver's close callback
    void (*on_turn)(Host *host);
};

inline void host_turn(void *arg) {
    Host *host = static_cast<Host *>(arg);
    host->turns++;
    if (host->on_turn != nullptr) host->on_turn(host);
}

inline void host_closed(void *arg) { static_cast<Host *>(arg)->closed++; }

inline void host_open(Host *host, void (*on_turn)(Host *host)) {
    start_watchdog();
    memset(static_cast<void *>(host), 0, sizeof *host);
    host->on_turn = on_turn;
    CHECK_EQ_INT(uv_loop_init(&host->loop), 0);
    host->loop.data = host;
    CHECK_EQ_INT(crib::uv_driver_attach(&host->driver, &host->loop, host_turn, host), 0);
}

// A timer of the host's own that ticks every ms and does not keep the loop alive.
inline void host_start_timer(Host *host) {
    uv_timer_init(&host->loop, &host->timer);
    uv_timer_start(
        &host->timer, [](uv_timer_t *t) { static_cast<Host *>(t->loop->data)->ticks++; }, 1, 1);
    uv_unref(reinterpret_cast<uv_handle_t *>(&host->timer));
}

// Counts the iterations of the loop.
inline void host_count_iterations(Host *host) {
    uv_prepare_init(&host->loop, &host->iteration);
    uv_prepare_start(&host->iteration, [](uv_prepare_t *p) { static_cast<Host *>(p->loop->data)->iterations++; });
    uv_unref(reinterpret_cast<uv_handle_t *>(&host->iteration));
}

inline void host_detach(Host *host) {
    crib::uv_driver_detach(host->driver, host_closed, host);
    host->driver = nullptr;
}

// What a binding's loop object does when it dies: closes whatever is there, with a callback of its own.
inline void host_tear_down(uv_loop_t *loop) {
    uv_walk(
        loop,
        [](uv_handle_t *handle, void *) {
            CHECK(handle->data == nullptr);
            if (!uv_is_closing(handle)) uv_close(handle, [](uv_handle_t *) {});
        },
        nullptr);
}

// Closes the host's own handles and the loop, on which nothing else may be left.
inline void host_close(Host *host) {
    host_tear_down(&host->loop);
    uv_run(&host->loop, UV_RUN_DEFAULT);
    CHECK_EQ_INT(uv_loop_close(&host->loop), 0);
}
