/* Medians of the samples, as a table or as JSON. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_RUNS = 1000 };

enum field { VALUE, FLOOR, RATIO, ABOVE, INSTRUCTIONS };

static double field_of(const struct sample *s, enum field field) {
    switch (field) {
        case VALUE: return s->value;
        case FLOOR: return s->floor;
        case RATIO: return s->floor > 0 ? s->value / s->floor : 0;
        case ABOVE: return s->value - s->floor;
        case INSTRUCTIONS: return s->instructions;
    }
    return 0;
}

struct spread {
    double lowest, median, highest;
};

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ratios and differences are taken sample by sample: each with the floor that was measured beside it. */
static struct spread spread_of(const struct result *r, enum field field) {
    static double sorted[MOST_RUNS];
    int n = r->count;
    for (int i = 0; i < n; i++) sorted[i] = field_of(&r->samples[i], field);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (struct spread){sorted[0], (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[n - 1]};
}

static bool target_met(const struct result *r) {
    switch (r->row->target) {
        case TARGET_TIMES: return spread_of(r, RATIO).median <= r->row->limit;
        case TARGET_PLUS: return spread_of(r, ABOVE).median <= r->row->limit;
        case TARGET_FIXED: return spread_of(r, VALUE).median <= r->row->limit;
        case TARGET_NONE: break;
    }
    return true;
}

static void target_text(const struct row *row, char *text, size_t len) {
    const char *floor = row->floor != NULL ? row->floor->name : "";
    switch (row->target) {
        case TARGET_TIMES: snprintf(text, len, "<= %g x %s", row->limit, floor); break;
        case TARGET_PLUS: snprintf(text, len, "<= %s + %g ns", floor, row->limit); break;
        case TARGET_FIXED: snprintf(text, len, "<= %g ns", row->limit); break;
        case TARGET_NONE: snprintf(text, len, "-"); break;
    }
}

/* --- the table --- */

static void print_row(const struct result *r, bool instructions) {
    char target[64], floor[32] = "-", ratio[16] = "-";
    if (r->count == 0) {
        printf("%-27s failed: %d\n", r->row->name, r->error);
        return;
    }
    struct spread value = spread_of(r, VALUE);
    if (r->row->floor != NULL) {
        snprintf(floor, sizeof floor, "%s %.1f", r->row->floor->name, spread_of(r, FLOOR).median);
        snprintf(ratio, sizeof ratio, "%.2f", spread_of(r, RATIO).median);
    }
    target_text(r->row, target, sizeof target);
    const char *met = r->row->target == TARGET_NONE ? "" : target_met(r) ? "met" : "MISSED";
    printf("%-27s %-19s %9.1f %9.1f .. %-9.1f %6s  %-17s %-6s", r->row->name, floor, value.median, value.lowest,
           value.highest, ratio, target, met);
    if (instructions && !r->row->memory) printf(" %8.1f", spread_of(r, INSTRUCTIONS).median);
    putchar('\n');
}

void report_table(const struct result *results, int count, bool instructions) {
    puts("CPU time in ns an operation (memory: bytes), medians of the samples; one core; every sample in a run of its "
         "own,\n"
         "inside a nursery and a timeout of an hour. The floor is measured right before and after each sample.\n");
    printf("%-27s %-19s %9s %9s .. %-9s %6s  %-17s %-6s%s\n", "workload", "floor", "ours", "least", "most", "ratio",
           "target", "", instructions ? " instructions" : "");
    for (int i = 0; i < count; i++) print_row(&results[i], instructions);
}

/* --- JSON --- */

static void json_row(const struct result *r, bool instructions) {
    char target[64];
    printf("    {\"name\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", \"samples\": %d", r->row->name, r->row->what,
           r->row->memory ? "bytes" : "ns", r->count);
    if (r->error != 0) printf(", \"error\": %d", r->error);
    if (r->count > 0) {
        struct spread value = spread_of(r, VALUE);
        printf(", \"median\": %.2f, \"least\": %.2f, \"most\": %.2f", value.median, value.lowest, value.highest);
    }
    if (r->count > 0 && r->row->floor != NULL) {
        printf(", \"floor\": \"%s\", \"floor_ns\": %.2f, \"ratio\": %.3f", r->row->floor->name,
               spread_of(r, FLOOR).median, spread_of(r, RATIO).median);
    }
    if (r->count > 0 && r->row->target != TARGET_NONE) {
        target_text(r->row, target, sizeof target);
        printf(", \"target\": \"%s\", \"met\": %s", target, target_met(r) ? "true" : "false");
    }
    if (r->count > 0 && instructions && !r->row->memory) {
        printf(", \"instructions\": %.1f", spread_of(r, INSTRUCTIONS).median);
    }
    putchar('}');
}

void report_json(const struct result *results, int count, bool instructions) {
    puts("{\n  \"library\": \"crib\",\n  \"rows\": [");
    for (int i = 0; i < count; i++) {
        json_row(&results[i], instructions);
        puts(i + 1 < count ? "," : "");
    }
    puts("  ]\n}");
}
