/* Opt-in conveniences for C. Not part of <crib.h>. */
#ifndef CRIB_SUGAR_H
#define CRIB_SUGAR_H

#include "crib/types.h"

/* Returns from the calling function if `call` fails: CRIB_TRY(crib_sleep(ns)). Not inside an open block: close that
 * with the code instead, or use crib_scope_run and crib_nursery_run, where an early return is safe. */
#define CRIB_TRY(call)                                                                                                 \
    do {                                                                                                               \
        int crib_try_rc_ = (call);                                                                                     \
        if (crib_try_rc_ < 0) {                                                                                        \
            return crib_try_rc_;                                                                                       \
        }                                                                                                              \
    } while (0)

/* Releases a counted handle when the variable goes out of scope: CRIB_AUTO(crib_sender) tx = NULL; never the way to
 * close a block. */
#if defined(__GNUC__) || defined(__clang__)
static inline void crib_auto_unref_(void *p) { crib_unref(*(void **)p); }
#define CRIB_AUTO(type) __attribute__((cleanup(crib_auto_unref_))) type *
#endif

#endif
