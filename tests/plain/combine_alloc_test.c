/* Claim: whichever allocation fails, the compositions end, report UV_ENOMEM or succeed, run every destroy and drop exactly
 * once, and leave no block behind. */
#include <errno.h>

#include "support/sweep.h"

#define NO_MEMORY (-ENOMEM) /* UV_ENOMEM */
#define FAILED    (-1000001)

#define WORKS 6

static int ran; /* bodies, since the last works_of */

static int gives_value(void *unused) {
    int rc = crib_sleep(CRIB_MS(10));
    (void)unused;
    ++ran;
    return rc < 0 ? rc : crib_task_set_result(crib_sweep_value(__LINE__));
}

static int stays(void *unused) {
    int rc = crib_task_set_result(crib_sweep_value(__LINE__));
    (void)unused;
    return rc < 0 ? rc : crib_sleep_forever();
}

static int fails(void *unused) {
    int rc = crib_sleep(CRIB_MS(5));
    (void)unused;
    ++ran;
    return rc < 0 ? rc : crib_fail(FAILED, "a body");
}

/* Works with these bodies by turns. */
static const crib_work *works_of(crib_body_fn a, crib_body_fn b) {
    static crib_work works[WORKS];
    int i;
    ran = 0;
    for (i = 0; i < WORKS; i++) {
        const crib_work w = {"work", i % 2 == 0 ? a : b, swept(__LINE__), unswept};
        works[i] = w;
    }
    return works;
}

static int fails_later(void *unused) {
    int rc = crib_task_set_result(crib_sweep_value(__LINE__));
    if (rc == 0) rc = crib_sleep(CRIB_MS(20));
    return rc < 0 ? rc : fails(unused);
}

static int expected(int rc) { return rc == FAILED ? 0 : rc; }

static int gather_part(void) {
    crib_value results[WORKS];
    int i, rc = crib_gather(works_of(gives_value, gives_value), WORKS, 2, results);
    for (i = 0; i < WORKS; i++) {
        CHECK((results[i].vt == NULL) == (rc < 0));
        crib_value_drop(results[i]);
    }
    if (rc < 0) return rc;
    rc = crib_gather(works_of(stays, fails), WORKS, 0, results);
    for (i = 0; i < WORKS; i++) CHECK(results[i].vt == NULL);
    CHECK(rc < 0);
    return expected(rc);
}

static int first_success_part(void) {
    size_t winner = WORKS;
    crib_value result;
    int rc = crib_first_success(works_of(gives_value, fails_later), WORKS, &winner, &result);
    CHECK((result.vt == NULL) == (rc < 0));
    CHECK((winner == WORKS) == (rc < 0));
    crib_value_drop(result);
    if (rc < 0) return rc;
    return expected(crib_first_success(works_of(fails, fails), WORKS, NULL, NULL));
}

static int doubles(size_t index, void *numbers) {
    int rc = crib_sleep(CRIB_MS(1));
    ((int *)numbers)[index] *= 2;
    return rc;
}

static int map_part(void) {
    int numbers[4] = {1, 2, 3, 4};
    int rc = crib_map(4, 2, doubles, numbers);
    if (rc == 0) CHECK(numbers[0] + numbers[1] + numbers[2] + numbers[3] == 20);
    return rc;
}

/* Takes `most` results; a failure for want of memory is one too. */
static int takes(crib_completed *c, int most) {
    int i, index = 0, rc = 0;
    for (i = 0; i < most; i++) {
        crib_value v;
        crib_error *e;
        index = crib_completed_next(c, &v, &e);
        if (crib_error_code(e) == NO_MEMORY) rc = NO_MEMORY;
        CHECK(e == NULL || crib_error_code(e) == NO_MEMORY || crib_error_code(e) == FAILED);
        CHECK(index < 0 || (e == NULL) == (v.vt != NULL));
        crib_unref(e);
        crib_value_drop(v);
        if (index < 0) break;
    }
    if (index < 0 && index != CRIB_EENDOFCHANNEL) return index;
    if (index == CRIB_EENDOFCHANNEL) CHECK_EQ_INT(i, WORKS);
    return rc;
}

static int stream(size_t limit, int most) {
    crib_completed *c = crib_completed_open(works_of(gives_value, fails), WORKS, limit);
    int rc;
    if (c == NULL) {
        rc = crib_checkpoint(); /* what the block is poisoned with */
        CHECK_EQ_INT(rc, NO_MEMORY);
        return rc;
    }
    rc = crib_completed_close(c, takes(c, most));
    if (ran < WORKS) CHECK_EQ_INT(rc, NO_MEMORY); /* what could not be started is not lost */
    return expected(rc);
}

static int all_in_stream(void *unused) {
    (void)unused;
    return stream(2, WORKS + 1);
}

static int some_of_stream(void *unused) {
    (void)unused;
    return stream(0, 2);
}

static int none_of_stream(void *unused) {
    (void)unused;
    return stream(0, 0);
}

static int all_part(void) { return crib_scope_run(NULL, all_in_stream, NULL, NULL); }
static int some_part(void) { return crib_scope_run(NULL, some_of_stream, NULL, NULL); }
static int none_part(void) { return crib_scope_run(NULL, none_of_stream, NULL, NULL); }

static int third_time(void *calls) { return ++*(int *)calls < 3 ? fails(NULL) : 0; }

static int retry_part(void) {
    crib_retry_options options;
    int calls = 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.attempts = 6;
    options.jitter = 50;
    return crib_retry(&options, third_time, &calls);
}

static int ticker_part(void) {
    crib_ticker t;
    int rc = crib_ticker_start(&t, CRIB_MS(10));
    return rc < 0 ? rc : crib_ticker_wait(&t);
}

static int waits_with(crib_token *t, crib_body_fn a, crib_body_fn b, crib_value *result) {
    int rc = crib_token_cancellable_wait(t, works_of(a, b), WORKS, CRIB_MS(20), NULL, result);
    CHECK((result->vt == NULL) == (rc < 0));
    crib_value_drop(*result);
    return rc;
}

static int cancellable_part(void) {
    crib_token *t = crib_token_new("stop");
    crib_value result;
    int rc = t == NULL ? NO_MEMORY : waits_with(t, gives_value, stays, &result);
    if (rc == 0) rc = waits_with(t, stays, stays, &result);
    if (rc == CRIB_ETOOSLOW) rc = expected(waits_with(t, stays, fails, &result));
    if (rc == 0) crib_token_trigger(t);
    if (rc == 0) rc = waits_with(t, gives_value, stays, &result);
    crib_unref(t);
    return rc == CRIB_EOPCANCELLED ? 0 : rc;
}

static int sleeps_on(crib_nursery *n, void *unused) {
    (void)n;
    (void)unused;
    return crib_sleep_forever();
}

static int in_scope(void *unused) { return crib_nursery_run(NULL, sleeps_on, unused); }
static int one_of_many(void *unused) { return crib_scope_run(NULL, in_scope, unused, NULL); }

/* Runs a part among so many tasks, scopes and nurseries that the pools have to grow in the middle of it, at one place or
 * another. */
static int (*crowded)(void);
static int crowd;

static int in_crowd(crib_nursery *n, void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < crowd && rc == 0; i++) rc = crib_nursery_start_soon(n, "one of many", one_of_many, NULL, NULL);
    if (rc == 0) rc = crib_sleep(1); /* all of them run now */
    if (rc == 0) rc = crowded();
    return rc < 0 ? rc : crib_nursery_cancel(n, "enough");
}

static int (*const parts[])(void) = {gather_part, first_success_part, map_part,    all_part,        some_part,
                                     none_part,   retry_part,         ticker_part, cancellable_part};
#define PARTS ((int)(sizeof parts / sizeof parts[0]))

static int all(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 0; i < PARTS && rc == 0; i++) rc = parts[i]();
    return rc;
}

static int one_in_crowd(void *unused) { return crib_nursery_run(NULL, in_crowd, unused); }

int main(void) {
    int i;
    sweep_allocations_hold("the compositions", sweep_of(all, NULL));
    for (i = 0; i < PARTS; i++) {
        crowded = parts[i];
        for (crowd = 58; crowd <= 64; crowd++)
            sweep_allocations_hold("one of them in a crowd", sweep_of(one_in_crowd, NULL));
    }
    return 0;
}
