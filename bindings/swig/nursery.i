// Nurseries.
%include "crib/nursery.h"
