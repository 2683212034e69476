/* Claim: runs in several threads at once are independent: each has its own time, tasks, locals and last error, and what
 * a run made cannot be used in another thread's run. */
#include <pthread.h>

#include "support/plain.h"

#define THREADS 4

struct one_run {
    pthread_t thread;
    int number;
    int rounds;
    int children_ended;
    crib_runtime *rt;
};

static int child(void *data) {
    struct one_run *r = data;
    int64_t begun = crib_now();
    int i;
    for (i = 0; i < r->rounds; i++) {
        int rc = crib_sleep(CRIB_SECONDS(r->number));
        if (rc < 0) return rc;
    }
    CHECK_EQ_INT(crib_now() - begun, CRIB_SECONDS((int64_t)r->number * r->rounds));
    CHECK(crib_runtime_current() == r->rt);
    r->children_ended++;
    return 0;
}

static int app(void *data) {
    struct one_run *r = data;
    crib_nursery *n = crib_nursery_open();
    crib_statistics s;
    int i, rc;
    for (i = 0; i < 20; i++) CHECK_EQ_INT(crib_nursery_start_soon(n, "child", child, r, NULL), 0);
    rc = crib_nursery_close(n, 0);
    CHECK_EQ_INT(rc, 0);
    s = run_statistics();
    CHECK(s.tasks_spawned >= 21 && s.tasks_spawned < 30);
    return crib_fail(-1000000 - r->number, "as agreed");
}

static void *thread_main(void *data) {
    struct one_run *r = data;
    int i;
    CHECK(crib_runtime_current() == NULL);
    for (i = 0; i < 5; i++) {
        r->children_ended = 0;
        r->rt = mock_runtime();
        CHECK(r->rt != NULL);
        CHECK_EQ_INT(crib_runtime_run(r->rt, app, r, NULL), -1000000 - r->number);
        CHECK_EQ_INT(crib_error_code(crib_error_current()), -1000000 - r->number);
        CHECK_EQ_INT(r->children_ended, 20);
        CHECK(crib_runtime_current() == NULL);
        crib_unref(r->rt);
    }
    return NULL;
}

static int no_body(void *ran) {
    *(bool *)ran = true;
    return 0;
}

static void *run_elsewhere(void *rt) {
    bool ran = false;
    CHECK_EQ_INT(crib_runtime_run(rt, no_body, &ran, NULL), CRIB_EMISUSE);
    CHECK(!ran);
    return NULL;
}

int main(void) {
    struct one_run runs[THREADS];
    crib_runtime *rt;
    pthread_t thread;
    bool ran = false;
    int i;
    memset(runs, 0, sizeof runs);
    for (i = 0; i < THREADS; i++) {
        runs[i].number = i + 1;
        runs[i].rounds = workload(100);
        CHECK_EQ_INT(pthread_create(&runs[i].thread, NULL, thread_main, &runs[i]), 0);
    }
    for (i = 0; i < THREADS; i++) pthread_join(runs[i].thread, NULL);

    /* A runtime belongs to the thread that entered it first. */
    rt = mock_runtime();
    CHECK_EQ_INT(crib_runtime_run(rt, no_body, &ran, NULL), 0);
    CHECK(ran);
    CHECK_EQ_INT(pthread_create(&thread, NULL, run_elsewhere, rt), 0);
    pthread_join(thread, NULL);
    crib_unref(rt);
    return 0;
}
