/* Claim: the compositions hold when they are cancelled at any cancel point, and when any allocation fails: every body's
 * user data is destroyed once, every result is the caller's or dropped, nothing is left running. */
#include <errno.h>

#include "support/sweep.h"

#define E_ONE (-1000001)
#define WORKS 4

static int gives_value(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : crib_task_set_result(crib_sweep_value(swept_number(ms)));
}

static int gives_at_once(void *ms) { return crib_task_set_result(crib_sweep_value(swept_number(ms))); }

static int fails(void *ms) {
    int rc = naps(ms);
    return rc < 0 ? rc : crib_fail(E_ONE, "a body");
}

/* Works with these bodies by turns, that take 1, 2, 3, 4 ms. */
static const crib_work *works_of(crib_body_fn a, crib_body_fn b) {
    static crib_work works[WORKS];
    int i;
    for (i = 0; i < WORKS; i++) {
        const crib_work w = {"work", i % 2 == 0 ? a : b, swept(i + 1), unswept};
        works[i] = w;
    }
    return works;
}

static int expected(int rc) { return rc == E_ONE ? 0 : rc; }

/* ---- gather, first_success, map */

static int gathers(size_t limit, crib_body_fn other) {
    crib_value results[WORKS];
    int i, rc = crib_gather(works_of(gives_value, other), WORKS, limit, results);
    for (i = 0; i < WORKS; i++) {
        CHECK(rc < 0 ? results[i].vt == NULL : crib_sweep_number(results[i], -1) == i + 1);
        crib_value_drop(results[i]);
    }
    return rc;
}

static int gather_all(void *unused) { return (void)unused, gathers(0, gives_value); }
static int gather_two_at_a_time(void *unused) { return (void)unused, gathers(2, gives_at_once); }
static int gather_failing(void *unused) { return (void)unused, expected(gathers(0, fails)); }

static int first_of(crib_body_fn a, crib_body_fn b) {
    size_t winner = WORKS;
    crib_value v;
    int rc = crib_first_success(works_of(a, b), WORKS, &winner, &v);
    CHECK((rc < 0) == (winner == WORKS) && (rc < 0) == (v.vt == NULL));
    if (rc >= 0) CHECK_EQ_INT(crib_sweep_number(v, -1), winner + 1);
    crib_value_drop(v);
    return rc;
}

static int first_success(void *unused) { return (void)unused, expected(first_of(fails, gives_value)); }
static int no_success(void *unused) { return (void)unused, expected(first_of(fails, fails)); }

static int inside, most_inside;

static int counts_inside(size_t index, void *unused) {
    int rc;
    (void)unused;
    if (++inside > most_inside) most_inside = inside;
    rc = crib_sleep(CRIB_MS((int64_t)index));
    --inside;
    return rc;
}

static int map_two_at_a_time(void *unused) {
    int rc = crib_map(5, 2, counts_inside, unused);
    CHECK(inside == 0 && most_inside <= 2);
    return rc;
}

/* ---- results as they come */

static int takes(crib_completed *c, int most) {
    int i, rc = 0, first_failure = 0;
    for (i = 0; i < most && rc >= 0; i++) {
        crib_value v;
        crib_error *e;
        rc = crib_completed_next(c, &v, &e);
        if (rc >= 0 && e == NULL) CHECK_EQ_INT(crib_sweep_number(v, -1), rc + 1);
        if (rc < 0 || e != NULL) CHECK(v.vt == NULL);
        if (e != NULL && first_failure == 0) first_failure = crib_error_code(e);
        crib_unref(e);
        crib_value_drop(v);
    }
    return rc < 0 && rc != CRIB_EENDOFCHANNEL ? rc : first_failure;
}

struct stream {
    crib_body_fn other;
    size_t limit;
    int most;
};

static int streams(void *arg) {
    const struct stream *s = arg;
    crib_completed *c = crib_completed_open(works_of(gives_value, s->other), WORKS, s->limit);
    if (c == NULL) return crib_checkpoint();
    return crib_completed_close(c, expected(takes(c, s->most)));
}

/* What nobody took is reported by the close. */
static int stream(void *arg) { return expected(streams(arg)); }

static void stream_holds(const char *name, crib_body_fn other, size_t limit, int most) {
    struct stream s;
    s.other = other;
    s.limit = limit;
    s.most = most;
    sweep_holds(name, sweep_of(stream, &s));
}

/* ---- one after the other */

static int third_time(void *calls) {
    int rc = crib_sleep(CRIB_MS(1));
    if (rc < 0) return rc;
    return ++*(int *)calls < 3 ? crib_fail(E_ONE, "not yet") : 0;
}

static int retries(void *unused) {
    crib_retry_options options;
    int calls = 0;
    (void)unused;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.attempts = 5;
    options.jitter = 50;
    return crib_retry(&options, third_time, &calls);
}

static int ticks(void *unused) {
    crib_ticker t;
    int i, rc = crib_ticker_start(&t, CRIB_MS(10));
    (void)unused;
    for (i = 0; i < 3 && rc >= 0; i++) rc = crib_ticker_wait(&t);
    return rc;
}

/* ---- with a token */

static int triggers(void *token) {
    int rc = crib_sleep(CRIB_MS(2));
    crib_token_trigger(token);
    return rc;
}

static int waits_with(crib_token *t, crib_body_fn body, int64_t timeout) {
    size_t winner = WORKS;
    crib_value v;
    int rc = crib_token_cancellable_wait(t, works_of(body, naps), WORKS, timeout, &winner, &v);
    CHECK(rc >= 0 || v.vt == NULL);
    crib_value_drop(v);
    return rc;
}

/* Each in a scope of its own, which lets go of what was expected. */
static int one_wins(void *t) { return waits_with(t, gives_value, CRIB_FOREVER); }
static int time_wins(void *t) {
    int rc = waits_with(t, naps, CRIB_MS(1) / 2);
    return rc == CRIB_ETOOSLOW ? 0 : rc;
}
static int failure_wins(void *t) { return expected(waits_with(t, fails, CRIB_MS(20))); }
static int token_wins(void *t) {
    int rc = waits_with(t, naps, CRIB_FOREVER);
    return rc == CRIB_EOPCANCELLED ? 0 : rc;
}

static int beside_trigger(crib_nursery *n, void *t) {
    int rc = crib_nursery_start_soon(n, "triggers", triggers, t, NULL);
    return rc < 0 ? rc : crib_scope_run(NULL, token_wins, t, NULL);
}

static int cancellable(void *unused) {
    crib_token *t = crib_token_new("stop");
    int rc = t == NULL ? -ENOMEM : crib_scope_run(NULL, one_wins, t, NULL);
    (void)unused;
    if (rc >= 0) rc = crib_scope_run(NULL, time_wins, t, NULL);
    if (rc >= 0) rc = crib_scope_run(NULL, failure_wins, t, NULL);
    if (rc >= 0) rc = crib_nursery_run(NULL, beside_trigger, t);
    crib_unref(t);
    return rc;
}

int main(void) {
    crib_sweep retry = sweep_of(retries, NULL);
    sweep_holds("gather", sweep_of(gather_all, NULL));
    sweep_holds("gather, two at a time", sweep_of(gather_two_at_a_time, NULL));
    sweep_holds("gather, some fail", sweep_of(gather_failing, NULL));
    sweep_holds("the first success", sweep_of(first_success, NULL));
    sweep_holds("no success", sweep_of(no_success, NULL));
    sweep_holds("map", sweep_of(map_two_at_a_time, NULL));
    stream_holds("results as they come", gives_at_once, 0, WORKS + 1);
    stream_holds("results as they come, two at a time", fails, 2, WORKS + 1);
    stream_holds("results that are left", fails, 0, 1);
    retry.wants_error = 1; /* cancelled between two attempts: the failure of the last one is not lost */
    sweep_holds("retry", retry);
    sweep_holds("a ticker", sweep_of(ticks, NULL));
    sweep_holds("a wait that a token ends", sweep_of(cancellable, NULL));
    return 0;
}
