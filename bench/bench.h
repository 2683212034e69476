/* What the parts of the benchmark share: the meter that a workload starts and stops, and the list of workloads. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- metering --- */

struct reading {
    int64_t ns;           /* CPU time of the process: waiting and other processes do not count */
    int64_t instructions; /* in user mode; 0 where they are not counted */
};

struct meter {
    struct reading begun, spent;
    double bytes;  /* of a workload that measures memory */
    bool profiled; /* callgrind collects while it is on */
    bool wall;     /* the clock on the wall instead: set before the start by a workload of several threads */
};

void meter_start(struct meter *m);
void meter_stop(struct meter *m); /* adds to `spent` what went by since the start */

/* Begins to count instructions. Returns false where the kernel does not let us. */
bool meter_count_instructions(void);

/* --- workloads --- */

/* Does `ops` operations between meter_start and meter_stop, whatever it needs around them outside. Runs in a fiber, in
 * a nursery, in a scope with a deadline. Returns < 0 if something went wrong: the row has no result then. */
typedef int (*workload_fn)(struct meter *m, long ops);

enum target {
    TARGET_NONE,
    TARGET_TIMES, /* at most `limit` times the floor */
    TARGET_PLUS,  /* at most the floor plus `limit` */
    TARGET_FIXED  /* at most `limit` */
};

struct floor {
    const char *name;
    workload_fn parts[2]; /* their sum; the second may be NULL */
};

struct row {
    const char *name;
    workload_fn run;
    workload_fn without; /* when set, the same loop without what is measured: its time is taken off */
    long ops;
    const struct floor *floor; /* NULL = none */
    enum target target;
    double limit;
    int most_runs; /* 0 = as many as asked for */
    bool cold;     /* no warm-up: what a process pays that does this once */
    bool memory;   /* measures bytes an operation, not time */
    const char *what;
};

extern const struct row rows[];
extern const int row_count;

/* floors.c, switch.cpp */
int floor_switch(struct meter *m, long ops);
int floor_call(struct meter *m, long ops);
int floor_clock(struct meter *m, long ops);
int floor_malloc(struct meter *m, long ops);
/* yield.c */
int yield_2(struct meter *m, long ops);
int yield_1000(struct meter *m, long ops);
int yield_10000(struct meter *m, long ops);
int stackless_checkpoint(struct meter *m, long ops);
/* spawn.c */
int spawn_join_1(struct meter *m, long ops);
int spawn_join_open(struct meter *m, long ops);
int spawn_1000(struct meter *m, long ops);
int spawn_1000_yield(struct meter *m, long ops);
int spawn_1000_alive(struct meter *m, long ops);
/* crowd.c */
int sleep_fibers(struct meter *m, long ops);
int sleep_stackless(struct meter *m, long ops);
int cancel_fibers(struct meter *m, long ops);
int cancel_stackless(struct meter *m, long ops);
int cancel_call_fibers(struct meter *m, long ops);
int cancel_call_stackless(struct meter *m, long ops);
int memory_fibers(struct meter *m, long ops);
int memory_stackless(struct meter *m, long ops);
/* scope.c */
int scope_ready(struct meter *m, long ops);
int scope_ready_without(struct meter *m, long ops);
int scope_channel(struct meter *m, long ops);
int scope_channel_without(struct meter *m, long ops);
/* channel.c */
int channel_0(struct meter *m, long ops);
int channel_128(struct meter *m, long ops);
int channel_8_to_1(struct meter *m, long ops);
/* sync.c */
int lock_8(struct meter *m, long ops);
int select_2(struct meter *m, long ops);
int select_2_without(struct meter *m, long ops);
/* shared.c */
int shared_1024(struct meter *m, long ops);
int shared_16(struct meter *m, long ops);
/* cpp.cpp */
int cpp_yield_2(struct meter *m, long ops);
int cpp_channel_0(struct meter *m, long ops);
int cpp_await(struct meter *m, long ops);

/* --- results --- */

struct sample {
    double value; /* ns or bytes an operation */
    double floor;
    double instructions; /* an operation */
};

struct result {
    const struct row *row;
    struct sample *samples;
    int count;
    int error; /* the code of the run that failed, else 0 */
};

void report_table(const struct result *results, int count, bool instructions);
void report_json(const struct result *results, int count, bool instructions);

#ifdef __cplusplus
}
#endif
#endif
