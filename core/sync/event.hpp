// Events: set once (statement 99).
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct Event : Primitive {
    bool set;
};

Event *event_new(Scheduler &s);
void event_set(Event *e);

inline int event_try(const Event *e) { return e->set ? 0 : CRIB_EWOULDBLOCK; }
int event_park(Op *op, Event *e);
int begin_event_wait(Op *op, Event *e);

}  // namespace crib
