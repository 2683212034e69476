// What takes functions, for languages that C must not call, or that have written these calls by hand. To be included by
// files in lang/.
%ignore crib_set_allocator;
%ignore crib_allocator;
%ignore crib_set_diagnostics;
%ignore crib_run;
%ignore crib_runtime_run;
%ignore crib_runtime_run_stackless;
%ignore crib_runtime_start_stackless;
%ignore crib_runtime_set_poll_hooks;
%ignore crib_runtime_spawn_system_task;
%ignore crib_nursery_start_stackless;
%ignore crib_begin_nursery_start_stackless;
%ignore crib_begin_call;
%ignore crib_begin_park;
%ignore crib_portal_post;
%ignore crib_guest_start;
%ignore crib_vtable;
