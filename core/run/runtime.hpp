// A runtime: the scheduler, its driver, and everything a run needs around them.
//
// Life of a run (statement 112): begin → init task opens the system nursery and, inside it, the main nursery → main runs
// → main's nursery closes → system tasks are cancelled and awaited → the entry queue is closed and drained → end.
// Memory: the application's handle keeps the runtime usable; `holds` keeps its memory for handles that outlive it
// (tasks, portals, ends of channels).
#pragma once

#include <sys/types.h>

#include <atomic>

#include "channel/channel.hpp"
#include "crib/runtime.h"
#include "loop/uv_driver.hpp"
#include "nursery/start.hpp"
#include "sched/mock_driver.hpp"

namespace crib {

struct Portal;

enum class Drive : uint8_t { own, poll, guest, hosted };
enum class Phase : uint8_t { none, main, system, over };
enum class Clock : uint8_t { real, manual, autojump };
// Why a run ends with another code than main's.
enum class Verdict : uint8_t { none, interrupted, deadlock };

using DoneFn = void (*)(int result, void *user_data);
using HookFn = void (*)(void *user_data);

struct RuntimeOptions {
    uint64_t seed;
    size_t stack_bytes;
    uint32_t budget;
    bool strict;
    int interrupt;
    Clock clock;
};

struct Runtime : Counted, Scheduler {
    std::atomic<uint32_t> holds;  // on the memory: the application's handle counts as one
    uint32_t tag;                 // in the ids of its handles
    RuntimeOptions options;
    pid_t owner;        // OS thread that first entered it; 0 = none yet
    pid_t process;      // a forked child must not go on
    bool drive_active;  // a run is going on
    bool closed;        // the application gave up its handle
    UvDriver *uv;       // own loop, kept between runs
    UvDriver *hosted;   // on a host's loop, for one run
    MockDriver mock;
    NurserySlab nursery_storage;

    Drive drive;
    Phase phase;
    Verdict verdict;
    uint8_t deadlock_steps;
    TaskSpec main_spec;
    Task *init;
    Task *main;  // referenced while a run goes on
    Nursery *system;
    Nursery *main_nursery;
    Error *failure;   // of main, then of the whole run
    int begin_error;  // the init task could not set things up

    Portal *portals;
    uint64_t chance;    // state of the numbers that compositions draw
    Link idle_waiters;  // ops in wait_all_tasks_blocked
    int64_t idle_since;
    std::atomic<int> interrupts;  // SIGINTs taken
    bool stacks_to_trim;          // a crowd has run since the last lull
    bool took_sigint;
    bool took_overflow;

    uint32_t passes;  // since the last poll
    int64_t polled_at;
    uint32_t quota;  // steps to the next look
    uint64_t polls;
    HookFn before_poll;
    HookFn after_poll;
    void *poll_data;

    crib_ready *records;  // of the poll_ready call under way
    size_t record_room;
    ScopeLink *watched;  // watches that fired and wait to be handed out
    ScopeLink **watched_tail;

    int hosted_result;  // until the last handle on the host's loop is closed
    DoneFn done;        // guest and hosted
    void *done_data;
};

inline Runtime *runtime_of(Scheduler *s) { return static_cast<Runtime *>(s); }

Runtime *runtime_new(const RuntimeOptions &options);  // nullptr without memory
// The application gives up its handle. Not during a run.
void runtime_close(Runtime *rt);
void runtime_hold(Runtime *rt);
void runtime_unhold(Runtime *rt);

// Makes the runtime current and its init task ready. The spec is consumed in every case. `host` is for Drive::hosted.
// `function` is the public one, for messages.
int run_begin(Runtime *rt, const char *function, Drive drive, const TaskSpec &main, uv_loop_s *host);
// Runs the init task's first step, so that there is a main task.
void run_open_main(Runtime *rt);
// Blocks until the run is over.
void run_to_end(Runtime *rt);
// One round without blocking: false when the run is over.
bool run_round(Runtime *rt, uint32_t steps);
// When the next round has something to do without anything coming from outside: INT64_MIN = now, k_forever = never.
int64_t run_next_time(Runtime *rt);
// After the run is over: releases everything, and returns its result; the tree goes to last_error.
int run_end(Runtime *rt);

// Ends main with a verdict.
void run_condemn(Runtime *rt, Verdict verdict);

int begin_wait_all_tasks_blocked(Op *op, int64_t cushion);

// Set by hand_out.cpp: the scheduler gives a task without resume function to the caller of poll_ready.
bool hand_out(Scheduler *s, Op *op);
size_t run_poll_ready(Runtime *rt, crib_ready *out, size_t n, bool wait);

// The tree of this thread's last run.
Error *last_error();
void set_last_error(Error *e);
// This thread's one leaf that needs no memory, for a run whose real error could not be made.
Error *error_stand_in(int code);

// interrupt.cpp
void interrupt_take(Runtime *rt);
void interrupt_give_back(Runtime *rt);
// overflow reporting, for the thread of a run
void overflow_take(Runtime *rt);
void overflow_give_back(Runtime *rt);

// report.cpp
void report_deadlock(Runtime *rt);
// deadlock.cpp: nothing can wake any task. False when nothing more can be done about it.
bool deadlock_step(Runtime *rt);
int dump_tree(Runtime *rt, int fd);

// guest.cpp: a turn of a run on a host's loop
void hosted_turn(void *runtime);

}  // namespace crib
