/* Task locals, callbacks, diagnostics, the tree of tasks as text. */
#include "glue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- functions that C calls outside tasks --- */

void lc_callback(void *user_data) {
    struct lc_slot *f = user_data;
    struct lc_task *before = lc_current;
    lua_State *L = f->world->callbacks;
    if (f->world->main == NULL || !lua_checkstack(L, 4)) return;
    lc_current = NULL;
    lc_slot_push(L, f);
    if (lua_pcall(L, 0, 0, 0) != 0) lua_pop(L, 1); /* the Lua part has it in a pcall */
    lc_current = before;
}

void lc_callback_free(void *user_data) { lc_slot_free(user_data); }

/* --- locals --- */

void lc_local_free(void *user_data) { lc_slot_free(user_data); }

/* local_set(key, value) */
int lc_local_set(lua_State *L) {
    crib_local *key = lc_check(L, 1, LC_LOCAL, "set", "key");
    int rc;
    if (key == NULL) return lua_error(L);
    lua_settop(L, 2);
    rc = crib_local_set(key, lc_slot_take(lc_world_of(L), L));
    return rc < 0 ? lc_raise(L, rc) : 0;
}

/* local_get(key) → whether it is set, and the value */
int lc_local_get(lua_State *L) {
    crib_local *key = lc_check(L, 1, LC_LOCAL, "get", "key");
    struct lc_slot *s;
    if (key == NULL) return lua_error(L);
    s = crib_local_get(key);
    lua_pushboolean(L, s != NULL);
    if (s == NULL) return 1;
    lc_slot_push(L, s);
    return 2;
}

/* --- the tree of tasks --- */

int lc_dump(lua_State *L) {
    FILE *f = tmpfile();
    luaL_Buffer text;
    char part[512];
    size_t n;
    int rc;
    if (f == NULL) return luaL_error(L, "crib: no temporary file");
    rc = crib_runtime_dump(NULL, fileno(f));
    if (rc < 0) {
        fclose(f);
        return lc_raise(L, rc);
    }
    rewind(f);
    luaL_buffinit(L, &text);
    while ((n = fread(part, 1, sizeof part, f)) > 0) luaL_addlstring(&text, part, n);
    fclose(f);
    luaL_pushresult(&text);
    return 1;
}

/* --- diagnostics: of the whole process, told to the state that asked last --- */

static struct lc_slot *listener;
static __thread bool listens; /* in the thread of that state */

static void diagnose(int code, const char *message, void *user_data) {
    struct lc_slot *f = listener;
    struct lc_task *before = lc_current;
    lua_State *L;
    (void)user_data;
    if (f == NULL || !listens || f->world->main == NULL) {
        fprintf(stderr, "crib: %s\n", message);
        return;
    }
    L = f->world->callbacks;
    lc_current = NULL;
    lc_slot_push(L, f);
    lua_pushinteger(L, code);
    lua_pushstring(L, message);
    if (lua_pcall(L, 2, 0, 0) != 0) lua_pop(L, 1);
    lc_current = before;
}

/* diagnostics(f or nil) */
int lc_diagnostics(lua_State *L) {
    if (listener != NULL) lc_slot_free(listener);
    listener = NULL;
    listens = false;
    if (lua_isnoneornil(L, 1)) {
        crib_set_diagnostics(NULL, NULL);
        return 0;
    }
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    listener = lc_slot_take(lc_world_of(L), L);
    listens = true;
    crib_set_diagnostics(diagnose, NULL);
    return 0;
}

/* --- setting up --- */

/* setup{ entry, int64, halves, folder } → the metatables of errors by name, and of handles by name. Called by the Lua part. */
int lc_setup(lua_State *L) {
    static const char *const names[] = {"cancelled", "group", "error"};
    struct lc_world *w = lc_world_of(L);
    int i;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "entry");
    w->entry = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_getfield(L, 1, "int64");
    lua_setfield(L, LUA_REGISTRYINDEX, "crib.int64");
    lua_getfield(L, 1, "halves");
    lua_setfield(L, LUA_REGISTRYINDEX, "crib.halves");
    lua_getfield(L, 1, "folder");
    if (lua_isstring(L, -1) && w->folder == NULL) w->folder = strdup(lua_tostring(L, -1));
    lua_newtable(L);
    for (i = 0; i < LC_METATABLES; i++) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, w->metatables[i]);
        lua_setfield(L, -2, names[i]);
    }
    lua_newtable(L);
    for (i = 0; i < LC_KINDS; i++) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, w->handles[i]);
        lua_getfield(L, -1, "__name");
        lua_insert(L, -2);
        lua_rawset(L, -3);
    }
    return 2;
}
