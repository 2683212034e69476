// The entry queue: how other threads and signal handlers reach a run (statement 110).
//
// Rules. `lock` (recursive) guards the lists and `open`; between runs it also guards the handles that outlive theirs, and
// only then does application code (drop, destroy) run under it. Signal handlers take no lock: they
// count themselves in `wakers`, look at `live`, and wake the driver; closing waits until none is inside. Whatever was
// accepted runs before the run ends.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "base/counted.hpp"
#include "task/op.hpp"
#include "sched/driver.hpp"

namespace crib {

using PostFn = void (*)(void *user_data);

struct Post {
    Post *next;
    PostFn fn;
    void *user_data;
    PostFn destroy;
};

struct Entry {
    pthread_mutex_t lock;
    Post *head;
    Post *tail;
    Counted *releases;  // last references given up in other threads
    Counted *fired;     // tokens triggered in other threads; a reference each
    Link wakes;    // ops that somebody in another thread may have served (channel/shared.cpp); by Op::link, for such
                   // an op may be in the list of aborts besides
    bool open;     // under the lock: a run takes posts
    uint64_t run;  // under the lock: which run, for portals that outlive theirs
    Driver *driver;
    std::atomic<uint64_t> live;  // the run that may be woken; 0 = none
    std::atomic<uint32_t> wakers;
    std::atomic<bool> pending;  // something to drain
};

void entry_init(Entry *e);
void entry_destroy(Entry *e);
void entry_lock(Entry *e);
void entry_unlock(Entry *e);
void entry_open(Entry *e, Driver *driver);
// After this nothing more is accepted, and nobody touches the driver.
void entry_close(Entry *e);

// 0, CRIB_ERUNFINISHED, UV_ENOMEM; when it fails the caller runs `destroy`. Any thread.
int entry_post(Entry *e, uint64_t run, PostFn fn, void *user_data, PostFn destroy);
// Leaves a handle whose last reference is gone to the loop thread; false if no run is going on. Any thread, under the
// lock.
bool entry_release(Entry *e, Counted *handle);
// Has the loop thread tell those who wait for a token; consumes a reference if it says true. Any thread, under the lock.
bool entry_fire(Entry *e, Counted *token);
// An op that waits for what other threads do: puts it into `wakes`, takes it out again, takes the first one. Any thread.
void entry_wake_op(Entry *e, Op *op);
void entry_unwake_op(Entry *e, Op *op);
Op *entry_next_wake(Entry *e);
// The loop thread has more to take in than it wants to at once.
void entry_again(Entry *e);
// Async-signal-safe. False: that run is over.
bool entry_wake(Entry *e, uint64_t run);

// What has come since the last time; runs of posts are bounded by what was there at the call.
struct EntryBatch {
    Post *posts;
    Counted *releases;
    Counted *fired;
};
EntryBatch entry_take(Entry *e);
inline bool entry_pending(const Entry *e) { return e->pending.load(std::memory_order_acquire); }

}  // namespace crib
