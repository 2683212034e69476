/* Stories: a log of what tasks say, with the (virtual) time, and stackless tasks that follow a list of steps. A test
 * runs in a process of its own, so that one log for the process is enough. */
#ifndef TESTS_SUPPORT_STORY_H
#define TESTS_SUPPORT_STORY_H

#include <crib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
    char text[16384];
    size_t length;
    int64_t begun;
} story;

/* Forgets what was said; times count from now. */
static inline void story_begin(void) {
    memset(&story, 0, sizeof story);
    story.begun = crib_now();
}

/* Milliseconds since story_begin. */
static inline long long story_ms(void) { return (long long)((crib_now() - story.begun) / 1000000); }

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...) {
    va_list list;
    size_t room = sizeof story.text - story.length;
    int n;
    va_start(list, format);
    n = vsnprintf(story.text + story.length, room, format, list);
    va_end(list);
    if (n > 0) story.length += (size_t)n < room ? (size_t)n : room - 1;
}

/* How often a text was said. */
static inline int story_count(const char *what) {
    int n = 0;
    const char *at = story.text;
    while ((at = strstr(at, what)) != NULL) {
        n++;
        at += strlen(what);
    }
    return n;
}

/* Whether `first` was said, and `second` after it. */
static inline bool story_order(const char *first, const char *second) {
    const char *at = strstr(story.text, first);
    return at != NULL && strstr(at + strlen(first), second) != NULL;
}

static inline bool story_is(const char *whole) { return strcmp(story.text, whole) == 0; }

/* A stackless child: says, waits, says; then succeeds, or fails with `code`. If a wait is cancelled it says `cleanup`. */
struct script {
    const char *first;
    int64_t sleep; /* CRIB_FOREVER = until cancelled, -1 = none */
    const char *last;
    int code;
    const char *cleanup;
    int state;
};

static inline void script_resume(crib_task *self, uintptr_t data) {
    struct script *s = (struct script *)data;
    crib_result result = {0, 0, {NULL, NULL}};
    if (s->state == 0) {
        s->state = 1;
        if (s->first != NULL) say("%s", s->first);
        if (s->sleep >= 0) {
            result.status = crib_begin_sleep(crib_task_op(self), s->sleep);
            if (result.status == CRIB_PENDING) return;
        }
    } else if (crib_op_take(crib_task_op(self), &result) != 0) {
        return;
    }
    if (result.status == CRIB_ECANCELLED) {
        if (s->cleanup != NULL) say("%s", s->cleanup);
        crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
        return;
    }
    if (s->last != NULL) say("%s", s->last);
    crib_task_exit(self, s->code < 0 ? crib_error_new(s->code, "the script said so") : NULL);
}

/* A stackless main task: opens a scope (with a timeout unless 0), in it a nursery, starts the scripts, waits for them,
 * closes both and exits with what is left. */
struct family {
    int64_t timeout;
    int fail; /* as in crib_scope_options */
    struct script *children;
    size_t count;
    void (*more)(crib_nursery *n, void *data); /* starts others, may be NULL */
    void *data;
    bool caught;
    int nursery_status; /* of the nursery's close */
    int scope_status;   /* of what left the scope */
    long long ended_ms;
    crib_scope *scope;
    crib_nursery *nursery;
    int state;
};

static inline void family_resume(crib_task *self, uintptr_t data) {
    struct family *f = (struct family *)data;
    crib_op *op = crib_task_op(self);
    crib_result result;
    crib_error *error;
    size_t i;
    if (f->state == 0) {
        crib_scope_options scope = {0};
        crib_nursery_options nursery = {0};
        scope.size = sizeof scope;
        scope.parent = crib_task_scope(self);
        scope.timeout = f->timeout;
        scope.fail = f->fail;
        f->scope = crib_scope_open(&scope);
        nursery.size = sizeof nursery;
        nursery.parent = f->scope;
        story.begun = crib_now();
        f->nursery = crib_nursery_open_with(&nursery);
        for (i = 0; i < f->count; i++) {
            crib_nursery_start_stackless(f->nursery, "script", script_resume, (uintptr_t)&f->children[i], NULL);
        }
        if (f->more != NULL) f->more(f->nursery, f->data);
        f->state = 1;
        f->nursery_status = crib_begin_nursery_close(op, f->nursery, NULL);
        if (f->nursery_status == CRIB_PENDING) return;
    } else if (crib_op_take(op, &result) == 0) {
        f->nursery_status = result.status;
    } else {
        return;
    }
    error = crib_scope_close_error(f->scope, crib_op_take_error(op), &f->caught);
    f->scope_status = crib_error_code(error);
    f->ended_ms = story_ms();
    crib_task_exit(self, error);
}

/* Runs a family as the main task under virtual time that jumps. */
static inline int run_family(struct family *f) {
    crib_runtime_options options;
    crib_runtime *rt;
    int rc;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    rt = crib_runtime_new(&options);
    rc = crib_runtime_run_stackless(rt, "family", family_resume, (uintptr_t)f, NULL);
    crib_unref(rt);
    return rc;
}

#endif
