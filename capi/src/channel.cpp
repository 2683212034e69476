#include "crib/channel.h"

#include <cerrno>
#include <climits>

#include "channel/shared.hpp"
#include "crib/op.h"
#include "primitive.hpp"
#include "sched/drop.hpp"
#include "scope/outcome.hpp"

using namespace crib;

namespace {

End *core_end(crib_sender *tx) { return reinterpret_cast<End *>(tx); }
End *core_end(crib_receiver *rx) { return reinterpret_cast<End *>(rx); }

const End *core_end(const crib_sender *tx) { return reinterpret_cast<const End *>(tx); }
const End *core_end(const crib_receiver *rx) { return reinterpret_cast<const End *>(rx); }

// Ends live on the loop thread of their run, those of shared channels anywhere.
bool is_here(const End *end) { return end && end->channel && end->channel->sched == current_scheduler; }
bool is_there(const End *end) { return end && is_shared(end); }

// Somebody else may release an end while a call waits that will use it once more.
void pin(End *end) { return is_shared(end) ? shared_pin(shared_end(end)) : end_pin(end); }

void unpin(End *end) { return is_shared(end) ? shared_unpin(shared_end(end)) : end_unpin(end); }

int not_here(const char *function, const End *end) {
    const char *what = !end             ? "NULL instead of an end"
                       : is_shared(end) ? "not for shared channels"
                                        : "the channel belongs to another run";
    return diag_misuse(function, current_name(), what);
}

End *cloned(const char *function, End *end) {
    if (is_there(end)) return shared_clone(shared_end(end));
    if (!is_here(end)) {
        not_here(function, end);
        return nullptr;
    }
    End *copy = end_clone(end);
    if (copy) runtime_hold(runtime_of(copy->channel->sched));
    return copy;
}

void closed(const char *function, End *end) {
    if (is_here(end)) return end_close(end);
    if (is_there(end)) return shared_close(shared_end(end));
    if (end) not_here(function, end);
}

// What of the options makes sense: the core's overflow policy, with the capacity it stands for.
bool options_fit(crib_channel_options *o, Overflow *overflow) {
    if (!is_flag(o->shared)) return false;
    if (o->shared) return o->overflow == CRIB_OVERFLOW_WAIT && o->capacity > 0 && o->capacity <= k_most_shared;
    switch (o->overflow) {
        case CRIB_OVERFLOW_WAIT: *overflow = Overflow::wait; return true;
        case CRIB_OVERFLOW_DROP_NEWEST: *overflow = Overflow::drop_newest; return true;
        case CRIB_OVERFLOW_LATEST:
            if (o->capacity == 0) o->capacity = 1;
            *overflow = Overflow::drop_oldest;
            return o->capacity == 1;
        case CRIB_OVERFLOW_DROP_OLDEST: *overflow = Overflow::drop_oldest; return o->capacity > 0;
        default: return false;
    }
}

int open_here(const char *function, size_t capacity, Overflow overflow, crib_sender **tx, crib_receiver **rx) {
    Runtime *rt = require_run(function);
    if (!rt) return CRIB_EMISUSE;
    const int rc = channel_open(*rt, capacity, overflow, reinterpret_cast<End **>(tx), reinterpret_cast<End **>(rx));
    if (rc < 0) return rc;
    runtime_hold(rt);
    runtime_hold(rt);
    return 0;
}

int begin_any_send(const char *function, Op *op, End *tx, Value v) {
    if (is_here(tx)) return begin_send(op, tx, v);
    if (is_there(tx)) return begin_shared_send(op, shared_end(tx), v);
    drop_anywhere(v);
    return not_here(function, tx);
}

int begin_any_receive(const char *function, Op *op, End *rx, Value *out) {
    if (is_here(rx)) [[likely]]
        return begin_receive(op, rx, out);
    return is_there(rx) ? begin_shared_receive(op, shared_end(rx), out) : not_here(function, rx);
}

int any_receive_nowait(const char *function, End *rx, Value *out) {
    *out = nil();
    if (is_here(rx)) [[likely]]
        return receive_nowait(rx, out);
    return is_there(rx) ? shared_receive_try(shared_end(rx), out) : not_here(function, rx);
}

int any_batch_nowait(const char *function, End *rx, Value *out, size_t n) {
    size_t taken = 0;
    int rc = 0;
    while (taken < n && taken < INT_MAX && (rc = any_receive_nowait(function, rx, &out[taken])) == 0) taken++;
    return taken > 0 ? static_cast<int>(taken) : rc;
}

// Takes what begin_receive got, or waits for it.
inline int fiber_take(Task *t, int rc, Value *out) {
    if (rc == CRIB_PENDING) return fiber_wait_for_value(t, out);
    if (t->op.error) task_hold_error(t);
    return rc;
}

int fiber_receive(const char *function, Task *t, End *rx, Value *out) {
    return fiber_take(t, begin_any_receive(function, &t->op, rx, out), out);
}

int stats_of(const char *function, const End *end, crib_channel_stats *out) {
    crib_channel_stats all = {};
    if (is_there(end)) {
        Shared *c = shared_end(end)->shared;
        const SharedNumbers n = shared_numbers(c);
        all = crib_channel_stats{0,           n.buffered,        c->capacity,         n.peak,   n.senders,
                                 n.receivers, n.waiting_senders, n.waiting_receivers, n.dropped};
    } else if (is_here(end)) {
        const Channel *c = end->channel;
        all = crib_channel_stats{0,
                                 c->count,
                                 c->capacity,
                                 c->peak,
                                 c->senders,
                                 c->receivers,
                                 count_waiting(c->sending),
                                 count_waiting(c->receiving),
                                 c->dropped};
    } else {
        return not_here(function, end);
    }
    return copy_out(out, all);
}

}  // namespace

extern "C" {

int crib_channel_open(size_t capacity, crib_sender **tx, crib_receiver **rx) {
    if (tx) *tx = nullptr;
    if (rx) *rx = nullptr;
    if (!require_run("crib_channel_open")) return CRIB_EMISUSE;
    return tx && rx ? open_here("crib_channel_open", capacity, Overflow::wait, tx, rx) : -EINVAL;
}

int crib_channel_open_with(const crib_channel_options *options, crib_sender **tx, crib_receiver **rx) {
    if (tx) *tx = nullptr;
    if (rx) *rx = nullptr;
    crib_channel_options o;
    Overflow overflow;
    if (!copy_options(&o, options) || !options_fit(&o, &overflow) || !tx || !rx) return -EINVAL;
    if (o.shared) return crib_channel_open_shared(o.capacity, tx, rx);
    return open_here("crib_channel_open_with", o.capacity, overflow, tx, rx);
}

int crib_channel_open_shared(size_t capacity, crib_sender **tx, crib_receiver **rx) {
    if (tx) *tx = nullptr;
    if (rx) *rx = nullptr;
    if (!tx || !rx || capacity == 0 || capacity > k_most_shared) return -EINVAL;
    return shared_open(capacity, reinterpret_cast<End **>(tx), reinterpret_cast<End **>(rx));
}

int crib_sender_send(crib_sender *tx, crib_value v) {
    int rc;
    Task *t = require_fiber("crib_sender_send", &rc);
    End *end = core_end(tx);
    if (t && is_here(end)) [[likely]]
        return send_quickly(&t->op, end, v) ? 0 : fiber_finish(t, begin_send(&t->op, end, v));
    if (t) return fiber_finish(t, begin_any_send("crib_sender_send", &t->op, end, v));
    crib_value_drop(v);
    return rc;
}

int crib_sender_send_nowait(crib_sender *tx, crib_value *io) {
    if (!io) return diag_misuse("crib_sender_send_nowait", current_name(), "NULL instead of a value");
    if (is_here(core_end(tx))) return send_nowait(core_end(tx), io);
    if (!is_there(core_end(tx))) return not_here("crib_sender_send_nowait", core_end(tx));
    const int rc = shared_send_try(shared_end(core_end(tx)), *io);
    if (rc == 0) *io = nil();
    return rc;
}

int crib_receiver_receive(crib_receiver *rx, crib_value *out) {
    int rc;
    Task *t = require_fiber("crib_receiver_receive", &rc);
    End *end = core_end(rx);
    if (t && out && is_here(end)) [[likely]]
        return receive_quickly(&t->op, end, out) ? 0 : fiber_take(t, begin_receive(&t->op, end, out), out);
    Value v = nil();
    if (t) rc = fiber_receive("crib_receiver_receive", t, end, &v);
    if (out) {
        *out = v;
    } else {
        drop_anywhere(v);
    }
    return rc;
}

int crib_receiver_receive_nowait(crib_receiver *rx, crib_value *out) {
    if (!out)
        return diag_misuse("crib_receiver_receive_nowait", current_name(), "NULL instead of a place for the value");
    return any_receive_nowait("crib_receiver_receive_nowait", core_end(rx), out);
}

int crib_receiver_receive_batch(crib_receiver *rx, crib_value *out, size_t n) {
    int rc;
    Task *t = require_fiber("crib_receiver_receive_batch", &rc);
    if (!t) return rc;
    if (!out || n == 0) return -EINVAL;
    End *end = core_end(rx);
    if (!is_here(end) && !is_there(end)) return not_here("crib_receiver_receive_batch", end);
    pin(end);
    rc = fiber_receive("crib_receiver_receive_batch", t, end, out);
    const bool more = rc == 0 && n > 1 && !end->closed;
    const int rest = more ? any_batch_nowait("crib_receiver_receive_batch", end, out + 1, n - 1) : 0;
    unpin(end);
    if (rc < 0) return rc;
    return rest > 0 ? rest + 1 : 1;
}

int crib_receiver_receive_batch_nowait(crib_receiver *rx, crib_value *out, size_t n) {
    if (!out || n == 0) return -EINVAL;
    return any_batch_nowait("crib_receiver_receive_batch_nowait", core_end(rx), out, n);
}

crib_sender *crib_sender_clone(crib_sender *tx) {
    return reinterpret_cast<crib_sender *>(cloned("crib_sender_clone", core_end(tx)));
}

crib_receiver *crib_receiver_clone(crib_receiver *rx) {
    return reinterpret_cast<crib_receiver *>(cloned("crib_receiver_clone", core_end(rx)));
}

void crib_sender_close(crib_sender *tx) { closed("crib_sender_close", core_end(tx)); }

void crib_receiver_close(crib_receiver *rx) { closed("crib_receiver_close", core_end(rx)); }

crib_error *crib_receiver_error(const crib_receiver *rx) {
    const End *end = core_end(const_cast<crib_receiver *>(rx));
    const Channel *c = is_here(end) ? end->channel : nullptr;
    return c && c->senders == 0 && c->failure ? public_error(error_ref(c->failure)) : nullptr;
}

int crib_sender_close_error(crib_sender *tx, crib_error *error) {
    End *end = core_end(tx);
    int rc = is_here(end) ? 0 : not_here("crib_sender_close_error", end);
    if (rc == 0 && !error) rc = -EINVAL;
    if (rc == 0 && end->closed) rc = CRIB_ECLOSED;
    if (rc == 0) {
        end_close_error(end, core_error(error));
    } else {
        error_unref(core_error(error));
    }
    return rc;
}

int crib_sender_statistics(const crib_sender *tx, crib_channel_stats *out) {
    return stats_of("crib_sender_statistics", core_end(tx), out);
}

int crib_receiver_statistics(const crib_receiver *rx, crib_channel_stats *out) {
    return stats_of("crib_receiver_statistics", core_end(rx), out);
}

int crib_begin_send(crib_op *op, crib_sender *tx, crib_value v) {
    Op *o = require_op("crib_begin_send", op);
    if (o) return begin_any_send("crib_begin_send", o, core_end(tx), v);
    crib_value_drop(v);
    return CRIB_EMISUSE;
}

crib_result crib_begin_receive(crib_op *op, crib_receiver *rx) {
    crib_result result = {CRIB_EMISUSE, 0, nil()};
    Op *o = require_op("crib_begin_receive", op);
    if (o) result.status = begin_any_receive("crib_begin_receive", o, core_end(rx), &result.value);
    return result;
}
}
