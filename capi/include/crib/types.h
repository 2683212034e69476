/* Handles, callbacks and the one release function: what every other header needs.
 *
 * Scopes, nurseries and op slots are checked ids that look like pointers: a stale one, or one of another runtime,
 * gives CRIB_EMISUSE where a call returns a code, and else has no effect. Every other handle is a counted pointer:
 * using it after the last crib_unref is undefined, as after free(). */
#ifndef CRIB_TYPES_H
#define CRIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crib/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
typedef struct crib_runtime crib_runtime;
typedef struct crib_task crib_task;
typedef struct crib_op crib_op;
typedef struct crib_scope crib_scope;
typedef struct crib_nursery crib_nursery;
typedef struct crib_error crib_error;
typedef struct crib_sender crib_sender;
typedef struct crib_receiver crib_receiver;
typedef struct crib_portal crib_portal;
typedef struct crib_event crib_event;
typedef struct crib_lock crib_lock;
typedef struct crib_semaphore crib_semaphore;
typedef struct crib_condition crib_condition;
typedef struct crib_limiter crib_limiter;
typedef struct crib_token crib_token;

/* A fiber's body. `user_data` is what was given at the spawn. Returns >= 0 for success, < 0 for failure. */
typedef int (*crib_body_fn)(void *user_data);
/* Releases `user_data`. Runs exactly once, on the loop thread, after the last use; may cancel, wake and post, never
 * wait. */
typedef void (*crib_destroy_fn)(void *user_data);
/* Runs a stackless task until it must wait, on the loop's own stack; must not block. */
typedef void (*crib_resume_fn)(crib_task *self, uintptr_t data);
/* A call posted from another thread. Runs on the loop thread, outside tasks; must not wait. */
typedef void (*crib_call_fn)(void *user_data);
#endif

/* Something that keeps a run from being reported as deadlocked; see crib_runtime_expect. */
typedef struct crib_expectation crib_expectation;
/* Synchronisation beyond the contract's; see barrier.h and rwlock.h. */
typedef struct crib_barrier crib_barrier;
typedef struct crib_rwlock crib_rwlock;
/* A key for values that tasks inherit; see local.h. */
typedef struct crib_local crib_local;

/** Gives up one reference to any counted handle; the last one frees it.
 *
 * For an end of a channel the last reference also closes that end. An open scope or nursery (an id, not counted) is
 * cancelled, and left to the close of the block around it, which awaits it; in a fiber that is no misuse. Op slots and
 * the scopes of tasks are left alone. Never waits. It is a crib_destroy_fn, so that it can be given as one.
 *
 * What is released in another thread while the run goes on is freed by the loop thread. A runtime during its run and a
 * task handle that was only borrowed are reported as misuse and kept.
 * Owns: consumes one reference of `handle`; NULL is fine.
 * Context: any thread; blocks only on the loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void crib_unref(void *handle);

#ifdef __cplusplus
}
#endif
#endif
