// Runs that somebody else drives; see crib/guest.h and crib/uv.h.
#pragma once

#include "run/runtime.hpp"

namespace crib {

int guest_start(Runtime *rt, const TaskSpec &main, DoneFn done, void *done_data);
int guest_tick(Runtime *rt, uint32_t budget);  // 1 while the run goes on
int64_t guest_timeout(Runtime *rt);

int hosted_start(Runtime *rt, uv_loop_s *loop, const TaskSpec &main, DoneFn done, void *done_data);
int hosted_cancel(Runtime *rt);

}  // namespace crib
