// Semaphores.
%include "crib/semaphore.h"
