/* The model: channels (statements 86-98). */
#include "model.h"

static void drop(struct model *m, int value) { m->trace->dropped[value]++; }

static int take_first(struct channel *c) {
    const int value = c->values[0];
    memmove(c->values, c->values + 1, sizeof c->values[0] * --c->count);
    return value;
}

static void put_last(struct channel *c, int value) {
    c->values[c->count++] = value;
    if (c->count > c->peak) c->peak = c->count;
}

static int open_ends(const struct end *ends) {
    int i, n = 0;
    for (i = 0; i < ENDS; i++) n += ends[i].there && !ends[i].closed;
    return n;
}

int channel_put(struct model *m, int channel, int end, int value) {
    struct channel *c = &m->channels[channel];
    int receiver;
    if (c->senders[end].closed) return CRIB_ECLOSED;
    if (open_ends(c->receivers) == 0) return CRIB_EBROKEN;
    receiver = place_oldest(m, W_RECEIVE, channel, -1);
    if (receiver >= 0) {
        place_wake(m, receiver, 0, value);
        return 0;
    }
    if (c->count >= c->capacity) {
        if (c->overflow == CRIB_OVERFLOW_WAIT) return CRIB_EWOULDBLOCK;
        c->dropped++;
        if (c->overflow == CRIB_OVERFLOW_DROP_NEWEST) {
            drop(m, value);
            return 0;
        }
        drop(m, take_first(c));
    }
    put_last(c, value);
    return 0;
}

static int64_t value_at(const struct model *m, int place) {
    return m->tasks[place / CLAUSES].clauses[place % CLAUSES].value;
}

int channel_take(struct model *m, int channel, int end, int64_t *value) {
    struct channel *c = &m->channels[channel];
    int sender;
    if (c->receivers[end].closed) return CRIB_ECLOSED;
    sender = place_oldest(m, W_SEND, channel, -1);
    if (c->count > 0) {
        *value = take_first(c);
        if (sender >= 0) put_last(c, (int)value_at(m, sender));
    } else if (sender >= 0) {
        *value = value_at(m, sender);
    } else {
        if (open_ends(c->senders) > 0) return CRIB_EWOULDBLOCK;
        return c->failure != 0 ? errors_code(m, c->failure) : CRIB_EENDOFCHANNEL;
    }
    if (sender >= 0) place_wake(m, sender, 0, 0);
    return 0;
}

/* The last sender was closed: what it was closed with comes with the result, but not in a select. */
static void wake_at_end(struct model *m, int channel) {
    const int failure = m->channels[channel].failure;
    int place;
    while ((place = place_oldest(m, W_RECEIVE, channel, -1)) >= 0) {
        struct task *t = &m->tasks[place / CLAUSES];
        place_wake(m, place, failure != 0 ? errors_code(m, failure) : CRIB_EENDOFCHANNEL, 0);
        t->tree = t->selects ? 0 : errors_copy(m, failure);
    }
}

static int close_sender(struct model *m, int channel, int end) {
    struct channel *c = &m->channels[channel];
    if (c->senders[end].closed) return CRIB_ECLOSED;
    c->senders[end].closed = true;
    wake_all(m, W_SEND, channel, end, CRIB_ECLOSED, 0);
    if (open_ends(c->senders) == 0) wake_at_end(m, channel);
    return 0;
}

static void close_receiver(struct model *m, int channel, int end) {
    struct channel *c = &m->channels[channel];
    if (c->receivers[end].closed) return;
    c->receivers[end].closed = true;
    wake_all(m, W_RECEIVE, channel, end, CRIB_ECLOSED, 0);
    if (open_ends(c->receivers) > 0) return;
    wake_all(m, W_SEND, channel, -1, CRIB_EBROKEN, 0);
    while (c->count > 0) {
        c->dropped++;
        drop(m, take_first(c));
    }
}

/* The errors of several ends are siblings, in the order of closing. */
static int close_error(struct model *m, const struct step *s) {
    struct channel *c = &m->channels[s->a];
    if (c->senders[s->b].closed) return CRIB_ECLOSED;
    c->failure = errors_join(m, c->failure, leaf_new(m, s->code, 0));
    return close_sender(m, s->a, s->b);
}

static int send(struct model *m, int task, const struct step *s, int number, int64_t *value) {
    struct clause c = clause_of(W_SEND, s->a, s->b);
    int rc;
    c.value = number;
    if (s->kind == SEND_NOWAIT) {
        rc = channel_put(m, s->a, s->b, number);
        if (rc < 0) drop(m, number);
        return rc;
    }
    rc = task_stopped(m, task) ? CRIB_ECANCELLED : channel_put(m, s->a, s->b, number);
    if (rc == CRIB_EWOULDBLOCK) {
        task_park(m, task, c);
        return WAITS;
    }
    if (rc < 0) drop(m, number);
    return task_at_once(m, task, rc, *value);
}

/* What the senders were closed with comes with the result. */
static int receive(struct model *m, int task, const struct step *s, int64_t *value) {
    const struct channel *c = &m->channels[s->a];
    const bool ended = c->count == 0 && open_ends(c->senders) == 0 && !c->receivers[s->b].closed;
    const int tree = ended && !task_stopped(m, task) ? errors_copy(m, c->failure) : 0;
    const int rc = task_do(m, task, clause_of(W_RECEIVE, s->a, s->b), value);
    if (rc != WAITS) {
        task_hold(m, task, tree);
    } else if (tree != 0) {
        m->tasks[task].tree = tree;
    }
    return rc;
}

/* After the first value of a batch: up to n in all, as digits of one number. The count is the result. */
int channel_batch(struct model *m, const struct step *s, int64_t *value) {
    int n = 1;
    int64_t next = 0;
    for (; n < s->n && channel_take(m, s->a, s->b, &next) == 0; n++) *value = *value * 1000 + next;
    return n;
}

static int batch(struct model *m, int task, const struct step *s, int64_t *value) {
    const int rc = s->kind == BATCH ? receive(m, task, s, value) : channel_take(m, s->a, s->b, value);
    return rc == 0 ? channel_batch(m, s, value) : rc;
}

/* Into the other place, which must be empty; a closed end has no clones. */
static int clone(struct end *ends, int from) {
    if (ends[!from].there) return SKIPPED;
    if (ends[from].closed) return CRIB_ECLOSED;
    ends[!from].there = true;
    return 0;
}

int channel_step(struct model *m, int task, const struct step *s, int64_t *value) {
    struct channel *c = &m->channels[s->a];
    if (!(s->kind <= CLONE_SENDER ? c->senders : c->receivers)[s->b].there) return SKIPPED;
    switch (s->kind) {
        case SEND:
        case SEND_NOWAIT: return send(m, task, s, (int)(s - m->program->steps), value);
        case CLOSE_SENDER: close_sender(m, s->a, s->b); return 0;
        case CLOSE_ERROR: return close_error(m, s);
        case CLONE_SENDER: return clone(c->senders, s->b);
        case RECEIVE: return receive(m, task, s, value);
        case RECEIVE_NOWAIT: return channel_take(m, s->a, s->b, value);
        case BATCH:
        case BATCH_NOWAIT: return batch(m, task, s, value);
        case CLONE_RECEIVER: return clone(c->receivers, s->b);
        default: close_receiver(m, s->a, s->b); return 0;
    }
}

/* ---- statistics, as digits of one number */

static int64_t channel_stats(const struct model *m, int channel) {
    const struct channel *c = &m->channels[channel];
    int64_t v = open_ends(c->senders) * 10 + open_ends(c->receivers);
    v = v * 100 + (int64_t)c->count;
    v = v * 100 + (int64_t)c->peak;
    v = v * 100 + count_waiting(m, W_SEND, channel);
    v = v * 100 + count_waiting(m, W_RECEIVE, channel);
    return v * 100 + c->dropped;
}

static int64_t rwlock_stats(const struct model *m, int rwlock) {
    const struct rwlock *l = &m->rwlocks[rwlock];
    int64_t v = l->broken;
    int i, readers = 0;
    for (i = 0; i < TASKS; i++) readers += l->read[i] != 0;
    v = v * 100 + l->writer + 1;
    v = v * 100 + readers;
    v = v * 100 + count_waiting(m, W_READ, rwlock);
    return v * 100 + count_waiting(m, W_WRITE, rwlock);
}

static int64_t limiter_stats(const struct model *m, int limiter) {
    const struct limiter *l = &m->limiters[limiter];
    int i, lent = 0;
    for (i = 0; i < TASKS; i++) lent += l->lent[i] != 0;
    return (lent * 100 + l->total) * 100 + count_waiting(m, W_LIMITER, limiter);
}

int64_t stats_of(const struct model *m, int kind, int object) {
    const struct lock *l = &m->locks[object];
    switch (kind) {
        case A_CHANNEL: return channel_stats(m, object);
        case A_LOCK: return (l->broken * 100 + l->owner + 1) * 100 + count_waiting(m, W_LOCK, object);
        case A_CONDITION: return count_waiting(m, W_CONDITION, object);
        case A_SEMAPHORE: return m->semaphores[object].value * 100 + count_waiting(m, W_SEMAPHORE, object);
        case AN_EVENT: return m->events[object] * 100 + count_waiting(m, W_EVENT, object);
        case AN_RWLOCK: return rwlock_stats(m, object);
        case A_LIMITER: return limiter_stats(m, object);
        default: return m->rounds[object] * 100 + count_waiting(m, W_BARRIER, object);
    }
}

void channels_begin(struct model *m) {
    int i;
    for (i = 0; i < CHANNELS; i++) {
        struct channel *c = &m->channels[i];
        c->capacity = m->program->channels[i].capacity;
        c->overflow = m->program->channels[i].overflow;
        if (c->overflow == CRIB_OVERFLOW_LATEST) c->capacity = 1;
        c->senders[0].there = c->receivers[0].there = true;
    }
}

/* What is still buffered is dropped with the ends. */
void channels_end(struct model *m) {
    int i, kind;
    for (kind = 0; kind < OBJECT_KINDS; kind++) {
        for (i = 0; i < OBJECTS + (kind == A_CHANNEL); i++) {
            trace_end(m->trace, "%s %d: %lld\n", object_name(kind), i, (long long)stats_of(m, kind, i));
        }
    }
    for (i = 0; i < CHANNELS; i++) {
        while (m->channels[i].count > 0) drop(m, take_first(&m->channels[i]));
    }
}
