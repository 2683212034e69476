/* Tasks: every wait from the wrong place, names, states, results, parking. */
#include "capi/messages.h"

TestSuite(task, .init = listen_to_messages, .timeout = 20);

/* --- every wait of a fiber -------------------------------------------------------------------- */

static int wait_sleep(void) { return crib_sleep(1); }
static int wait_sleep_until(void) { return crib_sleep_until(crib_now() + 1); }
static int wait_task(void) { return crib_task_wait(NULL, NULL); }
static int wait_park(void) { return crib_park(NULL, NULL, "nothing", NULL); }
static int wait_blocked(void) { return crib_wait_all_tasks_blocked(0); }
static int wait_room(void) { return crib_nursery_wait_room(NULL); }
static int wait_idle(void) { return crib_nursery_wait_idle(NULL); }
static int wait_portal(void) { return crib_portal_wait(NULL); }
static int wait_send(void) { return crib_sender_send(NULL, nil_value); }
static int wait_receive(void) { return crib_receiver_receive(NULL, NULL); }
static int wait_start(void) { return crib_nursery_start(NULL, "c", ends, NULL, NULL, NULL); }
static int wait_close(void) { return crib_nursery_close(NULL, 0); }

static const struct {
    const char *name;
    int (*call)(void);
    bool needs_handle;
} waits[] = {
    {"crib_checkpoint", crib_checkpoint, false},
    {"crib_cancel_shielded_checkpoint", crib_cancel_shielded_checkpoint, false},
    {"crib_sleep", wait_sleep, false},
    {"crib_sleep_until", wait_sleep_until, false},
    {"crib_park", wait_park, false},
    {"crib_wait_all_tasks_blocked", wait_blocked, false},
    {"crib_task_wait", wait_task, true},
    {"crib_nursery_wait_room", wait_room, true},
    {"crib_nursery_wait_idle", wait_idle, true},
    {"crib_portal_wait", wait_portal, true},
    {"crib_sender_send", wait_send, true},
    {"crib_receiver_receive", wait_receive, true},
    {"crib_nursery_start", wait_start, true},
    {"crib_nursery_close", wait_close, true},
};
#define WAITS (sizeof waits / sizeof waits[0])

static void waits_outside(void *arg) {
    size_t i;
    (void)arg;
    for (i = 0; i < WAITS; i++) EXPECT_MISUSE(waits[i].call(), waits[i].name, NULL);
    EXPECT_MISUSE(crib_checkpoint_if_cancelled(), "crib_checkpoint_if_cancelled", NULL);
}

Test(task, a_wait_outside_a_task_is_misuse_and_says_its_name) {
    waits_outside(NULL);
    in_thread(waits_outside, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int waits_without_handle(void *arg) {
    size_t i;
    (void)arg;
    for (i = 0; i < WAITS; i++) {
        if (waits[i].needs_handle) EXPECT_MISUSE(waits[i].call(), waits[i].name, "main");
    }
    return RAN;
}

Test(task, a_wait_for_null_is_misuse_and_names_the_task) { EXPECT_RUN(run_autojump(waits_without_handle, NULL)); }

static void waits_flat(crib_task *self, void *arg) {
    size_t i;
    (void)self;
    (void)arg;
    for (i = 0; i < WAITS; i++) EXPECT_EQ(waits[i].call(), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_sleep_forever(), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_scope_run(NULL, ends, NULL, NULL), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_nursery_run(NULL, NULL, NULL), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
}

Test(task, a_stackless_task_cannot_block) {
    in_stackless_task(waits_flat, NULL);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

static void waits_in_destroy(void *arg) {
    (void)arg;
    EXPECT(!crib_in_task());
    EXPECT(crib_task_current() == NULL);
    waits_outside(NULL);
}

static int with_destroy(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "c", ends, NULL, waits_in_destroy), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(task, a_destroy_callback_is_no_task) { EXPECT_RUN(run_autojump(with_destroy, NULL)); }

static int bad_times(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(-1), CODE_EINVAL);
    EXPECT_EQ(crib_sleep(INT64_MIN), CODE_EINVAL);
    EXPECT_EQ(crib_sleep_until(INT64_MIN), 0);
    EXPECT_EQ(crib_sleep(0), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(task, negative_sleeps_are_invalid_and_past_times_a_checkpoint) { EXPECT_RUN(run_autojump(bad_times, NULL)); }

/* --- names and states ------------------------------------------------------------------------- */

static int names(void *arg) {
    crib_task *self = crib_task_current(), *child;
    crib_nursery *n = crib_nursery_open();
    char name[] = "first";
    (void)arg;
    EXPECT_STR(crib_task_name(self), "main");
    EXPECT_EQ(crib_task_set_name(self, name), 0);
    name[0] = 'b';
    EXPECT_STR(crib_task_name(self), "first");
    EXPECT_EQ(crib_task_set_name(self, NULL), 0);
    EXPECT_STR(crib_task_name(self), "");
    EXPECT_EQ(crib_task_set_name(self, "second"), 0);
    EXPECT_MISUSE(crib_task_set_name(NULL, "x"), "crib_task_set_name", "second");
    child = crib_nursery_spawn(n, NULL, ends, NULL, NULL);
    EXPECT_STR(crib_task_name(child), "");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_STR(crib_task_name(child), "(ended)");
    EXPECT_EQ(crib_task_set_name(child, "late"), 0);
    EXPECT_STR(crib_task_name(child), "late");
    crib_unref(child);
    EXPECT_STR(crib_task_name(NULL), "");
    return RAN;
}

Test(task, a_name_is_copied_and_may_change) { EXPECT_RUN(run_autojump(names, NULL)); }

static int states(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *child = crib_nursery_spawn(n, "c", stays, NULL, NULL);
    (void)arg;
    EXPECT_EQ(crib_task_state(NULL), CRIB_TASK_ENDED);
    EXPECT_EQ(crib_task_state(crib_task_current()), CRIB_TASK_RUNNING);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_NEW);
    EXPECT(crib_task_parent_nursery(child) == n);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_WAITING);
    EXPECT_EQ(crib_task_cancel(child, NULL), 0);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_READY);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_ENDED);
    EXPECT_EQ(crib_task_cancel(child, "late"), 0);
    EXPECT(crib_task_parent_nursery(child) == NULL);
    EXPECT(crib_task_eventual_parent_nursery(child) == NULL);
    EXPECT(crib_task_op(child) == NULL);
    EXPECT(crib_task_scope(child) == NULL);
    EXPECT(crib_op_new(child, NULL) == NULL);
    crib_unref(child);
    EXPECT(crib_task_ref(NULL) == NULL);
    EXPECT(crib_task_op(NULL) == NULL);
    EXPECT(crib_task_scope(NULL) == NULL);
    EXPECT(crib_op_new(NULL, NULL) == NULL);
    EXPECT(crib_task_parent_nursery(NULL) == NULL);
    EXPECT(crib_task_eventual_parent_nursery(NULL) == NULL);
    EXPECT_MISUSE(crib_task_cancel(NULL, NULL), "crib_task_cancel", "main");
    return RAN;
}

Test(task, states_follow_the_life_of_a_task) { EXPECT_RUN(run_autojump(states, NULL)); }

/* --- results, starts, parking ----------------------------------------------------------------- */

static int has_result(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_task_set_result(crib_value_int(1)), 0);
    return crib_task_set_result(crib_value_int(2)) == 0 ? 5 : -1;
}

static int results(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *child = crib_nursery_spawn(n, "c", has_result, NULL, NULL);
    crib_value v = crib_value_int(9);
    (void)arg;
    EXPECT_EQ(crib_task_result(child, &v), CRIB_EBUSY);
    EXPECT(v.vt == NULL);
    EXPECT_EQ(crib_task_result_code(child), CRIB_EBUSY);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_task_result_code(child), 5);
    EXPECT_EQ(crib_task_result(child, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), 2);
    EXPECT_EQ(crib_task_result(child, &v), 0);
    EXPECT(v.vt == NULL); /* taken */
    crib_unref(child);
    EXPECT_MISUSE(crib_task_result(NULL, &v), "crib_task_result", "main");
    EXPECT_MISUSE(crib_task_wait(crib_task_current(), NULL), "crib_task_wait", "main");
    EXPECT_QUIET();
    return RAN;
}

Test(task, a_result_is_there_when_the_task_has_ended) { EXPECT_RUN(run_autojump(results, NULL)); }

static void values_outside(void *arg) {
    (void)arg;
    drops = 0;
    EXPECT_MISUSE(crib_task_set_result(droppable()), "crib_task_set_result", NULL);
    EXPECT_MISUSE(crib_task_started(droppable()), "crib_task_started", NULL);
    EXPECT_MISUSE(crib_task_started_by(NULL, droppable()), "crib_task_started_by", NULL);
    EXPECT_EQ(crib_unpark(NULL, 0, droppable()), CRIB_EMISUSE);
    EXPECT_HAS(said_text, "crib: crib_unpark: ");
    said_forget();
    EXPECT_EQ(drops, 4);
}

Test(task, values_given_outside_a_task_are_dropped) {
    values_outside(NULL);
    in_thread(values_outside, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int not_started_by_start(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_task_started(nil_value), "crib_task_started", "main");
    EXPECT_MISUSE(crib_task_started_by(crib_task_current(), nil_value), "crib_task_started_by", "main");
    return RAN;
}

Test(task, only_what_was_begun_by_start_says_started) { EXPECT_RUN(run_autojump(not_started_by_start, NULL)); }

static int parked(void *arg) {
    crib_value v;
    EXPECT_EQ(crib_park(NULL, NULL, NULL, &v), 8);
    EXPECT_EQ(crib_value_as_int(v, 0), 4);
    EXPECT_EQ(crib_park(NULL, NULL, NULL, NULL), CODE_A); /* its value is dropped */
    (void)arg;
    return 0;
}

static int unparks(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *child = crib_nursery_spawn(n, "c", parked, NULL, NULL);
    (void)arg;
    EXPECT_MISUSE(crib_unpark(child, 0, nil_value), "crib_unpark", "main");
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_unpark(child, 8, crib_value_int(4)), 0);
    EXPECT_MISUSE(crib_unpark(child, 9, droppable()), "crib_unpark", "main");
    EXPECT_EQ(drops, 1);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_unpark(child, CODE_A, droppable()), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(drops, 2);
    EXPECT_MISUSE(crib_unpark(child, 0, droppable()), "crib_unpark", "main");
    EXPECT_EQ(drops, 3);
    crib_unref(child);
    return RAN;
}

Test(task, a_parked_task_is_woken_once) { EXPECT_RUN(run_autojump(unparks, NULL)); }

static int uses_foreign_task(void *task) {
    EXPECT_MISUSE(crib_task_cancel(task, "from afar"), "crib_task_cancel", "main");
    EXPECT_MISUSE(crib_task_wait(task, NULL), "crib_task_wait", "main");
    EXPECT_MISUSE(crib_task_set_name(task, "stolen"), "crib_task_set_name", "main");
    EXPECT_MISUSE(crib_task_started_by(task, nil_value), "crib_task_started_by", "main");
    EXPECT_EQ(crib_unpark(task, 0, nil_value), CRIB_EMISUSE);
    said_forget();
    crib_task_exit(task, NULL);
    EXPECT_SAID("crib_task_exit", "main");
    return RAN;
}

static int lends_itself(void *arg) {
    (void)arg;
    in_other_run(uses_foreign_task, crib_task_current());
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_STR(crib_task_name(crib_task_current()), "main");
    return RAN;
}

Test(task, a_task_of_another_run_is_refused) { EXPECT_RUN(run_autojump(lends_itself, NULL)); }
