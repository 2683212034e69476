#include "base/diag.hpp"

#include <cstdio>
#include <cstdlib>

#include "crib/error.h"

namespace crib {

namespace {
DiagnosticFn diagnostic_fn = nullptr;
void *diagnostic_data = nullptr;
}  // namespace

void diag_set(DiagnosticFn fn, void *user_data) {
    diagnostic_fn = fn;
    diagnostic_data = user_data;
}

void diag_report(int code, const char *message) {
    if (diagnostic_fn) return diagnostic_fn(code, message, diagnostic_data);
    fprintf(stderr, "%s\n", message);
}

int diag_misuse(const char *function, const char *task, const char *what) {
    if (!diagnostic_fn && !getenv("CRIB_DEBUG")) return CRIB_EMISUSE;
    char line[512];
    if (task) {
        snprintf(line, sizeof line, "crib: %s: %s (task '%s')", function, what, task);
    } else {
        snprintf(line, sizeof line, "crib: %s: %s", function, what);
    }
    diag_report(CRIB_EMISUSE, line);
    return CRIB_EMISUSE;
}

}  // namespace crib
