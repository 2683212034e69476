/* Runtimes and runs. A runtime belongs to the OS thread that first enters it, owns one event loop, and runs one main
 * task at a time; a thread may make one run after another, and several threads may each have theirs.
 *
 * A run: the init task opens the system nursery and the main nursery; the main task starts; when it has ended, system
 * tasks are cancelled (source "shutdown") and awaited, posted calls are run, and everything is released
 * (statement 112). The run returns what the main task returned, or the code of a system task that failed when main did
 * not; the tree is crib_error_current().
 *
 * If nothing can run or ever become ready (no deadline that comes by itself, no I/O, no open portal or expectation) the
 * run is deadlocked, and returns CRIB_EDEADLOCK after these steps, each taken only if it is still stuck: every waiting
 * task is reported with what it waits on, and main is cancelled (source "deadlock"); shields are lowered and everything
 * is cancelled; waits that no cancel ends (crib_park without abort, a condition's for its lock, a stackless task that
 * begins nothing) are ended with CRIB_EDEADLOCK, one after another. A guest or hosted run is never taken for
 * deadlocked: its host may wake it.
 *
 * SIGINT: a run begun by crib_run or crib_runtime_run(_stackless) on the process's main thread takes it while the
 * action is the default; the first one cancels the main task (source "interrupt"), the second one is left to the action
 * that was there before. Forking: the child may only exec. */
#ifndef CRIB_RUNTIME_H
#define CRIB_RUNTIME_H

#include "crib/op.h"
#include "crib/task.h"
#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
typedef struct crib_runtime_options {
    size_t size;        /* sizeof(crib_runtime_options); an unknown non-zero tail is UV_EINVAL */
    uint64_t seed;      /* schedule order; 0 = FIFO */
    size_t stack_bytes; /* per fiber; 0 = 64 KiB; up to 1 GiB, rounded up to a size class of at least 16 KiB */
    uint32_t budget;    /* operations between forced yields; 0 = 64 */
    int32_t strict;     /* 0 or 1: Trio's rules to the letter: budget 1, poll and clock every pass */
    int32_t interrupt;  /* 0; 1: take SIGINT, whatever the thread and action; -1: never */
    int32_t mock_clock; /* virtual time; 0 = none, 1 = manual, 2 = autojump; it and a seed poll every pass too */
} crib_runtime_options;

#define CRIB_READY_RESUME          1u /* data: the task's; op_id, status, value: of the op that completed (0 at first) */
#define CRIB_READY_SCOPE_CANCELLED 2u /* data: given to crib_scope_watch */
#define CRIB_READY_DROP            3u /* value: nobody took it */
typedef struct crib_ready {
    uint64_t data;
    uint64_t op_id;
    uint64_t value;  /* crib_value.p */
    uint64_t vtable; /* crib_value.vt */
    int32_t status;
    uint32_t kind; /* CRIB_READY_... */
} crib_ready;
#endif

/** The library's version, "major.minor.patch".
 * Returns: a static string.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_version(void);

/** The library's version as CRIB_VERSION_HEX of its headers.
 * Returns: 0xMMmmpp.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API uint32_t crib_version_hex(void);

/* Memory functions, all three required; `resize` gets NULL for a new block. Must be thread-safe. */
typedef struct crib_allocator {
    size_t size; /* sizeof(crib_allocator) */
    void *(*alloc)(size_t bytes, void *user_data);
    void *(*resize)(void *p, size_t bytes, void *user_data);
    void (*free)(void *p, void *user_data);
    void *user_data;
} crib_allocator;

/** Makes the library take all its memory (but stacks, which are mapped) from these functions; NULL = malloc.
 * Returns: 0; UV_EINVAL if a function is missing.
 * Owns: copies the struct.
 * Context: any thread, before the first other call of the library or when nothing of it is in use.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_set_allocator(const crib_allocator *allocator);

/** Runs `body(user_data)` as the main task of a new run with default options, until it and everything it started
 * have ended.
 * Returns: what the body returned, its code if it failed (the tree: crib_error_current); the code of a system task
 * that failed, or CRIB_EINTERRUPTED after a SIGINT, if nothing else did; CRIB_EDEADLOCK; CRIB_EMISUSE while this thread
 * has a run; UV_EINVAL without a body; UV_ENOMEM and other system codes if the run could not begin.
 * Owns: `user_data` stays the caller's.
 * Context: any thread, outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_run(crib_body_fn body, void *user_data);

/** Makes a runtime; NULL options = all defaults. The event loop is made when it is first entered.
 * Returns: the runtime; NULL without memory, or for an option that is unknown or out of range.
 * Owns: the caller owns the handle and releases it by crib_unref, outside its runs (during one it is kept).
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_runtime *crib_runtime_new(const crib_runtime_options *options);

/** Runs `body(user_data)` as the main task; may be called again when it is over.
 * Returns: as crib_run; CRIB_EMISUSE during a run of this runtime, in a thread other than the one that entered it
 * first, and in a forked child.
 * Owns: `destroy` (may be NULL) runs exactly once, also when this fails.
 * Context: outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_runtime_run(crib_runtime *rt, crib_body_fn body, void *user_data, crib_destroy_fn destroy);

/** Runs a stackless main task, blocking until the run is over. `name` NULL = "main".
 * Returns: as crib_runtime_run; UV_EINVAL without `resume`.
 * Owns: as crib_nursery_start_stackless.
 * Context: outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_runtime_run_stackless(crib_runtime *rt, const char *name, crib_resume_fn resume, uintptr_t data,
                                        void (*destroy)(uintptr_t));

/** Begins a run with a stackless main task that is driven by crib_runtime_poll_ready. `name` NULL = "main"; `resume`
 * NULL: it is handed out.
 * Returns: 0, with the main task in `*main_task` (borrowed; may be NULL; stays NULL if there was no memory for it,
 * which crib_runtime_finish reports); as crib_runtime_run if the run could not begin.
 * Owns: as crib_nursery_start_stackless.
 * Context: outside runs.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_start_stackless(crib_runtime *rt, const char *name, crib_resume_fn resume, uintptr_t data,
                                          void (*destroy)(uintptr_t), crib_task **main_task);

#define CRIB_POLL_NOWAIT 1u /* do not wait for anything to become ready */

/** Drives a run from outside: runs what is native (fibers, tasks with a resume function) and hands out the rest, in
 * order, at most `n` records. A resumed op's result is in the record: the op is idle again.
 *
 * A record of a task or op that ended since is not handed out; within a batch, records of a task that an earlier
 * record of the same batch made end are to be skipped by their op_id (crib_op_id no longer equals it). Cancelled scopes
 * and dropped values come before the tasks of a batch. With CRIB_POLL_NOWAIT nothing is taken for a deadlock.
 * Returns: how many records; 0 when the run is over (see crib_runtime_finish), for n = 0 or another kind of run or,
 * with CRIB_POLL_NOWAIT, if none is ready.
 * Owns: the caller owns the records' values; `out` is only used during the call.
 * Context: the runtime's thread, outside tasks.
 * Cancel point: never. Schedules: runs tasks.
 * Since: 0.1 */
CRIB_API size_t crib_runtime_poll_ready(crib_runtime *rt, crib_ready *out, size_t n, uint32_t flags);

/** Whether a run of the runtime is still going on, of whatever kind.
 * Returns: true from the start until the run is over.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API bool crib_runtime_active(const crib_runtime *rt);

/** The result of a run begun by crib_runtime_start_stackless that is over.
 * Returns: as crib_runtime_run; CRIB_EBUSY while it goes on; CRIB_EMISUSE if there is none, or it was asked for before.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_finish(crib_runtime *rt);

/** The runtime of this thread's run; a guest or hosted run, or one driven by crib_runtime_poll_ready, is the thread's
 * from its start until it is over, also while the host runs.
 * Returns: borrowed; NULL outside a run.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 113) */
CRIB_API crib_runtime *crib_runtime_current(void);

/** Starts a system task: a fiber that outlives main and is cancelled when main has ended. Its failure cancels main
 * and is reported with the run's result (statement 111, D12).
 * Returns: 0; CRIB_ERUNFINISHED when main has ended; CRIB_EMISUSE outside that run; as crib_nursery_start_soon.
 * Owns: as crib_nursery_start_soon.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 112) */
CRIB_API int crib_runtime_spawn_system_task(crib_runtime *rt, const char *name, crib_body_fn body, void *user_data,
                                            crib_destroy_fn destroy);

typedef struct crib_statistics {
    size_t size; /* sizeof(crib_statistics), set by the caller */
    uint64_t tasks_living;
    uint64_t tasks_ready;
    uint64_t tasks_spawned; /* since the run began */
    uint64_t switches;      /* tasks scheduled since the run began, without the batch under way */
    uint64_t polls;         /* of the event loop since the run began */
    int64_t next_deadline;  /* absolute; CRIB_FOREVER = none */
    uint64_t stacks_live;
    uint64_t stacks_free; /* kept for reuse */
    uint64_t stack_bytes; /* of address space mapped for stacks */
    uint64_t task_bytes;  /* of memory for task control blocks */
} crib_statistics;

/** Fills in counters of a run, of the last one if none is going on.
 * Returns: 0; UV_EINVAL if `out` is NULL or `out->size` smaller than what the library knows; CRIB_EMISUSE outside a run
 * with `rt` NULL.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_statistics(crib_runtime *rt, crib_statistics *out);

/** Writes the tree of nurseries and tasks, with names, states and what each waits on, to a file descriptor.
 * Returns: 0; CRIB_EMISUSE if no run is going on; a system code.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S0.6) */
CRIB_API int crib_runtime_dump(crib_runtime *rt, int fd);

/** Says that a wake-up may come from something the library cannot see, so that a wait is not taken for a deadlock.
 * Returns: a counted handle; NULL without memory or if no run is going on.
 * Owns: the caller owns it and ends the expectation with crib_unref. `what` (for people) is not copied.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_expectation *crib_runtime_expect(crib_runtime *rt, const char *what);

/** Cancels one operation by the number crib_op_id gave for it, soon; one that has completed is left alone.
 * Returns: 0; CRIB_ERUNFINISHED; UV_ENOMEM; CRIB_EMISUSE without `rt`.
 * Context: any thread, while the caller keeps the runtime alive.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_cancel_op(crib_runtime *rt, uint64_t op_id);

/** Sets functions (NULL: none) called around a poll that may block, so that a binding can let go of its interpreter's
 * lock.
 * Returns: 0; CRIB_EBUSY during a run; CRIB_EMISUSE without `rt`.
 * Owns: `user_data` stays the caller's.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_set_poll_hooks(crib_runtime *rt, void (*before)(void *user_data),
                                         void (*after)(void *user_data), void *user_data);

#ifdef __cplusplus
}
#endif
#endif
