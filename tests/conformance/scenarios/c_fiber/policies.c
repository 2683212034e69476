/* 3xx: nurseries with policies and limits, and handles of tasks. */
#include "fiber.h"

static crib_nursery *nursery_of(int policy) {
    crib_nursery_options options = nursery_options();
    options.policy = policy;
    return crib_nursery_open_with(&options);
}

/* ---- 301, 302 */

static int job(void *unused) {
    (void)unused;
    return sleep_ms(1000);
}

static int late_job(void *unused) {
    (void)unused;
    say("begins");
    return sleep_ms(1000);
}

static int room_for_two(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_nursery *n;
    int rc;
    (void)unused;
    options.max_children = 2;
    n = crib_nursery_open_with(&options);
    start(n, "job 1", job);
    start(n, "job 2", job);
    say("job 3 is refused: %s", yes(start(n, "job 3", late_job) < 0));
    rc = crib_nursery_wait_room(n);
    say("there is room");
    start(n, "job 3", late_job);
    rc = crib_nursery_close(n, rc);
    say("all done");
    return rc;
}

static int long_job(void *unused) {
    (void)unused;
    return sleep_ms(2000);
}

static int wait_until_idle(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "short", job);
    start(n, "long", long_job);
    rc = crib_nursery_wait_idle(n);
    say("no children, starts another");
    start(n, "another", job);
    rc = crib_nursery_close(n, rc);
    say("closed");
    return rc;
}

/* ---- 303, 304, 305 */

static int quick(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("ends");
    return rc;
}

static int slow(void *unused) {
    int rc = sleep_ms(10000);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

static int fails(void *unused) {
    int rc = sleep_ms(500);
    (void)unused;
    say("fails");
    return rc < 0 ? rc : fail("boom");
}

static int fails_too(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("fails");
    return rc < 0 ? rc : fail("bang");
}

static int first_done(void *unused) {
    crib_nursery *n = nursery_of(CRIB_POLICY_FIRST_DONE);
    int rc;
    (void)unused;
    start(n, "quick", quick);
    start(n, "slow", slow);
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

static int first_success(void *unused) {
    crib_nursery *n = nursery_of(CRIB_POLICY_FIRST_SUCCESS);
    (void)unused;
    start(n, "fails", fails);
    start(n, "quick", quick);
    start(n, "slow", slow);
    say("the nursery: %s", outcome(crib_nursery_close(n, 0)));
    n = nursery_of(CRIB_POLICY_FIRST_SUCCESS);
    start(n, "fails", fails);
    start(n, "fails too", fails_too);
    say("the nursery: %s", outcome(crib_nursery_close(n, 0)));
    return 0;
}

static void heard(crib_task *task, crib_error *error, void *unused) {
    (void)task;
    (void)unused;
    say("heard of %s", error_text(error));
}

static int supervise(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_nursery *n;
    int rc;
    (void)unused;
    options.policy = CRIB_POLICY_SUPERVISE;
    options.on_failure = heard;
    n = crib_nursery_open_with(&options);
    start(n, "failing", fails);
    start(n, "sibling", quick);
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

/* ---- 306 */

static int service_nursery(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_scope *scope = move_on_after(1000), *shield;
    crib_nursery *n;
    bool caught;
    int rc;
    (void)unused;
    options.service = 1;
    n = crib_nursery_open_with(&options);
    start(n, "service", slow);
    rc = sleep_ms(5000);
    say("the body is cancelled, cleans up");
    shield = shielded_scope();
    crib_scope_close(shield, sleep_ms(500), NULL);
    say("the body ends");
    rc = crib_nursery_close(n, rc);
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

/* ---- 307 */

static int drain(void *unused) {
    crib_nursery_options options = nursery_options();
    crib_nursery *n;
    int rc;
    (void)unused;
    options.drain = 1;
    n = crib_nursery_open_with(&options);
    say("not cancelled, refused: %s", yes(start(n, "child", slow) < 0));
    crib_nursery_cancel(n, NULL);
    say("cancelled, refused: %s", yes(start(n, "another", slow) < 0));
    rc = crib_nursery_close(n, 0);
    say("the nursery: %s", outcome(rc));
    return rc;
}

/* ---- 308, 309 */

static int worker(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    crib_task_set_result(crib_value_int(42));
    return rc;
}

static int wait_for_one_task(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value result;
    int ended, rc;
    (void)unused;
    shared.task = crib_nursery_spawn(n, "worker", worker, NULL, NULL);
    start(n, "sibling", long_job);
    rc = crib_task_wait(shared.task, &ended);
    say("the worker has ended: %s", outcome(ended));
    rc = crib_nursery_close(n, rc);
    say("the nursery: %s", outcome(rc));
    crib_task_result(shared.task, &result);
    say("its result is %d", (int)crib_value_as_int(result, -1));
    return rc;
}

static int sleeps_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

static int cancel_one_task(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.task = crib_nursery_spawn(n, "one", sleeps_a_second, NULL, NULL);
    start(n, "two", sleeps_a_second);
    rc = sleep_ms(500);
    say("cancels one");
    crib_task_cancel(shared.task, NULL);
    rc = crib_nursery_close(n, rc);
    say("the nursery: %s", outcome(rc));
    return rc;
}

const struct scenario policies[] = {
    {301, room_for_two},    {302, wait_until_idle}, {303, first_done},        {304, first_success},   {305, supervise},
    {306, service_nursery}, {307, drain},           {308, wait_for_one_task}, {309, cancel_one_task}, {0, NULL},
};
