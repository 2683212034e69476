/* What fibers and stackless tasks have in common: steps that never wait, values, select, the options of blocks. */
#include "actual.h"

static int64_t relative(int64_t time) {
    if (time == CRIB_FOREVER || time == CRIB_EXPIRED) return time;
    return time < world.base ? -1 : time - world.base;
}

/* ---- values are the numbers of the steps that send them */

static void value_dropped(void *number) { world.trace->dropped[(uintptr_t)number]++; }
static const crib_vtable value_type = {sizeof(crib_vtable), value_dropped, "number", CRIB_VALUE_SENDABLE};

crib_value value_of(const struct step *s) {
    crib_value v;
    v.p = (void *)(uintptr_t)(s - world.program->steps);
    v.vt = &value_type;
    return v;
}

int64_t value_taken(crib_value v) {
    if (v.vt == NULL) return 0;
    require(v.vt == &value_type, "somebody else's value");
    return (int64_t)(uintptr_t)v.p;
}

/* ---- channels */

static int quick_send(const struct step *s) {
    crib_sender *tx = world.senders[s->a][s->b];
    crib_sender **other = &world.senders[s->a][!s->b];
    crib_value v = value_of(s);
    int rc;
    switch (s->kind) {
        case SEND_NOWAIT:
            rc = crib_sender_send_nowait(tx, &v);
            require((v.vt == NULL) == (rc == 0), "a value is left that was sent, or taken that was not");
            crib_value_drop(v);
            return rc;
        case CLONE_SENDER:
            if (*other != NULL) return SKIPPED;
            *other = crib_sender_clone(tx);
            return *other != NULL ? 0 : CRIB_ECLOSED;
        case CLOSE_ERROR: return crib_sender_close_error(tx, crib_error_new(s->code, NULL));
        default: crib_sender_close(tx); return 0;
    }
}

int batch_rest(const struct step *s, int64_t *value) {
    crib_receiver *rx = world.receivers[s->a][s->b];
    crib_value v[3];
    const int rc = s->n > 1 ? crib_receiver_receive_batch_nowait(rx, v, (size_t)s->n - 1) : 0;
    int i;
    for (i = 0; i < rc; i++) *value = *value * 1000 + value_taken(v[i]);
    return rc > 0 ? rc + 1 : 1;
}

static int quick_receive(const struct step *s, int64_t *value) {
    crib_receiver *rx = world.receivers[s->a][s->b];
    crib_receiver **other = &world.receivers[s->a][!s->b];
    crib_value v[3] = {{NULL, NULL}};
    int i, rc;
    switch (s->kind) {
        case RECEIVE_NOWAIT:
            rc = crib_receiver_receive_nowait(rx, v);
            require((v[0].vt != NULL) == (rc == 0), "received without a value, or a value without receiving");
            *value = value_taken(v[0]);
            return rc;
        case BATCH_NOWAIT:
            rc = crib_receiver_receive_batch_nowait(rx, v, (size_t)s->n);
            for (i = 0; i < rc; i++) *value = *value * 1000 + value_taken(v[i]);
            return rc;
        case CLONE_RECEIVER:
            if (*other != NULL) return SKIPPED;
            *other = crib_receiver_clone(rx);
            return *other != NULL ? 0 : CRIB_ECLOSED;
        default: crib_receiver_close(rx); return 0;
    }
}

/* ---- locks and their kin */

static int quick_object(const struct step *s) {
    switch (s->kind) {
        case LOCK_NOWAIT: return crib_lock_acquire_nowait(world.locks[s->a]);
        case LOCK_RELEASE: return crib_lock_release(world.locks[s->a]);
        case LOCK_RECOVER: return crib_lock_recover(world.locks[s->a]);
        case NOTIFY: return crib_condition_notify(world.conditions[s->a], (size_t)s->n);
        case NOTIFY_ALL: return crib_condition_notify_all(world.conditions[s->a]);
        case READ_NOWAIT: return crib_rwlock_acquire_read_nowait(world.rwlocks[s->a]);
        case WRITE_NOWAIT: return crib_rwlock_acquire_write_nowait(world.rwlocks[s->a]);
        case RW_RELEASE: return crib_rwlock_release(world.rwlocks[s->a]);
        case RW_RECOVER: return crib_rwlock_recover(world.rwlocks[s->a]);
        case SEMAPHORE_NOWAIT: return crib_semaphore_acquire_nowait(world.semaphores[s->a]);
        case SEMAPHORE_RELEASE: return crib_semaphore_release(world.semaphores[s->a]);
        case EVENT_SET: crib_event_set(world.events[s->a]); return 0;
        case LIMITER_NOWAIT: return crib_limiter_acquire_nowait(world.limiters[s->a]);
        case LIMITER_RELEASE: return crib_limiter_release(world.limiters[s->a]);
        default: return crib_limiter_set_total(world.limiters[s->a], s->n);
    }
}

static int token_which(crib_token *token) {
    int i;
    for (i = 0; i < TOKENS; i++) {
        if (token != NULL && world.tokens[i] == token) return i;
    }
    return SKIPPED;
}

static int quick_token(const struct step *s) {
    crib_token *t = world.tokens[s->a];
    switch (s->kind) {
        case TOKEN_TRIGGER: crib_token_trigger(t); return 0;
        case TOKEN_CHECK: return crib_token_check(t);
        default: return token_which(crib_token_triggered_token(t));
    }
}

/* ---- select */

static crib_clause clause_of(const struct clause_plan *p, const struct step *s) {
    crib_clause c;
    memset(&c, 0, sizeof c);
    c.kind = p->kind;
    switch (p->kind) {
        case CRIB_CLAUSE_RECEIVE: c.object = world.receivers[p->a][p->b]; break;
        case CRIB_CLAUSE_SEND: c.object = world.senders[p->a][p->b]; break;
        case CRIB_CLAUSE_LOCK: c.object = world.locks[p->a]; break;
        case CRIB_CLAUSE_SEMAPHORE: c.object = world.semaphores[p->a]; break;
        case CRIB_CLAUSE_EVENT: c.object = world.events[p->a]; break;
        case CRIB_CLAUSE_TOKEN: c.object = world.tokens[p->a]; break;
        case CRIB_CLAUSE_TASK: c.object = world.tasks[p->a]; break;
        default: c.time = absolute(p->time); return c;
    }
    if (c.object == NULL) c.kind = CRIB_CLAUSE_NONE;
    if (c.kind == CRIB_CLAUSE_SEND) c.value = value_of(s);
    return c;
}

static int64_t chosen_value(const crib_clause *c) {
    if (c->kind == CRIB_CLAUSE_TASK) return crib_value_as_int(c->value, -1);
    if (c->kind == CRIB_CLAUSE_RECEIVE) require((c->value.vt != NULL) == (c->status == 0), "received without a value");
    return c->kind == CRIB_CLAUSE_RECEIVE ? value_taken(c->value) : 0;
}

void clauses_fill(const struct step *s, crib_clause *clauses) {
    int i;
    for (i = 0; i < s->n; i++) clauses[i] = clause_of(&s->clauses[i], s);
}

int clauses_done(const struct step *s, crib_clause *clauses, int rc, struct entry *e) {
    int i;
    for (i = 0; i < s->n; i++) {
        const bool sends = clauses[i].kind == CRIB_CLAUSE_SEND, sent = i == rc && clauses[i].status == 0;
        if (sends) require((clauses[i].value.vt == NULL) == sent, "select took a value, or left one");
        if (rc >= 0 && i != rc) require(clauses[i].status == CRIB_PENDING, "a clause that was not chosen has a status");
        if (sends) crib_value_drop(clauses[i].value);
    }
    if (rc < 0) return rc;
    e->status = clauses[rc].status;
    e->value = chosen_value(&clauses[rc]);
    return rc;
}

static int quick_select(const struct step *s, struct entry *e) {
    crib_clause clauses[CLAUSES];
    clauses_fill(s, clauses);
    return clauses_done(s, clauses, crib_select_nowait(clauses, (size_t)s->n, CRIB_SELECT_IN_ORDER), e);
}

/* ---- tasks and nurseries */

struct actor *actor_owed(int task) {
    struct actor *a = &world.actors[task];
    a->task = task;
    a->destroyed--;
    return a;
}

void actor_destroyed(void *actor) { ((struct actor *)actor)->destroyed++; }

static int spawn_strand(const struct step *s) {
    struct actor *a = actor_owed(s->b);
    crib_task *t =
        crib_nursery_start_stackless(world.nurseries[s->a], "strand", strand_resume, (uintptr_t)a, strand_destroyed);
    if (t == NULL) return -1;
    if (s->kind == SPAWN) world.tasks[s->b] = crib_task_ref(t);
    return 0;
}

static int quick_child(const struct step *s) {
    crib_nursery *n = world.nurseries[s->a];
    if (world.program->strand[s->b]) return spawn_strand(s);
    if (s->kind == START_SOON) return crib_nursery_start_soon(n, "soon", fiber_body, actor_owed(s->b), actor_destroyed);
    world.tasks[s->b] = crib_nursery_spawn(n, "spawned", fiber_body, actor_owed(s->b), actor_destroyed);
    return world.tasks[s->b] != NULL ? 0 : -1;
}

/* ---- scopes */

void block_options(const struct step *s, crib_scope_options *o) {
    memset(o, 0, sizeof *o);
    o->size = sizeof *o;
    if (s->deadline >= 0) o->deadline = s->deadline == 0 ? CRIB_EXPIRED : absolute(s->deadline);
    o->timeout = s->timeout;
    o->grace = s->grace;
    o->shield = s->shield;
    o->graceful = s->graceful;
    o->fail = s->fail;
}

static void on_failure(crib_task *task, crib_error *error, void *step) {
    (void)task;
    trace_add(world.trace, -1, (int)(uintptr_t)step, crib_error_code(error), 0, now());
}

crib_nursery *nursery_opened(int step, crib_scope *parent) {
    const struct step *s = &world.program->steps[step];
    crib_nursery_options o;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.parent = parent;
    o.policy = s->policy;
    o.max_children = (uint32_t)s->most;
    o.drain = s->drain;
    o.service = s->service;
    o.grace = s->grace;
    if (s->told) o.on_failure = on_failure;
    o.user_data = (void *)(uintptr_t)step;
    world.nurseries[step] = crib_nursery_open_with(&o);
    require(world.nurseries[step] != NULL, "no nursery");
    world.scopes[step] = crib_nursery_scope(world.nurseries[step]);
    return world.nurseries[step];
}

static int quick_link(const struct step *s) {
    crib_scope *scope = world.scopes[s->a];
    switch (s->kind) {
        case LINK: return world.scopes[s->b] != NULL ? crib_scope_link(scope, world.scopes[s->b]) : SKIPPED;
        case LINK_TOKEN: return world.tokens[s->b] != NULL ? crib_scope_link_token(scope, world.tokens[s->b]) : SKIPPED;
        default:
            if (world.tokens[s->b] != NULL) return SKIPPED;
            world.tokens[s->b] = crib_token_of_scope(scope, "of a scope");
            return world.tokens[s->b] != NULL ? 0 : -1;
    }
}

static int quick_scope(const struct step *s, int64_t *value) {
    crib_scope *scope = world.scopes[s->a];
    switch (s->kind) {
        case NURSERY_CANCEL: return crib_nursery_cancel(world.nurseries[s->a], NULL);
        case COUNT: *value = (int64_t)crib_nursery_count(world.nurseries[s->a]); return 0;
        case CANCEL: return crib_scope_cancel(scope, NULL);
        case CANCEL_SOFT: return crib_scope_cancel_soft(scope, s->n, s->time, NULL);
        case SET_SHIELD: return crib_scope_set_shield(scope, s->n != 0);
        case SET_DEADLINE: return crib_scope_set_deadline(scope, absolute(s->time));
        case CALLED: return crib_scope_cancel_called(scope);
        case SOURCE: return crib_scope_source(scope);
        case GRACE: *value = crib_scope_remaining_grace(scope); return 0;
        default: return crib_scope_state(scope);
    }
}

/* ---- all of them */

int step_object(const struct step *s) {
    bool there = true;
    switch (kind_takes(s->kind)) {
        case OF_END:
        case OF_BATCH:
        case OF_FAILURE:
            there = s->kind <= CLONE_SENDER ? world.senders[s->a][s->b] != NULL : world.receivers[s->a][s->b] != NULL;
            break;
        case OF_TOKEN: there = world.tokens[s->a] != NULL; break;
        case OF_TASK: there = world.tasks[s->b] != NULL; break;
        case OF_CHILD: there = world.nurseries[s->a] != NULL; break;
        case OF_BLOCK:
        case OF_BLOCK_AT:
        case OF_BLOCK_IF:
        case OF_SOFT:
        case OF_LINK:
        case OF_SCOPED:
            there = (s->kind <= COUNT ? (void *)world.nurseries[s->a] : (void *)world.scopes[s->a]) != NULL;
            break;
        default: break;
    }
    return there ? 0 : SKIPPED;
}

static int quick_plain(const struct step *s, int64_t *value) {
    switch (s->kind) {
        case CHECK_IF: return crib_checkpoint_if_cancelled();
        case FAIL: return crib_fail(s->code, NULL);
        case STARTED: return crib_task_started(value_of(s));
        case STATS: *value = object_stats(s->a, s->b); return 0;
        case EFFECTIVE: *value = relative(crib_current_effective_deadline()); return 0;
        default: return s->code; /* RETURN */
    }
}

int quick_step(const struct step *s, struct entry *e) {
    switch (kind_takes(s->kind)) {
        case OF_END:
        case OF_BATCH:
        case OF_FAILURE: return s->kind <= CLONE_SENDER ? quick_send(s) : quick_receive(s, &e->value);
        case OF_OBJECT:
        case OF_NUMBER: return quick_object(s);
        case OF_TOKEN: return quick_token(s);
        case OF_CLAUSES: return quick_select(s, e);
        case OF_CHILD: return quick_child(s);
        case OF_TASK:
            return s->kind == TASK_CANCEL ? crib_task_cancel(world.tasks[s->b], NULL)
                                          : crib_task_state(world.tasks[s->b]);
        case OF_BLOCK:
        case OF_BLOCK_AT:
        case OF_BLOCK_IF:
        case OF_SOFT: return quick_scope(s, &e->value);
        case OF_LINK:
        case OF_SCOPED: return quick_link(s);
        default: return quick_plain(s, &e->value);
    }
}
