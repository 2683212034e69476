/* A stream of results in every test: five jobs and what comes next. */
#ifndef TESTS_CAPI_COMPLETED_H
#define TESTS_CAPI_COMPLETED_H

#include "capi/messages.h"
#include "support/jobs.h"
#include "support/strand.h"

#define COUNT 5

/* libuv's code, without its header. */
#define CODE_ECANCELED (-ECANCELED)

static struct job jobs[COUNT];
static crib_work works[COUNT];

static inline void set_up(const struct job *from) {
    memcpy(jobs, from, sizeof jobs);
    jobs_works(works, jobs, COUNT);
    jobs_begin();
}

static const struct job mixed_jobs[COUNT] = {{.ms = 300, .value = 1},
                                             {.ms = 100, .value = 2},
                                             {.ms = 200, .code = CODE_A, .value = 3},
                                             {.ms = 0, .value = 4},
                                             {.ms = 150, .code = 3}};

/* Takes the next result and expects it to be this one. */
static inline void expect_next(int line, crib_completed *c, int index, int value, int code) {
    crib_value v;
    crib_error *e;
    expect_eq(line, "the index", crib_completed_next(c, &v, &e), index);
    expect_eq(line, "the value", value_number(v), value);
    expect_eq(line, "the code", crib_error_code(e), code);
    crib_value_drop(v);
    crib_unref(e);
}
#define EXPECT_NEXT(c, index, value, code) expect_next(__LINE__, c, index, value, code)

#endif
