/* Claim: the last references to ended tasks, portals and channel ends may go in another thread at the very moment when
 * the run ends, the next one begins, or the runtime is released. (Thread and address sanitizer look on.) */
#include <pthread.h>

#include "support/plain.h"

#define EACH 8

struct bag {
    void *handles[4 * EACH];
    int count;
    pthread_t thread;
};

static int body(void *unused) {
    (void)unused;
    return crib_task_set_result(crib_value_int(1));
}

static void *unref_all(void *data) {
    struct bag *bag = data;
    int i;
    for (i = 0; i < bag->count; i++) crib_unref(bag->handles[i]);
    return NULL;
}

static int fill_the_bag(void *data) {
    struct bag *bag = data;
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    bag->count = 0;
    for (i = 0; i < EACH; i++) {
        crib_sender *tx;
        crib_receiver *rx;
        CHECK_EQ_INT(crib_channel_open(1, &tx, &rx), 0);
        bag->handles[bag->count++] = crib_nursery_spawn(n, "task", body, NULL, NULL);
        bag->handles[bag->count++] = crib_portal_open();
        bag->handles[bag->count++] = tx;
        bag->handles[bag->count++] = rx;
    }
    rc = crib_nursery_close(n, 0);
    CHECK_EQ_INT(pthread_create(&bag->thread, NULL, unref_all, bag), 0);
    return rc;
}

static int use_the_same_things(void *unused) {
    crib_portal *portals[EACH];
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    (void)unused;
    for (i = 0; i < EACH; i++) {
        portals[i] = crib_portal_open();
        CHECK_EQ_INT(crib_nursery_start_soon(n, "task", body, NULL, NULL), 0);
    }
    rc = crib_nursery_close(n, 0);
    for (i = 0; i < EACH; i++) crib_unref(portals[i]);
    return rc;
}

int main(void) {
    const int rounds = workload(300);
    struct bag bag;
    int i;
    for (i = 0; i < rounds; i++) {
        crib_runtime *rt = crib_runtime_new(NULL);
        CHECK_EQ_INT(crib_runtime_run(rt, fill_the_bag, &bag, NULL), 0);
        if (i % 2) CHECK_EQ_INT(crib_runtime_run(rt, use_the_same_things, NULL, NULL), 0);
        crib_unref(rt);
        pthread_join(bag.thread, NULL);
    }
    return 0;
}
