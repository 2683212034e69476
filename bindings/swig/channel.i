// Channels.
%include "crib/channel.h"
