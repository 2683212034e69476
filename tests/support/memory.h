/* Programs that run the same scenario again and again, with another allocation failing each time: whichever it is, the run
 * ends, reports UV_ENOMEM or succeeds, runs every destroy and drop exactly once, and leaves no block behind. */
#ifndef TESTS_SUPPORT_MEMORY_H
#define TESTS_SUPPORT_MEMORY_H

#include <errno.h>
#include <unistd.h>

#include "support/plain.h"

#define NO_MEMORY (-ENOMEM) /* UV_ENOMEM */
#define FAILED    (-1000001)

/* ---- the allocator */

static struct {
    long calls, fail_at, live;
    bool and_all_after, failed;
} memory;

static inline bool memory_fails(void) {
    long n = __atomic_add_fetch(&memory.calls, 1, __ATOMIC_RELAXED);
    bool now = memory.fail_at > 0 && (n == memory.fail_at || (memory.and_all_after && n > memory.fail_at));
    if (now) memory.failed = true;
    return now;
}

static inline void *memory_alloc(size_t bytes, void *unused) {
    void *p = memory_fails() ? NULL : malloc(bytes);
    (void)unused;
    if (p != NULL) __atomic_add_fetch(&memory.live, 1, __ATOMIC_RELAXED);
    return p;
}

static inline void *memory_resize(void *old, size_t bytes, void *unused) {
    void *p;
    if (old == NULL) return memory_alloc(bytes, unused);
    p = memory_fails() ? NULL : realloc(old, bytes);
    return p;
}

static inline void memory_release(void *p, void *unused) {
    (void)unused;
    if (p != NULL) __atomic_sub_fetch(&memory.live, 1, __ATOMIC_RELAXED);
    free(p);
}

/* ---- what must be destroyed once */

#define MARKS 256
static struct {
    int given;
    unsigned char destroyed[MARKS];
} marks;

static inline void *mark(void) {
    CHECK(marks.given < MARKS);
    return &marks.destroyed[marks.given++];
}

static inline void unmark(void *p) { ++*(unsigned char *)p; }
static inline void unmark_data(uintptr_t p) { ++*(unsigned char *)p; }

static const crib_vtable mark_type = {sizeof(crib_vtable), unmark, "mark", 0};

static inline crib_value mark_value(void) {
    crib_value v;
    v.p = mark();
    v.vt = &mark_type;
    return v;
}

/* ---- the scenario: parts that are run in this order until one returns a code < 0 */

struct scenario {
    int (*const *parts)(void);
    int count;
    int done;             /* parts that were begun; -1: the run was not */
    bool (*before)(void); /* the run: false for no memory; may be NULL */
    void (*after)(void);
};

static inline int scenario_body(void *data) {
    struct scenario *s = data;
    int rc = 0;
    for (s->done = 0; s->done < s->count && rc == 0; s->done++) rc = s->parts[s->done]();
    return rc;
}

/* ---- the loop */

static inline int memory_empty(void *unused) {
    (void)unused;
    return 0;
}

/* The thread keeps the tree of its last run until the next one. */
static inline void forget_last_error(void) {
    crib_runtime *rt = mock_runtime();
    CHECK_EQ_INT(crib_runtime_run(rt, memory_empty, NULL, NULL), 0);
    CHECK(crib_error_current() == NULL);
    crib_unref(rt);
}

static bool memory_passed;

static inline void memory_tell_where(void) {
    if (!memory_passed)
        fprintf(stderr, "failing was allocation %ld%s\n", memory.fail_at,
                memory.and_all_after ? " and all after it" : "");
}

static inline int scenario_run(struct scenario *s) {
    crib_runtime *rt = s->before == NULL || s->before() ? mock_runtime() : NULL;
    int rc = NO_MEMORY;
    s->done = -1;
    if (rt != NULL) {
        rc = crib_runtime_run(rt, scenario_body, s, NULL);
        if (rc < 0 && s->done >= 0) CHECK_EQ_INT(crib_error_code(crib_error_current()), rc);
    }
    crib_unref(rt);
    if (s->after != NULL) s->after();
    return rc;
}

/* Returns whether an allocation was made to fail. */
static inline bool scenario_once(struct scenario *s, long fail_at, bool and_all_after) {
    long live = memory.live;
    int i, rc;
    memory.calls = 0;
    memory.fail_at = fail_at;
    memory.and_all_after = and_all_after;
    memory.failed = false;
    memset(&marks, 0, sizeof marks);
    rc = scenario_run(s);
    if (rc == 0)
        CHECK_EQ_INT(s->done, s->count);
    else
        CHECK_EQ_INT(rc, NO_MEMORY);
    if (!memory.failed) CHECK_EQ_INT(rc, 0);
    memory.fail_at = 0;
    forget_last_error();
    memory.fail_at = fail_at;
    for (i = 0; i < marks.given; i++) CHECK_EQ_INT(marks.destroyed[i], 1);
    CHECK_EQ_INT(memory.live, live);
    memory.fail_at = 0;
    return memory.failed;
}

/* The whole program; returns what main does. */
static inline int memory_main(struct scenario *s) {
    crib_allocator allocator;
    long n, last[2] = {0, 0};
    int mode, step = workload(10) == 10 ? 1 : 7; /* under Valgrind every seventh */
    memset(&allocator, 0, sizeof allocator);
    allocator.size = sizeof allocator;
    allocator.alloc = memory_alloc;
    allocator.resize = memory_resize;
    allocator.free = memory_release;
    CHECK_EQ_INT(crib_set_allocator(&allocator), 0);
    atexit(memory_tell_where);
    alarm(600);                         /* a run that does not end is the failure here */
    CHECK(!scenario_once(s, 0, false)); /* what the library keeps for good is allocated now */
    for (mode = 0; mode < 2; mode++) {
        for (n = 1; scenario_once(s, n, mode == 1); n += step) last[mode] = n;
    }
    CHECK(last[0] > 10 && last[1] > 10);
    memory_passed = true;
    printf("%ld allocations failed one by one, %ld with all that follow\n", last[0], last[1]);
    return 0;
}

#endif
