/* Tasks: coroutines that C resumes. An operation begins in a C function that yields its coroutine; when it is done the task
 * is resumed, and takes the outcome itself: in Lua 5.4 the C function goes on, in LuaJIT, where none can, the Lua function
 * around it asks for the outcome unless it came with the resume. */
#include "glue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MOST = 1024 };

__thread struct lc_task *lc_current;

/* --- operations --- */

static const char *why_not(lua_State *L, const struct lc_task *t) {
    if (t == NULL) return "crib: this waits, and so needs a task; see crib.run";
    if (t->leaf != L && t->leaf != NULL) {
        return "crib: an operation inside a coroutine of its own; crib.wrap makes those that may wait";
    }
    return "crib: an operation in a place that Lua cannot yield from";
}

crib_op *lc_op(lua_State *L) {
    struct lc_task *t = lc_current;
    if (t != NULL && t->leaf == L && lua_isyieldable(L)) return t->op;
    lc_push_where(L);
    lua_pushstring(L, why_not(L, t));
    lua_concat(L, 2);
    return NULL;
}

/* Pushes what an operation gave, by its shape; raises what it failed with. */
static int give(lua_State *L, struct lc_task *t, crib_result r) {
    if (r.status < 0) {
        crib_error *tree = crib_op_take_error(t->op);
        crib_value_drop(r.value);
        if (tree == NULL && t->shape == LC_ITEM && r.status == CRIB_EENDOFCHANNEL) {
            lua_pushnil(L);
            return 1;
        }
        return lc_raise_tree(L, r.status, tree);
    }
    switch (t->shape) {
        case LC_ITEM: lc_push_value(L, r.value); return 1;
        case LC_VALUE: return lc_push_values(L, r.value);
        case LC_STATUS: lua_pushinteger(L, r.status); return 1;
        case LC_TRUTH: lua_pushboolean(L, r.status > 0); return 1;
        default: crib_value_drop(r.value); return 0;
    }
}

static crib_result taken(struct lc_task *t) {
    crib_result r = {CRIB_EMISUSE, 0, {NULL, NULL}};
    if (crib_op_take(t->op, &r) != 0) r.status = CRIB_EMISUSE;
    return r;
}

/* The task that goes on here. A coroutine that waits in an operation is the library's to resume. */
static struct lc_task *whose(lua_State *L) {
    struct lc_task *t = lc_current;
    if (t == NULL || t->leaf != L) luaL_error(L, "crib: the coroutine of a task was resumed by somebody else");
    return t;
}

#if LC_JIT

/* What can be had without memory comes with the resume, nil first; else `true` asks for lc_outcome. */
static int brought(struct lc_task *t) {
    crib_result r;
    if (t->shape == LC_CLAUSE) {
        lua_pushboolean(t->co, 1);
        return 1;
    }
    r = taken(t);
    if (r.status == 0) {
        if (t->shape == LC_NOTHING) {
            crib_value_drop(r.value);
            return 0;
        }
        lua_pushnil(t->co);
        if (t->shape == LC_ITEM && lc_push_simple(t->co, t->world, r.value)) return 2;
        lua_pop(t->co, 1);
    }
    t->status = r.status;
    t->value = r.value;
    lua_pushboolean(t->co, 1);
    return 1;
}

int lc_outcome(lua_State *L) {
    struct lc_task *t = whose(L);
    crib_result r = {0, 0, {NULL, NULL}};
    if (t->shape == LC_CLAUSE) return lc_select_take(L, t);
    r.status = t->status;
    r.value = t->value;
    t->value.p = NULL;
    t->value.vt = NULL;
    return give(L, t, r);
}

int lc_wait(lua_State *L, int shape, crib_result result) {
    struct lc_task *t = lc_current;
    t->shape = (uint8_t)shape;
    if (result.status == CRIB_PENDING) {
        t->parked = true;
        return lua_yield(L, 0);
    }
    lua_pushnil(L);
    return 1 + give(L, t, result);
}

#else

static int brought(struct lc_task *t) {
    (void)t;
    return 0;
}

int lc_outcome(lua_State *L) {
    (void)L;
    return 0;
}

static int after(lua_State *L, int status, lua_KContext context) {
    struct lc_task *t = whose(L);
    (void)status;
    (void)context;
    if (t->shape == LC_CLAUSE) return lc_select_take(L, t);
    return give(L, t, taken(t));
}

int lc_wait(lua_State *L, int shape, crib_result result) {
    struct lc_task *t = lc_current;
    t->shape = (uint8_t)shape;
    if (result.status != CRIB_PENDING) return give(L, t, result);
    t->parked = true;
    return lua_yieldk(L, 0, 0, after);
}

#endif

/* --- life of a task --- */

static void name_task(lua_State *L, struct lc_task *t, int first, const char *name) {
    lua_Debug where;
    const char *file;
    if (name != NULL) {
        snprintf(t->name, sizeof t->name, "%s", name);
        return;
    }
    t->name[0] = 0;
    if (!lua_isfunction(L, first)) return;
    lua_pushvalue(L, first);
    if (!lua_getinfo(L, ">S", &where)) return;
    if (where.linedefined <= 0) {
        snprintf(t->name, sizeof t->name, "%s", where.short_src);
        return;
    }
    file = strrchr(where.short_src, '/');
    snprintf(t->name, sizeof t->name, "%.48s:%d", file == NULL ? where.short_src : file + 1, where.linedefined);
}

static struct lc_task *task_alloc(lua_State *L, struct lc_world *w) {
    struct lc_task *t = w->idle;
    if (t != NULL) {
        w->idle = t->next;
        w->idle_count--;
        return t;
    }
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        luaL_error(L, "not enough memory");
        return NULL;
    }
    t->co = lua_newthread(L);
    t->anchor = lc_slot_take(w, L);
    t->world = w;
    return t;
}

static void keep_idle(struct lc_world *w, struct lc_task *t) {
    t->next = w->idle;
    w->idle = t;
    w->idle_count++;
}

struct lc_task *lc_task_new(lua_State *L, int first, const char *name) {
    struct lc_world *w = lc_world_of(L);
    const int n = lua_gettop(L) - first + 1;
    struct lc_task *t = task_alloc(L, w);
    name_task(L, t, first, name);
    if (!lua_checkstack(t->co, n + 8)) {
        keep_idle(w, t);
        luaL_error(L, "too many arguments");
    }
    lua_rawgeti(t->co, LUA_REGISTRYINDEX, w->entry);
    lua_xmove(L, t->co, n);
    t->nargs = n;
    t->leaf = t->co;
    return t;
}

/* The coroutine of a task that has ended, or never began, serves the next one. */
void lc_task_destroy(uintptr_t data) {
    struct lc_task *t = (struct lc_task *)data;
    struct lc_world *w = t->world;
    struct lc_slot *anchor = t->anchor;
    lua_State *co = t->co;
    const bool reusable = (t->over || t->nargs >= 0) && w->main != NULL && w->idle_count < IDLE_MOST;
    crib_value_drop(t->value);
    crib_unref(t->error);
    lc_slot_free(t->clauses);
    if (!reusable) {
        lc_slot_free(anchor);
        free(t);
        return;
    }
    lua_settop(co, 0);
    memset(t, 0, offsetof(struct lc_task, name));
    t->world = w;
    t->co = co;
    t->anchor = anchor;
    keep_idle(w, t);
}

/* task_end(ok, …): what the function of a task gave; the last thing its coroutine does. */
int lc_task_end(lua_State *L) {
    struct lc_task *t = whose(L);
    const int n = lua_gettop(L) - 1;
    crib_value v = {NULL, NULL};
    if (!lua_toboolean(L, 1)) {
        t->error = lc_to_error(L, 2, crib_task_scope(t->task));
        if (t->error == NULL) t->error = crib_error_new(CRIB_EFOREIGN, "nil");
        if (t->keeps && crib_error_code(t->error) != CRIB_ECANCELLED && !lua_isnil(L, 2)) {
            lua_settop(L, 2);
            v.p = lc_slot_take(t->world, L);
            v.vt = &t->world->any;
            crib_task_set_result(v);
        }
        return 0;
    }
    if (n == 0 || (!t->keeps && t->outcome == NULL)) return 0;
    if (n == 1 && t->outcome == NULL) {
        if (lua_isnil(L, 2)) return 0;
        if (lc_to_value(L, 2, false, &v)) crib_task_set_result(v);
        return 0;
    }
    lua_createtable(L, n, 1);
    lua_replace(L, 1);
    while (lua_gettop(L) > 1) lua_rawseti(L, 1, lua_gettop(L) - 1);
    lua_pushinteger(L, n);
    lua_rawseti(L, 1, 0);
    v.p = lc_slot_take(t->world, L);
    v.vt = &t->world->pack;
    if (t->outcome != NULL) {
        t->outcome->results = v.p;
    } else {
        crib_task_set_result(v);
    }
    return 0;
}

int lc_results_push(lua_State *L, struct lc_outcome *outcome) {
    crib_value v = {NULL, NULL};
    if (outcome->results == NULL) return 0;
    v.p = outcome->results;
    v.vt = &outcome->results->world->pack;
    outcome->results = NULL;
    return lc_push_values(L, v);
}

static void begin(struct lc_task *t, crib_task *self) {
    t->nargs = -1;
    t->task = self;
    t->op = crib_task_op(self);
    t->scope = crib_task_scope(self);
    if (t->outcome != NULL) t->outcome->began = true;
}

/* It failed outside of its function, or yielded by itself; its coroutine is not used again. */
static void lost(struct lc_task *t, int status) {
    const char *text = "the coroutine of a task yielded outside of an operation";
    crib_error *error = t->error;
    t->error = NULL;
    if (status != LUA_YIELD) text = lua_type(t->co, -1) == LUA_TSTRING ? lua_tostring(t->co, -1) : "a task failed";
    if (error == NULL) error = crib_error_new(status == LUA_YIELD ? CRIB_EMISUSE : CRIB_EFOREIGN, text);
    crib_task_exit(t->task, error);
}

void lc_task_resume(crib_task *self, uintptr_t data) {
    struct lc_task *t = (struct lc_task *)data, *before = lc_current;
    int n = t->nargs, count = 0, status;
    if (n >= 0) {
        begin(t, self);
    } else {
        n = brought(t);
    }
    if (t->world->stress) lua_gc(t->co, LUA_GCCOLLECT, 0);
    lc_current = t;
    t->parked = false;
    status = lc_resume_thread(t->co, t->world->from, n, &count);
    lc_current = before;
    if (status == LUA_YIELD && t->parked) {
        if (count > 0) lua_pop(t->co, count);
        return;
    }
    if (status != 0) {
        lost(t, status);
    } else {
        crib_error *error = t->error;
        t->error = NULL;
        t->over = true;
        crib_task_exit(t->task, error);
    }
}

/* --- starting tasks --- */

static struct lc_task *asked_for(lua_State *L, const char *function, crib_nursery **n) {
    struct lc_handle *h = lc_check_handle(L, 1, LC_NURSERY, function, "nursery");
    const char *name = NULL;
    int first = 2;
    if (h == NULL) {
        lua_error(L);
        return NULL;
    }
    if (lua_type(L, 2) == LUA_TSTRING) {
        name = lua_tostring(L, 2);
        first = 3;
    }
    if (!lua_isfunction(L, first)) {
        if (luaL_getmetafield(L, first, "__call")) {
            lua_pop(L, 1);
        } else {
            lc_refused(L, first, function, "f", "function");
            lua_error(L);
        }
    }
    *n = h->p;
    return lc_task_new(L, first, name);
}

static crib_task *started(lua_State *L, const char *function, bool keeps, int *why) {
    crib_nursery *n = NULL;
    struct lc_task *t = asked_for(L, function, &n);
    crib_task *task;
    t->keeps = keeps;
    task = crib_nursery_start_stackless(n, t->name, lc_task_resume, (uintptr_t)t, lc_task_destroy);
    *why = task != NULL ? 0 : crib_nursery_admits(n);
    if (task == NULL && *why == 0) *why = -ENOMEM;
    return task;
}

/* start_soon(nursery, [name,] f, …) */
int lc_start_soon(lua_State *L) {
    int why;
    if (started(L, "start_soon", false, &why) == NULL && why != CRIB_EWOULDBLOCK) return lc_raise(L, why);
    lua_pushboolean(L, why == 0);
    return 1;
}

/* spawn(nursery, [name,] f, …) */
int lc_spawn(lua_State *L) {
    int why;
    crib_task *task = started(L, "spawn", true, &why);
    if (task == NULL) return lc_raise(L, why);
    lc_push_handle(L, LC_TASK, crib_task_ref(task));
    return 1;
}

/* start(nursery, [name,] f, …): waits until the task says that it has started. */
int lc_start(lua_State *L) {
    crib_nursery *n = NULL;
    crib_op *op = lc_op(L);
    struct lc_task *t;
    if (op == NULL) return lua_error(L);
    t = asked_for(L, "start", &n);
    return lc_wait_status(
        L, LC_VALUE,
        crib_begin_nursery_start_stackless(op, n, t->name, lc_task_resume, (uintptr_t)t, lc_task_destroy, NULL));
}

/* task_result(task) → code, and its results or what it failed with. */
int lc_task_result(lua_State *L) {
    crib_task *task = lc_check(L, 1, LC_TASK, "join", "task");
    crib_value v = {NULL, NULL};
    if (task == NULL) return lua_error(L);
    lua_settop(L, 0);
    lua_pushinteger(L, crib_task_result_code(task));
    if (crib_task_result(task, &v) != 0) return 1;
    return 1 + lc_push_values(L, v);
}

/* --- coroutines inside tasks --- */

/* Blocks that a generator has open are its own: between its values the task is where it was before. */
struct place {
    crib_scope *inner, *outer;
    bool inside;
};

static void move_to(struct lc_task *t, crib_scope *scope) {
    if (t->scope == scope || crib_scope_state(scope) == CRIB_SCOPE_CLOSED) return;
    t->scope = scope;
    crib_op_set_scope(t->op, scope);
}

/* wrap_new() → the place of a generator */
int lc_wrap_new(lua_State *L) {
    memset(lua_newuserdata(L, sizeof(struct place)), 0, sizeof(struct place));
    return 1;
}

/* wrap_enter(co, place): operations may wait in this coroutine from now on, if they may here. */
int lc_wrap_enter(lua_State *L) {
    struct lc_task *t = lc_current;
    struct place *p = lua_touserdata(L, 2);
    if (t == NULL || t->leaf != L) return 0;
    t->leaf = lua_isyieldable(L) ? lua_tothread(L, 1) : NULL;
    if (p->inside) return 0; /* back from an operation */
    p->inside = true;
    p->outer = t->scope;
    if (p->inner != NULL) move_to(t, p->inner);
    return 0;
}

/* wrap_leave(place) → whether the coroutine waits in an operation, so that this one has to wait with it. */
int lc_wrap_leave(lua_State *L) {
    struct lc_task *t = lc_current;
    struct place *p = lua_touserdata(L, 1);
    if (t == NULL) return 0;
    t->leaf = L;
    if (!t->parked && p->inside) {
        p->inside = false;
        p->inner = t->scope == p->outer ? NULL : t->scope;
        move_to(t, p->outer);
    }
    lua_pushboolean(L, t->parked);
    return 1;
}
