#include <cerrno>

#include "compose.hpp"
#include "crib/combine.h"
#include "crib/task.h"

using namespace crib;

namespace {

struct Map {
    crib_map_fn fn;
    void *user_data;
    size_t count;
    size_t next;  // index of the task that runs next for the first time
    uint32_t most;
};

int call_next(void *data) {
    Map *m = static_cast<Map *>(data);
    return m->fn(m->next++, m->user_data);
}

int start_all(crib_nursery *n, void *data) {
    const Map *m = static_cast<Map *>(data);
    for (size_t i = 0; i < m->count; i++) {
        int rc = wait_below(n, m->most);
        if (rc == 0) rc = crib_nursery_start_soon(n, "crib_map", call_next, data, nullptr);
        if (rc < 0) return rc;
    }
    return 0;
}

}  // namespace

extern "C" {

int crib_map(size_t count, size_t limit, crib_map_fn fn, void *user_data) {
    int rc = fiber_only("crib_map");
    if (rc < 0) return rc;
    if (!fn) return -EINVAL;
    rc = crib_checkpoint_if_cancelled();
    if (rc < 0 || count == 0) return rc;
    Map m = {fn, user_data, count, 0, most_children(limit)};
    crib_nursery_options options = {};
    options.size = sizeof options;
    options.max_children = m.most;
    return crib_nursery_run(&options, start_all, &m);
}
}
