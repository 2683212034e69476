/* The meter: CPU time of the process and, where the kernel counts them, instructions. */
#define _GNU_SOURCE
#include "bench.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/syscall.h>
#endif

/* Lets callgrind collect between start and stop alone, when the program is run under it with --collect-atstart=no. */
#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#endif

static int counter = -1;

bool meter_count_instructions(void) {
#ifdef __linux__
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_HARDWARE;
    attr.config = PERF_COUNT_HW_INSTRUCTIONS;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
#endif
    return counter >= 0;
}

static int64_t instructions(void) {
    int64_t n = 0;
    if (counter < 0 || read(counter, &n, sizeof n) != sizeof n) return 0;
    return n;
}

static int64_t time_of(const struct meter *m) {
    struct timespec t;
    clock_gettime(m->wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The clock is read last at the start and first at the end: what the counter costs is not timed. */
void meter_start(struct meter *m) {
    m->begun.instructions = instructions();
    m->begun.ns = time_of(m);
    if (m->profiled) CALLGRIND_TOGGLE_COLLECT;
}

void meter_stop(struct meter *m) {
    if (m->profiled) CALLGRIND_TOGGLE_COLLECT;
    m->spent.ns += time_of(m) - m->begun.ns;
    m->spent.instructions += instructions() - m->begun.instructions;
}
