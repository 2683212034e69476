// The public headers as SWIG sees them, for every language it writes. What a language does with values, handles, operations
// and callbacks is in its file in lang/, which comes first; a file for each concept says what is special about its header.
//
//     swig -lua -module crib_core -I<headers> crib.i
//     swig -go -module cribswig -I<headers> crib.i
%module crib

%{
#include <crib.h>
%}

%include <stdint.i>

#define CRIB_API
#pragma SWIG nowarn=451

#if defined(SWIGLUA)
%include "lang/lua.i"
#elif defined(SWIGGO)
%include "lang/go.i"
#else
#error "crib.i: this language has no file in lang/ yet"
#endif

%include "handles.i"
%include "time.i"
%include "value.i"
%include "error.i"
%include "task.i"
%include "scope.i"
%include "nursery.i"
%include "op.i"
%include "channel.i"
%include "event.i"
%include "lock.i"
%include "rwlock.i"
%include "semaphore.i"
%include "condition.i"
%include "limiter.i"
%include "barrier.i"
%include "token.i"
%include "select.i"
%include "local.i"
%include "portal.i"
%include "runtime.i"
%include "guest.i"
%include "testing.i"
