/* The task that is running. */
#ifndef CRIB_THIS_TASK_HPP
#define CRIB_THIS_TASK_HPP

#include <crib/task.h>

#include <string>

#include "error.hpp"

/** What concerns the calling task, in the manner of std::this_thread. */
namespace crib::this_task {

/** Its name; "" outside tasks. */
[[nodiscard]] inline std::string name() { return crib_in_task() ? crib_task_name(crib_task_current()) : ""; }
inline void set_name(const std::string &name) { detail::check(crib_task_set_name(crib_task_current(), name.c_str())); }

}  // namespace crib::this_task

#endif
