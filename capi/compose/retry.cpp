#include <cerrno>

#include "../src/options.hpp"
#include "compose.hpp"
#include "crib/combine.h"
#include "crib/scope.h"
#include "crib/task.h"

using namespace crib;

namespace {

struct Retry {
    crib_retry_options options;
    crib_body_fn body;
    void *user_data;
    uint32_t begun;  // attempts; counted if they are
    int64_t delay;   // before the next one
    bool again;
};

bool complete(crib_retry_options *o) {
    if (o->jitter > 100 || o->delay < 0 || o->most_delay < 0) return false;
    if (o->factor == 0) o->factor = 2;
    if (o->delay == 0) o->delay = CRIB_MS(100);
    if (o->most_delay == 0) o->most_delay = CRIB_SECONDS(30);
    return o->factor >= 1;
}

bool is_worth_another(const Retry &r, int code) {
    if (code >= 0 || code == CRIB_ECANCELLED) return false;
    if (r.options.attempts > 0 && r.begun >= r.options.attempts) return false;
    return !r.options.retries || r.options.retries(code, r.user_data);
}

bool reaches_deadline(int64_t pause) {
    const int64_t deadline = crib_current_effective_deadline();
    const int64_t now = crib_now();
    return deadline <= now || deadline - now <= pause;
}

int64_t shortened(int64_t delay, uint32_t jitter) {
    if (jitter == 0) return delay;
    return delay - static_cast<int64_t>(static_cast<double>(delay) * jitter / 100 * run_random());
}

int64_t longer(int64_t delay, const crib_retry_options &o) {
    const double next = static_cast<double>(delay) * o.factor;
    return next < static_cast<double>(o.most_delay) ? static_cast<int64_t>(next) : o.most_delay;
}

// An attempt and the delay after it, in one scope: that holds the failure until it is known whether it counts.
int attempt(void *data) {
    Retry *r = static_cast<Retry *>(data);
    if (r->options.attempts > 0) r->begun++;
    const int rc = crib_scope_run(nullptr, r->body, r->user_data, nullptr);
    if (!is_worth_another(*r, rc)) return rc;
    const int64_t pause = shortened(r->delay, r->options.jitter);
    if (reaches_deadline(pause)) return rc;
    const int slept = crib_sleep(pause);
    if (slept < 0) return slept;
    r->delay = longer(r->delay, r->options);
    r->again = true;
    return 0;
}

}  // namespace

extern "C" {

int crib_retry(const crib_retry_options *options, crib_body_fn body, void *user_data) {
    Retry r = {{}, body, user_data, 0, 0, false};
    int rc = fiber_only("crib_retry");
    if (rc < 0) return rc;
    if (!body || !copy_options(&r.options, options) || !complete(&r.options)) return -EINVAL;
    rc = crib_checkpoint_if_cancelled();
    if (rc < 0) return rc;
    r.delay = r.options.delay < r.options.most_delay ? r.options.delay : r.options.most_delay;
    do {
        r.again = false;
        rc = crib_scope_run(nullptr, attempt, &r, nullptr);
    } while (r.again);
    return rc;
}
}
