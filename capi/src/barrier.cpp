#include "crib/barrier.h"

#include "primitive.hpp"
#include "sync/barrier.hpp"

using namespace crib;

namespace {

Barrier *core(crib_barrier *b) { return reinterpret_cast<Barrier *>(b); }
const Barrier *core(const crib_barrier *b) { return reinterpret_cast<const Barrier *>(b); }

}  // namespace

extern "C" {

crib_barrier *crib_barrier_new(uint32_t parties) {
    Runtime *rt = require_run("crib_barrier_new");
    if (!rt) return nullptr;
    if (parties == 0) {
        diag_misuse("crib_barrier_new", current_name(), "a barrier for nobody");
        return nullptr;
    }
    return handed_out<crib_barrier>(barrier_new(*rt, parties));
}

int crib_barrier_wait(crib_barrier *b) {
    int rc;
    Task *t = require_fiber_for("crib_barrier_wait", core(b), &rc);
    return t ? fiber_finish(t, begin_barrier_wait(&t->op, core(b))) : rc;
}

int crib_begin_barrier_wait(crib_op *op, crib_barrier *b) {
    Op *o = require_op_for("crib_begin_barrier_wait", op, core(b));
    return o ? begin_barrier_wait(o, core(b)) : CRIB_EMISUSE;
}

int crib_barrier_statistics(const crib_barrier *b, crib_barrier_stats *out) {
    const int rc = check_here("crib_barrier_statistics", core(b));
    if (rc < 0) return rc;
    return copy_out(out, crib_barrier_stats{0, core(b)->arrived, core(b)->rounds, core(b)->parties, 0});
}
}
