// Virtual time. Sweeps run fibers, and are for C.
%ignore crib_sweep;
%ignore crib_sweep_report;
%ignore crib_sweep_cancels;
%ignore crib_sweep_allocations;
%ignore crib_sweep_value;
%ignore crib_sweep_number;
%include "crib/testing.h"
