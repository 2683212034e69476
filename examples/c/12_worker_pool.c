/* Worker pool: three workers share one channel of jobs, each job goes to exactly one of them, and each worker leaves
 * a result behind. There is no stop message: when the sending end is released, the workers see the end of the
 * channel. */
#include <crib.h>
#include <stdio.h>

#define WORKERS 3
#define JOBS    12

/* Adds up the squares of the jobs it gets. */
static int worker(void *rx) {
    crib_value job;
    int64_t sum = 0;
    int rc;
    while ((rc = crib_receiver_receive(rx, &job)) == 0) {
        int64_t n = crib_value_as_int(job, 0);
        if ((rc = crib_sleep(CRIB_MS(n))) < 0) return rc; /* the work; the others go on meanwhile */
        sum += n * n;
    }
    if (rc != CRIB_EENDOFCHANNEL) return rc;
    return crib_task_set_result(crib_value_int(sum));
}

static int pool(crib_nursery *nursery, void *data) {
    crib_task **tasks = data;
    crib_sender *tx;
    crib_receiver *rx;
    int rc = crib_channel_open(0, &tx, &rx); /* capacity 0: a send waits until a worker takes the job */
    if (rc < 0) return rc;
    for (int i = 0; i < WORKERS; i++) {
        /* Each worker owns an end of the channel; its task is kept for the result. */
        tasks[i] = crib_nursery_spawn(nursery, "worker", worker, crib_receiver_clone(rx), crib_unref);
        if (tasks[i] == NULL) rc = crib_fail(-1000002, "a worker could not be started");
    }
    for (int n = 1; n <= JOBS && rc == 0; n++) rc = crib_sender_send(tx, crib_value_int(n));
    crib_unref(rx);
    crib_unref(tx); /* the last sending end: no more jobs */
    return rc;
}

static int app(void *unused) {
    (void)unused;
    crib_task *tasks[WORKERS] = {NULL};
    int64_t total = 0;
    int rc = crib_nursery_run(NULL, pool, tasks); /* opens a nursery, runs the body, waits for everybody */
    for (int i = 0; i < WORKERS; i++) {
        crib_value result;
        if (tasks[i] != NULL && crib_task_result(tasks[i], &result) == 0) total += crib_value_as_int(result, 0);
        crib_unref(tasks[i]);
    }
    printf("sum of the squares up to %d: %lld\n", JOBS, (long long)total);
    return rc < 0 ? rc : total == 650 ? 0 : -1000001;
}

int main(void) { return crib_run(app, NULL) < 0; }
