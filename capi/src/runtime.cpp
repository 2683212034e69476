#include "crib/runtime.h"

#include <time.h>

#include <cerrno>

#include "base/alloc.hpp"
#include "crib/time.h"
#include "crib/version.h"
#include "guard.hpp"
#include "nursery/task.hpp"
#include "run/portal.hpp"

using namespace crib;

namespace {

constexpr uint32_t k_budget = 64;

bool read_options(const crib_runtime_options *given, RuntimeOptions *to) {
    crib_runtime_options o;
    if (!copy_options(&o, given)) return false;
    const bool bad = o.stack_bytes > k_most_stack || o.mock_clock < 0 || o.mock_clock > 2 || o.interrupt < -1 ||
                     o.interrupt > 1 || o.strict < 0 || o.strict > 1;
    if (bad) return false;
    *to = RuntimeOptions{};
    to->seed = o.seed;
    to->stack_bytes = o.stack_bytes;
    to->budget = o.budget ? o.budget : k_budget;
    to->strict = o.strict != 0;
    to->interrupt = o.interrupt;
    to->clock = static_cast<Clock>(o.mock_clock);
    return true;
}

Runtime *core_runtime(const crib_runtime *rt) { return reinterpret_cast<Runtime *>(const_cast<crib_runtime *>(rt)); }

int run_whole(const char *function, Runtime *rt, const TaskSpec &main) {
    const int rc = run_begin(rt, function, Drive::own, main, nullptr);
    if (rc < 0) return rc;
    run_to_end(rt);
    return run_end(rt);
}

int no_runtime(const char *function) { return diag_misuse(function, nullptr, "NULL instead of a runtime"); }

void cancel_op_by_id(void *data) {
    Runtime *rt = current_runtime();
    Op *op = find_op_by_id(*rt, *static_cast<uint64_t *>(data));
    if (!op) return;
    op_cancel(op);
    scope_settle(*rt);
}

int64_t machine_now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

}  // namespace

extern "C" {

const char *crib_version(void) { return CRIB_VERSION_STRING; }

uint32_t crib_version_hex(void) { return CRIB_VERSION_HEX; }

int crib_set_allocator(const crib_allocator *allocator) {
    if (!allocator) {
        mem_set_allocator(nullptr);
        return 0;
    }
    const bool whole = allocator->size >= sizeof *allocator && allocator->alloc && allocator->resize && allocator->free;
    if (!whole) return -EINVAL;
    const Allocator a = {allocator->alloc, allocator->resize, allocator->free, allocator->user_data};
    mem_set_allocator(&a);
    return 0;
}

int64_t crib_now(void) { return current_scheduler ? driver_now(current_scheduler->driver) : machine_now(); }

int crib_run(crib_body_fn body, void *user_data) {
    if (!body) return -EINVAL;
    if (current_scheduler) return diag_misuse("crib_run", current_name(), "a run is going on in this thread");
    crib_runtime *rt = crib_runtime_new(nullptr);
    if (!rt) return -ENOMEM;
    const int rc = crib_runtime_run(rt, body, user_data, nullptr);
    crib_unref(rt);
    return rc;
}

crib_runtime *crib_runtime_new(const crib_runtime_options *options) {
    RuntimeOptions o;
    if (!read_options(options, &o)) {
        diag_misuse("crib_runtime_new", nullptr, "an option is out of range");
        return nullptr;
    }
    return reinterpret_cast<crib_runtime *>(runtime_new(o));
}

int crib_runtime_run(crib_runtime *rt, crib_body_fn body, void *user_data, crib_destroy_fn destroy) {
    if (rt && body)
        return run_whole("crib_runtime_run", core_runtime(rt), fiber_spec("main", body, user_data, destroy));
    destroy_directly(destroy, user_data);
    return rt ? -EINVAL : no_runtime("crib_runtime_run");
}

int crib_runtime_run_stackless(crib_runtime *rt, const char *name, crib_resume_fn resume, uintptr_t data,
                               void (*destroy)(uintptr_t)) {
    if (rt && resume)
        return run_whole("crib_runtime_run_stackless", core_runtime(rt),
                         stackless_spec(name ? name : "main", resume, data, destroy));
    if (destroy) destroy(data);
    return rt ? -EINVAL : no_runtime("crib_runtime_run_stackless");
}

int crib_runtime_start_stackless(crib_runtime *rt, const char *name, crib_resume_fn resume, uintptr_t data,
                                 void (*destroy)(uintptr_t), crib_task **main_task) {
    if (main_task) *main_task = nullptr;
    if (!rt) {
        if (destroy) destroy(data);
        return no_runtime("crib_runtime_start_stackless");
    }
    Runtime *r = core_runtime(rt);
    const int rc = run_begin(r, "crib_runtime_start_stackless", Drive::poll,
                             stackless_spec(name ? name : "main", resume, data, destroy), nullptr);
    if (rc < 0) return rc;
    run_open_main(r);
    if (main_task) *main_task = public_task(r->main);
    return 0;
}

size_t crib_runtime_poll_ready(crib_runtime *rt, crib_ready *out, size_t n, uint32_t flags) {
    Runtime *r = core_runtime(rt);
    const bool legal = r && out && current_scheduler == r && r->outside && r->drive == Drive::poll;
    if (!legal) {
        diag_misuse("crib_runtime_poll_ready", current_name(), "not a run begun by crib_runtime_start_stackless");
        return 0;
    }
    return run_poll_ready(r, out, n, !(flags & CRIB_POLL_NOWAIT));
}

bool crib_runtime_active(const crib_runtime *rt) {
    const Runtime *r = core_runtime(rt);
    return r && r->drive_active && (r->phase != Phase::over || r->drive == Drive::hosted);
}

int crib_runtime_finish(crib_runtime *rt) {
    Runtime *r = core_runtime(rt);
    const bool legal = r && r->drive_active && r->drive == Drive::poll && current_scheduler == r && r->outside;
    if (!legal) return diag_misuse("crib_runtime_finish", current_name(), "no such run is going on here");
    return r->phase == Phase::over ? run_end(r) : CRIB_EBUSY;
}

crib_runtime *crib_runtime_current(void) {
    return current_scheduler ? reinterpret_cast<crib_runtime *>(current_runtime()) : nullptr;
}

int crib_runtime_spawn_system_task(crib_runtime *rt, const char *name, crib_body_fn body, void *user_data,
                                   crib_destroy_fn destroy) {
    Runtime *r = runtime_or_current(rt);
    if (!r || !r->drive_active || current_scheduler != r) {
        destroy_directly(destroy, user_data);
        return diag_misuse("crib_runtime_spawn_system_task", current_name(), "called outside that run");
    }
    const bool takes = r->phase == Phase::main && r->system;
    if (!body || !takes) {
        destroy_directly(destroy, user_data);
        return body ? CRIB_ERUNFINISHED : -EINVAL;
    }
    int rc = 0;
    task_start(*r, r->system, fiber_spec(name, body, user_data, destroy), &rc);
    return rc;
}

int crib_runtime_statistics(crib_runtime *rt, crib_statistics *out) {
    Runtime *r = runtime_or_current(rt);
    if (!r) return diag_misuse("crib_runtime_statistics", nullptr, "called outside a run");
    if (!out || out->size < sizeof *out) return -EINVAL;
    const StackStatistics stacks = r->stacks.statistics();
    out->tasks_living = r->living;
    out->tasks_ready = r->ready_count;
    out->tasks_spawned = r->spawned;
    out->switches = r->switches;
    out->polls = r->polls;
    out->next_deadline = r->deadlines.empty() ? CRIB_FOREVER : r->deadlines.first_time();
    const size_t spare = r->spare ? 1 : 0;
    out->stacks_live = stacks.live - spare;
    out->stacks_free = stacks.hot + stacks.cold + spare;
    out->stack_bytes = stacks.mapped_bytes;
    out->task_bytes = r->tasks.bytes();
    return 0;
}

int crib_runtime_dump(crib_runtime *rt, int fd) {
    Runtime *r = runtime_or_current(rt);
    if (!r || !r->drive_active) return diag_misuse("crib_runtime_dump", nullptr, "called outside a run");
    return dump_tree(r, fd);
}

crib_expectation *crib_runtime_expect(crib_runtime *rt, const char *what) {
    Runtime *r = runtime_or_current(rt);
    if (!r || !r->drive_active) {
        diag_misuse("crib_runtime_expect", nullptr, "called outside a run");
        return nullptr;
    }
    return reinterpret_cast<crib_expectation *>(expectation_new(r, what));
}

int crib_runtime_cancel_op(crib_runtime *rt, uint64_t op_id) {
    if (!rt) return no_runtime("crib_runtime_cancel_op");
    Runtime *r = core_runtime(rt);
    uint64_t *id = static_cast<uint64_t *>(mem_alloc(sizeof *id));
    if (!id) return -ENOMEM;
    *id = op_id;
    const int rc = entry_post(&r->entry, r->entry.live.load(), cancel_op_by_id, id, mem_free);
    if (rc < 0) mem_free(id);
    return rc;
}

int crib_runtime_set_poll_hooks(crib_runtime *rt, void (*before)(void *user_data), void (*after)(void *user_data),
                                void *user_data) {
    if (!rt) return no_runtime("crib_runtime_set_poll_hooks");
    Runtime *r = core_runtime(rt);
    if (r->drive_active) return CRIB_EBUSY;
    r->before_poll = before;
    r->after_poll = after;
    r->poll_data = user_data;
    return 0;
}
}
