/* crib: structured concurrency for C. This header includes every noun; each can also be included alone. */
#ifndef CRIB_H
#define CRIB_H

#include "crib/barrier.h"
#include "crib/channel.h"
#include "crib/combine.h"
#include "crib/condition.h"
#include "crib/error.h"
#include "crib/event.h"
#include "crib/guest.h"
#include "crib/limiter.h"
#include "crib/local.h"
#include "crib/lock.h"
#include "crib/nursery.h"
#include "crib/op.h"
#include "crib/portal.h"
#include "crib/runtime.h"
#include "crib/rwlock.h"
#include "crib/scope.h"
#include "crib/select.h"
#include "crib/semaphore.h"
#include "crib/task.h"
#include "crib/testing.h"
#include "crib/time.h"
#include "crib/token.h"
#include "crib/types.h"
#include "crib/value.h"
#include "crib/version.h"

#endif
