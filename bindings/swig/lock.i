// Locks.
%include "crib/lock.h"
