/* Checks that survive NDEBUG. A failed one prints a line and ends the program with code 1. C99 and C++. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(cond)                                                                                                    \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);                                         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ_INT(a, b)                                                                                             \
    do {                                                                                                               \
        long long check_a_ = (long long)(a);                                                                           \
        long long check_b_ = (long long)(b);                                                                           \
        if (check_a_ != check_b_) {                                                                                    \
            fprintf(stderr, "%s:%d: failed: %s == %s: %lld, %lld\n", __FILE__, __LINE__, #a, #b, check_a_, check_b_);  \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
