/* A program from a seed. Each has its own mood: some kinds of steps come often, others not at all, and few objects are
 * used, so that tasks meet. */
#include <crib.h>
#include <string.h>

#include "program.h"

struct generator {
    struct program *p;
    uint64_t random;
    int tasks;         /* made so far */
    int blocks[STEPS]; /* made so far */
    int block_count;
    int around[STEPS]; /* those that enclose the place we are at, of whatever task */
    int around_count;
    int room;              /* for steps */
    int channels, objects; /* used */
    int weights[KIND_COUNT], factors[KIND_COUNT];
    bool calm; /* few failures and cancels */
};

/* How often a kind comes, and how often its failure is ignored, in percent. Those that come in phrases come so too. */
static const struct {
    int kind, weight, ignored;
} kinds[] = {
    {CHECKPOINT, 30, 40},
    {CHECK_IF, 8, 50},
    {SHIELDED, 10, 50},
    {SLEEP, 60, 40},
    {SLEEP_UNTIL, 20, 40},
    {SLEEP_FOREVER, 6, 40},
    {ALL_BLOCKED, 8, 40},
    {FAIL, 8, 50},
    {EFFECTIVE, 6, 0},
    {STATS, 25, 0},
    {RETURN, 4, 0},
    {SEND, 110, 50},
    {SEND_NOWAIT, 25, 90},
    {CLOSE_SENDER, 8, 0},
    {CLOSE_ERROR, 5, 80},
    {CLONE_SENDER, 10, 90},
    {RECEIVE, 90, 50},
    {RECEIVE_NOWAIT, 20, 90},
    {BATCH, 20, 50},
    {BATCH_NOWAIT, 6, 90},
    {CLOSE_RECEIVER, 5, 0},
    {CLONE_RECEIVER, 10, 90},
    {LOCK, 10, 50},
    {LOCK_NOWAIT, 12, 90},
    {LOCK_RELEASE, 6, 95},
    {LOCK_RECOVER, 10, 95},
    {CONDITION_WAIT, 3, 80},
    {NOTIFY, 3, 95},
    {NOTIFY_ALL, 2, 95},
    {SEMAPHORE, 20, 50},
    {SEMAPHORE_NOWAIT, 6, 90},
    {SEMAPHORE_RELEASE, 16, 90},
    {EVENT_WAIT, 16, 40},
    {EVENT_SET, 8, 0},
    {READ, 6, 50},
    {WRITE, 6, 50},
    {READ_NOWAIT, 5, 90},
    {WRITE_NOWAIT, 5, 90},
    {RW_RELEASE, 4, 95},
    {RW_RECOVER, 5, 95},
    {LIMITER, 6, 50},
    {LIMITER_NOWAIT, 5, 90},
    {LIMITER_RELEASE, 3, 95},
    {LIMITER_TOTAL, 5, 0},
    {BARRIER, 18, 50},
    {TOKEN_WAIT, 14, 40},
    {TOKEN_TRIGGER, 7, 0},
    {TOKEN_CHECK, 6, 80},
    {TOKEN_WHICH, 4, 0},
    {SELECT, 90, 50},
    {SELECT_NOWAIT, 14, 90},
    {SPAWN, 70, 90},
    {START_SOON, 25, 90},
    {START, 40, 60},
    {NURSERY_CANCEL, 5, 0},
    {WAIT_IDLE, 8, 80},
    {WAIT_ROOM, 8, 60},
    {COUNT, 6, 0},
    {STARTED, 4, 95},
    {TASK_CANCEL, 12, 0},
    {TASK_WAIT, 16, 60},
    {TASK_STATE, 6, 0},
    {CANCEL, 10, 0},
    {CANCEL_SOFT, 16, 0},
    {SET_DEADLINE, 12, 95},
    {SET_SHIELD, 14, 95},
    {STATE, 6, 0},
    {CALLED, 6, 0},
    {SOURCE, 6, 0},
    {GRACE, 6, 0},
    {LINK, 8, 95},
    {LINK_TOKEN, 8, 95},
    {TOKEN_OF_SCOPE, 6, 95},
    {SCOPE, 80, 60},
    {NURSERY, 50, 60},
};

/* Steps that belong together: the first gives what the last takes back. */
static const struct {
    int kinds[3];
    int weight;
} phrases[] = {
    {{LOCK, LOCK_RELEASE}, 60},
    {{LOCK, CONDITION_WAIT, LOCK_RELEASE}, 50},
    {{LOCK, NOTIFY, LOCK_RELEASE}, 40},
    {{LOCK, NOTIFY_ALL, LOCK_RELEASE}, 15},
    {{SEMAPHORE, SEMAPHORE_RELEASE}, 25},
    {{READ, RW_RELEASE}, 25},
    {{WRITE, RW_RELEASE}, 20},
    {{LIMITER, LIMITER_RELEASE}, 25},
};
enum { KINDS_LISTED = sizeof kinds / sizeof kinds[0], PHRASES = sizeof phrases / sizeof phrases[0] };

static uint64_t rnd64(struct generator *g) {
    g->random ^= g->random >> 12;
    g->random ^= g->random << 25;
    g->random ^= g->random >> 27;
    return g->random * 0x2545F4914F6CDD1DULL;
}

static int rnd(struct generator *g, int n) { return (int)((rnd64(g) >> 33) % (uint64_t)n); }
static bool percent(struct generator *g, int n) { return rnd(g, 100) < n; }

static bool disturbs(int kind) {
    return kind == FAIL || kind == RETURN || kind == NURSERY_CANCEL || kind == TASK_CANCEL || kind == CANCEL ||
           kind == CANCEL_SOFT || kind == CLOSE_SENDER || kind == CLOSE_RECEIVER || kind == CLOSE_ERROR ||
           kind == SLEEP_FOREVER;
}

/* Kinds next to each other share their luck. */
static void choose_mood(struct generator *g) {
    static const int factors[] = {0, 1, 2, 2, 3, 8};
    static const int groups[] = {RETURN,        CLONE_RECEIVER, NOTIFY_ALL,  EVENT_SET,     RW_RECOVER,
                                 LIMITER_TOTAL, BARRIER,        TOKEN_WHICH, SELECT_NOWAIT, COUNT,
                                 TASK_STATE,    TOKEN_OF_SCOPE, NURSERY};
    int i, group = 0, factor = factors[rnd(g, 6)];
    g->calm = percent(g, 60);
    for (i = 0; i < KINDS_LISTED; i++) {
        if (kinds[i].kind > groups[group]) {
            group++;
            factor = kinds[i].kind == SCOPE ? 2 : factors[rnd(g, 6)];
        }
        g->factors[kinds[i].kind] = factor;
        g->weights[kinds[i].kind] = kinds[i].weight * factor / (g->calm && disturbs(kinds[i].kind) ? 5 : 1);
    }
    g->channels = 1 + rnd(g, CHANNELS);
    g->objects = 1 + percent(g, 30);
}

static int phrase_weight(const struct generator *g, int phrase) {
    return phrases[phrase].weight * g->factors[phrases[phrase].kinds[0]] / 2;
}

/* The number of a kind in the table; KINDS_LISTED + number of a phrase. */
static int any_kind(struct generator *g) {
    int i, sum = 0, at;
    for (i = 0; i < KINDS_LISTED; i++) sum += g->weights[kinds[i].kind];
    for (i = 0; i < PHRASES; i++) sum += phrase_weight(g, i);
    at = rnd(g, sum);
    for (i = 0; i < KINDS_LISTED; i++) {
        if (at < g->weights[kinds[i].kind]) return i;
        at -= g->weights[kinds[i].kind];
    }
    for (i = 0; at >= phrase_weight(g, i); i++) at -= phrase_weight(g, i);
    return KINDS_LISTED + i;
}

static int listed(int kind) {
    int i = 0;
    while (kinds[i].kind != kind) i++;
    return i;
}

/* Few different ones, so that they meet. */
static int64_t any_time(struct generator *g) {
    static const int ms[] = {0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13};
    return CRIB_MS(ms[rnd(g, 12)]);
}

static bool is_nursery(const struct generator *g, int block) { return g->p->steps[block].kind == NURSERY; }

/* A block to name; 0 if there is none yet. */
static int any_block(struct generator *g, bool nursery) {
    int i, tries;
    for (tries = 0; tries < 8; tries++) {
        int block = 0;
        if (g->around_count > 0 && percent(g, 75)) {
            block = g->around[rnd(g, g->around_count)];
        } else if (g->block_count > 0) {
            block = g->blocks[rnd(g, g->block_count)];
        }
        if (block != 0 && (!nursery || is_nursery(g, block))) return block;
    }
    for (i = g->block_count - 1; i >= 0; i--) {
        if (!nursery || is_nursery(g, g->blocks[i])) return g->blocks[i];
    }
    return 0;
}

static int any_code(struct generator *g) { return -1000001 - rnd(g, 4); }

/* ---- lists of steps */

struct list {
    int16_t first;
    int16_t *end;
};

static void append(struct generator *g, struct list *l, int16_t step) {
    if (l->end == NULL) l->end = &l->first;
    *l->end = step;
    if (step != 0) l->end = &g->p->steps[step].next;
}

static void make_steps(struct generator *g, struct list *l, int count);
static int16_t make_kind(struct generator *g, int kind);

static void make_task(struct generator *g, int task, int nursery, bool starts) {
    struct list l = {0, NULL};
    const int before = g->around_count;
    int i;
    for (i = 0; i < before; i++) {
        if (g->around[i] == nursery) g->around_count = i + 1;
    }
    make_steps(g, &l, rnd(g, starts ? 3 : 4));
    if (starts && percent(g, 80)) append(g, &l, make_kind(g, STARTED));
    make_steps(g, &l, 2 + rnd(g, 12));
    g->p->first[task] = l.first;
    g->p->result[task] = (int16_t)(percent(g, 30) ? 1 + rnd(g, 5) : 0);
    g->around_count = before;
}

static void make_scope(struct generator *g, struct step *s) {
    if (percent(g, 20)) s->deadline = any_time(g);
    if (percent(g, 30)) s->timeout = any_time(g);
    if (percent(g, 25)) s->grace = any_time(g);
    if (percent(g, 30)) s->shield = (int8_t)(1 + rnd(g, 2));
    s->graceful = percent(g, 15);
    s->fail = percent(g, 30);
}

static void make_nursery(struct generator *g, struct step *s) {
    if (percent(g, 30)) s->policy = (int8_t)(1 + rnd(g, 3));
    if (percent(g, 15)) s->most = (int8_t)(1 + rnd(g, 2));
    s->drain = percent(g, 15);
    s->service = percent(g, 15);
    s->told = percent(g, 50);
    if (percent(g, 20)) s->grace = any_time(g);
}

/* From here to leave(), what is made is inside the block. */
static void enter(struct generator *g, int block) {
    struct step *s = &g->p->steps[block];
    if (s->kind == SCOPE) {
        make_scope(g, s);
    } else {
        make_nursery(g, s);
    }
    if (percent(g, 25)) s->code = 1 + rnd(g, 9);
    g->blocks[g->block_count++] = block;
    g->around[g->around_count++] = block;
}

static void leave(struct generator *g, int block, const struct list *l) {
    g->p->steps[block].body = l->first;
    g->around_count--;
}

static void make_block(struct generator *g, int block) {
    struct list l = {0, NULL};
    enter(g, block);
    make_steps(g, &l, 1 + rnd(g, is_nursery(g, block) ? 6 : 4));
    leave(g, block, &l);
}

/* ---- steps */

static void make_end(struct generator *g, int *channel, int *end) {
    *channel = rnd(g, g->channels);
    *end = percent(g, 10);
}

static void make_clause(struct generator *g, struct clause_plan *c) {
    static const int clause_kinds[] = {CRIB_CLAUSE_RECEIVE, CRIB_CLAUSE_RECEIVE,   CRIB_CLAUSE_SEND,  CRIB_CLAUSE_SEND,
                                       CRIB_CLAUSE_LOCK,    CRIB_CLAUSE_SEMAPHORE, CRIB_CLAUSE_EVENT, CRIB_CLAUSE_TOKEN,
                                       CRIB_CLAUSE_TASK,    CRIB_CLAUSE_DEADLINE};
    int a = rnd(g, g->objects), b = 0;
    c->kind = (int8_t)clause_kinds[rnd(g, 10)];
    if (c->kind == CRIB_CLAUSE_RECEIVE || c->kind == CRIB_CLAUSE_SEND) make_end(g, &a, &b);
    if (c->kind == CRIB_CLAUSE_TOKEN) a = rnd(g, TOKENS);
    if (c->kind == CRIB_CLAUSE_TASK) a = rnd(g, TASKS);
    c->a = (int8_t)a;
    c->b = (int8_t)b;
    c->time = any_time(g);
}

static void make_clauses(struct generator *g, struct step *s) {
    int i;
    s->n = (int16_t)(percent(g, 2) ? 0 : 1 + rnd(g, CLAUSES));
    for (i = 0; i < s->n; i++) make_clause(g, &s->clauses[i]);
}

static void make_numbers(struct generator *g, struct step *s) {
    int a = rnd(g, g->objects), b = 0;
    switch (kind_takes(s->kind)) {
        case OF_TIME: s->time = s->kind == SLEEP && percent(g, 2) ? -1 : any_time(g); break;
        case OF_END:
        case OF_BATCH:
        case OF_FAILURE: make_end(g, &a, &b); break;
        case OF_TOKEN: a = rnd(g, TOKENS); break;
        case OF_STATS:
            a = rnd(g, OBJECT_KINDS);
            b = rnd(g, a == A_CHANNEL ? g->channels : g->objects);
            break;
        case OF_CLAUSES: make_clauses(g, s); return;
        case OF_TASK: b = rnd(g, g->tasks + 1 < TASKS ? g->tasks + 1 : TASKS); break;
        case OF_SCOPED: b = s->kind == LINK_TOKEN ? rnd(g, TOKENS) : TOKENS_MADE + rnd(g, 2); break;
        case OF_BLOCK_AT:
        case OF_SOFT: s->time = percent(g, 10) ? CRIB_FOREVER : any_time(g); break;
        default: break;
    }
    if (s->kind == SET_DEADLINE && percent(g, 5)) s->time = CRIB_EXPIRED;
    s->a = (int16_t)a;
    s->b = (int16_t)b;
    s->n = (int16_t)rnd(g, 4);
    if (s->kind == BATCH || s->kind == BATCH_NOWAIT) s->n = (int16_t)(1 + rnd(g, 3));
    if (s->kind == CANCEL_SOFT || s->kind == SET_SHIELD) s->n = percent(g, 55);
    s->code = percent(g, 3) && s->kind != CLOSE_ERROR ? CRIB_ECANCELLED : any_code(g);
}

/* False if there is nothing the step could be about. */
static bool make_step(struct generator *g, int number) {
    struct step *s = &g->p->steps[number];
    const int takes = kind_takes(s->kind);
    s->deadline = -1;
    if (percent(g, g->calm ? 93 : kinds[listed(s->kind)].ignored))
        s->ignore = percent(g, 85) ? IGNORE_ERRORS : IGNORE_ALL;
    if (takes == OF_OPTIONS) {
        make_block(g, number);
        return true;
    }
    make_numbers(g, s);
    if (takes >= OF_BLOCK && takes <= OF_CHILD) {
        s->a = (int16_t)any_block(g, takes == OF_CHILD || s->kind <= COUNT);
        if (s->a == 0) return false;
    }
    if (takes == OF_LINK) s->b = (int16_t)any_block(g, false);
    if (takes == OF_CHILD) {
        if (g->tasks == TASKS) return false;
        s->b = (int16_t)g->tasks++;
        make_task(g, s->b, s->a, s->kind == START);
    }
    return true;
}

/* An empty step of that kind; 0 if there is no room for it. */
static int16_t make_empty(struct generator *g, int kind) {
    const int number = g->p->count;
    if (g->room <= 0) return 0;
    g->room--;
    g->p->count++;
    g->p->steps[number].kind = (uint8_t)kind;
    g->p->steps[number].deadline = -1;
    return (int16_t)number;
}

/* A step of that kind, not linked to any; 0 if there is no room for it or it makes no sense here. */
static int16_t make_kind(struct generator *g, int kind) {
    const int16_t number = make_empty(g, kind);
    return number != 0 && make_step(g, number) ? number : 0;
}

static bool may_wait_long(int kind) {
    return kind_waits(kind) && kind != SLEEP && kind != SLEEP_UNTIL && kind > SHIELDED;
}

/* As make_kind; what may wait for ever often gets a timeout, so that the task goes on. */
static int16_t make_patient(struct generator *g, int kind) {
    const int16_t scope = may_wait_long(kind) && percent(g, 55) ? make_empty(g, SCOPE) : 0;
    int16_t step;
    if (scope == 0) return make_kind(g, kind);
    g->p->steps[scope].timeout = CRIB_MS(1 + rnd(g, 4));
    g->p->steps[scope].ignore = IGNORE_ERRORS;
    g->around[g->around_count++] = scope;
    step = make_kind(g, kind);
    g->around_count--;
    g->blocks[g->block_count++] = scope;
    g->p->steps[scope].body = step;
    return scope;
}

static void append_sleep(struct generator *g, struct list *l) {
    const int16_t step = make_kind(g, SLEEP);
    g->p->steps[step].time = CRIB_MS(rnd(g, 4));
    append(g, l, step);
}

static void make_phrase(struct generator *g, struct list *l, int phrase) {
    const int object = rnd(g, g->objects), middle = phrases[phrase].kinds[1];
    /* Whoever is to be notified comes first; who is cancelled after it has not got the lock yet. */
    const bool notifies = middle == NOTIFY || middle == NOTIFY_ALL;
    int i;
    if (notifies && percent(g, 70)) append_sleep(g, l);
    for (i = 0; i < 3 && phrases[phrase].kinds[i] != NO_STEP; i++) {
        const int16_t step = make_patient(g, phrases[phrase].kinds[i]);
        const int16_t body = g->p->steps[step].body;
        if (i > 0 && percent(g, 30)) make_steps(g, l, 1 + rnd(g, 2));
        if (i == 2 && notifies && percent(g, 40)) append_sleep(g, l);
        g->p->steps[body != 0 ? body : step].a = (int16_t)object;
        append(g, l, step);
    }
}

static void make_steps(struct generator *g, struct list *l, int count) {
    for (; count > 0; count--) {
        int which = any_kind(g);
        if (which >= KINDS_LISTED) {
            make_phrase(g, l, which - KINDS_LISTED);
        } else {
            const bool too_deep = g->around_count > 6 && kinds[which].kind >= SCOPE;
            append(g, l, make_patient(g, too_deep ? CHECKPOINT : kinds[which].kind));
        }
    }
}

/* Main: a nursery with some children, usually in a scope that ends everything after a while. */
static int16_t make_main(struct generator *g) {
    struct list body = {0, NULL}, children = {0, NULL};
    const int16_t scope = make_empty(g, SCOPE), nursery = make_empty(g, NURSERY);
    int i;
    enter(g, scope);
    if (percent(g, 70)) g->p->steps[scope].deadline = CRIB_MS(5 + rnd(g, 50));
    make_steps(g, &body, rnd(g, 2));
    append(g, &body, nursery);
    enter(g, nursery);
    for (i = 2 + rnd(g, 4); i > 0; i--) append(g, &children, make_kind(g, percent(g, 75) ? SPAWN : START));
    make_steps(g, &children, rnd(g, 4));
    leave(g, nursery, &children);
    make_steps(g, &body, rnd(g, 3));
    leave(g, scope, &body);
    return scope;
}

static void make_objects(struct generator *g) {
    static const size_t capacities[] = {0, 0, 1, 2, 4, CRIB_UNBOUNDED};
    int i;
    for (i = 0; i < CHANNELS; i++) {
        struct channel_plan *c = &g->p->channels[i];
        c->capacity = capacities[rnd(g, 6)];
        if (percent(g, 70)) continue;
        c->overflow = rnd(g, 4);
        if (c->overflow == CRIB_OVERFLOW_DROP_OLDEST && c->capacity == 0) c->capacity = 1;
        if (c->overflow == CRIB_OVERFLOW_LATEST) c->capacity = (size_t)rnd(g, 2);
    }
    for (i = 0; i < OBJECTS; i++) {
        struct semaphore_plan *s = &g->p->semaphores[i];
        s->value = (uint32_t)rnd(g, 3);
        if (percent(g, 50)) s->max = 2;
        g->p->totals[i] = rnd(g, 3);
    }
}

void program_generate(struct program *p, uint64_t seed) {
    static const uint32_t budgets[] = {1000000, 1000000, 1000000, 1000000, 1, 1, 2, 3};
    static const int shares[] = {0, 0, 0, 50, 50, 100};
    static struct generator g;
    int i, strands;
    memset(p, 0, sizeof *p);
    memset(&g, 0, sizeof g);
    g.p = p;
    g.random = (seed + 1) * 0x9E3779B97F4A7C15ULL;
    for (i = 0; i < 4; i++) rnd64(&g);
    g.room = 10 + rnd(&g, STEPS - 20);
    g.tasks = 1;
    p->seed = seed;
    p->budget = budgets[rnd(&g, 8)];
    choose_mood(&g);
    make_objects(&g);
    p->count = 1;
    strands = shares[rnd(&g, 6)];
    for (i = 0; i < TASKS; i++) p->strand[i] = percent(&g, strands);
    p->first[0] = make_main(&g);
}
