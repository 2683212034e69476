/* Guest mode: the run is driven by a foreign loop (statement 118). */
#include <criterion/criterion.h>
#include <crib.h>
#include <pthread.h>

#include "support/children.h"
#include "support/host.h"
#include "support/run.h"

static crib_runtime *virtual_time(void) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    return crib_runtime_new(&options);
}

static bool ran;
static int trivial(void *arg) {
    (void)arg;
    ran = true;
    cr_expect_eq(crib_checkpoint(), 0);
    return 7;
}

Test(run_guest, s118_a_guest_run_says_once_that_it_is_done) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    int destroyed = 0;
    cr_assert_eq(crib_guest_start(h.rt, trivial, &destroyed, count_destroy, host_done, &h), 0);
    cr_assert_not(ran, "main does not run before start returns");
    cr_assert(crib_runtime_active(h.rt));
    cr_assert_eq(host_run(&h), 0);
    cr_assert(ran);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 7);
    cr_assert_eq(destroyed, 1);
    cr_assert_not(crib_runtime_active(h.rt));
    cr_assert_eq(host_start(&h, trivial, NULL), 0, "the runtime may be used again");
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.done, 2);
    cr_assert_eq(crib_runtime_run(h.rt, trivial, NULL, NULL), 7, "also for a run of its own");
    crib_unref(h.rt);
}

Test(run_guest, s118_set_up_errors_come_from_start) {
    struct host h = {.rt = crib_runtime_new(NULL)}, second = {.rt = h.rt};
    int destroyed = 0;
    cr_assert_eq(host_start(&h, trivial, NULL), 0);
    cr_assert_eq(crib_guest_start(h.rt, trivial, &destroyed, count_destroy, host_done, &second), CRIB_EMISUSE);
    cr_assert_eq(destroyed, 1);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(second.done, 0, "a run that did not begin is not done");
    crib_unref(h.rt);
}

static int ticks_inside(void *rt) {
    cr_expect_eq(crib_guest_tick(rt, 0), CRIB_EMISUSE);
    return 0;
}

Test(run_guest, s118_a_run_cannot_tick_itself) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    cr_assert_eq(host_start(&h, ticks_inside, h.rt), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.done, 1);
    crib_unref(h.rt);
}

static void posted(void *arg) { ++*(int *)arg; }

static int system_task(void *arg) {
    ++*(int *)arg;
    return 0;
}

Test(run_guest, s118_the_run_is_initialised_when_start_returns) {
    struct host h = {.rt = virtual_time()};
    crib_portal *portal;
    int calls = 0, systems = 0;
    cr_assert_eq(host_start(&h, trivial, NULL), 0);
    portal = crib_portal_open();
    cr_assert_not_null(portal, "a portal may be opened");
    cr_assert_eq(crib_portal_post(portal, posted, &calls, NULL), 0);
    cr_assert_eq(crib_runtime_spawn_system_task(h.rt, "system", system_task, &systems, NULL), 0);
    cr_assert_eq(calls + systems, 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(calls, 1);
    cr_assert_eq(systems, 1);
    crib_unref(portal);
    crib_unref(h.rt);
}

Test(run_guest, s118_guests_use_virtual_time_too) {
    struct child c = {.name = "c", .ms = 3600 * 1000};
    struct host h = {.rt = virtual_time()};
    cr_assert_eq(host_start(&h, child_body, &c), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 0);
    cr_assert_neq(story_text[0], '\0');
    crib_unref(h.rt);
}

/* What a host does between ticks. */

static crib_scope *main_scope;
static crib_task *main_task;
static int waits_in_scope(void *arg) {
    bool caught = false;
    int rc;
    (void)arg;
    main_task = crib_task_current();
    main_scope = crib_scope_open(NULL);
    rc = crib_sleep_forever();
    story("woken");
    rc = crib_scope_close(main_scope, rc, &caught);
    return caught ? 1 : rc;
}

static void cancel_from_host(struct host *h) {
    (void)h;
    cr_expect_not(crib_in_task());
    if (main_scope != NULL && story_text[0] == '\0') cr_expect_eq(crib_scope_cancel(main_scope, "the host's"), 0);
}

Test(run_guest, s118_the_host_may_cancel_between_ticks) {
    struct host h = {.rt = crib_runtime_new(NULL), .between = cancel_from_host};
    cr_assert_eq(host_start(&h, waits_in_scope, NULL), 0);
    cr_assert_eq(host_run(&h), 0, "the host is told that a tick is due");
    cr_assert_eq(h.result, 1);
    cr_assert_str_eq(story_text, "woken");
    crib_unref(h.rt);
}

static void expire(struct host *h) {
    (void)h;
    if (main_scope != NULL && story_text[0] == '\0') {
        cr_expect_eq(crib_scope_set_deadline(main_scope, CRIB_EXPIRED), 0);
    }
}

Test(run_guest, s118_the_host_may_move_deadlines_between_ticks) {
    struct host h = {.rt = crib_runtime_new(NULL), .between = expire};
    cr_assert_eq(host_start(&h, waits_in_scope, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 1);
    crib_unref(h.rt);
}

static int parks(void *arg) {
    crib_value v = nil_value;
    int rc;
    (void)arg;
    main_task = crib_task_current();
    rc = crib_park(NULL, NULL, "the host", &v);
    cr_expect_eq(crib_value_as_int(v, -1), 33);
    return rc;
}

static void unpark(struct host *h) {
    (void)h;
    if (main_task != NULL && crib_task_state(main_task) == CRIB_TASK_WAITING) {
        cr_expect_eq(crib_unpark(main_task, 11, crib_value_int(33)), 0);
    }
}

Test(run_guest, s118_the_host_may_wake_a_task_between_ticks) {
    struct host h = {.rt = crib_runtime_new(NULL), .between = unpark};
    cr_assert_eq(host_start(&h, parks, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 11);
    crib_unref(h.rt);
}

/* Deadlocks are not detected: the host may always come. */

Test(run_guest, s118_a_guest_run_that_waits_for_its_host_is_no_deadlock) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    int i;
    cr_assert_eq(host_start(&h, waits_in_scope, NULL), 0);
    for (i = 0; i < 10; ++i) cr_assert_eq(crib_guest_tick(h.rt, 0), 1);
    cr_assert_eq(crib_guest_timeout(h.rt), CRIB_FOREVER);
    cr_assert_eq(h.done, 0);
    cr_assert_eq(crib_scope_cancel(main_scope, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 1);
    crib_unref(h.rt);
}

/* Other threads reach the host through the descriptor. */

static crib_portal *shared;
static void *wake_from_thread(void *arg) {
    cr_expect_eq(crib_portal_wake(shared), 0);
    return arg;
}

static int waits_for_thread(void *arg) {
    pthread_t thread;
    int rc;
    (void)arg;
    shared = crib_portal_open();
    pthread_create(&thread, NULL, wake_from_thread, NULL);
    rc = crib_portal_wait(shared);
    pthread_join(thread, NULL);
    crib_unref(shared);
    return rc == 0 ? 4 : rc;
}

Test(run_guest, s118_a_wake_from_another_thread_reaches_the_host) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    cr_assert_eq(host_start(&h, waits_for_thread, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 4);
    crib_unref(h.rt);
}

/* Ticks are bounded. */

static int steps;
static int step_many(void *arg) {
    int i;
    (void)arg;
    for (i = 0; i < 500; ++i) {
        ++steps;
        if (crib_checkpoint() < 0) return E_ONE;
    }
    return 0;
}

static int two_step(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "a", step_many, NULL, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "b", step_many, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(run_guest, s118_a_tick_runs_about_as_many_steps_as_it_is_given) {
    struct host h = {.rt = crib_runtime_new(NULL), .budget = 10};
    int most = 0, before = 0;
    cr_assert_eq(host_start(&h, two_step, NULL), 0);
    while (host_turn(&h) == 1) {
        if (steps - before > most) most = steps - before;
        before = steps;
    }
    cr_assert_eq(h.done, 1);
    cr_assert_eq(steps, 1000);
    cr_assert_leq(most, 40);
    cr_assert_geq(h.ticks, 1000 / 40);
    crib_unref(h.rt);
}

/* A few milliseconds of real time. */

static int sleeps_really(void *arg) {
    int64_t begin = crib_now();
    (void)arg;
    cr_expect_eq(crib_sleep(CRIB_MS(3)), 0);
    cr_expect_geq(crib_now() - begin, CRIB_MS(3));
    return 0;
}

Test(run_guest, s118_the_timeout_says_when_the_next_tick_is_due) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    int64_t timeout;
    cr_assert_eq(host_start(&h, sleeps_really, NULL), 0);
    cr_assert_eq(crib_guest_tick(h.rt, 0), 1);
    timeout = crib_guest_timeout(h.rt);
    cr_assert_geq(timeout, 0);
    cr_assert_leq(timeout, CRIB_MS(3));
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 0);
    cr_assert_lt(h.ticks, 20, "the host did not spin");
    crib_unref(h.rt);
}

static int waits_with_cushion(void *arg) {
    int64_t begin = crib_now();
    (void)arg;
    cr_expect_eq(crib_wait_all_tasks_blocked(CRIB_MS(3)), 0);
    cr_expect_geq(crib_now() - begin, CRIB_MS(3));
    return 0;
}

Test(run_guest, s116_a_cushion_passes_under_a_host_that_is_not_made_to_spin) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    cr_assert_eq(host_start(&h, waits_with_cushion, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.done, 1);
    cr_assert_eq(h.result, 0);
    cr_assert_lt(h.ticks, 50);
    crib_unref(h.rt);
}
