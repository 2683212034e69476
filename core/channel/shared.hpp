// Shared channels: a bounded ring between runs in different threads.
//
// Senders and receivers do not meet: each side has a lock, an index and an old copy of the other's, and looks at the
// other's cache line only when the copy says that there is no room, or nothing. Nothing is handed over: who waits is told
// to look again, in its own thread, through the entry queue of its run.
//
// Invariants. Values in [head, tail) are in the ring; head moves under `out`, tail under `in`. Ops in a queue are
// counted in `waiting` before they look a last time, and whoever changes what they wait for looks at `waiting` after: one
// of the two sees the other. An op that was told is in no queue but its run's `wakes`, and if it goes away it tells the
// next. Locks are taken in the order `wait`, `in`, `out`, an entry's.
#pragma once

#include <pthread.h>

#include <atomic>

#include "channel/channel.hpp"

namespace crib {

struct Returned;

// One side's hot data, on cache lines of its own.
struct SharedSide {
    pthread_mutex_t lock;
    size_t at;     // tail or head
    size_t other;  // what the other side's `done` was when last looked at
    char apart_from_other[64];
    std::atomic<size_t> done;  // `at`, for the other side
    char apart_from_next[64];
};

struct SharedQueue {
    Link ops;           // who waits longest is first
    uint32_t arrivals;  // under `wait`
    std::atomic<uint32_t> waiting;
    std::atomic<uint32_t> open;  // ends
};

struct SharedEnd;

struct Shared {
    SharedSide in;
    SharedSide out;
    pthread_mutex_t wait;
    SharedQueue senders;
    SharedQueue receivers;
    std::atomic<uint32_t> ends;  // handles and ops that use one
    std::atomic<uint64_t> dropped;
    std::atomic<size_t> peak;
    size_t capacity;
    size_t mask;
    Returned *returned;  // under `out`: values that were received and given back; they come first
    Value *ring;
};

struct SharedEnd : End {
    Shared *shared;
    std::atomic<bool> shut;       // who looks at it under the side's lock is done before others hear of a close
    std::atomic<uint32_t> users;  // the handle, and what waits through it
};

constexpr size_t k_most_shared = size_t{1} << 24;

inline bool is_shared(const End *end) { return !end->channel; }
inline SharedEnd *shared_end(End *end) { return static_cast<SharedEnd *>(end); }
inline const SharedEnd *shared_end(const End *end) { return static_cast<const SharedEnd *>(end); }

int shared_open(size_t capacity, End **tx, End **rx);  // 0 or UV_ENOMEM
End *shared_clone(SharedEnd *end);
void shared_close(SharedEnd *end);
void shared_release(SharedEnd *end);  // a reference; any thread
void shared_pin(SharedEnd *end);      // see end_pin
void shared_unpin(SharedEnd *end);

// 0; CRIB_EWOULDBLOCK, CRIB_ECLOSED, CRIB_EBROKEN, UV_EINVAL: the value is still the caller's.
int shared_send_try(SharedEnd *tx, Value v);
// 0; CRIB_EWOULDBLOCK, CRIB_ECLOSED, CRIB_EENDOFCHANNEL.
int shared_receive_try(SharedEnd *rx, Value *out);
// They wait, or complete the op's task's wait at once: CRIB_PENDING either way.
int shared_send_park(Op *op, SharedEnd *tx, Value v);
int shared_receive_park(Op *op, SharedEnd *rx);
void shared_receive_keep(Op *op, SharedEnd *rx);
int begin_shared_send(Op *op, SharedEnd *tx, Value v);
int begin_shared_receive(Op *op, SharedEnd *rx, Value *out);
// An op that was told to look again, on its own loop thread.
void shared_retry(Op *op);

struct SharedNumbers {
    size_t buffered, peak, senders, receivers, waiting_senders, waiting_receivers;
    uint64_t dropped;
};
SharedNumbers shared_numbers(Shared *c);

}  // namespace crib
