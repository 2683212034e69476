/* crib for C++20: structured concurrency in fibers and coroutines. This header includes everything; README.md beside it is
 * the first page. Needs the C library alone: pkg-config crib. */
#ifndef CRIB_HPP
#define CRIB_HPP

#include <crib.h>

#include "crib/channel.hpp"
#include "crib/combine.hpp"
#include "crib/error.hpp"
#include "crib/local.hpp"
#include "crib/nursery.hpp"
#include "crib/run.hpp"
#include "crib/scope.hpp"
#include "crib/select.hpp"
#include "crib/sync.hpp"
#include "crib/task.hpp"
#include "crib/testing.hpp"
#include "crib/this_task.hpp"
#include "crib/time.hpp"
#include "crib/token.hpp"
#include "crib/value.hpp"
#include "crib/when_all.hpp"

#endif
