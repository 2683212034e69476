// The data of a cancel scope; what is done with it is in scope/. Every scope is a node of one tree per run: task
// scopes hang below the scope of their nursery, blocks of a task below each other.
#pragma once

#include <cstdint>

#include "base/cause.hpp"
#include "base/error.hpp"
#include "base/heap.hpp"
#include "base/slab.hpp"

namespace crib {

struct Task;
struct ScopeLink;

enum class ScopeKind : uint8_t { block, task, nursery, service };

// What a scope's inside sees: its own cancel and what comes from outside through its shield.
enum Seen : uint8_t {
    k_seen_hard = 1,
    k_seen_interrupt = 2,  // soft, mode interrupt
    k_seen_drain = 4,      // soft, any mode
    k_seen_graceful = 8,   // not a cancel: this region opted in to end on a drain
};
constexpr uint8_t k_seen_cancels = k_seen_hard | k_seen_interrupt | k_seen_drain;

// What a cancel point inside has to look at before it goes on.
enum Stop : uint8_t {
    k_stop_cancelled = 1,
    k_stop_poisoned = 2,  // a block could not be opened here
    k_stop_counted = 4,   // not a stop: cancel points are told to Scheduler::cancel_point; everything below inherits it
};

enum class Shield : uint8_t { none, full, soft };

struct Scope {
    Scope *parent;
    Scope *first_child;
    Scope *next;  // siblings: a plain list, newest first
    Scope *prev;
    Task *owner;         // whose block it is; NULL for the run's own
    ScopeLink *links;    // told when it is cancelled
    Error *held;         // owned; see crib/error.h
    CancelCause *cause;  // shared; NULL = nothing to say
    int64_t deadline;    // k_forever = none; armed while the scope is not hard-cancelled
    int64_t hard_at;     // when a soft cancel becomes hard; k_forever = never or none
    int64_t grace;       // from the deadline to the hard cancel
    DeadlineNode timer;  // at the earlier of deadline and hard_at
    int32_t poison;      // what cancel points return here if Stop says so
    ScopeKind kind;
    Shield shield;
    uint8_t own;     // Seen bits of this scope's own cancel
    uint8_t seen;    // Seen bits, shields applied: what children inherit
    uint8_t stop;    // Stop bits: the one byte that operations test
    uint8_t source;  // CRIB_SOURCE_ of the first own cancel
    bool graceful;   // opted in here
    bool fail;       // its own deadline is an error
    bool abandoned;  // released while open: the enclosing close ends it
    bool deadline_hit;
    bool timed_out;  // its own deadline was the first to cancel it, whatever came from outside before
};

// A scope opened by the application: found by handle.
struct BlockScope : Scope {
    Slot slot;
    BlockScope *next_free;
};

}  // namespace crib
