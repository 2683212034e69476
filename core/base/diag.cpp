#include "base/diag.hpp"

#include <cstdio>
#include <cstdlib>

#include "crib/error.h"

namespace crib {

namespace {
DiagnosticFn diagnostic_fn = nullptr;
void *diagnostic_data = nullptr;
WatchFn watch = nullptr;
}  // namespace

void diag_set(DiagnosticFn fn, void *user_data) {
    diagnostic_fn = fn;
    diagnostic_data = user_data;
}

void diag_watch(WatchFn fn) { watch = fn; }

void diag_report(int code, const char *message) {
    if (diagnostic_fn) return diagnostic_fn(code, message, diagnostic_data);
    fprintf(stderr, "%s\n", message);
}

int diag_misuse(const char *function, const char *task, const char *what) {
    const bool printed = diagnostic_fn || getenv("CRIB_DEBUG");
    if (!printed && !watch) return CRIB_EMISUSE;
    char line[512];
    if (task) {
        snprintf(line, sizeof line, "crib: %s: %s (task '%s')", function, what, task);
    } else {
        snprintf(line, sizeof line, "crib: %s: %s", function, what);
    }
    if (watch) watch(line);
    if (printed) diag_report(CRIB_EMISUSE, line);
    return CRIB_EMISUSE;
}

}  // namespace crib
