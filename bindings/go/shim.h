// What the Go side calls in C. Ids (ops, scopes, nurseries) travel as uintptr_t: they are no addresses, and what looks
// like a pointer would be looked at by Go's garbage collector. Results are returned by value: an out parameter would
// make a Go variable escape. No function here calls back into Go.
#ifndef CRIB_GO_SHIM_H
#define CRIB_GO_SHIM_H

#include <crib.h>
#include <stdlib.h>

// Values of Go. Their payload is a number that the Go side looks up, never a pointer.
extern const crib_vtable go_item_vtable;     // of a channel: number of the channel, slot
extern const crib_vtable go_error_vtable;    // a Go error: number of the run, slot
extern const crib_vtable go_call_vtable;     // says that other goroutines have posted functions
extern const crib_vtable go_failure_vtable;  // go_failure: a failed child of a supervised nursery

typedef struct {
    uintptr_t task, op, scope;
    int32_t status;
} go_task;
typedef struct {
    uintptr_t nursery, scope;
} go_nursery;
typedef struct {
    crib_error *error;
    int32_t caught;
} go_closed;
typedef struct {
    const char *reason;
    int32_t cancelled, source;
} go_state;
typedef struct {
    crib_sender *tx;
    crib_receiver *rx;
    int32_t status;
} go_ends;
typedef struct {
    uint64_t word;
    int32_t status, kind;
} go_received;
typedef struct {
    uint64_t data;
    crib_error *error;
} go_failure;
typedef struct {
    const char *message, *task;
    crib_error *cause;
    uint64_t word;
    size_t count;
    int32_t code;
} go_leaf;
typedef struct {
    int64_t deadline, grace;
    int32_t shield, graceful, fail;
} go_scope_options;
typedef struct {
    int64_t grace;
    uint32_t most;
    int32_t policy, drain, service, watched;
} go_nursery_options;

enum { go_nil, go_integer, go_item, go_error_value, go_call, go_failure_value, go_foreign };

// What a value is; an integer is its payload.
static inline int32_t go_kind(const void *vt) {
    if (vt == NULL) return go_nil;
    if (vt == &go_item_vtable) return go_item;
    if (vt == &go_error_vtable) return go_error_value;
    if (vt == &go_call_vtable) return go_call;
    if (vt == &go_failure_vtable) return go_failure_value;
    return vt == crib_value_int(0).vt ? go_integer : go_foreign;
}

static inline crib_value go_value(uint64_t word, int32_t kind) {
    if (kind == go_integer) return crib_value_int((int64_t)word);
    const crib_value v = {(void *)(uintptr_t)word, &go_item_vtable};
    return v;
}

static inline crib_op *go_op(uintptr_t op) { return (crib_op *)op; }
static inline crib_scope *go_scope(uintptr_t scope) { return (crib_scope *)scope; }

// The op's next operation works in `scope`. In another thread than the run's this says so, before anything is touched.
static inline int go_in(uintptr_t op, uintptr_t scope) { return crib_op_set_scope(go_op(op), go_scope(scope)); }

// --- runs ---

crib_runtime *go_runtime_new(uint64_t seed, uint64_t stack, uint32_t budget, int strict, int mock_clock);
go_task go_run_start(crib_runtime *rt, uint64_t data);
void go_drop(uint64_t word, uint64_t vtable);

// --- tasks and scopes ---

go_task go_spawn(uintptr_t nursery, const char *name, const char *text, size_t len, uint64_t data);
go_task go_start(uintptr_t op, uintptr_t scope, uintptr_t nursery, const char *name, const char *text, size_t len,
                 uint64_t data);
int go_spawn_body(uintptr_t nursery, const char *name, void *body, void *user_data, void *destroy);
go_nursery go_nursery_open(uintptr_t parent, go_nursery_options options, uint64_t data);
uintptr_t go_scope_open(uintptr_t parent, go_scope_options options, uint64_t data);
go_state go_scope_state(crib_runtime *rt, uintptr_t scope);
int64_t go_scope_deadline(crib_runtime *rt, uintptr_t scope);
int go_task_set_name(uintptr_t task, const char *text, size_t len);
crib_error *go_error_new(int code, const char *text, size_t len, uint64_t word);  // word 0: it carries no Go error
go_failure go_take_failure(uint64_t word);
go_leaf go_error_leaf(const crib_error *error);
int go_scope_cancel(uintptr_t scope, int soft, int mode, int64_t grace, const char *text, size_t len);
int go_post_complete(crib_portal *portal, uintptr_t op, uint64_t id);
int go_post_call(crib_portal *portal);

static inline go_closed go_scope_close(uintptr_t scope, crib_error *in) {
    bool caught = false;
    go_closed closed = {NULL, 0};
    closed.error = crib_scope_close_error(go_scope(scope), in, &caught);
    closed.caught = caught;
    return closed;
}

static inline int go_nursery_close(uintptr_t op, uintptr_t scope, uintptr_t nursery, crib_error *in) {
    const int rc = go_in(op, scope);
    if (rc == 0) return crib_begin_nursery_close(go_op(op), (crib_nursery *)nursery, in);
    crib_unref(in);
    return rc;
}

static inline const char *go_task_name(uintptr_t task) { return crib_task_name((crib_task *)task); }
static inline uint64_t go_op_id(uintptr_t op) { return crib_op_id(go_op(op)); }
static inline crib_error *go_take_error(uintptr_t op) { return crib_op_take_error(go_op(op)); }
static inline int go_task_started(uintptr_t task) {
    const crib_value nil = {NULL, NULL};
    return crib_task_started_by((crib_task *)task, nil);
}
static inline int go_task_is_in(uintptr_t task, uintptr_t nursery) {
    return crib_task_parent_nursery((crib_task *)task) == (crib_nursery *)nursery;
}
static inline int go_nursery_admits(uintptr_t nursery) { return crib_nursery_admits((crib_nursery *)nursery); }
static inline size_t go_nursery_count(uintptr_t nursery) { return crib_nursery_count((crib_nursery *)nursery); }

static inline void go_task_exit(uintptr_t task, crib_error *in) { crib_task_exit((crib_task *)task, in); }

// --- operations ---

bool go_leave(crib_op *op, void *unused);  // an abort function: the wait can be given up
bool go_stay(crib_op *op, void *unused);   // the wait goes on until somebody completes it

#define GO_BEGIN(op, scope, call)                                                                                      \
    const int rc = go_in(op, scope);                                                                                   \
    return rc != 0 ? rc : (call)

static inline int go_checkpoint(uintptr_t op, uintptr_t scope) {
    GO_BEGIN(op, scope, crib_begin_checkpoint(go_op(op)));
}
static inline int go_sleep(uintptr_t op, uintptr_t scope, int64_t ns) {
    GO_BEGIN(op, scope, crib_begin_sleep(go_op(op), ns));
}
static inline int go_sleep_until(uintptr_t op, uintptr_t scope, int64_t time) {
    GO_BEGIN(op, scope, crib_begin_sleep_until(go_op(op), time));
}
static inline int go_send(uintptr_t op, uintptr_t scope, crib_sender *tx, uint64_t word, int32_t kind) {
    const crib_value v = go_value(word, kind);
    const int rc = go_in(op, scope);
    if (rc == 0) return crib_begin_send(go_op(op), tx, v);
    crib_value_drop(v);
    return rc;
}
static inline go_received go_receive(uintptr_t op, uintptr_t scope, crib_receiver *rx) {
    go_received out = {0, go_in(op, scope), go_nil};
    if (out.status != 0) return out;
    const crib_result r = crib_begin_receive(go_op(op), rx);
    out.status = r.status;
    out.word = (uint64_t)(uintptr_t)r.value.p;
    out.kind = go_kind(r.value.vt);
    if (out.kind == go_foreign) crib_value_drop(r.value);
    return out;
}
go_ends go_channel_open(size_t capacity, int32_t overflow);
crib_channel_stats go_channel_stats(const crib_sender *tx, const crib_receiver *rx);
int go_try_send(crib_sender *tx, uint64_t word, int32_t kind);
go_received go_try_receive(crib_receiver *rx);

static inline int go_lock(uintptr_t op, uintptr_t scope, crib_lock *l) {
    GO_BEGIN(op, scope, crib_begin_lock_acquire(go_op(op), l));
}
static inline int go_event_set(crib_runtime *rt, crib_event *e) {
    if (crib_runtime_current() != rt) return CRIB_EMISUSE;
    crib_event_set(e);
    return 0;
}
static inline int go_event(uintptr_t op, uintptr_t scope, crib_event *e) {
    GO_BEGIN(op, scope, crib_begin_event_wait(go_op(op), e));
}
static inline int go_semaphore(uintptr_t op, uintptr_t scope, crib_semaphore *s) {
    GO_BEGIN(op, scope, crib_begin_semaphore_acquire(go_op(op), s));
}
static inline int go_limiter(uintptr_t op, uintptr_t scope, crib_limiter *l) {
    GO_BEGIN(op, scope, crib_begin_limiter_acquire(go_op(op), l, NULL));
}
static inline int go_limiter_for(uintptr_t op, uintptr_t scope, crib_limiter *l, uintptr_t who) {
    GO_BEGIN(op, scope, crib_begin_limiter_acquire(go_op(op), l, (const void *)who));
}
static inline int go_condition(uintptr_t op, uintptr_t scope, crib_condition *c) {
    GO_BEGIN(op, scope, crib_begin_condition_wait(go_op(op), c));
}
static inline int go_barrier(uintptr_t op, uintptr_t scope, crib_barrier *b) {
    GO_BEGIN(op, scope, crib_begin_barrier_wait(go_op(op), b));
}
static inline int go_rwlock(uintptr_t op, uintptr_t scope, crib_rwlock *l, int write) {
    GO_BEGIN(op, scope,
             write ? crib_begin_rwlock_acquire_write(go_op(op), l) : crib_begin_rwlock_acquire_read(go_op(op), l));
}
static inline int go_token(uintptr_t op, uintptr_t scope, crib_token *t) {
    GO_BEGIN(op, scope, crib_begin_token_wait(go_op(op), t));
}
static inline int go_task_wait(uintptr_t op, uintptr_t scope, uintptr_t task) {
    GO_BEGIN(op, scope, crib_begin_task_wait(go_op(op), (crib_task *)task));
}
static inline int go_wait_room(uintptr_t op, uintptr_t scope, uintptr_t nursery) {
    GO_BEGIN(op, scope, crib_begin_nursery_wait_room(go_op(op), (crib_nursery *)nursery));
}
static inline int go_wait_idle(uintptr_t op, uintptr_t scope, uintptr_t nursery) {
    GO_BEGIN(op, scope, crib_begin_nursery_wait_idle(go_op(op), (crib_nursery *)nursery));
}
static inline int go_wait_blocked(uintptr_t op, uintptr_t scope, int64_t cushion) {
    GO_BEGIN(op, scope, crib_begin_wait_all_tasks_blocked(go_op(op), cushion));
}
static inline int go_select(uintptr_t op, uintptr_t scope, crib_clause *clauses, size_t count, uint32_t flags) {
    GO_BEGIN(op, scope, crib_begin_select(go_op(op), clauses, count, flags));
}
crib_clause *go_clauses(size_t count);
void go_clause(crib_clause *out, int32_t kind, void *object, int64_t at, uint64_t word, int32_t value);
static inline int go_select_take(uintptr_t op, crib_clause *clauses, size_t count) {
    return crib_op_take_select(go_op(op), clauses, count);
}
crib_statistics go_statistics(crib_runtime *rt);
enum {
    go_event_kind,
    go_lock_kind,
    go_semaphore_kind,
    go_limiter_kind,
    go_condition_kind,
    go_barrier_kind,
    go_rwlock_kind
};
size_t go_waiting(int kind, const void *p);
size_t go_limiter_borrowed(const crib_limiter *l);
static inline void go_free(char *text) { free(text); }

static inline int go_lock_try(crib_lock *l, uintptr_t task) {
    return crib_lock_acquire_nowait_by(l, (crib_task *)task);
}
static inline int go_lock_release(crib_lock *l, uintptr_t task) { return crib_lock_release_by(l, (crib_task *)task); }
static inline int go_lock_recover(crib_lock *l, uintptr_t task) { return crib_lock_recover_by(l, (crib_task *)task); }
static inline int go_rwlock_try(crib_rwlock *l, uintptr_t task, int write) {
    return write ? crib_rwlock_acquire_write_nowait_by(l, (crib_task *)task)
                 : crib_rwlock_acquire_read_nowait_by(l, (crib_task *)task);
}
static inline int go_rwlock_release(crib_rwlock *l, uintptr_t task) {
    return crib_rwlock_release_by(l, (crib_task *)task);
}
static inline int go_rwlock_recover(crib_rwlock *l, uintptr_t task) {
    return crib_rwlock_recover_by(l, (crib_task *)task);
}
static inline int go_limiter_try(crib_limiter *l, uintptr_t task) {
    return crib_limiter_acquire_nowait_on_behalf_of(l, (const void *)task);
}
static inline int go_limiter_release(crib_limiter *l, uintptr_t task) {
    return crib_limiter_release_on_behalf_of(l, (const void *)task);
}
static inline int go_condition_notify(crib_condition *c, uintptr_t task, size_t n) {
    return crib_condition_notify_by(c, (crib_task *)task, n);
}

// A wait for a goroutine, which posts go_post_complete.
static inline int go_park(uintptr_t op, uintptr_t scope, int leaves) {
    GO_BEGIN(op, scope, crib_begin_park(go_op(op), leaves ? go_leave : go_stay, NULL, "a goroutine"));
}
int go_call_body(uintptr_t op, uintptr_t scope, void *body, void *user_data, void *destroy);

#endif
