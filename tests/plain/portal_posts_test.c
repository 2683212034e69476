/* Claim: calls posted through a portal by several threads each run exactly once, on the loop thread, outside tasks, and
 * in order for each thread; each destroy runs exactly once, after its call. After the run a post is refused. */
#include <pthread.h>

#include "support/plain.h"

#define THREADS 4

struct poster {
    pthread_t thread;
    crib_portal *portal;
    int count;
    int next; /* the number the next call must have */
    int destroyed;
    bool last_ran;
};

struct call {
    struct poster *poster;
    int number;
    bool ran;
};

static struct poster posters[THREADS];
static pthread_t loop_thread;
static int threads_done;

static void run_call(void *data) {
    struct call *call = data;
    CHECK(pthread_equal(pthread_self(), loop_thread));
    CHECK(!crib_in_task());
    CHECK(!call->ran);
    CHECK_EQ_INT(call->number, call->poster->next);
    call->ran = true;
    call->poster->next++;
    if (call->poster->next == call->poster->count) {
        threads_done++;
        crib_portal_wake(call->poster->portal);
    }
}

static void destroy_call(void *data) {
    struct call *call = data;
    CHECK(pthread_equal(pthread_self(), loop_thread));
    CHECK(call->ran);
    CHECK_EQ_INT(call->number, call->poster->destroyed);
    call->poster->destroyed++;
    free(call);
}

static void *post_all(void *data) {
    struct poster *poster = data;
    int i;
    for (i = 0; i < poster->count; i++) {
        struct call *call = calloc(1, sizeof *call);
        call->poster = poster;
        call->number = i;
        CHECK_EQ_INT(crib_portal_post(poster->portal, run_call, call, destroy_call), 0);
    }
    return NULL;
}

static int app(void *portal_out) {
    crib_portal *portal = crib_portal_open();
    int i, count = workload(5000);
    CHECK(portal != NULL);
    loop_thread = pthread_self();
    for (i = 0; i < THREADS; i++) {
        posters[i].portal = crib_portal_ref(portal);
        posters[i].count = count;
        CHECK_EQ_INT(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    while (threads_done < THREADS) CHECK_EQ_INT(crib_portal_wait(portal), 0);
    for (i = 0; i < THREADS; i++) pthread_join(posters[i].thread, NULL);
    *(crib_portal **)portal_out = portal;
    return 0;
}

static int late_runs, late_destroys;
static void late_call(void *unused) {
    (void)unused;
    late_runs++;
}
static void late_destroy(void *unused) {
    (void)unused;
    late_destroys++;
}

int main(void) {
    crib_portal *portal = NULL;
    int i;
    CHECK_EQ_INT(crib_run(app, &portal), 0);
    for (i = 0; i < THREADS; i++) {
        CHECK_EQ_INT(posters[i].next, posters[i].count);
        CHECK_EQ_INT(posters[i].destroyed, posters[i].count);
        crib_unref(posters[i].portal);
    }
    CHECK_EQ_INT(crib_portal_post(portal, late_call, NULL, late_destroy), CRIB_ERUNFINISHED);
    CHECK_EQ_INT(late_runs, 0);
    CHECK_EQ_INT(late_destroys, 1);
    CHECK_EQ_INT(crib_portal_wake(portal), CRIB_ERUNFINISHED);
    crib_unref(portal);
    return 0;
}
