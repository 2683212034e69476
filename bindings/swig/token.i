// Cancel tokens.
%include "crib/token.h"
