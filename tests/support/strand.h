/* Stackless tasks of the nursery and start tests: a strand is a function that is entered again where it waited, and
 * that keeps value and error tree of its last operation. */
#ifndef TESTS_SUPPORT_STRAND_H
#define TESTS_SUPPORT_STRAND_H

#include <crib.h>

struct strand {
    void (*run)(struct strand *s);
    void *user_data;
    int line; /* where it waits; 0 at first */
    crib_task *task;
    crib_op *op;       /* slot 0 */
    int status;        /* of the last operation */
    crib_value value;  /* that came with it; the strand's, dropped when it exits or waits again */
    crib_error *error; /* that came with it; released likewise */
    crib_nursery *nursery;
    crib_scope *scope;
};

static inline void strand_forget(struct strand *s) {
    const crib_value nil = {NULL, NULL};
    crib_value_drop(s->value);
    s->value = nil;
    crib_unref(s->error);
    s->error = NULL;
}

static inline void strand_keep(struct strand *s, crib_result result) {
    strand_forget(s);
    s->status = result.status;
    s->value = result.value;
    s->error = crib_op_take_error(s->op);
}

static inline void strand_resume(crib_task *self, uintptr_t data) {
    struct strand *s = (struct strand *)data;
    if (s->task == NULL) {
        s->task = self;
        s->op = crib_task_op(self);
    } else {
        crib_result result;
        if (crib_op_take(s->op, &result) != 0) return;
        strand_keep(s, result);
    }
    s->run(s);
}

/* Whether the strand must wait for what a begin function returned. */
static inline bool strand_waits(struct strand *s, crib_result result) {
    if (result.status == CRIB_PENDING) return true;
    strand_keep(s, result);
    return false;
}

static inline crib_result strand_result(int status) {
    crib_result result = {0, 0, {NULL, NULL}};
    result.status = status;
    return result;
}

/* The body of `run` stands between these two; AWAIT leaves it until the operation is done, and then s->status holds
 * its result. Variables that must survive an AWAIT live outside the function. */
#define STRAND(s)                                                                                                      \
    switch ((s)->line) {                                                                                               \
        case 0:
#define STRAND_END }
#define AWAIT_RESULT(s, call)                                                                                          \
    do {                                                                                                               \
        (s)->line = __LINE__;                                                                                          \
        if (strand_waits((s), (call))) {                                                                               \
            return;                                                                                                    \
        }                                                                                                              \
        __attribute__((fallthrough));                                                                                  \
        case __LINE__:;                                                                                                \
    } while (0)
#define AWAIT(s, call) AWAIT_RESULT(s, strand_result(call))

/* What the last operation failed with, as an error to exit or close with; NULL if it did not fail. */
static inline crib_error *strand_failure(struct strand *s) {
    crib_error *error = s->error;
    s->error = NULL;
    if (s->status >= 0 || error != NULL) return error;
    if (s->status == CRIB_ECANCELLED) return crib_error_cancelled(crib_task_scope(s->task));
    return crib_error_new(s->status, NULL);
}

static inline void strand_exit(struct strand *s, crib_error *error) {
    strand_forget(s);
    crib_task_exit(s->task, error);
}

/* Opens a nursery in the task's own scope, with the default policy. */
static inline crib_nursery *strand_nursery(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options};
    options.parent = crib_task_scope(s->task);
    return crib_nursery_open_with(&options);
}

static inline crib_task *strand_start(crib_nursery *n, const char *name, struct strand *s) {
    return crib_nursery_start_stackless(n, name, strand_resume, (uintptr_t)s, NULL);
}

/* Runs a strand as the main task under virtual time that jumps. */
static inline int strand_run(struct strand *s) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = 2};
    crib_runtime *rt = crib_runtime_new(&options);
    int rc;
    if (rt == NULL) return CRIB_EMISUSE;
    rc = crib_runtime_run_stackless(rt, "main", strand_resume, (uintptr_t)s, NULL);
    crib_unref(rt);
    return rc;
}

#endif
