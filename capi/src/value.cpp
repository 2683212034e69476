#include "crib/value.h"

#include "guard.hpp"
#include "sched/drop.hpp"

using namespace crib;

namespace {
constexpr crib_vtable k_int = {sizeof(crib_vtable), nullptr, "int", CRIB_VALUE_SENDABLE};
}

extern "C" {

crib_value crib_value_int(int64_t v) { return crib_value{reinterpret_cast<void *>(static_cast<intptr_t>(v)), &k_int}; }

int64_t crib_value_as_int(crib_value v, int64_t if_not) {
    return v.vt == &k_int ? static_cast<int64_t>(reinterpret_cast<intptr_t>(v.p)) : if_not;
}

void crib_value_drop(crib_value v) {
    if (current_scheduler) return sched_drop(*current_scheduler, v);
    value_drop(v);
}

}
