/* Stackless tasks: steps that wait are begun on slot 0, and the task keeps its place in its blocks. What leaves a block is
 * an error object: a step that fails makes one, or brings one, and a failure that is ignored is released. */
#include "actual.h"

static struct strand_frame *top(struct actor *a) { return &a->frames[a->depth - 1]; }

/* Cancel points work in the innermost block. */
static void work_in_top(struct actor *a) {
    require(crib_op_set_scope(crib_task_op(a->self), top(a)->scope) == 0, "slot 0 is not idle between steps");
}

static void push(struct actor *a, int block, int first, crib_scope *scope) {
    struct strand_frame f;
    f.block = block;
    f.next = first;
    f.scope = scope;
    a->frames[a->depth++] = f;
    work_in_top(a);
}

static crib_error *error_of(struct actor *a, int code) {
    crib_error *cancelled = code == CRIB_ECANCELLED ? crib_error_cancelled(top(a)->scope) : NULL;
    return cancelled != NULL ? cancelled : crib_error_new(code, NULL);
}

/* ---- steps that wait */

static int begin_receive(crib_op *op, const struct step *s, int64_t *value) {
    const crib_result r = crib_begin_receive(op, world.receivers[s->a][s->b]);
    *value = value_taken(r.value);
    return r.status;
}

static int begin_start(crib_op *op, const struct step *s) {
    crib_nursery *n = world.nurseries[s->a];
    struct actor *a = actor_owed(s->b);
    if (!world.program->strand[s->b]) {
        return crib_begin_nursery_start(op, n, "started", fiber_body, a, actor_destroyed);
    }
    return crib_begin_nursery_start_stackless(op, n, "started", strand_resume, (uintptr_t)a, strand_destroyed, NULL);
}

static int begin_object(crib_op *op, const struct step *s) {
    switch (s->kind) {
        case LOCK: return crib_begin_lock_acquire(op, world.locks[s->a]);
        case CONDITION_WAIT: return crib_begin_condition_wait(op, world.conditions[s->a]);
        case SEMAPHORE: return crib_begin_semaphore_acquire(op, world.semaphores[s->a]);
        case EVENT_WAIT: return crib_begin_event_wait(op, world.events[s->a]);
        case READ: return crib_begin_rwlock_acquire_read(op, world.rwlocks[s->a]);
        case WRITE: return crib_begin_rwlock_acquire_write(op, world.rwlocks[s->a]);
        case LIMITER: return crib_begin_limiter_acquire(op, world.limiters[s->a], NULL);
        case BARRIER: return crib_begin_barrier_wait(op, world.barriers[s->a]);
        default: return crib_begin_token_wait(op, world.tokens[s->a]);
    }
}

static int begin_step(struct actor *a, const struct step *s, struct entry *e) {
    crib_op *op = crib_task_op(a->self);
    switch (s->kind) {
        case CHECKPOINT: return crib_begin_checkpoint(op);
        case SHIELDED: return SKIPPED; /* there is no such op */
        case SLEEP: return crib_begin_sleep(op, s->time);
        case SLEEP_UNTIL: return crib_begin_sleep_until(op, absolute(s->time));
        case SLEEP_FOREVER: return crib_begin_sleep_until(op, CRIB_FOREVER);
        case ALL_BLOCKED: return crib_begin_wait_all_tasks_blocked(op, s->time);
        case SEND: return crib_begin_send(op, world.senders[s->a][s->b], value_of(s));
        case RECEIVE:
        case BATCH: return begin_receive(op, s, &e->value);
        case SELECT:
            clauses_fill(s, a->clauses);
            return crib_begin_select(op, a->clauses, (size_t)s->n, CRIB_SELECT_IN_ORDER);
        case START: return begin_start(op, s);
        case WAIT_IDLE: return crib_begin_nursery_wait_idle(op, world.nurseries[s->a]);
        case WAIT_ROOM: return crib_begin_nursery_wait_room(op, world.nurseries[s->a]);
        case TASK_WAIT: return crib_begin_task_wait(op, world.tasks[s->b]);
        default: return begin_object(op, s);
    }
}

/* The result that a resume brings. */
static int take_result(struct actor *a, const struct step *s, struct entry *e) {
    crib_op *op = crib_task_op(a->self);
    crib_result r;
    if (s->kind == SELECT) return crib_op_take_select(op, a->clauses, (size_t)s->n);
    require(crib_op_take(op, &r) == 0, "a task was resumed without a result");
    if (s->kind == TASK_WAIT) return r.status;
    e->value = value_taken(r.value);
    return r.status;
}

/* What a wait came to, at once or later. */
static int wait_result(struct actor *a, const struct step *s, int rc, struct entry *e) {
    if (s->kind == RECEIVE || s->kind == BATCH) require((e->value != 0) == (rc == 0), "received without a value");
    if (s->kind == BATCH && rc == 0) return batch_rest(s, &e->value);
    if (s->kind == TASK_WAIT && rc == 0) e->value = crib_task_result_code(world.tasks[s->b]);
    return s->kind == SELECT ? clauses_done(s, a->clauses, rc, e) : rc;
}

/* ---- blocks */

static void open_block(struct actor *a, int step) {
    const struct step *s = &world.program->steps[step];
    crib_scope_options o;
    if (s->kind == NURSERY) {
        nursery_opened(step, top(a)->scope);
    } else {
        block_options(s, &o);
        o.parent = top(a)->scope;
        world.scopes[step] = crib_scope_open(&o);
        require(world.scopes[step] != NULL, "no scope");
    }
    push(a, step, s->body, world.scopes[step]);
}

/* The step that the innermost block is at has ended; consumes the error. Returns the one the block ends with, if so. */
static crib_error *step_done(struct actor *a, int code, const struct entry *e, crib_error *error) {
    const int step = top(a)->next;
    const struct step *s = &world.program->steps[step];
    if (code < 0 && error == NULL) error = error_of(a, code);
    trace_add(world.trace, a->task, step, code, e->value, now())->status = e->status;
    top(a)->next = s->next;
    if (code < 0 && !goes_on(s, code)) return error;
    crib_unref(error);
    return NULL;
}

static crib_error *block_done(struct actor *a, int code, bool caught, crib_error *error) {
    struct entry e = {0, 0, 0, 0, 0, 0};
    a->depth--;
    work_in_top(a);
    e.value = caught;
    return step_done(a, code, &e, error);
}

static void exit_task(struct actor *a, crib_error *error) {
    if (a->task == 0) main_ends();
    trace_add(world.trace, a->task, 0, crib_error_code(error), 0, now());
    crib_task_exit(a->self, error);
}

/* False: the task waits, or has ended. */
static bool leave_block(struct actor *a, int success, crib_error **error) {
    const struct strand_frame *f = top(a);
    bool caught = false;
    if (f->block == 0) {
        exit_task(a, *error);
        return false;
    }
    if (world.program->steps[f->block].kind == NURSERY) {
        const int rc = crib_begin_nursery_close(crib_task_op(a->self), world.nurseries[f->block], *error);
        require(rc == CRIB_PENDING, "a nursery cannot be closed");
        a->closing = true;
        return false;
    }
    *error = crib_scope_close_error(f->scope, *error, &caught);
    *error = block_done(a, *error != NULL ? crib_error_code(*error) : success, caught, *error);
    return true;
}

/* ---- going on */

static void run_steps(struct actor *a, crib_error *error) {
    for (;;) {
        const int step = top(a)->next, block = top(a)->block;
        const struct step *s = &world.program->steps[step];
        struct entry e = {0, 0, 0, 0, 0, 0};
        int rc;
        if (error != NULL || step == 0) {
            if (!leave_block(a, error == NULL ? world.program->steps[block].code : 0, &error)) return;
            continue;
        }
        if (s->kind >= SCOPE) {
            open_block(a, step);
            continue;
        }
        rc = step_object(s);
        if (rc == 0 && kind_waits(s->kind)) {
            rc = begin_step(a, s, &e);
            if (rc == CRIB_PENDING) return;
            rc = wait_result(a, s, rc, &e);
        } else if (rc == 0) {
            rc = quick_step(s, &e);
        }
        error = step_done(a, rc, &e, crib_op_take_error(crib_task_op(a->self)));
        if (s->kind == RETURN && rc >= 0 && !leave_block(a, rc, &error)) return;
    }
}

static void go_on(struct actor *a) {
    const struct step *s = a->closing ? &world.program->steps[0] : &world.program->steps[top(a)->next];
    struct entry e = {0, 0, 0, 0, 0, 0};
    int rc = take_result(a, s, &e);
    crib_error *error = crib_op_take_error(crib_task_op(a->self));
    if (a->closing) {
        a->closing = false;
        error = block_done(a, rc, false, error);
    } else {
        rc = wait_result(a, s, rc, &e);
        error = step_done(a, rc, &e, error);
    }
    run_steps(a, error);
}

void strand_resume(crib_task *self, uintptr_t actor) {
    struct actor *a = (struct actor *)actor;
    if (a->depth > 0) return go_on(a);
    if (a->task == 0) main_begins();
    if (world.tasks[a->task] == NULL) world.tasks[a->task] = crib_task_ref(self);
    a->self = self;
    push(a, 0, world.program->first[a->task], crib_task_scope(self));
    run_steps(a, NULL);
}

void strand_destroyed(uintptr_t actor) { actor_destroyed((void *)actor); }
