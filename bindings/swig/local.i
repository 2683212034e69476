// Task locals.
%include "crib/local.h"
