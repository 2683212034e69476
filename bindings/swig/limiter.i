// Limiters.
%include "crib/limiter.h"
