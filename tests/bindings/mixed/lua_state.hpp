/* A state of Lua with the tasks of tasks.lua, and what starts them from fibers of C++. */
#ifndef TESTS_BINDINGS_MIXED_LUA_STATE_HPP
#define TESTS_BINDINGS_MIXED_LUA_STATE_HPP

#include <lua.hpp>

#include "../cpp/claims.hpp"
#include "crib_lua.h"
#include "fibers.h"

class lua_state {
  public:
    lua_state() : L_(luaL_newstate()) {
        luaL_openlibs(L_);
        crib_lua_open(L_);
        if (luaL_dofile(L_, TASKS_LUA) != 0) {
            fprintf(stderr, "%s\n", lua_tostring(L_, -1));
            exit(1);
        }
    }
    ~lua_state() { lua_close(L_); }
    lua_state(const lua_state &) = delete;
    lua_state &operator=(const lua_state &) = delete;
    operator lua_State *() const { return L_; }

    /* Starts a global function as a task; each of `push` pushes one argument. */
    template <class... Push>
    void start(crib_nursery *n, const char *function, Push... push) const {
        lua_getglobal(L_, function);
        (push(L_), ...);
        CHECK(crib_lua_start(n, function, L_, sizeof...(Push)) != nullptr);
        CHECK_EQ_INT(lua_gettop(L_), 0);
    }
    template <class... Push>
    void start(crib::nursery_ref n, const char *function, Push... push) const {
        start(n.get(), function, push...);
    }
    /* Waits for it. */
    template <class... Push>
    void call(const char *function, Push... push) const {
        crib::nursery([&](crib::nursery_ref n) { start(n, function, push...); });
    }

  private:
    lua_State *L_;
};

/* Arguments of tasks. Ends are moved to Lua. */
template <class T>
auto lua_end(crib::sender<T> &tx) {
    return [raw = tx.release()](lua_State *L) { crib_lua_push_sender(L, raw); };
}
template <class T>
auto lua_end(crib::receiver<T> &rx) {
    return [raw = rx.release()](lua_State *L) { crib_lua_push_receiver(L, raw); };
}
/* An object that Lua owns, as long as its state lives, and C++ uses. */
template <class T>
class owned_by_lua : public T {
  public:
    using T::T;
    ~owned_by_lua() { forget(*this); }

    template <class Raw>
    auto pushed_by(void (*push)(lua_State *, Raw *)) {
        return [raw = this->get(), push](lua_State *L) {
            push(L, raw);
            lua_pushvalue(L, -1);
            luaL_ref(L, LUA_REGISTRYINDEX);
        };
    }

  private:
    template <class H>
    static void forget(crib::handle<H> &handle) {
        (void)handle.release();
    }
};
inline auto lua_error_of(crib_error *owned) {
    return [owned](lua_State *L) { crib_lua_push_error(L, owned); };
}

/* A function of C++ as one of Lua; it takes the state, and returns how many results it has pushed. */
template <class F>
auto lua_function(F *f) {
    return [f](lua_State *L) {
        lua_pushlightuserdata(L, f);
        lua_pushcclosure(
            L,
            [](lua_State *caller) { return (*static_cast<F *>(lua_touserdata(caller, lua_upvalueindex(1))))(caller); },
            1);
    };
}

#endif
