/* Claim: stackless tasks and their slots hold when they are cancelled at any cancel point, and when any allocation
 * fails. */
#include <errno.h>

#include "support/strand.h"
#include "support/sweep.h"

#define MOST 4

/* The strands of a round, and what they share. */
struct cast {
    struct strand strands[MOST];
    crib_sender *tx;
    crib_receiver *rx;
    crib_portal *portal;
    crib_task *napper;
    crib_op *slots[2];
    int counter;
};

static struct cast *cast_of(struct strand *s) { return s->user_data; }

static int start_strand(crib_nursery *n, struct cast *c, int which, void (*run)(struct strand *)) {
    struct strand *s = &c->strands[which];
    memset(s, 0, sizeof *s);
    s->run = run;
    s->user_data = c;
    return strand_start(n, "strand", s) != NULL ? 0 : -ENOMEM;
}

/* ---- one operation after the other */

static void goes_through_all(struct strand *s) {
    struct cast *c = cast_of(s);
    STRAND(s)
    AWAIT(s, crib_begin_checkpoint(s->op));
    if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
    if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, 0));
    if (s->status == 0) AWAIT(s, crib_begin_task_wait(s->op, c->napper));
    if (s->status == 0) {
        CHECK_EQ_INT(crib_portal_wake(c->portal), 0);
        AWAIT(s, crib_begin_portal_wait(s->op, c->portal));
    }
    if (s->status == 0) AWAIT(s, crib_begin_wait_all_tasks_blocked(s->op, 0));
    if (s->status == 0) AWAIT(s, crib_begin_call(s->op, naps, swept(2), unswept));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int all_operations(void *cast) {
    struct cast *c = cast;
    crib_nursery *n = crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : 0;
    if (rc < 0) return rc;
    c->portal = crib_portal_open();
    c->napper = crib_nursery_spawn(n, "naps", naps, swept(2), unswept);
    if (c->portal == NULL || c->napper == NULL) rc = -ENOMEM;
    if (rc == 0) rc = start_strand(n, c, 0, goes_through_all);
    rc = crib_nursery_close(n, rc);
    crib_unref(c->portal);
    crib_unref(c->napper);
    return rc;
}

/* ---- channels */

static void sends_three(struct strand *s) {
    struct cast *c = cast_of(s);
    STRAND(s)
    for (c->counter = 0; c->counter < 3 && s->status == 0; c->counter++)
        AWAIT(s, crib_begin_send(s->op, c->tx, crib_sweep_value(c->counter)));
    crib_sender_close(c->tx);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void receives_all(struct strand *s) {
    STRAND(s)
    while (s->status == 0) {
        AWAIT_RESULT(s, crib_begin_receive(s->op, cast_of(s)->rx));
        if (s->status == 0) CHECK(is_live(s->value));
    }
    if (s->status == CRIB_EENDOFCHANNEL) s->status = 0;
    strand_exit(s, strand_failure(s));
    STRAND_END
}

typedef int (*nursery_body)(crib_nursery *n, void *cast);

static int with_ends(struct cast *c, nursery_body body) {
    int rc = crib_nursery_run(NULL, body, c);
    crib_unref(c->tx);
    crib_unref(c->rx);
    return rc;
}

static int with_channel(size_t capacity, struct cast *c, nursery_body body) {
    int rc = crib_channel_open(capacity, &c->tx, &c->rx);
    return rc < 0 ? rc : with_ends(c, body);
}

static int with_shared(struct cast *c, nursery_body body) {
    int rc = crib_channel_open_shared(2, &c->tx, &c->rx);
    return rc < 0 ? rc : with_ends(c, body);
}

static int one_sends_two_receive(crib_nursery *n, void *cast) {
    int rc = start_strand(n, cast, 0, sends_three);
    if (rc == 0) rc = start_strand(n, cast, 1, receives_all);
    return rc < 0 ? rc : start_strand(n, cast, 2, receives_all);
}

static int rendezvous(void *cast) { return with_channel(0, cast, one_sends_two_receive); }
static int shared(void *cast) { return with_shared(cast, one_sends_two_receive); }
static int buffered(void *cast) { return with_channel(1, cast, one_sends_two_receive); }

/* ---- two slots at once: what one has received when the other is done goes back */

static crib_result of_slot(crib_op *op) {
    crib_result result;
    if (crib_op_take(op, &result) != 0) result = strand_result(CRIB_PENDING);
    return result;
}

static bool is_done(struct cast *c, int which, int *first_failure) {
    crib_result result = of_slot(c->slots[which]);
    if (result.status == CRIB_PENDING) return false;
    if (result.status < 0) *first_failure = result.status;
    crib_value_drop(result.value);
    return true;
}

static void takes_either(struct strand *s) {
    struct cast *c = cast_of(s);
    int i;
    STRAND(s)
    for (i = 0; i < 2; i++) c->slots[i] = crib_op_new(s->task, NULL);
    s->status = c->slots[0] == NULL || c->slots[1] == NULL ? -ENOMEM : 0;
    for (i = 0; i < 2 && s->status == 0; i++) {
        crib_result result = crib_begin_receive(c->slots[i], c->rx);
        s->status = result.status == CRIB_PENDING ? 0 : result.status;
        crib_value_drop(result.value);
    }
    if (s->status < 0) {
        strand_exit(s, strand_failure(s));
        return;
    }
    s->line = 1;
    return;
    case 1:
        if (!is_done(c, 0, &s->status) && !is_done(c, 1, &s->status)) return;
        crib_op_free(c->slots[0]);
        if (c->counter == 0) crib_op_free(c->slots[1]); /* else it is left to the end of the task */
        strand_exit(s, strand_failure(s));
        STRAND_END
}

/* Resumed whenever one of its slots is done. */
static void takes_either_resume(crib_task *self, uintptr_t data) {
    struct strand *s = (struct strand *)data;
    s->task = self;
    s->op = crib_task_op(self);
    s->run(s);
}

static int start_taker(crib_nursery *n, struct cast *c, int left) {
    struct strand *s = &c->strands[0];
    memset(s, 0, sizeof *s);
    s->run = takes_either;
    s->user_data = c;
    c->counter = left;
    return crib_nursery_start_stackless(n, "taker", takes_either_resume, (uintptr_t)s, NULL) != NULL ? 0 : -ENOMEM;
}

static int sends_two(void *cast) {
    struct cast *c = cast;
    int rc = crib_sleep(CRIB_MS(1));
    if (rc == 0) rc = crib_sender_send(c->tx, crib_sweep_value(1));
    return rc < 0 ? rc : crib_sender_send(c->tx, crib_sweep_value(2));
}

static int two_slots(crib_nursery *n, void *cast) {
    int rc = start_taker(n, cast, 0);
    if (rc == 0) rc = crib_nursery_start_soon(n, "sends", sends_two, cast, NULL);
    return rc;
}

static int two_slots_left(crib_nursery *n, void *cast) {
    int rc = start_taker(n, cast, 1);
    if (rc == 0) rc = crib_nursery_start_soon(n, "sends", sends_two, cast, NULL);
    return rc;
}

static int either(void *cast) { return with_channel(2, cast, two_slots); }
static int either_left(void *cast) { return with_channel(2, cast, two_slots_left); }
static int either_shared(void *cast) { return with_shared(cast, two_slots); }
static int either_shared_left(void *cast) { return with_shared(cast, two_slots_left); }

/* ---- nurseries, starts and scopes of their own */

static void ends_soon(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int says_started(void *ms) {
    int rc = naps(ms);
    if (rc == 0) rc = crib_task_started(crib_sweep_value(1));
    return rc < 0 ? rc : naps(ms);
}

static void has_nursery(struct strand *s) {
    struct cast *c = cast_of(s);
    crib_error *failure;
    STRAND(s)
    s->nursery = strand_nursery(s);
    if (s->nursery == NULL) {
        strand_exit(s, crib_error_new(-ENOMEM, NULL));
        return;
    }
    s->status = start_strand(s->nursery, c, 1, ends_soon);
    if (s->status == 0) s->status = start_nap(s->nursery, 2);
    if (s->status == 0) AWAIT(s, crib_begin_nursery_start(s->op, s->nursery, "child", says_started, swept(1), unswept));
    if (s->status == 0) CHECK_EQ_INT(crib_sweep_number(s->value, -1), 1);
    if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
    failure = strand_failure(s);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, failure));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int nursery_of_its_own(void *cast) {
    crib_nursery *n = crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : start_strand(n, cast, 0, has_nursery);
    return n == NULL ? rc : crib_nursery_close(n, rc);
}

static void has_timeout(struct strand *s) {
    crib_scope_options options;
    crib_error *left;
    bool caught;
    STRAND(s)
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.parent = crib_task_scope(s->task);
    options.timeout = CRIB_MS(1);
    s->scope = crib_scope_open(&options);
    s->status = s->scope == NULL ? -ENOMEM : crib_op_set_scope(s->op, s->scope);
    if (s->status < 0) {
        strand_exit(s, strand_failure(s));
        return;
    }
    AWAIT(s, crib_begin_call(s->op, naps, swept(5), unswept));
    if (s->status == CRIB_ECANCELLED && s->error == NULL) s->error = crib_error_cancelled(s->scope);
    left = crib_scope_close_error(s->scope, strand_failure(s), &caught);
    s->status = crib_error_code(left);
    s->error = left;
    if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int timeout_of_its_own(void *cast) {
    crib_nursery *n = crib_nursery_open();
    int rc = n == NULL ? crib_checkpoint() : start_strand(n, cast, 0, has_timeout);
    return n == NULL ? rc : crib_nursery_close(n, rc);
}

static void cast_holds(const char *name, crib_body_fn body) {
    struct cast cast;
    memset(&cast, 0, sizeof cast);
    sweep_holds(name, sweep_of(body, &cast));
}

int main(void) {
    cast_holds("one operation after the other", all_operations);
    cast_holds("rendezvous", rendezvous);
    cast_holds("a buffer of one", buffered);
    cast_holds("a shared channel", shared);
    cast_holds("two slots", either);
    cast_holds("two slots at a shared channel", either_shared);
    cast_holds("two slots at a shared channel, one left behind", either_shared_left);
    cast_holds("two slots, one left behind", either_left);
    cast_holds("a nursery", nursery_of_its_own);
    cast_holds("a timeout", timeout_of_its_own);
    return 0;
}
