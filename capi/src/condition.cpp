#include "crib/condition.h"

#include "primitive.hpp"
#include "run/release.hpp"
#include "sync/condition.hpp"

using namespace crib;

namespace {

Condition *core(crib_condition *c) { return reinterpret_cast<Condition *>(c); }
const Condition *core(const crib_condition *c) { return reinterpret_cast<const Condition *>(c); }

// A reference to the lock that was given, or a new lock.
Lock *lock_for(Runtime *rt, crib_lock *given) {
    Lock *l = reinterpret_cast<Lock *>(given);
    if (!l) return reinterpret_cast<Lock *>(handed_out<crib_lock>(lock_new(*rt)));
    if (check_here("crib_condition_new", l) < 0) return nullptr;
    counted_ref(*l);
    return l;
}

}  // namespace

extern "C" {

crib_condition *crib_condition_new(crib_lock *lock) {
    Runtime *rt = require_run("crib_condition_new");
    Lock *l = rt ? lock_for(rt, lock) : nullptr;
    if (!l) return nullptr;
    Condition *c = condition_new(*rt, l);
    if (!c) handle_release(l);
    return handed_out<crib_condition>(c);
}

crib_lock *crib_condition_lock(const crib_condition *c) {
    return c ? reinterpret_cast<crib_lock *>(core(c)->lock) : nullptr;
}

int crib_condition_wait(crib_condition *c) {
    int rc;
    Task *t = require_fiber_for("crib_condition_wait", core(c), &rc);
    return t ? fiber_finish(t, begin_condition_wait(&t->op, core(c), "crib_condition_wait")) : rc;
}

int crib_begin_condition_wait(crib_op *op, crib_condition *c) {
    Op *o = require_op_for("crib_begin_condition_wait", op, core(c));
    return o ? begin_condition_wait(o, core(c), "crib_begin_condition_wait") : CRIB_EMISUSE;
}

int crib_condition_notify(crib_condition *c, size_t n) {
    int rc;
    Task *t = require_any_task("crib_condition_notify", core(c), &rc);
    return t ? condition_notify(core(c), t, n, "crib_condition_notify") : rc;
}

int crib_condition_notify_all(crib_condition *c) {
    int rc;
    Task *t = require_any_task("crib_condition_notify_all", core(c), &rc);
    return t ? condition_notify(core(c), t, SIZE_MAX, "crib_condition_notify_all") : rc;
}

int crib_condition_notify_by(crib_condition *c, crib_task *task, size_t n) {
    int rc;
    Task *t = require_living_task("crib_condition_notify_by", core(c), task, &rc);
    return t ? condition_notify(core(c), t, n, "crib_condition_notify_by") : rc;
}

int crib_condition_statistics(const crib_condition *c, crib_condition_stats *out) {
    const int rc = check_here("crib_condition_statistics", core(c));
    return rc < 0 ? rc : copy_out(out, crib_condition_stats{0, count_waiting(core(c)->waiting)});
}
}
