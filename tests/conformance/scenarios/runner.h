/* The command line of a runner in C; included by its main file alone, after the header that says what a scenario is:
 * scenario_fn, its main body, and play, which runs one in virtual time. */
#ifndef SCENARIOS_RUNNER_H
#define SCENARIOS_RUNNER_H

#include <stdio.h>
#include <stdlib.h>

static int runner(const struct scenario *const *groups, size_t count, int argc, char **argv) {
    bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
    long number = argc == 2 ? strtol(argv[1], NULL, 10) : -1;
    size_t i;
    const struct scenario *s;
    for (i = 0; i < count; i++) {
        for (s = groups[i]; s->main != NULL; s++) {
            if (list) printf("%03d\n", s->number);
            if (!list && s->number == number) return play(s->main);
        }
    }
    if (list) return 0;
    fprintf(stderr, "usage: %s NUMBER | --list\n", argv[0]);
    return 2;
}

#endif
