/* The benchmark of the library: floors and workloads in turn, in one process, on one core. README.md says what each row
 * measures and how to read it. */
#define _GNU_SOURCE
#include "bench.h"

#include <crib.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *only;
    int runs;
    bool json, instructions;
};

static const char usage[] =
    "usage: crib_bench [--only NAMES] [--runs N] [--json] [--instructions] [--list]\n"
    "  --only NAMES    these rows, or those that begin so; several separated by commas\n"
    "  --runs N        samples a row, 1 to 1000 (default 9; rows with very many tasks take fewer)\n"
    "  --json          one JSON object\n"
    "  --instructions  count instructions too, where the kernel allows it\n"
    "  --list          the rows, operations a sample, and what they measure\n";

/* --- one sample --- */

struct job {
    const struct row *row;
    struct sample sample;
};

/* The mean of both floors' sum over a short loop: about a millisecond. */
static int floor_sample(const struct floor *floor, double *sum) {
    enum { OPS = 100000 };
    for (int i = 0; i < 2 && floor->parts[i] != NULL; i++) {
        struct meter m = {0};
        int rc = floor->parts[i](&m, OPS);
        if (rc < 0) return rc;
        *sum += (double)m.spent.ns / OPS;
    }
    return 0;
}

static int row_sample(const struct row *row, struct sample *sample) {
    struct meter with = {0}, without = {0};
    int rc = 0;
    with.profiled = true;
    if (row->without != NULL) rc = row->without(&without, row->ops);
    if (rc == 0) rc = row->run(&with, row->ops);
    double spent = (double)(with.spent.ns - without.spent.ns);
    sample->value = (row->memory ? with.bytes : spent) / (double)row->ops;
    sample->instructions = (double)(with.spent.instructions - without.spent.instructions) / (double)row->ops;
    return rc;
}

/* Floor, workload, floor again: what slows the machine down meanwhile slows both. */
static int job_body(void *data) {
    struct job *job = data;
    const struct row *row = job->row;
    struct meter warm = {0};
    double floors = 0;
    int rc = row->cold ? 0 : row->run(&warm, row->ops / 5);
    if (rc == 0 && row->floor != NULL) rc = floor_sample(row->floor, &floors);
    if (rc == 0) rc = row_sample(row, &job->sample);
    if (rc == 0 && row->floor != NULL) rc = floor_sample(row->floor, &floors);
    job->sample.floor = floors / 2;
    return rc < 0 ? rc : 0;
}

/* Everything runs where a program's tasks run: in a nursery, inside a timeout. */
static int job_main(void *job) {
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(3600));
    crib_nursery *nursery = crib_nursery_open();
    int rc = crib_nursery_start_soon(nursery, "workload", job_body, job, NULL);
    rc = crib_nursery_close(nursery, rc);
    return crib_scope_close(scope, rc, NULL);
}

/* --- all samples --- */

static void take_sample(struct result *result) {
    struct job job = {result->row, {0, 0, 0}};
    int rc = crib_run(job_main, &job);
    if (rc == 0) {
        result->samples[result->count++] = job.sample;
        return;
    }
    result->error = rc;
    fprintf(stderr, "crib_bench: %s: %s\n", result->row->name, crib_error_name(rc));
}

/* A name stands for that row, or, when there is none, for all that begin with it. */
static bool stands_for(const char *name, size_t length, const char *row) {
    for (int i = 0; i < row_count; i++) {
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0) return rows[i].name == row;
    }
    return length > 0 && strncmp(row, name, length) == 0;
}

static bool wanted(const char *row, const char *only) {
    while (only != NULL) {
        size_t length = strcspn(only, ",");
        if (stands_for(only, length, row)) return true;
        if (only[length] == '\0') return false;
        only += length + 1;
    }
    return true;
}

/* The samples of a row are spread over the whole time, in rounds. */
static void measure(struct result *results, int count, int runs) {
    for (int round = 0; round < runs; round++) {
        for (int i = 0; i < count; i++) {
            int most = results[i].row->most_runs;
            if (results[i].error == 0 && (most == 0 || round < most)) take_sample(&results[i]);
        }
    }
}

static void pin_to_one_core(void) {
    cpu_set_t set;
    int core = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET(core < 0 ? 0 : core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fputs("crib_bench: not pinned to a core\n", stderr);
}

static int run(struct options *o) {
    struct result *results = calloc((size_t)row_count, sizeof *results);
    int count = 0, failed = 0;
    for (int i = 0; i < row_count; i++) {
        if (!wanted(rows[i].name, o->only)) continue;
        results[count].row = &rows[i];
        results[count++].samples = calloc((size_t)o->runs, sizeof(struct sample));
    }
    if (count == 0) {
        fprintf(stderr, "crib_bench: no row is named %s; --list shows them\n", o->only);
        free(results);
        return 2;
    }
    pin_to_one_core();
    if (o->instructions && !meter_count_instructions()) {
        fputs("crib_bench: the kernel does not count instructions here; bench/README.md has another way\n", stderr);
        o->instructions = false;
    }
    measure(results, count, o->runs);
    (o->json ? report_json : report_table)(results, count, o->instructions);
    for (int i = 0; i < count; i++) {
        failed += results[i].error != 0;
        free(results[i].samples);
    }
    free(results);
    return failed > 0;
}

static int list(void) {
    for (int i = 0; i < row_count; i++) printf("%-27s %8ld  %s\n", rows[i].name, rows[i].ops, rows[i].what);
    return 0;
}

int main(int argc, char **argv) {
    struct options o = {NULL, 9, false, false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            o.only = argv[++i];
        } else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
            o.runs = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--json") == 0) {
            o.json = true;
        } else if (strcmp(argv[i], "--instructions") == 0) {
            o.instructions = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            return list();
        } else {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (o.runs < 1 || o.runs > 1000) {
        fputs(usage, stderr);
        return 2;
    }
    return run(&o);
}
