// Sweeps: the same body again and again, disturbed at another place each time. Written on the public interface, but for
// what is counted and what is looked at when a round is over.
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "crib/testing.h"
#include "guard.hpp"
#include "testing/failing_memory.hpp"
#include "testing/followed.hpp"

using namespace crib;

namespace {

struct Round {
    uint64_t at;      // 0 = undisturbed
    uint32_t when;    // one CRIB_SWEEP_
    bool began;       // the body
    bool reached;     // the place came
    bool disturbed;   // and what was to happen there did
    int code;         // of the run
    uint64_t points;  // cancel points so far
    crib_scope *scope;
    crib_task *supervisor;  // while it is parked
    int64_t live;           // blocks of memory before
};

struct Sweep {
    crib_sweep spec;
    crib_sweep_report report;
    uint32_t kinds;    // CRIB_SWEEP_ that apply
    crib_body_fn run;  // the main body of a round; its user data is the sweep
    Round round;
    std::atomic<uint32_t> misuses;
    char misuse[160];  // the first
};

// Cancel points, the watch for misuse and values find the sweep by this.
constinit Sweep sweep = {};
constinit std::atomic<bool> going_on = false;

/* ---- what a round is disturbed by */

// Where the scope is closed by now there is nothing to disturb.
void cancel_scope() {
    Round &r = sweep.round;
    if (crib_scope_state(r.scope) == CRIB_SCOPE_CLOSED) return;
    char reason[64];
    snprintf(reason, sizeof reason, "cancel point %llu of a sweep", static_cast<unsigned long long>(r.at));
    r.disturbed = true;
    crib_scope_cancel(r.scope, reason);
}

void count_cancel_point() {
    Round &r = sweep.round;
    if (++r.points != r.at) return;
    r.reached = true;
    if (r.when == CRIB_SWEEP_AT) return cancel_scope();
    crib_task *t = r.supervisor;
    r.supervisor = nullptr;
    if (t) crib_unpark(t, 0, nil());
}

bool stop_supervising(crib_op *, void *) {
    sweep.round.supervisor = nullptr;
    return true;
}

// A system task, so that it is outside what is cancelled: does so some time after the cancel point.
int supervise(void *) {
    Round &r = sweep.round;
    int rc = 0;
    if (!r.reached) {
        r.supervisor = crib_task_current();
        rc = crib_park(stop_supervising, nullptr, "the sweep's cancel point", nullptr);
    }
    if (rc == 0 && r.when == CRIB_SWEEP_BLOCKED) rc = crib_wait_all_tasks_blocked(0);
    if (rc == 0) cancel_scope();
    return rc;
}

// The supervisor is there in every round, so that rounds differ in nothing before the cancel.
int run_counted(void *) {
    Round &r = sweep.round;
    int rc = crib_runtime_spawn_system_task(nullptr, "<sweep>", supervise, nullptr, nullptr);
    if (rc == 0) rc = crib_cancel_shielded_checkpoint();
    r.scope = rc == 0 ? crib_scope_open(nullptr) : nullptr;
    if (!r.scope) return -ENOMEM;
    current_scheduler->cancel_point = count_cancel_point;
    scope_count(find_scope(*current_runtime(), r.scope));
    r.began = true;
    return crib_scope_close(r.scope, sweep.spec.body(sweep.spec.user_data), nullptr);
}

int run_plainly(void *) {
    sweep.round.began = true;
    return sweep.spec.body(sweep.spec.user_data);
}

/* ---- what must hold after it */

void note_misuse(const char *message) {
    if (sweep.misuses.fetch_add(1) == 0) snprintf(sweep.misuse, sizeof sweep.misuse, "%s", message);
}

__attribute__((format(printf, 1, 2))) int does_not_hold(const char *format, ...) {
    crib_sweep_report &report = sweep.report;
    report.round = report.rounds;
    report.at = sweep.round.at;
    report.when = sweep.round.when;
    report.code = sweep.round.code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report.message, sizeof report.message, format, arguments);
    va_end(arguments);
    return CRIB_EMISUSE;
}

bool may_end_with(int code) {
    if (code >= 0) return true;
    if (code == CRIB_EMISUSE || code == CRIB_EDEADLOCK || code == CRIB_EINTERRUPTED) return false;
    if (sweep.spec.wants_error) return true;
    const bool is_allocation = sweep.round.when & (CRIB_SWEEP_ALONE | CRIB_SWEEP_ONWARD);
    return is_allocation && sweep.round.disturbed && code == -ENOMEM;
}

int judge_code() {
    const int code = sweep.round.code;
    const crib_error *tree = sweep.round.began ? crib_error_current() : nullptr;
    if (code < 0 && sweep.round.began && crib_error_code(tree) != code) {
        return does_not_hold("the run returned %s, and its error is %s", crib_error_name(code),
                             crib_error_name(crib_error_code(tree)));
    }
    if (may_end_with(code)) return 0;
    return does_not_hold("the run returned %s (%d): %s", crib_error_name(code), code,
                         tree ? crib_error_message(tree) : crib_error_text(code));
}

// What the application has a handle of, and what only the library knows.
int judge_handles(const Runtime *rt) {
    const size_t tasks = rt->tasks.live();
    const size_t others = rt->holds.load() - 1;
    if (tasks + others > 0) {
        return does_not_hold("handles of the run are left: %zu of tasks, %zu of channels, portals and others", tasks,
                             others);
    }
    const size_t blocks = rt->scopes.live() + rt->ops.live() + rt->nursery_storage.live() + rt->deadlines.count();
    const size_t stacks = rt->stacks.statistics().live - (rt->spare ? 1 : 0);
    if (blocks + stacks + rt->living + rt->expectations == 0) return 0;
    return does_not_hold("the library kept %zu blocks, %zu stacks, %zu tasks and %u expectations of the run", blocks,
                         stacks, static_cast<size_t>(rt->living), rt->expectations);
}

int judge_values() {
    const FollowedSum sum = followed_settle();
    const long long number = sum.number;
    if (sum.left > 0) return does_not_hold("value %lld was never dropped; such values: %u", number, sum.left);
    if (sum.twice == 0) return 0;
    return does_not_hold("value %lld was dropped more than once; such values: %u", number, sum.twice);
}

int judge_memory() {
    if (!(sweep.kinds & CRIB_SWEEP_ALONE)) return 0;
    const long long left = failing_memory_live() - sweep.round.live;
    // What the library keeps for good is taken in the first round.
    if (left <= 0 || sweep.round.at == 0) return 0;
    return does_not_hold("%lld blocks of memory are left", left);
}

int judge_run(const Runtime *rt) {
    if (sweep.misuses.load() > 0) return does_not_hold("misuse: %s", sweep.misuse);
    const int rc = judge_code();
    if (rc < 0 || !rt) return rc;
    if (rt->broken_locks > 0) return does_not_hold("a lock is left broken: its owner ended without releasing it");
    return judge_handles(rt);
}

// After the runtime is gone, and the tree its run may have failed with.
int judge_rest() {
    set_last_error(nullptr);
    int rc = judge_values();
    if (rc == 0) rc = judge_memory();
    if (rc < 0 || !sweep.spec.check || !sweep.round.began) return rc;
    rc = sweep.spec.check(sweep.spec.user_data);
    return rc < 0 ? does_not_hold("check returned %s (%d)", crib_error_name(rc), rc) : 0;
}

/* ---- the rounds */

crib_runtime *make_runtime() {
    crib_runtime_options options = {};
    options.size = sizeof options;
    options.mock_clock = 2;
    options.seed = sweep.spec.seed;
    options.budget = sweep.spec.budget;
    return crib_runtime_new(&options);
}

void arm() {
    sweep.misuses.store(0);
    sweep.round.live = failing_memory_live();
    if (sweep.kinds & CRIB_SWEEP_ALONE) failing_memory_arm(sweep.round.at, sweep.round.when == CRIB_SWEEP_ONWARD);
}

void disarm() {
    if (!(sweep.kinds & CRIB_SWEEP_ALONE)) return;
    sweep.round.reached = sweep.round.disturbed = failing_memory_disarm();
}

int play_round(uint64_t at, uint32_t when) {
    Round &r = sweep.round;
    r = Round{};
    r.at = at;
    r.when = when;
    arm();
    crib_runtime *rt = make_runtime();
    r.code = rt ? crib_runtime_run(rt, sweep.run, nullptr, nullptr) : -ENOMEM;
    disarm();
    if (!r.began && !r.reached) {
        crib_unref(rt);
        return r.code;  // there was no memory for the sweep itself
    }
    sweep.report.rounds++;
    sweep.report.disturbed += r.disturbed;
    int rc = judge_run(reinterpret_cast<Runtime *>(rt));
    crib_unref(rt);
    if (rc == 0) return judge_rest();
    followed_settle();
    return rc;
}

// One place in all ways that are left; `*kinds` loses those whose round is over before it came.
int play_place(uint64_t at, uint32_t *kinds) {
    const uint64_t most = sweep.spec.most ? sweep.spec.most : 100000;
    for (uint32_t when = 1; when < CRIB_SWEEP_ALL; when <<= 1) {
        if (!(when & *kinds)) continue;
        if (sweep.report.rounds == most) return -E2BIG;
        const int rc = play_round(at, when);
        if (rc < 0) return rc;
        if (!sweep.round.reached) *kinds &= ~when;
    }
    return 0;
}

int play_all() {
    const uint64_t step = sweep.spec.step ? sweep.spec.step : 1;
    uint32_t kinds = sweep.kinds;
    int rc = play_round(0, 0);
    for (uint64_t at = 1; rc == 0 && kinds; at += step) rc = play_place(at, &kinds);
    return rc;
}

/* ---- arguments */

int read_spec(const crib_sweep *given, uint32_t kinds) {
    crib_sweep &spec = sweep.spec;
    if (!given || !copy_options(&spec, given)) return -EINVAL;
    const uint32_t when = spec.when ? spec.when : CRIB_SWEEP_ALL;
    sweep.kinds = when & kinds;
    const bool bad =
        !spec.body || (when & ~CRIB_SWEEP_ALL) || !sweep.kinds || !is_flag(spec.wants_error) || spec.reserved != 0;
    return bad ? -EINVAL : 0;
}

void give_report(crib_sweep_report *to) {
    if (!to) return;
    const size_t size = to->size;
    sweep.report.size = size;
    memcpy(static_cast<void *>(to), &sweep.report, size < sizeof *to ? size : sizeof *to);
}

int sweep_through(const char *function, const crib_sweep *given, uint32_t kinds, crib_sweep_report *report) {
    if (current_scheduler) return diag_misuse(function, current_name(), "called inside a run");
    if (report && report->size < sizeof report->size) return -EINVAL;
    if (going_on.exchange(true)) return diag_misuse(function, nullptr, "another sweep is going on");
    sweep.report = crib_sweep_report{};
    int rc = read_spec(given, kinds);
    if (rc == 0) {
        const bool fails_memory = kinds & CRIB_SWEEP_ALONE;
        sweep.run = fails_memory ? run_plainly : run_counted;
        if (fails_memory) {
            set_last_error(nullptr);
            failing_memory_begin();
        }
        diag_watch(note_misuse);
        rc = play_all();
        diag_watch(nullptr);
        if (fails_memory) failing_memory_end();
    }
    give_report(report);
    going_on.store(false);
    return rc;
}

}  // namespace

extern "C" {

int crib_sweep_cancels(const crib_sweep *given, crib_sweep_report *report) {
    constexpr uint32_t kinds = CRIB_SWEEP_AT | CRIB_SWEEP_AFTER | CRIB_SWEEP_BLOCKED;
    return sweep_through("crib_sweep_cancels", given, kinds, report);
}

int crib_sweep_allocations(const crib_sweep *given, crib_sweep_report *report) {
    return sweep_through("crib_sweep_allocations", given, CRIB_SWEEP_ALONE | CRIB_SWEEP_ONWARD, report);
}

crib_value crib_sweep_value(int64_t number) { return going_on.load() ? followed_new(number) : nil(); }

int64_t crib_sweep_number(crib_value v, int64_t if_not) { return followed_number(v, if_not); }
}
