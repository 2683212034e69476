/* The parts of channels that are not one call of C. */
#include "glue.h"

#include <math.h>
#include <string.h>

enum { BATCH_MOST = 1024 };

static void push_end(lua_State *L, int kind, void *p, uint64_t channel, bool shared) {
    struct lc_channel_end *e = lc_handle_new(L, kind, sizeof *e, p);
    e->channel = channel;
    e->rt = crib_runtime_current();
    e->head.shared = shared;
}

/* channel_open(capacity, overflow, shared) → sender, receiver */
int lc_channel_open(lua_State *L) {
    static __thread uint64_t channels;
    const double capacity = lua_tonumber(L, 1);
    crib_channel_options o;
    crib_sender *tx = NULL;
    crib_receiver *rx = NULL;
    int rc;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.capacity = capacity >= 1e18 ? CRIB_UNBOUNDED : (size_t)capacity;
    o.overflow = (int32_t)lua_tointeger(L, 2);
    o.shared = lua_toboolean(L, 3);
    if (!(capacity >= 0) || (capacity < 1e18 && capacity != floor(capacity))) {
        lc_push_misuse(L, "crib: channel: 'capacity' must be a whole number >= 0 or math.huge");
        return lua_error(L);
    }
    rc = crib_channel_open_with(&o, &tx, &rx);
    if (rc < 0) return lc_raise(L, rc);
    channels++;
    push_end(L, LC_SENDER, tx, channels, o.shared != 0);
    push_end(L, LC_RECEIVER, rx, channels, o.shared != 0);
    return 2;
}

bool lc_shared_sender(lua_State *L, int index) {
    const struct lc_handle *h = lc_handle_at(L, index);
    return h != NULL && h->kind == LC_SENDER && h->shared;
}

static struct lc_handle *end_at(lua_State *L, const char *function) {
    struct lc_handle *h = lc_handle_at(L, 1);
    if (h == NULL || (h->kind != LC_SENDER && h->kind != LC_RECEIVER) || h->p == NULL) {
        lc_refused(L, 1, function, "self", "end of a channel");
        lua_error(L);
    }
    return h;
}

/* end_clone(end) */
int lc_end_clone(lua_State *L) {
    struct lc_handle *h = end_at(L, "clone");
    void *p = h->kind == LC_SENDER ? (void *)crib_sender_clone(h->p) : (void *)crib_receiver_clone(h->p);
    if (p == NULL) return lc_raise(L, h->closed ? CRIB_ECLOSED : CRIB_EMISUSE);
    push_end(L, h->kind, p, ((struct lc_channel_end *)h)->channel, h->shared);
    return 1;
}

/* end_close(end [, err]) */
int lc_end_close(lua_State *L) {
    struct lc_handle *h = end_at(L, "close");
    int rc = 0;
    if (h->kind == LC_RECEIVER) {
        crib_receiver_close(h->p);
    } else if (lua_isnoneornil(L, 2)) {
        crib_sender_close(h->p);
    } else {
        rc = crib_sender_close_error(h->p, lc_to_error(L, 2, lc_current == NULL ? NULL : lc_current->scope));
    }
    if (rc < 0) return lc_raise(L, rc);
    h->closed = true;
    return 0;
}

/* receive_more(receiver, list, most): appends what is there → how many the list has now, or 0 and why it has none. */
int lc_receive_more(lua_State *L) {
    crib_receiver *rx = lc_check(L, 1, LC_RECEIVER, "receive_batch", "rx");
    const int most = (int)lua_tointeger(L, 3);
    int have, rc = 0;
    crib_value v;
    if (rx == NULL) return lua_error(L);
    have = (int)lua_rawlen(L, 2);
    while (have < most && (rc = crib_receiver_receive_nowait(rx, &v)) == 0) {
        lc_push_value(L, v);
        lua_rawseti(L, 2, ++have);
    }
    if (rc < 0 && have == 0 && rc != CRIB_EWOULDBLOCK && rc != CRIB_EENDOFCHANNEL) {
        return lc_raise_tree(L, rc, crib_receiver_error(rx));
    }
    lua_pushinteger(L, have);
    lua_pushstring(L, rc == CRIB_EENDOFCHANNEL ? "ended" : "empty");
    return 2;
}
