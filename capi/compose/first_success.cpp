#include "contest.hpp"
#include "crib/combine.h"
#include "crib/task.h"

using namespace crib;

static int start_all(crib_nursery *n, void *contest) { return contest_start(static_cast<Contest *>(contest), n); }

extern "C" {

int crib_first_success(const crib_work *works, size_t count, size_t *winner, crib_value *result) {
    Contest contest(works, count);
    if (result) *result = k_no_value;
    int rc = fiber_only("crib_first_success");
    if (rc == 0) rc = contest_prepare(&contest, count);
    if (rc == 0) rc = crib_checkpoint_if_cancelled();
    if (rc < 0) return rc;
    crib_nursery_options options = {};
    options.size = sizeof options;
    options.policy = CRIB_POLICY_FIRST_SUCCESS;
    rc = crib_nursery_run(&options, start_all, &contest);
    return rc < 0 ? rc : contest_result(&contest, winner, result);
}
}
