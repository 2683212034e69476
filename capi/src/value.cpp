#include "crib/value.h"

#include "guard.hpp"
#include "sched/drop.hpp"

using namespace crib;

extern "C" {

crib_value crib_value_int(int64_t v) { return value_int(v); }

int64_t crib_value_as_int(crib_value v, int64_t if_not) { return value_as_int(v, if_not); }

void crib_value_drop(crib_value v) { drop_anywhere(v); }
}
