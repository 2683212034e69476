/* Time: int64_t nanoseconds. Absolute times are those of crib_now(): monotonic, with an arbitrary origin, virtual
 * under a mock clock. Arithmetic on times saturates. */
#ifndef CRIB_TIME_H
#define CRIB_TIME_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds and seconds as nanoseconds. */
/* clang-format off */
#define CRIB_MS(n)      ((int64_t)(n) * 1000000)
#define CRIB_SECONDS(n) ((int64_t)(n) * 1000000000)
/* clang-format on */
/* A time that never comes, and one that has always passed. */
#define CRIB_FOREVER INT64_MAX
#define CRIB_EXPIRED INT64_MIN

/** The current time of this thread's run, in nanoseconds; outside a run, the machine's monotonic clock.
 *
 * Reads the clock: about 20 ns on the real one.
 * Returns: nanoseconds, > 0.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_now(void);

#ifdef __cplusplus
}
#endif
#endif
