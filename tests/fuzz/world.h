/* What a fuzzed run plays with: handles of every kind, in pools that keep stale ones, and a count of everything that the
 * library has to destroy or drop. Counted handles in the pools are owned; ids may be stale, NULL or invented. */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <crib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL 24

struct pool {
    void *items[POOL];
    int count;
};

struct block {
    crib_scope *scope;
    crib_nursery *nursery;
};

/* A task that makes random calls. */
struct actor {
    crib_task *task; /* owned; NULL for a main fiber before it runs */
    crib_op *slots[2];
    struct block blocks[8];
    int depth;
    int calls_left;
    bool stackless, exited, destroyed;
    struct actor *next;
};

struct world {
    uint64_t random;
    struct pool scopes, nurseries, ops;                                   /* ids */
    struct pool tasks, senders, receivers, portals, errors, expectations; /* counted, owned */
    crib_local *local;
    crib_portal *janitor; /* completes waits whose abort said "later"; NULL = there are none */
    struct actor *actors;
    int actors_left;
    int calls_in_callbacks;
    bool may_deadlock; /* no timeout around everything, and nothing that a wake-up is expected from */
    bool polled;       /* stackless tasks have no resume function */
    int nowhere;       /* a file descriptor */
    long outstanding;  /* destroys and drops still to come */
};

static struct world world;

static inline uint64_t rnd64(void) {
    world.random ^= world.random >> 12;
    world.random ^= world.random << 25;
    world.random ^= world.random >> 27;
    return world.random * 0x2545F4914F6CDD1DULL;
}

static inline int rnd(int n) { return (int)((rnd64() >> 33) % (uint64_t)n); }
static inline bool one_in(int n) { return rnd(n) == 0; }

/* ---- pools */

static inline void pool_put_id(struct pool *pool, void *id) {
    if (id == NULL) return;
    if (pool->count < POOL)
        pool->items[pool->count++] = id;
    else
        pool->items[rnd(POOL)] = id;
}

static inline void pool_put_owned(struct pool *pool, void *handle) {
    if (handle == NULL) return;
    if (pool->count < POOL)
        pool->items[pool->count++] = handle;
    else {
        int i = rnd(POOL);
        void *old = pool->items[i];
        pool->items[i] = handle;
        crib_unref(old);
    }
}

/* Any id: of the pool, stale or not; now and then NULL, or a number that never was one. */
static inline void *any_id(const struct pool *pool) {
    if (one_in(24)) return NULL;
    if (one_in(64)) return (void *)(uintptr_t)(rnd64() >> rnd(64));
    return pool->count == 0 ? NULL : pool->items[rnd(pool->count)];
}

static inline void *any_owned(const struct pool *pool) {
    if (pool->count == 0 || one_in(32)) return NULL;
    return pool->items[rnd(pool->count)];
}

static inline void pool_drop_one(struct pool *pool) {
    void *handle;
    int i;
    if (pool->count == 0) return;
    i = rnd(pool->count);
    handle = pool->items[i];
    pool->items[i] = pool->items[--pool->count];
    crib_unref(handle);
}

static inline void pool_release(struct pool *pool) {
    while (pool->count > 0) crib_unref(pool->items[--pool->count]);
}

/* ---- what must be destroyed or dropped exactly once: a block each, so that doing it twice is a double free */

static inline void *owed(void) {
    int *p = malloc(sizeof *p);
    if (p == NULL) abort();
    *p = 1;
    world.outstanding++;
    return p;
}

static void from_callback(void);

static inline void pay(void *p) {
    if (*(int *)p != 1) abort();
    *(int *)p = 0;
    world.outstanding--;
    free(p);
    from_callback();
}

static inline void pay_data(uintptr_t p) { pay((void *)p); }

static const crib_vtable owed_type = {sizeof(crib_vtable), pay, "owed", 0};
static const crib_vtable owed_record_type = {sizeof(crib_vtable), pay, "owed", CRIB_VALUE_DROP_RECORD};

static inline crib_value any_value(void) {
    crib_value v = {NULL, NULL};
    switch (rnd(3)) {
        case 0: return v;
        case 1: return crib_value_int((int64_t)rnd64());
        default:
            v.p = owed();
            v.vt = one_in(4) ? &owed_record_type : &owed_type;
            return v;
    }
}

static inline crib_error *any_error(void) {
    static const int codes[] = {-1000001, -1000002, CRIB_ECANCELLED, CRIB_EMISUSE, CRIB_ETOOSLOW, -12, 0, 7};
    int code = codes[rnd(8)];
    switch (rnd(5)) {
        case 0: return crib_error_new(code, "an error");
        case 1: return crib_error_new_payload(code, NULL, any_value());
        case 2: return crib_error_cancelled(any_id(&world.scopes));
        case 3: return crib_error_ref(any_owned(&world.errors));
        default: return NULL;
    }
}

static inline crib_error *any_group(void) {
    crib_error *parts[4];
    int i;
    for (i = 0; i < 4; i++) parts[i] = one_in(3) ? NULL : any_error();
    return crib_error_group(one_in(2) ? NULL : "group", parts, 4);
}

static inline int64_t any_time(void) {
    switch (rnd(8)) {
        case 0: return CRIB_EXPIRED;
        case 1: return crib_now();
        case 2: return crib_now() - (int64_t)(rnd64() >> 20);
        case 3: return 1;
        default: return crib_now() + (int64_t)(rnd64() >> 30); /* up to 17 s */
    }
}

/* A wait that ends by itself, or one that only a cancel ends. */
static inline int64_t any_duration(void) {
    switch (rnd(8)) {
        case 0: return 0;
        case 1: return -1 - (int64_t)(rnd64() >> 2);
        case 2: return CRIB_FOREVER;
        case 3: return CRIB_SECONDS(100000000);
        default: return (int64_t)(rnd64() >> (20 + rnd(40)));
    }
}

static inline int any_result(void) {
    static const int codes[] = {0, 0, 0, 5, -1000001, -1000002, CRIB_ECANCELLED, CRIB_EMISUSE, CRIB_PENDING, -1};
    return codes[rnd(10)];
}

#endif
