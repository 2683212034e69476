// Operations: what stackless tasks wait with. A parameter named op is slot 0 of the calling task.
%include "crib/op.h"
