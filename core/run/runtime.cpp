#include "run/runtime.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/alloc.hpp"
#include "base/diag.hpp"
#include "crib/scope.h"
#include "run/handles.hpp"
#include "run/portal.hpp"
#include "run/release.hpp"
#include "select/select.hpp"
#include "sched/drop.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

constexpr SchedulerHooks k_hooks = {fiber_main,   task_no_stack, task_exit_stackless, task_keep_error, task_hold_error,
                                    task_op_gone, hand_out,      handle_release,      clause_done,     select_forget};

pid_t thread_id() { return static_cast<pid_t>(syscall(SYS_gettid)); }

uint32_t next_tag() {
    static std::atomic<uint32_t> tags{0};
    return (tags.fetch_add(1, std::memory_order_relaxed) & 0xff);
}

// Main's error leaves the run as it is, not in a group (statement 74).
void main_failed(crib_task *, crib_error *e, void *runtime) {
    Runtime *rt = static_cast<Runtime *>(runtime);
    rt->failure = error_join(rt->failure, error_ref(reinterpret_cast<Error *>(e)));
}

// The init task: what a run is made of, in order. Called whenever its slot 0 completes.
void open_nurseries(Runtime *rt) {
    Task *init = rt->init;
    rt->system = nursery_open(*rt, &init->scope, nullptr, NurserySpec{});
    NurserySpec spec;
    spec.policy = Policy::supervise;
    spec.on_failure = main_failed;
    spec.user_data = rt;
    if (rt->system) rt->main_nursery = nursery_open(*rt, &rt->system->scope, nullptr, spec);
    int rc = -ENOMEM;
    if (rt->main_nursery) {
        rt->main = task_start(*rt, rt->main_nursery, rt->main_spec, &rc);
    } else {
        spec_destroy(*rt, rt->main_spec);
    }
    if (rt->main) {
        counted_ref(*rt->main);
        rt->main->held_by_run = true;
    } else {
        rt->begin_error = rc;
    }
}

void init_resume(crib_task *, uintptr_t data) {
    Runtime *rt = reinterpret_cast<Runtime *>(data);
    Task *init = rt->init;
    Error *failed = init->op.error;
    init->op.error = nullptr;
    init->op.state = OpState::idle;
    if (rt->phase == Phase::none) {
        rt->phase = Phase::main;
        open_nurseries(rt);
        if (rt->main_nursery) {
            begin_nursery_close(&init->op, rt->main_nursery, outcome_success(0));
            return;
        }
    }
    if (rt->phase == Phase::main && rt->system) {
        rt->phase = Phase::system;
        error_unref(failed);
        scope_cancel(*rt, &rt->system->scope, CRIB_SOURCE_SHUTDOWN, "the run is ending");
        begin_nursery_close(&init->op, rt->system, outcome_success(0));
        return;
    }
    rt->failure = error_join(rt->failure, failed);
    rt->phase = Phase::over;
    task_exit(init, nullptr);
}

int open_driver(Runtime *rt, Drive drive, uv_loop_s *host) {
    if (drive == Drive::hosted) {
        const int rc = uv_driver_attach(&rt->hosted, host, hosted_turn, rt);
        if (rc < 0) return rc;
        rt->driver = rt->hosted;
    } else {
        const int rc = rt->uv ? 0 : uv_driver_open(&rt->uv);
        if (rc < 0) return rc;
        uv_driver_set_guest(rt->uv, drive == Drive::guest);
        rt->driver = rt->uv;
    }
    if (rt->options.clock == Clock::real) return 0;
    mock_driver_init(&rt->mock, rt->driver);
    rt->driver = &rt->mock;
    return 0;
}

int may_begin(Runtime *rt, const char *function) {
    const char *what = nullptr;
    if (current_scheduler) {
        what = "a run is going on in this thread";
    } else if (rt->drive_active) {
        what = "a run of this runtime is going on";
    } else if (rt->process && rt->process != getpid()) {
        what = "a forked child may only exec";
    } else if (rt->owner && rt->owner != thread_id()) {
        what = "the runtime belongs to another thread";
    }
    if (!what) return 0;
    const Task *t = current_scheduler ? current_scheduler->current : nullptr;
    return diag_misuse(function, t ? task_name(t) : nullptr, what);
}

void reset(Runtime *rt, Drive drive, const TaskSpec &main) {
    rt->drive = drive;
    rt->phase = Phase::none;
    rt->verdict = Verdict::none;
    rt->deadlock_steps = 0;
    rt->main_spec = main;
    rt->init = rt->main = nullptr;
    rt->system = rt->main_nursery = nullptr;
    rt->failure = nullptr;
    rt->begin_error = 0;
    rt->expectations = 0;  // handles of earlier runs expect nothing
    rt->switches = rt->spawned = rt->polls = 0;
    rt->passes = 0;
    rt->quota = 64;
    rt->keeps_drops = drive == Drive::poll;
    rt->handed = 0;
    rt->cancel_point = nullptr;
    rt->broken_locks = 0;
    rt->current = nullptr;
    rt->random = rt->options.seed;
    rt->draws = rt->options.seed + 1;
    rt->interrupts.store(0);
}

bool start_init(Runtime *rt) {
    TaskSpec spec = {};
    spec.kind = TaskKind::stackless;
    spec.name = "<init>";
    spec.resume = init_resume;
    spec.data = reinterpret_cast<uintptr_t>(rt);
    rt->init = task_start_below(*rt, nullptr, spec, ParentKind::none, nullptr);
    return rt->init != nullptr;
}

// Nobody asked for the same again where the clock is real and there is no seed: then programs are to differ.
uint64_t chance_seed(const Runtime &rt) {
    const bool repeatable = rt.options.seed != 0 || rt.options.clock != Clock::real;
    return repeatable ? rt.options.seed : static_cast<uint64_t>(rt.now) ^ static_cast<uint64_t>(rt.process) << 40;
}

int result_code(Runtime *rt, int main_code) {
    const bool quiet = main_code >= 0 || main_code == CRIB_ECANCELLED;
    if (rt->begin_error) return rt->begin_error;
    if (rt->verdict == Verdict::interrupted && quiet && !rt->failure) return CRIB_EINTERRUPTED;
    if (rt->verdict == Verdict::deadlock) return CRIB_EDEADLOCK;
    if (rt->failure && quiet) return rt->failure->code;
    return main_code;
}

}  // namespace

Runtime *runtime_new(const RuntimeOptions &options) {
    void *p = mem_alloc(sizeof(Runtime));
    if (!p) return nullptr;
    memset(p, 0, sizeof(Runtime));
    Runtime *rt = new (p) Runtime;
    counted_init(*rt, Kind::runtime, 1);
    rt->holds.store(1);
    rt->tag = next_tag();
    rt->options = options;
    rt->hooks = &k_hooks;
    rt->nurseries = &rt->nursery_storage;
    rt->budget = options.strict ? 1 : options.budget;
    rt->strict = options.strict || options.clock != Clock::real || options.seed != 0;
    link_reset(rt->idle_waiters);
    rt->drops_tail = &rt->drops;
    rt->watched_tail = &rt->watched;
    entry_init(&rt->entry);
    value_set_drop(drop_anywhere);
    if (rt->stacks.init(options.stack_bytes) < 0) {
        runtime_unhold(rt);
        return nullptr;
    }
    return rt;
}

void runtime_hold(Runtime *rt) { rt->holds.fetch_add(1, std::memory_order_relaxed); }

void runtime_unhold(Runtime *rt) {
    if (rt->holds.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    rt->tasks.destroy();
    entry_destroy(&rt->entry);
    rt->handle = Kind::dead;
    mem_free(rt);
}

void runtime_close(Runtime *rt) {
    if (rt->uv) uv_driver_close(rt->uv);
    rt->uv = nullptr;
    entry_lock(&rt->entry);
    rt->deadlines.destroy();
    rt->scopes.destroy();
    rt->ops.destroy();
    rt->nursery_storage.destroy();
    if (rt->spare) rt->stacks.release(rt->spare);
    rt->stacks.destroy();
    // Ended tasks that the application still has handles of.
    rt->holds.fetch_add(static_cast<uint32_t>(rt->tasks.live()));
    rt->closed = true;
    entry_unlock(&rt->entry);
    runtime_unhold(rt);
}

int run_begin(Runtime *rt, const char *function, Drive drive, const TaskSpec &main, uv_loop_s *host) {
    int rc = may_begin(rt, function);
    if (rc == 0) rc = open_driver(rt, drive, host);
    if (rc < 0) {
        // Not by spec_destroy: the run that is in the way may be another thread's.
        if (main.kind == TaskKind::fiber && main.destroy) main.destroy(reinterpret_cast<void *>(main.data));
        if (main.kind == TaskKind::stackless && main.destroy_data) main.destroy_data(main.data);
        return rc;
    }
    rt->owner = thread_id();
    rt->process = getpid();
    // Until the queue is open, whoever has its lock may be releasing handles of earlier runs.
    entry_lock(&rt->entry);
    reset(rt, drive, main);
    rt->exceptions = exception_globals();
    rt->careful = rt->random != 0;
    context_init_thread(rt->loop);
    rt->now = driver_now(rt->driver);
    rt->polled_at = rt->now;
    rt->chance = chance_seed(*rt);
    current_scheduler = rt;
    rt->drive_active = true;
    entry_open(&rt->entry, rt->driver);
    entry_unlock(&rt->entry);
    if (!start_init(rt)) {
        rt->begin_error = -ENOMEM;
        rt->phase = Phase::over;
        spec_destroy(*rt, main);
    }
    interrupt_take(rt);
    overflow_take(rt);
    rt->outside = true;
    return 0;
}

// Takes in what is there and closes the queue, with its lock held: from then on handles that outlive the run belong to
// whoever has that.
static void close_entry(Runtime *rt) {
    constexpr int k_patience = 100;  // other threads may post as fast as this takes in
    for (int i = 0; i < k_patience; i++) {
        if (entry_pending(&rt->entry)) portal_drain(rt);
        entry_lock(&rt->entry);
        if (!entry_pending(&rt->entry)) break;
        if (i + 1 < k_patience) entry_unlock(&rt->entry);
    }
    entry_close(&rt->entry);
    while (entry_pending(&rt->entry)) portal_drain(rt);
}

int run_end(Runtime *rt) {
    rt->outside = false;
    // As much of the application's code as possible runs before the lock is taken for good.
    notices_discard(rt);
    if (rt->main && rt->main->refs.load() == 1) sched_drop(*rt, value_take(rt->main->result));
    close_entry(rt);
    notices_discard(rt);
    interrupt_give_back(rt);
    overflow_give_back(rt);
    const int code = result_code(rt, rt->main ? rt->main->code : 0);
    if (code < 0 && (!rt->failure || rt->failure->code != code)) {
        rt->failure = error_leaf_with_cause(code, nullptr, nullptr, rt->failure);
    }
    if (code < 0 && rt->failure->code != code) {
        error_unref(rt->failure);
        rt->failure = error_stand_in(code);
    }
    if (rt->main) task_release(rt->main);
    rt->main = nullptr;
    Error *failure = rt->failure;
    rt->failure = nullptr;
    rt->drive_active = false;
    current_scheduler = nullptr;
    entry_unlock(&rt->entry);
    set_last_error(code < 0 ? failure : nullptr);
    if (code >= 0) error_unref(failure);
    return code;
}

void run_condemn(Runtime *rt, Verdict verdict) {
    if (rt->verdict == Verdict::none) rt->verdict = verdict;
    const uint8_t source = verdict == Verdict::deadlock ? CRIB_SOURCE_DEADLOCK : CRIB_SOURCE_INTERRUPT;
    if (rt->main) task_cancel(rt->main, source, verdict == Verdict::deadlock ? "deadlock" : "interrupted");
}

}  // namespace crib
