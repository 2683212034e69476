/* S0.1 and S0.2 once more, on the real clock: nothing of the story depends on virtual time. */
#include <criterion/criterion.h>

#include "support/demo_story.h"

static struct demo real_story(int count) {
    struct demo d;
    memset(&d, 0, sizeof d);
    d.count = count;
    d.consumer_sleep = CRIB_MS(500);
    d.timeout = CRIB_SECONDS(5);
    d.seed = 7;
    return d;
}

Test(scenario_real_time, s0_1_on_the_real_clock, .timeout = 60) {
    struct demo d = real_story(20);
    cr_assert_eq(crib_run(demo_app, &d), 0);
    cr_assert(d.caught);
    cr_assert_geq(d.total_ms, 4990);
    cr_assert_leq(d.total_ms, 5200);
    cr_assert_geq(d.processed, 6);
    cr_assert_leq(d.processed, 10);
    cr_assert_eq(d.left_living, 0);
}

Test(scenario_real_time, s0_2_on_the_real_clock, .timeout = 60) {
    struct demo d = real_story(2);
    d.producer_sleep = CRIB_MS(1100);
    cr_assert_eq(crib_run(demo_app, &d), 0);
    cr_assert_not(d.caught);
    cr_assert_eq(d.processed, 4);
    cr_assert_geq(d.total_ms, 2190);
    cr_assert_leq(d.total_ms, 2600);
}
