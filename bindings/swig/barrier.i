// Barriers.
%include "crib/barrier.h"
