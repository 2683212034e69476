// What a driver is made of, for own_loop.cpp and hosted.cpp. Every handle's `data` stays NULL: a host may close all
// handles of its loop with a callback of its own, which takes `data` for its own too.
#pragma once

#include <uv.h>

#include "loop/uv_driver.hpp"
#include "loop/wake_timer.hpp"

namespace crib {

struct UvLoopDriver;

// A handle that leads back to its driver.
template <typename Handle>
struct Owned {
    Handle handle;  // first
    UvLoopDriver *owner;
};

template <typename Handle>
UvLoopDriver *owner_of(Handle *handle) {
    return reinterpret_cast<Owned<Handle> *>(handle)->owner;
}

template <typename Handle>
uv_handle_t *base_of(Handle *handle) {
    return reinterpret_cast<uv_handle_t *>(handle);
}

struct UvLoopDriver : UvDriver {
    uv_loop_t *loop;
    Owned<uv_async_t> async;  // the one that is ref'd: uv_run does not even poll without one
    Owned<uv_idle_t> idle;    // started: the loop does not block
    WakeTimer timer;
    int64_t wanted;  // by set_deadline
    bool kicked;     // the idle handle was started for something
    bool polling;    // own loop: inside uv_run
    bool guest;

    // Own loop only.
    uv_loop_t storage;

    // Hosted only.
    Owned<uv_prepare_t> prepare;
    Owned<uv_check_t> check;
    TurnFn turn;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
    Owned<uv_idle_t> marker;  // opened only to learn that the host's closing is over
    int open_handles;         // close callbacks still to come
    bool in_turn;
    bool rested;  // the last phase ran no turn
};

// Allocated and zeroed; NULL without memory.
UvLoopDriver *driver_new(const DriverOps *ops, uv_loop_t *loop);

// Opens timer, async and idle on d->loop. On failure closes nothing: handles that were opened have a type.
int driver_open_handles(UvLoopDriver *d, uv_async_cb on_async);

int64_t uv_clock_now(Driver *self);
void async_wake(Driver *self);
void idle_kick(Driver *self);

}  // namespace crib
