// The scheduler's driver on libuv: on a loop of our own (own_loop.cpp), or as a guest on a loop that a host owns and
// runs (hosted.cpp).
//
// Rules:
// * A driver belongs to the thread of its loop. Only wake() is for any thread and signal handlers; whoever calls it
//   makes sure that the driver is not closed or detached meanwhile (a lock and a closed flag).
// * No function here is called on a fiber's stack but kick(), wake(), now(), expects() and set_deadline(): libuv keeps
//   up to 15 KiB of events on the stack of uv_run.
// * Deadlines are re-checked by their owner: poll() may return, and a turn may come, without a cause.
// * Handles that stay armed while nobody waits for them must be unref'd, or expects() takes them for activity.
// * After fork the child may only exec; every descriptor is close-on-exec.
#pragma once

#include <cstdint>

#include "sched/driver.hpp"

struct uv_loop_s;

namespace crib {

// The rest of it is in handles.hpp, so that nobody else needs libuv's header.
struct UvDriver : Driver {};

// A driver with a loop of its own; its backend descriptor works from the start.
// 0 or UV_E*. libuv before 1.51 aborts when memory ends while its table of watchers grows.
int uv_driver_open(UvDriver **out);

// Closes an own loop and frees the driver; runs the loop until everything on it is closed. Handles that others left
// open are closed too, and reported as misuse; requests still in libuv's thread pool are awaited. Never inside uv_run.
void uv_driver_close(UvDriver *self);

// While `guest` a foreign host waits on the backend descriptor and not in poll(): a kick() outside of poll() then makes
// the descriptor readable.
void uv_driver_set_guest(UvDriver *self, bool guest);

using TurnFn = void (*)(void *arg);

// A driver on the host's loop. `turn` is called from the loop, never inside itself and at most once an iteration:
// after a kick(), a wake() or a deadline, and once to begin with. It keeps the loop alive until detached.
// poll() does nothing here. 0 or UV_E*.
int uv_driver_attach(UvDriver **out, uv_loop_s *host, TurnFn turn, void *arg);

// Closes the driver's handles; legal inside a turn. The memory is freed in the last close callback, and then `closed`
// (may be NULL) is called. When the host had closed our handles already and is through with them, that happens before
// this returns. The driver is not to be used any more.
void uv_driver_detach(UvDriver *self, void (*closed)(void *arg), void *arg);

// The host closed our handles under us (a loop torn down by walking over all of it): no turn comes any more.
bool uv_driver_abandoned(UvDriver *self);

// Hosted and guest: the earliest deadline, absolute (k_forever: none), for nobody says it by calling poll(). To be told
// after every turn or tick; costs a system call only when it is earlier than what is armed.
void uv_driver_set_deadline(UvDriver *self, int64_t when);

uv_loop_s *uv_driver_loop(UvDriver *self);

}  // namespace crib
