// Memory channels: a ring of values between two queues of waiting ops.
//
// Invariants. Senders wait only while the buffer is full and no receiver waits; receivers only while it is empty and
// no sender waits. A value is in exactly one place: the caller's hands, a waiting sender's op, the ring, or the op of a
// receiver it was handed to. Oldest first on both sides; nobody barges (statements 87-89).
#pragma once

#include <cstddef>

#include "sched/wait.hpp"

namespace crib {

enum class Overflow : uint8_t { wait, drop_oldest, drop_newest };

struct Channel {
    size_t capacity;   // SIZE_MAX = unbounded
    Value *ring;       // grows to the capacity as needed
    size_t ring_size;  // a power of two
    size_t head;
    size_t count;
    size_t peak;       // most values ever buffered
    uint32_t senders;  // open ends
    uint32_t receivers;
    uint32_t ends;     // handles that exist, closed ones too
    uint64_t dropped;  // values nobody received (D7)
    Link sending;      // ops that wait
    Link receiving;
    Link delivered;  // ops of stackless tasks that hold an untaken value
    Scheduler *sched;
    Error *failure;  // senders closed with it: what receivers get at the end
    Overflow overflow;
};

// One end: a counted handle of the application.
struct End : Counted {
    Channel *channel;  // NULL = a SharedEnd
    bool closed;
    uint32_t pins;  // calls that come back to it after a wait: its memory stays, though it may be released meanwhile
};

// 0 or UV_ENOMEM.
int channel_open(Scheduler &s, size_t capacity, Overflow overflow, End **tx, End **rx);
End *end_clone(End *end);  // nullptr without memory or if it is closed
void end_close(End *end);
// Consumes the error. One whose code tells a receiver that it was cancelled, or has to wait, becomes the cause of a
// CRIB_EBROKEN.
void end_close_error(End *tx, Error *error);
// The last reference is gone: closes it and frees it. Loop thread, or no run.
void end_release(End *end);
inline void end_pin(End *end) { end->pins++; }
void end_unpin(End *end);

// Consumes the value; CRIB_PENDING or as crib_sender_send.
int begin_send(Op *op, End *tx, Value v);
int send_nowait(End *tx, Value *io);
// With status 0 the value is in *out; with CRIB_PENDING it will be in the op.
int begin_receive(Op *op, End *rx, Value *out);
int receive_nowait(End *rx, Value *out);

// Whether an op may carry out something at once and go on, with budget to spare: the usual case of op_check and
// op_immediate.
inline bool op_is_free(const Op *op) {
    return op->state == OpState::idle && !op->error && !op->scope->stop && op->task->budget > 1;
}

// The usual cases of begin_send and begin_receive: the buffer has room, or a value, and nobody waits. False: nothing has
// happened.
inline bool send_quickly(Op *op, End *tx, Value v) {
    Channel *c = tx->channel;
    const bool room = c->count < c->ring_size && c->count < c->capacity;
    const bool plain = room && !tx->closed && c->receivers > 0 && link_alone(c->receiving);
    if (!plain || !op_is_free(op)) return false;
    c->ring[(c->head + c->count++) & (c->ring_size - 1)] = v;
    if (c->count > c->peak) c->peak = c->count;
    op->task->budget--;
    return true;
}

inline bool receive_quickly(Op *op, End *rx, Value *out) {
    Channel *c = rx->channel;
    const bool plain = c->count > 0 && !rx->closed && link_alone(c->sending);
    if (!plain || !op_is_free(op)) return false;
    *out = c->ring[c->head];
    c->head = (c->head + 1) & (c->ring_size - 1);
    c->count--;
    op->task->budget--;
    return true;
}

// What begin_send and begin_receive are made of: at once or CRIB_EWOULDBLOCK; waiting; with a result that can be undone.
int send_try(End *tx, Value v);
int send_park(Op *op, End *tx, Value v);
int receive_try(End *rx, Value *out);
int receive_park(Op *op, End *rx);
void receive_keep(Op *op, End *rx);

}  // namespace crib
