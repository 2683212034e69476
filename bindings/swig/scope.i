// Scopes.
%include "crib/scope.h"
