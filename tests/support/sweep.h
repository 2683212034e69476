/* For plain test programs: puts a body through both sweeps, and says where it did not hold. */
#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include "support/plain.h"

static inline crib_sweep sweep_of(crib_body_fn body, void *user_data) {
    crib_sweep sweep;
    memset(&sweep, 0, sizeof sweep);
    sweep.size = sizeof sweep;
    sweep.body = body;
    sweep.user_data = user_data;
    if (getenv("CRIB_UNDER_VALGRIND") != NULL) sweep.step = 3;
#ifdef __SANITIZE_THREAD__
    sweep.step = 4; /* each round costs ten times as much */
#endif
    return sweep;
}

/* User data whose destroy the sweep follows, as it does the drop of a value. */
static const crib_vtable *swept_vtable;
static inline void *swept(int64_t number) {
    crib_value v = crib_sweep_value(number);
    swept_vtable = v.vt;
    return v.p;
}
static inline void unswept(void *p) { swept_vtable->drop(p); }
static inline void unswept_data(uintptr_t p) { unswept((void *)p); }
/* The number of such data. */
static inline int64_t swept_number(const void *p) {
    crib_value v;
    v.p = (void *)p;
    v.vt = swept_vtable;
    return crib_sweep_number(v, -1);
}
/* A value that is alive. */
static inline bool is_live(crib_value v) { return crib_sweep_number(v, INT64_MIN) != INT64_MIN; }

/* A child that sleeps as many milliseconds as its number says. */
static inline int naps(void *ms) { return crib_sleep(CRIB_MS(swept_number(ms))); }
static inline int start_nap(crib_nursery *n, int64_t ms) {
    return crib_nursery_start_soon(n, "naps", naps, swept(ms), unswept);
}

/* Runs a body that no cancel from outside reaches: who depends on somebody that is cancelled still gets what is his. */
static inline int shielded(crib_body_fn body, void *arg) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.shield = 1;
    return crib_scope_run(&options, body, arg, NULL);
}

static inline void sweep_failed(const char *name, int rc, const crib_sweep *sweep, const crib_sweep_report *r) {
    fprintf(stderr, "%s: %s; seed %llu, round %llu, place %llu, when %u: %s\n", name, crib_error_name(rc),
            (unsigned long long)sweep->seed, (unsigned long long)r->round, (unsigned long long)r->at, (unsigned)r->when,
            r->message);
    exit(1);
}

/* The sweep of allocations; returns how many rounds were disturbed, or would be without steps. */
static inline uint64_t sweep_allocations_hold(const char *name, crib_sweep sweep) {
    crib_sweep_report report;
    int rc;
    report.size = sizeof report;
    rc = crib_sweep_allocations(&sweep, &report);
    if (rc < 0) sweep_failed(name, rc, &sweep, &report);
    CHECK(report.disturbed > 0);
    printf("%s: %llu rounds without memory\n", name, (unsigned long long)report.disturbed);
    return report.disturbed * (sweep.step != 0 ? sweep.step : 1);
}

/* The sweep of cancels, in several orders, and with operations that may go on at once or must let others run first. */
static inline void sweep_cancels_hold(const char *name, crib_sweep sweep) {
    crib_sweep_report report;
    uint64_t disturbed = 0;
    report.size = sizeof report;
    for (sweep.seed = 0; sweep.seed < 6; sweep.seed++) {
        int rc;
        sweep.budget = sweep.seed % 2 == 0 ? 0 : 1;
        rc = crib_sweep_cancels(&sweep, &report);
        if (rc < 0) sweep_failed(name, rc, &sweep, &report);
        CHECK(report.disturbed > 0);
        disturbed += report.disturbed;
    }
    printf("%s: %llu rounds cancelled\n", name, (unsigned long long)disturbed);
}

static inline void sweep_holds(const char *name, crib_sweep sweep) {
    sweep_cancels_hold(name, sweep);
    sweep_allocations_hold(name, sweep);
}

#endif
