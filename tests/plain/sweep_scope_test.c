/* Claim: scopes with deadlines, shields, soft cancels, links and functions called on a cancel hold when they are
 * cancelled from outside at any cancel point, and when any allocation fails. */
#include <errno.h>

#include "support/sweep.h"

static crib_scope_options options_of(int shield) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.shield = shield;
    return options;
}

/* ---- deadlines */

static int times_out(void *unused) {
    crib_scope *outer = crib_fail_after(CRIB_MS(3));
    crib_scope *inner = crib_move_on_after(CRIB_MS(1));
    bool caught = false;
    int rc = 0;
    (void)unused;
    if (outer == NULL || inner == NULL) rc = crib_checkpoint();
    if (rc == 0) rc = crib_sleep(CRIB_MS(10));
    if (inner != NULL) rc = crib_scope_close(inner, rc, &caught);
    if (rc == 0) CHECK(caught);
    if (rc == 0) rc = crib_sleep(CRIB_MS(10));
    if (outer != NULL) rc = crib_scope_close(outer, rc, NULL);
    return rc == CRIB_ETOOSLOW ? 0 : rc;
}

static int moves_its_deadline(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(5));
    int rc;
    (void)unused;
    if (scope == NULL) return crib_checkpoint();
    rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_scope_set_deadline(scope, crib_now() + CRIB_MS(10));
    if (rc == 0) rc = crib_sleep(CRIB_MS(7));
    if (rc == 0) rc = crib_scope_set_deadline(scope, CRIB_EXPIRED);
    if (rc == 0) rc = crib_checkpoint();
    return crib_scope_close(scope, rc, NULL);
}

/* ---- shields: what is begun is finished */

struct cleanup {
    int begun, finished;
};

static int cleans_up(void *arg) {
    struct cleanup *c = arg;
    int rc;
    ++c->begun;
    rc = crib_sleep(CRIB_MS(2));
    if (rc == 0) rc = crib_checkpoint();
    if (rc != CRIB_ECANCELLED) ++c->finished; /* without memory there is nothing more to do */
    return rc;
}

static int cleans_up_behind_shield(void *arg) {
    crib_scope_options options = options_of(1);
    int cleaned, rc;
    memset(arg, 0, sizeof(struct cleanup));
    rc = crib_sleep(CRIB_MS(1));
    cleaned = crib_scope_run(&options, cleans_up, arg, NULL);
    return cleaned < 0 ? cleaned : rc;
}

static int is_finished(void *arg) {
    const struct cleanup *c = arg;
    return c->begun == c->finished ? 0 : -1000001;
}

static int lowers_its_shield(void *unused) {
    crib_scope_options options = options_of(1);
    crib_scope *scope = crib_scope_open(&options);
    int rc;
    (void)unused;
    if (scope == NULL) return crib_checkpoint();
    rc = crib_sleep(CRIB_MS(1));
    CHECK_EQ_INT(rc, rc == -ENOMEM ? -ENOMEM : 0);
    CHECK_EQ_INT(crib_scope_set_shield(scope, false), 0);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    return crib_scope_close(scope, rc, NULL);
}

/* ---- soft cancels */

static int serves(void *unused) {
    crib_scope_options options = options_of(0);
    crib_scope *idle;
    int rc;
    (void)unused;
    options.graceful = 1;
    idle = crib_scope_open(&options);
    if (idle == NULL) return crib_checkpoint();
    rc = crib_scope_close(idle, crib_sleep_forever(), NULL);
    return rc < 0 ? rc : crib_sleep(CRIB_MS(2)); /* the request in flight */
}

static int softly(void *mode) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = scope == NULL ? NULL : crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : 0;
    if (rc == 0) rc = crib_nursery_start_soon(n, "serves", serves, NULL, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "serves", serves, NULL, NULL);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_scope_cancel_soft(scope, *(int *)mode, CRIB_MS(1), "closing");
    if (n != NULL) rc = crib_nursery_close(n, rc);
    return scope == NULL ? rc : crib_scope_close(scope, rc, NULL);
}

static int softly_shielded(void *unused) {
    crib_scope_options options = options_of(2);
    crib_scope *outer = crib_scope_open(NULL), *inner;
    int rc = 0;
    (void)unused;
    if (outer == NULL) return crib_checkpoint();
    inner = crib_scope_open(&options);
    if (inner == NULL) rc = crib_checkpoint();
    if (rc == 0) rc = crib_scope_cancel_soft(outer, CRIB_SOFT_INTERRUPT, CRIB_MS(2), NULL);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (inner != NULL) rc = crib_scope_close(inner, rc, NULL);
    if (rc == 0) rc = crib_checkpoint();
    return crib_scope_close(outer, rc, NULL);
}

/* ---- links, and functions called on a cancel */

static void called(void *data) { CHECK(swept_number(data) >= 0); }

static int linked(void *unused) {
    crib_scope *first = crib_move_on_after(CRIB_MS(2));
    crib_scope *second = crib_scope_open(NULL);
    crib_scope *third = crib_scope_open(NULL);
    int rc = 0;
    (void)unused;
    if (first == NULL || second == NULL || third == NULL) rc = crib_checkpoint();
    if (rc == 0) rc = crib_scope_link(first, third);
    if (rc == 0) rc = crib_scope_link(second, third);
    if (rc == 0) rc = crib_scope_on_cancel(second, called, swept(1), unswept);
    if (rc == 0) rc = crib_scope_on_cancel(third, called, swept(2), unswept);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (third != NULL) rc = crib_scope_close(third, rc, NULL);
    if (rc == 0) rc = crib_sleep(CRIB_MS(10));
    if (second != NULL) rc = crib_scope_close(second, rc, NULL);
    return first == NULL ? rc : crib_scope_close(first, rc, NULL);
}

/* A cancel that brings on another one, from the function it calls: in a brother, and at home. */
static void cancel_task(void *task) { crib_task_cancel(task, "with the other"); }

static int waits_in_scope(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(3));
    (void)unused;
    return scope == NULL ? crib_checkpoint() : crib_scope_close(scope, crib_sleep_forever(), NULL);
}

static int cancels_each_other(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *one, *two;
    int rc = 0;
    (void)unused;
    if (n == NULL) return crib_checkpoint();
    one = crib_nursery_spawn(n, "one", waits_in_scope, NULL, NULL);
    two = crib_nursery_spawn(n, "two", waits_in_scope, NULL, NULL);
    if (one == NULL || two == NULL) rc = -ENOMEM;
    if (rc == 0) rc = crib_scope_on_cancel(crib_task_scope(one), cancel_task, crib_task_ref(two), crib_unref);
    if (rc == 0) rc = crib_scope_on_cancel(crib_task_scope(two), cancel_task, crib_task_ref(one), crib_unref);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_task_cancel(one, NULL);
    rc = crib_nursery_close(n, rc);
    crib_unref(one);
    crib_unref(two);
    return rc;
}

/* ---- blocks that are released instead of closed, and inside out */

static int releases_while_open(void *unused) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_nursery *n;
    int rc;
    (void)unused;
    if (outer == NULL) return crib_checkpoint();
    n = crib_nursery_open();
    rc = n == NULL ? crib_checkpoint() : start_nap(n, 1000);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    crib_unref(n);
    return crib_scope_close(outer, rc, NULL);
}

int main(void) {
    static int drain = CRIB_SOFT_DRAIN, interrupt = CRIB_SOFT_INTERRUPT;
    struct cleanup cleanup;
    crib_sweep sweep = sweep_of(cleans_up_behind_shield, &cleanup);
    sweep_holds("timeouts", sweep_of(times_out, NULL));
    sweep_holds("a deadline that moves", sweep_of(moves_its_deadline, NULL));
    sweep.check = is_finished;
    sweep_holds("a shield", sweep);
    sweep_holds("a shield that is lowered", sweep_of(lowers_its_shield, NULL));
    sweep_holds("drained", sweep_of(softly, &drain));
    sweep_holds("interrupted", sweep_of(softly, &interrupt));
    sweep_holds("a soft shield", sweep_of(softly_shielded, NULL));
    sweep_holds("links", sweep_of(linked, NULL));
    sweep_holds("cancels that bring on others", sweep_of(cancels_each_other, NULL));
    sweep_holds("released while open", sweep_of(releases_while_open, NULL));
    return 0;
}
