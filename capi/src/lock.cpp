#include "crib/lock.h"

#include "primitive.hpp"
#include "sync/lock.hpp"

using namespace crib;

namespace {

Lock *core(crib_lock *l) { return reinterpret_cast<Lock *>(l); }
const Lock *core(const crib_lock *l) { return reinterpret_cast<const Lock *>(l); }

int acquire_nowait(const char *function, Lock *l, Task *t) {
    const int rc = lock_try(l, t);
    if (rc != CRIB_EMISUSE) return rc;
    return diag_misuse(function, task_name(t), "the task owns the lock already");
}

}  // namespace

extern "C" {

crib_lock *crib_lock_new(void) {
    Runtime *rt = require_run("crib_lock_new");
    return rt ? handed_out<crib_lock>(lock_new(*rt)) : nullptr;
}

int crib_lock_acquire(crib_lock *l) {
    int rc;
    Task *t = require_fiber_for("crib_lock_acquire", core(l), &rc);
    return t ? fiber_finish(t, begin_lock_acquire(&t->op, core(l), "crib_lock_acquire")) : rc;
}

int crib_begin_lock_acquire(crib_op *op, crib_lock *l) {
    Op *o = require_op_for("crib_begin_lock_acquire", op, core(l));
    return o ? begin_lock_acquire(o, core(l), "crib_begin_lock_acquire") : CRIB_EMISUSE;
}

int crib_lock_acquire_nowait(crib_lock *l) {
    int rc;
    Task *t = require_any_task("crib_lock_acquire_nowait", core(l), &rc);
    return t ? acquire_nowait("crib_lock_acquire_nowait", core(l), t) : rc;
}

int crib_lock_acquire_nowait_by(crib_lock *l, crib_task *task) {
    int rc;
    Task *t = require_living_task("crib_lock_acquire_nowait_by", core(l), task, &rc);
    return t ? acquire_nowait("crib_lock_acquire_nowait_by", core(l), t) : rc;
}

int crib_lock_release(crib_lock *l) {
    int rc;
    Task *t = require_any_task("crib_lock_release", core(l), &rc);
    return t ? lock_release(core(l), t, "crib_lock_release") : rc;
}

int crib_lock_release_by(crib_lock *l, crib_task *task) {
    int rc;
    Task *t = require_living_task("crib_lock_release_by", core(l), task, &rc);
    return t ? lock_release(core(l), t, "crib_lock_release_by") : rc;
}

int crib_lock_recover(crib_lock *l) {
    int rc;
    Task *t = require_any_task("crib_lock_recover", core(l), &rc);
    return t ? lock_recover(core(l), t) : rc;
}

int crib_lock_recover_by(crib_lock *l, crib_task *task) {
    int rc;
    Task *t = require_living_task("crib_lock_recover_by", core(l), task, &rc);
    return t ? lock_recover(core(l), t) : rc;
}

int crib_lock_statistics(const crib_lock *l, crib_lock_stats *out) {
    const int rc = check_here("crib_lock_statistics", core(l));
    if (rc < 0) return rc;
    crib_task *owner = core(l)->owner ? public_task(core(l)->owner) : nullptr;
    return copy_out(out, crib_lock_stats{0, count_waiting(core(l)->waiting), owner, core(l)->broken, 0});
}
}
