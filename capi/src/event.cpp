#include "crib/event.h"

#include "primitive.hpp"
#include "sync/event.hpp"

using namespace crib;

namespace {

Event *core(crib_event *e) { return reinterpret_cast<Event *>(e); }
const Event *core(const crib_event *e) { return reinterpret_cast<const Event *>(e); }

}  // namespace

extern "C" {

crib_event *crib_event_new(void) {
    Runtime *rt = require_run("crib_event_new");
    return rt ? handed_out<crib_event>(event_new(*rt)) : nullptr;
}

void crib_event_set(crib_event *e) {
    if (check_here("crib_event_set", core(e)) == 0) event_set(core(e));
}

bool crib_event_is_set(const crib_event *e) { return e && core(e)->set; }

int crib_event_wait(crib_event *e) {
    int rc;
    Task *t = require_fiber_for("crib_event_wait", core(e), &rc);
    return t ? fiber_finish(t, begin_event_wait(&t->op, core(e))) : rc;
}

int crib_begin_event_wait(crib_op *op, crib_event *e) {
    Op *o = require_op_for("crib_begin_event_wait", op, core(e));
    return o ? begin_event_wait(o, core(e)) : CRIB_EMISUSE;
}

int crib_event_statistics(const crib_event *e, crib_event_stats *out) {
    const int rc = check_here("crib_event_statistics", core(e));
    return rc < 0 ? rc : copy_out(out, crib_event_stats{0, count_waiting(core(e)->waiting), core(e)->set, 0});
}
}
