/* Expectations that hold inside fibers and callbacks: a failed one is written down and the body goes on, so that its
 * blocks are closed in order; EXPECT_RUN then fails the test on the thread's own stack. */
#ifndef TESTS_SUPPORT_EXPECT_H
#define TESTS_SUPPORT_EXPECT_H

#include <criterion/criterion.h>
#include <crib.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a main body returns to show that it ran to its end. */
#define RAN 42

/* Codes of an application's own. */
#define CODE_A (-1000001)
#define CODE_B (-1000002)
#define CODE_C (-1000003)

/* libuv's code, without its header. */
#define CODE_EINVAL (-EINVAL)

static int expect_failures;
static char expect_report[2000];

/* Appends what fits. */
static inline void text_append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    size_t length = strlen(text);
    if (length > size - 1 - used) length = size - 1 - used;
    memcpy(buffer + used, text, length);
    buffer[used + length] = '\0';
}

static inline void expect_note(int line, const char *what, const char *seen, const char *wanted) {
    char place[40];
    ++expect_failures;
    snprintf(place, sizeof place, "\n  line %d: ", line);
    text_append(expect_report, sizeof expect_report, place);
    text_append(expect_report, sizeof expect_report, what);
    text_append(expect_report, sizeof expect_report, " is ");
    text_append(expect_report, sizeof expect_report, seen);
    text_append(expect_report, sizeof expect_report, ", not ");
    text_append(expect_report, sizeof expect_report, wanted);
}

static inline void expect_number(char *text, size_t size, long long number) {
    if (number < 0 && number > -100000)
        snprintf(text, size, "%lld (%s)", number, crib_error_name((int)number));
    else
        snprintf(text, size, "%lld", number);
}

static inline void expect_eq(int line, const char *what, long long seen, long long wanted) {
    char a[80], b[80];
    if (seen == wanted) return;
    expect_number(a, sizeof a, seen);
    expect_number(b, sizeof b, wanted);
    expect_note(line, what, a, b);
}

static inline void expect_str(int line, const char *what, const char *seen, const char *wanted) {
    if (seen == wanted || (seen != NULL && wanted != NULL && strcmp(seen, wanted) == 0)) return;
    expect_note(line, what, seen == NULL ? "NULL" : seen, wanted == NULL ? "NULL" : wanted);
}

static inline void expect_has(int line, const char *what, const char *seen, const char *part) {
    if (seen != NULL && strstr(seen, part) != NULL) return;
    expect_note(line, what, seen == NULL ? "NULL" : seen, part);
}

#define EXPECT_EQ(seen, wanted)  expect_eq(__LINE__, #seen, (long long)(seen), (long long)(wanted))
#define EXPECT_STR(seen, wanted) expect_str(__LINE__, #seen, seen, wanted)
#define EXPECT_HAS(seen, part)   expect_has(__LINE__, #seen, seen, part)
#define EXPECT(condition)        expect_eq(__LINE__, #condition, (condition) ? 1 : 0, 1)

/* The run ended with this code, and nothing was unexpected on the way. */
#define EXPECT_RUN_RETURNS(run, code)                                                                                  \
    do {                                                                                                               \
        expect_eq(__LINE__, #run, (run), (code));                                                                      \
        cr_assert(expect_failures == 0, "%s", expect_report);                                                          \
    } while (0)

/* The main body ran to its end, and nothing was unexpected on the way. */
#define EXPECT_RUN(run) EXPECT_RUN_RETURNS(run, RAN)

/* Options of a scope: all defaults. */
static inline crib_scope_options scope_defaults(void) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* A scope with a full shield. */
static inline crib_scope *shielded_scope(void) {
    crib_scope_options options = scope_defaults();
    options.shield = 1;
    return crib_scope_open(&options);
}

#endif
