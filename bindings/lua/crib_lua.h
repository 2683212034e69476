/* For C programs that embed Lua: tasks of Lua beside fibers of C, in one nursery, on one channel.
 *
 * The program links what it was built with (the archive crib_lua5.4 or crib_luajit, Lua, crib), and opens the module
 * before anything requires "crib", so that there is one copy of it:
 *
 *     lua_State *L = luaL_newstate();
 *     luaL_openlibs(L);
 *     crib_lua_open(L);
 *     luaL_dostring(L, "crib = require 'crib'"); // package.path leads to the Lua files
 *
 * A state belongs to one thread. All functions are for the thread of the state; those with a task in their name for the
 * inside of a run. Functions of Lua are never called on the stack of a fiber: they are started as tasks. */
#ifndef CRIB_LUA_H
#define CRIB_LUA_H

#include <crib.h>

#ifdef __cplusplus
extern "C" {
#endif

#include <lua.h>

/* What `require "crib.core"` calls: pushes the private part of the module. */
CRIB_API int luaopen_crib_core(lua_State *L);

/* Opens the private part and notes it as loaded; changes nothing on the stack. May raise a Lua error. */
CRIB_API void crib_lua_open(lua_State *L);

/* Starts a function of Lua as a task, as crib_nursery_start_stackless. The function and its `nargs` arguments are on the
 * stack and are popped. `name` NULL = where the function was defined; it is copied. Returns the task, borrowed as that of
 * crib_nursery_start_stackless, or NULL if it was refused. */
CRIB_API crib_task *crib_lua_start(crib_nursery *n, const char *name, lua_State *L, int nargs);

/* Runs a function of Lua as the main task of a run, as crib_runtime_run_stackless; pops function and arguments. */
CRIB_API int crib_lua_run(crib_runtime *rt, lua_State *L, int nargs);

/* Pushes a value: numbers and what Lua made as what they were, nil as crib.null, others as an object that can be passed
 * on. Consumes `v`. */
CRIB_API void crib_lua_push_value(lua_State *L, crib_value v);

/* The Lua value at `index` as a value, which the caller owns; it must go before the state does. nil gives a nil value, as
 * does a foreign value that was passed on before. */
CRIB_API crib_value crib_lua_to_value(lua_State *L, int index);

/* Pushes an error as pcall would have caught it in Lua. Consumes `error`; NULL pushes nil. */
CRIB_API void crib_lua_push_error(lua_State *L, crib_error *error);

/* The Lua value at `index` as an error that arose in `scope` (NULL = that of the task of Lua that runs); NULL for nil. */
CRIB_API crib_error *crib_lua_to_error(lua_State *L, int index, crib_scope *scope);

/* Push a handle as an object of Lua, which owns one reference: that of the caller. */
CRIB_API void crib_lua_push_sender(lua_State *L, crib_sender *tx);
CRIB_API void crib_lua_push_receiver(lua_State *L, crib_receiver *rx);
/* A sender of crib_channel_open_shared: strings, numbers and booleans are copied, so that they can go to the state of
 * another thread. */
CRIB_API void crib_lua_push_shared_sender(lua_State *L, crib_sender *tx);
CRIB_API void crib_lua_push_event(lua_State *L, crib_event *e);
CRIB_API void crib_lua_push_lock(lua_State *L, crib_lock *l);
CRIB_API void crib_lua_push_semaphore(lua_State *L, crib_semaphore *s);
CRIB_API void crib_lua_push_token(lua_State *L, crib_token *t);
CRIB_API void crib_lua_push_task(lua_State *L, crib_task *t);

/* The handle in an object of Lua at `index`, borrowed; NULL if it is something else. */
CRIB_API crib_sender *crib_lua_to_sender(lua_State *L, int index);
CRIB_API crib_receiver *crib_lua_to_receiver(lua_State *L, int index);
CRIB_API crib_event *crib_lua_to_event(lua_State *L, int index);
CRIB_API crib_lock *crib_lua_to_lock(lua_State *L, int index);
CRIB_API crib_semaphore *crib_lua_to_semaphore(lua_State *L, int index);
CRIB_API crib_token *crib_lua_to_token(lua_State *L, int index);
CRIB_API crib_task *crib_lua_to_task(lua_State *L, int index);
CRIB_API crib_portal *crib_lua_to_portal(lua_State *L, int index);

/* The same for what a block of Lua opened: C may start tasks in such a nursery, or cancel such a scope, also the scope of
 * a nursery. They end with their block. */
CRIB_API crib_nursery *crib_lua_to_nursery(lua_State *L, int index);
CRIB_API crib_scope *crib_lua_to_scope(lua_State *L, int index);

/* For a lua_CFunction: runs C code on a fiber, in the scope of the Lua task that calls it, which waits meanwhile:
 *
 *     static int l_fetch(lua_State *L) { return crib_lua_call(L, fetch, strdup(luaL_checkstring(L, 1)), free); }
 *
 * A code >= 0 is the result, others are raised. In LuaJIT, where no C function goes on after a wait, the function is to be
 * registered through crib.waits(f). */
CRIB_API int crib_lua_call(lua_State *L, crib_body_fn body, void *user_data, crib_destroy_fn destroy);

#ifdef __cplusplus
}
#endif
#endif
