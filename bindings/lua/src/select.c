/* Select: clauses are tables, `{ receive = rx }`, or false. */
#include "glue.h"

#include <string.h>

struct kind {
    const char *name;
    int32_t clause;
    int handle;
};

static const struct kind kinds[] = {{"receive", CRIB_CLAUSE_RECEIVE, LC_RECEIVER},
                                    {"send", CRIB_CLAUSE_SEND, LC_SENDER},
                                    {"lock", CRIB_CLAUSE_LOCK, LC_LOCK},
                                    {"semaphore", CRIB_CLAUSE_SEMAPHORE, LC_SEMAPHORE},
                                    {"event", CRIB_CLAUSE_EVENT, LC_EVENT},
                                    {"token", CRIB_CLAUSE_TOKEN, LC_TOKEN},
                                    {"task", CRIB_CLAUSE_TASK, LC_TASK}};

/* The value at the top is that of a key `name` of the clause; false with a message pushed if it makes no sense. */
static bool named(lua_State *L, const char *name, crib_clause *c) {
    int64_t ns;
    size_t i;
    if (strcmp(name, "value") == 0) return true;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            c->kind = kinds[i].clause;
            c->object = lc_check(L, -1, kinds[i].handle, "select", name);
            return c->object != NULL;
        }
    }
    if (strcmp(name, "after") != 0 && strcmp(name, "at") != 0) {
        lc_push_misuse(L, "crib: select: no clause has '%s'", name);
        return false;
    }
    if (!lc_to_time(L, -1, "select", name, &ns)) return false;
    c->kind = CRIB_CLAUSE_DEADLINE;
    if (name[1] == 'f') { /* after */
        const int64_t now = crib_now();
        ns = ns > 0 && now > CRIB_FOREVER - ns ? CRIB_FOREVER : now + (ns > 0 ? ns : 0);
    }
    c->time = ns;
    return true;
}

static bool shared(lua_State *L, int clause) {
    bool is;
    lua_getfield(L, clause, "send");
    is = lc_shared_sender(L, -1);
    lua_pop(L, 1);
    return is;
}

/* Reads the clause at the top of the stack. */
static bool read_clause(lua_State *L, int number, crib_clause *c) {
    const int clause = lua_gettop(L);
    memset(c, 0, sizeof *c);
    c->status = CRIB_PENDING;
    if (!lua_toboolean(L, clause)) return true; /* switched off */
    if (!lua_istable(L, clause)) {
        lc_push_misuse(L, "crib: select: clause %d must be a table or false, not %s", number, luaL_typename(L, clause));
        return false;
    }
    lua_pushnil(L);
    while (lua_next(L, clause) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            lc_push_misuse(L, "crib: select: clause %d has a key that is no name", number);
            return false;
        }
        if (!named(L, lua_tostring(L, -2), c)) return false;
        lua_settop(L, clause + 1);
    }
    if (c->kind == CRIB_CLAUSE_NONE) {
        lc_push_misuse(L, "crib: select: clause %d names no operation", number);
        return false;
    }
    if (c->kind == CRIB_CLAUSE_SEND) {
        lua_getfield(L, clause, "value");
        return lc_to_value(L, -1, shared(L, clause), &c->value);
    }
    return true;
}

/* While a select waits its task keeps the ends and the values to send in a list, two places a clause, whatever becomes of
 * the caller's tables. The tables are at 1, the list is pushed. */
static void push_kept(lua_State *L, const crib_clause *clauses, int count) {
    int i;
    lua_createtable(L, 2 * count, 0);
    for (i = 0; i < count; i++) {
        const bool sends = clauses[i].kind == CRIB_CLAUSE_SEND;
        if (!sends && clauses[i].kind != CRIB_CLAUSE_RECEIVE) continue;
        lua_rawgeti(L, 1, i + 1);
        lua_getfield(L, -1, sends ? "send" : "receive");
        lua_rawseti(L, -3, 2 * i + 1);
        if (sends) {
            lua_getfield(L, -1, "value");
            lua_rawseti(L, -3, 2 * i + 2);
        }
        lua_pop(L, 1);
    }
}

/* What the clauses were, from the list at 1. */
static void restore(lua_State *L, crib_clause *clauses, int count) {
    int i;
    for (i = 0; i < count; i++) {
        const struct lc_handle *h;
        lua_rawgeti(L, 1, 2 * i + 1);
        h = lc_handle_at(L, -1);
        lua_pop(L, 1);
        if (h == NULL) continue;
        clauses[i].kind = h->kind == LC_SENDER ? CRIB_CLAUSE_SEND : CRIB_CLAUSE_RECEIVE;
        clauses[i].object = h->p;
    }
}

/* Values of send clauses that were not chosen stay with Lua. The list is at 1 if they were kept there, else the tables. */
static void give_back(lua_State *L, crib_clause *clauses, int count, bool kept) {
    int i;
    for (i = 0; i < count; i++) {
        const int top = lua_gettop(L);
        if (clauses[i].kind != CRIB_CLAUSE_SEND || clauses[i].value.vt == NULL) continue;
        lua_rawgeti(L, 1, kept ? 2 * i + 2 : i + 1);
        if (!kept) lua_getfield(L, -1, "value");
        lc_return_value(L, -1, clauses[i].value);
        lua_settop(L, top);
    }
}

static int read_clauses(lua_State *L, crib_clause *clauses, uint32_t *flags) {
    int i, count;
    if (!lua_istable(L, 1)) {
        lc_refused(L, 1, "select", "clauses", "table");
        lua_error(L);
    }
    lua_settop(L, 1);
    count = (int)lua_rawlen(L, 1);
    if (count > CRIB_SELECT_MOST) {
        lc_push_misuse(L, "crib: select: more than %d clauses", CRIB_SELECT_MOST);
        lua_error(L);
    }
    lua_getfield(L, 1, "in_order");
    *flags = lua_toboolean(L, -1) ? CRIB_SELECT_IN_ORDER : 0;
    lua_pop(L, 1);
    for (i = 0; i < count; i++) {
        lua_rawgeti(L, 1, i + 1);
        if (!read_clause(L, i + 1, &clauses[i])) {
            give_back(L, clauses, i, false);
            lua_error(L);
        }
        lua_settop(L, 1);
    }
    return count;
}

/* Pushes the index and what came of the clause; raises what the select failed with. */
static int chosen(lua_State *L, crib_clause *clauses, int count, int rc, bool kept) {
    crib_clause *c;
    give_back(L, clauses, count, kept);
    if (rc < 0) return lc_raise(L, rc);
    c = &clauses[rc];
    lua_pushinteger(L, rc + 1);
    if (c->status < 0) {
        lua_pushnil(L);
        if (c->kind == CRIB_CLAUSE_RECEIVE) {
            crib_error *tree = crib_receiver_error(c->object);
            if (tree != NULL) {
                lc_push_error(L, tree);
                return 3;
            }
        }
        lc_push_failure(L, c->status);
        return 3;
    }
    if (c->kind != CRIB_CLAUSE_RECEIVE) return 1;
    lc_push_value(L, c->value);
    return 2;
}

int lc_select(lua_State *L) {
    struct lc_task *t = lc_current;
    crib_clause clauses[CRIB_SELECT_MOST];
    crib_op *op = lc_op(L);
    uint32_t flags;
    int count, rc;
    if (op == NULL) return lua_error(L);
    count = read_clauses(L, clauses, &flags);
    rc = crib_begin_select(op, clauses, (size_t)count, flags);
    if (rc == CRIB_PENDING) {
        push_kept(L, clauses, count);
        t->clauses = lc_slot_take(t->world, L);
        t->count = count;
        return lc_wait_status(L, LC_CLAUSE, rc);
    }
#if LC_JIT
    lua_pushnil(L);
    return 1 + chosen(L, clauses, count, rc, false);
#else
    return chosen(L, clauses, count, rc, false);
#endif
}

int lc_select_take(lua_State *L, struct lc_task *t) {
    crib_clause clauses[CRIB_SELECT_MOST];
    int rc;
    memset(clauses, 0, sizeof(*clauses) * (size_t)t->count);
    lua_settop(L, 0);
    lc_slot_push(L, t->clauses);
    restore(L, clauses, t->count);
    rc = crib_op_take_select(t->op, clauses, (size_t)t->count);
    lc_slot_free(t->clauses);
    t->clauses = NULL;
    return chosen(L, clauses, t->count, rc, true);
}

/* select_nowait(clauses) → nil, or as select */
int lc_select_nowait(lua_State *L) {
    crib_clause clauses[CRIB_SELECT_MOST];
    uint32_t flags;
    const int count = read_clauses(L, clauses, &flags);
    const int rc = crib_select_nowait(clauses, (size_t)count, flags);
    if (rc != CRIB_EWOULDBLOCK) return chosen(L, clauses, count, rc, false);
    give_back(L, clauses, count, false);
    return 0;
}
