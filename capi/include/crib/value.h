/* Values: what channels carry and what tasks and operations give back. A value is a pointer and a table that says
 * what it is and how to drop it: 16 bytes, the one struct of the library that is passed by value.
 *
 * Ownership, one rule: a value passed by value is always consumed, whatever the call returns; a value passed by
 * pointer (the `_nowait` calls) is consumed if and only if the call leaves it nil. `drop` runs exactly once for a
 * value that nobody took. */
#ifndef CRIB_VALUE_H
#define CRIB_VALUE_H

#include "crib/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
typedef struct crib_vtable {
    size_t size;           /* sizeof(crib_vtable), as its writer knew it */
    void (*drop)(void *p); /* releases a value nobody took; NULL = nothing to release */
    const char *kind;      /* what it is, for people; receivers compare the table's address, not this */
    uint32_t flags;        /* CRIB_VALUE_... */
} crib_vtable;

typedef struct crib_value {
    void *p;               /* the payload, owned by whoever holds the value */
    const crib_vtable *vt; /* NULL = nil */
} crib_value;

/* `drop` may run in any thread; for those who make and move values, the library does not look at it. */
#define CRIB_VALUE_SENDABLE 1u
#endif
/* In a run driven by crib_runtime_poll_ready, `drop` is not called: a CRIB_READY_DROP record is handed out. */
#define CRIB_VALUE_DROP_RECORD 2u

/** Wraps an integer; allocates nothing and needs no drop.
 * Returns: a value whose `p` holds the integer (64-bit platforms).
 * Owns: nothing changes hands.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_value crib_value_int(int64_t v);

/** The integer in a value made by crib_value_int.
 * Returns: the integer, or `if_not` if `v` is of another kind.
 * Owns: nothing changes hands; an integer needs no drop.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int64_t crib_value_as_int(crib_value v, int64_t if_not);

/** Releases a value. Nil is fine.
 * Owns: consumes `v`.
 * Context: the loop thread; any thread if the table says CRIB_VALUE_SENDABLE. `drop` cannot wait.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void crib_value_drop(crib_value v);

#ifdef __cplusplus
}
#endif
#endif
