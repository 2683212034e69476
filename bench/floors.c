/* Floors: what the machine asks for the cheapest thing of a kind. A workload is compared with these. */
#define _GNU_SOURCE
#include "bench.h"

#include <stdlib.h>
#include <time.h>

static int nothing(int x) { return x; }
/* Volatile, so that the compiler cannot know what is called. */
static int (*volatile pointer)(int) = nothing;

int floor_call(struct meter *m, long ops) {
    int (*fn)(int) = pointer;
    int x = 0;
    meter_start(m);
    for (long i = 0; i < ops; i++) x += fn(x);
    meter_stop(m);
    return x == 0 ? 0 : -1;
}

int floor_clock(struct meter *m, long ops) {
    struct timespec t;
    meter_start(m);
    for (long i = 0; i < ops; i++) clock_gettime(CLOCK_MONOTONIC, &t);
    meter_stop(m);
    return 0;
}

int floor_malloc(struct meter *m, long ops) {
    meter_start(m);
    for (long i = 0; i < ops; i++) {
        void *p = malloc(256);
        __asm__ volatile("" : : "r"(p) : "memory"); /* or the pair would be optimised away */
        free(p);
    }
    meter_stop(m);
    return 0;
}
