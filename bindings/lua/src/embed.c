/* crib_lua.h: for C programs that embed Lua. */
#include "glue.h"

void crib_lua_open(lua_State *L) {
    lua_pushcfunction(L, luaopen_crib_core);
    lua_call(L, 0, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_insert(L, -2);
    lua_setfield(L, -2, "crib.core");
    lua_pop(L, 1);
}

/* Before anybody required "crib" there is no function that tasks begin with. */
static bool ready(lua_State *L) {
    const struct lc_world *w = lc_world_of(L);
    return w != NULL && w->entry != 0;
}

crib_task *crib_lua_start(crib_nursery *n, const char *name, lua_State *L, int nargs) {
    struct lc_task *t;
    if (!ready(L)) {
        lua_pop(L, nargs + 1);
        return NULL;
    }
    t = lc_task_new(L, lua_gettop(L) - nargs, name);
    t->keeps = true;
    return crib_nursery_start_stackless(n, t->name, lc_task_resume, (uintptr_t)t, lc_task_destroy);
}

int crib_lua_run(crib_runtime *rt, lua_State *L, int nargs) {
    struct lc_outcome outcome = {NULL, false};
    int rc;
    if (!ready(L)) {
        lua_pop(L, nargs + 1);
        return CRIB_EMISUSE;
    }
    rc = lc_run_main(L, rt, lua_gettop(L) - nargs, &outcome);
    lc_slot_free(outcome.results);
    return rc;
}

void crib_lua_push_value(lua_State *L, crib_value v) { lc_push_value(L, v); }

crib_value crib_lua_to_value(lua_State *L, int index) {
    crib_value v = {NULL, NULL};
    if (!lua_isnoneornil(L, index) && !lc_to_value(L, index, false, &v)) lua_pop(L, 1);
    return v;
}

void crib_lua_push_error(lua_State *L, crib_error *error) { lc_push_error(L, error); }

crib_error *crib_lua_to_error(lua_State *L, int index, crib_scope *scope) {
    if (lua_isnoneornil(L, index)) return NULL;
    if (scope == NULL && lc_current != NULL) scope = lc_current->scope;
    return lc_to_error(L, index, scope);
}

int crib_lua_call(lua_State *L, crib_body_fn body, void *user_data, crib_destroy_fn destroy) {
    crib_op *op = lc_op(L);
    if (op == NULL) {
        if (destroy != NULL) destroy(user_data);
        return lua_error(L);
    }
    return lc_wait_status(L, LC_STATUS, crib_begin_call(op, body, user_data, destroy));
}

static void *handle(lua_State *L, int index, int kind) {
    struct lc_handle *h = lc_handle_at(L, index);
    return h != NULL && h->kind == kind ? h->p : NULL;
}

/* clang-format off */
void crib_lua_push_sender(lua_State *L, crib_sender *tx) { lc_push_handle(L, LC_SENDER, tx); }
void crib_lua_push_receiver(lua_State *L, crib_receiver *rx) { lc_push_handle(L, LC_RECEIVER, rx); }
void crib_lua_push_event(lua_State *L, crib_event *e) { lc_push_handle(L, LC_EVENT, e); }
void crib_lua_push_lock(lua_State *L, crib_lock *l) { lc_push_handle(L, LC_LOCK, l); }
void crib_lua_push_semaphore(lua_State *L, crib_semaphore *s) { lc_push_handle(L, LC_SEMAPHORE, s); }
void crib_lua_push_token(lua_State *L, crib_token *t) { lc_push_handle(L, LC_TOKEN, t); }
void crib_lua_push_task(lua_State *L, crib_task *t) { lc_push_handle(L, LC_TASK, t); }

void crib_lua_push_shared_sender(lua_State *L, crib_sender *tx) {
    lc_push_handle(L, LC_SENDER, tx);
    if (tx != NULL) lc_handle_at(L, -1)->shared = true;
}

crib_sender *crib_lua_to_sender(lua_State *L, int index) { return handle(L, index, LC_SENDER); }
crib_receiver *crib_lua_to_receiver(lua_State *L, int index) { return handle(L, index, LC_RECEIVER); }
crib_event *crib_lua_to_event(lua_State *L, int index) { return handle(L, index, LC_EVENT); }
crib_lock *crib_lua_to_lock(lua_State *L, int index) { return handle(L, index, LC_LOCK); }
crib_semaphore *crib_lua_to_semaphore(lua_State *L, int index) { return handle(L, index, LC_SEMAPHORE); }
crib_token *crib_lua_to_token(lua_State *L, int index) { return handle(L, index, LC_TOKEN); }
crib_task *crib_lua_to_task(lua_State *L, int index) { return handle(L, index, LC_TASK); }
crib_portal *crib_lua_to_portal(lua_State *L, int index) { return handle(L, index, LC_PORTAL); }
crib_nursery *crib_lua_to_nursery(lua_State *L, int index) { return handle(L, index, LC_NURSERY); }
/* clang-format on */

crib_scope *crib_lua_to_scope(lua_State *L, int index) {
    struct lc_handle *h = lc_handle_at(L, index);
    return h != NULL && (h->kind == LC_SCOPE || h->kind == LC_NURSERY) ? lc_scope_id(h) : NULL;
}
