// Times: int64_t nanoseconds, in parameters named ns, time, grace and cushion_ns.
%include "crib/time.h"
