#include <cerrno>

#include "contest.hpp"
#include "crib/error.h"
#include "crib/scope.h"
#include "crib/task.h"

using namespace crib;

namespace {

struct Race {
    Contest contest;
    crib_token *token;
    int64_t deadline;
};

// The nursery's own scope ends with the token and the time; its policy, with the first body.
int start_all(crib_nursery *n, void *data) {
    Race *r = static_cast<Race *>(data);
    crib_scope *scope = crib_nursery_scope(n);
    int rc = r->token ? crib_scope_link_token(scope, r->token) : 0;
    if (rc == 0) rc = crib_scope_set_deadline(scope, r->deadline);
    if (rc < 0) return rc;
    crib_scope_cancel_called(scope);  // a time that has passed counts from the start
    return contest_start(&r->contest, n);
}

// What became of it when no body failed.
int verdict(Race *r, size_t *winner, crib_value *result) {
    const int fired = r->token ? crib_token_check(r->token) : 0;
    if (fired < 0) return fired;
    const bool too_slow = !r->contest.winner && crib_now() >= r->deadline;
    if (too_slow) return crib_fail(CRIB_ETOOSLOW, "the time of a cancellable wait has passed");
    return contest_result(&r->contest, winner, result);
}

int64_t time_after(int64_t ns) {
    const int64_t now = crib_now();
    return ns > CRIB_FOREVER - now ? CRIB_FOREVER : now + ns;
}

int run_race(Race *r, size_t *winner, crib_value *result) {
    crib_nursery_options options = {};
    options.size = sizeof options;
    options.policy = CRIB_POLICY_FIRST_DONE;
    const int rc = crib_nursery_run(&options, start_all, r);
    return rc < 0 ? rc : verdict(r, winner, result);
}

}  // namespace

extern "C" {

int crib_token_cancellable_wait(crib_token *t, const crib_work *works, size_t count, int64_t timeout, size_t *winner,
                                crib_value *result) {
    Race race = {{works, count}, t, CRIB_FOREVER};
    if (result) *result = k_no_value;
    int rc = fiber_only("crib_token_cancellable_wait");
    if (rc == 0 && timeout < 0) rc = -EINVAL;
    if (rc == 0) rc = contest_prepare(&race.contest, count);
    if (rc == 0) rc = crib_checkpoint_if_cancelled();
    if (rc < 0) return rc;
    race.deadline = time_after(timeout);
    crib_token_ref(t);  // also if a body gives it up
    rc = run_race(&race, winner, result);
    crib_unref(t);
    return rc;
}
}
