/* Counts schedules: a task that adds one to `ticks` each time it gets its turn. Seen from another task, an operation
 * that yields once lets it tick once, and one that does not yield not at all. */
#ifndef TESTS_SUPPORT_TICKER_H
#define TESTS_SUPPORT_TICKER_H

#include "support/expect.h"

static int ticks;
static bool ticker_stopped;

static inline int ticker_body(void *arg) {
    (void)arg;
    while (!ticker_stopped) {
        ++ticks;
        crib_cancel_shielded_checkpoint();
    }
    return 0;
}

/* The nursery it lives in; nothing of a test's own is opened around it. */
static inline crib_nursery *ticker_start(void) {
    crib_nursery *n = crib_nursery_open();
    ticker_stopped = false;
    EXPECT_EQ(crib_nursery_start_soon(n, "ticker", ticker_body, NULL, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    return n;
}

static inline void ticker_stop(crib_nursery *n) {
    ticker_stopped = true;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

#endif
