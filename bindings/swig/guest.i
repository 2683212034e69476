// Guest runs.
%include "crib/guest.h"
