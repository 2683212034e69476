#include <cerrno>
#include <climits>

#include "compose.hpp"
#include "crib/combine.h"
#include "crib/runtime.h"
#include "crib/task.h"

using namespace crib;

namespace {

int64_t later(int64_t time, int64_t ns) { return time > CRIB_FOREVER - ns ? CRIB_FOREVER : time + ns; }

// Ticks before `now`; one that falls on it is still to be seen.
int64_t gone_by(const crib_ticker &t, int64_t now) { return now > t.next ? (now - t.next - 1) / t.period + 1 : 0; }

}  // namespace

extern "C" {

int crib_ticker_start(crib_ticker *ticker, int64_t period) {
    if (!crib_runtime_current()) return misuse_of("crib_ticker_start", "called outside a run");
    if (!ticker || period < 1) return -EINVAL;
    ticker->period = period;
    ticker->next = later(crib_now(), period);
    return 0;
}

int crib_ticker_wait(crib_ticker *ticker) {
    int rc = fiber_only("crib_ticker_wait");
    if (rc < 0) return rc;
    if (!ticker || ticker->period < 1) return -EINVAL;
    const int64_t missed = gone_by(*ticker, crib_now());
    const int64_t tick =
        missed > 0 ? later(ticker->next + (missed - 1) * ticker->period, ticker->period) : ticker->next;
    rc = crib_sleep_until(tick);
    if (rc < 0) return rc;
    ticker->next = later(tick, ticker->period);
    return missed < INT_MAX ? static_cast<int>(missed) : INT_MAX;
}
}
