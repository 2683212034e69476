/* Fibers: steps that wait are blocking calls, blocks are functions. */
#include "actual.h"

static int run_steps(int task, int step);

static int wait_for_start(const struct step *s, int64_t *value) {
    crib_value v = {NULL, NULL};
    const int rc =
        crib_nursery_start(world.nurseries[s->a], "started", fiber_body, actor_owed(s->b), actor_destroyed, &v);
    *value = value_taken(v);
    return rc;
}

static int wait_for_value(const struct step *s, int64_t *value) {
    crib_receiver *rx = world.receivers[s->a][s->b];
    crib_value v[3] = {{NULL, NULL}};
    int i, rc;
    if (s->kind == BATCH) {
        rc = crib_receiver_receive_batch(rx, v, (size_t)s->n);
        for (i = 0; i < rc; i++) *value = *value * 1000 + value_taken(v[i]);
        return rc;
    }
    rc = crib_receiver_receive(rx, v);
    require((v[0].vt != NULL) == (rc == 0), "received without a value, or a value without receiving");
    *value = value_taken(v[0]);
    return rc;
}

static int wait_for_task(const struct step *s, int64_t *value) {
    int result = 0;
    const int rc = crib_task_wait(world.tasks[s->b], &result);
    if (rc == 0) require(crib_task_result_code(world.tasks[s->b]) == result, "two results of one task");
    *value = result;
    return rc;
}

static int wait_for_one(const struct step *s, struct entry *e) {
    crib_clause clauses[CLAUSES];
    clauses_fill(s, clauses);
    return clauses_done(s, clauses, crib_select(clauses, (size_t)s->n, CRIB_SELECT_IN_ORDER), e);
}

static int wait_step(const struct step *s, struct entry *e) {
    switch (s->kind) {
        case CHECKPOINT: return crib_checkpoint();
        case SHIELDED: return crib_cancel_shielded_checkpoint();
        case SLEEP: return crib_sleep(s->time);
        case SLEEP_UNTIL: return crib_sleep_until(absolute(s->time));
        case SLEEP_FOREVER: return crib_sleep_forever();
        case ALL_BLOCKED: return crib_wait_all_tasks_blocked(s->time);
        case SEND: return crib_sender_send(world.senders[s->a][s->b], value_of(s));
        case LOCK: return crib_lock_acquire(world.locks[s->a]);
        case CONDITION_WAIT: return crib_condition_wait(world.conditions[s->a]);
        case SEMAPHORE: return crib_semaphore_acquire(world.semaphores[s->a]);
        case EVENT_WAIT: return crib_event_wait(world.events[s->a]);
        case READ: return crib_rwlock_acquire_read(world.rwlocks[s->a]);
        case WRITE: return crib_rwlock_acquire_write(world.rwlocks[s->a]);
        case LIMITER: return crib_limiter_acquire(world.limiters[s->a]);
        case BARRIER: return crib_barrier_wait(world.barriers[s->a]);
        case TOKEN_WAIT: return crib_token_wait(world.tokens[s->a]);
        case SELECT: return wait_for_one(s, e);
        case START: return wait_for_start(s, &e->value);
        case WAIT_IDLE: return crib_nursery_wait_idle(world.nurseries[s->a]);
        case WAIT_ROOM: return crib_nursery_wait_room(world.nurseries[s->a]);
        case TASK_WAIT: return wait_for_task(s, &e->value);
        default: return wait_for_value(s, &e->value);
    }
}

static int scope_block(int task, int step, int64_t *caught) {
    const struct step *s = &world.program->steps[step];
    crib_scope_options o;
    bool absorbed = false;
    int rc;
    block_options(s, &o);
    world.scopes[step] = crib_scope_open(&o);
    require(world.scopes[step] != NULL, "no scope");
    rc = run_steps(task, s->body);
    rc = crib_scope_close(world.scopes[step], rc == 0 ? s->code : rc, &absorbed);
    *caught = absorbed;
    return rc;
}

static int nursery_block(int task, int step) {
    const struct step *s = &world.program->steps[step];
    crib_nursery *n = nursery_opened(step, NULL);
    const int rc = run_steps(task, s->body);
    return crib_nursery_close(n, rc == 0 ? s->code : rc);
}

static int run_step(int task, int step, struct entry *e) {
    const struct step *s = &world.program->steps[step];
    if (s->kind == SCOPE) return scope_block(task, step, &e->value);
    if (s->kind == NURSERY) return nursery_block(task, step);
    if (step_object(s) == SKIPPED) return SKIPPED;
    return kind_waits(s->kind) ? wait_step(s, e) : quick_step(s, e);
}

/* What the block is to be closed with; 0 = all is well. */
static int run_steps(int task, int step) {
    for (; step != 0; step = world.program->steps[step].next) {
        const struct step *s = &world.program->steps[step];
        struct entry e = {0, 0, 0, 0, 0, 0};
        const int rc = run_step(task, step, &e);
        trace_add(world.trace, task, step, rc, e.value, now())->status = e.status;
        if (!goes_on(s, rc)) return rc;
    }
    return 0;
}

int fiber_body(void *actor) {
    const int task = ((struct actor *)actor)->task;
    int rc;
    if (task == 0) main_begins();
    if (world.tasks[task] == NULL) world.tasks[task] = crib_task_ref(crib_task_current());
    rc = run_steps(task, world.program->first[task]);
    if (rc == 0) rc = world.program->result[task];
    if (task == 0) main_ends();
    trace_add(world.trace, task, 0, rc, 0, now());
    return rc;
}
