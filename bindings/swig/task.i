// Tasks. The functions that wait are for fibers: see fibers.i.
%include "crib/task.h"
