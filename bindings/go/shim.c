#include "shim.h"

#include <errno.h>
#include <string.h>

// Dropped values are handed out as records while the run goes on; after it there is nothing to do, for what the numbers
// stand for is Go's.
const crib_vtable go_item_vtable = {sizeof(crib_vtable), NULL, "a Go value", CRIB_VALUE_DROP_RECORD};
const crib_vtable go_error_vtable = {sizeof(crib_vtable), NULL, "a Go error", CRIB_VALUE_DROP_RECORD};
const crib_vtable go_call_vtable = {sizeof(crib_vtable), NULL, "a Go call", CRIB_VALUE_DROP_RECORD};
const crib_vtable go_failure_vtable = {sizeof(crib_vtable), NULL, "a Go failure", CRIB_VALUE_DROP_RECORD};

bool go_leave(crib_op *op, void *unused) {
    (void)op, (void)unused;
    return true;
}

bool go_stay(crib_op *op, void *unused) {
    (void)op, (void)unused;
    return false;
}

// Go's strings have no final NUL. What does not fit is cut.
static const char *terminated(char *buf, size_t size, const char *text, size_t len) {
    if (len >= size) len = size - 1;
    if (len > 0) memcpy(buf, text, len);
    buf[len] = '\0';
    return buf;
}

crib_runtime *go_runtime_new(uint64_t seed, uint64_t stack, uint32_t budget, int strict, int mock_clock) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.seed = seed;
    options.stack_bytes = stack;
    options.budget = budget;
    options.strict = strict;
    options.mock_clock = mock_clock;
    return crib_runtime_new(&options);
}

static go_task described(crib_task *task, int status, uint64_t data) {
    go_task t = {(uintptr_t)task, 0, 0, status};
    if (task == NULL) return t;
    t.op = (uintptr_t)crib_task_op(task);
    t.scope = (uintptr_t)crib_task_scope(task);
    (void)crib_scope_watch(go_scope(t.scope),
                           data);  // without memory its Done channel stays open; operations fail all the same
    return t;
}

go_task go_run_start(crib_runtime *rt, uint64_t data) {
    crib_task *task = NULL;
    const int rc = crib_runtime_start_stackless(rt, "main", NULL, (uintptr_t)data, NULL, &task);
    return described(task, rc, data);
}

void go_drop(uint64_t word, uint64_t vtable) {
    const crib_value v = {(void *)(uintptr_t)word, (const crib_vtable *)(uintptr_t)vtable};
    crib_value_drop(v);
}

int go_task_set_name(uintptr_t task, const char *text, size_t len) {
    char buf[256];
    return crib_task_set_name((crib_task *)task, terminated(buf, sizeof buf, text, len));
}

static void named(crib_task *task, const char *text, size_t len) {
    if (task != NULL && len > 0) (void)go_task_set_name((uintptr_t)task, text, len);
}

go_task go_spawn(uintptr_t nursery, const char *name, const char *text, size_t len, uint64_t data) {
    crib_task *task = crib_nursery_start_stackless((crib_nursery *)nursery, name, NULL, (uintptr_t)data, NULL);
    named(task, text, len);
    return described(task, 0, data);
}

go_task go_start(uintptr_t op, uintptr_t scope, uintptr_t nursery, const char *name, const char *text, size_t len,
                 uint64_t data) {
    crib_task *task = NULL;
    int rc = go_in(op, scope);
    if (rc == 0)
        rc = crib_begin_nursery_start_stackless(go_op(op), (crib_nursery *)nursery, name, NULL, (uintptr_t)data, NULL,
                                                &task);
    named(task, text, len);
    return described(task, rc, data);
}

int go_spawn_body(uintptr_t nursery, const char *name, void *body, void *user_data, void *destroy) {
    return crib_nursery_start_soon((crib_nursery *)nursery, name, (crib_body_fn)body, user_data,
                                   (crib_destroy_fn)destroy);
}

int go_call_body(uintptr_t op, uintptr_t scope, void *body, void *user_data, void *destroy) {
    const int rc = go_in(op, scope);
    if (rc == 0) return crib_begin_call(go_op(op), (crib_body_fn)body, user_data, (crib_destroy_fn)destroy);
    if (destroy != NULL) ((crib_destroy_fn)destroy)(user_data);
    return rc;
}

static void on_failure(crib_task *task, crib_error *error, void *user_data) {
    (void)task;
    go_failure *failure = malloc(sizeof *failure);
    if (failure == NULL) return;
    failure->data = (uint64_t)(uintptr_t)user_data;
    failure->error = crib_error_ref(error);
    const crib_value v = {failure, &go_failure_vtable};
    crib_value_drop(v);
}

go_failure go_take_failure(uint64_t word) {
    go_failure *memory = (go_failure *)(uintptr_t)word;
    const go_failure failure = *memory;
    free(memory);
    return failure;
}

go_nursery go_nursery_open(uintptr_t parent, go_nursery_options o, uint64_t data) {
    crib_nursery_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.parent = go_scope(parent);
    options.policy = o.policy;
    options.max_children = o.most;
    options.drain = o.drain;
    options.service = o.service;
    options.grace = o.grace;
    if (o.watched) {
        options.on_failure = on_failure;
        options.user_data = (void *)(uintptr_t)data;
    }
    crib_nursery *n = crib_nursery_open_with(&options);
    const go_nursery opened = {(uintptr_t)n, (uintptr_t)crib_nursery_scope(n)};
    if (n != NULL) (void)crib_scope_watch(go_scope(opened.scope), data);
    return opened;
}

uintptr_t go_scope_open(uintptr_t parent, go_scope_options o, uint64_t data) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.parent = go_scope(parent);
    options.deadline = o.deadline;
    options.grace = o.grace;
    options.shield = o.shield;
    options.graceful = o.graceful;
    options.fail = o.fail;
    crib_scope *scope = crib_scope_open(&options);
    if (scope != NULL) (void)crib_scope_watch(scope, data);
    return (uintptr_t)scope;
}

// Whether cancel points directly inside fail; in another thread than the run's it looks open.
go_state go_scope_state(crib_runtime *rt, uintptr_t scope) {
    go_state state = {NULL, 0, CRIB_SOURCE_NONE};
    if (crib_runtime_current() != rt) return state;
    const int is = crib_scope_state(go_scope(scope));
    if (is == CRIB_SCOPE_OPEN || is == CRIB_SCOPE_CLOSED) return state;
    if (is == CRIB_SCOPE_SOFT) {  // a drain reaches graceful regions only
        crib_error *error = crib_error_cancelled(go_scope(scope));
        if (error == NULL) return state;
        crib_unref(error);
    }
    state.cancelled = 1;
    state.source = crib_scope_source(go_scope(scope));
    state.reason = crib_scope_reason(go_scope(scope));
    return state;
}

// The effective deadline; CRIB_EXPIRED also where it is not known: in another thread than the run's, of a closed scope.
int64_t go_scope_deadline(crib_runtime *rt, uintptr_t scope) {
    if (crib_runtime_current() != rt || crib_scope_state(go_scope(scope)) == CRIB_SCOPE_CLOSED) return CRIB_EXPIRED;
    return crib_scope_effective_deadline(go_scope(scope));
}

int go_scope_cancel(uintptr_t scope, int soft, int mode, int64_t grace, const char *text, size_t len) {
    char buf[1024];
    const char *reason = len > 0 ? terminated(buf, sizeof buf, text, len) : NULL;
    return soft ? crib_scope_cancel_soft(go_scope(scope), mode, grace, reason)
                : crib_scope_cancel(go_scope(scope), reason);
}

crib_error *go_error_new(int code, const char *text, size_t len, uint64_t word) {
    char buf[1024];
    const char *message = terminated(buf, sizeof buf, text, len);
    if (word == 0) return crib_error_new(code, message);
    const crib_value payload = {(void *)(uintptr_t)word, &go_error_vtable};
    return crib_error_new_payload(code, message, payload);
}

go_leaf go_error_leaf(const crib_error *error) {
    const crib_value payload = crib_error_payload(error);
    go_leaf leaf = {crib_error_message(error), crib_error_task_name(error), crib_error_cause(error), 0,
                    crib_error_count(error),   crib_error_code(error)};
    if (payload.vt == &go_error_vtable) leaf.word = (uint64_t)(uintptr_t)payload.p;
    return leaf;
}

go_ends go_channel_open(size_t capacity, int32_t overflow) {
    crib_channel_options options;
    go_ends ends = {NULL, NULL, 0};
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.capacity = capacity;
    options.overflow = overflow;
    ends.status = crib_channel_open_with(&options, &ends.tx, &ends.rx);
    return ends;
}

crib_channel_stats go_channel_stats(const crib_sender *tx, const crib_receiver *rx) {
    crib_channel_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    (void)(tx != NULL ? crib_sender_statistics(tx, &stats) : crib_receiver_statistics(rx, &stats));
    return stats;
}

int go_try_send(crib_sender *tx, uint64_t word, int32_t kind) {
    crib_value v = go_value(word, kind);
    return crib_sender_send_nowait(tx, &v);
}

go_received go_try_receive(crib_receiver *rx) {
    crib_value v = {NULL, NULL};
    go_received out = {0, crib_receiver_receive_nowait(rx, &v), go_nil};
    out.word = (uint64_t)(uintptr_t)v.p;
    out.kind = go_kind(v.vt);
    if (out.kind == go_foreign) crib_value_drop(v);
    return out;
}

crib_clause *go_clauses(size_t count) { return calloc(count, sizeof(crib_clause)); }

// A task's handle comes as a number, in place of the time.
void go_clause(crib_clause *out, int32_t kind, void *object, int64_t at, uint64_t word, int32_t value) {
    *out = crib_clause_of(kind, object);
    if (kind == CRIB_CLAUSE_TASK) out->object = (void *)(uintptr_t)at;
    if (kind == CRIB_CLAUSE_DEADLINE) out->time = at;
    if (kind == CRIB_CLAUSE_SEND) out->value = go_value(word, value);
}

static size_t rwlock_waiting(const crib_rwlock *l) {
    crib_rwlock_stats stats = {.size = sizeof stats};
    (void)crib_rwlock_statistics(l, &stats);
    return stats.waiting_readers + stats.waiting_writers;
}

#define GO_WAITING(type, function)                                                                                     \
    {                                                                                                                  \
        type stats = {.size = sizeof stats};                                                                           \
        (void)function(p, &stats);                                                                                     \
        return stats.waiting;                                                                                          \
    }

size_t go_waiting(int kind, const void *p) {
    switch (kind) {
        case go_event_kind: GO_WAITING(crib_event_stats, crib_event_statistics)
        case go_lock_kind: GO_WAITING(crib_lock_stats, crib_lock_statistics)
        case go_semaphore_kind: GO_WAITING(crib_semaphore_stats, crib_semaphore_statistics)
        case go_limiter_kind: GO_WAITING(crib_limiter_stats, crib_limiter_statistics)
        case go_condition_kind: GO_WAITING(crib_condition_stats, crib_condition_statistics)
        case go_rwlock_kind: return rwlock_waiting(p);
        default: GO_WAITING(crib_barrier_stats, crib_barrier_statistics)
    }
}

size_t go_limiter_borrowed(const crib_limiter *l) {
    crib_limiter_stats stats = {.size = sizeof stats};
    (void)crib_limiter_statistics(l, &stats);
    return stats.borrowed;
}

crib_statistics go_statistics(crib_runtime *rt) {
    crib_statistics stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    (void)crib_runtime_statistics(rt, &stats);
    return stats;
}

// --- what other goroutines may call ---

typedef struct {
    uintptr_t op;
    uint64_t id;
} completion;

static void complete(void *user_data) {
    const completion *c = user_data;
    const crib_value nil = {NULL, NULL};
    if (crib_op_id(go_op(c->op)) == c->id) (void)crib_op_complete(go_op(c->op), 0, nil);
}

// Completes the wait of go_park that had this number, if it still goes on.
int go_post_complete(crib_portal *portal, uintptr_t op, uint64_t id) {
    completion *c = malloc(sizeof *c);
    if (c == NULL) return -ENOMEM;
    c->op = op;
    c->id = id;
    return crib_portal_post(portal, complete, c, free);
}

static void call(void *unused) {
    (void)unused;
    const crib_value v = {NULL, &go_call_vtable};
    crib_value_drop(v);
}

// Hands a record to the loop, which makes the calls: no Go code runs below C.
int go_post_call(crib_portal *portal) { return crib_portal_post(portal, call, NULL, NULL); }
