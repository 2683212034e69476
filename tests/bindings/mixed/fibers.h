/* The fibers of C that the tests use. */
#ifndef TESTS_BINDINGS_MIXED_FIBERS_H
#define TESTS_BINDINGS_MIXED_FIBERS_H

#include <crib.h>

#ifdef __cplusplus
extern "C" {
#endif

#define C_HAS_FAILED     (-1000001)
#define C_WANTS_INTEGERS (-1000002)

struct ends {
    crib_receiver *rx;
    crib_sender *tx;
};

struct seen {
    int waiting, cancelled, told, finished;
};

/* Bodies of fibers, which take a pointer to… */
int c_passes_on(void *data);        /* struct ends: passes on whatever it receives; closes both */
int c_adds_ten(void *data);         /* the same, with ten more; fails with C_WANTS_INTEGERS for what is no integer */
int c_waits(void *data);            /* struct seen: waits until it is cancelled */
int c_serves(void *data);           /* struct seen: serves until it is told to stop, then finishes within a second */
int c_fails(void *unused);          /* nothing: fails with C_HAS_FAILED after 10 ms */
int c_adds_to_the_lock(void *data); /* struct guarded: counts to ten, one at a time */

struct guarded {
    crib_lock *lock;
    int64_t count;
};

/* A nursery of C: runs what `start` starts in it. Returns the errors. */
crib_error *c_nursery(void (*start)(crib_nursery *n, void *data), void *data);

#ifdef __cplusplus
}
#endif
#endif
