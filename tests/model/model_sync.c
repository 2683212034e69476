/* The model: locks and their kin, tokens, select (statements 99-105, D1, D5; S4; the headers of each). */
#include <errno.h>

#include "model.h"

/* ---- locks and conditions */

static void lock_give(struct model *m, int lock, int task) {
    m->locks[lock].owner = task;
    m->locks[lock].held = ++m->serial;
}

/* Nobody's any more: the oldest waiter's, or free. */
static void lock_hand_over(struct model *m, int lock) {
    const int place = place_oldest(m, W_LOCK, lock, -1);
    m->locks[lock].owner = -1;
    if (place < 0) return;
    lock_give(m, lock, place / CLAUSES);
    place_wake(m, place, m->tasks[place / CLAUSES].lock_status, 0);
}

static int lock_try(struct model *m, int lock, int task) {
    const struct lock *l = &m->locks[lock];
    if (l->broken) return CRIB_EBROKEN;
    if (l->owner >= 0) return l->owner == task ? CRIB_EMISUSE : CRIB_EWOULDBLOCK;
    lock_give(m, lock, task);
    return 0;
}

static int lock_step(struct model *m, int task, const struct step *s) {
    struct lock *l = &m->locks[s->a];
    if (s->kind == LOCK_NOWAIT) return lock_try(m, s->a, task);
    if (s->kind == LOCK_RECOVER) {
        if (!l->broken) return CRIB_EBUSY;
        l->broken = false;
        return lock_try(m, s->a, task);
    }
    if (l->owner != task) return CRIB_EMISUSE;
    lock_hand_over(m, s->a);
    return 0;
}

/* A task that waited for a condition waits for its lock now, behind those that wait already. */
static void wait_for_lock(struct model *m, int task, int lock) {
    struct task *t = &m->tasks[task];
    t->clauses[0].wait = W_LOCK;
    t->clauses[0].since = ++m->serial;
    if (m->locks[lock].broken) return place_wake(m, task * CLAUSES, CRIB_EBROKEN, 0);
    if (m->locks[lock].owner < 0) lock_hand_over(m, lock);
}

static bool notify_oldest(struct model *m, int condition) {
    const int place = place_oldest(m, W_CONDITION, condition, -1);
    if (place < 0) return false;
    m->tasks[place / CLAUSES].notified_by = condition;
    wait_for_lock(m, place / CLAUSES, condition);
    return true;
}

/* It gets the lock before it learns of it; its notification goes to the next one (D1). */
void condition_cancelled(struct model *m, int task) {
    struct task *t = &m->tasks[task];
    const int notified_by = t->notified_by;
    t->lock_status = CRIB_ECANCELLED;
    t->lock_shield = true;
    t->notified_by = -1;
    if (notified_by >= 0) {
        notify_oldest(m, notified_by);
    } else {
        wait_for_lock(m, task, t->clauses[0].object);
    }
}

static int condition_step(struct model *m, int task, const struct step *s) {
    const int most = s->kind == NOTIFY_ALL ? TASKS : s->n;
    int n = 0;
    if (s->kind == CONDITION_WAIT) {
        if (task_stopped(m, task)) return task_at_once(m, task, CRIB_ECANCELLED, 0);
        if (m->locks[s->a].owner != task) return task_at_once(m, task, CRIB_EMISUSE, 0);
        task_park(m, task, clause_of(W_CONDITION, s->a, 0));
        lock_hand_over(m, s->a);
        return WAITS;
    }
    if (m->locks[s->a].owner != task) return CRIB_EMISUSE;
    while (n < most && notify_oldest(m, s->a)) n++;
    return n;
}

/* ---- read-write locks */

static bool rw_room(const struct rwlock *l, bool writes) {
    int i;
    for (i = 0; writes && i < TASKS; i++) {
        if (l->read[i]) return false;
    }
    return l->writer < 0;
}

static void rw_enter(struct model *m, struct rwlock *l, int task, bool writes) {
    if (writes) {
        l->writer = task;
        l->written = ++m->serial;
    } else {
        l->read[task] = ++m->serial;
    }
}

/* Who waits longest, to read or to write. */
static int rw_oldest(const struct model *m, int rwlock, bool *writes) {
    const int reader = place_oldest(m, W_READ, rwlock, -1), writer = place_oldest(m, W_WRITE, rwlock, -1);
    *writes = reader < 0 || (writer >= 0 && place_since(m, writer) < place_since(m, reader));
    return *writes ? writer : reader;
}

void rwlock_serve(struct model *m, int rwlock) {
    struct rwlock *l = &m->rwlocks[rwlock];
    bool writes;
    int place;
    while ((place = rw_oldest(m, rwlock, &writes)) >= 0 && rw_room(l, writes)) {
        rw_enter(m, l, place / CLAUSES, writes);
        place_wake(m, place, 0, 0);
    }
}

static int rw_try(struct model *m, int rwlock, int task, bool writes) {
    struct rwlock *l = &m->rwlocks[rwlock];
    bool unused;
    if (l->broken) return CRIB_EBROKEN;
    if (l->writer == task || l->read[task]) return CRIB_EMISUSE;
    if (!rw_room(l, writes) || rw_oldest(m, rwlock, &unused) >= 0) return CRIB_EWOULDBLOCK;
    rw_enter(m, l, task, writes);
    return 0;
}

static int rw_step(struct model *m, int task, const struct step *s) {
    struct rwlock *l = &m->rwlocks[s->a];
    if (s->kind == READ_NOWAIT || s->kind == WRITE_NOWAIT) return rw_try(m, s->a, task, s->kind == WRITE_NOWAIT);
    if (s->kind == RW_RECOVER) {
        if (!l->broken) return CRIB_EBUSY;
        l->broken = false;
        return rw_try(m, s->a, task, true);
    }
    if (l->writer != task && !l->read[task]) return CRIB_EMISUSE;
    if (l->writer == task) l->writer = -1;
    l->read[task] = 0;
    rwlock_serve(m, s->a);
    return 0;
}

/* ---- semaphores, limiters, barriers, events */

static int semaphore_release(struct model *m, int semaphore) {
    struct semaphore_plan *s = &m->semaphores[semaphore];
    const int place = place_oldest(m, W_SEMAPHORE, semaphore, -1);
    if (place >= 0) {
        place_wake(m, place, 0, 0);
        return 0;
    }
    if (s->max > 0 && s->value == s->max) return -EINVAL;
    s->value++;
    return 0;
}

static int lent(const struct limiter *l) {
    int i, n = 0;
    for (i = 0; i < TASKS; i++) n += l->lent[i] != 0;
    return n;
}

static void limiter_serve(struct model *m, int limiter) {
    struct limiter *l = &m->limiters[limiter];
    int place;
    while (lent(l) < l->total && (place = place_oldest(m, W_LIMITER, limiter, -1)) >= 0) {
        l->lent[place / CLAUSES] = ++m->serial;
        place_wake(m, place, 0, 0);
    }
}

static int limiter_try(struct model *m, int limiter, int task) {
    struct limiter *l = &m->limiters[limiter];
    if (l->lent[task]) return CRIB_EMISUSE;
    if (lent(l) >= l->total) return CRIB_EWOULDBLOCK;
    l->lent[task] = ++m->serial;
    return 0;
}

static int limiter_step(struct model *m, int task, const struct step *s) {
    struct limiter *l = &m->limiters[s->a];
    if (s->kind == LIMITER_NOWAIT) return limiter_try(m, s->a, task);
    if (s->kind == LIMITER_TOTAL) l->total = s->n;
    if (s->kind == LIMITER_RELEASE && !l->lent[task]) return CRIB_EMISUSE;
    if (s->kind == LIMITER_RELEASE) l->lent[task] = 0;
    limiter_serve(m, s->a);
    return 0;
}

static int barrier_try(struct model *m, int barrier) {
    const int parties = 2 + barrier;
    if (count_waiting(m, W_BARRIER, barrier) + 1 < parties) return CRIB_EWOULDBLOCK;
    m->rounds[barrier]++;
    wake_all(m, W_BARRIER, barrier, -1, 0, 0);
    return 1;
}

/* ---- tokens */

static bool token_fired(const struct model *m, int token) {
    const struct token *t = &m->tokens[token];
    if (t->own) return true;
    return t->first >= 0 && (token_fired(m, t->first) || token_fired(m, t->second));
}

static int token_which(const struct model *m, int token) {
    const struct token *t = &m->tokens[token];
    if (t->own) return token;
    return token_fired(m, t->first) ? token_which(m, t->first) : token_which(m, t->second);
}

static void token_tell(struct model *m, int token) {
    int i;
    wake_all(m, W_TOKEN, token, -1, 0, 0);
    for (i = 0; i < m->token_link_count; i++) {
        struct link *l = &m->token_links[i];
        if (l->told == TOLD || l->source != token) continue;
        l->told = TOLD;
        scope_cancel_now(m, l->target, CRIB_SOURCE_LINK);
    }
}

/* The token, then the chains it is part of, breadth first; chains have higher numbers than their parts. */
void token_trigger(struct model *m, int token) {
    bool told[TOKENS] = {false};
    int i;
    for (i = 0; i < TOKENS; i++) told[i] = m->tokens[i].there && token_fired(m, i);
    m->tokens[token].own = true;
    for (i = token; i < TOKENS; i++) {
        if (m->tokens[i].there && !told[i] && token_fired(m, i)) token_tell(m, i);
    }
}

static int link_token(struct model *m, int scope, int token) {
    struct link l = {TELL_SCOPE, token, scope, TOLD_NOT, false, 0};
    if (!m->scopes[scope].open) return CRIB_EMISUSE;
    if (token_fired(m, token)) {
        scope_cancel_now(m, scope, CRIB_SOURCE_LINK);
    } else {
        m->token_links[m->token_link_count++] = l;
    }
    return 0;
}

static int token_of_scope(struct model *m, int scope, int token) {
    if (m->tokens[token].there) return SKIPPED;
    if (!m->scopes[scope].open) return -1;
    m->tokens[token].there = true;
    scope_link(m, TELL_TOKEN, scope, token);
    return 0;
}

static int token_step(struct model *m, int task, const struct step *s, int64_t *value) {
    const int token = s->kind == LINK_TOKEN || s->kind == TOKEN_OF_SCOPE ? s->b : s->a;
    const int scope = m->block_scope[s->a];
    if (s->kind == TOKEN_OF_SCOPE) return scope < 0 ? SKIPPED : token_of_scope(m, scope, token);
    if (!m->tokens[token].there) return SKIPPED;
    switch (s->kind) {
        case TOKEN_WAIT: return task_do(m, task, clause_of(W_TOKEN, token, 0), value);
        case TOKEN_TRIGGER: token_trigger(m, token); return 0;
        case TOKEN_CHECK:
            if (!token_fired(m, token)) return 0;
            task_hold(m, task, leaf_new(m, CRIB_EOPCANCELLED, 0));
            return CRIB_EOPCANCELLED;
        case TOKEN_WHICH: return token_fired(m, token) ? token_which(m, token) : SKIPPED;
        default: return scope < 0 ? SKIPPED : link_token(m, scope, token);
    }
}

/* ---- all of them */

int sync_attempt(struct model *m, int task, struct clause c, int64_t *value) {
    switch (c.wait) {
        case W_LOCK: return lock_try(m, c.object, task);
        case W_SEMAPHORE:
            if (m->semaphores[c.object].value == 0) return CRIB_EWOULDBLOCK;
            m->semaphores[c.object].value--;
            return 0;
        case W_EVENT: return m->events[c.object] ? 0 : CRIB_EWOULDBLOCK;
        case W_READ: return rw_try(m, c.object, task, false);
        case W_WRITE: return rw_try(m, c.object, task, true);
        case W_LIMITER: return limiter_try(m, c.object, task);
        case W_BARRIER: return barrier_try(m, c.object);
        case W_TOKEN: return token_fired(m, c.object) ? 0 : CRIB_EWOULDBLOCK;
        case W_TASK:
            if (m->tasks[c.object].state != T_ENDED) return CRIB_EWOULDBLOCK;
            *value = m->tasks[c.object].code;
            return 0;
        default: return c.wait == W_SLEEP && c.at <= m->now ? 0 : CRIB_EWOULDBLOCK;
    }
}

int attempt(struct model *m, int task, struct clause c, int64_t *value) {
    if (c.wait == W_SEND) return channel_put(m, c.object, c.end, (int)c.value);
    if (c.wait == W_RECEIVE) return channel_take(m, c.object, c.end, value);
    return sync_attempt(m, task, c, value);
}

int sync_step(struct model *m, int task, const struct step *s, int64_t *value) {
    switch (s->kind) {
        case LOCK: return task_do(m, task, clause_of(W_LOCK, s->a, 0), value);
        case CONDITION_WAIT:
        case NOTIFY:
        case NOTIFY_ALL: return condition_step(m, task, s);
        case SEMAPHORE: return task_do(m, task, clause_of(W_SEMAPHORE, s->a, 0), value);
        case SEMAPHORE_NOWAIT: return attempt(m, task, clause_of(W_SEMAPHORE, s->a, 0), value);
        case SEMAPHORE_RELEASE: return semaphore_release(m, s->a);
        case EVENT_WAIT: return task_do(m, task, clause_of(W_EVENT, s->a, 0), value);
        case EVENT_SET:
            m->events[s->a] = true;
            wake_all(m, W_EVENT, s->a, -1, 0, 0);
            return 0;
        case READ: return task_do(m, task, clause_of(W_READ, s->a, 0), value);
        case WRITE: return task_do(m, task, clause_of(W_WRITE, s->a, 0), value);
        case LIMITER: return task_do(m, task, clause_of(W_LIMITER, s->a, 0), value);
        case BARRIER: return task_do(m, task, clause_of(W_BARRIER, s->a, 0), value);
        default: break;
    }
    if (s->kind <= LOCK_RECOVER) return lock_step(m, task, s);
    if (s->kind <= RW_RECOVER) return rw_step(m, task, s);
    return s->kind <= LIMITER_TOTAL ? limiter_step(m, task, s) : token_step(m, task, s, value);
}

static void lock_break(struct model *m, int lock) {
    m->locks[lock].owner = -1;
    m->locks[lock].broken = true;
    wake_all(m, W_LOCK, lock, -1, CRIB_EBROKEN, 0);
}

/* A writer leaves the lock broken, a reader gives it back. */
static void rwlock_give_up(struct model *m, int rwlock, int task) {
    struct rwlock *l = &m->rwlocks[rwlock];
    bool writes;
    int place;
    l->read[task] = 0;
    if (l->writer != task) return rwlock_serve(m, rwlock);
    l->writer = -1;
    l->broken = true;
    while ((place = rw_oldest(m, rwlock, &writes)) >= 0) place_wake(m, place, CRIB_EBROKEN, 0);
}

/* What a task holds goes with it, the newest first. */
void sync_task_ended(struct model *m, int task) {
    for (;;) {
        int64_t newest = 0;
        int i, lock = -1, rwlock = -1, limiter = -1;
        for (i = 0; i < OBJECTS; i++) {
            const struct rwlock *l = &m->rwlocks[i];
            const int64_t held = m->locks[i].owner == task ? m->locks[i].held : 0;
            const int64_t entered = l->writer == task ? l->written : l->read[task];
            const int64_t borrowed = m->limiters[i].lent[task];
            if (held > newest) newest = held, lock = i, rwlock = limiter = -1;
            if (entered > newest) newest = entered, rwlock = i, lock = limiter = -1;
            if (borrowed > newest) newest = borrowed, limiter = i, lock = rwlock = -1;
        }
        if (newest == 0) return;
        if (lock >= 0) lock_break(m, lock);
        if (rwlock >= 0) rwlock_give_up(m, rwlock, task);
        if (limiter >= 0) m->limiters[limiter].lent[task] = 0;
        if (limiter >= 0) limiter_serve(m, limiter);
    }
}

void sync_begin(struct model *m) {
    static const struct token tokens[TOKENS] = {{true, false, false, -1, -1},  {true, false, false, -1, -1},
                                                {true, false, false, 0, 1},    {true, false, false, 2, 1},
                                                {false, false, false, -1, -1}, {false, false, false, -1, -1}};
    int i;
    memcpy(m->tokens, tokens, sizeof tokens);
    for (i = 0; i < OBJECTS; i++) {
        m->locks[i].owner = m->rwlocks[i].writer = -1;
        m->semaphores[i] = m->program->semaphores[i];
        m->limiters[i].total = m->program->totals[i];
    }
}

/* ---- select */

/* What a clause waits for; nothing for objects that are not there. */
static struct clause clause_plan(const struct model *m, const struct clause_plan *p, int number) {
    static const enum wait waits[] = {W_NOTHING, W_RECEIVE, W_SEND, W_LOCK, W_SEMAPHORE,
                                      W_EVENT,   W_TOKEN,   W_TASK, W_SLEEP};
    struct clause c = clause_of(waits[p->kind], p->a, p->b);
    const struct channel *at = &m->channels[p->a < CHANNELS ? p->a : 0];
    const bool gone = (c.wait == W_RECEIVE && !at->receivers[p->b].there) ||
                      (c.wait == W_SEND && !at->senders[p->b].there) || (c.wait == W_TOKEN && !m->tokens[p->a].there) ||
                      (c.wait == W_TASK && !m->tasks[p->a].known);
    if (gone) c.wait = W_NOTHING;
    if (c.wait == W_SLEEP) c.at = p->time;
    if (c.wait == W_SEND) c.value = number;
    return c;
}

static void drop_sends(struct model *m, const struct clause *clauses, int count, int sent) {
    int i;
    for (i = 0; i < count; i++) {
        if (clauses[i].wait == W_SEND && i != sent) m->trace->dropped[clauses[i].value]++;
    }
}

/* The first clause that can be done at once, done; CRIB_EWOULDBLOCK. */
static int try_in_order(struct model *m, int task, const struct clause *clauses, int count, int64_t *value) {
    int i;
    for (i = 0; i < count; i++) {
        const int status = attempt(m, task, clauses[i], value);
        if (status == CRIB_EWOULDBLOCK) continue;
        m->tasks[task].clause_status = status;
        drop_sends(m, clauses, count, status == 0 ? i : -1);
        return i;
    }
    return CRIB_EWOULDBLOCK;
}

int select_step(struct model *m, int task, const struct step *s, int64_t *value) {
    struct clause clauses[CLAUSES];
    int i, rc = 0;
    for (i = 0; i < s->n; i++) {
        clauses[i] = clause_plan(m, &s->clauses[i], (int)(s - m->program->steps));
        if (clauses[i].wait == W_LOCK && m->locks[clauses[i].object].owner == task) rc = CRIB_EMISUSE;
        if (clauses[i].wait == W_TASK && clauses[i].object == task) rc = CRIB_EMISUSE;
    }
    if (rc == 0 && s->kind == SELECT && task_stopped(m, task)) rc = CRIB_ECANCELLED;
    if (rc == 0) {
        rc = try_in_order(m, task, clauses, s->n, value);
        if (rc == CRIB_EWOULDBLOCK && s->kind == SELECT) {
            task_park_all(m, task, clauses, s->n);
            return WAITS;
        }
    }
    if (rc < 0) drop_sends(m, clauses, s->n, -1);
    /* A begin that is refused leaves the clauses to the caller, at once. */
    if (s->kind == SELECT_NOWAIT || rc == CRIB_EMISUSE || (rc < 0 && m->tasks[task].strand)) return rc;
    return task_at_once(m, task, rc, *value);
}
