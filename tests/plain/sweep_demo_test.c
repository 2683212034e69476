/* Claim: a sweep finds a body that is wrong, and says in which round, at which place and what does not hold; there is
 * one wrong body for each thing that must hold. */
#include <errno.h>

#include "support/sweep.h"

#define OWN_CODE (-1000001)

/* ---- a right body: three cancel points, one value that crosses a channel */

static int right(void *unused) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v = {NULL, NULL};
    int rc = crib_channel_open(1, &tx, &rx);
    (void)unused;
    if (rc < 0) return rc;
    rc = crib_sender_send(tx, crib_sweep_value(7));
    if (rc == 0) rc = crib_sleep(CRIB_MS(5));
    if (rc == 0) rc = crib_receiver_receive(rx, &v);
    if (rc == 0) CHECK_EQ_INT(crib_sweep_number(v, -1), 7);
    crib_value_drop(v);
    crib_unref(tx);
    crib_unref(rx);
    return rc;
}

static void a_right_body_holds(void) {
    crib_sweep sweep = sweep_of(right, NULL);
    crib_sweep_report report;
    report.size = sizeof report;
    sweep.step = 1;
    CHECK_EQ_INT(crib_sweep_cancels(&sweep, &report), 0);
    CHECK_EQ_INT(report.rounds, 1 + 3 * 3 + 3); /* undisturbed, three points in three ways, and an end of each way */
    CHECK_EQ_INT(report.disturbed, 3 + 2 + 2);  /* nothing waits any more after the last point */
    CHECK_EQ_INT(report.round, 0);
    CHECK_EQ_INT(strlen(report.message), 0);
    CHECK_EQ_INT(crib_sweep_allocations(&sweep, &report), 0);
    CHECK_EQ_INT(report.rounds, 1 + report.disturbed + 2);
    CHECK(report.disturbed > 20);
}

/* ---- looking for wrong ones */

struct finding {
    uint32_t when;
    int code;
    const char *message;
};

static struct finding finding(uint32_t when, int code, const char *message) {
    struct finding f;
    f.when = when;
    f.code = code;
    f.message = message;
    return f;
}

/* What wrong bodies kept, so that it can be released after all. */
static void *kept_handle;
static crib_value kept_value;

static void is_found(const crib_sweep_report *report, int rc, struct finding wanted) {
    const crib_value nil = {NULL, NULL};
    printf("round %llu, place %llu, when %u: %s\n", (unsigned long long)report->round, (unsigned long long)report->at,
           (unsigned)report->when, report->message);
    CHECK_EQ_INT(rc, CRIB_EMISUSE);
    CHECK_EQ_INT(report->round, report->rounds);
    CHECK_EQ_INT(report->when, wanted.when);
    CHECK_EQ_INT(report->code, wanted.code);
    CHECK(strstr(report->message, wanted.message) != NULL);
    crib_value_drop(kept_value);
    crib_unref(kept_handle);
    kept_value = nil;
    kept_handle = NULL;
}

static void found_by_cancels(crib_body_fn body, int (*check)(void *), uint64_t at, struct finding wanted) {
    crib_sweep sweep = sweep_of(body, NULL);
    crib_sweep_report report;
    report.size = sizeof report;
    sweep.step = 1;
    sweep.check = check;
    is_found(&report, crib_sweep_cancels(&sweep, &report), wanted);
    CHECK_EQ_INT(report.at, at);
}

static void found_by_allocations(crib_body_fn body, struct finding wanted) {
    crib_sweep sweep = sweep_of(body, NULL);
    crib_sweep_report report;
    report.size = sizeof report;
    sweep.step = 1;
    is_found(&report, crib_sweep_allocations(&sweep, &report), wanted);
}

/* ---- wrong when they are cancelled */

static int forgets_a_value(void *unused) {
    crib_value v = crib_sweep_value(3);
    int rc = crib_sleep(1);
    (void)unused;
    if (rc == 0) rc = crib_sleep(1);
    if (rc < 0)
        kept_value = v;
    else
        crib_value_drop(v);
    return rc;
}

static int drops_twice(void *unused) {
    crib_value v = crib_sweep_value(4);
    int rc = crib_sleep(1);
    (void)unused;
    if (rc < 0) crib_value_drop(v);
    CHECK_EQ_INT(crib_sweep_number(v, -1), rc < 0 ? -1 : 4);
    crib_value_drop(v);
    return rc;
}

static int keeps_an_end(void *unused) {
    crib_sender *tx;
    crib_receiver *rx;
    int rc = crib_channel_open(0, &tx, &rx);
    (void)unused;
    if (rc < 0) return rc;
    crib_unref(rx);
    rc = crib_checkpoint();
    if (rc == 0) rc = crib_checkpoint();
    if (rc < 0)
        kept_handle = tx;
    else
        crib_unref(tx);
    return rc;
}

static int ends(void *unused) {
    (void)unused;
    return 0;
}

static int keeps_a_task(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "child", ends, NULL, NULL);
    int rc = crib_task_wait(task, NULL);
    (void)unused;
    if (rc < 0)
        kept_handle = task;
    else
        crib_unref(task);
    return crib_nursery_close(n, rc);
}

static int ends_with_lock(void *lock) {
    int rc = crib_lock_acquire(lock);
    if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_lock_release(lock);
    return rc;
}

static int breaks_a_lock(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_lock *lock = crib_lock_new();
    int rc = crib_nursery_start_soon(n, "holder", ends_with_lock, lock, NULL);
    (void)unused;
    rc = crib_nursery_close(n, rc);
    crib_unref(lock);
    return rc;
}

static int says_otherwise(void *unused) {
    int rc = crib_sleep(CRIB_MS(1));
    (void)unused;
    return rc < 0 ? crib_fail(OWN_CODE, "not what it was") : 0;
}

static int forges(void *unused) {
    (void)unused;
    return crib_sleep(1) == 0 ? CRIB_ECANCELLED : 0;
}

static int stays(void *unused) {
    crib_scope_options options;
    crib_scope *shield;
    int rc = crib_sleep(CRIB_MS(1));
    (void)unused;
    if (rc == 0) return 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.shield = 1;
    shield = crib_scope_open(&options); /* a cleanup that never ends */
    return crib_scope_close(shield, crib_sleep_forever(), NULL);
}

static int closes_twice(void *unused) {
    crib_scope *scope = crib_move_on_after(CRIB_MS(1));
    int rc = crib_sleep(CRIB_FOREVER);
    (void)unused;
    crib_scope_close(scope, rc, NULL);
    if (crib_checkpoint() < 0) crib_scope_close(scope, 0, NULL);
    return 0;
}

static int half_done;

static int does_half(void *unused) {
    int rc;
    (void)unused;
    half_done = 1;
    rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) half_done = 0;
    return rc;
}

static int nothing_is_half_done(void *unused) {
    (void)unused;
    return half_done ? OWN_CODE : 0;
}

/* Only waiting for something to end can see this. */
static bool parking, unlinked;

static bool forgets_to_unlink(crib_op *op, void *unused) {
    (void)op;
    (void)unused;
    parking = unlinked = false;
    return true;
}

static int wakes(void *task) {
    int i;
    for (i = 0; i < 3; i++) crib_cancel_shielded_checkpoint();
    if (parking) crib_unpark(task, 0, crib_value_int(0));
    return 0;
}

static int parks(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    parking = unlinked = true;
    crib_nursery_start_soon(n, "wakes", wakes, crib_task_current(), NULL);
    rc = crib_park(forgets_to_unlink, NULL, "a wake-up", NULL);
    parking = false;
    return crib_nursery_close(n, rc);
}

static int is_unlinked(void *unused) {
    (void)unused;
    return unlinked ? 0 : OWN_CODE;
}

static bool settled;

static int settles(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < 3; i++) crib_cancel_shielded_checkpoint();
    settled = true;
    return 0;
}

/* Right while the child moves. */
static int forgets_when_settled(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value v = crib_sweep_value(5);
    int rc;
    (void)unused;
    settled = false;
    crib_nursery_start_soon(n, "settles", settles, NULL, NULL);
    rc = crib_sleep(CRIB_MS(1));
    if (rc < 0 && settled)
        kept_value = v;
    else
        crib_value_drop(v);
    return crib_nursery_close(n, rc);
}

static int is_wrong_alone(void *unused) {
    (void)unused;
    kept_value = crib_sweep_value(9);
    return 0;
}

static void say_nothing(int code, const char *message, void *unused) {
    (void)code;
    (void)message;
    (void)unused;
}

static void what_is_wrong_when_cancelled_is_found(void) {
    const uint32_t at = CRIB_SWEEP_AT;
    found_by_cancels(forgets_a_value, NULL, 1, finding(at, 0, "value 3 was never dropped"));
    found_by_cancels(drops_twice, NULL, 1, finding(at, 0, "value 4 was dropped more than once"));
    found_by_cancels(keeps_an_end, NULL, 1, finding(at, 0, "1 of channels"));
    found_by_cancels(keeps_a_task, NULL, 1, finding(at, 0, "1 of tasks"));
    found_by_cancels(breaks_a_lock, NULL, 1, finding(CRIB_SWEEP_AFTER, 0, "a lock is left broken"));
    found_by_cancels(says_otherwise, NULL, 1, finding(at, OWN_CODE, "(-1000001): not what it was"));
    found_by_cancels(forges, NULL, 0, finding(0, CRIB_EMISUSE, "no visible scope is cancelled"));
    found_by_cancels(closes_twice, NULL, 1, finding(at, 0, "misuse: crib: crib_scope_close: a stale scope"));
    found_by_cancels(does_half, nothing_is_half_done, 1, finding(at, 0, "check returned"));
    found_by_cancels(parks, is_unlinked, 1, finding(CRIB_SWEEP_AFTER, 0, "check returned"));
    found_by_cancels(forgets_when_settled, NULL, 1, finding(CRIB_SWEEP_BLOCKED, 0, "value 5 was never dropped"));
    found_by_cancels(is_wrong_alone, NULL, 0, finding(0, 0, "value 9 was never dropped"));
    crib_set_diagnostics(say_nothing, NULL); /* a deadlock is reported at length */
    found_by_cancels(stays, NULL, 1, finding(at, CRIB_EDEADLOCK, "the run returned CRIB_EDEADLOCK"));
    crib_set_diagnostics(NULL, NULL);
}

/* ---- wrong when memory is short */

static int keeps_an_error(void *unused) {
    crib_error *error = crib_error_new(OWN_CODE, "kept");
    crib_sender *tx;
    crib_receiver *rx;
    int rc = crib_channel_open(1, &tx, &rx);
    (void)unused;
    if (rc < 0) {
        kept_handle = error;
        return rc;
    }
    crib_unref(error);
    crib_unref(tx);
    crib_unref(rx);
    return 0;
}

static int names_another_cause(void *unused) {
    crib_portal *portal = crib_portal_open();
    (void)unused;
    if (portal == NULL) return crib_fail(OWN_CODE, "no portal");
    crib_unref(portal);
    return 0;
}

/* Right as long as memory comes back. */
static int tries_twice(void *unused) {
    crib_portal *portal = crib_portal_open();
    (void)unused;
    if (portal == NULL) portal = crib_portal_open();
    if (portal == NULL) return OWN_CODE;
    crib_unref(portal);
    return 0;
}

static void what_is_wrong_without_memory_is_found(void) {
    found_by_allocations(keeps_an_error, finding(CRIB_SWEEP_ALONE, -ENOMEM, "1 blocks of memory are left"));
    found_by_allocations(names_another_cause, finding(CRIB_SWEEP_ALONE, OWN_CODE, "(-1000001): no portal"));
    found_by_allocations(tries_twice, finding(CRIB_SWEEP_ONWARD, OWN_CODE, "the run returned"));
    found_by_allocations(is_wrong_alone, finding(0, 0, "value 9 was never dropped"));
}

int main(void) {
    a_right_body_holds();
    what_is_wrong_when_cancelled_is_found();
    what_is_wrong_without_memory_is_found();
    return 0;
}
