// What a run does between tasks: look at the clock, the entry queue and the event loop, and wait when nothing is ready.
#include "base/diag.hpp"
#include "run/handles.hpp"
#include "run/portal.hpp"
#include "run/runtime.hpp"
#include "sched/wait.hpp"

namespace crib {

namespace {

// Default mode promises that I/O, posts and deadlines are noticed within 64 passes and 200 us of CPU time.
constexpr uint32_t k_most_passes = 64;
constexpr uint32_t k_most_steps = 64;
constexpr int64_t k_longest = 100'000;

// More tasks than this at once may leave more stacks behind than are worth keeping.
constexpr uint64_t k_crowd = 1024;

constexpr int64_t k_do_not_wait = INT64_MIN;

bool has_ready(const Runtime *rt) { return rt->ready.head || rt->handoff; }

// Who drives the run from outside is to hear of cancelled scopes and dropped values also when that wakes no task.
bool has_notices(const Runtime *rt) { return rt->drive == Drive::poll && (rt->watched || rt->drops); }

bool idle_wait_abort(Op *op) {
    link_remove(op->link);
    op->value = nil();
    return true;
}
constexpr WaitKind k_all_blocked = {"all tasks to be blocked", idle_wait_abort, nullptr, false};

// The cushion of a waiter travels in its value until it wakes.
int64_t cushion_of(const Op *op) { return value_as_int(op->value, 0); }

int64_t least_cushion(Runtime *rt) {
    int64_t least = k_forever;
    for (Link *l = rt->idle_waiters.next; l != &rt->idle_waiters; l = l->next) {
        const int64_t cushion = cushion_of(op_of_link(l));
        if (cushion < least) least = cushion;
    }
    return least;
}

void wake_idle_waiters(Runtime *rt, int64_t cushion) {
    for (Link *l = rt->idle_waiters.next; l != &rt->idle_waiters;) {
        Op *op = op_of_link(l);
        l = l->next;
        if (cushion_of(op) != cushion) continue;
        link_remove(op->link);
        op_complete(op, 0);
    }
}

void poll(Runtime *rt, int64_t until) {
    const bool may_wait = until > rt->now;
    rt->outside = true;
    if (may_wait && rt->before_poll) rt->before_poll(rt->poll_data);
    driver_poll(rt->driver, until);
    if (may_wait && rt->after_poll) rt->after_poll(rt->poll_data);
    rt->outside = false;
    rt->passes = 0;
    rt->polls++;
}

// Refreshes the clock and wakes what it, other threads and signals have to say.
void look(Runtime *rt) {
    rt->now = driver_now(rt->driver);
    if (!rt->deadlines.empty() && rt->deadlines.first_time() <= rt->now) expire_deadlines(*rt);
    if (entry_pending(&rt->entry)) portal_drain(rt);
    if (rt->interrupts.load(std::memory_order_acquire) > 0 && rt->verdict == Verdict::none) {
        run_condemn(rt, Verdict::interrupted);
    }
}

bool can_deadlock(const Runtime *rt) {
    if (rt->drive == Drive::guest || rt->drive == Drive::hosted) return false;
    return rt->expectations == 0 && !driver_expects(rt->driver);
}

int64_t saturating_sum(int64_t time, int64_t ns) { return ns > k_forever - time ? k_forever : time + ns; }

// Nothing is ready, nothing came: the time to wait until, or k_do_not_wait when that changed here.
int64_t idle_until(Runtime *rt, bool block) {
    const bool mock = rt->options.clock != Clock::real;
    const int64_t deadline = rt->deadlines.empty() ? k_forever : rt->deadlines.first_time();
    if (!link_alone(rt->idle_waiters)) {
        const int64_t cushion = least_cushion(rt);
        const int64_t due = saturating_sum(rt->idle_since, cushion);
        if (mock || due <= rt->now) {
            wake_idle_waiters(rt, cushion);
            return k_do_not_wait;
        }
        return due < deadline ? due : deadline;
    }
    if (rt->options.clock == Clock::autojump && deadline != k_forever) {
        mock_driver_jump_to(&rt->mock, deadline);
        return k_do_not_wait;
    }
    const bool deadline_comes = deadline != k_forever && rt->options.clock != Clock::manual;
    // Whoever only looks may be about to begin something.
    if (deadline_comes || !block || !can_deadlock(rt)) return deadline;
    // What other threads and signals have handed in already may wake somebody.
    if (entry_pending(&rt->entry) || (rt->interrupts.load() > 0 && rt->verdict == Verdict::none)) return k_do_not_wait;
    return deadlock_step(rt) ? k_do_not_wait : deadline;
}

// Blocks, but wakes now and then while there are stacks of an earlier crowd to give back.
void wait_until(Runtime *rt, int64_t until) {
    constexpr int64_t k_lull = 100'000'000;
    constexpr unsigned k_trim_steps = 64;
    const bool long_wait = rt->options.clock == Clock::real && until - rt->now > k_lull;
    if (!long_wait || !rt->stacks_to_trim) return poll(rt, until);
    poll(rt, rt->now + k_lull);
    rt->now = driver_now(rt->driver);
    if (!has_ready(rt)) rt->stacks_to_trim = rt->stacks.trim(k_trim_steps);
}

// Waits until something is ready, or with `block` false only looks whether anything is.
void idle(Runtime *rt, bool block) {
    if (rt->idle_since == 0) rt->idle_since = rt->now;
    // I/O that is there already comes before anything that is due to idleness.
    const bool peek = !block || rt->options.clock != Clock::real || !link_alone(rt->idle_waiters);
    if (peek) {
        poll(rt, 0);
        look(rt);
    }
    while (!has_ready(rt) && !has_notices(rt)) {
        const int64_t until = idle_until(rt, block);
        if (until != k_do_not_wait) {
            if (!block) return;
            if (until > rt->now) wait_until(rt, until);
        }
        look(rt);
    }
}

// How many steps may go by before the next look, from how long the last ones took.
void adapt_quota(Runtime *rt, uint32_t steps, int64_t took) {
    if (took <= 0 || steps == 0) {
        rt->quota = k_most_steps;
        return;
    }
    const int64_t fit = k_longest * steps / took;
    rt->quota = fit < 1 ? 1 : fit > k_most_steps ? k_most_steps : static_cast<uint32_t>(fit);
}

bool poll_is_due(const Runtime *rt) {
    return rt->strict || rt->passes >= k_most_passes || rt->now - rt->polled_at >= k_longest;
}

// The tasks that are ready now, in seeded or strict runs; a quota of steps otherwise.
void run_batch(Runtime *rt, uint32_t most) {
    const size_t ready = rt->ready_count + (rt->handoff ? 1 : 0);
    const size_t wanted = rt->strict ? rt->ready_count : rt->quota;
    rt->left = wanted < most ? static_cast<uint32_t>(wanted) : most;
    rt->pass_last = rt->random && rt->ready.head ? rt->ready.tail : nullptr;
    const uint32_t planned = rt->left;
    run_ready(*rt);
    const uint32_t steps = planned - rt->left;
    rt->switches += steps;
    rt->idle_since = 0;
    if (rt->living > k_crowd) rt->stacks_to_trim = true;
    rt->passes += ready ? static_cast<uint32_t>(steps / ready) + 1 : 1;
    if (rt->strict) return;
    const int64_t before = rt->now;
    rt->now = driver_now(rt->driver);
    adapt_quota(rt, steps, rt->now - before);
}

}  // namespace

int64_t run_next_time(Runtime *rt) {
    if (has_ready(rt) || entry_pending(&rt->entry)) return k_do_not_wait;
    const bool waited_for = !link_alone(rt->idle_waiters);
    const int64_t deadline = rt->deadlines.empty() ? k_forever : rt->deadlines.first_time();
    if (rt->options.clock != Clock::real) {
        const bool moves = waited_for || (rt->options.clock == Clock::autojump && deadline != k_forever);
        return moves || deadline <= driver_now(rt->driver) ? k_do_not_wait : k_forever;
    }
    if (!waited_for) return deadline;
    if (rt->idle_since == 0) return k_do_not_wait;
    const int64_t due = saturating_sum(rt->idle_since, least_cushion(rt));
    return due < deadline ? due : deadline;
}

int begin_wait_all_tasks_blocked(Op *op, int64_t cushion) {
    const int rc = op_check(op);
    if (rc < 0) return op_immediate(op, rc);
    Runtime *rt = runtime_of(op->task->sched);
    op->value = value_int(cushion);
    if (rt->outside) driver_kick(rt->driver);
    link_append(rt->idle_waiters, op->link);
    return op_park(op, &k_all_blocked, nullptr);
}

void run_open_main(Runtime *rt) {
    rt->outside = false;
    rt->left = 1;
    run_ready(*rt);
    rt->outside = true;
}

void run_to_end(Runtime *rt) {
    rt->outside = false;
    while (rt->phase != Phase::over) {
        if (!has_ready(rt)) {
            idle(rt, true);
        } else if (poll_is_due(rt)) {
            poll(rt, 0);
            rt->polled_at = rt->now;
        }
        look(rt);
        run_batch(rt, UINT32_MAX);
    }
    rt->outside = true;
}

bool run_round(Runtime *rt, uint32_t steps) {
    rt->outside = false;
    if (!has_ready(rt)) {
        idle(rt, false);
    } else {
        poll(rt, 0);
    }
    uint32_t done = 0;
    while (rt->phase != Phase::over && has_ready(rt) && done < steps) {
        look(rt);
        const uint64_t before = rt->switches;
        run_batch(rt, steps - done);
        done += static_cast<uint32_t>(rt->switches - before) + 1;
    }
    rt->outside = true;
    return rt->phase != Phase::over;
}

size_t run_poll_ready(Runtime *rt, crib_ready *out, size_t n, bool wait) {
    if (!rt->drive_active || n == 0) return 0;
    rt->outside = false;
    rt->records = out;
    rt->record_room = n;
    rt->handed = 0;
    hand_out_notices(rt);
    while (rt->handed == 0 && rt->phase != Phase::over) {
        if (!has_ready(rt)) {
            idle(rt, wait);
        } else if (poll_is_due(rt)) {
            poll(rt, 0);
            rt->polled_at = rt->now;
        }
        look(rt);
        hand_out_notices(rt);
        if (!has_ready(rt)) break;
        run_batch(rt, UINT32_MAX);
        hand_out_notices(rt);
    }
    const size_t count = rt->handed;
    rt->handed = 0;
    rt->records = nullptr;
    rt->record_room = 0;
    rt->outside = true;
    return count;
}

}  // namespace crib
