/* Values and callbacks that count how often they are dropped or called. */
#ifndef TESTS_SUPPORT_COUNTED_H
#define TESTS_SUPPORT_COUNTED_H

#include <crib.h>
#include <stdint.h>

/* Values that count how often they are dropped. */
static int counted_drops;
static inline void counted_drop(void *p) {
    (void)p;
    ++counted_drops;
}
static const crib_vtable counted_vtable = {sizeof(crib_vtable), counted_drop, "counted", 0};
static inline crib_value counted_value(intptr_t number) {
    crib_value v = {NULL, &counted_vtable};
    v.p = (void *)number;
    return v;
}

/* A crib_destroy_fn for an int that counts its calls. */
static inline void count_destroy(void *counter) { ++*(int *)counter; }

#endif
