/* A shared channel whose values are counted (support/sendable.h), one a test. */
#ifndef TESTS_CAPI_SHARED_ENDS_H
#define TESTS_CAPI_SHARED_ENDS_H

#include "capi/messages.h"
#include "support/sendable.h"

static crib_sender *tx;
static crib_receiver *rx;

static inline void open_channel(size_t capacity) { EXPECT_EQ(crib_channel_open_shared(capacity, &tx, &rx), 0); }

static inline void close_channel(void) {
    crib_unref(tx);
    crib_unref(rx);
    EXPECT_QUIET();
}

/* Sends without waiting. */
static inline int put(int number) {
    crib_value v = sendable_value(number);
    int rc = crib_sender_send_nowait(tx, &v);
    EXPECT_EQ(v.vt == NULL, rc == 0);
    return rc;
}

/* Receives without waiting: the number, or why there is none. */
static inline int got(void) {
    crib_value v;
    int rc = crib_receiver_receive_nowait(rx, &v);
    return rc < 0 ? rc : (int)sendable_number(v);
}

static inline crib_channel_stats numbers(void) {
    crib_channel_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_receiver_statistics(rx, &s), 0);
    EXPECT(s.peak >= s.buffered);
    return s;
}

#endif
