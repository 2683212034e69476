/* The model: nurseries, and the beginning and end of tasks (statements 49, 56, 61-70, 75-84, D2). */
#include "model.h"

static int nursery_child_scope(struct model *m, const struct step *s, int scope) {
    int below;
    if (!s->service) return scope;
    below = scope_open(m, scope, -1);
    m->scopes[below].shield = SHIELD_FULL;
    return below;
}

int nursery_open(struct model *m, int task, int step) {
    const struct step *s = &m->program->steps[step];
    struct nursery *n = &m->nurseries[m->nursery_count];
    memset(n, 0, sizeof *n);
    n->state = NURSERY_OPEN;
    n->owner = task;
    n->step = step;
    n->policy = s->policy;
    n->most = s->most;
    n->drain = s->drain;
    n->told = s->told;
    n->grace = s->grace;
    n->scope = scope_open(m, task_innermost(m, task), task);
    n->children = nursery_child_scope(m, s, n->scope);
    return m->nursery_count++;
}

static bool is_empty(const struct nursery *n) { return n->count == 0 && n->starting == 0; }

int nursery_admits(struct model *m, int nursery) {
    const struct nursery *n = &m->nurseries[nursery];
    if (n->state == NURSERY_CLOSING && is_empty(n)) return CRIB_ECLOSED;
    if (n->drain && scope_seen(m, n->scope)) return CRIB_ECLOSED;
    return n->most > 0 && n->count + n->starting >= n->most ? CRIB_EWOULDBLOCK : 0;
}

/* What it cancels of its own leaves its grace to soft-shielded code. */
static void cancel_by_itself(struct model *m, const struct nursery *n, int scope) {
    scope_cancel(m, scope, DRAIN | INTERRUPT, CRIB_SOURCE_NURSERY, later(m->now, n->grace));
}

static void cancel_children(struct model *m, const struct nursery *n) {
    if (n->children != n->scope) cancel_by_itself(m, n, n->children);
    cancel_by_itself(m, n, n->scope);
}

/* A Cancelled from a soft cancel leaves the children the grace of that. */
static bool ended_softly(const struct model *m, const struct nursery *n, int code) {
    return code == CRIB_ECANCELLED && scope_stopped(m, n->scope) && !(scope_seen(m, n->scope) & HARD);
}

/* What the close of a nursery gives: all that was recorded, less what its own scope absorbs. */
static struct outcome nursery_result(struct model *m, struct nursery *n) {
    struct outcome all;
    bool caught;
    int errors = n->policy == CRIB_POLICY_FIRST_SUCCESS && n->succeeded ? 0 : n->errors;
    errors = errors_join(m, errors, n->body_errors);
    if (n->cancelled > 0 && errors != 0) errors = errors_join(m, errors, leaf_new(m, CRIB_ECANCELLED, 0));
    all = outcome_of(m, errors);
    if (n->cancelled > 0 && errors == 0) all.code = CRIB_ECANCELLED;
    all = scope_absorb(m, n->scope, all, &caught);
    if (all.code == 0 && n->body_code > 0) all.code = n->body_code;
    return all;
}

static void finish_if_over(struct model *m, int nursery) {
    struct nursery *n = &m->nurseries[nursery];
    struct outcome o;
    int closer;
    if (n->state != NURSERY_CLOSING || !is_empty(n)) return;
    closer = n->owner;
    n->state = NURSERY_CLOSED;
    o = nursery_result(m, n);
    m->tasks[closer].tree = o.tree;
    place_wake(m, closer * CLAUSES, o.code, 0);
    wake_all(m, W_ROOM, nursery, -1, CRIB_ECLOSED, 0);
    wake_all(m, W_IDLE, nursery, -1, 0, 0);
    if (n->children != n->scope) scope_close(m, n->children);
    scope_close(m, n->scope);
}

/* One child or pending start less. */
static void one_less(struct model *m, int nursery) {
    struct nursery *n = &m->nurseries[nursery];
    if (is_empty(n)) wake_all(m, W_IDLE, nursery, -1, 0, 0);
    if (n->most == 0 || n->count + n->starting < n->most) wake_all(m, W_ROOM, nursery, -1, 0, 0);
    finish_if_over(m, nursery);
}

void nursery_begin_close(struct model *m, int nursery, struct outcome body) {
    struct nursery *n = &m->nurseries[nursery];
    n->state = NURSERY_CLOSING;
    n->body_code = body.code;
    if (body.code == CRIB_ECANCELLED && body.tree == 0) {
        n->cancelled++;
    } else if (body.code < 0 && n->policy == CRIB_POLICY_FIRST_SUCCESS) {
        n->body_errors = outcome_tree(m, body);
    } else if (body.code < 0) {
        n->errors = errors_join(m, n->errors, outcome_tree(m, body));
    }
    task_park(m, n->owner, clause_of(W_CHILDREN, nursery, 0));
    if (n->children != n->scope) {
        m->scopes[n->children].shield = SHIELD_NONE;
        tree_changed(m);
        cancel_by_itself(m, n, n->children);
    }
    if (body.code < 0 && !ended_softly(m, n, body.code)) cancel_children(m, n);
    finish_if_over(m, nursery);
}

static void child_succeeded(struct model *m, struct nursery *n, int task) {
    const bool was_cancelled = m->tasks[task].code == CRIB_ECANCELLED; /* by itself: an end, but no success */
    if (n->policy != CRIB_POLICY_FIRST_DONE && (n->policy != CRIB_POLICY_FIRST_SUCCESS || was_cancelled)) return;
    n->succeeded = true;
    cancel_children(m, n);
}

static void child_failed(struct model *m, struct nursery *n, struct outcome o) {
    if (n->policy == CRIB_POLICY_SUPERVISE && n->told) {
        trace_add(m->trace, -1, n->step, o.code, 0, m->now);
        return;
    }
    n->errors = errors_join(m, n->errors, outcome_tree(m, o));
    if (n->policy == CRIB_POLICY_ALL || n->policy == CRIB_POLICY_FIRST_DONE) cancel_children(m, n);
}

/* Nothing but Cancelled. */
static bool is_bare(const struct model *m, int list) {
    for (; list != 0; list = m->leaves[list].next) {
        if (m->leaves[list].code != CRIB_ECANCELLED || m->leaves[list].cause != 0) return false;
    }
    return true;
}

static void child_done(struct model *m, int nursery, int task, struct outcome o) {
    struct nursery *n = &m->nurseries[nursery];
    bool caught;
    if (n->children != n->scope) o = scope_absorb(m, n->children, o, &caught);
    if (o.code >= 0) {
        child_succeeded(m, n, task);
    } else if (o.code != CRIB_ECANCELLED) {
        child_failed(m, n, o);
    } else if (is_bare(m, o.tree)) {
        n->cancelled++;
    } else {
        n->errors = errors_join(m, n->errors, o.tree);
    }
    n->count--;
    one_less(m, nursery);
}

/* ---- tasks */

void child_new(struct model *m, int task, int scope, bool strand) {
    struct task *t = &m->tasks[task];
    t->strand = strand;
    t->scope = scope_open(m, scope, task);
    t->state = T_NEW;
    t->nursery = t->starter = t->target = -1;
    m->ready[m->ready_count++] = task;
}

int child_spawn(struct model *m, int nursery, int task) {
    const int rc = nursery_admits(m, nursery);
    if (rc < 0) return rc;
    child_new(m, task, m->nurseries[nursery].children, m->program->strand[task]);
    m->tasks[task].nursery = nursery;
    m->nurseries[nursery].count++;
    return 0;
}

void child_begin_start(struct model *m, int caller, int nursery, int task) {
    child_new(m, task, task_innermost(m, caller), m->tasks[caller].strand && m->program->strand[task]);
    m->tasks[task].starter = caller;
    m->tasks[task].target = nursery;
    m->nurseries[nursery].starting++;
    task_park(m, caller, clause_of(W_STARTED, task, 0));
    scope_link(m, TELL_START, m->nurseries[nursery].scope, task);
}

/* Statement 81: nothing moves if the caller of start is cancelled by now. */
void child_started(struct model *m, int task, int64_t value) {
    struct task *t = &m->tasks[task];
    const int caller = t->starter, target = t->target;
    t->started = true;
    t->start_value = value;
    if (scope_stopped(m, task_innermost(m, caller))) return;
    t->starter = t->target = -1;
    t->nursery = target;
    m->nurseries[target].count++;
    m->scopes[t->scope].parent = m->nurseries[target].children;
    m->scopes[t->scope].attached = ++m->serial;
    tree_changed(m);
    place_wake(m, caller * CLAUSES, 0, value);
    m->nurseries[target].starting--;
    one_less(m, target);
}

/* The child of a start ended below it. */
static void start_done(struct model *m, int task, struct outcome o) {
    struct task *t = &m->tasks[task];
    const int caller = t->starter, target = t->target;
    if (o.code < 0 && o.code != CRIB_ECANCELLED) {
        o.tree = outcome_tree(m, o);
    } else if (o.code >= 0 && !t->started) {
        o.code = t->target_cancelled ? CRIB_ENURSERYCANCELLED : CRIB_ENOTSTARTED;
        o.tree = leaf_new(m, o.code, 0);
    } else if (o.code >= 0) {
        o.code = 0;
    }
    if (o.code < 0 && t->started) m->trace->dropped[t->start_value]++;
    t->starter = t->target = -1;
    m->tasks[caller].tree = o.tree;
    place_wake(m, caller * CLAUSES, o.code, o.code == 0 ? t->start_value : 0);
    m->nurseries[target].starting--;
    one_less(m, target);
}

void task_end(struct model *m, int task, int rc) {
    struct task *t = &m->tasks[task];
    struct outcome o = block_outcome(m, task, t->scope, rc);
    bool caught;
    t->code = o.code;
    o = scope_absorb(m, t->scope, o, &caught);
    t->state = T_ENDED;
    scope_close(m, t->scope);
    sync_task_ended(m, task);
    wake_all(m, W_TASK, task, -1, 0, t->code);
    if (t->starter >= 0) {
        start_done(m, task, o);
    } else if (t->nursery >= 0) {
        child_done(m, t->nursery, task, o);
    } else if (o.code < 0 && o.code != CRIB_ECANCELLED) {
        m->failure = outcome_tree(m, o);
    }
}
