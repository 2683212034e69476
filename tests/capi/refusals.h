/* What every function of a counted handle refuses: NULL, handles of another run, no run at all; and what statistics
 * fill in. */
#ifndef TESTS_CAPI_REFUSALS_H
#define TESTS_CAPI_REFUSALS_H

#include "capi/messages.h"
#include "support/slots.h"

/* A call by its public name; it returns what that returned, or CRIB_EMISUSE where that has another word for no. */
struct handle_call {
    const char *name;
    int (*call)(void *handle);
};

struct refusals {
    const struct handle_call *calls;
    size_t count;
    void *handle;
};

/* Each says so, about `task` (NULL: none). */
static inline void expect_refusals(const struct refusals *r, const char *task) {
    size_t i;
    for (i = 0; i < r->count; i++) {
        int rc = r->calls[i].call(r->handle);
        if (rc != CRIB_EMISUSE) expect_eq(__LINE__, r->calls[i].name, rc, CRIB_EMISUSE);
        expect_said(__LINE__, r->calls[i].name, task);
    }
}

static inline void refuse_in_thread(void *refusals) { expect_refusals(refusals, NULL); }

static inline int refuse_in_run(void *refusals) {
    expect_refusals(refusals, "main");
    return RAN;
}

/* Inside a fiber called "main": all calls with NULL, then all with `handle` in another run and where there is none. */
static inline void expect_strangers_refused(const struct handle_call *calls, size_t count, void *handle) {
    struct refusals r = {calls, count, NULL};
    expect_refusals(&r, "main");
    r.handle = handle;
    in_other_run(refuse_in_run, &r);
    in_thread(refuse_in_thread, &r);
}

/* For calls about the running task: what they say in a callback of the run, where there is none. */
static inline void refuse_in_callback(void *refusals) { expect_refusals(refusals, NULL); }

static inline void in_callback(void (*fn)(void *arg), void *arg) {
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "ends", ends, arg, fn), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

static inline void expect_refused_outside_tasks(const struct handle_call *calls, size_t count, void *handle) {
    struct refusals r = {calls, count, handle};
    in_callback(refuse_in_callback, &r);
}

/* An op for a begin function, wherever it is called; NULL outside of runs. */
static inline crib_op *an_op(void) {
    crib_task *self = crib_task_current();
    return self != NULL ? crib_op_new(self, NULL) : NULL;
}

/* --- handles that go ------------------------------------------------------------------------- */

struct waits_for {
    int (*wait)(void *handle);
    void *handle;
    int result;
};

static inline int keeps_result(void *arg) {
    struct waits_for *w = arg;
    w->result = w->wait(w->handle);
    return 0;
}

/* Fibers and slots wait for a handle whose last reference goes: all of them are told, and a freed slot is no trouble. */
static inline void expect_closed(int (*wait)(void *handle), int (*begin)(crib_op *op, void *handle), void *handle) {
    struct waits_for fibers[2] = {{wait, handle, 1}, {wait, handle, 1}};
    crib_nursery *n = crib_nursery_open();
    crib_task *idle = idle_task(n, "idle"), *brief = idle_task(n, "brief");
    crib_op *op = crib_op_new(idle, NULL), *freed = crib_op_new(brief, NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "fiber", keeps_result, &fibers[0], NULL), 0);
    settle();
    EXPECT_EQ(begin(op, handle), CRIB_PENDING);
    EXPECT_EQ(begin(freed, handle), CRIB_PENDING);
    EXPECT_EQ(crib_nursery_start_soon(n, "fiber", keeps_result, &fibers[1], NULL), 0);
    settle();
    crib_unref(handle);
    crib_op_free(freed);
    EXPECT_EQ(slot_result(op), CRIB_ECLOSED);
    EXPECT_EQ(fibers[0].result, CRIB_ECLOSED);
    EXPECT_EQ(fibers[1].result, CRIB_ECLOSED);
    idle_end(idle);
    idle_end(brief);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_QUIET();
}

/* A fiber's destroy callback gives up what others wait for, when that fiber is cancelled. */
static inline void expect_closed_by_destroy(int (*wait)(void *handle), void *handle) {
    struct waits_for other = {wait, handle, 1};
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "holds the reference", wait, handle, crib_unref);
    EXPECT_EQ(crib_nursery_start_soon(n, "fiber", keeps_result, &other, NULL), 0);
    settle();
    EXPECT_EQ(crib_task_cancel(task, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(other.result, CRIB_ECLOSED);
    crib_unref(task);
}

struct kept {
    void *(*make)(void);
    void *handle;
};

static inline int keeps_handle(void *arg) {
    struct kept *k = arg;
    k->handle = k->make();
    return k->handle != NULL ? RAN : 0;
}

/* Outside of runs: a handle is of no use between runs and after its runtime, and is given up all the same. */
static inline void expect_outlives(void *(*make)(void), struct handle_call call) {
    struct kept k = {make, NULL};
    struct refusals r = {&call, 1, NULL};
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, keeps_handle, &k, NULL));
    r.handle = k.handle;
    expect_refusals(&r, NULL);
    crib_unref(rt);
    expect_refusals(&r, NULL);
    in_thread(crib_unref, k.handle);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- statistics ------------------------------------------------------------------------------- */

/* A struct of any size from that of its first member on gets what fits, and nothing is written behind it. */
static inline void expect_sized(int line, int (*statistics)(void *handle, void *out), void *handle, size_t whole) {
    unsigned char full[256], part[256];
    size_t size, i;
    memset(full, 0xa5, sizeof full);
    memcpy(full, &whole, sizeof whole);
    expect_eq(line, "statistics", statistics(handle, full), 0);
    for (size = 0; size < sizeof size; size++) {
        memcpy(part, &size, sizeof size);
        expect_eq(line, "statistics without a size", statistics(handle, part), CODE_EINVAL);
    }
    expect_eq(line, "statistics without a place", statistics(handle, NULL), CODE_EINVAL);
    for (size = sizeof size; size <= whole + 64; size++) {
        const size_t known = size < whole ? size : whole;
        memset(part, 0xa5, sizeof part);
        memcpy(part, &size, sizeof size);
        expect_eq(line, "statistics", statistics(handle, part), 0);
        expect_eq(line, "its size", memcmp(part, &size, sizeof size), 0);
        expect_eq(line, "what fits", memcmp(part + sizeof size, full + sizeof size, known - sizeof size), 0);
        for (i = known; i < sizeof part && part[i] == 0xa5; i++) {}
        expect_eq(line, "the first byte written behind it", (long long)i, sizeof part);
    }
}

#define EXPECT_SIZED(statistics, handle, type) expect_sized(__LINE__, statistics, handle, sizeof(type))

#endif
