// Messages for people: misuse (when CRIB_DEBUG is set in the environment) and reports, to standard error or to the
// application's own function.
#pragma once

namespace crib {

using DiagnosticFn = void (*)(int code, const char *message, void *user_data);

void diag_set(DiagnosticFn fn, void *user_data);
// Somebody who sees every misuse besides, whether it is printed or not. NULL = nobody.
using WatchFn = void (*)(const char *message);
void diag_watch(WatchFn fn);
// A report that is always printed.
void diag_report(int code, const char *message);
// "crib: <function>: <what> (task '<task>')", printed when asked for. Returns CRIB_EMISUSE. `task` may be NULL.
int diag_misuse(const char *function, const char *task, const char *what);

}  // namespace crib
