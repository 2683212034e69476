/* Claim: a post that races with the end of the run either runs before the run ends, or is refused; its destroy runs
 * exactly once in both cases. */
#include <pthread.h>

#include "support/plain.h"

struct shared {
    crib_portal *portal;
    int accepted, refused; /* by the posting thread */
    int ran;               /* on the loop thread */
    pthread_mutex_t lock;
    int destroyed;
};

static void call(void *data) { ((struct shared *)data)->ran++; }

static void destroyed(void *data) {
    struct shared *s = data;
    pthread_mutex_lock(&s->lock);
    s->destroyed++;
    pthread_mutex_unlock(&s->lock);
}

static void *post_until_refused(void *data) {
    struct shared *s = data;
    for (;;) {
        int rc = crib_portal_post(s->portal, call, s, destroyed);
        if (rc == CRIB_ERUNFINISHED) {
            s->refused++;
            return NULL;
        }
        CHECK_EQ_INT(rc, 0);
        s->accepted++;
    }
}

struct app {
    struct shared *shared;
    pthread_t thread;
};

static int app(void *data) {
    struct app *a = data;
    a->shared->portal = crib_portal_open();
    CHECK(a->shared->portal != NULL);
    CHECK_EQ_INT(pthread_create(&a->thread, NULL, post_until_refused, a->shared), 0);
    return crib_sleep(CRIB_MS(2));
}

int main(void) {
    int round, rounds = workload(40);
    for (round = 0; round < rounds; round++) {
        struct shared shared = {NULL, 0, 0, 0, PTHREAD_MUTEX_INITIALIZER, 0};
        struct app a = {&shared, pthread_self()};
        int ran_in_run;
        CHECK_EQ_INT(crib_run(app, &a), 0);
        ran_in_run = shared.ran;
        pthread_join(a.thread, NULL);
        CHECK_EQ_INT(shared.ran, ran_in_run);
        CHECK_EQ_INT(shared.ran, shared.accepted);
        CHECK_EQ_INT(shared.refused, 1);
        CHECK_EQ_INT(shared.destroyed, shared.accepted + 1);
        crib_unref(shared.portal);
    }
    return 0;
}
