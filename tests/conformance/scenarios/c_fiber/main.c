/* Runs the scenarios on fibers. */
#include "fiber.h"

static int play(scenario_fn main);

#include "../runner.h"
#include "groups.h"

struct part {
    scenario_fn main;
};

static int play_main(void *data) {
    const struct part *part = data;
    scenario_begin();
    return part->main(NULL);
}

static int play(scenario_fn main) {
    struct part part = {main};
    crib_runtime *rt = virtual_time();
    int rc = crib_runtime_run(rt, play_main, &part, NULL);
    char number[20];
    snprintf(number, sizeof number, "%d", rc);
    scenario_end(rc > 0 ? number : outcome(rc));
    crib_unref(rt);
    return 0;
}

int main(int argc, char **argv) { return runner(groups, sizeof groups / sizeof groups[0], argc, argv); }
