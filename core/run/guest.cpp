// Runs that somebody else drives: a foreign host's loop (guest) or a host's libuv loop (hosted).
#include "run/guest.hpp"

#include "base/diag.hpp"
#include "crib/scope.h"

namespace crib {

namespace {

constexpr uint32_t k_tick_steps = 64;

// Tells the driver when the next round is due, for nobody says it by waiting.
void announce_next_round(Runtime *rt, UvDriver *d) {
    const int64_t at = run_next_time(rt);
    if (at == INT64_MIN) {
        driver_kick(rt->driver);
    } else {
        uv_driver_set_deadline(d, at);
    }
}

void tell_done(Runtime *rt) {
    const DoneFn done = rt->done;
    void *data = rt->done_data;
    const int result = run_end(rt);
    if (done) done(result, data);
}

void detached(void *runtime) {
    Runtime *rt = static_cast<Runtime *>(runtime);
    const DoneFn done = rt->done;
    rt->drive_active = false;
    if (done) done(rt->hosted_result, rt->done_data);
}

void end_hosted(Runtime *rt) {
    rt->hosted_result = run_end(rt);
    rt->drive_active = true;  // until the host's loop is rid of us: neither released nor begun anew
    UvDriver *d = rt->hosted;
    rt->hosted = nullptr;
    rt->driver = nullptr;
    uv_driver_detach(d, detached, rt);
}

}  // namespace

int guest_start(Runtime *rt, const TaskSpec &main, DoneFn done, void *done_data) {
    const int rc = run_begin(rt, "crib_guest_start", Drive::guest, main, nullptr);
    if (rc < 0) return rc;
    rt->done = done;
    rt->done_data = done_data;
    run_open_main(rt);
    driver_kick(rt->driver);
    return 0;
}

int guest_tick(Runtime *rt, uint32_t budget) {
    const bool goes_on = run_round(rt, budget ? budget : k_tick_steps);
    if (!goes_on) {
        uv_driver_set_guest(rt->uv, false);
        tell_done(rt);
        return 0;
    }
    announce_next_round(rt, rt->uv);
    return 1;
}

int64_t guest_timeout(Runtime *rt) {
    const int64_t at = run_next_time(rt);
    if (at == INT64_MIN) return 0;
    const int64_t least = driver_backend_timeout(rt->driver);
    if (at == k_forever) return least;
    const int64_t now = driver_now(rt->driver);
    if (at <= now) return 0;
    return at - now < least ? at - now : least;
}

int hosted_start(Runtime *rt, uv_loop_s *loop, const TaskSpec &main, DoneFn done, void *done_data) {
    const int rc = run_begin(rt, "crib_uv_attach", Drive::hosted, main, loop);
    if (rc < 0) return rc;
    rt->done = done;
    rt->done_data = done_data;
    run_open_main(rt);
    driver_kick(rt->driver);
    return 0;
}

void hosted_turn(void *runtime) {
    Runtime *rt = static_cast<Runtime *>(runtime);
    Scheduler *outer = current_scheduler;
    current_scheduler = rt;
    const bool goes_on = run_round(rt, k_tick_steps);
    if (goes_on) {
        announce_next_round(rt, rt->hosted);
        current_scheduler = outer;
        return;
    }
    end_hosted(rt);
}

// The run cannot go on: the host closed our handles. What is left of it is ended here and now.
static void end_abandoned(Runtime *rt) {
    diag_report(CRIB_EMISUSE, "crib: the host's loop was torn down under a run on it: the run is ended");
    rt->deadlock_steps = 1;  // main is cancelled already
    while (run_round(rt, k_tick_steps)) {
        if (run_next_time(rt) != INT64_MIN && !deadlock_step(rt)) return;
    }
    end_hosted(rt);
}

int hosted_cancel(Runtime *rt) {
    if (rt->main) task_cancel(rt->main, CRIB_SOURCE_SHUTDOWN, "detached from its host's loop");
    if (rt->hosted && uv_driver_abandoned(rt->hosted) && rt->outside) end_abandoned(rt);
    return 0;
}

}  // namespace crib
