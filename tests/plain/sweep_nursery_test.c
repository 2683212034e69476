/* Claim: nurseries of every kind hold when they are cancelled at any cancel point, and when any allocation fails. */
#include <errno.h>

#include "support/sweep.h"

#define E_ONE (-1000001)
#define E_TWO (-1000002)

typedef int (*nursery_body)(crib_nursery *n, void *user_data);

static crib_nursery_options with_policy(int policy) {
    crib_nursery_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.policy = policy;
    return options;
}

/* ---- the default policy */

static int fails(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : crib_fail(E_ONE, "meant to");
}

static int fails_otherwise(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : E_TWO;
}

static int starts_brother(void *n) {
    int rc = crib_sleep(CRIB_MS(1));
    return rc < 0 ? rc : start_nap(n, 2);
}

static int three_nap(crib_nursery *n, void *unused) {
    int rc = start_nap(n, 3);
    (void)unused;
    if (rc == 0) rc = start_nap(n, 0);
    if (rc == 0) rc = crib_nursery_start_soon(n, "starts a brother", starts_brother, n, NULL);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(2));
}

static int all_succeed(void *unused) { return crib_nursery_run(NULL, three_nap, unused); }

static int two_fail(crib_nursery *n, void *unused) {
    int rc = crib_nursery_start_soon(n, "fails", fails, swept(1), unswept);
    (void)unused;
    if (rc == 0) rc = crib_nursery_start_soon(n, "fails too", fails_otherwise, swept(1), unswept);
    if (rc == 0) rc = start_nap(n, 5);
    return rc < 0 ? rc : crib_sleep_forever();
}

static int failures_are_handled(void *unused) {
    int rc = crib_nursery_run(NULL, two_fail, unused);
    return rc == E_ONE || rc == E_TWO ? 0 : rc;
}

static int body_fails(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_error *error;
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    rc = start_nap(n, 3);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc == CRIB_ECANCELLED) return crib_nursery_close(n, rc);
    error = crib_nursery_close_error(n, crib_error_new(rc < 0 ? rc : E_ONE, "the body"));
    rc = crib_error_code(error);
    crib_unref(error);
    return rc == E_ONE ? 0 : rc;
}

/* ---- the other policies */

static int two_race(crib_nursery *n, void *unused) {
    int rc = start_nap(n, 1);
    (void)unused;
    return rc < 0 ? rc : start_nap(n, 1000);
}

static int first_done(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_FIRST_DONE);
    return crib_nursery_run(&options, two_race, unused);
}

static int one_fails_first(crib_nursery *n, void *unused) {
    int rc = crib_nursery_start_soon(n, "fails", fails, swept(1), unswept);
    (void)unused;
    if (rc == 0) rc = start_nap(n, 2);
    return rc < 0 ? rc : start_nap(n, 1000);
}

static int first_success(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_FIRST_SUCCESS);
    int rc = crib_nursery_run(&options, one_fails_first, unused);
    return rc == E_ONE ? 0 : rc; /* cancelled before anybody succeeded */
}

struct supervision {
    crib_nursery *nursery;
    int failures;
};

static void replace(crib_task *task, crib_error *error, void *user_data) {
    struct supervision *s = user_data;
    (void)task;
    CHECK(crib_error_code(error) < 0);
    if (s->failures++ == 0) start_nap(s->nursery, 2);
}

static int supervised(crib_nursery *n, void *user_data) {
    struct supervision *s = user_data;
    int rc;
    s->nursery = n;
    rc = crib_nursery_start_soon(n, "fails", fails, swept(1), unswept);
    if (rc == 0) rc = start_nap(n, 2);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(5));
}

static int supervision(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_SUPERVISE);
    struct supervision s = {NULL, 0};
    (void)unused;
    options.on_failure = replace;
    options.user_data = &s;
    return crib_nursery_run(&options, supervised, &s);
}

static int supervised_in_silence(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_SUPERVISE);
    int rc = crib_nursery_run(&options, one_fails_first, unused);
    return rc == E_ONE ? 0 : rc;
}

/* ---- nested, services, limits */

static int level(void *depth) {
    crib_nursery *n = crib_nursery_open();
    int64_t left = swept_number(depth);
    int i, rc = 0;
    if (n == NULL) return crib_checkpoint();
    for (i = 0; i < 2 && rc == 0 && left > 0; i++)
        rc = crib_nursery_start_soon(n, "level", level, swept(left - 1), unswept);
    if (rc == 0) rc = crib_sleep(CRIB_MS(left));
    return crib_nursery_close(n, rc);
}

static int nested(void *unused) {
    void *depth = swept(2);
    int rc = level(depth);
    (void)unused;
    unswept(depth);
    return rc;
}

static int with_services(crib_nursery *n, void *unused) {
    int rc = start_nap(n, 1000);
    (void)unused;
    if (rc == 0) rc = start_nap(n, 1);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(3));
}

static int service(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_ALL);
    options.service = 1;
    return crib_nursery_run(&options, with_services, unused);
}

/* Whoever finds no room waits; the count is never above the limit. */
static int start_when_there_is_room(crib_nursery *n) {
    int rc;
    for (;;) {
        void *ms = swept(2);
        rc = crib_nursery_start_soon(n, "one of a few", naps, ms, unswept);
        CHECK(crib_nursery_count(n) <= 2);
        if (rc != CRIB_EWOULDBLOCK) return rc;
        rc = crib_nursery_wait_room(n);
        if (rc < 0) return rc;
    }
}

static int starts_two(void *n) {
    int rc = start_when_there_is_room(n);
    return rc < 0 ? rc : start_when_there_is_room(n);
}

static int few_at_a_time(crib_nursery *n, void *unused) {
    crib_nursery *starters = crib_nursery_open();
    int rc;
    (void)unused;
    if (starters == NULL) return crib_checkpoint();
    rc = crib_nursery_start_soon(starters, "starts two", starts_two, n, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(starters, "starts two", starts_two, n, NULL);
    rc = crib_nursery_close(starters, rc);
    return rc < 0 ? rc : crib_nursery_wait_idle(n);
}

static int limited(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_ALL);
    options.max_children = 2;
    return crib_nursery_run(&options, few_at_a_time, unused);
}

static int drained(crib_nursery *n, void *unused) {
    int rc = start_nap(n, 1);
    (void)unused;
    if (rc == 0) rc = crib_scope_cancel_soft(crib_nursery_scope(n), CRIB_SOFT_DRAIN, CRIB_MS(2), "draining");
    if (rc == 0) CHECK_EQ_INT(start_nap(n, 1), CRIB_ECLOSED);
    return rc < 0 ? rc : crib_sleep_forever();
}

static int draining(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_ALL);
    options.drain = 1;
    return crib_nursery_run(&options, drained, unused);
}

/* A failure that leaves the others a while to finish. */
static int finishes_first(void *ms) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.shield = 2;
    return crib_scope_run(&options, naps, ms, NULL);
}

static int one_fails_softly(crib_nursery *n, void *unused) {
    int rc = crib_nursery_start_soon(n, "fails", fails, swept(1), unswept);
    (void)unused;
    if (rc == 0) rc = crib_nursery_start_soon(n, "finishes first", finishes_first, swept(3), unswept);
    if (rc == 0) rc = crib_nursery_start_soon(n, "finishes too late", finishes_first, swept(30), unswept);
    return rc < 0 ? rc : start_nap(n, 1000);
}

static int with_grace(void *unused) {
    crib_nursery_options options = with_policy(CRIB_POLICY_ALL);
    int rc;
    options.grace = CRIB_MS(5);
    rc = crib_nursery_run(&options, one_fails_softly, unused);
    return rc == E_ONE ? 0 : rc;
}

/* ---- handles */

static int gives_result(void *ms) {
    int rc = naps(ms);
    if (rc == 0) rc = crib_task_set_result(crib_sweep_value(1));
    return rc < 0 ? rc : crib_sleep(CRIB_MS(1));
}

static int results(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    crib_value v = {NULL, NULL};
    int rc;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    task = crib_nursery_spawn(n, "gives a result", gives_result, swept(1), unswept);
    rc = task == NULL ? -ENOMEM : start_nap(n, 1);
    rc = crib_nursery_close(n, rc);
    if (rc == 0) CHECK_EQ_INT(crib_task_result(task, &v), 0);
    if (rc == 0) CHECK_EQ_INT(crib_sweep_number(v, -1), 1);
    crib_value_drop(v);
    crib_unref(task);
    return rc;
}

static int cancels_one(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    int rc, code = 0;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    task = crib_nursery_spawn(n, "is cancelled", naps, swept(1000), unswept);
    rc = task == NULL ? -ENOMEM : start_nap(n, 1);
    if (rc == 0) rc = crib_checkpoint();
    if (task != NULL) CHECK_EQ_INT(crib_task_cancel(task, "no longer wanted"), 0);
    if (rc == 0) rc = crib_task_wait(task, &code);
    if (rc == 0) CHECK(code == CRIB_ECANCELLED || code == -ENOMEM); /* no stack */
    rc = crib_nursery_close(n, rc);
    crib_unref(task);
    return rc;
}

int main(void) {
    sweep_holds("all succeed", sweep_of(all_succeed, NULL));
    sweep_holds("failures are handled", sweep_of(failures_are_handled, NULL));
    sweep_holds("the body fails", sweep_of(body_fails, NULL));
    sweep_holds("first done", sweep_of(first_done, NULL));
    sweep_holds("first success", sweep_of(first_success, NULL));
    sweep_holds("supervision", sweep_of(supervision, NULL));
    sweep_holds("supervised in silence", sweep_of(supervised_in_silence, NULL));
    sweep_holds("nested", sweep_of(nested, NULL));
    sweep_holds("service", sweep_of(service, NULL));
    sweep_holds("limited", sweep_of(limited, NULL));
    sweep_holds("draining", sweep_of(draining, NULL));
    sweep_holds("with grace", sweep_of(with_grace, NULL));
    sweep_holds("results", sweep_of(results, NULL));
    sweep_holds("one is cancelled", sweep_of(cancels_one, NULL));
    return 0;
}
