/* Claim: a run inside a run is refused, from a task, a stackless task and a posted call; the body does not run, its
 * destroy does, and the outer run goes on unharmed. */
#include "support/plain.h"

static int ran, destroyed;

static int inner(void *unused) {
    (void)unused;
    ran++;
    return 0;
}

static void inner_resume(crib_task *self, uintptr_t data) {
    (void)data;
    ran++;
    crib_task_exit(self, NULL);
}

static void on_destroy(void *unused) {
    (void)unused;
    destroyed++;
}
static void on_destroy_data(uintptr_t unused) {
    (void)unused;
    destroyed++;
}
static void on_done(int result, void *unused) {
    (void)result;
    (void)unused;
    ran++;
}

static void try_all(crib_runtime *outer) {
    crib_runtime *other = crib_runtime_new(NULL);
    int before = destroyed;
    CHECK(other != NULL);
    CHECK_EQ_INT(crib_run(inner, NULL), CRIB_EMISUSE);
    CHECK_EQ_INT(crib_runtime_run(outer, inner, NULL, on_destroy), CRIB_EMISUSE);
    CHECK_EQ_INT(crib_runtime_run(other, inner, NULL, on_destroy), CRIB_EMISUSE);
    CHECK_EQ_INT(crib_runtime_run_stackless(other, "inner", inner_resume, 0, on_destroy_data), CRIB_EMISUSE);
    CHECK_EQ_INT(crib_runtime_start_stackless(other, "inner", inner_resume, 0, on_destroy_data, NULL), CRIB_EMISUSE);
    CHECK_EQ_INT(crib_guest_start(other, inner, NULL, on_destroy, on_done, NULL), CRIB_EMISUSE);
    CHECK_EQ_INT(destroyed - before, 5);
    CHECK_EQ_INT(ran, 0);
    CHECK(crib_runtime_current() == outer);
    crib_unref(other);
}

static void posted(void *outer) { try_all(outer); }

static void stackless(crib_task *self, uintptr_t outer) {
    try_all((crib_runtime *)outer);
    crib_task_exit(self, NULL);
}

static int app(void *outer) {
    crib_nursery *n = crib_nursery_open();
    crib_portal *portal = crib_portal_open();
    try_all(outer);
    crib_nursery_start_stackless(n, "stackless", stackless, (uintptr_t)outer, NULL);
    CHECK_EQ_INT(crib_portal_post(portal, posted, outer, NULL), 0);
    CHECK_EQ_INT(crib_nursery_close(n, 0), 0);
    CHECK_EQ_INT(crib_sleep(CRIB_MS(1)), 0);
    crib_unref(portal);
    return 5;
}

int main(void) {
    crib_runtime *rt = crib_runtime_new(NULL);
    CHECK_EQ_INT(crib_runtime_run(rt, app, rt, NULL), 5);
    CHECK_EQ_INT(destroyed, 15);
    crib_unref(rt);
    return 0;
}
