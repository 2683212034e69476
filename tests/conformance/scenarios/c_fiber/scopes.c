/* 1xx: scopes, what cancels them and who absorbs it. */
#include "fiber.h"

/* ---- 101 */

static int every_checkpoint_fails(void *unused) {
    crib_scope *outer = crib_scope_open(NULL), *inner;
    int rc, i;
    bool caught;
    (void)unused;
    channel(1);
    send_int(shared.tx, 1);
    say("checkpoint: %s", outcome(crib_checkpoint()));
    say("cancels the scope");
    crib_scope_cancel(outer, NULL);
    say("checkpoint: %s", outcome(crib_checkpoint()));
    say("sleep: %s", outcome(sleep_ms(1000)));
    say("receive, though a value is there: %s", outcome(receive_int(shared.rx, &i)));
    inner = crib_scope_open(NULL);
    rc = crib_checkpoint();
    say("checkpoint in an inner scope: %s", outcome(rc));
    rc = crib_scope_close(inner, rc, &caught);
    say("the inner scope absorbed it: %s", yes(caught));
    rc = crib_scope_close(outer, rc, &caught);
    say("the cancelled scope absorbed it: %s", yes(caught));
    if (rc == 0) rc = crib_checkpoint();
    say("checkpoint behind it: %s", outcome(rc));
    return rc;
}

/* ---- 102 */

static void two_reasons(const char *what, const char *first, const char *second) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    if (first != NULL) crib_scope_cancel(first[0] == 'i' ? inner : outer, first);
    if (second != NULL) crib_scope_cancel(second[0] == 'i' ? inner : outer, second);
    say("%s: %s and %s", what, reason_of(inner), reason_of(outer));
    crib_scope_close(inner, 0, NULL);
    crib_scope_close(outer, 0, NULL);
}

static int first_reason_is_kept(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)unused;
    crib_scope_cancel(scope, "first");
    crib_scope_cancel(scope, "second");
    say("cancelled twice: %s", reason_of(scope));
    crib_scope_close(scope, 0, NULL);
    two_reasons("inner, then outer", "inner's", "outer's");
    two_reasons("outer, then inner", "outer's", "inner's");
    two_reasons("outer alone", "outer's", NULL);
    two_reasons("neither", NULL, NULL);
    return 0;
}

/* ---- 103 */

static int waits_for_the_event(void *unused) {
    int rc;
    (void)unused;
    say("waits");
    rc = crib_event_wait(shared.event);
    say("%s", outcome(rc));
    return rc;
}

static int cancel_is_synchronous(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.event = crib_event_new();
    start(n, "a", waits_for_the_event);
    start(n, "b", waits_for_the_event);
    rc = crib_checkpoint();
    say("%d wait, cancels", waiting_for(shared.event));
    crib_nursery_cancel(n, NULL);
    say("%d wait", waiting_for(shared.event));
    rc = crib_nursery_close(n, rc);
    say("the nursery is closed");
    return rc;
}

/* ---- 104 */

static bool absorbs(bool cancelled, bool looks) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    if (cancelled) crib_scope_cancel(scope, NULL);
    crib_scope_close(scope, looks ? crib_checkpoint() : 0, &caught);
    return caught;
}

static int absorbed_or_not(void *unused) {
    (void)unused;
    say("cancelled and interrupted: %s", yes(absorbs(true, true)));
    say("cancelled, nothing interrupted: %s", yes(absorbs(true, false)));
    say("not cancelled: %s", yes(absorbs(false, true)));
    return 0;
}

/* ---- 105 */

static void two_cancelled(bool shield) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = shield ? shielded_scope() : crib_scope_open(NULL);
    bool caught;
    int rc;
    crib_scope_cancel(inner, NULL);
    crib_scope_cancel(outer, NULL);
    rc = crib_checkpoint();
    rc = crib_scope_close(inner, rc, &caught);
    say("%s: %s", shield ? "shielded inner" : "inner", yes(caught));
    crib_scope_close(outer, rc, &caught);
    say("outer: %s", yes(caught));
}

static int outermost_absorbs(void *unused) {
    (void)unused;
    two_cancelled(false);
    two_cancelled(true);
    return 0;
}

/* ---- 108 */

static int is_cancelled(void *unused) {
    int rc = crib_sleep_forever();
    (void)unused;
    say("cancelled");
    return rc;
}

static int fails_when_cancelled(void *unused) {
    (void)unused;
    crib_sleep_forever();
    say("fails while it cleans up");
    return fail("boom");
}

static int has_a_failing_child(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    start(n, "b.1", fails_when_cancelled);
    return crib_nursery_close(n, 0);
}

static int what_is_left(void *unused) {
    crib_scope *scope = move_on_after(1000);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    start(n, "a", is_cancelled);
    start(n, "b", has_a_failing_child);
    rc = crib_nursery_close(n, 0);
    rc = crib_scope_close(scope, rc, &caught);
    say("left: %s, absorbed: %s", outcome(rc), yes(caught));
    return 0;
}

/* ---- 109 */

static int fails_at_once(void *unused) {
    (void)unused;
    return fail("boom");
}

static void fails_alone(void) {
    crib_scope *handler = crib_scope_open(NULL), *scope = crib_scope_open(NULL);
    bool caught;
    int rc;
    crib_scope_cancel(scope, NULL);
    rc = crib_scope_close(scope, fail("boom"), &caught);
    say("left: %s, absorbed: %s", outcome(rc), yes(caught));
    crib_scope_close(handler, 0, NULL);
}

static int failures_pass(void *unused) {
    crib_scope *scope;
    crib_nursery *n;
    bool caught;
    int rc;
    (void)unused;
    fails_alone();
    scope = crib_scope_open(NULL);
    n = crib_nursery_open();
    start(n, "failing", fails_at_once);
    rc = crib_nursery_close(n, 0);
    crib_scope_cancel(scope, NULL);
    rc = crib_scope_close(scope, rc, &caught);
    say("left: %s, absorbed: %s", outcome(rc), yes(caught));
    return 0;
}

/* ---- 112, 114 */

static int cancels_after_a_second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("cancels");
    crib_scope_cancel(shared.scope, NULL);
    return rc;
}

static int another_task_cancels(void *unused) {
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    start(n, "helper", cancels_after_a_second);
    shared.scope = crib_scope_open(NULL);
    rc = sleep_ms(10000);
    say("sleep: %s", outcome(rc));
    rc = crib_scope_close(shared.scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return crib_nursery_close(n, rc);
}

static int cancel_after_close(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "helper", cancels_after_a_second);
    shared.scope = crib_scope_open(NULL);
    rc = crib_scope_close(shared.scope, sleep_ms(500), NULL);
    say("closed");
    if (rc == 0) rc = sleep_ms(1500);
    say("sleep: %s", outcome(rc));
    return crib_nursery_close(n, rc);
}

/* ---- 131 */

static int generation(void *number) {
    intptr_t i = (intptr_t)number;
    crib_nursery *n = crib_nursery_open();
    int rc = 0;
    if (i < 20)
        start_with(n, "generation", generation, (void *)(i + 1));
    else
        rc = crib_sleep_forever();
    rc = crib_nursery_close(n, rc);
    shared.count += rc == CRIB_ECANCELLED;
    return rc;
}

static int twenty_generations(void *unused) {
    crib_scope *scope = move_on_after(1000);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    start_with(n, "generation", generation, (void *)(intptr_t)1);
    rc = crib_nursery_close(n, 0);
    say("%d were cancelled", shared.count);
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

/* ---- 132 */

static int sleeps_two_seconds(void *unused) {
    int rc = sleep_ms(2000);
    (void)unused;
    say("sleep: %s", outcome(rc));
    return rc;
}

static int scopes_of_the_nursery(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_scope *scope = move_on_after(1000);
    bool caught;
    int rc;
    (void)unused;
    start(n, "child", sleeps_two_seconds);
    rc = sleep_ms(10000);
    say("its own sleep: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("absorbed: %s", yes(caught));
    return crib_nursery_close(n, rc);
}

/* ---- 137 */

static int asks_for_the_source(void *unused) {
    int rc = crib_sleep_forever();
    (void)unused;
    say("source %s", source_of(crib_nursery_scope(shared.nursery)));
    return rc;
}

static int says_that_it_fails(void *unused) {
    (void)unused;
    say("fails");
    return fail("boom");
}

static int source_and_reason(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)unused;
    crib_scope_cancel(scope, "enough");
    say("source %s, reason %s", source_of(scope), reason_of(scope));
    crib_scope_close(scope, crib_checkpoint(), NULL);
    scope = move_on_after(1000);
    sleep_ms(10000);
    say("source %s", source_of(scope));
    crib_scope_close(scope, 0, NULL);
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "sibling", asks_for_the_source);
    start(shared.nursery, "failing", says_that_it_fails);
    say("the nursery: %s", outcome(crib_nursery_close(shared.nursery, 0)));
    return 0;
}

/* ---- 140 */

static int no_forged_cancel(void *unused) {
    crib_scope *scope = crib_scope_open(NULL);
    bool caught;
    int kept;
    (void)unused;
    crib_scope_cancel(scope, NULL);
    kept = crib_checkpoint();
    crib_scope_close(scope, kept, &caught);
    say("absorbed: %s", yes(caught));
    say("ends with what it kept");
    return kept;
}

const struct scenario scopes[] = {
    {101, every_checkpoint_fails}, {102, first_reason_is_kept},
    {103, cancel_is_synchronous},  {104, absorbed_or_not},
    {105, outermost_absorbs},      {108, what_is_left},
    {109, failures_pass},          {112, another_task_cancels},
    {114, cancel_after_close},     {131, twenty_generations},
    {132, scopes_of_the_nursery},  {137, source_and_reason},
    {140, no_forged_cancel},       {0, NULL},
};
