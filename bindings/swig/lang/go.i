// Go: a smoke test, and what to measure the calls of the binding against. Go must not be called from C here.
%include "../fibers.i"
%include "../callbacks.i"
%ignore crib_nursery_options;
%ignore crib_scope_on_cancel;
%ignore crib_local_new;
