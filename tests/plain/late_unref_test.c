/* Claim: the last references to ended tasks, portals, channel ends and primitives may go in another thread at the very
 * moment when the run ends, the next one begins, or the runtime is released. (Thread and address sanitizer look on.) */
#include <pthread.h>

#include "support/plain.h"

#define EACH 8

struct bag {
    void *handles[7 * EACH];
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

/* Main has them when the run ends. */
static void put_primitives(struct bag *bag) {
    crib_condition *condition = crib_condition_new(NULL);
    crib_limiter *limiter = crib_limiter_new(2);
    crib_rwlock *rwlock = crib_rwlock_new();
    CHECK_EQ_INT(crib_lock_acquire(crib_condition_lock(condition)), 0);
    CHECK_EQ_INT(crib_limiter_acquire(limiter), 0);
    CHECK_EQ_INT(crib_limiter_acquire_on_behalf_of(limiter, bag), 0);
    CHECK_EQ_INT(crib_rwlock_acquire_write(rwlock), 0);
    bag->handles[bag->count++] = condition;
    bag->handles[bag->count++] = limiter;
    bag->handles[bag->count++] = rwlock;
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
        put_primitives(bag);
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
