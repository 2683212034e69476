// Read-write locks.
%include "crib/rwlock.h"
