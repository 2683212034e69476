#include "crib/portal.h"

#include "guard.hpp"
#include "run/portal.hpp"

using namespace crib;

namespace {
Portal *core_portal(crib_portal *p) { return reinterpret_cast<Portal *>(p); }
}  // namespace

extern "C" {

crib_portal *crib_portal_open(void) {
    Runtime *rt = require_run("crib_portal_open");
    return rt ? reinterpret_cast<crib_portal *>(portal_open(rt)) : nullptr;
}

crib_portal *crib_portal_ref(crib_portal *p) {
    if (p) counted_ref(*core_portal(p));
    return p;
}

int crib_portal_post(crib_portal *p, crib_call_fn fn, void *user_data, crib_destroy_fn destroy) {
    int rc = p && fn ? 0 : diag_misuse("crib_portal_post", current_name(), "NULL instead of a portal or a function");
    if (rc == 0) rc = entry_post(&core_portal(p)->rt->entry, core_portal(p)->run, fn, user_data, destroy);
    if (rc < 0) destroy_directly(destroy, user_data);
    return rc;
}

// No message: it may be a signal handler.
int crib_portal_wake(crib_portal *p) { return p ? portal_wake(core_portal(p)) : CRIB_EMISUSE; }

int crib_portal_wait(crib_portal *p) {
    int rc;
    Task *t = require_fiber("crib_portal_wait", &rc);
    if (!t) return rc;
    if (!p) return diag_misuse("crib_portal_wait", task_name(t), "NULL instead of a portal");
    return fiber_finish(t, begin_portal_wait(&t->op, core_portal(p), "crib_portal_wait"));
}
}
