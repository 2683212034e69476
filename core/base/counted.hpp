// The header of every counted handle: what crib_unref looks at.
#pragma once

#include <atomic>
#include <cstdint>

namespace crib {

enum class Kind : uint32_t {
    dead = 0,
    error = 0x63720001,
    runtime,
    task,
    sender,
    receiver,
    shared_sender,
    shared_receiver,
    portal,
    expectation,
    local,
    event,  // from here on: Primitive
    lock,
    semaphore,
    condition,
    limiter,
    barrier,
    rwlock,
    token,
};

struct Counted {
    Kind handle;  // which kind; `dead` once freed
    std::atomic<uint32_t> refs;
    Counted *next_release;  // released in another thread: waits for the loop thread (sched/entry.hpp)
};

inline void counted_init(Counted &c, Kind kind, uint32_t refs) {
    c.handle = kind;
    c.refs.store(refs, std::memory_order_relaxed);
    c.next_release = nullptr;
}

inline void counted_ref(Counted &c) { c.refs.fetch_add(1, std::memory_order_relaxed); }

// True when this was the last reference; what the others wrote is then visible. Whoever holds the only one needs no
// locked instruction: nobody else can change the count.
inline bool counted_unref(Counted &c) {
    if (c.refs.load(std::memory_order_acquire) == 1) return true;
    return c.refs.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

}  // namespace crib
