/* One source for Lua 5.3, 5.4 and LuaJIT, whose interface is that of 5.1 with additions. */
#ifndef CRIB_LUA_COMPAT_H
#define CRIB_LUA_COMPAT_H

#include <lua.h>
#include <lauxlib.h>

#if LUA_VERSION_NUM == 501
#include <luajit.h> /* Lua 5.1 itself cannot yield across pcall: only LuaJIT can */
#define LC_JIT     1
#define lua_rawlen lua_objlen
#elif LUA_VERSION_NUM < 503
#error "crib needs Lua 5.3 or later, or LuaJIT"
#else
#define LC_JIT 0
#endif

#if LC_JIT
static inline int lc_absindex(lua_State *L, int i) {
    return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}
static inline int lc_resume_thread(lua_State *co, lua_State *from, int nargs, int *nres) {
    int status;
    (void)from;
    status = lua_resume(co, nargs);
    *nres = lua_gettop(co);
    return status;
}
#else
#define lc_absindex lua_absindex
#if LUA_VERSION_NUM >= 504
#define lc_resume_thread lua_resume
#else
static inline int lc_resume_thread(lua_State *co, lua_State *from, int nargs, int *nres) {
    int status = lua_resume(co, from, nargs);
    *nres = lua_gettop(co);
    return status;
}
#endif
#endif

#endif
