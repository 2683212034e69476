/* Task locals: inherited at the spawn, overridden below, destroyed once. */
#include "capi/messages.h"

TestSuite(local, .init = listen_to_messages);

static crib_local *key;
static int destroyed, one = 1, two = 2;

static void local_gone(void *value) {
    EXPECT(!crib_in_task());
    if (value != NULL) ++destroyed;
}

static int reads(void *wanted) {
    EXPECT(crib_local_get(key) == wanted);
    return 0;
}

static int overrides(void *arg) {
    crib_nursery *n;
    EXPECT(crib_local_get(key) == &one);
    EXPECT_EQ(crib_local_set(key, &two), 0);
    EXPECT(crib_local_get(key) == &two);
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "grandchild", reads, &two, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    (void)arg;
    return 0;
}

static int inheritance(void *arg) {
    crib_nursery *n;
    (void)arg;
    EXPECT(crib_local_get(key) == NULL);
    EXPECT_EQ(crib_local_set(key, &one), 0);
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "reads", reads, &one, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "overrides", overrides, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(crib_local_get(key) == &one);
    EXPECT_EQ(destroyed, 1);
    return RAN;
}

Test(local, a_child_inherits_and_its_own_value_stays_below_it) {
    key = crib_local_new(local_gone);
    EXPECT_RUN(run_autojump(inheritance, NULL));
    cr_assert_eq(destroyed, 2);
    crib_unref(key);
}

static int set_after_spawn(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "reads", reads, NULL, NULL), 0);
    EXPECT_EQ(crib_local_set(key, &one), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(local, what_is_set_after_the_spawn_is_not_seen_by_the_child) {
    key = crib_local_new(local_gone);
    EXPECT_RUN(run_autojump(set_after_spawn, NULL));
    cr_assert_eq(destroyed, 1);
    crib_unref(key);
}

static int set_twice(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_local_set(key, &one), 0);
    EXPECT_EQ(crib_local_set(key, &two), 0);
    EXPECT(crib_local_get(key) == &two);
    EXPECT_EQ(crib_local_set(key, NULL), 0);
    EXPECT(crib_local_get(key) == NULL);
    return RAN;
}

Test(local, each_value_that_was_set_is_destroyed_once) {
    key = crib_local_new(local_gone);
    EXPECT_RUN(run_autojump(set_twice, NULL));
    cr_assert_eq(destroyed, 2);
    crib_unref(key);
}

static int two_keys(void *arg) {
    crib_local *other = crib_local_new(NULL);
    (void)arg;
    EXPECT_EQ(crib_local_set(key, &one), 0);
    EXPECT_EQ(crib_local_set(other, &two), 0);
    EXPECT(crib_local_get(key) == &one);
    EXPECT(crib_local_get(other) == &two);
    crib_unref(other); /* the value keeps it */
    return RAN;
}

Test(local, keys_do_not_see_each_other) {
    key = crib_local_new(NULL);
    EXPECT_RUN(run_autojump(two_keys, NULL));
    crib_unref(key);
}

static int outlives(void *arg) {
    EXPECT(crib_local_get(key) == arg);
    EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    EXPECT_EQ(destroyed, 0);
    return 0;
}

static int parent_of_the_last(void *system) {
    (void)system;
    EXPECT_EQ(crib_local_set(key, &one), 0);
    return crib_runtime_spawn_system_task(NULL, "outlives", outlives, &one, NULL) == 0 ? RAN : -1;
}

Test(local, a_value_lives_as_long_as_the_last_task_that_sees_it) {
    key = crib_local_new(local_gone);
    EXPECT_RUN(run_autojump(parent_of_the_last, NULL));
    cr_assert_eq(destroyed, 1);
    crib_unref(key);
}

static void from_callback(void *nursery) {
    EXPECT(crib_local_get(key) == NULL);
    EXPECT_EQ(crib_nursery_start_soon(nursery, "reads", reads, NULL, NULL), 0);
    EXPECT_MISUSE(crib_local_set(key, &two), "crib_local_set", NULL);
}

static int callback_starts(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope;
    (void)arg;
    EXPECT_EQ(crib_local_set(key, &one), 0);
    scope = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_scope_on_cancel(scope, from_callback, n, NULL), 0);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(destroyed, 1); /* of the set that was refused */
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(local, a_task_started_by_a_callback_inherits_none) {
    key = crib_local_new(local_gone);
    EXPECT_RUN(run_autojump(callback_starts, NULL));
    crib_unref(key);
}

static void outside(void *arg) {
    (void)arg;
    EXPECT(crib_local_get(key) == NULL);
    EXPECT_MISUSE(crib_local_set(key, &one), "crib_local_set", NULL);
    EXPECT_MISUSE(crib_local_set(NULL, &one), "crib_local_set", NULL);
    EXPECT(crib_local_get(NULL) == NULL);
}

Test(local, outside_a_task_a_set_is_refused_and_the_value_destroyed) {
    key = crib_local_new(local_gone);
    outside(NULL);
    EXPECT_EQ(destroyed, 1);
    in_thread(outside, NULL);
    EXPECT_EQ(destroyed, 2);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(key);
}

static int without_key(void *arg) {
    (void)arg;
    EXPECT_MISUSE(crib_local_set(NULL, &one), "crib_local_set", "main");
    EXPECT(crib_local_get(NULL) == NULL);
    return RAN;
}

Test(local, without_a_key_nothing_is_set_or_destroyed) { EXPECT_RUN(run_autojump(without_key, NULL)); }

static void in_flat(crib_task *self, void *arg) {
    (void)self;
    EXPECT_EQ(crib_local_set(key, arg), 0);
    EXPECT(crib_local_get(key) == arg);
}

Test(local, stackless_tasks_have_locals_too) {
    key = crib_local_new(local_gone);
    in_stackless_task(in_flat, &one);
    EXPECT_EQ(destroyed, 1);
    EXPECT_NOTHING_UNEXPECTED();
    crib_unref(key);
}

static int same_key(void *value) {
    EXPECT(crib_local_get(key) == NULL);
    EXPECT_EQ(crib_local_set(key, value), 0);
    if (value == &one) in_other_run(same_key, &two);
    EXPECT(crib_local_get(key) == value);
    return RAN;
}

Test(local, a_key_serves_runs_in_several_threads) {
    key = crib_local_new(NULL);
    EXPECT_RUN(run_autojump(same_key, &one));
    crib_unref(key);
}
