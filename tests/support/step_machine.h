/* Stackless tasks for tests. A machine's step function reads like straight code: MACHINE_WAIT returns to the loop with
 * what a begin function returned, and the function is entered again behind it, with the result as `status`, whether
 * the operation completed at once or later. Locals do not survive a wait; the machine's fields do. */
#ifndef TESTS_SUPPORT_STEP_MACHINE_H
#define TESTS_SUPPORT_STEP_MACHINE_H

#include <crib.h>
#include <stdbool.h>

#include "support/expect.h"
#include "support/run.h"

typedef struct machine machine;
typedef int (*machine_step)(machine *m, int status);

struct machine {
    machine_step step;
    void *data; /* the test's own */
    crib_task *self;
    crib_op *op;      /* slot 0 */
    crib_value value; /* that came with the last result */
    crib_scope *outer, *inner;
    crib_nursery *nursery;
    int64_t time;
    int count;
    int line;
    bool waiting, ended, caught;
};

#define MACHINE_BEGIN(m)                                                                                               \
    switch ((m)->line) {                                                                                               \
        case 0:
#define MACHINE_WAIT(m, begin)                                                                                         \
    do {                                                                                                               \
        (m)->line = __LINE__;                                                                                          \
        return (begin);                                                                                                \
        case __LINE__:;                                                                                                \
    } while (0)
#define MACHINE_END(m)                                                                                                 \
    }                                                                                                                  \
    (void)status;                                                                                                      \
    return machine_exit((m), NULL)

/* The value belongs to the machine until the next result. */
static inline void machine_take(machine *m, crib_result result) {
    crib_value_drop(m->value);
    m->value = result.value;
}

static inline int machine_exit(machine *m, crib_error *error) {
    m->ended = true;
    crib_value_drop(m->value);
    memset(&m->value, 0, sizeof m->value);
    crib_task_exit(m->self, error);
    return 0;
}

static inline void machine_resume(crib_task *self, uintptr_t data) {
    machine *m = (machine *)data;
    int status = 0;
    m->self = self;
    m->op = crib_task_op(self);
    if (m->waiting) {
        crib_result result;
        if (crib_op_take(m->op, &result) != 0) return; /* another slot completed */
        m->waiting = false;
        machine_take(m, result);
        status = result.status;
    }
    while (!m->ended) {
        status = m->step(m, status);
        if (!m->ended && status == CRIB_PENDING) {
            m->waiting = true;
            return;
        }
    }
}

/* crib_begin_receive with its value kept by the machine. */
static inline int machine_receive(machine *m, crib_receiver *rx) {
    crib_result result = crib_begin_receive(m->op, rx);
    if (result.status != CRIB_PENDING) machine_take(m, result);
    return result.status;
}

static inline crib_task *machine_start(crib_nursery *n, const char *name, machine *m, machine_step step) {
    m->step = step;
    return crib_nursery_start_stackless(n, name, machine_resume, (uintptr_t)m, NULL);
}

/* Opens a scope below `parent`, or below the task's own. */
static inline crib_scope *machine_scope(machine *m, crib_scope *parent, crib_scope_options options) {
    options.parent = parent != NULL ? parent : crib_task_scope(m->self);
    return crib_scope_open(&options);
}

/* crib_scope_close with codes, by way of crib_scope_close_error. */
static inline int machine_close(crib_scope *scope, int status, bool *caught) {
    crib_error *in = NULL;
    crib_error *out;
    int code;
    if (status == CRIB_ECANCELLED)
        in = crib_error_cancelled(scope);
    else if (status < 0)
        in = crib_error_new(status, NULL);
    out = crib_scope_close_error(scope, in, caught);
    code = crib_error_code(out);
    crib_unref(out);
    return code;
}

static inline int machine_main(void *arg) {
    machine *m = arg;
    crib_nursery *n = crib_nursery_open();
    EXPECT(crib_nursery_start_stackless(n, "machine", machine_resume, (uintptr_t)m, NULL) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(m->ended);
    return RAN;
}

/* Runs one machine as the only child of the main task; its nursery must end without an error. */
static inline int run_machine(int (*run)(crib_body_fn, void *), machine_step step) {
    machine m;
    memset(&m, 0, sizeof m);
    m.step = step;
    return run(machine_main, &m);
}

#endif
