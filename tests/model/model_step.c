/* The model: what each step of a program does. A task keeps its place in its blocks, for it stops at each wait. */
#include <errno.h>

#include "model.h"

static int wait_for(struct model *m, int task, struct clause c) {
    if (task_stopped(m, task)) return task_at_once(m, task, CRIB_ECANCELLED, 0);
    task_park(m, task, c);
    return WAITS;
}

static int yield(struct model *m, int task, enum wait wait) {
    task_park(m, task, clause_of(wait, 0, 0));
    place_wake(m, task * CLAUSES, 0, 0);
    return WAITS;
}

static int sleep_until(struct model *m, int task, int64_t time) {
    struct clause c = clause_of(W_SLEEP, 0, 0);
    c.at = time;
    if (time <= m->now && !task_stopped(m, task)) return yield(m, task, W_YIELD);
    return wait_for(m, task, c);
}

static int fail(struct model *m, int task, int code) {
    if (m->tasks[task].strand) return code;
    if (code == CRIB_ECANCELLED) code = CRIB_EMISUSE;
    task_hold(m, task, leaf_new(m, code, 0));
    return code;
}

static int plain_step(struct model *m, int task, const struct step *s, int64_t *value) {
    switch (s->kind) {
        case CHECKPOINT: return yield(m, task, W_YIELD);
        case CHECK_IF: return task_stopped(m, task) ? CRIB_ECANCELLED : 0;
        case SHIELDED: return m->tasks[task].strand ? SKIPPED : yield(m, task, W_TURN);
        case SLEEP: return s->time < 0 ? -EINVAL : sleep_until(m, task, later(m->now, s->time));
        case SLEEP_UNTIL: return sleep_until(m, task, s->time);
        case SLEEP_FOREVER: return sleep_until(m, task, NEVER);
        case ALL_BLOCKED: return wait_for(m, task, clause_of(W_BLOCKED, 0, (int)s->time));
        case FAIL: return fail(m, task, s->code);
        case STATS: *value = stats_of(m, s->a, s->b); return 0;
        default: /* EFFECTIVE; -1: before the run */
            *value = scope_effective_deadline(m, task_innermost(m, task));
            if (*value < 0 && *value != INT64_MIN) *value = -1;
            return 0;
    }
}

/* ---- tasks and nurseries */

/* One of its children, or something below one, would wait for itself. */
static bool is_inside(const struct model *m, int task, int nursery) {
    const struct nursery *n = &m->nurseries[nursery];
    int scope = task_innermost(m, task), below = scope;
    for (scope = m->scopes[scope].parent; scope >= 0; below = scope, scope = m->scopes[scope].parent) {
        if (scope == n->children) return m->scopes[below].owner != n->owner;
    }
    return false;
}

static int start_step(struct model *m, int task, const struct step *s, int nursery) {
    int rc = task_stopped(m, task) ? CRIB_ECANCELLED : nursery_admits(m, nursery);
    if (rc < 0) return task_at_once(m, task, rc, 0);
    child_begin_start(m, task, nursery, s->b);
    return WAITS;
}

/* Calls that give a handle do not tell why there is none. */
static int spawn_result(const struct model *m, const struct step *s, int rc) {
    const bool handle = s->kind == SPAWN || (s->kind == START_SOON && m->program->strand[s->b]);
    return handle && rc < 0 ? -1 : rc;
}

static int spawn_step(struct model *m, const struct step *s, int nursery) {
    const int rc = child_spawn(m, nursery, s->b);
    if (rc == 0 && s->kind == SPAWN) m->tasks[s->b].known = true;
    return spawn_result(m, s, rc);
}

static int nursery_step(struct model *m, int task, const struct step *s, int64_t *value) {
    const int nursery = m->block_nursery[s->a];
    const struct nursery *n = nursery < 0 ? NULL : &m->nurseries[nursery];
    if (n == NULL) return SKIPPED;
    if (s->kind == NURSERY_CANCEL) {
        scope_cancel_now(m, n->scope, CRIB_SOURCE_EXPLICIT);
        return 0;
    }
    if (s->kind == COUNT) {
        *value = n->state == NURSERY_CLOSED ? 0 : n->count + n->starting;
        return 0;
    }
    if (n->state == NURSERY_CLOSED) return spawn_result(m, s, CRIB_EMISUSE); /* stale */
    switch (s->kind) {
        case SPAWN:
        case START_SOON: return spawn_step(m, s, nursery);
        case START: return start_step(m, task, s, nursery);
        case WAIT_IDLE:
            if (is_inside(m, task, nursery)) return CRIB_EMISUSE;
            if (task_stopped(m, task) || n->count + n->starting > 0)
                return wait_for(m, task, clause_of(W_IDLE, nursery, 0));
            return task_at_once(m, task, 0, 0);
        default: /* WAIT_ROOM */
            if (task_stopped(m, task) || (n->most > 0 && n->count + n->starting >= n->most))
                return wait_for(m, task, clause_of(W_ROOM, nursery, 0));
            return task_at_once(m, task, 0, 0);
    }
}

static int task_step(struct model *m, int task, const struct step *s, int64_t *value) {
    static const int states[] = {
        0, CRIB_TASK_NEW, CRIB_TASK_READY, CRIB_TASK_RUNNING, CRIB_TASK_WAITING, CRIB_TASK_ENDED};
    const struct task *t = &m->tasks[s->b];
    if (s->kind == STARTED) {
        if (m->tasks[task].starter < 0 || m->tasks[task].started) {
            m->trace->dropped[s - m->program->steps]++;
            return CRIB_EMISUSE;
        }
        child_started(m, task, s - m->program->steps);
        return 0;
    }
    if (!t->known) return SKIPPED;
    if (s->kind == TASK_STATE) return states[t->state];
    if (s->kind == TASK_CANCEL) {
        scope_cancel_now(m, t->scope, CRIB_SOURCE_EXPLICIT);
        return 0;
    }
    if (s->b == task) return CRIB_EMISUSE;
    return task_do(m, task, clause_of(W_TASK, s->b, 0), value);
}

/* ---- scopes */

static int set_step(struct model *m, const struct step *s, int scope) {
    struct scope *at = &m->scopes[scope];
    if (!at->open) return CRIB_EMISUSE;
    if (s->kind == SET_SHIELD) {
        at->shield = s->n ? SHIELD_FULL : SHIELD_NONE;
        tree_changed(m);
    } else if (!(at->own & HARD) && !at->expired) {
        at->deadline = s->time;
        scope_arm(m, scope);
    }
    return 0;
}

static int link_step(struct model *m, int source, int target) {
    if (target < 0) return SKIPPED;
    if (!m->scopes[source].open || !m->scopes[target].open) return CRIB_EMISUSE;
    scope_link(m, TELL_SCOPE, source, target);
    return 0;
}

static int scope_step(struct model *m, const struct step *s, int64_t *value) {
    const int scope = m->block_scope[s->a];
    const bool open = scope >= 0 && m->scopes[scope].open;
    const int seen = open ? scope_seen(m, scope) : 0;
    int by;
    if (scope < 0) return SKIPPED;
    switch (s->kind) {
        case LINK: return link_step(m, scope, m->block_scope[s->b]);
        case CANCEL: scope_cancel_now(m, scope, CRIB_SOURCE_EXPLICIT); return 0;
        case CANCEL_SOFT:
            scope_cancel(m, scope, s->n == CRIB_SOFT_INTERRUPT ? DRAIN | INTERRUPT : DRAIN, CRIB_SOURCE_EXPLICIT,
                         later(m->now, s->time));
            return 0;
        case SET_SHIELD:
        case SET_DEADLINE: return set_step(m, s, scope);
        case CALLED: return scope_cancel_called(m, scope);
        case SOURCE:
            by = open ? scope_canceller(m, scope) : -1;
            return by < 0 ? CRIB_SOURCE_NONE : m->scopes[by].source;
        case GRACE: *value = open ? scope_remaining_grace(m, scope) : NEVER; return 0;
        default: /* STATE */
            if (!open) return CRIB_SCOPE_CLOSED;
            return seen & HARD ? CRIB_SCOPE_CANCELLED : seen ? CRIB_SCOPE_SOFT : CRIB_SCOPE_OPEN;
    }
}

static void enter_block(struct model *m, int task, int step) {
    const struct step *s = &m->program->steps[step];
    struct task *t = &m->tasks[task];
    struct frame f = {step, s->body, 0, -1};
    if (s->kind == NURSERY) {
        f.nursery = nursery_open(m, task, step);
        f.scope = m->nurseries[f.nursery].scope;
    } else {
        struct scope *at;
        f.scope = scope_open(m, task_innermost(m, task), task);
        at = &m->scopes[f.scope];
        at->shield = s->shield;
        at->graceful = s->graceful;
        at->fail = s->fail;
        at->grace = s->grace;
        if (s->deadline >= 0) at->deadline = s->deadline;
        if (s->timeout > 0 && later(m->now, s->timeout) < at->deadline) at->deadline = later(m->now, s->timeout);
        if (at->deadline <= m->now) {
            scope_expire(m, f.scope);
        } else {
            scope_arm(m, f.scope);
        }
    }
    m->block_scope[step] = f.scope;
    m->block_nursery[step] = f.nursery;
    t->frames[t->depth++] = f;
}

/* ---- going on */

/* A stackless task makes an error of a failure that brought none; a Cancelled where nothing is cancelled is misuse. */
static int strand_done(struct model *m, int task, const struct step *s, int code) {
    struct task *t = &m->tasks[task];
    const bool forged = code == CRIB_ECANCELLED && !task_stopped(m, task);
    if (code >= 0 || goes_on(s, code)) {
        t->leaving = 0;
        return goes_on(s, code) ? 0 : code;
    }
    if (t->leaving == 0) t->leaving = leaf_new(m, forged ? CRIB_EMISUSE : code, 0);
    return errors_code(m, t->leaving);
}

/* The step that the innermost block is at has ended. Not 0: so has the block. */
static int step_done(struct model *m, int task, int code, int64_t value) {
    struct frame *f = &m->tasks[task].frames[m->tasks[task].depth - 1];
    const struct step *s = &m->program->steps[f->next];
    struct entry *e = trace_add(m->trace, task, f->next, code, value, m->now);
    const bool selects = s->kind == SELECT || s->kind == SELECT_NOWAIT;
    if (selects && code >= 0) e->status = m->tasks[task].clause_status;
    f->next = s->next;
    if (m->tasks[task].strand) return strand_done(m, task, s, code);
    return goes_on(s, code) ? 0 : code;
}

/* A block is closed; what it failed with goes to the one around it. */
static int block_done(struct model *m, int task, struct outcome o, bool caught) {
    m->tasks[task].depth--;
    task_hold(m, task, m->tasks[task].strand ? outcome_tree(m, o) : o.tree);
    return step_done(m, task, o.code, caught);
}

static int leave_body(struct model *m, int task, int rc) {
    const struct task *t = &m->tasks[task];
    if (task == 0) channels_end(m);
    trace_add(m->trace, task, 0, t->strand ? errors_code(m, t->leaving) : rc, 0, m->now);
    task_end(m, task, rc);
    return WAITS;
}

/* The innermost block's steps are over. WAITS, or how the step was that it is in the block around it. */
static int leave_block(struct model *m, int task, int rc) {
    const struct frame f = m->tasks[task].frames[m->tasks[task].depth - 1];
    struct outcome o;
    bool caught;
    if (f.block == 0) return leave_body(m, task, rc);
    o = block_outcome(m, task, f.scope, rc);
    if (f.nursery >= 0) {
        nursery_begin_close(m, f.nursery, o);
        return WAITS;
    }
    if (rc > 0) o.code = rc;
    o = scope_absorb(m, f.scope, o, &caught);
    scope_close(m, f.scope);
    return block_done(m, task, o, caught);
}

static int begin_step(struct model *m, int task, const struct step *s, int64_t *value) {
    if (s->kind < RETURN) return plain_step(m, task, s, value);
    if (s->kind <= CLONE_RECEIVER) return channel_step(m, task, s, value);
    if (s->kind <= TOKEN_WHICH || s->kind == LINK_TOKEN || s->kind == TOKEN_OF_SCOPE)
        return sync_step(m, task, s, value);
    if (s->kind <= SELECT_NOWAIT) return select_step(m, task, s, value);
    if (s->kind <= COUNT) return nursery_step(m, task, s, value);
    return s->kind <= TASK_STATE ? task_step(m, task, s, value) : scope_step(m, s, value);
}

/* Runs steps until one waits, or the task has ended. */
static void run_steps(struct model *m, int task, int rc) {
    while (rc != WAITS) {
        struct task *t = &m->tasks[task];
        struct frame *f = &t->frames[t->depth - 1];
        const struct step *s = &m->program->steps[f->next];
        int64_t value = 0;
        if (rc < 0) {
            rc = leave_block(m, task, rc);
        } else if (f->next == 0) {
            rc = leave_block(m, task, f->block == 0 ? m->program->result[task] : m->program->steps[f->block].code);
        } else if (s->kind >= SCOPE) {
            enter_block(m, task, f->next);
        } else if (s->kind == RETURN) {
            rc = step_done(m, task, s->code, 0);
            if (rc > 0) rc = leave_block(m, task, rc);
        } else {
            rc = begin_step(m, task, s, &value);
            if (rc != WAITS) rc = step_done(m, task, rc, value);
        }
    }
}

/* A wait is over: what it came to. */
static int wait_done(struct model *m, int task) {
    struct task *t = &m->tasks[task];
    const struct step *s = &m->program->steps[t->frames[t->depth - 1].next];
    const enum wait wait = t->selects ? W_NOTHING : t->clauses[0].wait;
    struct outcome o = {t->status, t->tree};
    if (wait == W_CHILDREN) return block_done(m, task, o, false);
    task_hold(m, task, o.tree);
    if (wait == W_YIELD && task_stopped(m, task)) o.code = CRIB_ECANCELLED;
    if (s->kind == BATCH && o.code == 0) o.code = channel_batch(m, s, &t->value);
    return step_done(m, task, o.code, t->value);
}

void task_go_on(struct model *m, int task) {
    struct task *t = &m->tasks[task];
    const bool fresh = t->state == T_NEW;
    struct frame body = {0, m->program->first[task], t->scope, -1};
    t->state = T_RUNNING;
    t->budget = (int)m->program->budget;
    if (fresh) {
        t->known = true;
        t->frames[t->depth++] = body;
    }
    run_steps(m, task, fresh ? 0 : wait_done(m, task));
}
