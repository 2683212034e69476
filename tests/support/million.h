/* What the two "million tasks" programs share: how many, and what they cost. */
#ifndef TESTS_SUPPORT_MILLION_H
#define TESTS_SUPPORT_MILLION_H

#include <unistd.h>

#include "support/plain.h"

struct million {
    int count;
    int begun, cancelled, destroyed;
    double resident_before;
    int64_t started_ns, cancelled_ns;
};

/* 1,000,000 with --long; else 20,000, or fewer where tools make each task dear. */
static inline int million_count(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--long") == 0) return 1000000;
#if defined(__SANITIZE_THREAD__)
    return 1000;
#else
    return workload(20000);
#endif
}

/* Resident memory in bytes. */
static inline double resident(void) {
    long pages = 0, all = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) return 0;
    if (fscanf(f, "%ld %ld", &all, &pages) != 2) pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Prints what `count` sleeping tasks cost. Returns the library's own count of task memory, per task. */
static inline uint64_t million_report(const struct million *m, const char *kind) {
    crib_statistics s = run_statistics();
    uint64_t bytes = s.task_bytes / s.tasks_living;
    CHECK((int64_t)s.tasks_living >= m->count);
    printf("%d %s asleep: %d bytes of task memory each, %.0f bytes resident each, %.0f ns to start and run each\n",
           m->count, kind, (int)bytes, (resident() - m->resident_before) / m->count,
           (double)m->started_ns / (double)m->count);
    return bytes;
}

#endif
