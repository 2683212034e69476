/* Claim: starting a child and waiting until it says it is ready holds when it is cancelled at any cancel point, from
 * whichever side, and when any allocation fails: the child is in one nursery, its value in one place. */
#include <errno.h>

#include "support/sweep.h"

#define E_ONE (-1000001)

/* ---- children; their data is a number of milliseconds */

static int serves(void *ms) {
    int rc = naps(ms);
    if (rc == 0) rc = crib_task_started(crib_sweep_value(1));
    return rc < 0 ? rc : naps(ms);
}

static int never_says(void *ms) { return naps(ms); }

static int fails_before(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : crib_fail(E_ONE, "not ready");
}

/* Has a nursery, a scope and a child of its own when it moves. */
static int moves_with_family(void *ms) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    int rc;
    if (n == NULL) return crib_checkpoint();
    rc = start_nap(n, 3);
    scope = crib_fail_after(CRIB_SECONDS(1));
    if (scope == NULL) rc = crib_checkpoint();
    if (rc == 0) rc = naps(ms);
    if (rc == 0) rc = crib_task_started(crib_sweep_value(2));
    if (rc == 0) rc = naps(ms);
    if (scope != NULL) rc = crib_scope_close(scope, rc, NULL);
    return crib_nursery_close(n, rc);
}

/* Cleans up behind a shield whether it is ready or not, and says so while it is being cancelled. */
static int says_too_late(void *ms) {
    crib_scope_options options;
    crib_scope *shield;
    int rc;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.shield = 1;
    shield = crib_scope_open(&options);
    if (shield == NULL) return crib_checkpoint();
    rc = naps(ms);
    if (rc == 0) rc = crib_task_started(crib_sweep_value(3));
    rc = crib_scope_close(shield, rc, NULL);
    return rc < 0 ? rc : naps(ms);
}

/* ---- starting one */

static int start(crib_nursery *n, crib_body_fn body, int64_t ms) {
    crib_value v = {NULL, NULL};
    int rc = crib_nursery_start(n, "child", body, swept(ms), unswept, &v);
    CHECK(rc == 0 || v.vt == NULL);
    crib_value_drop(v);
    return rc;
}

static int starts_one(crib_nursery *n, void *body) {
    int rc = start(n, *(crib_body_fn *)body, 2);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(1));
}

static int one_child(void *body) { return crib_nursery_run(NULL, starts_one, body); }

static int one_that_does_not_start(void *body) {
    int rc = crib_nursery_run(NULL, starts_one, body);
    return rc == E_ONE || rc == CRIB_ENOTSTARTED ? 0 : rc;
}

/* ---- the target elsewhere: other tasks start children in the nursery of the body */

static int starts_in(void *n) { return start(n, serves, 2); }

static int starts_in_vain(void *n) {
    int rc = start(n, serves, 5);
    return rc == CRIB_ENURSERYCANCELLED ? 0 : rc;
}

static int with_starters(crib_nursery *target, crib_body_fn starter, int64_t cancel_after) {
    crib_nursery *starters = crib_nursery_open();
    int rc;
    if (starters == NULL) return crib_checkpoint();
    rc = crib_nursery_start_soon(starters, "starter", starter, target, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(starters, "starter", starter, target, NULL);
    if (rc == 0 && cancel_after > 0) rc = crib_sleep(CRIB_MS(cancel_after));
    if (rc == 0 && cancel_after > 0) rc = crib_nursery_cancel(target, "no longer needed");
    return crib_nursery_close(starters, rc);
}

static int two_starters(crib_nursery *target, void *unused) {
    (void)unused;
    return with_starters(target, starts_in, 0);
}

static int started_by_others(void *unused) { return crib_nursery_run(NULL, two_starters, unused); }

static int starters_in_vain(crib_nursery *target, void *unused) {
    (void)unused;
    return with_starters(target, starts_in_vain, 2);
}

static int target_is_cancelled(void *unused) { return crib_nursery_run(NULL, starters_in_vain, unused); }

/* The starter gives up by a timeout of its own. */
static int impatient(crib_nursery *target, void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(2));
    bool caught = false;
    int rc;
    (void)unused;
    if (scope == NULL) return crib_checkpoint();
    rc = start(target, serves, 5);
    rc = crib_scope_close(scope, rc, &caught);
    if (rc == 0) CHECK(caught);
    return rc;
}

static int times_out(void *unused) { return crib_nursery_run(NULL, impatient, unused); }

/* As many as there is room for: a pending start takes room. */
static int fills_up(crib_nursery *n, void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < 3 && rc == 0; i++) {
        rc = start(n, serves, 1);
        if (rc == CRIB_EWOULDBLOCK) rc = crib_nursery_wait_room(n);
    }
    return rc;
}

static int with_limit(void *unused) {
    crib_nursery_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.max_children = 1;
    return crib_nursery_run(&options, fills_up, unused);
}

/* ---- told by somebody else */

static int waits_to_be_told(void *unused) {
    (void)unused;
    return crib_sleep(CRIB_MS(3));
}

static int tells(void *task) {
    int rc = crib_sleep(CRIB_MS(1));
    if (rc < 0) return rc;
    rc = crib_task_state(task) == CRIB_TASK_ENDED ? 0 : crib_task_started_by(task, crib_sweep_value(4));
    return rc;
}

static int has_brother_tell(void *n) {
    int rc = crib_nursery_start_soon(n, "tells", tells, crib_task_ref(crib_task_current()), crib_unref);
    return rc < 0 ? rc : waits_to_be_told(NULL);
}

static int told(crib_nursery *n, void *unused) {
    crib_value v = {NULL, NULL};
    int rc = crib_nursery_start(n, "is told", has_brother_tell, n, NULL, &v);
    (void)unused;
    if (rc == 0) CHECK_EQ_INT(crib_sweep_number(v, -1), 4);
    crib_value_drop(v);
    return rc;
}

static int told_by_a_brother(void *unused) { return crib_nursery_run(NULL, told, unused); }

static void children_hold(const char *name, crib_body_fn body, crib_body_fn child) {
    sweep_holds(name, sweep_of(body, &child));
}

int main(void) {
    children_hold("a service", one_child, serves);
    children_hold("one with a family", one_child, moves_with_family);
    children_hold("one that says so while it is cancelled", one_child, says_too_late);
    children_hold("one that never says so", one_that_does_not_start, never_says);
    children_hold("one that fails before", one_that_does_not_start, fails_before);
    sweep_holds("started by others", sweep_of(started_by_others, NULL));
    sweep_holds("the target is cancelled", sweep_of(target_is_cancelled, NULL));
    sweep_holds("the start times out", sweep_of(times_out, NULL));
    sweep_holds("one at a time", sweep_of(with_limit, NULL));
    sweep_holds("told by a brother", sweep_of(told_by_a_brother, NULL));
    return 0;
}
