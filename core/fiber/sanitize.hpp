// Which of the compiler's dynamic checkers this translation unit is built for.
#pragma once

// gcc says it with macros, clang with features.
#if defined(__SANITIZE_ADDRESS__)
#define CRIB_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRIB_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define CRIB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRIB_TSAN 1
#endif
#endif

#ifdef CRIB_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define CRIB_ASAN 0
#endif

#ifdef CRIB_TSAN
#include <sanitizer/tsan_interface.h>
#else
#define CRIB_TSAN 0
#endif

#if CRIB_ASAN || CRIB_TSAN
#define CRIB_SANITIZED 1
#else
#define CRIB_SANITIZED 0
#endif

// For code that runs while a checker still believes in the stack that was left.
#if CRIB_ASAN || CRIB_TSAN
#define CRIB_NO_SANITIZE __attribute__((no_sanitize("address", "thread")))
#else
#define CRIB_NO_SANITIZE
#endif
