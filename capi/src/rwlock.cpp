#include "crib/rwlock.h"

#include "primitive.hpp"
#include "sync/rwlock.hpp"

using namespace crib;

namespace {

RwLock *core(crib_rwlock *l) { return reinterpret_cast<RwLock *>(l); }
const RwLock *core(const crib_rwlock *l) { return reinterpret_cast<const RwLock *>(l); }

int acquire(const char *function, crib_rwlock *l, bool writes) {
    int rc;
    Task *t = require_fiber_for(function, core(l), &rc);
    return t ? fiber_finish(t, begin_rwlock_acquire(&t->op, core(l), writes, function)) : rc;
}

int acquire_nowait(const char *function, crib_rwlock *l, Task *t, bool writes) {
    const int rc = rwlock_try(core(l), t, writes);
    return rc == CRIB_EMISUSE ? diag_misuse(function, task_name(t), "the task holds it already") : rc;
}

int acquire_nowait(const char *function, crib_rwlock *l, bool writes) {
    int rc;
    Task *t = require_any_task(function, core(l), &rc);
    return t ? acquire_nowait(function, l, t, writes) : rc;
}

int acquire_nowait_by(const char *function, crib_rwlock *l, crib_task *task, bool writes) {
    int rc;
    Task *t = require_living_task(function, core(l), task, &rc);
    return t ? acquire_nowait(function, l, t, writes) : rc;
}

int begin_acquire(const char *function, crib_op *op, crib_rwlock *l, bool writes) {
    Op *o = require_op_for(function, op, core(l));
    return o ? begin_rwlock_acquire(o, core(l), writes, function) : CRIB_EMISUSE;
}

}  // namespace

extern "C" {

crib_rwlock *crib_rwlock_new(void) {
    Runtime *rt = require_run("crib_rwlock_new");
    return rt ? handed_out<crib_rwlock>(rwlock_new(*rt)) : nullptr;
}

int crib_rwlock_acquire_read(crib_rwlock *l) { return acquire("crib_rwlock_acquire_read", l, false); }
int crib_rwlock_acquire_write(crib_rwlock *l) { return acquire("crib_rwlock_acquire_write", l, true); }

int crib_rwlock_acquire_read_nowait(crib_rwlock *l) {
    return acquire_nowait("crib_rwlock_acquire_read_nowait", l, false);
}
int crib_rwlock_acquire_write_nowait(crib_rwlock *l) {
    return acquire_nowait("crib_rwlock_acquire_write_nowait", l, true);
}

int crib_rwlock_acquire_read_nowait_by(crib_rwlock *l, crib_task *task) {
    return acquire_nowait_by("crib_rwlock_acquire_read_nowait_by", l, task, false);
}
int crib_rwlock_acquire_write_nowait_by(crib_rwlock *l, crib_task *task) {
    return acquire_nowait_by("crib_rwlock_acquire_write_nowait_by", l, task, true);
}

int crib_begin_rwlock_acquire_read(crib_op *op, crib_rwlock *l) {
    return begin_acquire("crib_begin_rwlock_acquire_read", op, l, false);
}
int crib_begin_rwlock_acquire_write(crib_op *op, crib_rwlock *l) {
    return begin_acquire("crib_begin_rwlock_acquire_write", op, l, true);
}

int crib_rwlock_release(crib_rwlock *l) {
    int rc;
    Task *t = require_any_task("crib_rwlock_release", core(l), &rc);
    return t ? rwlock_release(core(l), t, "crib_rwlock_release") : rc;
}

int crib_rwlock_release_by(crib_rwlock *l, crib_task *task) {
    int rc;
    Task *t = require_living_task("crib_rwlock_release_by", core(l), task, &rc);
    return t ? rwlock_release(core(l), t, "crib_rwlock_release_by") : rc;
}

int crib_rwlock_recover(crib_rwlock *l) {
    int rc;
    Task *t = require_any_task("crib_rwlock_recover", core(l), &rc);
    return t ? rwlock_recover(core(l), t) : rc;
}

int crib_rwlock_recover_by(crib_rwlock *l, crib_task *task) {
    int rc;
    Task *t = require_living_task("crib_rwlock_recover_by", core(l), task, &rc);
    return t ? rwlock_recover(core(l), t) : rc;
}

int crib_rwlock_statistics(const crib_rwlock *l, crib_rwlock_stats *out) {
    const int rc = check_here("crib_rwlock_statistics", core(l));
    if (rc < 0) return rc;
    const RwLock *rw = core(l);
    crib_task *writer = rw->writer ? public_task(rw->writer->task) : nullptr;
    const size_t writers = rwlock_waiting_writers(rw);
    const size_t readers = count_waiting(rw->waiting) - writers;
    return copy_out(out, crib_rwlock_stats{0, rw->readers, readers, writers, writer, rw->broken, 0});
}
}
