/* Claim: whatever is cancelled where, and whichever allocation fails, exactly one clause of a select has an effect, or
 * none if it was cancelled. */
#include <errno.h>

#include "support/strand.h"
#include "support/sweep.h"

#define ROUNDS 6

enum { FROM_A, FROM_B, TO_C, PERMIT, LOCK, EVENT, CHILD, TOKEN, LATE, OFF, CLAUSES };

/* What selectors choose from. */
struct market {
    crib_sender *tx[3];
    crib_receiver *rx[3];
    crib_semaphore *permits;
    crib_lock *lock;
    crib_event *event;
    crib_token *token;
    crib_task *child;
    size_t clauses;
    uint32_t flags;
    bool shared; /* channels between threads, though there is one */
    int sent, received, arrived;
};

struct selector {
    struct market *market;
    crib_clause clauses[CLAUSES];
    crib_value offer;
    int round, chosen;
    bool takes_not; /* leaves a result to the end of the task */
    struct strand strand;
};

static crib_task *owner_of(crib_lock *l) {
    crib_lock_stats stats;
    stats.size = sizeof stats;
    CHECK_EQ_INT(crib_lock_statistics(l, &stats), 0);
    return stats.owner;
}

/* Clauses of things that have happened stay switched off from then on: they would be chosen for ever. */
static void offer(struct selector *s) {
    struct market *m = s->market;
    crib_clause *c = s->clauses;
    if (s->round == 0) {
        memset(c, 0, sizeof s->clauses);
        c[FROM_A] = crib_clause_receive(m->rx[0]);
        c[FROM_B] = crib_clause_receive(m->rx[1]);
        c[PERMIT] = crib_clause_semaphore(m->permits);
        c[LOCK] = crib_clause_lock(m->lock);
        c[EVENT] = crib_clause_event(m->event);
        c[CHILD] = crib_clause_task(m->child);
        c[TOKEN] = crib_clause_token(m->token);
        c[LATE] = crib_clause_deadline(crib_now() + CRIB_MS(3));
    }
    s->offer = crib_sweep_value(100 + s->round);
    c[TO_C] = crib_clause_send(m->tx[2], s->offer);
}

/* Looks at what became of each clause, and undoes what the chosen one did. */
static int settle(struct selector *s, const crib_task *self, int chosen) {
    struct market *m = s->market;
    crib_clause *c = s->clauses;
    size_t i;
    CHECK(chosen != CRIB_EWOULDBLOCK && chosen < (int)m->clauses);
    for (i = 0; i < m->clauses; i++) {
        if ((int)i == chosen) continue;
        CHECK_EQ_INT(c[i].status, CRIB_PENDING);
        CHECK((c[i].value.vt != NULL) == (i == TO_C));
    }
    if (chosen == TO_C && c[TO_C].status == 0) {
        CHECK(c[TO_C].value.vt == NULL);
        ++m->sent;
    } else {
        CHECK(is_live(c[TO_C].value) && c[TO_C].value.p == s->offer.p);
    }
    CHECK((owner_of(m->lock) == self) == (chosen == LOCK));
    if (chosen == LOCK) CHECK_EQ_INT(crib_lock_release_by(m->lock, (crib_task *)self), 0);
    if (chosen == PERMIT) CHECK_EQ_INT(crib_semaphore_release(m->permits), 0);
    if ((chosen == FROM_A || chosen == FROM_B) && c[chosen].status == 0) {
        CHECK(is_live(c[chosen].value));
        ++m->received;
    }
    for (i = 0; i < m->clauses; i++) crib_value_drop(c[i].value);
    for (i = 0; i < m->clauses; i++) c[i].value.vt = NULL;
    if (chosen >= EVENT || (chosen >= 0 && c[chosen].status < 0)) c[chosen].kind = CRIB_CLAUSE_NONE;
    return chosen < 0 ? chosen : 0;
}

static int selects(void *arg) {
    struct selector *s = arg;
    int rc = 0;
    for (s->round = 0; s->round < ROUNDS && rc == 0; s->round++) {
        offer(s);
        rc = crib_select(s->clauses, s->market->clauses, s->market->flags);
        rc = settle(s, crib_task_current(), rc);
    }
    return rc;
}

static int selects_for_sure(void *selector) { return shielded(selects, selector); }

static void flat_selector(struct strand *strand) {
    struct selector *s = strand->user_data;
    STRAND(strand)
    for (s->round = 0; s->round < ROUNDS && strand->status == 0; s->round++) {
        offer(s);
        s->chosen = crib_begin_select(strand->op, s->clauses, s->market->clauses, s->market->flags);
        if (s->chosen == CRIB_PENDING) {
            strand->line = 1;
            return;
            case 1: s->chosen = crib_op_take_select(strand->op, s->clauses, s->market->clauses);
        }
        strand->status = settle(s, strand->task, s->chosen);
    }
    strand_exit(strand, strand_failure(strand));
    STRAND_END
}

/* Takes results by crib_op_take_select, or ends with the first that it has to wait for. */
static void selector_resume(crib_task *self, uintptr_t data) {
    struct selector *s = (struct selector *)data;
    if (s->strand.task == NULL) {
        s->strand.task = self;
        s->strand.op = crib_task_op(self);
    } else if (s->takes_not) {
        crib_task_exit(self, NULL);
        return;
    }
    flat_selector(&s->strand);
}

static int start_flat(crib_nursery *n, struct selector *s) {
    memset(&s->strand, 0, sizeof s->strand);
    s->strand.user_data = s;
    return crib_nursery_start_stackless(n, "selects", selector_resume, (uintptr_t)s, NULL) != NULL ? 0 : -ENOMEM;
}

/* ---- the others in the market */

static int sends_to(crib_sender *tx, int first) {
    int i, rc = 0;
    for (i = 0; i < 3 && rc == 0; i++) rc = crib_sender_send(tx, crib_sweep_value(first + i));
    return rc == CRIB_EBROKEN ? 0 : rc;
}

static int sends_a(void *market) { return sends_to(((struct market *)market)->tx[0], 0); }
static int sends_b(void *market) {
    int rc = crib_sleep(CRIB_MS(1));
    return rc < 0 ? rc : sends_to(((struct market *)market)->tx[1], 10);
}

static int receives_c(void *market) {
    struct market *m = market;
    int i, rc = 0;
    for (i = 0; i < 4 && rc == 0; i++) {
        rc = crib_receiver_receive(m->rx[2], NULL);
        if (rc == 0) ++m->arrived;
        if (rc == 0) rc = crib_checkpoint();
    }
    crib_receiver_close(m->rx[2]);
    return rc;
}

static int holds_things(void *market) {
    struct market *m = market;
    int rc = crib_lock_acquire(m->lock);
    if (rc < 0) return rc;
    rc = crib_semaphore_acquire(m->permits);
    if (rc == 0) {
        rc = crib_sleep(CRIB_MS(1));
        CHECK_EQ_INT(crib_semaphore_release(m->permits), 0);
    }
    crib_event_set(m->event);
    crib_token_trigger(m->token);
    CHECK_EQ_INT(crib_lock_release(m->lock), 0);
    return rc;
}

/* ---- rounds */

static int open_market(struct market *m) {
    int i, rc = 0;
    for (i = 0; i < 3 && rc == 0; i++) {
        rc = m->shared ? crib_channel_open_shared(1, &m->tx[i], &m->rx[i])
                       : crib_channel_open(i == 1 ? 1 : 0, &m->tx[i], &m->rx[i]);
    }
    m->permits = crib_semaphore_new(1, 1);
    m->lock = crib_lock_new();
    m->event = crib_event_new();
    m->token = crib_token_new("enough");
    if (m->permits == NULL || m->lock == NULL || m->event == NULL || m->token == NULL) rc = -ENOMEM;
    m->sent = m->received = m->arrived = 0;
    return rc;
}

static void close_market(struct market *m) {
    int i;
    for (i = 0; i < 3; i++) {
        crib_unref(m->tx[i]);
        crib_unref(m->rx[i]);
        m->tx[i] = NULL;
        m->rx[i] = NULL;
    }
    crib_unref(m->permits);
    crib_unref(m->lock);
    crib_unref(m->event);
    crib_unref(m->token);
    crib_unref(m->child);
}

struct cast {
    struct market market;
    struct selector selectors[3];
    int flat;
};

static int start_all(crib_nursery *n, void *arg) {
    struct cast *c = arg;
    struct market *m = &c->market;
    int i, rc = 0;
    m->child = crib_nursery_spawn(n, "holds things", holds_things, m, NULL);
    if (m->child == NULL) return -ENOMEM;
    for (i = 0; i < 3 && rc == 0; i++) {
        struct selector *s = &c->selectors[i];
        s->market = m;
        s->takes_not = i == 2;
        rc = c->flat ? start_flat(n, s)
                     : crib_nursery_start_soon(n, "selects", i == 1 ? selects_for_sure : selects, s, NULL);
    }
    if (rc == 0) rc = crib_nursery_start_soon(n, "sends", sends_a, m, NULL);
    if (rc == 0) rc = crib_nursery_start_soon(n, "sends", sends_b, m, NULL);
    return rc < 0 ? rc : crib_nursery_start_soon(n, "receives", receives_c, m, NULL);
}

/* A nursery within: when the selectors are done nobody else has anything to wait for. */
static int market_body(void *arg) {
    struct cast *c = arg;
    struct market *m = &c->market;
    crib_semaphore_stats stats;
    bool caught;
    crib_scope *scope;
    int rc = open_market(m);
    m->child = NULL;
    scope = rc < 0 ? NULL : crib_move_on_after(CRIB_MS(20));
    if (rc == 0 && scope == NULL) rc = crib_checkpoint();
    if (rc == 0) rc = crib_nursery_run(NULL, start_all, c);
    if (scope != NULL) rc = crib_scope_close(scope, rc, &caught);
    if (scope != NULL) {
        stats.size = sizeof stats;
        CHECK_EQ_INT(crib_semaphore_statistics(m->permits, &stats), 0);
        CHECK(stats.value == 1 && stats.waiting == 0);
        CHECK(owner_of(m->lock) == NULL);
        /* A result that is left is not counted, and what is in a buffer has not arrived. */
        if (!c->flat) CHECK(m->sent >= m->arrived);
        if (!m->shared) CHECK(m->sent <= m->arrived);
    }
    close_market(m);
    return rc;
}

static void market_holds(const char *name, size_t clauses, uint32_t flags, int flat, bool shared) {
    static struct cast c;
    memset(&c, 0, sizeof c);
    c.market.shared = shared;
    c.market.clauses = clauses;
    c.market.flags = flags;
    c.flat = flat;
    sweep_holds(name, sweep_of(market_body, &c));
}

int main(void) {
    market_holds("a fair select", LATE, 0, 0, false);
    market_holds("a select in order", LATE, CRIB_SELECT_IN_ORDER, 0, false);
    market_holds("a select of many", CLAUSES, 0, 0, false);
    market_holds("a select of shared channels", LATE, 0, 0, true);
    market_holds("a fair select of stackless tasks", LATE, 0, 1, false);
    market_holds("a select of many of stackless tasks", CLAUSES, CRIB_SELECT_IN_ORDER, 1, false);
    market_holds("a select of shared channels of stackless tasks", LATE, 0, 1, true);
    return 0;
}
