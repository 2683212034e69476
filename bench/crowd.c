/* Crowds: very many tasks that wait at once. What each costs to sleep, to cancel and to keep. */
#define _GNU_SOURCE
#include "bench.h"

#include <crib.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct sleeper {
    int64_t ns;
    bool begun;
};

struct crowd {
    crib_nursery *nursery;
    struct sleeper *sleepers; /* written once before the meter starts, so that their pages are there */
    long count;
};

/* --- the tasks --- */

static int sleep_body(void *data) { return crib_sleep(((struct sleeper *)data)->ns); }

static void sleep_resume(crib_task *self, uintptr_t data) {
    struct sleeper *sleeper = (struct sleeper *)data;
    crib_op *op = crib_task_op(self);
    crib_result result = {0};
    if (!sleeper->begun) {
        sleeper->begun = true;
        result.status = crib_begin_sleep(op, sleeper->ns);
        if (result.status == CRIB_PENDING) return;
    } else {
        crib_op_take(op, &result);
    }
    bool cancelled = result.status == CRIB_ECANCELLED;
    crib_task_exit(self, cancelled ? crib_error_cancelled(crib_task_scope(self)) : NULL);
}

/* --- the crowd --- */

/* Everybody sleeps `longest`, or a random time up to one second when it is 0: the same times in every run. */
static int crowd_open(struct crowd *crowd, long count, int64_t longest) {
    uint64_t random = 88172645463325252u;
    crowd->count = count;
    crowd->sleepers = malloc(sizeof *crowd->sleepers * (size_t)count);
    if (crowd->sleepers == NULL) return crib_fail(-1000001, "no memory for the sleepers");
    for (long i = 0; i < count; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        crowd->sleepers[i] = (struct sleeper){longest > 0 ? longest : (int64_t)(random % 1000000000u), false};
    }
    crowd->nursery = crib_nursery_open();
    return 0;
}

static int crowd_start(struct crowd *crowd, bool stackless) {
    int rc = 0;
    for (long i = 0; i < crowd->count && rc == 0; i++) {
        struct sleeper *s = &crowd->sleepers[i];
        if (!stackless) {
            rc = crib_nursery_start_soon(crowd->nursery, "sleeper", sleep_body, s, NULL);
        } else if (crib_nursery_start_stackless(crowd->nursery, "sleeper", sleep_resume, (uintptr_t)s, NULL) == NULL) {
            rc = -1000002;
        }
    }
    return rc;
}

/* --- sleeping: from the first start until the last has ended --- */

static int sleeping(struct meter *m, long ops, bool stackless) {
    struct crowd crowd;
    int rc = crowd_open(&crowd, ops, 0);
    if (rc < 0) return rc;
    meter_start(m);
    rc = crowd_start(&crowd, stackless);
    rc = crib_nursery_close(crowd.nursery, rc);
    meter_stop(m);
    free(crowd.sleepers);
    return rc;
}

int sleep_fibers(struct meter *m, long ops) { return sleeping(m, ops, false); }
int sleep_stackless(struct meter *m, long ops) { return sleeping(m, ops, true); }

/* --- cancelling: all of them sleep when the meter starts --- */

static int cancelling(struct meter *m, long ops, bool stackless, bool call_alone) {
    struct crowd crowd;
    int rc = crowd_open(&crowd, ops, CRIB_SECONDS(1800));
    if (rc < 0) return rc;
    rc = crowd_start(&crowd, stackless);
    if (rc == 0) rc = crib_wait_all_tasks_blocked(0);
    meter_start(m);
    crib_nursery_cancel(crowd.nursery, NULL);
    if (call_alone) meter_stop(m);
    rc = crib_nursery_close(crowd.nursery, rc);
    if (!call_alone) meter_stop(m);
    free(crowd.sleepers);
    return rc;
}

int cancel_fibers(struct meter *m, long ops) { return cancelling(m, ops, false, false); }
int cancel_stackless(struct meter *m, long ops) { return cancelling(m, ops, true, false); }
int cancel_call_fibers(struct meter *m, long ops) { return cancelling(m, ops, false, true); }
int cancel_call_stackless(struct meter *m, long ops) { return cancelling(m, ops, true, true); }

/* --- memory: what is resident more when all of them sleep --- */

static double resident(void) {
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) return 0;
    if (fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static int keeping(struct meter *m, long ops, bool stackless) {
    struct crowd crowd;
    malloc_trim(0); /* or what an earlier run freed would be used again, unseen */
    int rc = crowd_open(&crowd, ops, CRIB_SECONDS(1800));
    if (rc < 0) return rc;
    double before = resident();
    rc = crowd_start(&crowd, stackless);
    if (rc == 0) rc = crib_wait_all_tasks_blocked(0);
    m->bytes = resident() - before;
    crib_nursery_cancel(crowd.nursery, NULL);
    rc = crib_nursery_close(crowd.nursery, rc);
    free(crowd.sleepers);
    return rc;
}

int memory_fibers(struct meter *m, long ops) { return keeping(m, ops, false); }
int memory_stackless(struct meter *m, long ops) { return keeping(m, ops, true); }
