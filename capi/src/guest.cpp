#include "crib/guest.h"

#include <cerrno>

#include "crib/uv.h"
#include "guard.hpp"
#include "run/guest.hpp"

using namespace crib;

namespace {

Runtime *core_runtime(const crib_runtime *rt) { return reinterpret_cast<Runtime *>(const_cast<crib_runtime *>(rt)); }

// On the thread of the run, too.
bool is_guest(const Runtime *rt) {
    return rt && rt->drive_active && rt->drive == Drive::guest && current_scheduler == rt;
}

int refuse(const char *function, crib_runtime *rt, void *user_data, crib_destroy_fn destroy) {
    destroy_directly(destroy, user_data);
    return rt ? -EINVAL : diag_misuse(function, nullptr, "NULL instead of a runtime");
}

}  // namespace

extern "C" {

int crib_guest_start(crib_runtime *rt, crib_body_fn body, void *user_data, crib_destroy_fn destroy, crib_done_fn done,
                     void *done_data) {
    if (!rt || !body) return refuse("crib_guest_start", rt, user_data, destroy);
    return guest_start(core_runtime(rt), fiber_spec("main", body, user_data, destroy), done, done_data);
}

int crib_guest_fd(const crib_runtime *rt) {
    const Runtime *r = core_runtime(rt);
    if (is_guest(r)) return driver_backend_fd(r->driver);
    return diag_misuse("crib_guest_fd", current_name(), "not a guest run of this thread");
}

int64_t crib_guest_timeout(const crib_runtime *rt) {
    Runtime *r = core_runtime(rt);
    return is_guest(r) ? guest_timeout(r) : CRIB_FOREVER;
}

int crib_guest_tick(crib_runtime *rt, uint32_t budget) {
    Runtime *r = core_runtime(rt);
    if (!is_guest(r) || !r->outside) {
        return diag_misuse("crib_guest_tick", current_name(), "not a guest run between two ticks");
    }
    return guest_tick(r, budget);
}

int crib_uv_attach(crib_runtime *rt, struct uv_loop_s *loop, crib_body_fn body, void *user_data,
                   crib_destroy_fn destroy, crib_done_fn done, void *done_data) {
    if (!rt || !loop || !body) return refuse("crib_uv_attach", rt, user_data, destroy);
    return hosted_start(core_runtime(rt), loop, fiber_spec("main", body, user_data, destroy), done, done_data);
}

int crib_uv_detach(crib_runtime *rt) {
    Runtime *r = core_runtime(rt);
    const bool attached = r && r->drive_active && r->drive == Drive::hosted && current_scheduler == r;
    if (attached) return hosted_cancel(r);
    return diag_misuse("crib_uv_detach", current_name(), "not a runtime attached to a loop of this thread");
}

struct uv_loop_s *crib_uv_loop(void) {
    Runtime *rt = current_runtime();
    if (!rt) return nullptr;
    return uv_driver_loop(rt->drive == Drive::hosted ? rt->hosted : rt->uv);
}
}
