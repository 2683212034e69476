/* Workers of the tests on graceful cancel: fibers or stackless tasks that wait in a region of their own and then clean
 * up behind a soft shield. Their log (support/children.h) reads "name@ms" for a wait that ended by itself and "name!@ms"
 * for one that was cancelled; "name+@ms" and "name-@ms" say the same of the cleanup. */
#ifndef TESTS_SUPPORT_WORKERS_H
#define TESTS_SUPPORT_WORKERS_H

#include "support/children.h"
#include "support/expect.h"
#include "support/strand.h"

#define SHIELD_FULL 1
#define SHIELD_SOFT 2

/* A scope with these options; `parent` is NULL in fibers. */
static inline crib_scope *region_open(crib_scope *parent, int32_t shield, int32_t graceful) {
    crib_scope_options options = scope_defaults();
    options.parent = parent;
    options.shield = shield;
    options.graceful = graceful;
    return crib_scope_open(&options);
}

struct worker {
    const char *name;
    int32_t shield, graceful; /* of its region */
    int64_t ms;               /* how long it waits; negative: until cancelled */
    int64_t cleanup;          /* how long it cleans up after a cancel, in ms; 0: not at all */
    int code;                 /* what it ends with if it was not cancelled, or its region absorbed that */
    bool caught;              /* by its region */
    crib_scope *inner;        /* stackless: the soft shield */
    struct strand strand;
};

static inline void worker_says(const struct worker *w, int rc, const char *done, const char *cancelled) {
    char word[64];
    snprintf(word, sizeof word, "%s%s", w->name, rc == 0 ? done : cancelled);
    story_at(word);
}

static inline int64_t worker_wait(const struct worker *w) { return w->ms < 0 ? CRIB_FOREVER : CRIB_MS(w->ms); }

static inline int worker_body(void *arg) {
    struct worker *w = arg;
    crib_scope *region = region_open(NULL, w->shield, w->graceful);
    int rc = crib_sleep(worker_wait(w));
    worker_says(w, rc, "", "!");
    if (rc < 0 && w->cleanup > 0) {
        crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
        int cleaned = crib_sleep(CRIB_MS(w->cleanup));
        worker_says(w, cleaned, "+", "-");
        EXPECT_EQ(crib_scope_close(shield, cleaned, NULL), cleaned);
    }
    rc = crib_scope_close(region, rc, &w->caught);
    return rc == 0 ? w->code : rc;
}

static inline void worker_ends(struct strand *s, bool cancelled) {
    struct worker *w = s->user_data;
    crib_error *error = cancelled ? crib_error_cancelled(s->scope) : NULL;
    error = crib_scope_close_error(s->scope, error, &w->caught);
    if (error == NULL && w->code < 0) error = crib_error_new(w->code, NULL);
    strand_exit(s, error);
}

static inline void worker_strand(struct strand *s) {
    struct worker *w = s->user_data;
    STRAND(s)
    s->scope = region_open(crib_task_scope(s->task), w->shield, w->graceful);
    EXPECT_EQ(crib_op_set_scope(s->op, s->scope), 0);
    AWAIT(s, crib_begin_sleep(s->op, worker_wait(w)));
    worker_says(w, s->status, "", "!");
    if (s->status == 0 || w->cleanup == 0) {
        worker_ends(s, s->status < 0);
        return;
    }
    w->inner = region_open(s->scope, SHIELD_SOFT, 0);
    EXPECT_EQ(crib_op_set_scope(s->op, w->inner), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(w->cleanup)));
    worker_says(w, s->status, "+", "-");
    crib_unref(crib_scope_close_error(w->inner, strand_failure(s), NULL));
    worker_ends(s, true);
    STRAND_END
}

/* Starts a worker as a fiber, or as a stackless task. */
static inline int worker_start(crib_nursery *n, struct worker *w, const void *stackless) {
    if (stackless == NULL) return crib_nursery_start_soon(n, w->name, worker_body, w, NULL);
    memset(&w->strand, 0, sizeof w->strand);
    w->strand.run = worker_strand;
    w->strand.user_data = w;
    return strand_start(n, w->name, &w->strand) != NULL ? 0 : CRIB_EMISUSE;
}

#endif
