/* Errors. Any value of Lua travels as the payload of an error and comes back as it was. What the library fails with is a
 * table; Cancelled is one that closing a scope makes anew, so that it can be absorbed; groups are taken apart. */
#include "glue.h"

#include <stdlib.h>

enum { DEPTH = 64 };

static void set_metatable(lua_State *L, struct lc_world *w, int which) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->metatables[which]);
    lua_setmetatable(L, -2);
}

static int which_of(lua_State *L, struct lc_world *w, int index) {
    const void *mark;
    int i;
    if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return -1;
    mark = lua_topointer(L, -1);
    lua_pop(L, 1);
    for (i = 0; i < LC_METATABLES; i++) {
        if (w->marks[i] == mark) return i;
    }
    return -1;
}

static void set_string(lua_State *L, const char *field, const char *text) {
    if (text == NULL) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

/* `message` is for those that arrive where nothing is cancelled: outside of tasks, or from elsewhere. */
static void push_cancelled(lua_State *L, struct lc_world *w, const char *message) {
    struct lc_task *t = lc_current;
    crib_scope *scope = t == NULL ? NULL : t->scope;
    const int source = scope == NULL ? 0 : crib_scope_source(scope);
    lua_createtable(L, 0, 4);
    set_string(L, "message", message);
    if (source != CRIB_SOURCE_NONE) set_string(L, "source", crib_source_name(source));
    set_string(L, "reason", scope == NULL ? NULL : crib_scope_reason(scope));
    if (scope != NULL) {
        lua_pushlstring(L, (const char *)&scope, sizeof(scope)); /* whose it is, see carried */
        lua_setfield(L, -2, "at");
    }
    set_metatable(L, w, LC_CANCELLED);
}

static void push_leaf(lua_State *L, struct lc_world *w, int code, const char *message) {
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, code);
    lua_setfield(L, -2, "code");
    set_string(L, "name", crib_error_name(code));
    set_string(L, "message", message);
    set_metatable(L, w, LC_ERROR);
}

void lc_push_failure(lua_State *L, int code) {
    struct lc_world *w = lc_world_of(L);
    if (code == CRIB_ECANCELLED) {
        push_cancelled(L, w, NULL);
    } else if (code == CRIB_EMISUSE) {
        push_leaf(L, w, code, "the library was misused; with CRIB_DEBUG=1 in the environment it prints how");
    } else {
        push_leaf(L, w, code, crib_error_text(code));
    }
}

/* failure(code [, message]) → what is raised for it */
int lc_failure(lua_State *L) {
    const int code = (int)luaL_checkinteger(L, 1);
    if (lua_isnoneornil(L, 2)) {
        lc_push_failure(L, code);
    } else {
        push_leaf(L, lc_world_of(L), code, luaL_checkstring(L, 2));
    }
    return 1;
}

int lc_raise(lua_State *L, int code) {
    lc_push_failure(L, code);
    return lua_error(L);
}

int lc_raise_tree(lua_State *L, int code, crib_error *tree) {
    if (tree == NULL) return lc_raise(L, code);
    lc_push_error(L, tree);
    return lua_error(L);
}

/* --- from C --- */

static void push_tree(lua_State *L, struct lc_world *w, crib_error *tree, int depth);

/* The table made of an error before, if anybody still has it. */
static bool known(lua_State *L, struct lc_world *w, crib_error *tree) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->errors);
    lua_pushlightuserdata(L, tree);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (lua_istable(L, -1)) return true;
    lua_pop(L, 1);
    return false;
}

/* Notes the table on the stack as that of an error, which it keeps. The one that it kept before may go, and another error
 * be where that was. */
static void note(lua_State *L, struct lc_world *w, crib_error *tree) {
    const struct lc_handle *before;
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->errors);
    lua_getfield(L, -2, "tree");
    before = lc_handle_at(L, -1);
    if (before != NULL && before->kind == LC_TREE) {
        lua_pushlightuserdata(L, before->p);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
    lc_push_handle(L, LC_TREE, crib_error_ref(tree));
    lua_setfield(L, -3, "tree");
    lua_pushlightuserdata(L, tree);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static void push_group(lua_State *L, struct lc_world *w, crib_error *tree, int depth) {
    const size_t count = crib_error_count(tree);
    size_t i;
    if (known(L, w, tree)) return;
    lua_createtable(L, 0, 2);
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        push_tree(L, w, crib_error_child(tree, i), depth + 1);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "errors");
    set_metatable(L, w, LC_GROUP);
}

static void push_tree(lua_State *L, struct lc_world *w, crib_error *tree, int depth) {
    const crib_value payload = crib_error_payload(tree);
    const size_t count = crib_error_count(tree);
    luaL_checkstack(L, 8, "errors nest too deeply");
    if (count > 0 && depth < DEPTH) {
        push_group(L, w, tree, depth);
        return;
    }
    if (payload.vt == &w->any) {
        lc_slot_push(L, payload.p);
        return;
    }
    if (crib_error_code(tree) == CRIB_ECANCELLED) {
        push_cancelled(L, w, crib_error_message(tree));
        return;
    }
    if (known(L, w, tree)) return;
    push_leaf(L, w, crib_error_code(tree), crib_error_message(tree));
    set_string(L, "task", crib_error_task_name(tree));
    if (crib_error_cause(tree) != NULL && depth < DEPTH) {
        push_tree(L, w, crib_error_cause(tree), depth + 1);
        lua_setfield(L, -2, "cause");
    }
    note(L, w, tree);
}

static int push_protected(lua_State *L) {
    push_tree(L, lc_world_of(L), lua_touserdata(L, 1), 0);
    return 1;
}

/* In protected mode, so that the tree is released whatever happens. */
void lc_push_error(lua_State *L, crib_error *tree) {
    if (tree == NULL) {
        lua_pushnil(L);
        return;
    }
    lua_pushcfunction(L, push_protected);
    lua_pushlightuserdata(L, tree);
    lua_pcall(L, 1, 1, 0); /* what it fails with is pushed instead */
    crib_unref(tree);
}

/* --- to C --- */

static crib_error *to_error(lua_State *L, struct lc_world *w, int index, crib_scope *scope, int depth);

static const char *push_text(lua_State *L, int index) {
    if (lua_type(L, index) == LUA_TSTRING || lua_type(L, index) == LUA_TNUMBER) {
        lua_pushvalue(L, index);
        return lua_tostring(L, -1);
    }
    if (luaL_getmetafield(L, index, "__tostring")) {
        lua_pushvalue(L, index);
        if (lua_pcall(L, 1, 1, 0) == 0 && lua_type(L, -1) == LUA_TSTRING) return lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    return lua_pushfstring(L, "a Lua error that is a %s", luaL_typename(L, index));
}

/* The error as the payload of one of C. */
static crib_error *carried(lua_State *L, struct lc_world *w, int index, int code) {
    const char *text;
    crib_value payload;
    crib_error *error;
    index = lc_absindex(L, index);
    text = push_text(L, index);
    if (lua_isnil(L, index)) {
        lua_pushliteral(L, "nil");
    } else {
        lua_pushvalue(L, index);
    }
    payload.p = lc_slot_take(w, L);
    payload.vt = &w->any;
    error = crib_error_new_payload(code, text, payload);
    lua_pop(L, 1);
    return error;
}

static int code_of(lua_State *L, int index) {
    int code;
    lua_getfield(L, index, "code");
    code = lua_type(L, -1) == LUA_TNUMBER ? (int)lua_tointeger(L, -1) : 0;
    lua_pop(L, 1);
    return code >= 0 || code == CRIB_ECANCELLED || code == CRIB_PENDING ? CRIB_EFOREIGN : code;
}

/* Cancelled where nothing is cancelled is that of a scope further out, which goes on, or an ordinary failure. */
static crib_error *cancelled(lua_State *L, struct lc_world *w, int index, crib_scope *scope) {
    crib_error *error = crib_error_cancelled(scope);
    crib_scope *at = NULL;
    size_t len;
    if (error != NULL) return error;
    lua_getfield(L, index, "at");
    if (lua_type(L, -1) == LUA_TSTRING) {
        crib_scope *const *saved = (crib_scope *const *)(const void *)lua_tolstring(L, -1, &len);
        if (len == sizeof at) at = *saved;
    }
    lua_pop(L, 1);
    if (at != NULL && crib_scope_state(at) != CRIB_SCOPE_CLOSED) return carried(L, w, index, CRIB_EFOREIGN);
    push_leaf(L, w, CRIB_EMISUSE, "Cancelled was raised where nothing is cancelled");
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "cause");
    error = carried(L, w, lua_gettop(L), CRIB_EMISUSE);
    lua_pop(L, 1);
    return error;
}

static crib_error *group(lua_State *L, struct lc_world *w, int index, crib_scope *scope, int depth) {
    crib_error *error, **list;
    int i, n, used = 0;
    lua_getfield(L, index, "errors");
    n = lua_istable(L, -1) ? (int)lua_rawlen(L, -1) : 0;
    list = n == 0 || depth > DEPTH ? NULL : calloc((size_t)n, sizeof *list);
    if (list == NULL) {
        lua_pop(L, 1);
        return carried(L, w, index, CRIB_EFOREIGN);
    }
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        list[used++] = to_error(L, w, lua_gettop(L), scope, depth + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    error = crib_error_group(NULL, list, (size_t)used);
    free(list);
    if (error != NULL && crib_error_count(error) > 0) {
        lua_pushvalue(L, index);
        note(L, w, error);
        lua_pop(L, 1);
    }
    return error;
}

static crib_error *to_error(lua_State *L, struct lc_world *w, int index, crib_scope *scope, int depth) {
    crib_error *error = NULL;
    struct lc_handle *h;
    luaL_checkstack(L, 8, "errors nest too deeply");
    switch (which_of(L, w, index)) {
        case LC_CANCELLED: return cancelled(L, w, index, scope);
        case LC_GROUP: return group(L, w, index, scope, depth);
        case LC_ERROR:
            lua_getfield(L, index, "tree");
            h = lc_handle_at(L, -1);
            if (h != NULL && h->kind == LC_TREE) error = crib_error_ref(h->p);
            lua_pop(L, 1);
            return error != NULL ? error : carried(L, w, index, code_of(L, index));
        default: return carried(L, w, index, CRIB_EFOREIGN);
    }
}

crib_error *lc_to_error(lua_State *L, int index, crib_scope *scope) {
    return to_error(L, lc_world_of(L), lc_absindex(L, index), scope, 0);
}
