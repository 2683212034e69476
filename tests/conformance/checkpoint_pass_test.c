/* Statements 56-60: passes of the scheduler, order and fairness. */
#include <pthread.h>
#include <time.h>

#include "support/log.h"
#include "support/run.h"

TestSuite(checkpoint, .timeout = 60);

static int log_name(void *name) {
    log_add(name);
    return 0;
}

static int start_is_not_eager(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "a", log_name, "a", NULL), 0);
    task = crib_nursery_spawn(n, "b", log_name, "b", NULL);
    EXPECT_EQ(crib_task_state(task), CRIB_TASK_NEW);
    EXPECT_EQ(crib_checkpoint_if_cancelled(), 0);
    log_add("parent");
    EXPECT_LOG("parent");
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_LOG("parent a b");
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s056_start_soon_runs_nothing_until_the_caller_yields) {
    EXPECT_RUN(run_autojump(start_is_not_eager, NULL));
    log_clear();
    EXPECT_RUN(run_strict(start_is_not_eager, NULL));
}

static int three_rounds(void *name) {
    int i;
    for (i = 0; i < 3; ++i) {
        log_add(name);
        EXPECT_EQ(crib_checkpoint(), 0);
    }
    return 0;
}

static int interleave(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "a", three_rounds, "a", NULL);
    crib_nursery_start_soon(n, "b", three_rounds, "b", NULL);
    crib_nursery_start_soon(n, "c", three_rounds, "c", NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c a b c a b c");
    return RAN;
}

Test(checkpoint, s057_every_ready_task_runs_once_a_pass) {
    EXPECT_RUN(run_autojump(interleave, NULL));
    log_clear();
    EXPECT_RUN(run_strict(interleave, NULL));
}

static bool undo(crib_op *op, void *arg) {
    (void)op;
    (void)arg;
    return true;
}

static int park_and_log(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_park(undo, NULL, "the test", NULL), 0);
    log_add("woken");
    return 0;
}

static int wake_and_go_on(void *task) {
    log_add("waker");
    EXPECT_EQ(crib_unpark(task, 0, crib_value_int(0)), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    log_add("waker");
    return 0;
}

static int wake_within_a_pass(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "parked", park_and_log, NULL, NULL);
    (void)arg;
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    crib_nursery_start_soon(n, "waker", wake_and_go_on, task, NULL);
    crib_nursery_start_soon(n, "bystander", log_name, "bystander", NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("waker bystander woken waker");
    crib_unref(task);
    return RAN;
}

Test(checkpoint, s057_a_task_woken_in_a_pass_runs_in_the_next) {
    EXPECT_RUN(run_autojump(wake_within_a_pass, NULL));
    log_clear();
    EXPECT_RUN(run_strict(wake_within_a_pass, NULL));
}

static int count_polls(void *arg) {
    crib_statistics statistics = {.size = sizeof statistics};
    uint64_t polls;
    int i;
    (void)arg;
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    polls = statistics.polls;
    for (i = 0; i < 20; ++i) EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    EXPECT_EQ(statistics.polls - polls, 20);
    return RAN;
}

Test(checkpoint, s057_under_strict_rules_every_pass_polls_once) { EXPECT_RUN(run_strict(count_polls, NULL)); }

#define SHUFFLED 8

static int spawn_eight(void *arg) {
    static char names[SHUFFLED][2];
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    log_clear();
    for (i = 0; i < SHUFFLED; ++i) {
        names[i][0] = (char)('a' + i);
        crib_nursery_start_soon(n, names[i], three_rounds, names[i], NULL);
    }
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

static int run_seeded(uint64_t seed) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_AUTOJUMP;
    options.seed = seed;
    return run_with(&options, spawn_eight, NULL);
}

Test(checkpoint, s058_a_seed_fixes_the_order_inside_a_pass_and_seeds_differ) {
    char fifo[sizeof log_text], first[sizeof log_text];
    int seed, i, different = 0;
    EXPECT_RUN(run_seeded(0));
    memcpy(fifo, log_text, sizeof fifo);
    EXPECT_STR(fifo, "a b c d e f g h a b c d e f g h a b c d e f g h");
    for (seed = 1; seed <= 10; ++seed) {
        EXPECT_RUN(run_seeded((uint64_t)seed));
        memcpy(first, log_text, sizeof first);
        EXPECT_EQ(strlen(first), strlen(fifo));
        /* Each pass still has every task once. */
        for (i = 0; i < 3 * SHUFFLED; ++i) {
            int in_pass = i / SHUFFLED * SHUFFLED, j, same = 0;
            for (j = in_pass; j < in_pass + SHUFFLED; ++j) same += first[2 * j] == first[2 * i];
            EXPECT_EQ(same, 1);
        }
        EXPECT_RUN(run_seeded((uint64_t)seed));
        EXPECT_STR(log_text, first);
        different += strcmp(first, fifo) != 0;
    }
    EXPECT(different >= 8);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

typedef struct flood {
    crib_portal *portal;
    int posted;
    bool stopped;
} flood;

static void post_again(void *arg) {
    flood *f = arg;
    ++f->posted;
    if (!f->stopped) EXPECT_EQ(crib_portal_post(f->portal, post_again, f, NULL), 0);
}

static int work_in_a_flood(void *arg) {
    flood f = {crib_portal_open(), 0, false};
    int i;
    (void)arg;
    EXPECT_EQ(crib_portal_post(f.portal, post_again, &f, NULL), 0);
    EXPECT_EQ(crib_portal_post(f.portal, post_again, &f, NULL), 0);
    for (i = 0; i < 1000; ++i) EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT(f.posted >= 10);
    f.stopped = true;
    for (i = 0; i < 200; ++i) EXPECT_EQ(crib_checkpoint(), 0);
    crib_unref(f.portal);
    return RAN;
}

Test(checkpoint, s059_a_flood_of_posted_calls_does_not_starve_tasks) {
    EXPECT_RUN(run_autojump(work_in_a_flood, NULL));
    EXPECT_RUN(run_strict(work_in_a_flood, NULL));
}

static void set_flag(void *flag) { *(bool *)flag = true; }

static void *post_from_a_thread(void *arg) {
    flood *f = arg;
    f->posted = crib_portal_post(f->portal, set_flag, &f->stopped, NULL);
    return NULL;
}

static int stay_busy(void *most) {
    flood f = {crib_portal_open(), -1, false};
    pthread_t thread;
    int passes = 0;
    EXPECT_EQ(pthread_create(&thread, NULL, post_from_a_thread, &f), 0);
    pthread_join(thread, NULL);
    EXPECT_EQ(f.posted, 0);
    while (!f.stopped && passes < 10000) {
        EXPECT_EQ(crib_checkpoint(), 0);
        ++passes;
    }
    EXPECT(passes <= *(int *)most);
    crib_unref(f.portal);
    return RAN;
}

Test(checkpoint, s059_a_busy_task_does_not_starve_posted_calls) {
    int most = 64;
    EXPECT_RUN(run_autojump(stay_busy, &most));
    most = 2;
    EXPECT_RUN(run_strict(stay_busy, &most));
}

static int sleep_a_second(void *woken) {
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    *(bool *)woken = true;
    return 0;
}

static int stay_busy_past_a_deadline(void *arg) {
    crib_nursery *n = crib_nursery_open();
    bool woken = false;
    int passes = 0;
    (void)arg;
    crib_nursery_start_soon(n, "sleeper", sleep_a_second, &woken, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(2)), 0);
    while (!woken && passes < 10000) {
        EXPECT_EQ(crib_checkpoint(), 0);
        ++passes;
    }
    EXPECT(passes <= 64);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(checkpoint, s059_a_busy_task_does_not_starve_deadlines) {
    EXPECT_RUN(run_autojump(stay_busy_past_a_deadline, NULL));
}

static int stay_busy_beside_the_loop(void *arg) {
    crib_statistics statistics = {.size = sizeof statistics};
    uint64_t polls;
    int i;
    (void)arg;
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    polls = statistics.polls;
    for (i = 0; i < 640; ++i) EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    EXPECT(statistics.polls - polls >= 10);
    return RAN;
}

Test(checkpoint, s059_a_busy_task_lets_the_event_loop_poll_within_64_passes) {
    EXPECT_RUN(run_autojump(stay_busy_beside_the_loop, NULL));
}

static int sleep_for_centuries(void *arg) {
    (void)arg;
    return crib_sleep_until(CRIB_FOREVER - 1);
}

static void *wake_soon(void *portal) {
    struct timespec two_ms = {0, 2000000};
    nanosleep(&two_ms, NULL);
    crib_portal_wake(portal);
    return NULL;
}

/* On the real clock: how often the loop polls while nothing but a deadline in 292 years and a thread may wake it. */
static int wait_beside_a_far_deadline(void *arg) {
    crib_statistics statistics = {.size = sizeof statistics};
    crib_portal *portal = crib_portal_open();
    crib_nursery *n = crib_nursery_open();
    pthread_t thread;
    uint64_t polls;
    (void)arg;
    crib_nursery_start_soon(n, "sleeper", sleep_for_centuries, NULL, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    polls = statistics.polls;
    EXPECT_EQ(pthread_create(&thread, NULL, wake_soon, portal), 0);
    EXPECT_EQ(crib_portal_wait(portal), 0);
    pthread_join(thread, NULL);
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    EXPECT(statistics.polls - polls <= 8);
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(portal);
    return RAN;
}

Test(checkpoint, s060_a_deadline_in_the_far_future_is_waited_for_without_spinning) {
    EXPECT_RUN(crib_run(wait_beside_a_far_deadline, NULL));
}
