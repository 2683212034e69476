/* Works for the compositions: bodies that sleep, leave a value and say when they ended. The log has "2@300" for the job
 * with number 2 that ended 300 ms after jobs_begin, "2!@300" for one that was cancelled then. */
#ifndef TESTS_SUPPORT_JOBS_H
#define TESTS_SUPPORT_JOBS_H

#include "support/counted.h"
#include "support/log.h"
#include "support/run.h"

struct job {
    int ms;        /* it sleeps so long; < 0: until it is cancelled */
    int code;      /* what it ends with */
    int on_cancel; /* what it ends with when it is cancelled; 0: CRIB_ECANCELLED */
    int value;     /* left as a counted value; 0: none */
    int number;    /* set by jobs_works, from 1 */
    int destroyed; /* calls of its destroy */
};

static int64_t jobs_origin;
static int jobs_running, jobs_peak;
static int jobs_destroyed_in_task; /* where a destroy could have waited */

static inline void jobs_begin(void) {
    jobs_origin = crib_now();
    jobs_running = jobs_peak = jobs_destroyed_in_task = counted_drops = 0;
    log_clear();
}

static inline int jobs_ms(void) { return (int)((crib_now() - jobs_origin) / CRIB_MS(1)); }

static inline void jobs_log(int number, const char *mark) {
    char word[40];
    snprintf(word, sizeof word, "%d%s@%d", number, mark, jobs_ms());
    log_add(word);
}

static inline int job_body(void *arg) {
    struct job *j = arg;
    int rc;
    if (++jobs_running > jobs_peak) jobs_peak = jobs_running;
    if (j->value != 0) EXPECT_EQ(crib_task_set_result(counted_value(j->value)), 0);
    rc = crib_sleep(j->ms < 0 ? CRIB_FOREVER : CRIB_MS(j->ms));
    --jobs_running;
    jobs_log(j->number, rc < 0 ? "!" : "");
    if (rc < 0) return j->on_cancel == 0 ? rc : j->on_cancel;
    return j->code;
}

static inline void job_destroy(void *arg) {
    struct job *j = arg;
    ++j->destroyed;
    if (crib_in_task()) ++jobs_destroyed_in_task;
}

/* The works of an array of jobs. */
static inline void jobs_works(crib_work *works, struct job *jobs, size_t count) {
    static const char *const names[] = {"one", "two", "three", "four", "five", "six", "seven", "eight"};
    size_t i;
    for (i = 0; i < count; i++) {
        const crib_work w = {names[i % 8], job_body, &jobs[i], job_destroy};
        works[i] = w;
        jobs[i].number = (int)i + 1;
        jobs[i].destroyed = 0;
    }
}

/* How many of the jobs were destroyed once; -1 if one was destroyed more often, or where it could have waited. */
static inline int jobs_destroyed(const struct job *jobs, size_t count) {
    int once = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        if (jobs[i].destroyed > 1) return -1;
        once += jobs[i].destroyed;
    }
    return jobs_destroyed_in_task > 0 ? -1 : once;
}

static inline int value_number(crib_value v) {
    return v.vt == &counted_vtable ? (int)(intptr_t)v.p : v.vt == NULL ? 0 : -1;
}

#endif
