/* Helpers of the nursery tests: a log of what happened when, children that say what became of them. */
#ifndef TESTS_SUPPORT_CHILDREN_H
#define TESTS_SUPPORT_CHILDREN_H

#include <crib.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "counted.h"

/* Codes of an application's own. */
#define E_ONE   (-1000001)
#define E_TWO   (-1000002)
#define E_THREE (-1000003)

/* Given as user data to a body that is told to make its children stackless. */
#define STACKLESS ((void *)1)

static char story_text[4096];
static int64_t story_origin;

/* Empties the log and takes the current time as its zero. */
static inline void story_begin(void) {
    story_text[0] = '\0';
    story_origin = crib_now();
}

/* Milliseconds since story_begin. */
static inline long long story_ms(void) { return (long long)((crib_now() - story_origin) / 1000000); }

__attribute__((format(printf, 1, 2))) static inline void story_append(const char *format, ...) {
    size_t used = strlen(story_text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(story_text + used, sizeof story_text - used, format, arguments);
    va_end(arguments);
}

/* Adds a word to the log; words are separated by spaces. */
static inline void story(const char *word) { story_append("%s%s", story_text[0] ? " " : "", word); }

/* Adds a word and the time: "word@1000". */
static inline void story_at(const char *word) { story_append("%s%s@%lld", story_text[0] ? " " : "", word, story_ms()); }

/* A child: sleeps `ms` (negative: until cancelled), then ends with `code`. Its log is "name@time", or "name!@time" if
 * it was cancelled; then it ends with `on_cancel`, where 0 stands for the plain CRIB_ECANCELLED. */
struct child {
    const char *name;
    int64_t ms;
    int code;
    int on_cancel;
    crib_task *self; /* stackless: set when it first runs */
};

#define ENDS_WELL 1 /* on_cancel: swallows the cancellation */

static inline int child_outcome(const struct child *c, int rc) {
    char word[64];
    if (rc == 0) {
        story_at(c->name);
        return c->code;
    }
    snprintf(word, sizeof word, "%s!", c->name);
    story_at(word);
    return c->on_cancel == 0 ? rc : c->on_cancel;
}

static inline int64_t child_sleep_ns(const struct child *c) { return c->ms < 0 ? CRIB_FOREVER : CRIB_MS(c->ms); }

static inline int child_body(void *arg) {
    struct child *c = arg;
    return child_outcome(c, crib_sleep(child_sleep_ns(c)));
}

static inline void child_resume(crib_task *self, uintptr_t data) {
    struct child *c = (struct child *)data;
    crib_result result = {0, 0, {NULL, NULL}};
    int code;
    if (c->self == NULL) {
        c->self = self;
        result.status = crib_begin_sleep(crib_task_op(self), child_sleep_ns(c));
        if (result.status == CRIB_PENDING) return;
    } else if (crib_op_take(crib_task_op(self), &result) != 0) {
        return;
    }
    code = child_outcome(c, result.status);
    if (code >= 0) {
        crib_task_exit(self, NULL);
    } else if (code == CRIB_ECANCELLED) {
        crib_task_exit(self, crib_error_cancelled(crib_task_scope(self)));
    } else {
        crib_task_exit(self, crib_error_new(code, NULL));
    }
}

/* Starts a child as a fiber, or as a stackless task. */
static inline int child_start(crib_nursery *n, struct child *c, const void *stackless) {
    if (stackless == NULL) return crib_nursery_start_soon(n, c->name, child_body, c, NULL);
    c->self = NULL;
    return crib_nursery_start_stackless(n, c->name, child_resume, (uintptr_t)c, NULL) != NULL ? 0 : CRIB_EMISUSE;
}

static const crib_value nil_value = {NULL, NULL};
static inline bool is_nil(crib_value v) { return v.vt == NULL; }

#endif
