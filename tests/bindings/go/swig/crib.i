// What SWIG makes of the public headers for Go: a smoke test, and what to measure the calls of the binding against. Those
// that take functions are left out, as Go must not be called from C here.
%module cribswig

%{
#include <crib.h>
%}

%include <stdint.i>

#define CRIB_API
#pragma SWIG nowarn=451

// Handles are opaque in the headers; with a body SWIG gives each a type of its own, which only the library makes.
%nodefaultctor;
%nodefaultdtor;
struct crib_sender {};
struct crib_receiver {};
struct crib_event {};
struct crib_error {};
struct crib_runtime {};
%clearnodefaultctor;
%clearnodefaultdtor;

%ignore crib_set_diagnostics;
%ignore crib_set_allocator;
%ignore crib_runtime_run;
%ignore crib_runtime_run_stackless;
%ignore crib_runtime_start_stackless;
%ignore crib_runtime_set_poll_hooks;
%ignore crib_runtime_spawn_system_task;
%ignore crib_run;

%include "crib/error.h"
%include "crib/time.h"
%include "crib/value.h"
%include "crib/event.h"
%include "crib/channel.h"
%include "crib/runtime.h"
