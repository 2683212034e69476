/* Claim: a million fibers (with --long; else twenty thousand) sleep at once and are all cancelled at once: each wakes
 * with CRIB_ECANCELLED, each destroy runs once, and nothing is left. Prints what they cost. */
#define _GNU_SOURCE
#include "support/million.h"

static int sleeper(void *data) {
    struct million *m = data;
    int rc;
    m->begun++;
    rc = crib_sleep_forever();
    m->cancelled += rc == CRIB_ECANCELLED;
    return rc;
}

static void destroyed(void *data) { ((struct million *)data)->destroyed++; }

static int app(void *data) {
    struct million *m = data;
    int64_t begun = crib_now();
    uint64_t living = run_statistics().tasks_living;
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    m->resident_before = resident();
    for (i = 0; i < m->count; i++) CHECK_EQ_INT(crib_nursery_start_soon(n, NULL, sleeper, m, destroyed), 0);
    CHECK_EQ_INT(m->begun, 0);
    CHECK_EQ_INT(crib_wait_all_tasks_blocked(0), 0);
    m->started_ns = crib_now() - begun;
    CHECK_EQ_INT(m->begun, m->count);
    CHECK_EQ_INT(crib_nursery_count(n), m->count);
    CHECK((int64_t)run_statistics().stacks_live >= m->count);
    million_report(m, "fibers");
    begun = crib_now();
    crib_nursery_cancel(n, "all at once");
    CHECK_EQ_INT(m->cancelled, 0); /* no task runs inside the cancel */
    rc = crib_nursery_close(n, 0);
    m->cancelled_ns = crib_now() - begun;
    CHECK_EQ_INT(m->cancelled, m->count);
    CHECK_EQ_INT(m->destroyed, m->count);
    CHECK_EQ_INT(run_statistics().tasks_living, living);
    printf("%.0f ns to cancel and end each\n", (double)m->cancelled_ns / (double)m->count);
    return rc;
}

int main(int argc, char **argv) {
    struct million m;
    memset(&m, 0, sizeof m);
    m.count = million_count(argc, argv);
    CHECK_EQ_INT(crib_run(app, &m), 0);
    return 0;
}
