/* Random compositions, whose bodies are actors. */
#ifndef TESTS_FUZZ_COMBINE_H
#define TESTS_FUZZ_COMBINE_H

#include "calls.h"

#define MOST_WORKS 4

static struct actor *new_actor(bool stackless);
static void actor_destroyed(void *data);

static size_t any_works(crib_work *works) {
    size_t i, n = (size_t)rnd(MOST_WORKS + 1);
    for (i = 0; i < n && world.actors_left > 0; i++) {
        const crib_work w = {"work", one_in(60) ? NULL : fiber_body, new_actor(false), actor_destroyed};
        works[i] = w;
        world.actors_left--;
    }
    return i;
}

static void gather_call(void) {
    crib_work works[MOST_WORKS];
    crib_value results[MOST_WORKS];
    size_t i, n = any_works(works);
    int rc = crib_gather(works, n, (size_t)rnd(4), results);
    require(rc <= 0, "gather returned a count");
    for (i = 0; i < n; i++) {
        require(rc == 0 || results[i].vt == NULL, "a failed gather left a result");
        crib_value_drop(results[i]);
    }
}

static void contest_call(bool with_token) {
    crib_work works[MOST_WORKS];
    crib_value result;
    size_t n = any_works(works), winner = MOST_WORKS;
    crib_token *t = with_token ? crib_token_new("fuzz") : NULL;
    int rc;
    if (one_in(4) && t != NULL) crib_token_trigger(t);
    if (with_token)
        rc = crib_token_cancellable_wait(t, works, n, any_duration(), &winner, &result);
    else
        rc = crib_first_success(works, n, &winner, &result);
    require((rc >= 0) == (winner < n), "a winner without success, or the other way round");
    require(rc >= 0 || result.vt == NULL, "a failed contest left a result");
    crib_value_drop(result);
    crib_unref(t);
}

/* Between opening and closing the stream the actor does whatever it likes, to blocks around it too. */
static void stream_call(struct actor *a) {
    crib_work works[MOST_WORKS];
    size_t n = any_works(works);
    crib_completed *c = crib_completed_open(works, n, (size_t)rnd(4));
    int rc = 0;
    while (c != NULL && a->calls_left > 0 && !one_in(4) && rc >= 0) {
        crib_value v = {NULL, NULL};
        crib_error *e = NULL;
        rc = crib_completed_next(c, one_in(8) ? NULL : &v, one_in(8) ? NULL : &e);
        crib_value_drop(v);
        crib_unref(e);
        require(rc < (int)n, "an index that no work has");
        if (one_in(2)) act(a);
    }
    if (c != NULL) crib_completed_close(c, one_in(2) ? any_result() : rc < 0 ? rc : 0);
}

static int any_index(size_t index, void *a) {
    (void)index;
    (void)a;
    if (one_in(2)) crib_sleep(any_duration());
    return any_result();
}

static bool any_answer(int code, void *a) {
    (void)a;
    require(code < 0 && code != CRIB_ECANCELLED, "a success or a cancel was asked about");
    return one_in(2);
}

static void retry_call(struct actor *a) {
    crib_retry_options o;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.attempts = (uint32_t)rnd(4) + 1;
    o.jitter = (uint32_t)rnd(102);
    o.delay = any_duration();
    o.most_delay = one_in(2) ? any_duration() : 0;
    o.factor = one_in(2) ? 0 : rnd(5) / 2.0;
    o.retries = one_in(2) ? any_answer : NULL;
    if (a->calls_left > 2) crib_retry(&o, closed_form_scope, a);
}

static void ticker_call(void) {
    crib_ticker t = {0, 0};
    int i;
    crib_ticker_start(&t, any_duration());
    for (i = rnd(4); i > 0; i--) crib_ticker_wait(&t);
}

static void compose_call(struct actor *a) {
    if (a->stackless && one_in(2)) return; /* refused, but nothing else */
    switch (rnd(8)) {
        case 0: gather_call(); break;
        case 1: contest_call(false); break;
        case 2: contest_call(true); break;
        case 3: crib_map((size_t)rnd(5), (size_t)rnd(3), one_in(16) ? NULL : any_index, a); break;
        case 4: retry_call(a); break;
        case 5: ticker_call(); break;
        default:
            if (!a->stackless) stream_call(a);
            break;
    }
}

#endif
