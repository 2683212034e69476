/* Claim: a million stackless tasks (with --long; else twenty thousand) sleep at once, cost at most 400 bytes of task
 * memory each, and are all cancelled at once: each is resumed with CRIB_ECANCELLED, each destroy runs once. */
#define _GNU_SOURCE
#include "support/million.h"

static void sleeper(crib_task *self, uintptr_t data) {
    struct million *m = (struct million *)data;
    crib_result result;
    if (crib_task_state(self) == CRIB_TASK_RUNNING && m->begun < m->count) {
        m->begun++;
        CHECK_EQ_INT(crib_begin_sleep(crib_task_op(self), CRIB_FOREVER), CRIB_PENDING);
        return;
    }
    CHECK_EQ_INT(crib_op_take(crib_task_op(self), &result), 0);
    m->cancelled += result.status == CRIB_ECANCELLED;
    crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
}

static void destroyed(uintptr_t data) { ((struct million *)data)->destroyed++; }

static int app(void *data) {
    struct million *m = data;
    int64_t begun = crib_now();
    uint64_t living = run_statistics().tasks_living;
    crib_nursery *n = crib_nursery_open();
    uint64_t bytes;
    int i, rc;
    m->resident_before = resident();
    for (i = 0; i < m->count; i++) {
        CHECK(crib_nursery_start_stackless(n, NULL, sleeper, (uintptr_t)m, destroyed) != NULL);
    }
    CHECK_EQ_INT(m->begun, 0);
    CHECK_EQ_INT(crib_wait_all_tasks_blocked(0), 0);
    m->started_ns = crib_now() - begun;
    CHECK_EQ_INT(m->begun, m->count);
    CHECK_EQ_INT(crib_nursery_count(n), m->count);
    bytes = million_report(m, "stackless tasks");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* what they add is theirs */
    CHECK(bytes <= 400);
#endif
    CHECK(bytes > 0);
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
