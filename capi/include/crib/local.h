/* Task locals: values by key, inherited at the spawn from the task that makes the call; one started by a callback
 * inherits none. Setting one in a child does not change its parent's. */
#ifndef CRIB_LOCAL_H
#define CRIB_LOCAL_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a key.
 * Returns: a counted handle; NULL without memory.
 * Owns: the caller owns it. `destroy` (may be NULL) runs once for each value set, when the last task that can see it is
 * gone.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_local *crib_local_new(crib_destroy_fn destroy);

/** Sets a value for the calling task and those it starts from now on.
 * Returns: 0; UV_ENOMEM; CRIB_EMISUSE outside a task or without a key.
 * Owns: takes `value`; when this fails the key's destroy has run for it (without a key, nothing has).
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_local_set(crib_local *key, void *value);

/** The value the calling task sees.
 * Returns: borrowed; NULL if none was set, or outside a task.
 * Owns: nothing.
 * Context: inside a task.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void *crib_local_get(const crib_local *key);

#ifdef __cplusplus
}
#endif
#endif
