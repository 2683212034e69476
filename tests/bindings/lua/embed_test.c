/* crib_lua.h: tasks of Lua beside fibers of C. The folder of the tests is argument 1. Exit code 0 means passed. */
#include <crib_lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                                                   \
    do {                                                                                                               \
        if (!(claim)) {                                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #claim);                                                \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static int failures;
static lua_State *L;

static void function(const char *name) {
    lua_getglobal(L, "embed");
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static const char *text_of(const char *name) {
    const char *text;
    function(name);
    text = lua_tostring(L, -1);
    lua_pop(L, 1); /* the table keeps it */
    return text == NULL ? "" : text;
}

/* --- values through Lua and back --- */

static int dropped;
static void drop(void *p) {
    (void)p;
    dropped++;
}
static const crib_vtable ours = {sizeof(crib_vtable), drop, "ours", 0};

struct relay {
    crib_sender *tx;
    crib_receiver *rx;
};

static int feed(void *user_data) {
    const struct relay *r = user_data;
    const crib_value big = crib_value_int(INT64_MAX), small = crib_value_int(INT64_MIN + 1), nil = {NULL, NULL};
    const crib_value foreign = {&dropped, &ours};
    crib_sender_send(r->tx, big);
    crib_sender_send(r->tx, small);
    crib_sender_send(r->tx, crib_value_int(-7));
    crib_sender_send(r->tx, foreign);
    crib_sender_send(r->tx, nil);
    lua_newtable(L);
    CHECK(crib_sender_send(r->tx, crib_lua_to_value(L, -1)) == 0);
    lua_pop(L, 1);
    crib_sender_close(r->tx);
    return 0;
}

static int drain(void *user_data) {
    const struct relay *r = user_data;
    crib_value v;
    CHECK(crib_receiver_receive(r->rx, &v) == 0 && crib_value_as_int(v, 0) == INT64_MAX);
    CHECK(crib_receiver_receive(r->rx, &v) == 0 && crib_value_as_int(v, 0) == INT64_MIN + 1);
    CHECK(crib_receiver_receive(r->rx, &v) == 0 && crib_value_as_int(v, 0) == -7);
    CHECK(crib_receiver_receive(r->rx, &v) == 0 && v.p == &dropped && v.vt == &ours && dropped == 0);
    crib_value_drop(v);
    CHECK(crib_receiver_receive(r->rx, &v) == 0 && v.vt == NULL);
    CHECK(crib_receiver_receive(r->rx, &v) == 0);
    crib_lua_push_value(L, v);
    CHECK(lua_istable(L, -1));
    lua_pop(L, 1);
    CHECK(crib_receiver_receive(r->rx, &v) == CRIB_EENDOFCHANNEL);
    return 0;
}

static int values(void *unused) {
    struct relay r;
    crib_sender *tx;
    crib_receiver *rx;
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    CHECK(crib_channel_open(0, &r.tx, &rx) == 0 && crib_channel_open(0, &tx, &r.rx) == 0);
    crib_nursery_start_soon(n, "feed", feed, &r, NULL);
    crib_nursery_start_soon(n, "drain", drain, &r, NULL);
    function("relay");
    crib_lua_push_receiver(L, rx);
    CHECK(crib_lua_to_receiver(L, -1) == rx && crib_lua_to_sender(L, -1) == NULL);
    crib_lua_push_sender(L, tx);
    CHECK(crib_lua_to_sender(L, -1) == tx);
    CHECK(crib_lua_start(n, "relay", L, 2) != NULL);
    CHECK(crib_nursery_close(n, 0) == 0);
    CHECK(dropped == 1);
    CHECK(strstr(text_of("log"), "-7 userdata userdata table") != NULL);
    CHECK(strstr(text_of("log"), "9223372036854775807") != NULL || strstr(text_of("log"), "cdata") != NULL);
    crib_unref(r.tx);
    crib_unref(r.rx);
    return 0;
}

/* --- errors --- */

static int fail_in_c(void *unused) {
    (void)unused;
    return crib_fail(-1000007, "a failure of C");
}

static int l_nursery_of_c(lua_State *S) { return crib_lua_call(S, fail_in_c, NULL, NULL); }

/* Pushes the one failure of a group. */
static void push_failure(crib_error *group) {
    crib_lua_push_error(L, group);
    lua_getfield(L, -1, "errors");
    lua_rawgeti(L, -1, 1);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

static int errors(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_error *error, *leaf;
    (void)unused;
    function("fail");
    crib_lua_start(n, NULL, L, 0);
    error = crib_nursery_close_error(n, NULL);
    leaf = crib_error_find(error, CRIB_EFOREIGN);
    CHECK(strcmp(crib_error_message(leaf), "a failure of Lua") == 0);
    CHECK(strncmp(crib_error_task_name(leaf), "embed.lua:", 10) == 0);
    push_failure(error);
    function("failure");
    CHECK(lua_rawequal(L, -1, -2));
    lua_pop(L, 2);

    n = crib_nursery_open();
    function("rethrow");
    lua_getglobal(L, "crib");
    lua_getfield(L, -1, "waits");
    lua_remove(L, -2);
    lua_pushcfunction(L, l_nursery_of_c);
    lua_call(L, 1, 1);
    crib_lua_start(n, NULL, L, 1);
    error = crib_nursery_close_error(n, NULL);
    leaf = crib_error_find(error, -1000007);
    CHECK(strcmp(crib_error_message(leaf), "a failure of C") == 0);
    function("caught");
    push_failure(error);
    CHECK(lua_rawequal(L, -1, -2));
    error = crib_lua_to_error(L, -1, NULL);
    CHECK(crib_error_code(error) == -1000007);
    crib_unref(error);
    lua_pop(L, 2);
    crib_lua_push_error(L, NULL);
    CHECK(lua_isnil(L, -1) && crib_lua_to_error(L, -1, NULL) == NULL);
    lua_pop(L, 1);
    return 0;
}

/* --- other threads --- */

struct sender {
    crib_portal *portal;
    crib_sender *tx;
};

static void send_here(void *user_data) {
    crib_value v = crib_value_int(5);
    CHECK(crib_sender_send_nowait(user_data, &v) == 0);
}

static void close_here(void *user_data) { crib_sender_close(user_data); }

static void *elsewhere(void *user_data) {
    const struct sender *s = user_data;
    int i;
    for (i = 0; i < 100; i++) CHECK(crib_portal_post(s->portal, send_here, s->tx, NULL) == 0);
    CHECK(crib_portal_post(s->portal, close_here, s->tx, NULL) == 0);
    crib_unref(s->portal);
    return NULL;
}

static int threads(void *unused) {
    struct sender s;
    crib_receiver *rx;
    crib_task *task;
    crib_value v;
    pthread_t thread;
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    s.portal = crib_portal_open();
    crib_channel_open(CRIB_UNBOUNDED, &s.tx, &rx);
    function("sum");
    crib_lua_push_receiver(L, rx);
    task = crib_task_ref(crib_lua_start(n, "sum", L, 1));
    CHECK(pthread_create(&thread, NULL, elsewhere, &s) == 0);
    CHECK(crib_nursery_close(n, 0) == 0);
    pthread_join(thread, NULL);
    CHECK(crib_task_result(task, &v) == 0 && crib_value_as_int(v, 0) == 500);
    crib_unref(task);
    crib_unref(s.tx);
    return 0;
}

/* --- functions of C that wait --- */

static int nap(void *user_data) {
    const int seconds = *(int *)user_data;
    int rc;
    if (seconds < 0) return -1000000 + seconds;
    rc = crib_sleep(CRIB_SECONDS(seconds));
    return rc < 0 ? rc : seconds * 100;
}

static int freed;
static void free_counted(void *p) {
    freed++;
    free(p);
}

static int l_nap(lua_State *S) {
    int *seconds = malloc(sizeof *seconds);
    *seconds = (int)lua_tointeger(S, 1);
    return crib_lua_call(S, nap, seconds, free_counted);
}

static int calls(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task;
    crib_value v;
    (void)unused;
    function("sleepy");
    lua_pushcfunction(L, l_nap);
    task = crib_task_ref(crib_lua_start(n, NULL, L, 1));
    function("refused");
    lua_pushcfunction(L, l_nap);
    crib_lua_start(n, NULL, L, 1);
    CHECK(crib_nursery_close(n, 0) == 0);
    CHECK(crib_task_result(task, &v) == 0 && crib_value_as_int(v, 0) == 303);
    CHECK(freed == 3);
    crib_unref(task);
    lua_pushcfunction(L, l_nap);
    lua_pushinteger(L, 1);
    CHECK(lua_pcall(L, 1, 0, 0) != 0 && strstr(lua_tostring(L, -1), "needs a task") != NULL);
    CHECK(freed == 4);
    lua_pop(L, 1);
    return 0;
}

/* --- a value that outlives its state --- */

static crib_value kept;
static int keep(void *unused) {
    (void)unused;
    lua_newtable(L);
    kept = crib_lua_to_value(L, -1);
    lua_pop(L, 1);
    return 0;
}

static int run(int (*body)(void *)) {
    crib_runtime_options options = {0};
    crib_runtime *rt;
    int rc;
    options.size = sizeof options;
    options.mock_clock = body == threads ? 0 : 2;
    rt = crib_runtime_new(&options);
    rc = crib_runtime_run(rt, body, NULL, NULL);
    crib_unref(rt);
    return rc;
}

static const char *folder;

static void open_state(void) {
    L = luaL_newstate();
    luaL_openlibs(L);
    crib_lua_open(L);
    CHECK(crib_lua_start(NULL, NULL, (lua_pushnil(L), L), 0) == NULL); /* before "crib" is required */
    lua_pushfstring(L, "crib = require 'crib'; embed = dofile '%s/embed.lua'", folder);
    if (luaL_dostring(L, lua_tostring(L, -1)) != 0) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(1);
    }
    lua_settop(L, 0);
}

static void whole_run(void) {
    crib_runtime_options options = {0};
    crib_runtime *rt;
    options.size = sizeof options;
    options.mock_clock = 2;
    rt = crib_runtime_new(&options);
    function("main");
    lua_pushinteger(L, 2);
    lua_pushinteger(L, 3);
    CHECK(crib_lua_run(rt, L, 2) == 0);
    crib_unref(rt);
    CHECK(atoi(text_of("result")) == 5);
}

/* --- a state in each of two threads, and a channel between them --- */

struct side {
    const char *function;
    crib_sender *tx;
    crib_receiver *rx;
    int rc;
};

static void *state_of_its_own(void *user_data) {
    struct side *s = user_data;
    crib_runtime *rt = crib_runtime_new(NULL);
    lua_State *own = luaL_newstate();
    luaL_openlibs(own);
    crib_lua_open(own);
    lua_pushfstring(own, "crib = require 'crib'; embed = dofile '%s/embed.lua'", folder);
    CHECK(luaL_dostring(own, lua_tostring(own, -1)) == 0);
    lua_getglobal(own, "embed");
    lua_getfield(own, -1, s->function);
    if (s->tx != NULL) {
        crib_lua_push_shared_sender(own, s->tx);
    } else {
        crib_lua_push_receiver(own, s->rx);
    }
    s->rc = crib_lua_run(rt, own, 1);
    lua_close(own);
    crib_unref(rt);
    return NULL;
}

static void two_states(void) {
    struct side sides[2] = {{"produce", NULL, NULL, -1}, {"consume", NULL, NULL, -1}};
    pthread_t threads_of[2];
    int i;
    CHECK(crib_channel_open_shared(4, &sides[0].tx, &sides[1].rx) == 0);
    for (i = 0; i < 2; i++) CHECK(pthread_create(&threads_of[i], NULL, state_of_its_own, &sides[i]) == 0);
    for (i = 0; i < 2; i++) {
        pthread_join(threads_of[i], NULL);
        CHECK(sides[i].rc == 0);
    }
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : ".";
    open_state();
    CHECK(run(values) == 0);
    CHECK(run(errors) == 0);
    CHECK(run(threads) == 0);
    CHECK(run(calls) == 0);
    whole_run();
    CHECK(run(keep) == 0);
    CHECK(lua_gettop(L) == 0);
    lua_close(L);
    crib_value_drop(kept);
    open_state();
    whole_run();
    lua_close(L);
    two_states();
    return failures != 0;
}
