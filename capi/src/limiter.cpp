#include "crib/limiter.h"

#include "primitive.hpp"
#include "sync/limiter.hpp"

using namespace crib;

namespace {

Limiter *core(crib_limiter *l) { return reinterpret_cast<Limiter *>(l); }
const Limiter *core(const crib_limiter *l) { return reinterpret_cast<const Limiter *>(l); }

// A task that names itself borrows like one that names nobody. `t` may be NULL in a callback.
BorrowerName name_of(const void *borrower, Task *t) {
    const bool own = !borrower || borrower == t;
    return own ? BorrowerName{t, t} : BorrowerName{borrower, nullptr};
}

int acquire(const char *function, crib_limiter *l, const void *borrower) {
    int rc;
    Task *t = require_fiber_for(function, core(l), &rc);
    if (!t) return rc;
    return fiber_finish(t, begin_limiter_acquire(&t->op, core(l), name_of(borrower, t), function));
}

int acquire_nowait(const char *function, Limiter *l, BorrowerName name) {
    const int rc = limiter_try(l, name);
    if (rc != CRIB_EMISUSE) return rc;
    return diag_misuse(function, current_name(), "the borrower has a token already, or waits for one");
}

int release(const char *function, Limiter *l, const void *borrower) {
    const int rc = limiter_release(l, borrower);
    return rc == CRIB_EMISUSE ? diag_misuse(function, current_name(), "the borrower has no token") : rc;
}

}  // namespace

extern "C" {

crib_limiter *crib_limiter_new(double total) {
    Runtime *rt = require_run("crib_limiter_new");
    if (!rt) return nullptr;
    if (!limiter_total_fits(total)) {
        diag_misuse("crib_limiter_new", current_name(), "the total is no whole number >= 0");
        return nullptr;
    }
    return handed_out<crib_limiter>(limiter_new(*rt, total));
}

int crib_limiter_acquire(crib_limiter *l) { return acquire("crib_limiter_acquire", l, nullptr); }

int crib_limiter_acquire_on_behalf_of(crib_limiter *l, const void *borrower) {
    return borrower ? acquire("crib_limiter_acquire_on_behalf_of", l, borrower) : -EINVAL;
}

int crib_limiter_acquire_nowait(crib_limiter *l) {
    int rc;
    Task *t = require_any_task("crib_limiter_acquire_nowait", core(l), &rc);
    return t ? acquire_nowait("crib_limiter_acquire_nowait", core(l), name_of(nullptr, t)) : rc;
}

int crib_limiter_acquire_nowait_on_behalf_of(crib_limiter *l, const void *borrower) {
    constexpr char k_name[] = "crib_limiter_acquire_nowait_on_behalf_of";
    const int rc = check_here(k_name, core(l));
    if (rc < 0) return rc;
    return borrower ? acquire_nowait(k_name, core(l), name_of(borrower, current_task())) : -EINVAL;
}

int crib_limiter_release(crib_limiter *l) {
    int rc;
    Task *t = require_any_task("crib_limiter_release", core(l), &rc);
    return t ? release("crib_limiter_release", core(l), t) : rc;
}

int crib_limiter_release_on_behalf_of(crib_limiter *l, const void *borrower) {
    constexpr char k_name[] = "crib_limiter_release_on_behalf_of";
    const int rc = check_here(k_name, core(l));
    return rc < 0 ? rc : release(k_name, core(l), borrower);
}

int crib_limiter_set_total(crib_limiter *l, double total) {
    const int rc = check_here("crib_limiter_set_total", core(l));
    if (rc < 0) return rc;
    if (!limiter_total_fits(total)) return -EINVAL;
    limiter_set_total(core(l), total);
    return 0;
}

int crib_begin_limiter_acquire(crib_op *op, crib_limiter *l, const void *borrower) {
    Op *o = require_op_for("crib_begin_limiter_acquire", op, core(l));
    if (!o) return CRIB_EMISUSE;
    return begin_limiter_acquire(o, core(l), name_of(borrower, o->task), "crib_begin_limiter_acquire");
}

int crib_limiter_statistics(const crib_limiter *l, crib_limiter_stats *out) {
    const int rc = check_here("crib_limiter_statistics", core(l));
    if (rc < 0) return rc;
    return copy_out(out, crib_limiter_stats{0, count_waiting(core(l)->waiting), core(l)->borrowed, core(l)->total});
}

size_t crib_limiter_borrowers(const crib_limiter *l, const void **out, size_t n) {
    if (check_here("crib_limiter_borrowers", core(l)) < 0) return 0;
    return limiter_borrowers(core(l), out, out ? n : 0);
}
}
