/* Values that cross threads. Each has a number, and what became of it is counted, in whichever thread it does. C99. */
#ifndef TESTS_SUPPORT_SENDABLE_H
#define TESTS_SUPPORT_SENDABLE_H

#include <crib.h>
#include <stdint.h>
#include <string.h>

#include "support/check.h"

#define SENDABLE_MOST 40000

static struct {
    unsigned char sent[SENDABLE_MOST]; /* the send said so */
    unsigned char received[SENDABLE_MOST];
    unsigned char dropped[SENDABLE_MOST];
    long arrived; /* received so far */
} sendable;

static inline void sendable_note(unsigned char *counter) { __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }

static inline void sendable_drop(void *p) { sendable_note(&sendable.dropped[(intptr_t)p]); }

static const crib_vtable sendable_table = {sizeof(crib_vtable), sendable_drop, "sendable", CRIB_VALUE_SENDABLE};

static inline crib_value sendable_value(intptr_t number) {
    crib_value v = {NULL, &sendable_table};
    CHECK(number >= 0 && number < SENDABLE_MOST);
    v.p = (void *)number;
    return v;
}

/* The number of a value that was received; it needs no drop any more. */
static inline intptr_t sendable_number(crib_value v) {
    CHECK(v.vt == &sendable_table);
    sendable_note(&sendable.received[(intptr_t)v.p]);
    __atomic_add_fetch(&sendable.arrived, 1, __ATOMIC_RELAXED);
    return (intptr_t)v.p;
}

static inline void sendable_forget(void) { memset(&sendable, 0, sizeof sendable); }

static inline long sendable_arrived(void) { return __atomic_load_n(&sendable.arrived, __ATOMIC_RELAXED); }

/* Once all threads are joined. */
static inline long sendable_count(const unsigned char *counters) {
    long n = 0;
    int i;
    for (i = 0; i < SENDABLE_MOST; i++) n += counters[i];
    return n;
}

/* Of the values up to `end` each was received or dropped, once; those whose send failed were dropped. */
static inline void sendable_check(int end) {
    int i;
    for (i = 0; i < end; i++) {
        CHECK_EQ_INT(sendable.received[i] + sendable.dropped[i], 1);
        if (!sendable.sent[i]) CHECK_EQ_INT(sendable.dropped[i], 1);
    }
}

/* The same, and each that was sent was received. */
static inline void sendable_check_arrived(int end) {
    int i;
    sendable_check(end);
    for (i = 0; i < end; i++) CHECK_EQ_INT(sendable.received[i], sendable.sent[i]);
}

#endif
