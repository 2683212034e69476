/* Handles: what Lua holds of the library. */
#include "glue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char magic = 0;

/* What people call them, in the order of enum lc_kind. */
static const char *const kinds[LC_KINDS] = {
    "sender", "receiver", "lock",        "rwlock",  "semaphore", "condition", "limiter", "event",   "barrier", "token",
    "task",   "portal",   "expectation", "runtime", "local",     "tree",      "scope",   "nursery", "foreign", "guest"};

/* An end that nobody in Lua holds any more. It stays open until that is true for all ends of its channel, or nobody is at
 * the other side, or the run is over: what a program does must not hang on when the collector comes. */
struct lc_end {
    struct lc_end *next;
    void *p;
    uint64_t channel;
    crib_runtime *rt;
    int32_t kind;
};

static crib_channel_stats statistics(const struct lc_end *e) {
    crib_channel_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    if (e->kind == LC_SENDER) {
        crib_sender_statistics(e->p, &stats);
    } else {
        crib_receiver_statistics(e->p, &stats);
    }
    return stats;
}

static bool alone(const struct lc_end *e) {
    const crib_channel_stats stats = statistics(e);
    return (e->kind == LC_SENDER ? stats.receivers : stats.senders) == 0;
}

/* Those of one channel (0: of none), and all that are of no use. */
static void release_ends(struct lc_world *w, uint64_t channel, bool all) {
    const crib_runtime *here = crib_runtime_current();
    struct lc_end **at = &w->lost, *gone = NULL;
    while (*at != NULL) {
        struct lc_end *e = *at;
        if (all || (channel != 0 && e->channel == channel) || (e->rt == here && alone(e))) {
            *at = e->next;
            e->next = gone;
            gone = e;
        } else {
            at = &e->next;
        }
    }
    while (gone != NULL) {
        struct lc_end *e = gone;
        gone = e->next;
        crib_unref(e->p);
        free(e);
    }
}

void lc_lost_release(struct lc_world *w) { release_ends(w, 0, true); }

/* Whether all open ends of a channel are lost; this is one of them. */
static bool all_lost(const struct lc_world *w, const struct lc_end *one) {
    const struct lc_end *e;
    crib_channel_stats stats;
    size_t lost = 0;
    if (one->channel == 0 || one->rt != crib_runtime_current()) return false;
    stats = statistics(one);
    for (e = w->lost; e != NULL; e = e->next) lost += e->channel == one->channel;
    return lost >= stats.senders + stats.receivers;
}

static void lose_end(lua_State *L, struct lc_handle *h) {
    struct lc_world *w = lc_world_of(L);
    const struct lc_channel_end *end = (const struct lc_channel_end *)h;
    struct lc_end *e = NULL;
    if (!h->closed && w != NULL && w->main != NULL && crib_runtime_current() != NULL) e = malloc(sizeof *e);
    if (e == NULL) {
        crib_unref(h->p);
        return;
    }
    e->p = h->p;
    e->kind = h->kind;
    e->channel = end->channel;
    e->rt = end->rt;
    e->next = w->lost;
    w->lost = e;
    release_ends(w, all_lost(w, e) ? e->channel : 0, false);
}

static int collect(lua_State *L) {
    struct lc_handle *h = lc_handle_at(L, 1);
    void *p;
    if (h == NULL || h->p == NULL) return 0;
    p = h->p;
    switch (h->kind) {
        case LC_SENDER:
        case LC_RECEIVER: lose_end(L, h); break;
        case LC_SCOPE:
        case LC_NURSERY: break; /* ids */
        case LC_GUEST: lc_guest_collect(h); break;
        case LC_FOREIGN: {
            crib_value v = {p, ((struct lc_foreign *)h)->vt};
            ((struct lc_foreign *)h)->vt = NULL;
            crib_value_drop(v);
            break;
        }
        default: crib_unref(p);
    }
    h->p = NULL;
    return 0;
}

static int equal(lua_State *L) {
    const struct lc_handle *a = lc_handle_at(L, 1), *b = lc_handle_at(L, 2);
    lua_pushboolean(L, a != NULL && b != NULL && a->kind == b->kind && a->p == b->p);
    return 1;
}

static int describe(lua_State *L) {
    const struct lc_handle *h = lc_handle_at(L, 1);
    if (h == NULL) {
        lua_pushstring(L, "?");
    } else if (h->kind == LC_FOREIGN) {
        const struct lc_foreign *f = (const struct lc_foreign *)h;
        lua_pushfstring(L, "crib.foreign (%s)", f->vt == NULL ? "passed on" : f->vt->kind == NULL ? "?" : f->vt->kind);
    } else {
        lua_pushfstring(L, "crib.%s: %p", kinds[h->kind], h->p);
    }
    return 1;
}

void lc_handles_open(lua_State *L, struct lc_world *w) {
    int i;
    for (i = 0; i < LC_KINDS; i++) {
        lua_newtable(L);
        lua_pushstring(L, kinds[i]);
        lua_setfield(L, -2, "__name");
        lua_pushcfunction(L, collect);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, equal);
        lua_setfield(L, -2, "__eq");
        lua_pushcfunction(L, describe);
        lua_setfield(L, -2, "__tostring");
        w->handles[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    }
}

void *lc_handle_new(lua_State *L, int kind, size_t size, void *p) {
    struct lc_world *w = lc_world_of(L);
    struct lc_handle *h = lua_newuserdata(L, size);
    memset(h, 0, size);
    h->magic = &magic;
    h->kind = kind;
    h->p = p;
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->handles[kind]);
    lua_setmetatable(L, -2);
    return h;
}

void lc_push_handle(lua_State *L, int kind, void *p) {
    if (p == NULL) {
        lua_pushnil(L);
    } else {
        struct lc_channel_end *e = lc_handle_new(L, kind, sizeof *e, p);
        e->rt = crib_runtime_current();
    }
}

struct lc_handle *lc_handle_at(lua_State *L, int index) {
    struct lc_handle *h = lua_touserdata(L, index);
    if (h == NULL || lua_islightuserdata(L, index) || lua_rawlen(L, index) < sizeof *h || h->magic != &magic)
        return NULL;
    return h;
}

/* Pushes the place outside of the binding that the call came from. */
void lc_push_where(lua_State *L) {
    const struct lc_world *w = lc_world_of(L);
    lua_Debug where;
    int level;
    for (level = 1; level < 8 && lua_getstack(L, level, &where); level++) {
        if (!lua_getinfo(L, "Sl", &where) || where.currentline <= 0) continue;
        if (w->folder != NULL && strncmp(where.source, w->folder, strlen(w->folder)) == 0) continue;
        lua_pushfstring(L, "%s:%d: ", where.short_src, where.currentline);
        return;
    }
    lua_pushliteral(L, "");
}

void lc_push_misuse(lua_State *L, const char *format, ...) {
    va_list args;
    lc_push_where(L);
    va_start(args, format);
    lua_pushvfstring(L, format, args);
    va_end(args);
    lua_concat(L, 2);
}

/* Users know a function without its prefixes. */
static const char *plain(const char *function) {
    if (strncmp(function, "crib_", 5) == 0) function += 5;
    if (strncmp(function, "begin_", 6) == 0) function += 6;
    return function;
}

void lc_refused(lua_State *L, int index, const char *function, const char *name, const char *wanted) {
    const struct lc_handle *h = lc_handle_at(L, index);
    const char *got = h != NULL ? kinds[h->kind] : lua_isnoneornil(L, index) ? "nil" : luaL_typename(L, index);
    lc_push_misuse(L, "crib: %s: '%s' must be %s %s, not %s", plain(function), name,
                   strchr("aeiou", wanted[0]) == NULL ? "a" : "an", wanted, got);
}

struct lc_handle *lc_check_handle(lua_State *L, int index, int kind, const char *function, const char *name) {
    struct lc_handle *h = lc_handle_at(L, index);
    if (h == NULL || h->kind != kind) {
        lc_refused(L, index, function, name, kinds[kind]);
        return NULL;
    }
    if (h->p == NULL) {
        lc_push_misuse(L, "crib: %s: this %s was released", plain(function), kinds[kind]);
        return NULL;
    }
    return h;
}

crib_scope *lc_scope_id(struct lc_handle *h) { return h->kind == LC_NURSERY ? ((struct lc_nursery *)h)->scope : h->p; }

void *lc_check(lua_State *L, int index, int kind, const char *function, const char *name) {
    struct lc_handle *h = lc_check_handle(L, index, kind, function, name);
    return h == NULL ? NULL : h->p;
}

/* release(handle): gives up the reference now. */
int lc_release(lua_State *L) {
    struct lc_handle *h = lc_handle_at(L, 1);
    if (h != NULL && h->p != NULL && h->kind != LC_SCOPE && h->kind != LC_NURSERY) {
        crib_unref(h->p);
        h->p = NULL;
    }
    return 0;
}
