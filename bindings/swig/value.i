// Values: a parameter of type crib_value is consumed.
%include "crib/value.h"
