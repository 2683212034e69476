/* The world of a state, and values on their way through C. */
#include "glue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 };

struct lc_chunk {
    struct lc_chunk *next;
    struct lc_slot slots[CHUNK];
};

static char key;

struct lc_world *lc_world_of(lua_State *L) {
    struct lc_world *w;
    if (lc_current != NULL && lc_current->leaf == L) return lc_current->world;
    lua_pushlightuserdata(L, &key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    w = lua_isuserdata(L, -1) ? *(struct lc_world **)lua_touserdata(L, -1) : NULL;
    lua_pop(L, 1);
    return w;
}

static void world_free(struct lc_world *w) {
    while (w->chunks != NULL) {
        struct lc_chunk *c = w->chunks;
        w->chunks = c->next;
        free(c);
    }
    free(w->folder);
    free(w);
}

static int world_closed(lua_State *L) {
    struct lc_world *w = *(struct lc_world **)lua_touserdata(L, 1);
    lc_lost_release(w);
    while (w->idle != NULL) {
        struct lc_task *t = w->idle;
        w->idle = t->next;
        lc_slot_free(t->anchor);
        free(t);
    }
    w->main = NULL;
    if (--w->living == 0) world_free(w);
    return 0;
}

/* --- slots --- */

static bool more_slots(struct lc_world *w) {
    struct lc_chunk *c = calloc(1, sizeof *c);
    int i;
    if (c == NULL) return false;
    c->next = w->chunks;
    w->chunks = c;
    for (i = CHUNK - 1; i >= 0; i--) {
        c->slots[i].world = w;
        c->slots[i].index = w->slots + i + 1;
        c->slots[i].next = w->free;
        w->free = &c->slots[i];
    }
    w->slots += CHUNK;
    return true;
}

struct lc_slot *lc_slot_take(struct lc_world *w, lua_State *L) {
    struct lc_slot *s;
    if (w->free == NULL && !more_slots(w)) {
        luaL_error(L, "not enough memory");
        return NULL;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->values);
    lua_insert(L, -2);
    s = w->free;
    lua_rawseti(L, -2, s->index);
    lua_pop(L, 1);
    w->free = s->next;
    w->living++;
    return s;
}

void lc_slot_push(lua_State *L, struct lc_slot *s) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->world->values);
    lua_rawgeti(L, -1, s->index);
    lua_remove(L, -2);
}

void lc_slot_free(struct lc_slot *s) {
    struct lc_world *w;
    if (s == NULL) return;
    w = s->world;
    if (w->main != NULL) {
        /* Nothing is allocated here, so that no finalizer runs in the middle of a drop. */
        lua_rawgeti(w->scratch, LUA_REGISTRYINDEX, w->values);
        lua_pushboolean(w->scratch, 0);
        lua_rawseti(w->scratch, -2, s->index);
        lua_pop(w->scratch, 1);
    }
    s->next = w->free;
    w->free = s;
    if (--w->living == 0) world_free(w);
}

static void slot_drop(void *p) { lc_slot_free(p); }

/* --- copies, which belong to no state --- */

struct lc_copy {
    int type;
    double number;
    int64_t integer;
    size_t len;
    char bytes[];
};

static const crib_vtable copies = {sizeof(crib_vtable), free, "lua copy", CRIB_VALUE_SENDABLE};

static void push_copy(lua_State *L, const struct lc_copy *c) {
    if (c->type == LUA_TSTRING) {
        lua_pushlstring(L, c->bytes, c->len);
    } else if (c->type == LUA_TBOOLEAN) {
        lua_pushboolean(L, (int)c->integer);
    } else {
        lua_pushnumber(L, c->number);
    }
}

static bool copied(lua_State *L, int index, crib_value *out) {
    const char *text = NULL;
    struct lc_copy *c;
    size_t len = 0;
    const int type = lua_type(L, index);
    if (type == LUA_TSTRING) {
        text = lua_tolstring(L, index, &len);
    } else if (type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
        lua_pushfstring(L, "crib: a %s cannot go to another thread", luaL_typename(L, index));
        return false;
    }
    c = calloc(1, sizeof *c + len);
    if (c == NULL) {
        lua_pushstring(L, "not enough memory");
        return false;
    }
    c->type = type;
    c->len = len;
    if (len > 0) memcpy(c->bytes, text, len);
    if (type == LUA_TNUMBER) c->number = lua_tonumber(L, index);
    if (type == LUA_TBOOLEAN) c->integer = lua_toboolean(L, index);
    out->p = c;
    out->vt = &copies;
    return true;
}

/* --- numbers --- */

#if LC_JIT
static const double exact = 9007199254740992.0; /* 2^53: up to there a number is a whole one */
#endif

void lc_push_int64(lua_State *L, int64_t v) {
#if LC_JIT
    if (v > (int64_t)exact || v < -(int64_t)exact) {
        /* What a number cannot hold is a 64-bit integer of the FFI, made by a function of the Lua part. */
        lua_getfield(L, LUA_REGISTRYINDEX, "crib.int64");
        if (lua_isfunction(L, -1)) {
            lua_pushnumber(L, (double)(v >> 32));
            lua_pushnumber(L, (double)(uint32_t)v);
            lua_call(L, 2, 1);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pushnumber(L, (double)v);
#else
    lua_pushinteger(L, v);
#endif
}

bool lc_to_int64(lua_State *L, int index, int64_t *out) {
#if LC_JIT
    double number;
    if (lua_type(L, index) == 10) { /* cdata */
        bool is = false;
        index = lc_absindex(L, index);
        lua_getfield(L, LUA_REGISTRYINDEX, "crib.halves");
        if (!lua_isfunction(L, -1)) {
            lua_pop(L, 1);
            return false;
        }
        lua_pushvalue(L, index);
        lua_call(L, 1, 2);
        if (lua_isnumber(L, -1)) {
            *out = (int64_t)((uint64_t)(int64_t)lua_tonumber(L, -2) << 32 | (uint32_t)lua_tonumber(L, -1));
            is = true;
        }
        lua_pop(L, 2);
        return is;
    }
    if (lua_type(L, index) != LUA_TNUMBER) return false;
    number = lua_tonumber(L, index);
    if (number != floor(number) || fabs(number) > exact || (number == 0 && signbit(number))) return false;
    *out = (int64_t)number;
    return true;
#else
    if (!lua_isinteger(L, index)) return false;
    *out = lua_tointeger(L, index);
    return true;
#endif
}

bool lc_to_time(lua_State *L, int index, const char *function, const char *name, int64_t *out) {
    double seconds;
    if (strcmp(name, "ns") == 0) name = "time"; /* C's name of what is seconds here */
    if (lua_type(L, index) != LUA_TNUMBER) {
        lc_refused(L, index, function, name, "number of seconds");
        return false;
    }
    seconds = lua_tonumber(L, index);
    if (isnan(seconds)) {
        lc_push_misuse(L, "%s: '%s' is not a number", function, name);
        return false;
    }
    if (seconds >= 9.2e9) {
        *out = CRIB_FOREVER;
    } else if (seconds <= -9.2e9) {
        *out = CRIB_EXPIRED;
    } else {
        *out = llround(seconds * 1e9);
    }
    return true;
}

void lc_push_time(lua_State *L, int64_t ns) {
    if (ns == CRIB_FOREVER) {
        lua_pushnumber(L, (lua_Number)INFINITY);
    } else if (ns == CRIB_EXPIRED) {
        lua_pushnumber(L, -(lua_Number)INFINITY);
    } else {
        lua_pushnumber(L, (double)ns / 1e9);
    }
}

/* --- values --- */

bool lc_push_simple(lua_State *L, struct lc_world *w, crib_value v) {
    if (v.vt == w->integer) {
        const int64_t i = crib_value_as_int(v, 0);
#if LC_JIT
        if (i > (int64_t)exact || i < -(int64_t)exact) return false;
#endif
        lc_push_int64(L, i);
        return true;
    }
    if (v.vt == &w->any) {
        lc_slot_push(L, v.p);
        lc_slot_free(v.p);
        return true;
    }
    if (v.vt == NULL) {
        lua_pushlightuserdata(L, NULL); /* crib.null */
        return true;
    }
    return false;
}

void lc_push_value(lua_State *L, crib_value v) {
    struct lc_world *w = lc_world_of(L);
    if (lc_push_simple(L, w, v)) return;
    if (v.vt == w->integer) {
        lc_push_int64(L, crib_value_as_int(v, 0));
    } else if (v.vt == &copies) {
        push_copy(L, v.p);
        free(v.p);
    } else if (v.vt == &w->pack) {
        lc_slot_push(L, v.p);
        lc_slot_free(v.p);
    } else {
        struct lc_foreign *f = lc_handle_new(L, LC_FOREIGN, sizeof *f, v.p);
        f->vt = v.vt;
    }
}

int lc_push_values(lua_State *L, crib_value v) {
    int i, n;
    if (v.vt == NULL) return 0;
    lc_push_value(L, v);
    if (v.vt != &lc_world_of(L)->pack) return 1;
    lua_rawgeti(L, -1, 0);
    n = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, n + 1, "too many results");
    for (i = 1; i <= n; i++) lua_rawgeti(L, -i, i);
    lua_remove(L, -n - 1);
    return n;
}

static bool moved_out(lua_State *L, struct lc_foreign *f, crib_value *out) {
    if (f->vt == NULL) {
        lua_pushstring(L, "crib: this value was passed on before");
        return false;
    }
    out->p = f->head.p;
    out->vt = f->vt;
    f->head.p = NULL;
    f->vt = NULL;
    return true;
}

bool lc_to_value(lua_State *L, int index, bool sendable, crib_value *out) {
    struct lc_handle *h;
    int64_t integer;
    out->p = NULL;
    out->vt = NULL;
    switch (lua_type(L, index)) {
        case LUA_TNONE:
        case LUA_TNIL: lua_pushstring(L, "crib: nil is no item; crib.null is one"); return false;
        case LUA_TLIGHTUSERDATA:
            if (lua_touserdata(L, index) == NULL) return true;
            break;
        case LUA_TNUMBER:
        case 10: /* cdata of LuaJIT */
            if (!lc_to_int64(L, index, &integer)) break;
            *out = crib_value_int(integer);
            return true;
        case LUA_TUSERDATA:
            h = lc_handle_at(L, index);
            if (h != NULL && h->kind == LC_FOREIGN) return moved_out(L, (struct lc_foreign *)h, out);
            break;
        default: break;
    }
    if (sendable) return copied(L, index, out);
    lua_pushvalue(L, index);
    out->p = lc_slot_take(lc_world_of(L), L);
    out->vt = &((struct lc_slot *)out->p)->world->any;
    return true;
}

void lc_return_value(lua_State *L, int index, crib_value v) {
    struct lc_handle *h = lc_handle_at(L, index);
    if (h != NULL && h->kind == LC_FOREIGN && v.vt != NULL) {
        h->p = v.p;
        ((struct lc_foreign *)h)->vt = v.vt;
        return;
    }
    crib_value_drop(v);
}

/* --- making the world --- */

static int table_ref(lua_State *L, const char *mode) {
    lua_newtable(L);
    if (mode != NULL) {
        lua_newtable(L);
        lua_pushstring(L, mode);
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
    }
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

static lua_State *thread_ref(lua_State *L) {
    lua_State *thread = lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
    return thread;
}

static lua_State *main_of(lua_State *L) {
#if LC_JIT
    return L;
#else
    lua_State *main;
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    main = lua_tothread(L, -1);
    lua_pop(L, 1);
    return main;
#endif
}

static void vtable_init(crib_vtable *vt, const char *kind) {
    vt->size = sizeof *vt;
    vt->drop = slot_drop;
    vt->kind = kind;
}

void lc_world_open(lua_State *L) {
    struct lc_world *w, **box;
    const char *stress = getenv("CRIB_LUA_GC");
    int i;
    lua_pushlightuserdata(L, &key);
    box = lua_newuserdata(L, sizeof *box);
    w = *box = calloc(1, sizeof *w);
    if (w == NULL) {
        luaL_error(L, "not enough memory");
        return;
    }
    w->living = 1;
    w->main = w->from = main_of(L);
    w->integer = crib_value_int(0).vt;
    w->stress = stress != NULL && strcmp(stress, "stress") == 0;
    vtable_init(&w->any, "lua value");
    vtable_init(&w->pack, "lua results");
    lua_newtable(L);
    lua_pushcfunction(L, world_closed);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
    w->values = table_ref(L, NULL);
    w->errors = table_ref(L, "v");
    w->reasons = table_ref(L, "k");
    for (i = 0; i < LC_METATABLES; i++) {
        w->metatables[i] = table_ref(L, NULL);
        lua_rawgeti(L, LUA_REGISTRYINDEX, w->metatables[i]);
        w->marks[i] = lua_topointer(L, -1);
        lua_pop(L, 1);
    }
    w->scratch = thread_ref(L);
    w->callbacks = thread_ref(L);
    lc_handles_open(L, w);
}
