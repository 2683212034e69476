/* For plain test programs: how much work suits the tool that runs us, and a runtime under virtual time. */
#ifndef TESTS_SUPPORT_PLAIN_H
#define TESTS_SUPPORT_PLAIN_H

#include <crib.h>
#include <string.h>

#include "support/check.h"

/* `many`, or a tenth of it where each step costs fifty times as much. */
static inline int workload(int many) { return getenv("CRIB_UNDER_VALGRIND") != NULL ? many / 10 : many; }

/* A runtime with virtual time that jumps. */
static inline crib_runtime *mock_runtime(void) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    return crib_runtime_new(&options);
}

static inline crib_statistics run_statistics(void) {
    crib_statistics s;
    memset(&s, 0, sizeof s);
    s.size = sizeof s;
    CHECK_EQ_INT(crib_runtime_statistics(NULL, &s), 0);
    return s;
}

#endif
