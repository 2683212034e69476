#include "crib/semaphore.h"

#include "primitive.hpp"
#include "sync/semaphore.hpp"

using namespace crib;

namespace {

Semaphore *core(crib_semaphore *s) { return reinterpret_cast<Semaphore *>(s); }
const Semaphore *core(const crib_semaphore *s) { return reinterpret_cast<const Semaphore *>(s); }

}  // namespace

extern "C" {

crib_semaphore *crib_semaphore_new(uint32_t initial, uint32_t max) {
    Runtime *rt = require_run("crib_semaphore_new");
    if (!rt) return nullptr;
    if (max && initial > max) {
        diag_misuse("crib_semaphore_new", current_name(), "more permits than the most there may be");
        return nullptr;
    }
    return handed_out<crib_semaphore>(semaphore_new(*rt, initial, max));
}

int crib_semaphore_acquire(crib_semaphore *s) {
    int rc;
    Task *t = require_fiber_for("crib_semaphore_acquire", core(s), &rc);
    return t ? fiber_finish(t, begin_semaphore_acquire(&t->op, core(s))) : rc;
}

int crib_begin_semaphore_acquire(crib_op *op, crib_semaphore *s) {
    Op *o = require_op_for("crib_begin_semaphore_acquire", op, core(s));
    return o ? begin_semaphore_acquire(o, core(s)) : CRIB_EMISUSE;
}

int crib_semaphore_acquire_nowait(crib_semaphore *s) {
    const int rc = check_here("crib_semaphore_acquire_nowait", core(s));
    return rc < 0 ? rc : semaphore_try(core(s));
}

int crib_semaphore_release(crib_semaphore *s) {
    const int rc = check_here("crib_semaphore_release", core(s));
    return rc < 0 ? rc : semaphore_release(core(s));
}

int crib_semaphore_statistics(const crib_semaphore *s, crib_semaphore_stats *out) {
    const int rc = check_here("crib_semaphore_statistics", core(s));
    if (rc < 0) return rc;
    return copy_out(out, crib_semaphore_stats{0, count_waiting(core(s)->waiting), core(s)->value, core(s)->max});
}
}
