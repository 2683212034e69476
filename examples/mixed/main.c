/* Mixed: a program in C that embeds Lua, where a fiber of C, a coroutine of C++ and a task of Lua play with one ball.
 * They share a nursery and a channel; one cancel reaches them all, and errors cross from each to each. */
#include "players.h"

#include <crib_lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

static int play(void *of_all) {
    const struct field *field = of_all;
    crib_value ball;
    int rc;
    while ((rc = crib_receiver_receive(field->rx, &ball)) == 0) {
        int64_t hits = crib_value_as_int(ball, 0) + 1; /* an integer is one in every language */
        printf("  c: %d\n", (int)hits);
        if ((rc = crib_sleep(CRIB_MS(30))) < 0) break;
        if ((rc = crib_sender_send(field->tx, crib_value_int(hits))) < 0) break;
    }
    if (rc == CRIB_ECANCELLED) printf("  c goes home\n");
    return rc;
}

static void start_player_in_lua(crib_nursery *n, const struct field *field, lua_State *L) {
    lua_getglobal(L, "play");
    crib_lua_push_receiver(L, crib_receiver_clone(field->rx));
    crib_lua_push_sender(L, crib_sender_clone(field->tx));
    crib_lua_start(n, "lua", L, 2);
}

static int rally(lua_State *L) {
    struct field field;
    crib_scope *deadline;
    crib_nursery *n;
    int rc = crib_channel_open(0, &field.tx, &field.rx);
    if (rc < 0) return rc;
    deadline = crib_move_on_after(CRIB_MS(200));
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "c", play, &field, NULL);
    start_player_in_cpp(n, &field);
    start_player_in_lua(n, &field, L);
    rc = crib_sender_send(field.tx, crib_value_int(0));
    rc = crib_nursery_close(n, rc);
    crib_unref(field.tx);
    crib_unref(field.rx);
    return crib_scope_close(deadline, rc, NULL);
}

/* Runs a function of Lua in a nursery of its own. Returns what it failed with. */
static crib_error *fail_in_lua(lua_State *L, const char *function) {
    crib_nursery *n = crib_nursery_open();
    lua_getglobal(L, function);
    crib_lua_start(n, function, L, 0);
    return crib_nursery_close_error(n, NULL);
}

/* Says what everybody sees of an error. */
static int explain(lua_State *L, crib_error *error) {
    crib_nursery *n = crib_nursery_open();
    printf("  c sees %s: %s\n", crib_error_name(crib_error_code(error)), crib_error_message(error));
    explain_in_cpp(error);
    lua_getglobal(L, "explain");
    crib_lua_push_error(L, error);
    crib_lua_start(n, "explain", L, 1);
    return crib_nursery_close(n, 0);
}

static int app(void *state) {
    lua_State *L = state;
    int rc;
    printf("a rally, until time is up:\n");
    rc = rally(L);
    printf("an error of Lua:\n");
    if (rc == 0) rc = explain(L, fail_in_lua(L, "burst_the_ball"));
    printf("an exception of C++, through a nursery of Lua:\n");
    if (rc == 0) rc = explain(L, fail_in_lua(L, "host_a_clumsy_one"));
    return rc;
}

/* start_clumsy_in_cpp(nursery), for Lua. */
static int l_start_clumsy(lua_State *L) {
    crib_nursery *n = crib_lua_to_nursery(L, 1);
    if (n == NULL) return luaL_error(L, "a nursery is wanted");
    start_clumsy_in_cpp(n);
    return 0;
}

int main(int argc, char **argv) {
    lua_State *L = luaL_newstate();
    int rc = -1;
    luaL_openlibs(L);
    crib_lua_open(L);
    lua_register(L, "start_clumsy_in_cpp", l_start_clumsy);
    if (argc > 1 && luaL_dofile(L, argv[1]) == 0) {
        rc = crib_run(app, L);
    } else {
        fprintf(stderr, "%s\n", argc > 1 ? lua_tostring(L, -1) : "usage: mixed players.lua");
    }
    lua_close(L);
    return rc < 0;
}
