// Runtimes.
%include "crib/runtime.h"
