/* 0xx (S4.8 to S4.13), 8xx: compositions. What they run is in works.c. */
#include "fiber.h"

#include "../works.h"

/* ---- 058 to 063 */

static int tell(int rc) {
    if (rc == CRIB_EOPCANCELLED)
        say("%s, %s", outcome(rc), message_of(crib_error_current(), rc));
    else
        say("%s", outcome(rc));
    return 0;
}

static int cancellable_wait_times_out(void *unused) {
    (void)unused;
    return tell(wait_100_ms_for_slow(NULL));
}

static int triggers(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("triggers");
    crib_token_trigger(shared.token);
    return rc;
}

static int cancellable_wait_triggered(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    shared.token = crib_token_new("demo");
    start(n, "other", triggers);
    tell(wait_for_slow_or_token(NULL));
    return crib_nursery_close(n, 0);
}

static void tell_winner(void) { say("number %d gave%s", (int)found.winner, found_numbers()); }

static int first_result(void *unused) {
    int rc = wait_for_the_first(NULL);
    (void)unused;
    tell_winner();
    return rc;
}

static void trigger_demo(void) {
    shared.token = crib_token_new("demo");
    crib_token_trigger(shared.token);
}

static int triggered_beats_success(void *unused) {
    (void)unused;
    trigger_demo();
    return tell(wait_for_success(NULL));
}

static int failure_beats_triggered(void *unused) {
    (void)unused;
    trigger_demo();
    return tell(wait_for_failure(NULL));
}

static int cancelled_from_outside(void *unused) {
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc = wait_for_slow_or_token(NULL);
    (void)unused;
    tell(rc);
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return rc;
}

/* ---- 820 to 823 */

static int gather(void *unused) {
    int rc = gather_three(NULL);
    (void)unused;
    say("%s", found_numbers() + 1);
    return rc;
}

static int gather_fails(void *unused) {
    (void)unused;
    return tell(gather_with_failure(NULL));
}

static int first_success(void *unused) {
    int rc = first_of_three(NULL);
    (void)unused;
    tell_winner();
    return rc;
}

static int as_completed(void *unused) {
    crib_completed *three = three_as_completed();
    crib_value value;
    crib_error *error;
    int i;
    (void)unused;
    while ((i = crib_completed_next(three, &value, &error)) >= 0) {
        if (error != NULL)
            say("number %d: %s", i, error_text(error));
        else
            say("number %d gave %d", i, (int)crib_value_as_int(value, -1));
        crib_unref(error);
    }
    say("%s", outcome(i));
    return crib_completed_close(three, 0);
}

/* ---- 824 to 826 */

static int retry(void *unused) {
    int rc = retry_three_times(NULL);
    (void)unused;
    say("%s, attempts at%s", outcome(rc), found_numbers());
    return rc;
}

static int tick(crib_ticker *t, int64_t ms) {
    say("missed %d", wait_for_tick(t));
    return sleep_ms(ms);
}

static int ticker(void *unused) {
    crib_ticker t;
    int rc;
    (void)unused;
    crib_ticker_start(&t, CRIB_MS(100));
    rc = tick(&t, 250);
    if (rc == 0) rc = tick(&t, 50);
    if (rc == 0) rc = tick(&t, 0);
    return rc;
}

static int map(void *unused) {
    int rc = map_squares(NULL);
    (void)unused;
    say("%s", found_numbers() + 1);
    return rc;
}

const struct scenario compositions[] = {
    {58, cancellable_wait_times_out},
    {59, cancellable_wait_triggered},
    {60, first_result},
    {61, triggered_beats_success},
    {62, failure_beats_triggered},
    {63, cancelled_from_outside},
    {820, gather},
    {821, gather_fails},
    {822, first_success},
    {823, as_completed},
    {824, retry},
    {825, ticker},
    {826, map},
    {0, NULL},
};
