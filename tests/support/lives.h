/* For plain programs that compare the library with a model, random step by random step: lives of so many steps, each in
 * a run of its own with a seed of its own, made by idle stackless tasks whose slots the program works with. */
#ifndef TESTS_SUPPORT_LIVES_H
#define TESTS_SUPPORT_LIVES_H

#include <inttypes.h>

#include "support/plain.h"

#define STEPS 1000

static uint64_t life_seed, life_random;
static int life_step;
static bool lives_passed;

static inline int rnd(int n) {
    life_random = life_random * 6364136223846793005u + 1442695040888963407u;
    return (int)((life_random >> 33) % (uint64_t)n);
}

/* Lets everything that is ready run. */
static inline void settle(void) { CHECK_EQ_INT(crib_wait_all_tasks_blocked(0), 0); }

static inline void idle_resume(crib_task *self, uintptr_t data) {
    (void)self;
    (void)data;
}

/* Until crib_task_exit. */
static inline crib_task *idle_task(crib_nursery *n) {
    crib_task *task = crib_nursery_start_stackless(n, "idle", idle_resume, 0, NULL);
    CHECK(task != NULL);
    settle();
    return task;
}

static inline void tell_life(void) {
    if (!lives_passed) fprintf(stderr, "seed %" PRIu64 ", step %d\n", life_seed, life_step);
}

/* The whole program: a thousand lives, or that of the seed that is given. `life` is a main body; returns what main does. */
static inline int lives_main(int argc, char **argv, crib_body_fn life) {
    const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    const uint64_t last = first + (uint64_t)(argc > 1 ? 1 : workload(1000));
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    options.budget = INT32_MAX; /* no begin is put off for having spent it */
    atexit(tell_life);
    for (life_seed = first; life_seed < last; life_seed++) {
        crib_runtime *rt = crib_runtime_new(&options);
        life_random = life_seed * 0x9E3779B97F4A7C15u;
        CHECK_EQ_INT(crib_runtime_run(rt, life, NULL, NULL), 0);
        crib_unref(rt);
    }
    lives_passed = true;
    return 0;
}

#endif
