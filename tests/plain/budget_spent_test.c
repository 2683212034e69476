/* Claim: whichever operation of a fiber spends the task's budget, the next one finds nothing left of it. */
#include "support/plain.h"

typedef struct kit {
    crib_lock *lock;
    crib_rwlock *rwlock;
    crib_semaphore *semaphore;
    crib_limiter *limiter;
    crib_event *event;
} kit;

static int use_lock(kit *k) {
    int rc = crib_lock_acquire(k->lock);
    CHECK_EQ_INT(crib_lock_release(k->lock), 0);
    return rc;
}

static int use_rwlock(kit *k) {
    int rc = crib_rwlock_acquire_write(k->rwlock);
    CHECK_EQ_INT(crib_rwlock_release(k->rwlock), 0);
    return rc;
}

static int use_semaphore(kit *k) {
    int rc = crib_semaphore_acquire(k->semaphore);
    CHECK_EQ_INT(crib_semaphore_release(k->semaphore), 0);
    return rc;
}

static int use_limiter(kit *k) {
    int rc = crib_limiter_acquire(k->limiter);
    CHECK_EQ_INT(crib_limiter_release(k->limiter), 0);
    return rc;
}

static bool undone(crib_op *op, void *unused) {
    (void)op;
    (void)unused;
    return true;
}

static int wakes(void *task) { return crib_unpark(task, 0, crib_value_int(1)); }

/* Leaves the slot as a wait of the application's own does. */
static void park_once(void) {
    crib_nursery *n = crib_nursery_open();
    CHECK_EQ_INT(crib_nursery_start_soon(n, "wakes", wakes, crib_task_current(), NULL), 0);
    CHECK_EQ_INT(crib_park(undone, NULL, "its waker", NULL), 0);
    CHECK_EQ_INT(crib_nursery_close(n, 0), 0);
}

/* A wait that is refused takes what the slot holds: nothing. */
static void park_in_vain(void) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_value v;
    CHECK_EQ_INT(crib_scope_cancel(scope, NULL), 0);
    CHECK_EQ_INT(crib_park(undone, NULL, "nothing", &v), CRIB_ECANCELLED);
    CHECK(v.vt == NULL);
    CHECK_EQ_INT(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
}

static int go_through(void *operation) {
    int (*use)(kit *) = *(int (**)(kit *))operation;
    kit k;
    int i;
    k.lock = crib_lock_new();
    k.rwlock = crib_rwlock_new();
    k.semaphore = crib_semaphore_new(1, 0);
    k.limiter = crib_limiter_new(1);
    k.event = crib_event_new();
    crib_event_set(k.event);
    for (i = 0; i < 3; i++) { /* in one of them it is `use` that spends it, and not what comes before or after */
        int others;
        park_once();
        for (others = 0; others < i; others++) CHECK_EQ_INT(crib_event_wait(k.event), 0);
        CHECK_EQ_INT(use(&k), 0);
        park_in_vain();
    }
    crib_unref(k.lock);
    crib_unref(k.rwlock);
    crib_unref(k.semaphore);
    crib_unref(k.limiter);
    crib_unref(k.event);
    return 0;
}

/* A wait of the application's own that is refused: nobody finds the task in a list and not parked. */
static bool is_listed;

static int looks_at_list(void *unused) {
    (void)unused;
    CHECK(!is_listed);
    return 0;
}

static int lists_itself(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = crib_scope_open(NULL);
    int i, rc = CRIB_ECANCELLED;
    (void)unused;
    CHECK_EQ_INT(crib_scope_cancel(scope, NULL), 0);
    for (i = 0; i < 3; i++) {
        CHECK_EQ_INT(crib_nursery_start_soon(n, "looks", looks_at_list, NULL, NULL), 0);
        is_listed = true;
        CHECK_EQ_INT(crib_park(undone, NULL, "nothing", NULL), CRIB_ECANCELLED);
        is_listed = false;
    }
    rc = crib_scope_close(scope, rc, NULL);
    return crib_nursery_close(n, rc);
}

static void run_with_budget(uint32_t budget, crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    crib_runtime *rt;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.budget = budget;
    rt = crib_runtime_new(&options);
    CHECK_EQ_INT(crib_runtime_run(rt, body, user_data, NULL), 0);
    crib_unref(rt);
}

static void holds_for(int (*use)(kit *)) { run_with_budget(2, go_through, &use); }

int main(void) {
    run_with_budget(1, lists_itself, NULL);
    holds_for(use_lock);
    holds_for(use_rwlock);
    holds_for(use_semaphore);
    holds_for(use_limiter);
    return 0;
}
