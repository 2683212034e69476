/* Inside the binding: what the generated part (core_wrap.c) and the written parts share. One state of Lua has one
 * *world*: its values that are on the way through C, its tasks and its metatables. */
#ifndef CRIB_LUA_GLUE_H
#define CRIB_LUA_GLUE_H

#include "compat.h"
#include "crib_lua.h"

#define LC_HIDDEN __attribute__((visibility("hidden")))

/* --- values --- */

/* A place for a Lua value that C holds. It outlives its state. */
struct lc_slot {
    struct lc_world *world;
    struct lc_slot *next; /* free ones */
    int index;            /* in the world's table */
};

/* A string, number or boolean that may go to other threads. */
struct lc_copy;

enum lc_metatable { LC_CANCELLED, LC_GROUP, LC_ERROR, LC_METATABLES };

struct lc_world {
    crib_vtable any;      /* what the values of this state are known by; `p` is a slot */
    crib_vtable pack;     /* several results of a task; `p` is a slot */
    lua_State *main;      /* NULL once the state is closed */
    lua_State *scratch;   /* a thread for what drops do: it never runs anything */
    lua_State *callbacks; /* a thread for functions that C calls outside tasks */
    lua_State *from;      /* who drives the run */
    const crib_vtable *integer;
    struct lc_slot *free;
    struct lc_chunk *chunks;
    int slots;            /* ever made */
    size_t living;        /* slots in use, the world itself counted */
    struct lc_task *idle; /* coroutines for the next tasks */
    int idle_count;
    struct lc_end *lost; /* ends of channels that nobody holds any more, and that keep their channel open */
    int values;          /* registry: table of what the slots hold */
    int errors;          /* registry: weak table, crib_error to the table made of it */
    int reasons;         /* registry: weak table, closed scope to why it was cancelled */
    int entry;           /* registry: the function that tasks begin with */
    int handles[32];     /* registry: metatables by kind of handle */
    int metatables[LC_METATABLES];
    const void *marks[LC_METATABLES]; /* the same, to compare with */
    char *folder;                     /* of the Lua files, as in the source of a function; NULL = unknown */
    bool stress;                      /* collect garbage at each resume */
};

LC_HIDDEN struct lc_world *lc_world_of(lua_State *L);
LC_HIDDEN void lc_world_open(lua_State *L);
LC_HIDDEN struct lc_slot *lc_slot_take(struct lc_world *w, lua_State *L); /* pops the value it holds from now on */
LC_HIDDEN void lc_slot_push(lua_State *L, struct lc_slot *s);
LC_HIDDEN void lc_slot_free(struct lc_slot *s);

LC_HIDDEN void lc_push_int64(lua_State *L, int64_t v);
LC_HIDDEN bool lc_to_int64(lua_State *L, int index, int64_t *out);
LC_HIDDEN void lc_push_value(lua_State *L, crib_value v);
LC_HIDDEN bool lc_push_simple(lua_State *L, struct lc_world *w, crib_value v); /* needs no memory; false: not pushed */
LC_HIDDEN int lc_push_values(lua_State *L, crib_value v);                      /* one, or all of a pack */
/* On failure a message is pushed. `sendable`: it is to go to other threads. */
LC_HIDDEN bool lc_to_value(lua_State *L, int index, bool sendable, crib_value *out);
/* Gives back a value that was not consumed. */
LC_HIDDEN void lc_return_value(lua_State *L, int index, crib_value v);

/* Seconds to nanoseconds; false with a message pushed for what is no time. */
LC_HIDDEN bool lc_to_time(lua_State *L, int index, const char *function, const char *name, int64_t *out);
LC_HIDDEN void lc_push_time(lua_State *L, int64_t ns);

/* --- handles: userdata with a magic number, a kind and a pointer --- */

enum lc_kind {
    LC_SENDER,
    LC_RECEIVER,
    LC_LOCK,
    LC_RWLOCK,
    LC_SEMAPHORE,
    LC_CONDITION,
    LC_LIMITER,
    LC_EVENT,
    LC_BARRIER,
    LC_TOKEN,
    LC_TASK,
    LC_PORTAL,
    LC_EXPECTATION,
    LC_RUNTIME,
    LC_LOCAL,
    LC_TREE,
    LC_SCOPE,
    LC_NURSERY,
    LC_FOREIGN,
    LC_GUEST,
    LC_KINDS
};

struct lc_handle {
    const void *magic;
    void *p;
    int32_t kind;
    bool closed; /* ends: by close, so that the last reference changes nothing */
    bool shared;
};

struct lc_channel_end {
    struct lc_handle head;
    uint64_t channel; /* a number that the ends of one channel share; 0 = unknown */
    crib_runtime *rt; /* of the run that may look at it; the end keeps it */
};

/* Scopes, and those of nurseries. */
struct lc_scope {
    struct lc_handle head;
    crib_scope *around; /* what is current again afterwards */
    struct lc_task *task;
    int8_t source; /* once it is closed; the reason is in the world's table then */
    bool caught, called, shield;
};

struct lc_nursery {
    struct lc_handle head;
    crib_scope *around;
    crib_scope *scope;
    struct lc_task *task;
    struct lc_slot *on_failure;
};

struct lc_foreign {
    struct lc_handle head;
    const crib_vtable *vt;
};

LC_HIDDEN void lc_handles_open(lua_State *L, struct lc_world *w);
LC_HIDDEN void *lc_handle_new(lua_State *L, int kind, size_t size, void *p);
LC_HIDDEN void lc_push_handle(lua_State *L, int kind, void *p); /* nil for NULL */
LC_HIDDEN struct lc_handle *lc_handle_at(lua_State *L, int index);
/* NULL with a message pushed if it is something else. */
LC_HIDDEN void *lc_check(lua_State *L, int index, int kind, const char *function, const char *name);
LC_HIDDEN struct lc_handle *lc_check_handle(lua_State *L, int index, int kind, const char *function, const char *name);
LC_HIDDEN void lc_push_where(lua_State *L);
LC_HIDDEN void lc_push_misuse(lua_State *L, const char *format, ...);
LC_HIDDEN void lc_refused(lua_State *L, int index, const char *function, const char *name, const char *wanted);
LC_HIDDEN void lc_lost_release(struct lc_world *w);
LC_HIDDEN crib_scope *lc_scope_id(struct lc_handle *h);

/* Whether it is an end of a channel between threads. */
LC_HIDDEN bool lc_shared_sender(lua_State *L, int index);

/* --- tasks --- */

/* What an operation gives. */
enum lc_shape { LC_NOTHING, LC_STATUS, LC_TRUTH, LC_ITEM, LC_VALUE, LC_CLAUSE };

/* What a main task gave, which outlives it. */
struct lc_outcome {
    struct lc_slot *results;
    bool began;
};

struct lc_task {
    crib_task *task;
    crib_op *op;
    struct lc_world *world;
    lua_State *co;
    lua_State *leaf; /* the coroutine that may wait: co, or one of crib.wrap in it; NULL where nothing may */
    struct lc_slot *anchor;
    crib_scope *scope;          /* the current one */
    crib_error *error;          /* what it failed with */
    struct lc_outcome *outcome; /* of a main task */
    struct lc_slot *clauses;    /* of a select that waits */
    struct lc_task *next;
    int nargs;  /* on the coroutine, before the first resume; then -1 */
    int count;  /* of clauses */
    int status; /* of an operation, for lc_outcome */
    crib_value value;
    uint8_t shape;
    bool keeps;  /* its results, for those who join */
    bool parked; /* in an operation */
    bool over;
    char name[64];
};

extern LC_HIDDEN __thread struct lc_task *lc_current;

/* Takes the function at `first` and its arguments, which are popped; `name` NULL = where it was defined. */
LC_HIDDEN struct lc_task *lc_task_new(lua_State *L, int first, const char *name);
LC_HIDDEN int lc_results_push(lua_State *L, struct lc_outcome *outcome); /* releases them */
LC_HIDDEN int lc_run_main(lua_State *L, crib_runtime *rt, int first, struct lc_outcome *outcome);
LC_HIDDEN void lc_task_resume(crib_task *self, uintptr_t data);
LC_HIDDEN void lc_task_destroy(uintptr_t data);

/* Slot 0 of the running task, if it may wait here; else NULL with a message pushed. */
LC_HIDDEN crib_op *lc_op(lua_State *L);
/* Waits for what a begin function returned: to be returned by the lua_CFunction. */
LC_HIDDEN int lc_wait(lua_State *L, int shape, crib_result result);
static inline int lc_wait_status(lua_State *L, int shape, int status) {
    crib_result result = {0, 0, {NULL, NULL}};
    result.status = status;
    return lc_wait(L, shape, result);
}
/* The functions of the module that are written by hand. */
LC_HIDDEN int lc_outcome(lua_State *L);
LC_HIDDEN int lc_task_end(lua_State *L);
LC_HIDDEN int lc_run(lua_State *L);
LC_HIDDEN int lc_guest_start(lua_State *L);
LC_HIDDEN int lc_guest_descriptor(lua_State *L);
LC_HIDDEN int lc_guest_time(lua_State *L);
LC_HIDDEN int lc_guest_run(lua_State *L);
LC_HIDDEN int lc_guest_cancel(lua_State *L);
LC_HIDDEN int lc_guest_result(lua_State *L);
LC_HIDDEN void lc_guest_collect(struct lc_handle *h);
LC_HIDDEN int lc_runtime_new(lua_State *L);
LC_HIDDEN int lc_start_soon(lua_State *L);
LC_HIDDEN int lc_spawn(lua_State *L);
LC_HIDDEN int lc_start(lua_State *L);
LC_HIDDEN int lc_scope_open(lua_State *L);
LC_HIDDEN int lc_scope_close(lua_State *L);
LC_HIDDEN int lc_nursery_open(lua_State *L);
LC_HIDDEN int lc_nursery_done(lua_State *L);
LC_HIDDEN int lc_scope_shield(lua_State *L);
LC_HIDDEN int lc_sweep(lua_State *L);
LC_HIDDEN int lc_failure(lua_State *L);
LC_HIDDEN int lc_nursery_close(lua_State *L);
LC_HIDDEN int lc_scope_fields(lua_State *L);
LC_HIDDEN int lc_channel_open(lua_State *L);
LC_HIDDEN int lc_end_clone(lua_State *L);
LC_HIDDEN int lc_end_close(lua_State *L);
LC_HIDDEN int lc_receive_more(lua_State *L);
LC_HIDDEN int lc_select(lua_State *L);
LC_HIDDEN int lc_select_nowait(lua_State *L);
LC_HIDDEN int lc_wrap_new(lua_State *L);
LC_HIDDEN int lc_wrap_enter(lua_State *L);
LC_HIDDEN int lc_wrap_leave(lua_State *L);
LC_HIDDEN int lc_task_result(lua_State *L);
LC_HIDDEN int lc_local_get(lua_State *L);
LC_HIDDEN int lc_local_set(lua_State *L);
LC_HIDDEN int lc_dump(lua_State *L);
LC_HIDDEN int lc_release(lua_State *L);
LC_HIDDEN int lc_diagnostics(lua_State *L);
LC_HIDDEN int lc_setup(lua_State *L);

/* Finishes a select that waited. */
LC_HIDDEN int lc_select_take(lua_State *L, struct lc_task *t);

/* Callbacks with a Lua function in a slot. */
LC_HIDDEN void lc_callback(void *user_data); /* calls it */
LC_HIDDEN void lc_callback_free(void *user_data);
LC_HIDDEN void lc_local_free(void *user_data);

/* --- errors --- */

LC_HIDDEN int lc_raise(lua_State *L, int code);                        /* lua_error with an error of the library */
LC_HIDDEN void lc_push_failure(lua_State *L, int code);                /* the same, pushed */
LC_HIDDEN void lc_push_error(lua_State *L, crib_error *tree);          /* consumes it */
LC_HIDDEN int lc_raise_tree(lua_State *L, int code, crib_error *tree); /* NULL tree: of the code */
LC_HIDDEN crib_error *lc_to_error(lua_State *L, int index, crib_scope *scope);

#endif
