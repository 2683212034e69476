/* Claim: one thread makes one run after another, with the same runtime or a new one, and each begins afresh: its own
 * result, its own last error, nothing left over from the run before. */
#include "support/plain.h"

struct round {
    int number;
    int destroyed;
};

static int child(void *unused) {
    (void)unused;
    return crib_sleep(CRIB_MS(1));
}

static int app(void *data) {
    struct round *r = data;
    crib_nursery *n;
    int rc;
    CHECK(crib_error_current() == NULL);
    CHECK(run_statistics().tasks_living <= 3); /* main, and what the run itself needs */
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "child", child, NULL, NULL);
    rc = crib_nursery_close(n, 0);
    CHECK_EQ_INT(rc, 0);
    return r->number % 3 == 2 ? crib_fail(-1000000 - r->number, "every third fails") : r->number;
}

static void destroyed(void *data) { ((struct round *)data)->destroyed++; }

static void check_round(int rc, const struct round *r) {
    if (r->number % 3 == 2) {
        CHECK_EQ_INT(rc, -1000000 - r->number);
        CHECK_EQ_INT(crib_error_code(crib_error_current()), rc);
    } else {
        CHECK_EQ_INT(rc, r->number);
        CHECK(crib_error_current() == NULL);
    }
}

int main(void) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int i, rounds = workload(200);
    for (i = 0; i < rounds; i++) {
        struct round r = {i, 0};
        check_round(crib_runtime_run(rt, app, &r, destroyed), &r);
        CHECK_EQ_INT(r.destroyed, 1);
    }
    crib_unref(rt);
    for (i = 0; i < rounds / 4; i++) {
        struct round r = {i, 0};
        check_round(crib_run(app, &r), &r);
    }
    for (i = 0; i < rounds / 4; i++) {
        struct round r = {i, 0};
        rt = mock_runtime();
        check_round(crib_runtime_run(rt, app, &r, destroyed), &r);
        CHECK_EQ_INT(r.destroyed, 1);
        crib_unref(rt);
    }
    return 0;
}
