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

// Ends live on the loop thread of their run.
bool is_here(const End *end) { return end && end->channel->sched == current_scheduler; }

int not_here(const char *function, const void *end) {
    return diag_misuse(function, current_name(), end ? "the channel belongs to another run" : "NULL instead of an end");
}

End *cloned(const char *function, End *end) {
    if (!is_here(end)) {
        not_here(function, end);
        return nullptr;
    }
    End *copy = end_clone(end);
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
    if (t && is_here(core_end(tx))) [[likely]]
        return fiber_finish(t, begin_send(&t->op, core_end(tx), v));
    crib_value_drop(v);
    return t ? not_here("crib_sender_send", tx) : rc;
}

int crib_sender_send_nowait(crib_sender *tx, crib_value *io) {
    if (!io) return diag_misuse("crib_sender_send_nowait", current_name(), "NULL instead of a value");
    if (!is_here(core_end(tx))) return not_here("crib_sender_send_nowait", tx);
    return send_nowait(core_end(tx), io);
}

int crib_receiver_receive(crib_receiver *rx, crib_value *out) {
    int rc;
    Value v = nil();
    if (out) *out = v;
    Task *t = require_fiber("crib_receiver_receive", &rc);
    if (!t || !is_here(core_end(rx))) return t ? not_here("crib_receiver_receive", rx) : rc;
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
    if (!out)
        return diag_misuse("crib_receiver_receive_nowait", current_name(), "NULL instead of a place for the value");
    if (!is_here(core_end(rx))) return not_here("crib_receiver_receive_nowait", rx);
    return receive_nowait(core_end(rx), out);
}

crib_sender *crib_sender_clone(crib_sender *tx) {
    return reinterpret_cast<crib_sender *>(cloned("crib_sender_clone", core_end(tx)));
}

crib_receiver *crib_receiver_clone(crib_receiver *rx) {
    return reinterpret_cast<crib_receiver *>(cloned("crib_receiver_clone", core_end(rx)));
}

void crib_sender_close(crib_sender *tx) {
    if (is_here(core_end(tx))) return end_close(core_end(tx));
    if (tx) not_here("crib_sender_close", tx);
}

void crib_receiver_close(crib_receiver *rx) {
    if (is_here(core_end(rx))) return end_close(core_end(rx));
    if (rx) not_here("crib_receiver_close", rx);
}

int crib_begin_send(crib_op *op, crib_sender *tx, crib_value v) {
    Op *o = require_op("crib_begin_send", op);
    if (o && is_here(core_end(tx))) return begin_send(o, core_end(tx), v);
    crib_value_drop(v);
    return o ? not_here("crib_begin_send", tx) : CRIB_EMISUSE;
}

crib_result crib_begin_receive(crib_op *op, crib_receiver *rx) {
    crib_result result = {CRIB_EMISUSE, 0, nil()};
    Op *o = require_op("crib_begin_receive", op);
    if (o && is_here(core_end(rx))) {
        result.status = begin_receive(o, core_end(rx), &result.value);
    } else if (o) {
        not_here("crib_begin_receive", rx);
    }
    return result;
}
}
