/* What happened, in order: words with a blank between them. One log a test (each runs in a process of its own). */
#ifndef TESTS_SUPPORT_LOG_H
#define TESTS_SUPPORT_LOG_H

#include "support/expect.h"

static char log_text[4000];

static inline void log_add(const char *word) {
    if (log_text[0] != '\0') text_append(log_text, sizeof log_text, " ");
    text_append(log_text, sizeof log_text, word);
}

static inline void log_clear(void) { log_text[0] = '\0'; }

#define EXPECT_LOG(words) expect_str(__LINE__, "the log", log_text, words)

#endif
