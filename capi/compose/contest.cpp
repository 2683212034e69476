#include "contest.hpp"

#include <cerrno>

#include "base/alloc.hpp"
#include "crib/error.h"
#include "crib/op.h"
#include "crib/scope.h"
#include "crib/task.h"

namespace crib {

struct Runner {
    Contest *contest;
    const crib_work *work;
    crib_task *task;  // of the winner, and of who may still become it
    bool late;        // when it left its body, all was over
};

namespace {

int run(void *data) {
    Runner *r = static_cast<Runner *>(data);
    const int rc = r->work->body(r->work->user_data);
    r->late = crib_scope_cancel_called(crib_nursery_scope(r->contest->nursery));
    return rc;
}

// The destroy of its task: that has ended, or was never started.
void is_over(void *data) {
    Runner *r = static_cast<Runner *>(data);
    Contest *c = r->contest;
    const bool wins = r->task && !c->winner && !r->late && crib_task_result_code(r->task) >= 0;
    if (wins) {
        c->winner = r;
    } else {
        crib_unref(r->task);
        r->task = nullptr;
    }
    if (r->work->destroy) r->work->destroy(r->work->user_data);
}

}  // namespace

Contest::~Contest() {
    if (winner) crib_unref(winner->task);
    mem_free(runners);
}

int contest_prepare(Contest *c, size_t count) {
    if (!c->works.left() || !c->works.valid()) return -EINVAL;
    if (count > SIZE_MAX / sizeof(Runner)) return -ENOMEM;
    c->runners = static_cast<Runner *>(mem_alloc(count * sizeof(Runner)));
    return c->runners ? 0 : -ENOMEM;
}

int contest_start(Contest *c, crib_nursery *n) {
    c->nursery = n;
    while (c->works.left()) {
        Runner *r = &c->runners[c->works.next()];
        const crib_work &w = c->works.take();
        *r = Runner{c, &w, nullptr, false};
        r->task = crib_nursery_spawn(n, w.name, run, r, is_over);
        if (!r->task) return -ENOMEM;
    }
    return 0;
}

int contest_result(Contest *c, size_t *winner, crib_value *result) {
    Runner *r = c->winner;
    if (!r) return crib_fail(-ECANCELED, "each body was cancelled by itself");
    const int code = crib_task_result_code(r->task);
    if (winner) *winner = static_cast<size_t>(r - c->runners);
    if (result) crib_task_result(r->task, result);
    return code;
}

}  // namespace crib
