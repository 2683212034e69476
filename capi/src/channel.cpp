#include "crib/channel.h"

#include <cerrno>

#include "channel/channel.hpp"
#include "crib/op.h"
#include "guard.hpp"
#include "sched/drop.hpp"

using namespace crib;

namespace {

End *core_end(crib_sender *tx) { return reinterpret_cast<End *>(tx); }
End *core_end(crib_receiver *rx) { return reinterpret_cast<End *>(rx); }

int no_end(const char *function, const char *what) { return diag_misuse(function, current_name(), what); }

constexpr char k_no_sender[] = "NULL instead of a sender";
constexpr char k_no_receiver[] = "NULL instead of a receiver";

// Ends live on the loop thread of their run.
End *cloned(End *end) {
    End *copy = end ? end_clone(end) : nullptr;
    if (copy) runtime_hold(runtime_of(copy->channel->sched));
    return copy;
}

}  // namespace

extern "C" {

int crib_channel_open(size_t capacity, crib_sender **tx, crib_receiver **rx) {
    if (tx) *tx = nullptr;
    if (rx) *rx = nullptr;
    Runtime *rt = require_run("crib_channel_open");
    if (!rt) return CRIB_EMISUSE;
    if (!tx || !rx) return -EINVAL;
    const int rc = channel_open(*rt, capacity, reinterpret_cast<End **>(tx), reinterpret_cast<End **>(rx));
    if (rc < 0) return rc;
    runtime_hold(rt);
    runtime_hold(rt);
    return 0;
}

int crib_sender_send(crib_sender *tx, crib_value v) {
    int rc;
    Task *t = require_fiber("crib_sender_send", &rc);
    if (t && tx) [[likely]] return fiber_finish(t, begin_send(&t->op, core_end(tx), v));
    crib_value_drop(v);
    return t ? no_end("crib_sender_send", k_no_sender) : rc;
}

int crib_sender_send_nowait(crib_sender *tx, crib_value *io) {
    if (!tx || !io) return no_end("crib_sender_send_nowait", k_no_sender);
    return send_nowait(core_end(tx), io);
}

int crib_receiver_receive(crib_receiver *rx, crib_value *out) {
    int rc;
    Value v = nil();
    if (out) *out = v;
    Task *t = require_fiber("crib_receiver_receive", &rc);
    if (!t || !rx) return t ? no_end("crib_receiver_receive", k_no_receiver) : rc;
    rc = begin_receive(&t->op, core_end(rx), &v);
    if (rc == CRIB_PENDING) {
        rc = fiber_wait(t);
        t->op.kind = nullptr;
        v = value_take(t->op.value);
    }
    if (out) {
        *out = v;
    } else {
        sched_drop(*t->sched, v);
    }
    return rc;
}

int crib_receiver_receive_nowait(crib_receiver *rx, crib_value *out) {
    if (!rx || !out) return no_end("crib_receiver_receive_nowait", k_no_receiver);
    return receive_nowait(core_end(rx), out);
}

crib_sender *crib_sender_clone(crib_sender *tx) { return reinterpret_cast<crib_sender *>(cloned(core_end(tx))); }

crib_receiver *crib_receiver_clone(crib_receiver *rx) { return reinterpret_cast<crib_receiver *>(cloned(core_end(rx))); }

void crib_sender_close(crib_sender *tx) {
    if (tx) end_close(core_end(tx));
}

void crib_receiver_close(crib_receiver *rx) {
    if (rx) end_close(core_end(rx));
}

int crib_begin_send(crib_op *op, crib_sender *tx, crib_value v) {
    Op *o = require_op("crib_begin_send", op);
    if (o && tx) return begin_send(o, core_end(tx), v);
    crib_value_drop(v);
    return CRIB_EMISUSE;
}

crib_result crib_begin_receive(crib_op *op, crib_receiver *rx) {
    crib_result result = {CRIB_EMISUSE, 0, nil()};
    Op *o = require_op("crib_begin_receive", op);
    if (o && rx) result.status = begin_receive(o, core_end(rx), &result.value);
    return result;
}

}
