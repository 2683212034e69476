#include "channel/shared.hpp"

#include <cerrno>
#include <new>

#include "base/alloc.hpp"
#include "sched/drop.hpp"

namespace crib {

// A value that was received and not taken; before everything in the ring.
struct Returned {
    Returned *next;
    Value value;
};

namespace {

class Locked {
  public:
    explicit Locked(pthread_mutex_t &m) : m_(m) { pthread_mutex_lock(&m_); }
    ~Locked() { pthread_mutex_unlock(&m_); }
    Locked(const Locked &) = delete;
    Locked &operator=(const Locked &) = delete;

  private:
    pthread_mutex_t &m_;
};

bool is_sender(const End *end) { return end->handle == Kind::shared_sender; }
SharedQueue &queue_of(const SharedEnd *end) { return is_sender(end) ? end->shared->senders : end->shared->receivers; }
SharedSide &side_of(const SharedEnd *end) { return is_sender(end) ? end->shared->in : end->shared->out; }

bool may_cross(Value v) { return is_nil(v) || (v.vt->flags & CRIB_VALUE_SENDABLE); }

void drop_one(Shared *c, Value v) {
    c->dropped.fetch_add(1, std::memory_order_relaxed);
    drop_anywhere(v);
}

/* --- the ring --- */

bool has_room(Shared *c) {
    SharedSide &in = c->in;
    if (in.at - in.other < c->capacity) return true;
    in.other = c->out.done.load(std::memory_order_seq_cst);
    return in.at - in.other < c->capacity;
}

void raise_peak(Shared *c, size_t buffered) {
    size_t peak = c->peak.load(std::memory_order_relaxed);
    while (peak < buffered && !c->peak.compare_exchange_weak(peak, buffered, std::memory_order_relaxed)) {
        // Somebody else raised it.
    }
}

void note_peak(Shared *c) {
    SharedSide &in = c->in;
    if (in.at - in.other <= c->peak.load(std::memory_order_relaxed)) return;
    in.other = c->out.done.load(std::memory_order_acquire);
    raise_peak(c, in.at - in.other);
}

int put(SharedEnd *tx, Value v) {
    Shared *c = tx->shared;
    Locked locked(c->in.lock);
    if (tx->shut.load(std::memory_order_acquire)) return CRIB_ECLOSED;
    if (c->receivers.open.load(std::memory_order_acquire) == 0) return CRIB_EBROKEN;
    if (!has_room(c)) return CRIB_EWOULDBLOCK;
    c->ring[c->in.at++ & c->mask] = v;
    note_peak(c);
    c->in.done.store(c->in.at, std::memory_order_seq_cst);
    return 0;
}

bool has_value(Shared *c) {
    SharedSide &out = c->out;
    if (out.at != out.other) return true;
    out.other = c->in.done.load(std::memory_order_seq_cst);
    return out.at != out.other;
}

// Under `out`.
size_t buffered_behind(const Shared *c, size_t tail) {
    size_t n = tail - c->out.at;
    for (const Returned *r = c->returned; r; r = r->next) n++;
    return n;
}

Value take_returned(Shared *c) {
    Returned *r = c->returned;
    const Value v = r->value;
    c->returned = r->next;
    mem_free(r);
    return v;
}

Value take_from_ring(Shared *c) {
    const Value v = c->ring[c->out.at++ & c->mask];
    c->out.done.store(c->out.at, std::memory_order_seq_cst);
    return v;
}

int take(SharedEnd *rx, Value *out) {
    Shared *c = rx->shared;
    Locked locked(c->out.lock);
    if (rx->shut.load(std::memory_order_acquire)) return CRIB_ECLOSED;
    if (c->returned) {
        *out = take_returned(c);
        return 0;
    }
    if (!has_value(c)) {
        if (c->senders.open.load(std::memory_order_acquire) > 0) return CRIB_EWOULDBLOCK;
        // What was sent before the last sender closed is visible now.
        if (!has_value(c)) return CRIB_EENDOFCHANNEL;
    }
    *out = take_from_ring(c);
    return 0;
}

/* --- who waits --- */

// The status of an op that waits, under `wait`: when it came, and whether it was told.
constexpr uint32_t k_told = 1;
uint32_t came(const Op *op) { return static_cast<uint32_t>(op->status) & ~k_told; }
bool is_told(const Op *op) { return static_cast<uint32_t>(op->status) & k_told; }
bool came_before(const Op *a, const Op *b) { return static_cast<int32_t>(came(a) - came(b)) < 0; }

// At the end; one that looked again in vain has its place back.
void enqueue(SharedQueue &q, Op *op, bool again) {
    op->status = static_cast<int32_t>(again ? came(op) : (q.arrivals += 2));
    Link *behind = again ? q.ops.next : &q.ops;
    while (behind != &q.ops && came_before(op_of_link(behind), op)) behind = behind->next;
    link_append(*behind, op->link);
    q.waiting.fetch_add(1, std::memory_order_seq_cst);
}

void dequeue(SharedQueue &q, Op *op) {
    link_remove(op->link);
    q.waiting.fetch_sub(1, std::memory_order_seq_cst);
}

// Tells an op in a queue to look again. Under `wait`, which keeps its run alive: it goes away only under it.
void tell(SharedQueue &q, Op *op) {
    dequeue(q, op);
    op->status |= k_told;
    entry_wake_op(&op->task->sched->entry, op);
}

void tell_oldest(SharedQueue &q) {
    if (!link_alone(q.ops)) tell(q, op_of_link(q.ops.next));
}

// After a change that one waiter of the queue may have waited for. Ordered after it by its seq_cst store.
void changed(Shared *c, SharedQueue &q) {
    if (q.waiting.load(std::memory_order_seq_cst) == 0) return;
    Locked locked(c->wait);
    tell_oldest(q);
}

void tell_all(Shared *c, SharedQueue &q, const SharedEnd *end) {
    Locked locked(c->wait);
    for (Link *l = q.ops.next; l != &q.ops;) {
        Op *op = op_of_link(l);
        l = l->next;
        if (!end || op->on == end) tell(q, op);
    }
}

/* --- ends --- */

void free_channel(Shared *c) {
    while (c->returned) drop_one(c, take_returned(c));
    while (has_value(c)) drop_one(c, take_from_ring(c));
    pthread_mutex_destroy(&c->in.lock);
    pthread_mutex_destroy(&c->out.lock);
    pthread_mutex_destroy(&c->wait);
    mem_free(c->ring);
    c->~Shared();
    mem_free(c);
}

void let_go(Shared *c) {
    if (c->ends.fetch_sub(1, std::memory_order_acq_rel) == 1) free_channel(c);
}

void end_unuse(SharedEnd *end) {
    if (end->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    Shared *c = end->shared;
    end->handle = Kind::dead;
    mem_free(end);
    let_go(c);
}

SharedEnd *end_new(Shared *c, Kind kind) {
    void *p = mem_alloc(sizeof(SharedEnd));
    if (!p) return nullptr;
    SharedEnd *end = new (p) SharedEnd;
    counted_init(*end, kind, 1);
    end->channel = nullptr;
    end->closed = false;
    end->pins = 0;
    end->shared = c;
    end->shut.store(false);
    end->users.store(1);
    c->ends.fetch_add(1);
    return end;
}

// One more open end, unless the last one is closed: that is for good.
bool join(SharedQueue &q) {
    uint32_t open = q.open.load();
    while (open > 0 && !q.open.compare_exchange_weak(open, open + 1)) {
        // Somebody else was faster.
    }
    return open > 0;
}

// No receiver is left: a sender that comes later sees that under `in`.
void drop_buffer(Shared *c) {
    for (;;) {
        Value v;
        {
            Locked in(c->in.lock);
            Locked out(c->out.lock);
            if (c->returned) {
                v = take_returned(c);
            } else if (has_value(c)) {
                v = take_from_ring(c);
            } else {
                return;
            }
        }
        drop_one(c, v);
    }
}

/* --- operations --- */

bool shared_abort(Op *op);
void shared_undo(Op *op);
void shared_taken(Op *op);
// The value of a send is dropped by the abort, which may run application code.
constexpr WaitKind k_send = {"room in a shared channel", shared_abort, nullptr, true};
constexpr WaitKind k_receive = {"a value from a shared channel", shared_abort, nullptr, false};
constexpr WaitKind k_received = {"a value from a shared channel", nullptr, shared_undo, false, shared_taken};

// It waits no more, one way or the other.
void wait_over(Op *op) {
    op->task->sched->expectations--;
    end_unuse(static_cast<SharedEnd *>(op->on));
}

bool shared_abort(Op *op) {
    SharedEnd *end = static_cast<SharedEnd *>(op->on);
    Shared *c = end->shared;
    SharedQueue &q = queue_of(end);
    {
        Locked locked(c->wait);
        if (is_told(op)) {
            entry_unwake_op(&op->task->sched->entry, op);
            tell_oldest(q);
        } else {
            dequeue(q, op);
        }
    }
    Scheduler &s = *op->task->sched;
    const Value v = value_take(op->value);
    wait_over(op);
    sched_drop(s, v);
    return true;
}

// False: no receiver is left. Under the lock, so that whoever drops the buffer comes after it.
bool give_back(Shared *c, Returned *r, Value v) {
    Locked locked(c->out.lock);
    if (c->receivers.open.load(std::memory_order_acquire) == 0) return false;
    *r = Returned{c->returned, v};
    c->returned = r;
    raise_peak(c, buffered_behind(c, c->in.done.load(std::memory_order_acquire)));
    return true;
}

// A value nobody took comes first again. Without memory to keep it, it is dropped.
void shared_undo(Op *op) {
    SharedEnd *end = static_cast<SharedEnd *>(op->on);
    Shared *c = end->shared;
    link_remove(op->link);
    const Value v = value_take(op->value);
    if (op->status == 0) {
        Returned *r = static_cast<Returned *>(mem_alloc(sizeof(Returned)));
        if (r && give_back(c, r, v)) {
            // Ordered by the lock: whoever had it before counts as waiting, whoever has it later sees the value.
            changed(c, c->receivers);
        } else {
            mem_free(r);
            drop_one(c, v);
        }
    }
    end_unuse(end);
}

void shared_taken(Op *op) { end_unuse(static_cast<SharedEnd *>(op->on)); }

// What the op waits for, now: CRIB_EWOULDBLOCK if it has to go on waiting. The other side is told by `finish`.
int attempt(Op *op, SharedEnd *end) { return is_sender(end) ? put(end, op->value) : take(end, &op->value); }

// The op, in no queue, has a result.
void finish(Op *op, int rc) {
    SharedEnd *end = static_cast<SharedEnd *>(op->on);
    Shared *c = end->shared;
    Scheduler &s = *op->task->sched;
    const bool sends = is_sender(end);
    Value v = value_take(op->value);
    if (sends && rc == 0) v = nil();
    const Value unsent = sends && !op->clause ? value_take(v) : nil();  // a select gives it back
    s.expectations--;
    if (rc == 0) changed(c, sends ? c->receivers : c->senders);
    // What it may have been told of is for the next.
    if (rc == CRIB_ECLOSED) changed(c, queue_of(end));
    if (!sends && rc == 0 && op_may_leave(op)) {
        op->kind = &k_received;  // keeps its use of the end
        link_reset(op->link);
    } else {
        op->kind = nullptr;
        end_unuse(end);
    }
    op_complete(op, rc, v);
    sched_drop(s, unsent);
}

// Puts a pending op into its queue, or says what it got meanwhile.
int queue_or_get(Op *op, SharedEnd *end, bool again) {
    SharedQueue &q = queue_of(end);
    Locked locked(end->shared->wait);
    enqueue(q, op, again);
    const int rc = attempt(op, end);
    if (rc != CRIB_EWOULDBLOCK) dequeue(q, op);
    return rc;
}

int park(Op *op, SharedEnd *end, const WaitKind *kind, Value v) {
    shared_pin(end);
    op->task->sched->expectations++;
    op_park(op, kind, end);
    op->value = v;
    const int rc = queue_or_get(op, end, false);
    if (rc != CRIB_EWOULDBLOCK) finish(op, rc);
    return CRIB_PENDING;
}

}  // namespace

int shared_open(size_t capacity, End **tx, End **rx) {
    size_t size = 1;
    while (size < capacity) size *= 2;
    Shared *c = static_cast<Shared *>(mem_alloc(sizeof(Shared)));
    Value *ring = c ? static_cast<Value *>(mem_alloc(size * sizeof(Value))) : nullptr;
    if (!ring) {
        mem_free(c);
        return -ENOMEM;
    }
    c = new (c) Shared{};
    for (pthread_mutex_t *m : {&c->in.lock, &c->out.lock, &c->wait}) pthread_mutex_init(m, nullptr);
    link_reset(c->senders.ops);
    link_reset(c->receivers.ops);
    c->capacity = capacity;
    c->mask = size - 1;
    c->ring = ring;
    c->ends.store(1);  // this function's
    c->senders.open.store(1);
    c->receivers.open.store(1);
    *tx = end_new(c, Kind::shared_sender);
    *rx = *tx ? end_new(c, Kind::shared_receiver) : nullptr;
    const bool ok = *rx;
    if (!ok && *tx) shared_release(shared_end(*tx));
    if (!ok) *tx = nullptr;
    let_go(c);
    return ok ? 0 : -ENOMEM;
}

End *shared_clone(SharedEnd *end) {
    if (end->shut.load(std::memory_order_acquire)) return nullptr;
    SharedEnd *copy = end_new(end->shared, end->handle);
    if (!copy || join(queue_of(copy))) return copy;
    end_unuse(copy);
    return nullptr;
}

void shared_close(SharedEnd *end) {
    if (end->shut.exchange(true)) return;
    // What other threads are doing through the end is over before the other side may hear of its close.
    { Locked locked(side_of(end).lock); }
    Shared *c = end->shared;
    SharedQueue &mine = queue_of(end);
    SharedQueue &theirs = is_sender(end) ? c->receivers : c->senders;
    tell_all(c, mine, end);
    if (mine.open.fetch_sub(1) != 1) return;
    tell_all(c, theirs, nullptr);
    if (!is_sender(end)) drop_buffer(c);
}

void shared_release(SharedEnd *end) {
    if (!counted_unref(*end)) return;
    shared_close(end);
    end_unuse(end);
}

void shared_pin(SharedEnd *end) { end->users.fetch_add(1, std::memory_order_relaxed); }

void shared_unpin(SharedEnd *end) { end_unuse(end); }

int shared_send_try(SharedEnd *tx, Value v) {
    if (!may_cross(v)) return -EINVAL;
    const int rc = put(tx, v);
    if (rc == 0) changed(tx->shared, tx->shared->receivers);
    return rc;
}

int shared_receive_try(SharedEnd *rx, Value *out) {
    *out = nil();
    const int rc = take(rx, out);
    if (rc == 0) changed(rx->shared, rx->shared->senders);
    return rc;
}

int shared_send_park(Op *op, SharedEnd *tx, Value v) { return park(op, tx, &k_send, v); }
int shared_receive_park(Op *op, SharedEnd *rx) { return park(op, rx, &k_receive, nil()); }

void shared_receive_keep(Op *op, SharedEnd *rx) {
    op->kind = &k_received;
    op->on = rx;
    link_reset(op->link);
    shared_pin(rx);
}

int begin_shared_send(Op *op, SharedEnd *tx, Value v) {
    int rc = op_check(op);
    if (rc == 0) rc = shared_send_try(tx, v);
    if (rc == CRIB_EWOULDBLOCK) return shared_send_park(op, tx, v);
    if (rc < 0) drop_anywhere(v);
    return op_immediate(op, rc);
}

int begin_shared_receive(Op *op, SharedEnd *rx, Value *out) {
    *out = nil();
    int rc = op_check(op);
    if (rc == 0) rc = shared_receive_try(rx, out);
    if (rc == CRIB_EWOULDBLOCK) return shared_receive_park(op, rx);
    const int status = op_immediate(op, rc, out);
    if (status == CRIB_PENDING && rc == 0 && op_may_leave(op)) shared_receive_keep(op, rx);
    return status;
}

void shared_retry(Op *op) {
    SharedEnd *end = static_cast<SharedEnd *>(op->on);
    int rc = attempt(op, end);
    if (rc == CRIB_EWOULDBLOCK) rc = queue_or_get(op, end, true);
    if (rc != CRIB_EWOULDBLOCK) finish(op, rc);
}

SharedNumbers shared_numbers(Shared *c) {
    Locked wait(c->wait);
    Locked in(c->in.lock);
    Locked out(c->out.lock);
    return SharedNumbers{buffered_behind(c, c->in.at),
                         c->peak.load(),
                         c->senders.open.load(),
                         c->receivers.open.load(),
                         c->senders.waiting.load(),
                         c->receivers.waiting.load(),
                         c->dropped.load()};
}

}  // namespace crib
