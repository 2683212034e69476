/* S0: the demo with two producers and a consumer, and what its story says about cancellation. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "support/demo_story.h"
#include "support/run.h"

static struct demo long_story(void) {
    struct demo d;
    memset(&d, 0, sizeof d);
    d.count = 20;
    d.consumer_sleep = CRIB_MS(500);
    d.timeout = CRIB_SECONDS(5);
    d.seed = 7;
    return d;
}

Test(scenario_demo, s0_1_everything_is_cancelled_after_five_seconds) {
    struct demo d = long_story();
    cr_assert_eq(run_autojump(demo_app, &d), 0);
    cr_assert_eq(d.rc, 0);
    cr_assert(d.caught);
    cr_assert_eq(d.total_ms, 5000);
    cr_assert_eq(d.producers[0].ended_with, CRIB_ECANCELLED);
    cr_assert_eq(d.producers[1].ended_with, CRIB_ECANCELLED);
    cr_assert_eq(d.consumer_ended_with, CRIB_ECANCELLED);
    cr_assert_null(d.producers[0].tx);
    cr_assert_null(d.producers[1].tx);
    cr_assert_eq(d.left_living, 0);
    cr_assert_eq(strncmp(story.text, "App started.\n", 13), 0);
    cr_assert(story_order(" -- Prod 1 generated item 1\n", " +++ Processed value 1\n"));
    cr_assert(story_order(" +++ Processed value 1\n", "generated item 2\n"));
    cr_assert(story_order(" +++ Processed", "App exiting, total time: 5.00 sec.\n"));
    cr_assert_str_eq(strstr(story.text, "App exiting"), "App exiting, total time: 5.00 sec.\n");
    cr_assert_leq(d.processed, 10);
    cr_assert_geq(d.processed, 6);
}

Test(scenario_demo, s0_2_fewer_items_end_before_the_timeout) {
    struct demo d = long_story();
    int i, ones = 0, fours = 0;
    d.count = 2;
    d.producer_sleep = CRIB_MS(700);
    cr_assert_eq(run_autojump(demo_app, &d), 0);
    cr_assert_not(d.caught);
    cr_assert_eq(d.processed, 4);
    for (i = 0; i < 4; i++) {
        ones += d.values[i] == 1;
        fours += d.values[i] == 4;
    }
    cr_assert_eq(ones, 2);
    cr_assert_eq(fours, 2);
    cr_assert_eq(d.producers[0].ended_with, 0);
    cr_assert_eq(d.producers[1].ended_with, 0);
    cr_assert_eq(d.consumer_ended_with, CRIB_EENDOFCHANNEL);
    cr_assert_eq(d.total_ms, 2000);
    cr_assert_eq(d.left_living, 0);
}

Test(scenario_demo, s0_7_fixed_sleeps_give_exactly_the_same_story) {
    struct demo first = long_story(), second = long_story();
    static char text[sizeof story.text];
    first.producer_sleep = second.producer_sleep = CRIB_MS(700);
    cr_assert_eq(run_autojump(demo_app, &first), 0);
    memcpy(text, story.text, sizeof text);
    cr_assert_eq(run_autojump(demo_app, &second), 0);
    cr_assert_str_eq(text, story.text);
    cr_assert_eq(first.total_ms, 5000);
    cr_assert_eq(first.processed, 10);
    cr_assert_eq(first.producers[0].generated, 8);
    cr_assert_eq(first.producers[1].generated, 8);
    cr_assert_eq(first.values[9], 25);
}

/* ---- S0.3: children of children */

static int grandchild(void *name) {
    int rc = crib_sleep_forever();
    say("%s cleans up at %lld\n", (const char *)name, story_ms());
    return rc;
}

static int child_with_nursery(void *name) {
    static const char *const names[] = {"first grandchild", "second grandchild"};
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    for (i = 0; i < 2; i++) crib_nursery_start_soon(n, names[i], grandchild, (void *)(uintptr_t)names[i], NULL);
    rc = crib_nursery_close(n, 0);
    say("%s cleans up at %lld\n", (const char *)name, story_ms());
    return rc;
}

static int with_descendants(void *arg) {
    bool *caught = arg;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    crib_nursery_start_soon(n, "one", child_with_nursery, (void *)(uintptr_t) "child one", NULL);
    crib_nursery_start_soon(n, "two", child_with_nursery, (void *)(uintptr_t) "child two", NULL);
    rc = crib_nursery_close(n, 0);
    say("nursery closed\n");
    rc = crib_scope_close(scope, rc, caught);
    say("block ended at %lld\n", story_ms());
    return rc;
}

Test(scenario_demo, s0_3_descendants_clean_up_before_the_block_ends) {
    bool caught = false;
    cr_assert_eq(run_autojump(with_descendants, &caught), 0);
    cr_assert(caught);
    cr_assert_eq(story_count("grandchild cleans up at 5000\n"), 4);
    cr_assert_eq(story_count("child one cleans up at 5000\n"), 1);
    cr_assert_eq(story_count("child two cleans up at 5000\n"), 1);
    cr_assert(story_order("second grandchild cleans up", "child one cleans up"));
    cr_assert_str_eq(strstr(story.text, "nursery closed"), "nursery closed\nblock ended at 5000\n");
}

/* ---- S0.4: one child fails */

struct failing_story {
    crib_nursery *nursery;
    bool caught;
    int closed_with;
};

static int sibling(void *unused) {
    int rc;
    (void)unused;
    say("sibling begins\n");
    rc = crib_sleep(CRIB_SECONDS(60));
    say("sibling: %s at %lld\n", crib_error_name(rc), story_ms());
    return rc;
}

static int latecomer(void *unused) {
    int rc;
    (void)unused;
    say("latecomer begins\n");
    rc = crib_checkpoint();
    say("latecomer: %s\n", crib_error_name(rc));
    return rc;
}

static int failing(void *arg) {
    struct failing_story *f = arg;
    int rc = crib_sleep(CRIB_SECONDS(1));
    if (rc < 0) return rc;
    crib_nursery_start_soon(f->nursery, "latecomer", latecomer, NULL, NULL);
    return crib_fail(-1000001, "broken");
}

static int with_failure(void *arg) {
    struct failing_story *f = arg;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
    int rc;
    story_begin();
    f->nursery = crib_nursery_open();
    crib_nursery_start_soon(f->nursery, "sibling", sibling, NULL, NULL);
    crib_nursery_start_soon(f->nursery, "failing", failing, f, NULL);
    f->closed_with = rc = crib_nursery_close(f->nursery, 0);
    rc = crib_scope_close(scope, rc, &f->caught);
    say("block ended at %lld\n", story_ms());
    return rc;
}

Test(scenario_demo, s0_4_a_failure_cancels_siblings_and_is_not_swallowed_by_the_timeout) {
    struct failing_story f = {NULL, true, 0};
    crib_error *leaf;
    cr_assert_eq(run_autojump(with_failure, &f), -1000001);
    cr_assert_eq(f.closed_with, -1000001);
    cr_assert_not(f.caught);
    cr_assert(story_is("sibling begins\n"
                       "sibling: CRIB_ECANCELLED at 1000\n"
                       "latecomer begins\n"
                       "latecomer: CRIB_ECANCELLED\n"
                       "block ended at 1000\n") ||
                  story_is("sibling begins\n"
                           "latecomer begins\n"
                           "sibling: CRIB_ECANCELLED at 1000\n"
                           "latecomer: CRIB_ECANCELLED\n"
                           "block ended at 1000\n") ||
                  story_is("sibling begins\n"
                           "latecomer begins\n"
                           "latecomer: CRIB_ECANCELLED\n"
                           "sibling: CRIB_ECANCELLED at 1000\n"
                           "block ended at 1000\n"),
              "%s", story.text);
    leaf = crib_error_find(crib_error_current(), -1000001);
    cr_assert_not_null(leaf);
    cr_assert_str_eq(crib_error_message(leaf), "broken");
    cr_assert_str_eq(crib_error_task_name(leaf), "failing");
}

/* ---- S0.5: a full buffer */

static int fast_sender(void *tx) {
    int i, rc = 0;
    for (i = 1; i <= 11 && rc == 0; i++) {
        rc = crib_sender_send(tx, crib_value_int(i));
        say("sent %d at %lld\n", i, story_ms());
    }
    return rc;
}

static int slow_receiver(void *unused) {
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *n;
    crib_value v;
    int rc = crib_channel_open(10, &tx, &rx);
    (void)unused;
    if (rc < 0) return rc;
    story_begin();
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "sender", fast_sender, tx, crib_unref);
    rc = crib_sleep(CRIB_SECONDS(3));
    if (rc == 0) {
        rc = crib_receiver_receive(rx, &v);
        say("got %lld at %lld\n", (long long)crib_value_as_int(v, -1), story_ms());
    }
    rc = crib_nursery_close(n, rc);
    crib_unref(rx);
    return rc;
}

Test(scenario_demo, s0_5_the_eleventh_send_waits_for_a_receive) {
    cr_assert_eq(run_autojump(slow_receiver, NULL), 0);
    cr_assert_eq(story_count(" at 0\n"), 10);
    cr_assert_str_eq(strstr(story.text, "sent 10 at 0\n"), "sent 10 at 0\ngot 1 at 3000\nsent 11 at 3000\n");
}

/* ---- S0.6: names */

static int sleeper(void *unused) {
    (void)unused;
    return crib_sleep(CRIB_SECONDS(1));
}

static int dumping(void *arg) {
    char *text = arg;
    int fds[2], rc = 0;
    ssize_t length;
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "Prod 1", sleeper, NULL, NULL);
    crib_nursery_start_soon(n, "Consumer", sleeper, NULL, NULL);
    if (task == NULL || strcmp(crib_task_name(task), "Prod 1") != 0) rc = -1000001;
    if (rc == 0) rc = crib_checkpoint();
    if (rc == 0 && pipe(fds) == 0) {
        rc = crib_runtime_dump(NULL, fds[1]);
        close(fds[1]);
        length = read(fds[0], text, 8191);
        text[length > 0 ? length : 0] = 0;
        close(fds[0]);
    }
    crib_unref(task);
    return crib_nursery_close(n, rc);
}

Test(scenario_demo, s0_6_the_dump_shows_task_names_as_given) {
    char text[8192] = "";
    const char *name;
    cr_assert_eq(run_autojump(dumping, text), 0);
    name = strstr(text, "Prod 1");
    cr_assert_not_null(name, "%s", text);
    cr_assert_null(strstr(name + 1, "Prod 1"), "%s", text);
    cr_assert_not_null(strstr(text, "Consumer"), "%s", text);
}
