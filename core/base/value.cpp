#include "base/value.hpp"

namespace crib {

constexpr crib_vtable k_int_table = {sizeof(crib_vtable), nullptr, "int", CRIB_VALUE_SENDABLE};

}  // namespace crib
