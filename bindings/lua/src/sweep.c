/* Sweeps: a function of Lua as the main task of run after run, each disturbed at another place. */
#include "glue.h"

#include <errno.h>
#include <string.h>

struct swept {
    lua_State *L; /* the function is at 1, the check at 2 */
    struct lc_world *world;
};

static int main_of_round(const struct swept *s) {
    crib_nursery *n = crib_nursery_open();
    struct lc_task *t;
    if (n == NULL) return -ENOMEM;
    lua_pushvalue(s->L, 1);
    t = lc_task_new(s->L, lua_gettop(s->L), "main");
    if (crib_nursery_start_stackless(n, t->name, lc_task_resume, (uintptr_t)t, lc_task_destroy) == NULL) {
        return crib_nursery_close(n, -ENOMEM);
    }
    return crib_nursery_close(n, 0);
}

/* The body of the library's sweep is a fiber; the task of Lua is its child. What Lua holds of the round goes with it, so that
 * the library can say what is left over. */
static int round_of_sweep(void *user_data) {
    const struct swept *s = user_data;
    const int rc = main_of_round(s);
    lua_gc(s->L, LUA_GCCOLLECT, 0);
    lua_gc(s->L, LUA_GCCOLLECT, 0);
    lc_lost_release(s->world);
    return rc;
}

static int after_round(void *user_data) {
    const struct swept *s = user_data;
    int rc = 0;
    if (lua_isfunction(s->L, 2)) {
        lua_pushvalue(s->L, 2);
        if (lua_pcall(s->L, 0, 0, 0) != 0) {
            lua_replace(s->L, 3);
            rc = CRIB_EFOREIGN;
        }
    }
    return rc;
}

static uint32_t field(lua_State *L, const char *name) {
    uint32_t value;
    lua_getfield(L, 4, name);
    value = (uint32_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* sweep(f, check, nil, options, allocations) → rounds, how many were disturbed; nil, and what did not hold */
int lc_sweep(lua_State *L) {
    struct swept s;
    crib_sweep sweep;
    crib_sweep_report report;
    lua_State *before;
    int rc;
    memset(&sweep, 0, sizeof sweep);
    memset(&report, 0, sizeof report);
    s.L = L;
    s.world = lc_world_of(L);
    sweep.size = sizeof sweep;
    report.size = sizeof report;
    sweep.body = round_of_sweep;
    sweep.check = after_round;
    sweep.user_data = &s;
    sweep.seed = field(L, "seed");
    sweep.step = field(L, "step");
    sweep.most = field(L, "most");
    lua_getfield(L, 4, "wants_error");
    sweep.wants_error = lua_toboolean(L, -1);
    before = s.world->from;
    s.world->from = L;
    rc = lua_toboolean(L, 5) ? crib_sweep_allocations(&sweep, &report) : crib_sweep_cancels(&sweep, &report);
    s.world->from = before;
    if (rc < 0) {
        lua_pushnil(L);
        lua_pushfstring(L, "round %d, disturbed at place %d: %s (%s)", (int)report.round, (int)report.at,
                        report.message[0] != 0 ? report.message : crib_error_text(rc), crib_error_name(report.code));
        lua_pushvalue(L, 3); /* what the check has raised */
        return 3;
    }
    lua_pushinteger(L, (lua_Integer)report.rounds);
    lua_pushinteger(L, (lua_Integer)report.disturbed);
    return 2;
}
