#include "compose.hpp"

#include "../src/guard.hpp"

namespace crib {

int fiber_only(const char *function) {
    int rc = 0;
    require_fiber(function, &rc);
    return rc;
}

int misuse_of(const char *function, const char *what) { return diag_misuse(function, current_name(), what); }

void poison_block(int code) {
    if (Scope *block = poisoned_here()) scope_poison(block, code);
}

double run_random() {
    // The generator "splitmix64".
    uint64_t x = current_runtime()->chance += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    x ^= x >> 31;
    return static_cast<double>(x >> 11) / static_cast<double>(uint64_t{1} << 53);
}

bool Works::valid() const {
    for (size_t i = next_; i < count_; i++) {
        if (!all_[i].body) return false;
    }
    return true;
}

// A start that is refused runs `destroy` where the library runs callbacks: outside of tasks, so that it cannot wait.
void Works::destroy(const crib_work &work) {
    crib_nursery_start_soon(nullptr, nullptr, nullptr, work.user_data, work.destroy);
}

uint32_t most_children(size_t limit) { return limit < UINT32_MAX ? static_cast<uint32_t>(limit) : 0; }

int wait_below(crib_nursery *n, uint32_t most) {
    while (most > 0 && crib_nursery_count(n) >= most) {
        const int rc = crib_nursery_wait_room(n);
        if (rc < 0) return rc;
    }
    return crib_checkpoint_if_cancelled();
}

void take_result(crib_task *task, crib_value *out) {
    if (out) crib_task_result(task, out);
    crib_unref(task);
}

}  // namespace crib
