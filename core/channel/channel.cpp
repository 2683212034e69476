#include "channel/channel.hpp"

#include <cerrno>
#include <new>

#include "base/alloc.hpp"
#include "sched/drop.hpp"

namespace crib {

namespace {

void drop_value(Channel *c, Value v) { sched_drop(*c->sched, v); }

bool send_abort(Op *op) {
    End *tx = static_cast<End *>(op->on);
    link_remove(op->link);
    drop_value(tx->channel, value_take(op->value));
    return true;
}
// Dropping the value runs the application's code.
constexpr WaitKind k_send = {"room in a channel", send_abort, nullptr, true};

bool receive_abort(Op *op) {
    link_remove(op->link);
    return true;
}
void receive_undo(Op *op);
constexpr WaitKind k_receive = {"a value from a channel", receive_abort, receive_undo, false};

bool is_full(const Channel *c) { return c->count >= c->capacity; }

int grow(Channel *c) {
    const size_t size = c->ring_size ? c->ring_size * 2 : 8;
    if (size > SIZE_MAX / 2 / sizeof(Value)) return -ENOMEM;
    Value *ring = static_cast<Value *>(mem_alloc(size * sizeof(Value)));
    if (!ring) return -ENOMEM;
    for (size_t i = 0; i < c->count; i++) ring[i] = c->ring[(c->head + i) & (c->ring_size - 1)];
    mem_free(c->ring);
    c->ring = ring;
    c->ring_size = size;
    c->head = 0;
    return 0;
}

int push_back(Channel *c, Value v) {
    if (c->count == c->ring_size) {
        const int rc = grow(c);
        if (rc < 0) return rc;
    }
    c->ring[(c->head + c->count++) & (c->ring_size - 1)] = v;
    if (c->count > c->peak) c->peak = c->count;
    return 0;
}

int push_front(Channel *c, Value v) {
    if (c->count == c->ring_size) {
        const int rc = grow(c);
        if (rc < 0) return rc;
    }
    c->head = (c->head - 1) & (c->ring_size - 1);
    c->ring[c->head] = v;
    c->count++;
    if (c->count > c->peak) c->peak = c->count;
    return 0;
}

Value pop_front(Channel *c) {
    const Value v = c->ring[c->head];
    c->head = (c->head + 1) & (c->ring_size - 1);
    c->count--;
    return v;
}

// The op holds a value that goes back to the head if nobody takes it.
void keep_for_undo(Channel *c, Op *op) { op_keep(op, &k_receive, c, c->delivered); }

// Hands a value to a receiver that was waiting.
inline void deliver(Channel *c, Op *op, Value v) {
    keep_for_undo(c, op);
    op_complete(op, 0, v);
}

// The oldest waiting sender's value moves up into the buffer (statement 89).
inline void admit_sender(Channel *c) {
    if (is_full(c)) return;
    Op *op = take_oldest(c->sending);
    if (!op) return;
    // There is room: a place was just freed, so the ring does not grow.
    if (push_back(c, value_take(op->value)) == 0) op_complete(op, 0);
}

// A value for a receiver; false if there is none.
inline bool take_value(Channel *c, Value *out) {
    if (c->count > 0) {
        *out = pop_front(c);
        admit_sender(c);
        return true;
    }
    Op *op = take_oldest(c->sending);
    if (!op) return false;
    *out = value_take(op->value);
    op_complete(op, 0);
    return true;
}

// The buffer is full, and nobody waits for a value.
int put_overflowing(Channel *c, Value v) {
    if (c->overflow == Overflow::wait) return CRIB_EWOULDBLOCK;
    const bool newest = c->overflow == Overflow::drop_newest;
    const Value dropped = newest ? v : pop_front(c);
    if (!newest) push_back(c, v);
    c->dropped++;
    drop_value(c, dropped);
    return 0;
}

// 0 if the value was taken over; CRIB_EWOULDBLOCK or why it cannot be sent.
inline int put_value(End *tx, Value v) {
    Channel *c = tx->channel;
    if (tx->closed) return CRIB_ECLOSED;
    if (c->receivers == 0) return CRIB_EBROKEN;
    Op *receiver = take_oldest(c->receiving);
    if (receiver) {
        deliver(c, receiver, v);
        return 0;
    }
    return is_full(c) ? put_overflowing(c, v) : push_back(c, v);
}

int end_status(const Channel *c) { return c->failure ? c->failure->code : CRIB_EENDOFCHANNEL; }

inline int get_value(End *rx, Value *out) {
    if (rx->closed) return CRIB_ECLOSED;
    if (take_value(rx->channel, out)) return 0;
    return rx->channel->senders == 0 ? end_status(rx->channel) : CRIB_EWOULDBLOCK;
}

// An untaken value of an aborted receive goes back to the head.
void receive_undo(Op *op) {
    Channel *c = static_cast<Channel *>(op->on);
    link_remove(op->link);
    Value v = value_take(op->value);
    if (op->status != 0) return;  // nothing was delivered
    Op *receiver = c->receivers > 0 ? take_oldest(c->receiving) : nullptr;
    if (receiver) return deliver(c, receiver, v);
    // In a full buffer it would be the oldest, which gives way where that is the policy.
    const bool gives_way = c->overflow == Overflow::drop_oldest && is_full(c);
    if (c->receivers > 0 && !gives_way && push_front(c, v) == 0) return;
    c->dropped++;
    drop_value(c, v);
}

// Wakes those of a queue that wait through `end`, or all if it is NULL.
void wake(Channel *c, Link &queue, const End *end, int status) {
    Link woken;
    link_reset(woken);
    for (Link *l = queue.next; l != &queue;) {
        Op *op = op_of_link(l);
        l = l->next;
        if (end && op->on != end) continue;
        link_remove(op->link);
        link_append(woken, op->link);
    }
    while (Op *op = take_oldest(woken)) {
        const Value v = value_take(op->value);
        if (op->clause) {
            op_complete(op, status, v);  // a select gives it back
            continue;
        }
        op_complete(op, status);
        drop_value(c, v);
    }
}

// No sender is left.
void wake_at_end(Channel *c) {
    if (!c->failure) return wake(c, c->receiving, nullptr, CRIB_EENDOFCHANNEL);
    while (Op *op = take_oldest(c->receiving)) {
        // The clause of a select has a code and no tree.
        if (op->clause) {
            op_complete(op, c->failure->code);
        } else {
            op_complete_error(op, c->failure->code, error_ref(c->failure));
        }
    }
}

void drop_buffer(Channel *c) {
    while (c->count > 0) {
        c->dropped++;
        drop_value(c, pop_front(c));
    }
}

void free_channel(Channel *c) {
    drop_buffer(c);
    // What was delivered stays with its op, which cannot give it back any more.
    op_keep_for_good(c->delivered);
    error_unref(c->failure);
    mem_free(c->ring);
    mem_free(c);
}

End *end_new(Channel *c, Kind kind) {
    void *p = mem_alloc(sizeof(End));
    if (!p) return nullptr;
    End *end = new (p) End;
    counted_init(*end, kind, 1);
    end->channel = c;
    end->closed = false;
    end->pins = 0;
    c->ends++;
    (kind == Kind::sender ? c->senders : c->receivers)++;
    return end;
}

}  // namespace

int channel_open(Scheduler &s, size_t capacity, Overflow overflow, End **tx, End **rx) {
    Channel *c = static_cast<Channel *>(mem_alloc(sizeof(Channel)));
    if (!c) return -ENOMEM;
    *c = Channel{};
    c->capacity = capacity;
    c->sched = &s;
    c->overflow = overflow;
    link_reset(c->sending);
    link_reset(c->receiving);
    link_reset(c->delivered);
    *tx = end_new(c, Kind::sender);
    *rx = *tx ? end_new(c, Kind::receiver) : nullptr;
    if (*rx) return 0;
    mem_free(*tx);
    mem_free(c);
    *tx = nullptr;
    return -ENOMEM;
}

End *end_clone(End *end) { return end->closed ? nullptr : end_new(end->channel, end->handle); }

void end_close(End *end) {
    if (end->closed) return;
    end->closed = true;
    Channel *c = end->channel;
    const bool sender = end->handle == Kind::sender;
    wake(c, sender ? c->sending : c->receiving, end, CRIB_ECLOSED);
    if (sender && --c->senders == 0) wake_at_end(c);
    if (!sender && --c->receivers == 0) {
        wake(c, c->sending, nullptr, CRIB_EBROKEN);
        drop_buffer(c);
    }
}

void end_release(End *end) {
    Channel *c = end->channel;
    end_close(end);
    end->handle = Kind::dead;
    if (end->pins == 0) mem_free(end);
    if (--c->ends == 0) free_channel(c);
}

void end_unpin(End *end) {
    if (--end->pins == 0 && end->handle == Kind::dead) mem_free(end);
}

void end_close_error(End *tx, Error *error) {
    const int code = error->code;
    const bool ends = code != CRIB_ECANCELLED && code != CRIB_EWOULDBLOCK && code != CRIB_PENDING;
    if (!ends) error = error_leaf_with_cause(CRIB_EBROKEN, nullptr, nullptr, error);
    tx->channel->failure = error_join(tx->channel->failure, error);
    end_close(tx);
}

int send_try(End *tx, Value v) { return put_value(tx, v); }

int send_park(Op *op, End *tx, Value v) {
    op->value = v;
    link_append(tx->channel->sending, op->link);
    return op_park(op, &k_send, tx);
}

int begin_send(Op *op, End *tx, Value v) {
    int rc = op_check(op);
    if (rc == 0) rc = put_value(tx, v);
    if (rc == 0) return op_immediate(op, 0);
    if (rc == CRIB_EWOULDBLOCK) return send_park(op, tx, v);
    drop_value(tx->channel, v);
    return op_immediate(op, rc);
}

int send_nowait(End *tx, Value *io) {
    const int rc = put_value(tx, *io);
    if (rc == 0) *io = nil();
    return rc;
}

int receive_try(End *rx, Value *out) { return get_value(rx, out); }

int receive_park(Op *op, End *rx) {
    link_append(rx->channel->receiving, op->link);
    return op_park(op, &k_receive, rx);
}

void receive_keep(Op *op, End *rx) { keep_for_undo(rx->channel, op); }

int begin_receive(Op *op, End *rx, Value *out) {
    *out = nil();
    int rc = op_check(op);
    if (rc < 0) [[unlikely]]
        return op_immediate(op, rc);
    rc = get_value(rx, out);
    if (rc == CRIB_EWOULDBLOCK) return receive_park(op, rx);
    Channel *c = rx->channel;
    // What the senders closed with comes with the result.
    if (c->failure && c->senders == 0 && !rx->closed && rc == c->failure->code) [[unlikely]]
        op->error = error_ref(c->failure);
    const int status = op_immediate(op, rc, out);
    if (status == CRIB_PENDING && rc == 0) keep_for_undo(c, op);
    return status;
}

int receive_nowait(End *rx, Value *out) {
    *out = nil();
    return get_value(rx, out);
}

}  // namespace crib
