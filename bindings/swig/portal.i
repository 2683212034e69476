// Portals.
%include "crib/portal.h"
