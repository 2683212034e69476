/* Claim: tokens, parts of chains and chains whose other references are gone may be triggered, looked at and released in
 * any thread, while the run makes, chains, awaits and releases them, at its end and after it: each waiter is told once,
 * and none of them outlives its last reference. (Thread and address sanitizer look on.) */
#include <pthread.h>

#include "support/plain.h"

#define THREADS 3
#define EACH    8

/* --- 1. Each round: a tower of chains over parts that three threads trigger and release, while the run waits for all of
 * it and takes it down. */

struct round {
    crib_token *parts[EACH];
    crib_token *chains[EACH]; /* chains[i] is of chains[i - 1] and parts[i] */
};

struct helper {
    pthread_t thread;
    crib_token *own[EACH]; /* references of this thread's */
    crib_token *tops[EACH];
    int which, seen;
};

static void *trigger_and_release(void *data) {
    struct helper *h = data;
    int i;
    for (i = 0; i < EACH; i++) {
        if ((i + h->which) % 2 == 0) crib_token_trigger(h->own[i]);
        if (crib_token_triggered(h->tops[i])) {
            CHECK(crib_token_triggered_token(h->tops[i]) != NULL);
            CHECK_EQ_INT(strcmp(crib_token_name(crib_token_triggered_token(h->tops[i])), "part"), 0);
            CHECK_EQ_INT(crib_token_check(h->tops[i]), CRIB_EOPCANCELLED);
            h->seen++;
        }
        if (h->which == 1) crib_unref(h->tops[i]);
        crib_unref(h->own[i]);
        if (h->which != 1) crib_unref(h->tops[i]);
    }
    return NULL;
}

static void build(struct round *r) {
    int i;
    for (i = 0; i < EACH; i++) {
        r->parts[i] = crib_token_new_external("part");
        CHECK(r->parts[i] != NULL);
        r->chains[i] = i == 0 ? crib_token_ref(r->parts[0]) : crib_token_chain(r->chains[i - 1], r->parts[i]);
        CHECK(r->chains[i] != NULL);
    }
}

static void start_helper(struct helper *h, const struct round *r, int which) {
    int i;
    h->which = which;
    for (i = 0; i < EACH; i++) {
        h->own[i] = crib_token_ref(r->parts[i]);
        h->tops[i] = crib_token_ref(r->chains[EACH - 1 - i]);
    }
    CHECK_EQ_INT(pthread_create(&h->thread, NULL, trigger_and_release, h), 0);
}

static int waits(void *token) { return crib_token_wait(token); }

static int sleeps_until(void *token) {
    crib_scope *scope = crib_scope_open(NULL);
    bool stopped;
    int rc = crib_scope_link_token(scope, token);
    if (rc == 0) rc = crib_sleep_forever();
    rc = crib_scope_close(scope, rc, &stopped);
    CHECK(stopped);
    return rc;
}

/* Chains in passing, which nobody keeps. */
static void chain_and_release(const struct round *r) {
    int i;
    for (i = 1; i < EACH; i++) {
        crib_token *passing = crib_token_chain(r->parts[i], r->chains[i - 1]);
        crib_token *above = crib_token_chain(passing, r->parts[0]);
        crib_unref(passing);
        crib_unref(above);
    }
}

static void one_round(void) {
    struct helper helpers[THREADS];
    struct round r;
    crib_nursery *n = crib_nursery_open();
    int i;
    memset(helpers, 0, sizeof helpers);
    build(&r);
    for (i = 0; i < THREADS; i++) start_helper(&helpers[i], &r, i);
    for (i = 1; i < EACH; i++) {
        void *token = crib_token_ref(r.chains[i]);
        CHECK_EQ_INT(crib_nursery_start_soon(n, "waits", i % 2 ? waits : sleeps_until, token, crib_unref), 0);
    }
    chain_and_release(&r);
    for (i = 0; i < EACH; i++) crib_unref(r.parts[i]);
    for (i = 0; i < EACH; i++) crib_unref(r.chains[i]);
    CHECK_EQ_INT(crib_nursery_close(n, 0), 0);
    for (i = 0; i < THREADS; i++) pthread_join(helpers[i].thread, NULL);
}

static int rounds_of_towers(void *unused) {
    int i, rounds = workload(500);
    (void)unused;
    for (i = 0; i < rounds; i++) one_round();
    return 0;
}

/* --- 2. One thread gives up the last reference to a chain, another one triggers its part, the run releases the other part:
 * whoever is first. */

struct race {
    crib_token *chain, *part;
    pthread_barrier_t together;
};

static void *release_the_chain(void *data) {
    struct race *r = data;
    pthread_barrier_wait(&r->together);
    crib_unref(r->chain);
    return NULL;
}

static void *trigger_the_part(void *data) {
    struct race *r = data;
    pthread_barrier_wait(&r->together);
    crib_token_trigger(r->part);
    crib_unref(r->part);
    return NULL;
}

static int rounds_of_races(void *unused) {
    int i, rounds = workload(1000);
    (void)unused;
    for (i = 0; i < rounds; i++) {
        pthread_t first, second;
        struct race r;
        crib_token *other = crib_token_new("other"), *below;
        r.part = crib_token_new_external("part");
        below = crib_token_chain(r.part, other);
        r.chain = crib_token_chain(below, r.part);
        crib_unref(below); /* the chain has the last reference */
        CHECK_EQ_INT(pthread_barrier_init(&r.together, NULL, 3), 0);
        CHECK_EQ_INT(pthread_create(&first, NULL, release_the_chain, &r), 0);
        CHECK_EQ_INT(pthread_create(&second, NULL, trigger_the_part, &r), 0);
        pthread_barrier_wait(&r.together);
        crib_unref(other);
        if (i % 2) CHECK_EQ_INT(crib_checkpoint(), 0);
        pthread_join(first, NULL);
        pthread_join(second, NULL);
        CHECK_EQ_INT(pthread_barrier_destroy(&r.together), 0);
    }
    return 0;
}

/* --- 3. Triggered and released at the very end of a run, between runs, and after the runtime is gone. */

struct late {
    crib_token *tokens[EACH];
    pthread_t threads[2];
};

static void *trigger_all(void *data) {
    struct late *l = data;
    int i;
    for (i = 0; i < EACH; i++) crib_token_trigger(l->tokens[i]);
    for (i = 0; i < EACH; i++) CHECK(crib_token_triggered(l->tokens[i]));
    for (i = 0; i < EACH; i++) crib_unref(l->tokens[i]);
    return NULL;
}

static int ends_while_they_trigger(void *data) {
    struct late *l = data;
    int i;
    l->tokens[0] = crib_token_new("late");
    for (i = 1; i < EACH; i++) l->tokens[i] = crib_token_chain(l->tokens[i - 1], l->tokens[0]);
    for (i = 0; i < EACH; i++) crib_token_ref(l->tokens[i]); /* a reference for each of the two threads */
    for (i = 0; i < 2; i++) CHECK_EQ_INT(pthread_create(&l->threads[i], NULL, trigger_all, l), 0);
    return 0;
}

static int makes_others(void *unused) {
    crib_token *a = crib_token_new("a"), *b = crib_token_chain(a, a);
    (void)unused;
    crib_token_trigger(a);
    CHECK(crib_token_triggered(b));
    crib_unref(a);
    crib_unref(b);
    return 0;
}

static void late_triggers(int round) {
    crib_runtime *rt = mock_runtime();
    struct late l;
    int i;
    CHECK_EQ_INT(crib_runtime_run(rt, ends_while_they_trigger, &l, NULL), 0);
    if (round % 2) CHECK_EQ_INT(crib_runtime_run(rt, makes_others, NULL, NULL), 0);
    if (round % 3) crib_unref(rt);
    for (i = 0; i < 2; i++) pthread_join(l.threads[i], NULL);
    if (round % 3 == 0) crib_unref(rt);
}

int main(void) {
    int i, rounds = workload(300);
    CHECK_EQ_INT(crib_run(rounds_of_towers, NULL), 0);
    CHECK_EQ_INT(crib_run(rounds_of_races, NULL), 0);
    for (i = 0; i < rounds; i++) late_triggers(i);
    return 0;
}
