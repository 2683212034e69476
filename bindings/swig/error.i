// Errors. Codes are constants; trees are handles.
%include "crib/error.h"
