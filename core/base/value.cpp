#include "base/value.hpp"

#include <atomic>

namespace crib {

constexpr crib_vtable k_int_table = {sizeof(crib_vtable), nullptr, "int", CRIB_VALUE_SENDABLE};

namespace {
std::atomic<DropFn> drop_fn{nullptr};
}

void value_set_drop(DropFn fn) { drop_fn.store(fn, std::memory_order_relaxed); }

void value_drop_carried(Value v) {
    const DropFn fn = drop_fn.load(std::memory_order_relaxed);
    if (fn) return fn(v);
    value_drop(v);
}

}  // namespace crib
