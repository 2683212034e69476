// Select. Clauses are made by inline functions of C, which need no wrappers.
%ignore crib_clause_of;
%ignore crib_clause_receive;
%ignore crib_clause_send;
%ignore crib_clause_lock;
%ignore crib_clause_semaphore;
%ignore crib_clause_event;
%ignore crib_clause_token;
%ignore crib_clause_task;
%ignore crib_clause_deadline;
%include "crib/select.h"
