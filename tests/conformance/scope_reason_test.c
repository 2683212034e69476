/* Statements 2, 37-39: who cancelled, and why. */
#include <signal.h>

#include "support/expect.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int cancel_again(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_scope_cancel(inner, "first"), 0);
    EXPECT_EQ(crib_scope_cancel(inner, "second"), 0);
    EXPECT_EQ(crib_scope_set_deadline(inner, CRIB_EXPIRED), 0);
    EXPECT_EQ(crib_scope_cancel(outer, "outer"), 0);
    EXPECT_STR(crib_scope_reason(inner), "first");
    EXPECT_EQ(crib_scope_source(inner), CRIB_SOURCE_EXPLICIT);
    EXPECT_STR(crib_scope_reason(outer), "outer");
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_STR(crib_scope_reason(inner), "first");
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, s002_the_first_reason_is_kept) { EXPECT_RUN(run_autojump(cancel_again, NULL)); }

static int cancel_inner_later(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    (void)arg;
    crib_scope_cancel(outer, "outer");
    EXPECT_STR(crib_scope_reason(inner), "outer");
    crib_scope_cancel(inner, "inner");
    EXPECT(crib_scope_cancel_called(inner));
    EXPECT_STR(crib_scope_reason(inner), "outer");
    EXPECT_STR(crib_scope_reason(outer), "outer");
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, s002_a_later_inner_cancel_does_not_replace_the_outer_reason) {
    EXPECT_RUN(run_autojump(cancel_inner_later, NULL));
}

static int cancel_softly_first(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_SECONDS(1), "soft"), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_cancel(scope, "hard"), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_STR(crib_scope_reason(scope), "soft");
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(scope, s002_a_hard_cancel_after_a_soft_one_keeps_the_first_reason) {
    EXPECT_RUN(run_autojump(cancel_softly_first, NULL));
}

static int read_plain_sources(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_scope *linked;
    char reason[] = "because";
    (void)arg;
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_NONE);
    EXPECT_STR(crib_scope_reason(scope), NULL);
    crib_scope_cancel(scope, reason);
    reason[0] = 'X'; /* was copied */
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_EXPLICIT);
    EXPECT_STR(crib_scope_reason(scope), "because");
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_NONE);
    EXPECT_STR(crib_scope_reason(scope), NULL);

    scope = crib_move_on_after(0);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_STR(crib_scope_reason(scope), NULL);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);

    linked = crib_scope_open(NULL);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_link(scope, linked), 0);
    EXPECT_EQ(crib_scope_source(linked), CRIB_SOURCE_NONE);
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(crib_scope_source(linked), CRIB_SOURCE_LINK);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(linked, 0, NULL), 0);
    return RAN;
}

Test(scope, s037_source_and_reason_of_cancel_deadline_and_link) { EXPECT_RUN(run_autojump(read_plain_sources, NULL)); }

Test(scope, s037_every_source_has_a_name_of_its_own) {
    int i, j;
    EXPECT_STR(crib_source_name(CRIB_SOURCE_EXPLICIT), "explicit");
    EXPECT_STR(crib_source_name(CRIB_SOURCE_DEADLINE), "deadline");
    EXPECT_STR(crib_source_name(CRIB_SOURCE_NURSERY), "nursery");
    for (i = CRIB_SOURCE_NONE; i <= CRIB_SOURCE_LINK; ++i) {
        for (j = 0; j < i; ++j) EXPECT(strcmp(crib_source_name(i), crib_source_name(j)) != 0);
    }
    EXPECT(crib_source_name(-1) != NULL);
    EXPECT(crib_source_name(1000) != NULL);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

static int cancel_with_reason(void *scope) { return crib_scope_cancel(scope, "enough of it"); }

static int read_the_error(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n = crib_nursery_open();
    crib_error *error;
    (void)arg;
    crib_nursery_start_soon(n, "canceller", cancel_with_reason, scope, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    error = crib_error_cancelled(scope);
    EXPECT_EQ(crib_error_code(error), CRIB_ECANCELLED);
    EXPECT_HAS(crib_error_message(error), "explicit");
    EXPECT_HAS(crib_error_message(error), "enough of it");
    EXPECT_HAS(crib_error_message(error), "canceller");
    crib_unref(error);
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    return RAN;
}

Test(scope, s037_a_cancelled_error_tells_source_reason_and_canceller) {
    EXPECT_RUN(run_autojump(read_the_error, NULL));
}

/* What cancelled a task that slept for ever. */
typedef struct witness {
    int rc, source;
    char reason[200];
} witness;

static void testify(witness *w, int rc) {
    crib_scope *own = crib_task_scope(crib_task_current());
    const char *reason = crib_scope_reason(own);
    w->rc = rc;
    w->source = crib_scope_source(own);
    snprintf(w->reason, sizeof w->reason, "%s", reason == NULL ? "(none)" : reason);
}

static int sleep_as_witness(void *arg) {
    int rc = crib_sleep_forever();
    testify(arg, rc);
    return rc;
}

static int outlive_main(void *w) {
    EXPECT_EQ(crib_runtime_spawn_system_task(NULL, "system", sleep_as_witness, w, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    return RAN;
}

Test(scope, s037_source_shutdown) {
    witness w = {0, 0, ""};
    EXPECT_RUN(run_autojump(outlive_main, &w));
    cr_assert_eq(w.rc, CRIB_ECANCELLED);
    cr_assert_eq(w.source, CRIB_SOURCE_SHUTDOWN);
}

static void be_silent(int code, const char *message, void *arg) {
    (void)code;
    (void)message;
    (void)arg;
}

Test(scope, s037_source_deadlock) {
    witness w = {0, 0, ""};
    crib_set_diagnostics(be_silent, NULL);
    EXPECT_RUN_RETURNS(run_autojump(sleep_as_witness, &w), CRIB_EDEADLOCK);
    cr_assert_eq(w.rc, CRIB_ECANCELLED);
    cr_assert_eq(w.source, CRIB_SOURCE_DEADLOCK);
}

static int interrupt_oneself(void *w) {
    int i, rc = 0;
    EXPECT_EQ(raise(SIGINT), 0);
    for (i = 0; i < 1000000 && rc == 0; ++i) rc = crib_checkpoint();
    testify(w, rc);
    return rc;
}

Test(scope, s037_source_interrupt) {
    witness w = {0, 0, ""};
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.interrupt = 1;
    EXPECT_RUN_RETURNS(run_with(&options, interrupt_oneself, &w), CRIB_EINTERRUPTED);
    cr_assert_eq(w.rc, CRIB_ECANCELLED);
    cr_assert_eq(w.source, CRIB_SOURCE_INTERRUPT);
}

/* By name or by number. */
static bool names_broken(const char *reason) {
    char number[16];
    snprintf(number, sizeof number, "%d", CRIB_EBROKEN);
    return strstr(reason, "CRIB_EBROKEN") != NULL || strstr(reason, number) != NULL;
}

static int fail_broken(void *arg) {
    (void)arg;
    return CRIB_EBROKEN;
}

static int fail_in_a_child(void *arg) {
    witness w = {0, 0, ""};
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)arg;
    crib_nursery_start_soon(n, "sibling", sleep_as_witness, &w, NULL);
    crib_nursery_start_soon(n, "culprit", fail_broken, NULL, NULL);
    rc = crib_sleep_forever();
    EXPECT_EQ(rc, CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_source(crib_nursery_scope(n)), CRIB_SOURCE_NURSERY);
    EXPECT_EQ(crib_nursery_close(n, rc), CRIB_EBROKEN);
    EXPECT_EQ(w.rc, CRIB_ECANCELLED);
    EXPECT_EQ(w.source, CRIB_SOURCE_NURSERY);
    EXPECT_HAS(w.reason, "child");
    EXPECT(names_broken(w.reason));
    return RAN;
}

Test(scope, s038_a_failing_child_is_the_reason_of_its_nurserys_cancel) {
    EXPECT_RUN(run_autojump(fail_in_a_child, NULL));
}

static int fail_in_the_body(void *arg) {
    witness w = {0, 0, ""};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    crib_nursery_start_soon(n, "child", sleep_as_witness, &w, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_close(n, CRIB_EBROKEN), CRIB_EBROKEN);
    EXPECT_EQ(w.rc, CRIB_ECANCELLED);
    EXPECT_EQ(w.source, CRIB_SOURCE_NURSERY);
    EXPECT_HAS(w.reason, "body");
    EXPECT(names_broken(w.reason));
    return RAN;
}

Test(scope, s038_a_failing_body_is_the_reason_of_its_nurserys_cancel) {
    EXPECT_RUN(run_autojump(fail_in_the_body, NULL));
}

static int read_inherited_reasons(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *middle = crib_scope_open(NULL);
    crib_scope *inner = crib_scope_open(NULL);
    crib_scope *shield;
    (void)arg;
    crib_scope_cancel(inner, "inner");
    crib_scope_cancel(outer, "outer");
    EXPECT_STR(crib_scope_reason(middle), "outer");
    EXPECT_EQ(crib_scope_source(middle), CRIB_SOURCE_EXPLICIT);
    EXPECT(!crib_scope_cancel_called(middle));
    EXPECT_STR(crib_scope_reason(inner), "inner");
    shield = shielded_scope();
    EXPECT_STR(crib_scope_reason(shield), NULL);
    EXPECT_EQ(crib_scope_source(shield), CRIB_SOURCE_NONE);
    EXPECT_EQ(crib_scope_close(shield, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(inner, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(middle, 0, NULL), 0);
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    return RAN;
}

Test(scope, s039_a_scope_shows_its_ancestors_reason_only_without_one_of_its_own) {
    EXPECT_RUN(run_autojump(read_inherited_reasons, NULL));
}
