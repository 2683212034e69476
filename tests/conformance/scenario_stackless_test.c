/* The scenarios whose tasks can as well be stackless: same stories, same times. */
#include <criterion/criterion.h>

#include "support/story.h"

/* ---- S0.1 */

struct producer {
    crib_sender *tx;
    const char *name;
    int made;
    int sleeping;
    int ended_with;
};

static void producer_exit(crib_task *self, struct producer *p, int rc) {
    p->ended_with = rc;
    crib_unref(p->tx);
    if (rc == CRIB_ECANCELLED)
        crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
    else
        crib_task_exit(self, rc < 0 ? crib_error_new(rc, NULL) : NULL);
}

/* Sends, then sleeps 700 ms, twenty times. */
static void produce(crib_task *self, uintptr_t data) {
    struct producer *p = (struct producer *)data;
    crib_op *op = crib_task_op(self);
    crib_result result = {0, 0, {NULL, NULL}};
    bool resumed = crib_op_take(op, &result) == 0;
    for (;;) {
        int rc = result.status;
        if (!resumed) {
            if (p->sleeping)
                rc = crib_begin_sleep(op, CRIB_MS(700));
            else
                rc = crib_begin_send(op, p->tx, crib_value_int((int64_t)(p->made + 1) * (p->made + 1)));
            if (rc == CRIB_PENDING) return;
        }
        resumed = false;
        if (rc < 0) {
            producer_exit(self, p, rc);
            return;
        }
        if (!p->sleeping) say(" -- %s generated item %d\n", p->name, ++p->made);
        p->sleeping = !p->sleeping;
        if (!p->sleeping && p->made == 20) {
            producer_exit(self, p, 0);
            return;
        }
    }
}

struct consumer {
    crib_receiver *rx;
    int processed;
    int sleeping;
    int ended_with;
};

static void consume(crib_task *self, uintptr_t data) {
    struct consumer *c = (struct consumer *)data;
    crib_op *op = crib_task_op(self);
    crib_result result = {0, 0, {NULL, NULL}};
    bool resumed = crib_op_take(op, &result) == 0;
    for (;;) {
        if (!resumed) {
            if (c->sleeping)
                result.status = crib_begin_sleep(op, CRIB_MS(500));
            else
                result = crib_begin_receive(op, c->rx);
            if (result.status == CRIB_PENDING) return;
        }
        resumed = false;
        if (result.status < 0) {
            c->ended_with = result.status;
            crib_unref(c->rx);
            crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
            return;
        }
        if (!c->sleeping) {
            c->processed++;
            say(" +++ Processed value %lld\n", (long long)crib_value_as_int(result.value, -1));
        }
        c->sleeping = !c->sleeping;
    }
}

struct cast {
    struct producer producers[2];
    struct consumer consumer;
};

static void start_cast(crib_nursery *n, void *data) {
    struct cast *cast = data;
    crib_sender *tx;
    int i;
    if (crib_channel_open(10, &tx, &cast->consumer.rx) < 0) return;
    for (i = 0; i < 2; i++) {
        struct producer *p = &cast->producers[i];
        p->tx = crib_sender_clone(tx);
        p->name = i == 0 ? "Prod 1" : "Prod 2";
        crib_nursery_start_stackless(n, p->name, produce, (uintptr_t)p, NULL);
    }
    crib_unref(tx);
    crib_nursery_start_stackless(n, "Consumer", consume, (uintptr_t)&cast->consumer, NULL);
}

Test(scenario_stackless, s0_1_everything_is_cancelled_after_five_seconds_stackless) {
    struct cast cast = {0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(5);
    f.more = start_cast;
    f.data = &cast;
    cr_assert_eq(run_family(&f), 0);
    cr_assert(f.caught);
    cr_assert_eq(f.ended_ms, 5000);
    cr_assert_eq(f.scope_status, 0);
    cr_assert_eq(cast.producers[0].ended_with, CRIB_ECANCELLED);
    cr_assert_eq(cast.producers[1].ended_with, CRIB_ECANCELLED);
    cr_assert_eq(cast.consumer.ended_with, CRIB_ECANCELLED);
    cr_assert_eq(cast.producers[0].made, 8);
    cr_assert_eq(cast.producers[1].made, 8);
    cr_assert_eq(cast.consumer.processed, 10);
    cr_assert_eq(story_count("Processed value 25\n"), 2);
}

/* ---- S0.3: a stackless child with a nursery of its own, below a nursery with a timeout */

static void start_inner_families(crib_nursery *n, void *data) {
    struct family *inner = data;
    int i;
    for (i = 0; i < 2; i++) crib_nursery_start_stackless(n, "inner", family_resume, (uintptr_t)&inner[i], NULL);
}

Test(scenario_stackless, s0_3_descendants_clean_up_before_the_block_ends_stackless) {
    struct script scripts[2][2] = {{{0}}};
    struct family inner[2] = {{0}}, f = {0};
    int i, k;
    for (i = 0; i < 2; i++) {
        for (k = 0; k < 2; k++) {
            scripts[i][k].sleep = CRIB_FOREVER;
            scripts[i][k].cleanup = "cleanup\n";
        }
        inner[i].children = scripts[i];
        inner[i].count = 2;
    }
    f.timeout = CRIB_SECONDS(5);
    f.more = start_inner_families;
    f.data = inner;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(story_count("cleanup\n"), 4);
    cr_assert(f.caught);
    cr_assert_eq(f.ended_ms, 5000);
    for (i = 0; i < 2; i++) {
        cr_assert_not(inner[i].caught);
        cr_assert_eq(inner[i].nursery_status, CRIB_ECANCELLED);
        cr_assert_eq(inner[i].scope_status, CRIB_ECANCELLED);
    }
}

/* ---- S0.4, S2.5, S3.3 */

Test(scenario_stackless, s0_4_a_failure_cancels_siblings_and_is_not_swallowed_by_the_timeout_stackless) {
    struct script scripts[2] = {{"sibling begins\n", CRIB_SECONDS(60), "not reached\n", 0, "sibling cleans up\n", 0},
                                {"failing begins\n", CRIB_SECONDS(1), "failing\n", -1000001, NULL, 0}};
    struct family f = {0};
    crib_error *leaf;
    f.timeout = CRIB_SECONDS(5);
    f.children = scripts;
    f.count = 2;
    cr_assert_eq(run_family(&f), -1000001);
    cr_assert_eq(f.nursery_status, -1000001);
    cr_assert_eq(f.scope_status, -1000001);
    cr_assert_not(f.caught);
    cr_assert_eq(f.ended_ms, 1000);
    cr_assert_str_eq(story.text, "sibling begins\nfailing begins\nfailing\nsibling cleans up\n");
    leaf = crib_error_find(crib_error_current(), -1000001);
    cr_assert_not_null(leaf);
    cr_assert_str_eq(crib_error_message(leaf), "the script said so");
}

/* ---- S2.4 */

Test(scenario_stackless, s2_4_the_parent_waits_for_both_children_stackless) {
    struct script scripts[2] = {{"child1: started!\n", CRIB_SECONDS(3), "child1: exiting!\n", 0, NULL, 0},
                                {"child2: started!\n", CRIB_SECONDS(1), "child2: exiting!\n", 0, NULL, 0}};
    struct family f = {0};
    f.children = scripts;
    f.count = 2;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(f.ended_ms, 3000);
    cr_assert_str_eq(strstr(story.text, "child2: exiting!"), "child2: exiting!\nchild1: exiting!\n");
    cr_assert_eq(story_count("started!"), 2);
}

/* ---- S2.7 */

#define MANY 10000

static void start_many(crib_nursery *n, void *data) {
    struct script *scripts = data;
    int i;
    for (i = 0; i < MANY; i++) {
        scripts[i].sleep = CRIB_SECONDS(1);
        crib_nursery_start_stackless(n, NULL, script_resume, (uintptr_t)&scripts[i], NULL);
    }
}

Test(scenario_stackless, s2_7_ten_thousand_tasks_sleep_at_once_stackless, .timeout = 60) {
    static struct script scripts[MANY];
    struct family f = {0};
    int i;
    f.more = start_many;
    f.data = scripts;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(f.ended_ms, 1000);
    for (i = 0; i < MANY; i++) cr_assert_eq(scripts[i].state, 1);
}

/* ---- S2.10 */

struct stubborn {
    int begins[5];
    int takes[5];
    int round;
};

/* Takes no notice of being cancelled, and tries again, one way after another. */
static void stubborn(crib_task *self, uintptr_t data) {
    struct stubborn *s = (struct stubborn *)data;
    crib_op *op = crib_task_op(self);
    crib_result result;
    if (s->round > 0 && crib_op_take(op, &result) == 0) s->takes[s->round - 1] = result.status;
    while (s->round < 5) {
        int rc = s->round == 1   ? crib_begin_checkpoint(op)
                 : s->round == 2 ? crib_begin_park(op, NULL, NULL, "nothing") == CRIB_PENDING
                                       ? crib_op_complete(op, 7, crib_value_int(0)) == 0 ? CRIB_PENDING : -1
                                       : -2
                                 : crib_begin_sleep(op, CRIB_FOREVER);
        s->begins[s->round++] = rc;
        if (rc == CRIB_PENDING) return;
    }
    crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
}

static void start_stubborn(crib_nursery *n, void *data) {
    crib_nursery_start_stackless(n, "stubborn", stubborn, (uintptr_t)data, NULL);
}

Test(scenario_stackless, s2_10_every_wait_fails_until_the_scope_is_closed_stackless) {
    struct stubborn s = {{0}, {0}, 0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(1);
    f.more = start_stubborn;
    f.data = &s;
    cr_assert_eq(run_family(&f), 0);
    cr_assert(f.caught);
    cr_assert_eq(f.ended_ms, 1000);
    cr_assert_eq(s.round, 5);
    cr_assert_eq(s.begins[0], CRIB_PENDING);
    cr_assert_eq(s.takes[0], CRIB_ECANCELLED);
    cr_assert_eq(s.begins[1], CRIB_PENDING); /* a checkpoint yields first, and checks then */
    cr_assert_eq(s.takes[1], CRIB_ECANCELLED);
    cr_assert_eq(s.begins[2], CRIB_PENDING); /* not cancellable: without an abort function */
    cr_assert_eq(s.takes[2], 7);
    cr_assert_eq(s.begins[3], CRIB_ECANCELLED);
    cr_assert_eq(s.begins[4], CRIB_ECANCELLED);
}

/* ---- S2.12, S3.10 */

Test(scenario_stackless, s2_12_a_failing_timeout_fails_if_its_deadline_ended_it_stackless) {
    struct script script = {NULL, CRIB_SECONDS(10), NULL, 0, "cancelled\n", 0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(2);
    f.fail = 1;
    f.children = &script;
    f.count = 1;
    cr_assert_eq(run_family(&f), CRIB_ETOOSLOW);
    cr_assert_eq(f.scope_status, CRIB_ETOOSLOW);
    cr_assert_eq(f.ended_ms, 2000);
    cr_assert(f.caught);
    cr_assert_str_eq(story.text, "cancelled\n");
}

Test(scenario_stackless, s2_12_a_failing_timeout_is_silent_in_time_stackless) {
    struct script script = {NULL, CRIB_SECONDS(1), "done\n", 0, NULL, 0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(2);
    f.fail = 1;
    f.children = &script;
    f.count = 1;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(f.scope_status, 0);
    cr_assert_eq(f.ended_ms, 1000);
    cr_assert_not(f.caught);
    cr_assert_str_eq(story.text, "done\n");
}

Test(scenario_stackless, s3_10_a_sleep_is_cancelled_after_two_seconds_stackless) {
    struct script script = {NULL, CRIB_SECONDS(10), "not reached\n", 0, "coroutine cancelled!\n", 0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(2);
    f.children = &script;
    f.count = 1;
    cr_assert_eq(run_family(&f), 0);
    cr_assert(f.caught);
    cr_assert_eq(f.ended_ms, 2000);
    cr_assert_str_eq(story.text, "coroutine cancelled!\n");
}

/* ---- S3.12 */

struct busy {
    int rounds;
};

static void busy(crib_task *self, uintptr_t data) {
    struct busy *b = (struct busy *)data;
    for (; b->rounds < 40; b->rounds++) crib_clock_jump(CRIB_MS(100));
    crib_task_exit(self, NULL);
}

static void start_busy(crib_nursery *n, void *data) {
    crib_nursery_start_stackless(n, "busy", busy, (uintptr_t)data, NULL);
}

Test(scenario_stackless, s3_12_a_task_that_never_waits_is_not_cancelled_stackless) {
    struct busy b = {0};
    struct family f = {0};
    f.timeout = CRIB_SECONDS(2);
    f.more = start_busy;
    f.data = &b;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(b.rounds, 40);
    cr_assert_not(f.caught);
    cr_assert_eq(f.ended_ms, 4000);
}

/* ---- S3.4 and both kinds in one nursery */

static int fiber_sibling(void *unused) {
    int rc = crib_sleep(CRIB_SECONDS(1));
    (void)unused;
    say("fiber\n");
    return rc;
}

static void start_fiber_sibling(crib_nursery *n, void *unused) {
    (void)unused;
    crib_nursery_start_soon(n, "fiber", fiber_sibling, NULL, NULL);
}

Test(scenario_stackless, s3_4_code_after_the_block_sees_both_kinds_finished_stackless) {
    struct script script = {NULL, CRIB_SECONDS(2), "stackless\n", 0, NULL, 0};
    struct family f = {0};
    f.children = &script;
    f.count = 1;
    f.more = start_fiber_sibling;
    cr_assert_eq(run_family(&f), 0);
    cr_assert_eq(f.ended_ms, 2000);
    cr_assert_str_eq(story.text, "fiber\nstackless\n");
}
