// Lua 5.3, 5.4 and LuaJIT: the module crib.core, private to the Lua files of the binding. The functions it calls are in
// bindings/lua/src.
%{
#include <errno.h>
#include "glue.h"
#include "statistics.h"

/* As everywhere in Lua: arguments that are missing are nil, others that are too many do no harm. */
#undef SWIG_check_num_args
#define SWIG_check_num_args(function, least, most)
%}

%include "../fibers.i"
%include "../callbacks.i"

%init %{
    lc_world_open(L);
    lua_pushboolean(L, !LC_JIT); /* whether an operation raises by itself; else see lc_outcome */
    lua_setfield(L, -2, "raises");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    lua_pushinteger(L, -ECANCELED);
    lua_setfield(L, -2, "UV_ECANCELED");
%}

// --- operations: the op is never seen; the function yields the coroutine until the op is done ---

%typemap(in, numinputs=0) crib_op *op %{
    $1 = lc_op(L);
    if ($1 == NULL) SWIG_fail;
%}

%define LUA_WAITS(FUNCTION, SHAPE)
%typemap(out) int FUNCTION %{ return lc_wait_status(L, SHAPE, $1); %}
%enddef
LUA_WAITS(crib_begin_checkpoint, LC_NOTHING)
LUA_WAITS(crib_begin_sleep, LC_NOTHING)
LUA_WAITS(crib_begin_sleep_until, LC_NOTHING)
LUA_WAITS(crib_begin_send, LC_NOTHING)
LUA_WAITS(crib_begin_nursery_wait_room, LC_NOTHING)
LUA_WAITS(crib_begin_nursery_wait_idle, LC_NOTHING)
LUA_WAITS(crib_begin_task_wait, LC_NOTHING)
LUA_WAITS(crib_begin_event_wait, LC_NOTHING)
LUA_WAITS(crib_begin_lock_acquire, LC_NOTHING)
LUA_WAITS(crib_begin_rwlock_acquire_read, LC_NOTHING)
LUA_WAITS(crib_begin_rwlock_acquire_write, LC_NOTHING)
LUA_WAITS(crib_begin_semaphore_acquire, LC_NOTHING)
LUA_WAITS(crib_begin_condition_wait, LC_NOTHING)
LUA_WAITS(crib_begin_limiter_acquire, LC_NOTHING)
LUA_WAITS(crib_begin_token_wait, LC_NOTHING)
LUA_WAITS(crib_begin_portal_wait, LC_NOTHING)
LUA_WAITS(crib_begin_wait_all_tasks_blocked, LC_NOTHING)
LUA_WAITS(crib_begin_barrier_wait, LC_TRUTH)
%typemap(out) crib_result crib_begin_receive %{ return lc_wait(L, LC_ITEM, $1); %}

// --- results: a failure is raised, 0 is nothing ---

%typemap(out) int %{
    if ($1 < 0) {
        lc_push_failure(L, $1);
        SWIG_fail;
    }
%}
%define LUA_NUMBER(FUNCTION)
%typemap(out) int FUNCTION %{ lua_pushinteger(L, $1); SWIG_arg++; %}
%enddef
LUA_NUMBER(crib_scope_source)
LUA_NUMBER(crib_scope_state)
LUA_NUMBER(crib_task_state)
LUA_NUMBER(crib_nursery_admits)
%define LUA_COUNT(FUNCTION)
%typemap(out) int FUNCTION %{
    if ($1 < 0) {
        lc_push_failure(L, $1);
        SWIG_fail;
    }
    lua_pushinteger(L, $1);
    SWIG_arg++;
%}
%enddef
LUA_COUNT(crib_condition_notify)
LUA_COUNT(crib_condition_notify_all)
%typemap(out) size_t %{ lua_pushinteger(L, (lua_Integer)$1); SWIG_arg++; %}

// Whether it was done at once.
%define LUA_NOWAIT(FUNCTION)
%typemap(out) int FUNCTION %{
    if ($1 < 0 && $1 != CRIB_EWOULDBLOCK) {
        lc_push_failure(L, $1);
        SWIG_fail;
    }
    lua_pushboolean(L, $1 >= 0);
    SWIG_arg++;
%}
%enddef
LUA_NOWAIT(crib_lock_acquire_nowait)
LUA_NOWAIT(crib_rwlock_acquire_read_nowait)
LUA_NOWAIT(crib_rwlock_acquire_write_nowait)
LUA_NOWAIT(crib_semaphore_acquire_nowait)
LUA_NOWAIT(crib_limiter_acquire_nowait)
LUA_NOWAIT(crib_limiter_acquire_nowait_on_behalf_of)

// --- numbers: integers are kept whole, times are seconds ---

%typemap(in) int64_t %{
    if (!lc_to_int64(L, $input, &$1)) {
        lc_refused(L, $input, "$symname", "$1_name", "whole number");
        SWIG_fail;
    }
%}
%typemap(out) int64_t %{ lc_push_int64(L, $1); SWIG_arg++; %}
%typemap(in) int64_t SECONDS %{
    if (!lc_to_time(L, $input, "$symname", "$1_name", &$1)) SWIG_fail;
%}
%apply int64_t SECONDS { int64_t ns, int64_t time, int64_t grace, int64_t cushion_ns };
%define LUA_TIME(FUNCTION)
%typemap(out) int64_t FUNCTION %{ lc_push_time(L, $1); SWIG_arg++; %}
%enddef
LUA_TIME(crib_now)
LUA_TIME(crib_scope_deadline)
LUA_TIME(crib_scope_remaining_grace)
LUA_TIME(crib_current_effective_deadline)
LUA_TIME(crib_scope_effective_deadline)

// --- values ---

%typemap(in) crib_value %{
    if (!lc_to_value(L, $input, $input > 1 && lc_shared_sender(L, 1), &$1)) SWIG_fail;
%}
%typemap(out) crib_value %{ lc_push_value(L, $1); SWIG_arg++; %}
%typemap(in) crib_value *io (crib_value item) %{
    if (!lc_to_value(L, $input, lc_shared_sender(L, 1), &item)) SWIG_fail;
    $1 = &item;
%}
// What was not consumed goes back first: a failure leaves the function.
%typemap(out) int crib_sender_send_nowait %{
    lc_return_value(L, 2, *arg2);
    if ($1 < 0 && $1 != CRIB_EWOULDBLOCK) {
        lc_push_failure(L, $1);
        SWIG_fail;
    }
    lua_pushboolean(L, $1 >= 0);
    SWIG_arg++;
%}
%typemap(in, numinputs=0) crib_value *out (crib_value item) %{
    item.p = NULL;
    item.vt = NULL;
    $1 = &item;
%}
%typemap(argout) crib_value *out %{ lc_push_value(L, *$1); SWIG_arg++; %}

// --- handles: userdata of the binding's own; nil is refused by the name of the parameter ---

%define LUA_HANDLE(TYPE, KIND)
%typemap(in) TYPE *, const TYPE * %{
    $1 = ($1_ltype)lc_check(L, $input, KIND, "$symname", "$1_name");
    if ($1 == NULL) SWIG_fail;
%}
%typemap(out) TYPE * %{
    if ($1 == NULL) {
        lc_push_misuse(L, "crib: $symname: not possible outside of a run, without memory or with these arguments");
        SWIG_fail;
    }
    lc_push_handle(L, KIND, $1);
    SWIG_arg++;
%}
%enddef
LUA_HANDLE(crib_sender, LC_SENDER)
LUA_HANDLE(crib_receiver, LC_RECEIVER)
LUA_HANDLE(crib_lock, LC_LOCK)
LUA_HANDLE(crib_rwlock, LC_RWLOCK)
LUA_HANDLE(crib_semaphore, LC_SEMAPHORE)
LUA_HANDLE(crib_condition, LC_CONDITION)
LUA_HANDLE(crib_limiter, LC_LIMITER)
LUA_HANDLE(crib_event, LC_EVENT)
LUA_HANDLE(crib_barrier, LC_BARRIER)
LUA_HANDLE(crib_token, LC_TOKEN)
LUA_HANDLE(crib_task, LC_TASK)
LUA_HANDLE(crib_portal, LC_PORTAL)
LUA_HANDLE(crib_expectation, LC_EXPECTATION)
LUA_HANDLE(crib_runtime, LC_RUNTIME)
LUA_HANDLE(crib_local, LC_LOCAL)
LUA_HANDLE(crib_scope, LC_SCOPE)
LUA_HANDLE(crib_nursery, LC_NURSERY)

// Borrowed ones get a reference; there may be none.
%typemap(out) crib_task *crib_task_current, crib_task *crib_nursery_parent_task %{
    lc_push_handle(L, LC_TASK, crib_task_ref($1));
    SWIG_arg++;
%}
%typemap(out) crib_token *crib_token_triggered_token %{
    lc_push_handle(L, LC_TOKEN, crib_token_ref($1));
    SWIG_arg++;
%}
%typemap(out) crib_scope *crib_nursery_scope %{
    lc_handle_new(L, LC_SCOPE, sizeof(struct lc_scope), $1);
    SWIG_arg++;
%}
%typemap(out) crib_nursery *crib_task_parent_nursery %{
    if ($1 == NULL) {
        lua_pushnil(L);
    } else {
        lc_handle_new(L, LC_NURSERY, sizeof(struct lc_nursery), $1);
    }
    SWIG_arg++;
%}
// The current run, where a runtime may be left out.
%typemap(in, numinputs=0) crib_runtime *rt %{ $1 = NULL; %}
// Anything that has an address borrows from a limiter; nil is the task.
%typemap(in) const void *borrower %{
    $1 = lua_topointer(L, $input);
    if ($1 == NULL && !lua_isnil(L, $input)) {
        lc_refused(L, $input, "$symname", "$1_name", "table");
        SWIG_fail;
    }
%}
// The error of a token that is triggered; nil.
%typemap(out) crib_error *crib_token_error %{ lc_push_error(L, $1); SWIG_arg++; %}

// --- callbacks: a triple is a function of Lua ---

%typemap(in) (crib_cancel_fn fn, void *user_data, crib_destroy_fn destroy) %{
    if (!lua_isfunction(L, $input)) {
        lc_refused(L, $input, "$symname", "$1_name", "function");
        SWIG_fail;
    }
    lua_pushvalue(L, $input);
    $1 = lc_callback;
    $2 = lc_slot_take(lc_world_of(L), L);
    $3 = lc_callback_free;
%}
%typemap(in, numinputs=0) crib_destroy_fn destroy %{ $1 = lc_local_free; %}

// --- statistics: tables ---

%define LUA_STATISTICS(TYPE)
%typemap(in, numinputs=0) TYPE *out (TYPE numbers) %{
    memset(&numbers, 0, sizeof numbers);
    numbers.size = sizeof numbers;
    $1 = &numbers;
%}
%typemap(argout) TYPE *out %{ lc_push_ ## TYPE(L, $1); SWIG_arg++; %}
%ignore TYPE;
%enddef
LUA_STATISTICS(crib_channel_stats)
LUA_STATISTICS(crib_lock_stats)
LUA_STATISTICS(crib_rwlock_stats)
LUA_STATISTICS(crib_semaphore_stats)
LUA_STATISTICS(crib_condition_stats)
LUA_STATISTICS(crib_limiter_stats)
LUA_STATISTICS(crib_event_stats)
LUA_STATISTICS(crib_barrier_stats)
LUA_STATISTICS(crib_statistics)

// --- what the Lua part does not need, or does by the functions below ---

%ignore crib_unref;
%ignore crib_value;
%ignore crib_result;
%ignore crib_ready;
%ignore crib_clause;
%ignore crib_scope_options;
%ignore crib_nursery_options;
%ignore crib_channel_options;
%ignore crib_runtime_options;
%ignore crib_task_op;
%ignore crib_task_scope;
%ignore crib_op_new;
%ignore crib_op_free;
%ignore crib_op_set_scope;
%ignore crib_op_abort;
%ignore crib_op_id;
%ignore crib_op_take;
%ignore crib_op_take_error;
%ignore crib_op_complete;
%ignore crib_op_take_select;
%ignore crib_task_exit;
%ignore crib_task_ref;
%ignore crib_task_set_result;
%ignore crib_task_result;
%ignore crib_task_result_code;
%ignore crib_task_started_by;
%ignore crib_task_eventual_parent_nursery;
%ignore crib_begin_nursery_close;
%ignore crib_begin_select;
%ignore crib_select_nowait;
%ignore crib_value_int;
%ignore crib_value_as_int;
%ignore crib_value_drop;
%ignore crib_error_new;
%ignore crib_error_new_payload;
%ignore crib_error_cancelled;
%ignore crib_error_group;
%ignore crib_error_ref;
%ignore crib_error_code;
%ignore crib_error_message;
%ignore crib_error_task_name;
%ignore crib_error_cause;
%ignore crib_error_payload;
%ignore crib_error_count;
%ignore crib_error_child;
%ignore crib_error_find;
%ignore crib_error_format;
%ignore crib_scope_open;
%ignore crib_scope_close_error;
%ignore crib_scope_watch;
%ignore crib_nursery_open_with;
%ignore crib_channel_open;
%ignore crib_channel_open_with;
%ignore crib_channel_open_shared;
%ignore crib_sender_clone;
%ignore crib_receiver_clone;
%ignore crib_sender_close;
%ignore crib_sender_close_error;
%ignore crib_receiver_close;
%ignore crib_receiver_error;
%ignore crib_receiver_receive_nowait;
%ignore crib_receiver_receive_batch_nowait;
%ignore crib_condition_lock;
%ignore crib_condition_notify_by;
%ignore crib_lock_acquire_nowait_by;
%ignore crib_lock_release_by;
%ignore crib_lock_recover_by;
%ignore crib_rwlock_acquire_read_nowait_by;
%ignore crib_rwlock_acquire_write_nowait_by;
%ignore crib_rwlock_release_by;
%ignore crib_rwlock_recover_by;
%ignore crib_limiter_borrowers;
%ignore crib_token_ref;
%ignore crib_token_check;
%ignore crib_local_set;
%ignore crib_local_get;
%ignore crib_portal_ref;
%ignore crib_runtime_new;
%ignore crib_runtime_poll_ready;
%ignore crib_runtime_active;
%ignore crib_runtime_finish;
%ignore crib_runtime_current;
%ignore crib_runtime_dump;
%ignore crib_runtime_cancel_op;
%ignore crib_guest_fd;
%ignore crib_guest_timeout;
%ignore crib_guest_tick;

%native(outcome) int lc_outcome(lua_State *L);
%native(task_end) int lc_task_end(lua_State *L);
%native(run) int lc_run(lua_State *L);
%native(runtime_new) int lc_runtime_new(lua_State *L);
%native(guest_start) int lc_guest_start(lua_State *L);
%native(guest_fd) int lc_guest_descriptor(lua_State *L);
%native(guest_timeout) int lc_guest_time(lua_State *L);
%native(guest_tick) int lc_guest_run(lua_State *L);
%native(guest_cancel) int lc_guest_cancel(lua_State *L);
%native(guest_result) int lc_guest_result(lua_State *L);
%native(start_soon) int lc_start_soon(lua_State *L);
%native(spawn) int lc_spawn(lua_State *L);
%native(start) int lc_start(lua_State *L);
%native(scope_open) int lc_scope_open(lua_State *L);
%native(scope_close) int lc_scope_close(lua_State *L);
%native(scope_fields) int lc_scope_fields(lua_State *L);
%native(scope_shield) int lc_scope_shield(lua_State *L);
%native(nursery_open) int lc_nursery_open(lua_State *L);
%native(nursery_close) int lc_nursery_close(lua_State *L);
%native(nursery_done) int lc_nursery_done(lua_State *L);
%native(channel_open) int lc_channel_open(lua_State *L);
%native(end_clone) int lc_end_clone(lua_State *L);
%native(end_close) int lc_end_close(lua_State *L);
%native(receive_more) int lc_receive_more(lua_State *L);
%native(select) int lc_select(lua_State *L);
%native(select_nowait) int lc_select_nowait(lua_State *L);
%native(wrap_new) int lc_wrap_new(lua_State *L);
%native(wrap_enter) int lc_wrap_enter(lua_State *L);
%native(wrap_leave) int lc_wrap_leave(lua_State *L);
%native(task_result) int lc_task_result(lua_State *L);
%native(local_get) int lc_local_get(lua_State *L);
%native(local_set) int lc_local_set(lua_State *L);
%native(dump) int lc_dump(lua_State *L);
%native(release) int lc_release(lua_State *L);
%native(diagnostics) int lc_diagnostics(lua_State *L);
%native(sweep) int lc_sweep(lua_State *L);
%native(failure) int lc_failure(lua_State *L);
%native(setup) int lc_setup(lua_State *L);
