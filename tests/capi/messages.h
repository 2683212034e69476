/* What the library says about misuse: a message names the function, and the task when there is one. And other threads,
 * other runs and stackless tasks to misuse it from. */
#ifndef TESTS_CAPI_MESSAGES_H
#define TESTS_CAPI_MESSAGES_H

#include <pthread.h>

#include "support/expect.h"
#include "support/run.h"

static int said_count; /* since the last expectation about messages */
static int said_code;
static char said_text[600];  /* the last message */
static char said_all[16000]; /* every message, one a line */

static inline void said_take(int code, const char *message, void *user_data) {
    (void)user_data;
    ++said_count;
    said_code = code;
    snprintf(said_text, sizeof said_text, "%s", message);
    text_append(said_all, sizeof said_all, message);
    text_append(said_all, sizeof said_all, "\n");
}

/* Given to TestSuite as its init. */
static inline void listen_to_messages(void) { crib_set_diagnostics(said_take, NULL); }

static inline void said_forget(void) {
    said_count = 0;
    said_text[0] = '\0';
}

static inline void expect_said(int line, const char *function, const char *task) {
    char head[120], tail[120];
    size_t length = strlen(said_text), tail_length;
    snprintf(head, sizeof head, "crib: %s: ", function);
    tail[0] = '\0';
    if (task != NULL) snprintf(tail, sizeof tail, "(task '%s')", task);
    tail_length = strlen(tail);
    if (said_count == 0) {
        expect_note(line, function, "silent", "a message");
    } else if (said_code != CRIB_EMISUSE || strncmp(said_text, head, strlen(head)) != 0) {
        expect_note(line, "the message", said_text, head);
    } else if (length < tail_length || strcmp(said_text + length - tail_length, tail) != 0) {
        expect_note(line, "the message", said_text, tail);
    } else if (task == NULL && strstr(said_text, "(task ") != NULL) {
        expect_note(line, "the message", said_text, "without a task");
    } else if (said_count > 1) {
        expect_note(line, function, "said more than once", "once");
    }
    said_forget();
}

static inline void expect_quiet(int line) {
    if (said_count > 0) expect_note(line, "the message", said_text, "none");
    said_forget();
}

/* Exactly one message since the last expectation, by `function`, about `task` (NULL: none). */
#define EXPECT_SAID(function, task) expect_said(__LINE__, function, task)
#define EXPECT_QUIET()              expect_quiet(__LINE__)
/* The call is refused as misuse, with a message. */
#define EXPECT_MISUSE(call, function, task)                                                                            \
    do {                                                                                                               \
        EXPECT_EQ(call, CRIB_EMISUSE);                                                                                 \
        EXPECT_SAID(function, task);                                                                                   \
    } while (0)
/* The same for a call that returns a handle. */
#define EXPECT_NO_HANDLE(call, function, task)                                                                         \
    do {                                                                                                               \
        EXPECT((call) == NULL);                                                                                        \
        EXPECT_SAID(function, task);                                                                                   \
    } while (0)
/* Outside of runs: fails the test if anything was unexpected so far. */
#define EXPECT_NOTHING_UNEXPECTED() cr_assert(expect_failures == 0, "%s", expect_report)

/* --- other places to call from ---------------------------------------------------------------- */

struct elsewhere {
    void (*fn)(void *arg);
    crib_body_fn body;
    void *arg;
};

static inline void *elsewhere_main(void *arg) {
    struct elsewhere *e = arg;
    if (e->fn != NULL) e->fn(e->arg);
    if (e->body != NULL) EXPECT_EQ(run_autojump(e->body, e->arg), RAN);
    return NULL;
}

static inline void elsewhere_join(struct elsewhere *e) {
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, elsewhere_main, e);
    EXPECT_EQ(rc, 0);
    if (rc == 0) pthread_join(thread, NULL);
}

/* Calls `fn` in a thread that has no run, and waits for it. */
static inline void in_thread(void (*fn)(void *arg), void *arg) {
    struct elsewhere e = {fn, NULL, arg};
    elsewhere_join(&e);
}

/* Runs `body`, which returns RAN, on another runtime in another thread, and waits for that. */
static inline void in_other_run(crib_body_fn body, void *arg) {
    struct elsewhere e = {NULL, body, arg};
    elsewhere_join(&e);
}

struct once {
    void (*fn)(crib_task *self, void *arg);
    void *arg;
};

static inline void once_resume(crib_task *self, uintptr_t data) {
    struct once *o = (struct once *)data;
    o->fn(self, o->arg);
    crib_task_exit(self, NULL);
}

/* Calls `fn` inside a stackless main task. */
static inline void in_stackless_task(void (*fn)(crib_task *self, void *arg), void *arg) {
    struct once o = {fn, arg};
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    crib_runtime *rt = crib_runtime_new(&options);
    EXPECT_EQ(crib_runtime_run_stackless(rt, "flat", once_resume, (uintptr_t)&o, NULL), 0);
    crib_unref(rt);
}

/* --- counted values and callbacks ------------------------------------------------------------- */

static int drops;
static inline void drop_counted(void *p) {
    (void)p;
    ++drops;
}
static const crib_vtable droppable_table = {sizeof(crib_vtable), drop_counted, "droppable", 0};
static inline crib_value droppable(void) {
    crib_value v = {NULL, &droppable_table};
    return v;
}
static const crib_value nil_value = {NULL, NULL};

static inline void count_call(void *counter) { ++*(int *)counter; }
static inline void count_data(uintptr_t counter) { ++*(int *)counter; }

/* A body that ends at once. */
static inline int ends(void *arg) {
    (void)arg;
    return 0;
}

/* A body that waits until it is cancelled. */
static inline int stays(void *arg) {
    (void)arg;
    return crib_sleep_forever();
}

/* A body that only looks whether it is cancelled. */
static inline int looks(void *arg) {
    (void)arg;
    return crib_checkpoint();
}

#endif
