/* Claim: shared channels are clauses as any other, though other threads are at the other end: while two runs send to each
 * other by select, in fibers that are cancelled now and then and in slots that give up results, no value is lost, doubled or
 * dropped. A token that another thread triggers is a clause likewise. */
#include <pthread.h>

#include "support/plain.h"

#define ITEMS   50000 /* in each direction */
#define FIBERS  2
#define CLAUSES 4

enum { SEND, RECEIVE, NEVER, LATE }; /* the last one always comes soon, in virtual time */

static int items;
static int drops;

static void drop(void *p) {
    (void)p;
    __atomic_add_fetch(&drops, 1, __ATOMIC_RELAXED);
}
static const crib_vtable item = {sizeof(crib_vtable), drop, "item", CRIB_VALUE_SENDABLE};

static crib_value numbered(intptr_t number) {
    crib_value v = {NULL, &item};
    v.p = (void *)number;
    return v;
}

/* One of the two runs. */
struct side {
    pthread_t thread;
    crib_sender *tx;
    crib_receiver *rx;
    crib_event *never;
    crib_semaphore *disturb; /* a permit now and then */
    int next, sent;          /* numbers given out, and sent */
    int received, late, cancelled, undone;
    unsigned char got[ITEMS];
    struct slot {
        struct side *side;
        crib_task *task;
        crib_op *op;
        crib_clause clauses[CLAUSES];
        bool over;
    } slot;
};

static void offer(struct side *s, crib_clause *c, bool sends, bool receives) {
    memset(c, 0, CLAUSES * sizeof *c);
    if (sends && s->next < items) c[SEND] = crib_clause_send(s->tx, numbered(s->next++));
    if (receives) c[RECEIVE] = crib_clause_receive(s->rx);
    c[NEVER] = crib_clause_event(s->never);
}

/* False when nothing is left to do. */
static bool settle(struct side *s, crib_clause *c, int chosen) {
    CHECK(chosen == CRIB_ECANCELLED || (chosen >= 0 && chosen < CLAUSES && chosen != NEVER));
    CHECK((c[SEND].kind == CRIB_CLAUSE_NONE || chosen == SEND) == (c[SEND].value.vt == NULL));
    CHECK((chosen == RECEIVE && c[RECEIVE].status == 0) == (c[RECEIVE].value.vt != NULL));
    if (chosen == SEND) {
        CHECK_EQ_INT(c[SEND].status, 0);
        if (++s->sent == items) crib_sender_close(s->tx);
        c[SEND].kind = CRIB_CLAUSE_NONE;
        if (s->next < items) c[SEND] = crib_clause_send(s->tx, numbered(s->next++));
    } else if (chosen == RECEIVE && c[RECEIVE].status == 0) {
        intptr_t number = (intptr_t)c[RECEIVE].value.p;
        CHECK(number >= 0 && number < items && s->got[number] == 0);
        s->got[number] = 1;
        if (++s->received % 50 == 0) CHECK_EQ_INT(crib_semaphore_release(s->disturb), 0);
    } else if (chosen == RECEIVE) {
        CHECK_EQ_INT(c[RECEIVE].status, CRIB_EENDOFCHANNEL);
        c[RECEIVE].kind = CRIB_CLAUSE_NONE;
    }
    s->late += chosen == LATE;
    s->cancelled += chosen == CRIB_ECANCELLED;
    return c[SEND].kind != CRIB_CLAUSE_NONE || c[RECEIVE].kind != CRIB_CLAUSE_NONE;
}

static int selects(void *side) {
    struct side *s = side;
    crib_clause c[CLAUSES];
    int round = 0, chosen;
    offer(s, c, true, true);
    do {
        crib_scope *scope = crib_move_on_after(round % 7 == 0 ? CRIB_MS(1) : CRIB_FOREVER);
        c[LATE].kind = CRIB_CLAUSE_NONE;
        if (round++ % 5 == 0) c[LATE] = crib_clause_deadline(crib_now() + CRIB_MS(round % 3));
        chosen = crib_select(c, CLAUSES, round % 2 ? 0 : CRIB_SELECT_IN_ORDER);
        CHECK_EQ_INT(crib_scope_close(scope, chosen < 0 ? chosen : 0, NULL), 0);
    } while (settle(s, c, chosen));
    return 0;
}

/* A slot that only receives: whether a send that is given up has happened nobody can tell. */
static void slot_goes_on(struct slot *slot, int chosen) {
    for (;;) {
        if (!settle(slot->side, slot->clauses, chosen)) {
            slot->over = true;
            CHECK_EQ_INT(crib_semaphore_release(slot->side->disturb), 0);
            return;
        }
        chosen = crib_begin_select(slot->op, slot->clauses, CLAUSES, 0);
        if (chosen == CRIB_PENDING) return;
    }
}

static void slot_resumes(crib_task *self, uintptr_t data) {
    struct slot *slot = (struct slot *)data;
    if (slot->task == NULL) {
        slot->task = self;
        slot->op = crib_op_new(self, NULL);
        offer(slot->side, slot->clauses, false, true);
        slot_goes_on(slot, CRIB_ECANCELLED);
    } else if (!slot->over) {
        int chosen = crib_op_take_select(slot->op, slot->clauses, CLAUSES);
        if (chosen != CRIB_PENDING) slot_goes_on(slot, chosen);
    }
    if (slot->over) crib_task_exit(self, NULL);
}

/* Gives up what the slot waits for, or has got, and begins anew. */
static int disturbs(void *data) {
    struct slot *slot = data;
    int rc = 0;
    while (rc == 0 && !slot->over) {
        rc = crib_semaphore_acquire(slot->side->disturb);
        if (rc < 0 || slot->over || slot->op == NULL) continue;
        CHECK_EQ_INT(crib_op_abort(slot->op), 0);
        slot->side->undone++;
        slot_goes_on(slot, CRIB_ECANCELLED);
        if (slot->over) crib_task_exit(slot->task, NULL);
    }
    return rc;
}

static int run_side(void *data) {
    struct side *s = data;
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    s->never = crib_event_new();
    s->disturb = crib_semaphore_new(0, 0);
    s->slot.side = s;
    for (i = 0; i < FIBERS; i++) CHECK_EQ_INT(crib_nursery_start_soon(n, "selects", selects, s, NULL), 0);
    CHECK(crib_nursery_start_stackless(n, "slot", slot_resumes, (uintptr_t)&s->slot, NULL) != NULL);
    CHECK_EQ_INT(crib_nursery_start_soon(n, "disturbs", disturbs, &s->slot, NULL), 0);
    rc = crib_nursery_close(n, 0);
    crib_unref(s->never);
    crib_unref(s->disturb);
    crib_unref(s->tx);
    crib_unref(s->rx);
    return rc;
}

static void *side_main(void *data) {
    crib_runtime *rt = mock_runtime();
    CHECK_EQ_INT(crib_runtime_run(rt, run_side, data, NULL), 0);
    crib_unref(rt);
    return NULL;
}

static void two_runs(void) {
    static struct side sides[2];
    int i, k;
    items = workload(ITEMS);
    CHECK_EQ_INT(crib_channel_open_shared(4, &sides[0].tx, &sides[1].rx), 0);
    CHECK_EQ_INT(crib_channel_open_shared(1, &sides[1].tx, &sides[0].rx), 0);
    for (i = 0; i < 2; i++) CHECK_EQ_INT(pthread_create(&sides[i].thread, NULL, side_main, &sides[i]), 0);
    for (i = 0; i < 2; i++) pthread_join(sides[i].thread, NULL);
    for (i = 0; i < 2; i++) {
        CHECK_EQ_INT(sides[i].sent, items);
        CHECK_EQ_INT(sides[i].received, items);
        for (k = 0; k < items; k++) CHECK(sides[i].got[k]);
        CHECK(sides[i].late > 0 && sides[i].cancelled > 0 && sides[i].undone > 0);
        printf("%d late, %d cancelled, %d undone\n", sides[i].late, sides[i].cancelled, sides[i].undone);
    }
    CHECK_EQ_INT(drops, 0);
}

/* --- a token and a channel, by one other thread */

struct pair {
    crib_token *token;
    crib_sender *tx;
};

static void *sends_and_triggers(void *data) {
    struct pair *p = data;
    crib_value v = numbered(1);
    CHECK_EQ_INT(crib_sender_send_nowait(p->tx, &v), 0);
    crib_token_trigger(p->token);
    crib_unref(p->tx);
    crib_unref(p->token);
    return NULL;
}

static int awaits_both(void *unused) {
    int i, k, rounds = workload(1000);
    (void)unused;
    for (i = 0; i < rounds; i++) {
        crib_clause c[2];
        crib_receiver *rx;
        crib_token *token = crib_token_new_external("token");
        struct pair p;
        pthread_t thread;
        p.token = crib_token_ref(token);
        CHECK_EQ_INT(crib_channel_open_shared(1, &p.tx, &rx), 0);
        CHECK_EQ_INT(pthread_create(&thread, NULL, sends_and_triggers, &p), 0);
        c[0] = crib_clause_token(token);
        c[1] = crib_clause_receive(rx);
        for (k = 0; k < 2; k++) {
            int chosen = crib_select(c, 2, 0);
            CHECK(chosen == 0 || chosen == 1);
            CHECK_EQ_INT(c[chosen].status, 0);
            if (chosen == 1) CHECK(c[1].value.p == (void *)1);
            c[chosen].kind = CRIB_CLAUSE_NONE;
        }
        CHECK(c[0].kind == CRIB_CLAUSE_NONE && c[1].kind == CRIB_CLAUSE_NONE);
        pthread_join(thread, NULL);
        crib_unref(rx);
        crib_unref(token);
    }
    return 0;
}

int main(void) {
    two_runs();
    CHECK_EQ_INT(crib_run(awaits_both, NULL), 0);
    CHECK_EQ_INT(drops, 0);
    return 0;
}
