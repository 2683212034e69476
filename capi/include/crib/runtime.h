/* Runtimes and runs. A runtime belongs to the OS thread that first enters it, owns one event loop, and runs one main
 * task at a time; a thread may make one run after another, and several threads may each have theirs.
 *
 * A run: the init task opens the system nursery and the main nursery; the main task starts; when it has ended, system
 * tasks are cancelled (source "shutdown") and awaited, posted calls are run, and everything is released
 * (statement 112). The run returns what the main task returned; the tree is crib_error_current().
 *
 * If nothing can run or ever become ready (no deadline, no I/O, no open portal or expectation) the run is deadlocked:
 * every waiting task is reported with what it waits on, main is cancelled, and the run returns CRIB_EDEADLOCK.
 * SIGINT: a run on the process's main thread takes it while the action is the default; the first one cancels the main
 * task, the second one is left to the default. Forking: the child may only exec. */
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
    size_t stack_bytes; /* per fiber; default 64 KiB */
    uint32_t budget;    /* operations between forced yields; default 64 */
    int32_t strict;     /* Trio's rules to the letter: budget 1, poll and clock every pass */
    int32_t interrupt;  /* 1: take SIGINT, whatever the thread and action; -1: never */
    int32_t mock_clock; /* virtual time; 1 = manual, 2 = autojump */
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

/* Memory functions, all three required; `realloc` gets NULL for a new block. Must be thread-safe. */
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
 * Returns: what the body returned, its code if it failed (the tree: crib_error_current); CRIB_EINTERRUPTED,
 * CRIB_EDEADLOCK; CRIB_EMISUSE inside a run; UV_ENOMEM and other system codes if the run could not begin.
 * Owns: `user_data` stays the caller's.
 * Context: any thread, outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_run(crib_body_fn body, void *user_data);

/** Makes a runtime; NULL options = all defaults. The event loop is made when it is first entered.
 * Returns: NULL: UV_ENOMEM, or an option that is out of range.
 * Owns: the caller owns the handle; it must not be released during a run.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_runtime *crib_runtime_new(const crib_runtime_options *options);

/** Runs `body(user_data)` as the main task; may be called again when it is over.
 * Returns: as crib_run; CRIB_EMISUSE in a thread other than the one that entered the runtime first.
 * Owns: `destroy` (may be NULL) runs exactly once, also when this fails.
 * Context: outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_runtime_run(crib_runtime *rt, crib_body_fn body, void *user_data, crib_destroy_fn destroy);

/** Runs a stackless main task, blocking until the run is over.
 * Returns: as crib_runtime_run.
 * Owns: as crib_nursery_start_stackless.
 * Context: outside runs.
 * Cancel point: never. Schedules: the whole run.
 * Since: 0.1 */
CRIB_API int crib_runtime_run_stackless(crib_runtime *rt, const char *name, crib_resume_fn resume, uintptr_t data,
                                        void (*destroy)(uintptr_t));

/** Begins a run with a stackless main task that is driven by crib_runtime_poll_ready.
 * Returns: 0, with the main task in `*main_task` (borrowed; may be NULL); as crib_runtime_run.
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
 * record of the same batch made end are to be skipped by their op_id (crib_op_id no longer equals it).
 * Returns: how many records; 0 when the run is over (see crib_runtime_finish) or, with CRIB_POLL_NOWAIT, none is ready.
 * Owns: the caller owns the records' values; `out` is only used during the call.
 * Context: the runtime's thread, outside tasks.
 * Cancel point: never. Schedules: runs tasks.
 * Since: 0.1 */
CRIB_API size_t crib_runtime_poll_ready(crib_runtime *rt, crib_ready *out, size_t n, uint32_t flags);

/** Whether a run begun by crib_runtime_start_stackless or crib_guest_start is still going on.
 * Returns: true from the start until the run is over.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API bool crib_runtime_active(const crib_runtime *rt);

/** The result of a run begun by crib_runtime_start_stackless that is over.
 * Returns: as crib_runtime_run; CRIB_EBUSY while it goes on.
 * Context: the runtime's thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_finish(crib_runtime *rt);

/** The runtime of the run that this thread is inside.
 * Returns: borrowed; NULL outside.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 113) */
CRIB_API crib_runtime *crib_runtime_current(void);

/** Starts a system task: a fiber that outlives main and is cancelled when main has ended. Its failure cancels main
 * and is reported with the run's result (statement 111, D12).
 * Returns: 0; CRIB_ERUNFINISHED when main has ended; as crib_nursery_start_soon.
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
    uint64_t switches;      /* tasks scheduled since the run began */
    uint64_t polls;         /* of the event loop since the run began */
    int64_t next_deadline;  /* absolute; CRIB_FOREVER = none */
    uint64_t stacks_live;
    uint64_t stacks_free; /* kept for reuse */
    uint64_t stack_bytes; /* of address space mapped for stacks */
    uint64_t task_bytes;  /* of memory for task control blocks */
} crib_statistics;

/** Fills in counters of a run.
 * Returns: 0; UV_EINVAL if `out->size` is not one the library knows; CRIB_EMISUSE outside a run with `rt` NULL.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_statistics(crib_runtime *rt, crib_statistics *out);

/** Writes the tree of nurseries and tasks, with names, states and what each waits on, to a file descriptor.
 * Returns: 0; CRIB_EMISUSE outside a run with `rt` NULL; a system code.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (S0.6) */
CRIB_API int crib_runtime_dump(crib_runtime *rt, int fd);

/** Says that a wake-up may come from something the library cannot see, so that a wait is not taken for a deadlock.
 * Returns: a counted handle; NULL without memory or outside a run.
 * Owns: the caller owns it and ends the expectation with crib_unref. `what` (for people) is not copied.
 * Context: loop thread; `rt` NULL = the current run.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_expectation *crib_runtime_expect(crib_runtime *rt, const char *what);

/** Cancels one operation by the number crib_op_id gave for it; one that has completed is left alone.
 * Returns: 0; CRIB_ERUNFINISHED; UV_ENOMEM.
 * Context: any thread, while the caller keeps the runtime alive.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_runtime_cancel_op(crib_runtime *rt, uint64_t op_id);

/** Sets functions called around a poll that may block, so that a binding can let go of its interpreter's lock.
 * Returns: 0; CRIB_EBUSY during a run.
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
