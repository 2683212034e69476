/* Claim: references to tasks, errors, portals, channel ends and primitives may be given up in any thread, while the run
 * goes on and after it; the last sender released elsewhere ends the channel, and who waits for a primitive is told. */
#include <pthread.h>

#include "support/plain.h"

#define MANY  200
#define KINDS 7 /* of primitives */

struct bag {
    void *handles[(4 + KINDS) * MANY];
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

/* ---- primitives: a maker of each kind, such that a wait has to wait, and the wait */

static void *make_event(void) { return crib_event_new(); }
static int wait_event(void *p) { return crib_event_wait(p); }

static void *make_lock(void) {
    crib_lock *l = crib_lock_new();
    CHECK_EQ_INT(crib_lock_acquire(l), 0);
    return l;
}
static int wait_lock(void *p) { return crib_lock_acquire(p); }

static void *make_semaphore(void) { return crib_semaphore_new(0, 0); }
static int wait_semaphore(void *p) { return crib_semaphore_acquire(p); }

static void *make_condition(void) { return crib_condition_new(NULL); }
static int wait_condition(void *p) {
    int rc = crib_lock_acquire_nowait(crib_condition_lock(p));
    return rc < 0 ? rc : crib_condition_wait(p);
}

static void *make_limiter(void) { return crib_limiter_new(0); }
static int wait_limiter(void *p) { return crib_limiter_acquire(p); }

static void *make_barrier(void) { return crib_barrier_new(2); }
static int wait_barrier(void *p) { return crib_barrier_wait(p); }

static void *make_rwlock(void) {
    crib_rwlock *l = crib_rwlock_new();
    CHECK_EQ_INT(crib_rwlock_acquire_write(l), 0);
    return l;
}
static int wait_rwlock(void *p) { return crib_rwlock_acquire_read(p); }

static const struct kind {
    void *(*make)(void);
    int (*wait)(void *primitive);
} kinds[KINDS] = {{make_event, wait_event},         {make_lock, wait_lock},       {make_semaphore, wait_semaphore},
                  {make_condition, wait_condition}, {make_limiter, wait_limiter}, {make_barrier, wait_barrier},
                  {make_rwlock, wait_rwlock}};

struct waiter {
    const struct kind *kind;
    void *primitive;
};

static int waits_until_it_goes(void *data) {
    struct waiter *w = data;
    CHECK_EQ_INT(w->kind->wait(w->primitive), CRIB_ECLOSED);
    return 0;
}

/* All of them wait when this returns. */
static void put_primitives(struct bag *during, struct bag *after, crib_nursery *n) {
    static struct waiter waiters[KINDS * MANY];
    int i;
    for (i = 0; i < KINDS * MANY; i++) {
        struct waiter *w = &waiters[i];
        w->kind = &kinds[i % KINDS];
        w->primitive = w->kind->make();
        put(during, w->primitive);
        put(after, w->kind->make());
        CHECK_EQ_INT(crib_nursery_start_soon(n, "waits until it goes", waits_until_it_goes, w, NULL), 0);
    }
    CHECK_EQ_INT(crib_wait_all_tasks_blocked(0), 0);
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
    put_primitives(&a->during, &a->after, n);
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
