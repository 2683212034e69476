/* Claim: whatever is begun, taken, given up, cancelled, closed and released around selects, in whatever order, also by the
 * values that are dropped meanwhile, each value ends in one place, and nothing is left behind. (Address sanitizer and Valgrind look on.) `select_random_test FIRST COUNT`
 * runs other seeds. */
#include "support/plain.h"

#define CHANNELS 4 /* the last one is shared */
#define OTHERS   2 /* of each other kind */
#define TASKS    3
#define SLOTS    3 /* of each task */
#define MOST     10
#define STEPS    400

static uint64_t random_state;

static unsigned below(unsigned n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

/* --- values: a block of memory each */

static long living;
static int meddling; /* drops that are under way */
static void meddle(void);

static void drop(void *p) {
    living--;
    free(p);
}
static void drop_and_meddle(void *p) {
    drop(p);
    if (++meddling <= 3) meddle();
    meddling--;
}
static const crib_vtable block = {sizeof(crib_vtable), drop, "block", CRIB_VALUE_SENDABLE};
static const crib_vtable meddler = {sizeof(crib_vtable), drop_and_meddle, "meddler", CRIB_VALUE_SENDABLE};

static crib_value make(void) {
    crib_value v = {NULL, &block};
    if (below(4) == 0) v.vt = &meddler;
    v.p = malloc(1);
    living++;
    return v;
}

/* --- the world */

struct slot {
    crib_op *op;
    size_t count; /* of the select that was begun last */
};

static struct {
    crib_nursery *nursery;
    crib_sender *tx[CHANNELS];
    crib_receiver *rx[CHANNELS];
    crib_lock *locks[OTHERS];
    crib_semaphore *permits[OTHERS];
    crib_event *events[OTHERS];
    crib_token *tokens[OTHERS];
    crib_task *tasks[TASKS];
    struct slot slots[TASKS][SLOTS];
    int fibers;
    int begun, chosen, given_up;
} w;

static void resume(crib_task *self, uintptr_t data) {
    (void)self;
    (void)data;
}

static void new_channel(int i) {
    if (i == CHANNELS - 1)
        CHECK_EQ_INT(crib_channel_open_shared(1, &w.tx[i], &w.rx[i]), 0);
    else
        CHECK_EQ_INT(crib_channel_open((size_t)i, &w.tx[i], &w.rx[i]), 0);
}

static void new_task(int i) {
    int k;
    w.tasks[i] = crib_task_ref(crib_nursery_start_stackless(w.nursery, "flat", resume, 0, NULL));
    for (k = 0; k < SLOTS; k++) {
        w.slots[i][k].op = crib_op_new(w.tasks[i], NULL);
        CHECK(w.slots[i][k].op != NULL);
    }
}

static void end_task(crib_task *task) {
    crib_task_exit(task, NULL);
    crib_unref(task);
}

static void new_other(int i) {
    w.locks[i] = crib_lock_new();
    w.permits[i] = crib_semaphore_new(below(2), 0);
    w.events[i] = crib_event_new();
    w.tokens[i] = crib_token_new("token");
}

/* New ones first: what is dropped meanwhile may use them. */
static void replace_other(int i, bool anew) {
    void *old[] = {w.locks[i], w.permits[i], w.events[i], w.tokens[i]};
    int k;
    if (anew) new_other(i);
    for (k = 0; k < 4; k++) crib_unref(old[k]);
}

static void replace_channel(int i, bool anew) {
    void *old[] = {w.tx[i], w.rx[i]};
    if (anew) new_channel(i);
    crib_unref(old[0]);
    crib_unref(old[1]);
}

static void replace_task(int i) {
    crib_task *old = w.tasks[i];
    new_task(i);
    end_task(old);
}

/* --- clauses */

static crib_clause any_clause(const crib_task *self) {
    const unsigned c = below(CHANNELS), o = below(OTHERS), t = below(TASKS);
    crib_lock_stats owner = {0};
    switch (below(12)) {
        case 0:
        case 1:
        case 2: return crib_clause_receive(w.rx[c]);
        case 3:
        case 4:
        case 5: return crib_clause_send(w.tx[c], make());
        case 6:
            owner.size = sizeof owner;
            CHECK_EQ_INT(crib_lock_statistics(w.locks[o], &owner), 0);
            return owner.owner == self ? crib_clause_of(CRIB_CLAUSE_NONE, NULL) : crib_clause_lock(w.locks[o]);
        case 7: return crib_clause_semaphore(w.permits[o]);
        case 8: return crib_clause_event(w.events[o]);
        case 9: return crib_clause_token(w.tokens[o]);
        case 10: return w.tasks[t] == self ? crib_clause_of(CRIB_CLAUSE_NONE, NULL) : crib_clause_task(w.tasks[t]);
        default: return crib_clause_deadline(crib_now() + CRIB_MS(below(20)));
    }
}

static size_t any_clauses(crib_clause *c, const crib_task *self) {
    const size_t count = below(MOST + 1);
    size_t i;
    for (i = 0; i < count; i++) c[i] = any_clause(self);
    return count;
}

/* What became of it: only the chosen clause may have lost or got a value. */
static void look_at(crib_clause *c, size_t count, int chosen) {
    size_t i;
    CHECK(chosen < (int)count);
    for (i = 0; i < count; i++) {
        const bool sends = c[i].kind == CRIB_CLAUSE_SEND;
        const bool has = c[i].value.vt != NULL;
        if ((int)i != chosen) {
            CHECK_EQ_INT(c[i].status, CRIB_PENDING);
            CHECK(has == sends);
        } else if (c[i].kind != CRIB_CLAUSE_TASK && c[i].kind != CRIB_CLAUSE_RECEIVE) {
            CHECK(has == (sends && c[i].status < 0));
        }
        crib_value_drop(c[i].value);
    }
    w.chosen += chosen >= 0;
}

static void begin(struct slot *s, const crib_task *self) {
    crib_clause c[MOST];
    const size_t count = any_clauses(c, self);
    size_t i;
    int rc = crib_begin_select(s->op, c, count, below(2));
    if (rc != CRIB_PENDING) {
        look_at(c, count, rc == CRIB_EBUSY ? -1 : rc);
        return;
    }
    for (i = 0; i < count; i++) CHECK(c[i].value.vt == NULL && c[i].status == CRIB_PENDING);
    s->count = count;
    w.begun++;
}

static void take(struct slot *s) {
    crib_clause c[MOST];
    const size_t count = s->count;
    crib_result result;
    size_t i;
    int rc;
    if (below(3) == 0) {
        if (crib_op_take(s->op, &result) == 0) crib_value_drop(result.value);
        return;
    }
    rc = crib_op_take_select(s->op, c, count);
    if (rc == CRIB_PENDING || rc == CRIB_EMISUSE) return;
    for (i = 0; i < count; i++) crib_value_drop(c[i].value);
    w.chosen += rc >= 0;
}

/* --- what happens to a slot, and elsewhere */

static void use_slot(void) {
    const unsigned t = below(TASKS);
    struct slot *s = &w.slots[t][below(SLOTS)];
    crib_op *old = s->op;
    switch (below(8)) {
        case 0:
        case 1:
        case 2: begin(s, w.tasks[t]); break;
        case 3:
        case 4: take(s); break;
        case 5:
            crib_op_abort(s->op);
            w.given_up++;
            break;
        case 6: crib_runtime_cancel_op(crib_runtime_current(), crib_op_id(s->op)); break;
        default:
            s->op = crib_op_new(w.tasks[t], NULL);
            crib_op_free(old);
            break;
    }
}

static void use_channel(void) {
    const unsigned i = below(CHANNELS);
    crib_value v;
    switch (below(12)) {
        case 0: crib_sender_close(w.tx[i]); break;
        case 1: crib_receiver_close(w.rx[i]); break;
        case 2:
        case 3:
            if (meddling == 0) replace_channel((int)i, true); /* who is called may be using the old one */
            break;
        case 4:
            if (i < CHANNELS - 1) crib_sender_close_error(w.tx[i], crib_error_new(-1000001, "closed with an error"));
            break;
        case 5:
        case 6:
        case 7:
            v = make();
            crib_sender_send_nowait(w.tx[i], &v);
            crib_value_drop(v);
            break;
        default:
            if (crib_receiver_receive_nowait(w.rx[i], &v) == 0) crib_value_drop(v);
            break;
    }
}

static void use_lock(crib_lock *l, crib_task *task) {
    crib_lock_stats s;
    s.size = sizeof s;
    CHECK_EQ_INT(crib_lock_statistics(l, &s), 0);
    if (s.broken)
        crib_lock_recover_by(l, task);
    else if (s.owner != NULL)
        CHECK_EQ_INT(crib_lock_release_by(l, s.owner), 0);
    else
        crib_lock_acquire_nowait_by(l, task);
}

static void use_other(void) {
    const unsigned i = below(OTHERS), t = below(TASKS);
    switch (below(9)) {
        case 0:
        case 1: use_lock(w.locks[i], w.tasks[t]); break;
        case 2:
        case 3: CHECK_EQ_INT(crib_semaphore_release(w.permits[i]), 0); break;
        case 4: crib_event_set(w.events[i]); break;
        case 5: crib_token_trigger(w.tokens[i]); break;
        case 6:
            if (meddling == 0) replace_other((int)i, true);
            break;
        case 7:
            if (meddling == 0)
                replace_task((int)t);
            else
                crib_task_exit(w.tasks[t], NULL);
            break;
        default: CHECK_EQ_INT(crib_clock_jump(CRIB_MS(below(10))), 0); break;
    }
}

/* A fiber that gives back what it gets. */
static int selects(void *unused) {
    crib_clause c[MOST];
    crib_lock_stats s;
    crib_scope *scope = crib_move_on_after(CRIB_MS(below(30)));
    const size_t count = any_clauses(c, crib_task_current());
    const int rc = crib_select(c, count, below(2));
    int i;
    (void)unused;
    look_at(c, count, rc);
    CHECK(rc >= 0 || rc == CRIB_ECANCELLED);
    for (i = 0; i < OTHERS; i++) {
        s.size = sizeof s;
        CHECK_EQ_INT(crib_lock_statistics(w.locks[i], &s), 0);
        if (s.owner == crib_task_current()) CHECK_EQ_INT(crib_lock_release(w.locks[i]), 0);
    }
    w.fibers--;
    return crib_scope_close(scope, rc < 0 ? rc : 0, NULL);
}

static void meddle(void) {
    switch (below(3)) {
        case 0: use_slot(); break;
        case 1: use_channel(); break;
        default: use_other(); break;
    }
}

static void step(void) {
    switch (below(5)) {
        case 0:
        case 1: use_slot(); break;
        case 2: use_channel(); break;
        case 3: use_other(); break;
        default:
            if (w.fibers < 5 && below(2)) {
                w.fibers++;
                CHECK_EQ_INT(crib_nursery_start_soon(w.nursery, "fiber", selects, NULL, NULL), 0);
            }
            CHECK_EQ_INT(crib_checkpoint(), 0);
            break;
    }
}

static int one_world(void *unused) {
    int i;
    (void)unused;
    memset(&w, 0, sizeof w);
    w.nursery = crib_nursery_open();
    for (i = 0; i < CHANNELS; i++) new_channel(i);
    for (i = 0; i < OTHERS; i++) new_other(i);
    for (i = 0; i < TASKS; i++) new_task(i);
    for (i = 0; i < STEPS; i++) step();
    CHECK_EQ_INT(crib_wait_all_tasks_blocked(0),
                 0); /* every fiber has begun: what goes now goes under those that wait */
    meddling = 100;  /* no more */
    for (i = 0; i < CHANNELS / 2; i++) replace_channel(i, false);
    for (i = 0; i < TASKS; i++) end_task(w.tasks[i]);
    while (w.fibers > 0) CHECK_EQ_INT(crib_sleep(CRIB_MS(1)), 0);
    for (i = CHANNELS / 2; i < CHANNELS; i++) replace_channel(i, false);
    for (i = 0; i < OTHERS; i++) replace_other(i, false);
    CHECK_EQ_INT(crib_nursery_close(w.nursery, 0), 0);
    return 0;
}

static long run_seed(uint64_t seed) {
    crib_runtime_options options;
    crib_runtime *rt;
    random_state = seed;
    meddling = 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    options.seed = below(3) ? seed : 0;
    options.budget = below(2) ? 2 : 0;
    options.strict = below(3) == 0;
    rt = crib_runtime_new(&options);
    CHECK_EQ_INT(crib_runtime_run(rt, one_world, NULL, NULL), 0);
    crib_unref(rt);
    CHECK_EQ_INT(living, 0);
    return w.chosen;
}

int main(int argc, char **argv) {
    const int first = argc > 1 ? atoi(argv[1]) : 1;
    const int count = argc > 2 ? atoi(argv[2]) : workload(300);
    long chosen = 0;
    int seed;
    for (seed = first; seed < first + count; seed++) chosen += run_seed((uint64_t)seed);
    printf("%ld clauses were chosen\n", chosen);
    CHECK(chosen > count);
    return 0;
}
