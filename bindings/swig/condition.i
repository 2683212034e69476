// Conditions.
%include "crib/condition.h"
