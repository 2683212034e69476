/* Claim: references to tasks, errors, portals and channel ends may be given up in any thread, while the run goes on and
 * after it; the last sender released elsewhere ends the channel. */
#include <pthread.h>

#include "support/plain.h"

#define MANY 200

struct bag {
    void *handles[4 * MANY];
    int count;
};

static void *unref_all(void *data) {
    struct bag *bag = data;
    int i;
    for (i = 0; i < bag->count; i++) crib_unref(bag->handles[i]);
    bag->count = 0;
    return NULL;
}

static void put(struct bag *bag, void *handle) {
    CHECK(handle != NULL);
    bag->handles[bag->count++] = handle;
}

static int child(void *rx) {
    crib_value v;
    int rc = crib_receiver_receive(rx, &v);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc < 0 ? rc : CRIB_EMISUSE;
}

struct app {
    struct bag during, after;
    crib_error *shared;
};

static int app(void *data) {
    struct app *a = data;
    crib_nursery *n = crib_nursery_open();
    crib_portal *portal = crib_portal_open();
    pthread_t thread;
    int i, rc;
    a->shared = crib_error_new(-1000001, "shared by two threads");
    for (i = 0; i < MANY; i++) {
        crib_sender *tx;
        crib_receiver *rx;
        crib_task *task;
        CHECK_EQ_INT(crib_channel_open(1, &tx, &rx), 0);
        task = crib_nursery_spawn(n, "waits for the end of its channel", child, rx, crib_unref);
        put(&a->after, crib_task_ref(task));
        put(&a->during, task);
        put(&a->during, crib_error_ref(a->shared));
        put(&a->during, crib_portal_ref(portal));
        put(&a->during, tx);
    }
    put(&a->after, portal);
    CHECK_EQ_INT(pthread_create(&thread, NULL, unref_all, &a->during), 0);
    for (i = 0; i < MANY; i++) crib_unref(crib_error_ref(a->shared));
    rc = crib_nursery_close(n, 0); /* ends when every channel has ended */
    pthread_join(thread, NULL);
    CHECK_EQ_INT(crib_error_code(a->shared), -1000001);
    CHECK_EQ_INT(strcmp(crib_error_message(a->shared), "shared by two threads"), 0);
    return rc;
}

int main(void) {
    static struct app a;
    pthread_t thread;
    CHECK_EQ_INT(crib_run(app, &a), 0);
    put(&a.after, a.shared);
    CHECK_EQ_INT(pthread_create(&thread, NULL, unref_all, &a.after), 0);
    pthread_join(thread, NULL);
    return 0;
}
