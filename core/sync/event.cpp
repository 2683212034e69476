#include "sync/event.hpp"

namespace crib {

static constexpr WaitKind k_event = {"an event", leave_queue_abort, nullptr, false};

Event *event_new(Scheduler &s) { return primitive_new<Event>(s, Kind::event); }

void event_set(Event *e) {
    e->set = true;
    complete_all(e->waiting, 0);
}

int event_park(Op *op, Event *e) {
    link_append(e->waiting, op->link);
    return op_park(op, &k_event, e);
}

int begin_event_wait(Op *op, Event *e) {
    int rc = op_check(op);
    if (rc == 0) rc = event_try(e);
    return rc == CRIB_EWOULDBLOCK ? event_park(op, e) : op_immediate(op, rc);
}

}  // namespace crib
