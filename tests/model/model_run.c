/* The model: the scheduler, and a run from begin to end (statements 25, 43-47, 54-58, 116; crib/runtime.h). */
#include <assert.h>
#include <stdlib.h>

#include "model.h"

struct clause clause_of(enum wait wait, int object, int end) {
    struct clause c = {wait, object, end, NEVER, 0, 0};
    return c;
}

void task_park_all(struct model *m, int task, const struct clause *clauses, int count) {
    struct task *t = &m->tasks[task];
    int i;
    t->state = T_WAITING;
    t->clause_count = count;
    t->selects = true;
    t->doomed = t->lock_shield = false;
    t->notified_by = -1;
    t->lock_status = 0;
    t->tree = 0;
    for (i = 0; i < count; i++) {
        t->clauses[i] = clauses[i];
        t->clauses[i].since = ++m->serial;
    }
}

void task_park(struct model *m, int task, struct clause c) {
    task_park_all(m, task, &c, 1);
    m->tasks[task].selects = false;
}

/* Who waits longest; `end` < 0: through any end. */
int place_oldest(const struct model *m, enum wait wait, int object, int end) {
    int place, oldest = -1;
    for (place = 0; place < TASKS * CLAUSES; place++) {
        const struct task *t = &m->tasks[place / CLAUSES];
        const struct clause *c = &t->clauses[place % CLAUSES];
        if (t->state != T_WAITING || place % CLAUSES >= t->clause_count) continue;
        if (c->wait != wait || c->object != object || (end >= 0 && c->end != end)) continue;
        if (oldest < 0 || c->since < place_since(m, oldest)) oldest = place;
    }
    return oldest;
}

int64_t place_since(const struct model *m, int place) {
    return m->tasks[place / CLAUSES].clauses[place % CLAUSES].since;
}

int count_waiting(const struct model *m, enum wait wait, int object) {
    int place, n = 0;
    for (place = 0; place < TASKS * CLAUSES; place++) {
        const struct task *t = &m->tasks[place / CLAUSES];
        const struct clause *c = &t->clauses[place % CLAUSES];
        if (t->state != T_WAITING || place % CLAUSES >= t->clause_count) continue;
        n += c->wait == wait && c->object == object;
    }
    return n;
}

static void make_ready(struct model *m, int task, int status, int64_t value) {
    struct task *t = &m->tasks[task];
    assert(t->state == T_WAITING);
    t->state = T_READY;
    t->status = status;
    t->value = value;
    m->ready[m->ready_count++] = task;
}

/* A value that was not sent: nobody has it any more. */
static void drop_unsent(struct model *m, int task, int sent) {
    const struct task *t = &m->tasks[task];
    int i;
    for (i = 0; i < t->clause_count; i++) {
        if (t->clauses[i].wait == W_SEND && i != sent) m->trace->dropped[t->clauses[i].value]++;
    }
}

void place_wake(struct model *m, int place, int status, int64_t value) {
    const int task = place / CLAUSES, clause = place % CLAUSES;
    drop_unsent(m, task, status == 0 ? clause : -1);
    m->tasks[task].clause_status = status;
    make_ready(m, task, m->tasks[task].selects ? clause : status, value);
}

void wake_all(struct model *m, enum wait wait, int object, int end, int status, int64_t value) {
    int place;
    while ((place = place_oldest(m, wait, object, end)) >= 0) place_wake(m, place, status, value);
}

/* It is cancelled while it waits; but a condition's lock it waits for. */
void task_cancelled(struct model *m, int task) {
    struct clause *c = &m->tasks[task].clauses[0];
    const enum wait wait = m->tasks[task].selects ? W_NOTHING : c->wait;
    if (wait == W_CONDITION || (wait == W_LOCK && m->tasks[task].notified_by >= 0)) return condition_cancelled(m, task);
    if (wait == W_READ || wait == W_WRITE) {
        /* A writer that goes may have kept readers waiting. */
        c->wait = W_NOTHING;
        rwlock_serve(m, c->object);
    }
    drop_unsent(m, task, -1);
    make_ready(m, task, CRIB_ECANCELLED, 0);
}

int task_innermost(const struct model *m, int task) {
    const struct task *t = &m->tasks[task];
    return t->depth > 0 ? t->frames[t->depth - 1].scope : t->scope;
}

bool task_stopped(const struct model *m, int task) { return scope_stopped(m, task_innermost(m, task)); }

void task_hold(struct model *m, int task, int tree) {
    struct scope *innermost = &m->scopes[task_innermost(m, task)];
    if (m->tasks[task].strand) {
        m->tasks[task].leaving = tree;
    } else {
        innermost->held = errors_join(m, innermost->held, tree);
    }
}

/* ---- time */

/* The timer that goes off first: the place that waits for a time, or the scope; false if there is none. */
static bool first_timer(const struct model *m, int64_t *time, int *place, int *scope) {
    int64_t serial = 0;
    int i;
    *time = NEVER;
    *place = *scope = -1;
    for (i = 0; i < TASKS * CLAUSES; i++) {
        const struct task *t = &m->tasks[i / CLAUSES];
        const struct clause *c = &t->clauses[i % CLAUSES];
        if (t->state != T_WAITING || i % CLAUSES >= t->clause_count || c->wait != W_SLEEP || c->at == NEVER) continue;
        if (c->at > *time || (c->at == *time && c->since > serial)) continue;
        *time = c->at;
        serial = c->since;
        *place = i;
    }
    for (i = 0; i < m->scope_count; i++) {
        const struct scope *s = &m->scopes[i];
        if (s->armed == 0 || s->armed_at > *time || (s->armed_at == *time && s->armed > serial)) continue;
        *time = s->armed_at;
        serial = s->armed;
        *place = -1;
        *scope = i;
    }
    return *time != NEVER;
}

static int64_t next_time(const struct model *m) {
    int64_t time;
    int place, scope;
    first_timer(m, &time, &place, &scope);
    return time;
}

int task_at_once(struct model *m, int task, int status, int64_t value) {
    struct task *t = &m->tasks[task];
    if (--t->budget > 0) return status;
    t->budget = 1;
    if (next_time(m) <= m->now) m->left = 0; /* D4 */
    task_park(m, task, clause_of(W_TURN, 0, 0));
    make_ready(m, task, status, value);
    return WAITS;
}

int task_do(struct model *m, int task, struct clause c, int64_t *value) {
    const int rc = task_stopped(m, task) ? CRIB_ECANCELLED : attempt(m, task, c, value);
    if (rc == CRIB_EWOULDBLOCK) {
        task_park(m, task, c);
        return WAITS;
    }
    return rc == CRIB_EMISUSE ? rc : task_at_once(m, task, rc, *value);
}

static void look(struct model *m) {
    int64_t time;
    int place, scope;
    while (first_timer(m, &time, &place, &scope) && time <= m->now) {
        if (place >= 0) {
            place_wake(m, place, 0, 0);
        } else {
            scope_expire(m, scope);
        }
    }
}

/* Each step only if the run is still stuck after the one before (crib/runtime.h). */
static void deadlock(struct model *m) {
    bool lowered;
    m->verdict++;
    if (m->verdict == 1) return scope_cancel_now(m, m->tasks[0].scope, CRIB_SOURCE_DEADLOCK);
    lowered = scopes_lower_shields(m, 0);
    tree_changed(m);
    if (m->verdict == 2) return scope_cancel_now(m, 0, CRIB_SOURCE_DEADLOCK);
    if (!lowered && !scopes_force_one(m, 0)) abort();
}

/* Those who wait for everybody else to wait: the lowest cushion first. */
static bool wake_idle_waiters(struct model *m) {
    int t, least = -1;
    for (t = 0; t < TASKS; t++) {
        const struct clause *c = &m->tasks[t].clauses[0];
        const bool waits = m->tasks[t].state == T_WAITING && !m->tasks[t].selects;
        if (waits && c->wait == W_BLOCKED && (least < 0 || c->end < least)) least = c->end;
    }
    if (least >= 0) wake_all(m, W_BLOCKED, 0, least, 0, 0);
    return least >= 0;
}

static void idle(struct model *m) {
    look(m);
    while (m->ready_count == 0) {
        const int64_t time = next_time(m);
        if (!wake_idle_waiters(m)) {
            if (time == NEVER) {
                deadlock(m);
            } else if (time > m->now) {
                m->now = time;
            }
        }
        look(m);
    }
}

/* Statement 57: one pass runs those that are ready when it begins. */
static void pass(struct model *m) {
    look(m);
    m->left = m->ready_count;
    while (m->left > 0) {
        const int task = m->ready[0];
        memmove(m->ready, m->ready + 1, sizeof m->ready[0] * (size_t)--m->ready_count);
        m->left--;
        task_go_on(m, task);
    }
}

/* ---- the run */

static void tell_errors(struct model *m, int list) {
    for (; list != 0; list = m->leaves[list].next) {
        const struct leaf *l = &m->leaves[list];
        size_t before;
        if (l->code == CRIB_ECANCELLED && l->cause == 0) continue;
        trace_end(m->trace, " %s", code_name(l->code));
        if (l->cause == 0) continue;
        before = trace_open(m->trace);
        tell_errors(m, l->cause);
        trace_close(m->trace, before);
    }
}

static void tell_result(struct model *m) {
    const int main = m->tasks[0].code;
    int code = main;
    if ((main >= 0 || main == CRIB_ECANCELLED) && m->failure != 0) code = errors_code(m, m->failure);
    if (m->verdict > 0) code = CRIB_EDEADLOCK;
    if (code < 0 && errors_code(m, m->failure) != code) m->failure = leaf_new(m, code, m->failure);
    trace_end(m->trace, "run: %s, error", code_name(code));
    if (code < 0) tell_errors(m, m->failure);
    trace_end(m->trace, "\n");
}

void model_run(const struct program *p, struct trace *trace) {
    static struct model m;
    int i;
    memset(&m, 0, sizeof m);
    memset(trace, 0, sizeof *trace);
    memset(m.block_scope, -1, sizeof m.block_scope);
    memset(m.block_nursery, -1, sizeof m.block_nursery);
    for (i = 0; i < TASKS; i++) m.tasks[i].starter = -1;
    m.program = p;
    m.trace = trace;
    channels_begin(&m);
    sync_begin(&m);
    scope_open(&m, -1, -1);
    child_new(&m, 0, 0, p->strand[0]);
    while (m.tasks[0].state != T_ENDED) {
        if (m.ready_count == 0) idle(&m);
        pass(&m);
    }
    tell_result(&m);
}
