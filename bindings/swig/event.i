// Events.
%include "crib/event.h"
