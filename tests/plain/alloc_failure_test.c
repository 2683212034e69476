/* Claim: whichever allocation fails, alone or with all that follow, a run that uses a bit of everything ends, reports
 * UV_ENOMEM or succeeds, runs every destroy and drop exactly once, and leaves no block behind. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "support/sweep.h"

#define NO_MEMORY (-ENOMEM) /* UV_ENOMEM */
#define FAILED    (-1000001)

/* ---- the parts of the scenario; each returns 0, or the code of what failed */

static crib_local *key;
static crib_sender *tx;
static crib_receiver *rx;

static int sleeps(void *unused) {
    (void)unused;
    return crib_sleep(CRIB_SECONDS(1));
}

static int sends(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < 5 && rc == 0; i++) rc = crib_sender_send(tx, crib_sweep_value(__LINE__));
    return rc;
}

static int receives(void *unused) {
    crib_value v;
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < 5 && rc == 0; i++) {
        rc = crib_receiver_receive(rx, &v);
        if (rc == 0) crib_value_drop(v);
    }
    return rc;
}

static int channel_part(void) {
    crib_nursery *n;
    int rc = crib_channel_open(2, &tx, &rx);
    if (rc < 0) return rc;
    n = crib_nursery_open();
    if (n == NULL) rc = crib_checkpoint(); /* what the task is poisoned with */
    if (rc == 0) rc = crib_nursery_start_soon(n, "sends", sends, swept(__LINE__), unswept);
    if (rc == 0) rc = crib_nursery_start_soon(n, "receives", receives, swept(__LINE__), unswept);
    if (n != NULL) rc = crib_nursery_close(n, rc);
    if (rc == 0) {
        crib_value v = crib_sweep_value(__LINE__);
        rc = crib_sender_send_nowait(tx, &v); /* stays in the buffer, and is dropped with it */
        if (rc < 0) crib_value_drop(v);
    }
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

static int gives_result(void *unused) {
    int rc = crib_local_set(key, swept(__LINE__));
    (void)unused;
    if (rc == 0) rc = crib_checkpoint();
    return rc < 0 ? rc : crib_task_set_result(crib_sweep_value(__LINE__));
}

static int task_part(void) {
    crib_nursery *n;
    crib_task *task;
    int code = 0, rc = crib_local_set(key, swept(__LINE__));
    if (rc < 0) return rc;
    n = crib_nursery_open();
    if (n == NULL) return crib_checkpoint();
    task = crib_nursery_spawn(n, "gives a result", gives_result, swept(__LINE__), unswept);
    rc = task == NULL ? NO_MEMORY : crib_task_set_name(task, "a name of its own");
    if (rc == 0) rc = crib_task_wait(task, &code);
    if (rc == 0) rc = code;
    rc = crib_nursery_close(n, rc);
    if (rc == 0) {
        crib_value v;
        rc = crib_task_result(task, &v);
        if (rc == 0) crib_value_drop(v);
    }
    crib_unref(task);
    return rc;
}

static int ready_after_a_while(void *unused) {
    int rc = crib_sleep(CRIB_MS(10));
    (void)unused;
    if (rc == 0) rc = crib_task_started(crib_sweep_value(__LINE__));
    return rc < 0 ? rc : crib_sleep_forever();
}

static int start_part(void) {
    crib_nursery *n = crib_nursery_open();
    crib_value started = {NULL, NULL};
    int rc;
    if (n == NULL) return crib_checkpoint();
    rc = crib_nursery_start(n, "service", ready_after_a_while, swept(__LINE__), unswept, &started);
    if (rc == 0) crib_value_drop(started);
    if (rc == 0) rc = crib_nursery_cancel(n, "no longer needed");
    return crib_nursery_close(n, rc);
}

/* The local of a child that ends before it is ready cancels the nursery it was meant for. */
static crib_local *canceller;
static crib_nursery *start_target;

static void cancel_target(void *p) {
    unswept(p);
    crib_nursery_cancel(start_target, "by a local");
}

static int is_never_ready(void *unused) {
    (void)unused;
    return crib_local_set(canceller, swept(__LINE__));
}

static int late_cancel_part(void) {
    int rc;
    start_target = crib_nursery_open();
    if (start_target == NULL) return crib_checkpoint();
    rc = crib_nursery_start(start_target, "never ready", is_never_ready, swept(__LINE__), unswept, NULL);
    if (rc == CRIB_ENOTSTARTED || rc == CRIB_ENURSERYCANCELLED) rc = 0; /* expected, so handled */
    return crib_nursery_close(start_target, rc);
}

static void nothing(void *unused) { (void)unused; }

static int scope_part(void) {
    crib_scope_options options;
    crib_scope *outer, *inner, *linked;
    bool caught = false;
    int rc = 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.timeout = CRIB_SECONDS(1);
    outer = crib_scope_open(&options);
    options.grace = CRIB_SECONDS(1);
    options.graceful = 1;
    inner = crib_scope_open(&options);
    linked = crib_scope_open(NULL);
    if (linked == NULL || inner == NULL || outer == NULL) rc = crib_checkpoint(); /* what the task is poisoned with */
    if (rc == 0) rc = crib_scope_link(outer, linked);
    if (rc == 0) rc = crib_scope_on_cancel(inner, nothing, swept(__LINE__), unswept);
    if (rc == 0) rc = crib_scope_set_deadline(inner, crib_now() + CRIB_SECONDS(5));
    if (rc == 0) rc = crib_sleep_forever();
    if (linked != NULL) rc = crib_scope_close(linked, rc, NULL);
    if (inner != NULL) rc = crib_scope_close(inner, rc, NULL);
    if (outer != NULL) rc = crib_scope_close(outer, rc, &caught);
    return rc == 0 && !caught ? crib_fail(FAILED, "not caught") : rc;
}

static int fails_with_payload(void *unused) {
    crib_error *parts[2], *group;
    (void)unused;
    parts[0] = crib_error_new_payload(FAILED, "one", crib_sweep_value(__LINE__));
    parts[1] = crib_error_new(FAILED - 1, "other");
    if (parts[0] == NULL || parts[1] == NULL) {
        crib_unref(parts[0]);
        crib_unref(parts[1]);
        return NO_MEMORY;
    }
    group = crib_error_group("both", parts, 2);
    return group == NULL ? NO_MEMORY : crib_fail_error(group);
}

static int error_part(void) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    if (n == NULL) return crib_checkpoint();
    rc = crib_nursery_start_soon(n, "fails", fails_with_payload, swept(__LINE__), unswept);
    if (rc == 0) rc = crib_nursery_start_soon(n, "sleeps", sleeps, swept(__LINE__), unswept);
    rc = crib_nursery_close(n, rc);
    return rc == FAILED ? 0 : rc; /* expected, so handled */
}

/* A stackless task with a second slot, a call on a fiber, a scope and a nursery of its own. */
struct strand {
    crib_op *call;
    crib_scope *scope;
    crib_nursery *nursery;
    int step;
    int rc;
};

static void strand_end(crib_task *self, struct strand *s, int rc) {
    crib_error *error = rc == CRIB_ECANCELLED ? crib_error_cancelled(crib_task_scope(self))
                        : rc < 0              ? crib_error_new(rc, "strand")
                                              : NULL;
    if (s->scope != NULL) error = crib_scope_close_error(s->scope, error, NULL);
    crib_task_exit(self, error);
}

static void leaf_resume(crib_task *self, uintptr_t data) {
    (void)data;
    crib_task_exit(self, NULL);
}

static void strand_resume(crib_task *self, uintptr_t data) {
    struct strand *s = (struct strand *)data;
    crib_op *op = crib_task_op(self);
    crib_result result = {0, 0, {NULL, NULL}};
    crib_nursery_options options;
    crib_scope_options scope;
    int rc;
    switch (s->step++) {
        case 0:
            memset(&scope, 0, sizeof scope);
            scope.size = sizeof scope;
            scope.parent = crib_task_scope(self);
            s->scope = crib_scope_open(&scope);
            s->call = s->scope == NULL ? NULL : crib_op_new(self, s->scope);
            if (s->call == NULL) {
                strand_end(self, s, NO_MEMORY);
                return;
            }
            rc = crib_begin_call(s->call, sleeps, swept(__LINE__), unswept);
            if (rc != CRIB_PENDING) strand_end(self, s, rc);
            return;
        case 1:
            rc = crib_op_take(s->call, &result);
            crib_unref(crib_op_take_error(s->call));
            crib_op_free(s->call);
            if (rc < 0 || result.status < 0) {
                strand_end(self, s, rc < 0 ? rc : result.status);
                return;
            }
            memset(&options, 0, sizeof options);
            options.size = sizeof options;
            options.parent = s->scope;
            s->nursery = crib_nursery_open_with(&options);
            if (s->nursery == NULL) {
                strand_end(self, s, NO_MEMORY);
                return;
            }
            if (crib_nursery_start_stackless(s->nursery, "leaf", leaf_resume, (uintptr_t)swept(__LINE__),
                                             unswept_data) == NULL) {
                s->rc = NO_MEMORY;
            }
            rc = crib_begin_nursery_close(op, s->nursery, NULL);
            if (rc != CRIB_PENDING) strand_end(self, s, rc);
            return;
        default:
            rc = crib_op_take(op, &result);
            crib_unref(crib_op_take_error(op));
            strand_end(self, s, rc < 0 ? rc : result.status < 0 ? result.status : s->rc);
    }
}

static int stackless_part(void) {
    struct strand strand = {NULL, NULL, NULL, 0, 0};
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    if (n == NULL) return crib_checkpoint();
    task = crib_nursery_start_stackless(n, "strand", strand_resume, (uintptr_t)&strand, NULL);
    return crib_nursery_close(n, task == NULL ? NO_MEMORY : 0);
}

static void posted(void *unused) { (void)unused; }

static int portal_part(void) {
    crib_portal *portal = crib_portal_open();
    crib_expectation *expectation = crib_runtime_expect(NULL, "test");
    int null, rc = portal == NULL || expectation == NULL ? NO_MEMORY : 0;
    if (rc == 0) rc = crib_portal_post(portal, posted, swept(__LINE__), unswept);
    if (rc == 0) rc = crib_portal_wake(portal);
    if (rc == 0) rc = crib_portal_wait(portal);
    if (rc == 0) rc = crib_runtime_spawn_system_task(NULL, "system", sleeps, swept(__LINE__), unswept);
    null = open("/dev/null", O_WRONLY);
    if (rc == 0) rc = crib_runtime_dump(NULL, null);
    close(null);
    crib_unref(expectation);
    crib_unref(portal);
    return rc;
}

/* So many at once that every pool has to grow. */
static int crowd_body(crib_nursery *n, void *unused) {
    (void)unused;
    (void)n;
    return crib_sleep(CRIB_SECONDS(1));
}

static int one_of_crowd(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
    int rc;
    (void)unused;
    if (scope == NULL) return crib_checkpoint();
    rc = crib_nursery_run(NULL, crowd_body, NULL);
    return crib_scope_close(scope, rc, NULL);
}

static int crowd_part(void) {
    crib_nursery *n = crib_nursery_open();
    int i, rc = 0;
    if (n == NULL) return crib_checkpoint();
    for (i = 0; i < 70 && rc == 0; i++) {
        rc = crib_nursery_start_soon(n, "one of many", one_of_crowd, swept(__LINE__), unswept);
    }
    return crib_nursery_close(n, rc);
}

static int app(void *unused) {
    static int (*const parts[])(void) = {channel_part,   task_part,  start_part,  scope_part,      error_part,
                                         stackless_part, crowd_part, portal_part, late_cancel_part};
    int i, rc = 0;
    (void)unused;
    key = crib_local_new(unswept);
    canceller = crib_local_new(cancel_target);
    if (key == NULL || canceller == NULL) rc = NO_MEMORY;
    for (i = 0; i < 9 && rc == 0; i++) rc = parts[i]();
    crib_unref(key);
    crib_unref(canceller);
    return rc;
}

int main(void) {
    CHECK(sweep_allocations_hold("a bit of everything", sweep_of(app, NULL)) > 80);
    return 0;
}
