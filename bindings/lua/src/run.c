/* Runs, and guest runs that a host drives. */
#include "glue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* runtime_new(seed, stack_bytes, budget, strict, interrupt, mock_clock) */
int lc_runtime_new(lua_State *L) {
    crib_runtime_options o;
    crib_runtime *rt;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.seed = (uint64_t)lua_tonumber(L, 1);
    o.stack_bytes = (size_t)lua_tonumber(L, 2);
    o.budget = (uint32_t)lua_tonumber(L, 3);
    o.strict = lua_toboolean(L, 4);
    o.interrupt = (int32_t)lua_tointeger(L, 5);
    o.mock_clock = (int32_t)lua_tointeger(L, 6);
    rt = crib_runtime_new(&o);
    if (rt == NULL) {
        lc_push_misuse(L, "crib: these options do not make a runtime");
        return lua_error(L);
    }
    lc_push_handle(L, LC_RUNTIME, rt);
    return 1;
}

int lc_run_main(lua_State *L, crib_runtime *rt, int first, struct lc_outcome *outcome) {
    struct lc_world *w = lc_world_of(L);
    struct lc_task *t = lc_task_new(L, first, "main");
    lua_State *before = w->from;
    int rc;
    t->outcome = outcome;
    w->from = L;
    rc = crib_runtime_run_stackless(rt, "main", lc_task_resume, (uintptr_t)t, lc_task_destroy);
    w->from = before;
    if (crib_runtime_current() == NULL) lc_lost_release(w);
    return rc;
}

/* run(runtime, f, …) */
int lc_run(lua_State *L) {
    crib_runtime *rt = lc_check(L, 1, LC_RUNTIME, "run", "runtime");
    struct lc_outcome outcome = {NULL, false};
    int rc;
    if (rt == NULL) return lua_error(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    rc = lc_run_main(L, rt, 2, &outcome);
    if (rc >= 0) return lc_results_push(L, &outcome);
    lc_slot_free(outcome.results);
    return lc_raise_tree(L, rc, outcome.began ? crib_error_ref(crib_error_current()) : NULL);
}

/* --- guests --- */

/* A run that is over stays what it was until the host has asked for the result. */
struct lc_guest {
    struct lc_handle head; /* the runtime */
    struct lc_task *main;  /* until it is started */
    crib_task *fiber;      /* the main task of the run, which waits for the one of Lua */
    struct lc_slot *self;  /* keeps it while the run goes on */
    struct lc_outcome outcome;
    crib_error *error;
    int result;
    bool over, cancelled;
};

static int guest_body(void *user_data) {
    struct lc_guest *g = user_data;
    struct lc_task *t = g->main;
    crib_nursery *n;
    g->fiber = crib_task_ref(crib_task_current());
    if (g->cancelled) crib_task_cancel(g->fiber, NULL);
    n = crib_nursery_open();
    g->main = NULL;
    if (crib_nursery_start_stackless(n, t->name, lc_task_resume, (uintptr_t)t, lc_task_destroy) == NULL) {
        return crib_nursery_close(n, -ENOMEM);
    }
    return crib_nursery_close(n, 0);
}

static void guest_done(int result, void *user_data) {
    struct lc_guest *g = user_data;
    g->result = result;
    g->over = true;
    crib_unref(g->fiber);
    g->fiber = NULL;
}

/* One whose host has gone in the middle of the run stays as it is. */
void lc_guest_collect(struct lc_handle *h) {
    struct lc_guest *g = (struct lc_guest *)h;
    if (!g->over) return;
    crib_unref(g->error);
    lc_slot_free(g->outcome.results);
    crib_unref(h->p);
}

static struct lc_guest *guest_at(lua_State *L, const char *function) {
    struct lc_handle *h = lc_check_handle(L, 1, LC_GUEST, function, "guest");
    if (h == NULL) lua_error(L);
    return (struct lc_guest *)h;
}

/* guest_start(runtime, f, …) → guest */
int lc_guest_start(lua_State *L) {
    struct lc_handle *h = lc_check_handle(L, 1, LC_RUNTIME, "guest", "runtime");
    struct lc_guest *g;
    int rc;
    if (h == NULL) return lua_error(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    g = lc_handle_new(L, LC_GUEST, sizeof *g, NULL);
    lua_insert(L, 2);
    g->main = lc_task_new(L, 3, "main");
    g->main->outcome = &g->outcome;
    rc = crib_guest_start(h->p, guest_body, g, NULL, guest_done, g);
    if (rc < 0) {
        lc_task_destroy((uintptr_t)g->main);
        return lc_raise(L, rc);
    }
    g->head.p = h->p; /* the reference moves over */
    h->p = NULL;
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    g->self = lc_slot_take(lc_world_of(L), L);
    return 1;
}

int lc_guest_descriptor(lua_State *L) {
    const int fd = crib_guest_fd(guest_at(L, "fd")->head.p);
    if (fd < 0) return lc_raise(L, fd);
    lua_pushinteger(L, fd);
    return 1;
}

int lc_guest_time(lua_State *L) {
    const int64_t ns = crib_guest_timeout(guest_at(L, "timeout")->head.p);
    if (ns == CRIB_FOREVER) return 0;
    lc_push_time(L, ns);
    return 1;
}

/* guest_run(guest, budget) → whether it goes on */
int lc_guest_run(lua_State *L) {
    struct lc_guest *g = guest_at(L, "tick");
    struct lc_world *w = lc_world_of(L);
    lua_State *before = w->from;
    int rc;
    if (g->over) return 0;
    w->from = L;
    rc = crib_guest_tick(g->head.p, (uint32_t)lua_tonumber(L, 2));
    w->from = before;
    if (rc < 0) return lc_raise(L, rc);
    if (g->over) {
        if (g->result < 0) g->error = crib_error_ref(crib_error_current());
        lc_lost_release(w);
        lc_slot_free(g->self);
        g->self = NULL;
    }
    lua_pushboolean(L, !g->over);
    return 1;
}

int lc_guest_cancel(lua_State *L) {
    struct lc_guest *g = guest_at(L, "cancel");
    g->cancelled = true;
    if (g->fiber != NULL) crib_task_cancel(g->fiber, luaL_optstring(L, 2, NULL));
    return 0;
}

/* guest_result(guest) → nil; true and results; false and the error. Once. */
int lc_guest_result(lua_State *L) {
    struct lc_guest *g = guest_at(L, "result");
    crib_error *error = g->error;
    if (!g->over) return 0;
    g->error = NULL;
    lua_pushboolean(L, g->result >= 0);
    if (g->result >= 0) return 1 + lc_results_push(L, &g->outcome);
    if (error == NULL) {
        lc_push_failure(L, g->result);
        return 2;
    }
    /* What main failed with came out of a nursery of our own, which nobody is to see. */
    if (crib_error_count(error) == 1) {
        crib_error *of_main = crib_error_ref(crib_error_child(error, 0));
        crib_unref(error);
        error = of_main;
    }
    lc_push_error(L, error);
    return 2;
}
