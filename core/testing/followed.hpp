// Values that a sweep follows: each must be dropped exactly once by the end of its round. Their memory stays until then,
// so that a second drop is seen and not undefined.
#pragma once

#include "base/value.hpp"

namespace crib {

// Nil without memory. Any thread.
Value followed_new(int64_t number);
// `if_not` for other values and for dropped ones.
int64_t followed_number(Value v, int64_t if_not);

struct FollowedSum {
    uint32_t left;   // never dropped
    uint32_t twice;  // dropped more than once
    int64_t number;  // of one of them, the first that was made: of those left, if there are any
};
// At the end of a round, when nobody makes or drops any: what became of all since the last time, which are forgotten. The
// memory of those that are left stays.
FollowedSum followed_settle();

}  // namespace crib
