#include <cerrno>

#include "compose.hpp"
#include "crib/combine.h"
#include "crib/task.h"

using namespace crib;

namespace {

struct Gather {
    Works works;
    uint32_t most;
    crib_value *results;  // a nil one holds its task until that has ended
};

int start_all(crib_nursery *n, void *data) {
    Gather *g = static_cast<Gather *>(data);
    while (g->works.left()) {
        const int rc = wait_below(n, g->most);
        if (rc < 0) return rc;
        const size_t i = g->works.next();
        const crib_work &w = g->works.take();
        crib_task *task = crib_nursery_spawn(n, w.name, w.body, w.user_data, w.destroy);
        if (!task) return -ENOMEM;
        if (g->results) {
            g->results[i].p = task;
        } else {
            crib_unref(task);
        }
    }
    return 0;
}

void take_results(const Gather &g, bool wanted) {
    for (size_t i = 0; g.results && i < g.works.next(); i++) {
        crib_task *task = static_cast<crib_task *>(g.results[i].p);
        g.results[i] = k_no_value;
        if (task) take_result(task, wanted ? &g.results[i] : nullptr);
    }
}

}  // namespace

extern "C" {

int crib_gather(const crib_work *works, size_t count, size_t limit, crib_value *results) {
    Gather g = {{works, count}, most_children(limit), results};
    for (size_t i = 0; results && i < count; i++) results[i] = k_no_value;
    int rc = fiber_only("crib_gather");
    if (rc < 0) return rc;
    if ((count > 0 && !works) || !g.works.valid()) return -EINVAL;
    rc = crib_checkpoint_if_cancelled();
    if (rc < 0 || count == 0) return rc;
    crib_nursery_options options = {};
    options.size = sizeof options;
    options.max_children = g.most;
    rc = crib_nursery_run(&options, start_all, &g);
    take_results(g, rc >= 0);
    return rc;
}
}
