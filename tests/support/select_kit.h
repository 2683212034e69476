/* A select with a clause of each kind, none of them ready: what makes each ready, and what shows that it had an effect, or
 * left no trace. Either a fiber waits in crib_select or a stackless task's slot does. */
#ifndef TESTS_SUPPORT_SELECT_KIT_H
#define TESTS_SUPPORT_SELECT_KIT_H

#include "support/counted.h"
#include "support/slots.h"

enum { RECEIVE, SEND, LOCK, SEMAPHORE, EVENT, TOKEN, TASK, DEADLINE, KINDS };

#define RECEIVED 5 /* numbers of values */
#define SENT     7

typedef struct select_kit {
    crib_sender *in_tx, *out_tx; /* the select receives from "in", of capacity 1, and sends to "out", a rendezvous */
    crib_receiver *in_rx, *out_rx;
    crib_lock *lock; /* of the holder */
    crib_semaphore *permits;
    crib_event *event;
    crib_token *token;
    crib_task *holder, *child; /* idle */
    crib_op *receives;         /* from "out", a slot of the holder */
    crib_result got;           /* by that */
    crib_nursery *n;
    crib_clause clauses[KINDS];
    size_t count;
    uint32_t flags;
    /* Who selects, and what it returned. */
    bool flat;
    crib_task *chooser;
    crib_op *op;
    crib_event *may_end;
    int rc;
} select_kit;

static inline void kit_clauses(select_kit *k) {
    k->clauses[RECEIVE] = crib_clause_receive(k->in_rx);
    k->clauses[SEND] = crib_clause_send(k->out_tx, counted_value(SENT));
    k->clauses[LOCK] = crib_clause_lock(k->lock);
    k->clauses[SEMAPHORE] = crib_clause_semaphore(k->permits);
    k->clauses[EVENT] = crib_clause_event(k->event);
    k->clauses[TOKEN] = crib_clause_token(k->token);
    k->clauses[TASK] = crib_clause_task(k->child);
    k->clauses[DEADLINE] = crib_clause_deadline(crib_now() + CRIB_SECONDS(1));
    k->count = KINDS;
}

/* Its nursery becomes the innermost block. */
static inline void kit_open(select_kit *k, bool flat) {
    memset(k, 0, sizeof *k);
    counted_drops = 0;
    k->flat = flat;
    k->n = crib_nursery_open();
    EXPECT_EQ(crib_channel_open(1, &k->in_tx, &k->in_rx), 0);
    EXPECT_EQ(crib_channel_open(0, &k->out_tx, &k->out_rx), 0);
    k->lock = crib_lock_new();
    k->permits = crib_semaphore_new(0, 0);
    k->event = crib_event_new();
    k->token = crib_token_new("kit");
    k->holder = crib_task_ref(idle_task(k->n, "holder"));
    k->child = crib_task_ref(idle_task(k->n, "child"));
    k->receives = crib_op_new(k->holder, NULL);
    EXPECT_EQ(crib_lock_acquire_nowait_by(k->lock, k->holder), 0);
    kit_clauses(k);
}

static inline void kit_make_ready(select_kit *k, int kind) {
    crib_value v = counted_value(RECEIVED);
    switch (kind) {
        case RECEIVE: EXPECT_EQ(crib_sender_send_nowait(k->in_tx, &v), 0); break;
        case SEND: k->got = crib_begin_receive(k->receives, k->out_rx); break;
        case LOCK: EXPECT_EQ(crib_lock_release_by(k->lock, k->holder), 0); break;
        case SEMAPHORE: EXPECT_EQ(crib_semaphore_release(k->permits), 0); break;
        case EVENT: crib_event_set(k->event); break;
        case TOKEN: crib_token_trigger(k->token); break;
        case TASK: idle_end(k->child); break;
        default: EXPECT_EQ(crib_clock_jump(CRIB_SECONDS(1)), 0); break;
    }
}

/* A task that ends with a lock would break it. */
static inline int kit_chooser(void *kit) {
    select_kit *k = kit;
    crib_scope *scope;
    k->rc = crib_select(k->clauses, k->count, k->flags);
    scope = shielded_scope();
    return crib_scope_close(scope, crib_event_wait(k->may_end), NULL);
}

/* Begins to select; returns what it has come to: CRIB_PENDING if it waits. */
static inline int kit_select(select_kit *k) {
    k->rc = CRIB_PENDING;
    if (k->flat) {
        k->chooser = crib_task_ref(idle_task(k->n, "flat"));
        k->op = crib_op_new(k->chooser, NULL);
        return k->rc = crib_begin_select(k->op, k->clauses, k->count, k->flags);
    }
    k->may_end = crib_event_new();
    k->chooser = crib_nursery_spawn(k->n, "fiber", kit_chooser, k, NULL);
    settle();
    return k->rc;
}

/* What it returns once everything that is ready has run. */
static inline int kit_result(select_kit *k) {
    settle();
    if (k->flat && k->rc == CRIB_PENDING) k->rc = crib_op_take_select(k->op, k->clauses, k->count);
    return k->rc;
}

/* --- what each clause has done, or has not; `ready`: it was made so */

static inline void kit_check_receive(select_kit *k, bool chosen, bool ready) {
    crib_value v = k->clauses[RECEIVE].value;
    crib_channel_stats s = {.size = sizeof s};
    if (!chosen) {
        EXPECT(v.vt == NULL);
        EXPECT_EQ(crib_receiver_receive_nowait(k->in_rx, &v), ready ? 0 : CRIB_EWOULDBLOCK);
    }
    if (chosen || ready) EXPECT_EQ((intptr_t)v.p, RECEIVED);
    crib_value_drop(v);
    EXPECT_EQ(crib_receiver_statistics(k->in_rx, &s), 0);
    EXPECT_EQ(s.waiting_receivers + s.waiting_senders + s.buffered, 0);
}

static inline void kit_check_send(select_kit *k, bool chosen, bool ready) {
    crib_value v = k->clauses[SEND].value;
    crib_channel_stats s = {.size = sizeof s};
    if (chosen) {
        EXPECT(v.vt == NULL);
        if (k->got.status == CRIB_PENDING) EXPECT_EQ(crib_op_take(k->receives, &k->got), 0);
        EXPECT_EQ(k->got.status, 0);
        v = k->got.value;
    }
    EXPECT(v.vt == &counted_vtable);
    EXPECT_EQ((intptr_t)v.p, SENT);
    crib_value_drop(v);
    EXPECT_EQ(crib_sender_statistics(k->out_tx, &s), 0);
    EXPECT_EQ(s.waiting_senders, 0);
    EXPECT_EQ(s.waiting_receivers, ready && !chosen);
    EXPECT_EQ(crib_op_abort(k->receives), 0);
}

static inline void kit_check_lock(select_kit *k, bool chosen, bool ready) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(k->lock, &s), 0);
    EXPECT_EQ(s.waiting, 0);
    EXPECT(s.owner == (chosen ? k->chooser : ready ? NULL : k->holder));
    if (s.owner != NULL) EXPECT_EQ(crib_lock_release_by(k->lock, s.owner), 0);
}

static inline void kit_check_others(select_kit *k, bool took_permit, bool gave_permit) {
    crib_semaphore_stats s = {.size = sizeof s};
    crib_event_stats e = {.size = sizeof e};
    crib_statistics all = {.size = sizeof all};
    EXPECT_EQ(crib_semaphore_statistics(k->permits, &s), 0);
    EXPECT_EQ(s.waiting, 0);
    EXPECT_EQ(s.value, gave_permit && !took_permit);
    EXPECT_EQ(crib_event_statistics(k->event, &e), 0);
    EXPECT_EQ(e.waiting, 0);
    EXPECT_EQ(crib_runtime_statistics(NULL, &all), 0);
    EXPECT_EQ(all.next_deadline, CRIB_FOREVER);
}

/* `ready`: a bit for each kind that was made ready. */
static inline void kit_check(select_kit *k, int chosen, unsigned ready) {
    int i;
    for (i = 0; i < KINDS; ++i) {
        EXPECT_EQ(k->clauses[i].status, i == chosen ? 0 : CRIB_PENDING);
        if (i != SEND && i != RECEIVE && i != TASK) EXPECT(k->clauses[i].value.vt == NULL);
    }
    EXPECT_EQ(crib_value_as_int(k->clauses[TASK].value, -1), chosen == TASK ? 0 : -1);
    kit_check_receive(k, chosen == RECEIVE, ready & 1u << RECEIVE);
    kit_check_send(k, chosen == SEND, ready & 1u << SEND);
    kit_check_lock(k, chosen == LOCK, ready & 1u << LOCK);
    kit_check_others(k, chosen == SEMAPHORE, ready & 1u << SEMAPHORE);
    EXPECT_EQ(counted_drops, ready & 1u << RECEIVE ? 2 : 1);
}

static inline void kit_close(select_kit *k) {
    if (k->may_end != NULL) crib_event_set(k->may_end);
    if (k->flat && k->chooser != NULL) idle_end(k->chooser);
    idle_end(k->holder);
    idle_end(k->child);
    EXPECT_EQ(crib_nursery_close(k->n, 0), 0);
    crib_unref(k->chooser);
    crib_unref(k->holder);
    crib_unref(k->child);
    crib_unref(k->may_end);
    crib_unref(k->lock);
    crib_unref(k->permits);
    crib_unref(k->event);
    crib_unref(k->token);
    crib_unref(k->in_tx);
    crib_unref(k->in_rx);
    crib_unref(k->out_tx);
    crib_unref(k->out_rx);
}

#endif
