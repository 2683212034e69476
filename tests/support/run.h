/* What nearly every test of the C API needs: a run under virtual time. */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <crib.h>
#include <string.h>

#define MOCK_MANUAL   1
#define MOCK_AUTOJUMP 2

/* Runs `body` on a runtime with these options and releases it. */
static inline int run_with(const crib_runtime_options *options, crib_body_fn body, void *user_data) {
    crib_runtime *rt = crib_runtime_new(options);
    int rc;
    if (rt == NULL) return CRIB_EMISUSE;
    rc = crib_runtime_run(rt, body, user_data, NULL);
    crib_unref(rt);
    return rc;
}

/* Virtual time that jumps to the next deadline whenever every task waits. */
static inline int run_autojump(crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_AUTOJUMP;
    return run_with(&options, body, user_data);
}

/* The same under the strict rules: budget 1, poll and clock every pass. */
static inline int run_strict(crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = MOCK_AUTOJUMP;
    options.strict = 1;
    return run_with(&options, body, user_data);
}

#endif
