/* Scopes and nurseries of tasks. The Lua part calls the body between opening and closing. */
#include "glue.h"

#include <string.h>

static struct lc_task *task_here(lua_State *L) {
    struct lc_task *t = lc_current;
    if (t != NULL && t->leaf == L) return t;
    lc_op(L); /* says why not */
    lua_error(L);
    return NULL;
}

static void enter(struct lc_task *t, crib_scope *scope) {
    t->scope = scope;
    crib_op_set_scope(t->op, scope);
}

static int no_block(lua_State *L) {
    const int rc = crib_checkpoint_if_cancelled(); /* says what the block around is poisoned with */
    return lc_raise(L, rc < 0 && rc != CRIB_ECANCELLED ? rc : CRIB_EMISUSE);
}

static int64_t time_at(lua_State *L, int index, const char *function, const char *name, int64_t if_none) {
    int64_t ns = if_none;
    if (!lua_isnoneornil(L, index) && !lc_to_time(L, index, function, name, &ns)) lua_error(L);
    return ns;
}

enum { FLAG_FAIL = 1, FLAG_GRACEFUL = 2 };

/* scope_open(timeout, deadline, flags, shield, grace) */
int lc_scope_open(lua_State *L) {
    struct lc_task *t = task_here(L);
    crib_scope_options o;
    struct lc_scope *s;
    int flags;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.parent = t->scope;
    o.timeout = time_at(L, 1, "scope", "timeout", CRIB_FOREVER);
    o.deadline = time_at(L, 2, "scope", "deadline", 0);
    o.grace = time_at(L, 5, "scope", "grace", 0);
    if (o.timeout == 0 || (!lua_isnoneornil(L, 2) && o.deadline <= 0)) o.deadline = CRIB_EXPIRED; /* 0 is none in C */
    if (o.timeout == CRIB_FOREVER) o.timeout = 0;
    if (o.deadline == CRIB_FOREVER) o.deadline = 0;
    flags = (int)lua_tointeger(L, 3);
    o.fail = (flags & FLAG_FAIL) != 0;
    o.graceful = (flags & FLAG_GRACEFUL) != 0;
    o.shield = (int32_t)lua_tointeger(L, 4);
    if (o.timeout < 0 || o.grace < 0) {
        lc_push_misuse(L, "crib: scope: a time is negative");
        return lua_error(L);
    }
    s = lc_handle_new(L, LC_SCOPE, sizeof *s, NULL);
    s->head.p = crib_scope_open(&o);
    if (s->head.p == NULL) return no_block(L);
    s->around = t->scope;
    s->task = t;
    s->shield = o.shield != 0;
    enter(t, s->head.p);
    return 1;
}

static void leave(struct lc_task *t, crib_scope *closed, crib_scope *around) {
    if (t->scope == closed || crib_scope_state(t->scope) == CRIB_SCOPE_CLOSED) t->scope = around;
}

/* What its fields say once it is closed; the scope is at 1. */
static void remember(lua_State *L, struct lc_scope *s) {
    const char *reason;
    s->source = (int8_t)crib_scope_source(s->head.p);
    if (s->source == CRIB_SOURCE_NONE) return;
    s->called = crib_scope_cancel_called(s->head.p);
    reason = crib_scope_reason(s->head.p);
    if (reason == NULL) return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, lc_world_of(L)->reasons);
    lua_pushvalue(L, 1);
    lua_pushstring(L, reason);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* scope_close(scope, ok, err): raises what goes on. */
int lc_scope_close(lua_State *L) {
    struct lc_scope *s = (struct lc_scope *)lc_handle_at(L, 1);
    crib_scope *scope = s->head.p;
    crib_error *in = NULL, *out;
    remember(L, s);
    if (!lua_toboolean(L, 2)) in = lc_to_error(L, 3, scope);
    out = crib_scope_close_error(scope, in, &s->caught);
    s->head.closed = true;
    if (s->task == lc_current) leave(s->task, scope, s->around);
    if (out == NULL) return 0;
    lc_push_error(L, out);
    return lua_error(L);
}

/* scope_fields(scope) → closed, caught, called, source, reason, shield */
int lc_scope_fields(lua_State *L) {
    const struct lc_scope *s = (const struct lc_scope *)lc_handle_at(L, 1);
    if (s == NULL || s->head.kind != LC_SCOPE) return 0;
    lua_pushboolean(L, s->head.closed);
    lua_pushboolean(L, s->caught);
    lua_pushboolean(L, s->called);
    lua_pushstring(L, s->source == CRIB_SOURCE_NONE ? NULL : crib_source_name(s->source));
    lua_rawgeti(L, LUA_REGISTRYINDEX, lc_world_of(L)->reasons);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    lua_pushboolean(L, s->shield);
    return 6;
}

static void told_of_failure(crib_task *task, crib_error *error, void *user_data) {
    struct lc_slot *f = user_data;
    struct lc_world *w = f->world;
    struct lc_task *before = lc_current;
    lua_State *L = w->callbacks;
    const int top = lua_gettop(L);
    if (w->main == NULL || !lua_checkstack(L, 8)) return;
    lc_current = NULL;
    lc_slot_push(L, f);
    lc_push_handle(L, LC_TASK, crib_task_ref(task));
    lc_push_error(L, crib_error_ref(error));
    lua_pcall(L, 2, 0, 0); /* the Lua part has it in a pcall */
    lua_settop(L, top);
    lc_current = before;
}

/* nursery_open(policy, max_children, stack_bytes, drain, service, grace, on_failure) */
int lc_nursery_open(lua_State *L) {
    struct lc_task *t = lc_current;
    crib_nursery_options o;
    struct lc_nursery *n;
    if (lc_op(L) == NULL) return lua_error(L); /* its close will have to wait */
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.parent = t->scope;
    o.policy = (int32_t)lua_tointeger(L, 1);
    o.max_children = (uint32_t)lua_tointeger(L, 2);
    o.stack_bytes = (size_t)lua_tointeger(L, 3);
    o.drain = lua_toboolean(L, 4);
    o.service = lua_toboolean(L, 5);
    o.grace = time_at(L, 6, "nursery", "grace", 0);
    if (o.grace < 0) {
        lc_push_misuse(L, "crib: nursery: 'grace' is negative");
        return lua_error(L);
    }
    lua_settop(L, 7);
    n = lc_handle_new(L, LC_NURSERY, sizeof *n, NULL);
    if (lua_isfunction(L, 7)) {
        lua_pushvalue(L, 7);
        n->on_failure = lc_slot_take(t->world, L);
        o.on_failure = told_of_failure;
        o.user_data = n->on_failure;
    }
    n->head.p = crib_nursery_open_with(&o);
    if (n->head.p == NULL) {
        lc_slot_free(n->on_failure);
        n->on_failure = NULL;
        return no_block(L);
    }
    n->around = t->scope;
    n->scope = crib_nursery_scope(n->head.p);
    n->task = t;
    enter(t, n->scope);
    return 1;
}

/* nursery_close(nursery, ok, err): waits for the children. */
int lc_nursery_close(lua_State *L) {
    struct lc_nursery *n = (struct lc_nursery *)lc_handle_at(L, 1);
    crib_op *op = lc_op(L);
    crib_error *body = NULL;
    if (op == NULL) return lua_error(L);
    if (!lua_toboolean(L, 2)) body = lc_to_error(L, 3, n->scope);
    if (n->task == lc_current) leave(n->task, n->scope, n->around);
    n->head.closed = true;
    return lc_wait_status(L, LC_NOTHING, crib_begin_nursery_close(op, n->head.p, body));
}

/* nursery_done(nursery): its close has returned, nobody calls on_failure any more. */
int lc_nursery_done(lua_State *L) {
    struct lc_nursery *n = (struct lc_nursery *)lc_handle_at(L, 1);
    lc_slot_free(n->on_failure);
    n->on_failure = NULL;
    return 0;
}

/* scope_shield(scope, raised) */
int lc_scope_shield(lua_State *L) {
    struct lc_scope *s = (struct lc_scope *)lc_check_handle(L, 1, LC_SCOPE, "shield", "scope");
    int rc;
    if (s == NULL) return lua_error(L);
    rc = crib_scope_set_shield(s->head.p, lua_toboolean(L, 2));
    if (rc < 0) return lc_raise(L, rc);
    s->shield = lua_toboolean(L, 2);
    return 0;
}
