/* External tokens: what a run may wait for without being taken for deadlocked. And tokens where they are not at home. */
#include "capi/messages.h"
#include "support/slots.h"

TestSuite(token_expect, .init = listen_to_messages, .timeout = 20);

static crib_token *token;
static pthread_t thread;

static void *trigger_in_thread(void *arg) {
    crib_token_trigger(arg);
    crib_unref(arg);
    return NULL;
}

/* Virtual time stands still while the run waits: it does not know what for. */
static int wait_for_a_thread(void *arg) {
    crib_token *own = crib_token_new("own"), *chain;
    (void)arg;
    token = crib_token_new_external("external");
    chain = crib_token_chain(own, token);
    EXPECT_EQ(pthread_create(&thread, NULL, trigger_in_thread, crib_token_ref(token)), 0);
    EXPECT_EQ(crib_token_wait(chain), 0);
    EXPECT(crib_token_triggered_token(chain) == token);
    pthread_join(thread, NULL);
    crib_unref(own);
    crib_unref(chain);
    crib_unref(token);
    return RAN;
}

Test(token_expect, a_run_waits_for_an_external_token) {
    int i;
    for (i = 0; i < 100; ++i) EXPECT_RUN(run_autojump(wait_for_a_thread, NULL));
}

static int wait_in_vain(void *make) {
    token = ((crib_token * (*)(const char *))(uintptr_t)make)("nobody's");
    if (make == (void *)(uintptr_t)crib_token_new_external) {
        crib_token *other = crib_token_ref(token);
        crib_unref(token); /* one more is left */
        token = crib_token_new("waited for");
        crib_unref(other);
    }
    EXPECT_EQ(crib_token_wait(token), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_source(crib_task_scope(crib_task_current())), CRIB_SOURCE_DEADLOCK);
    crib_unref(token);
    return CRIB_ECANCELLED;
}

Test(token_expect, nobody_is_left_to_trigger_a_plain_token) {
    EXPECT_RUN_RETURNS(run_autojump(wait_in_vain, (void *)(uintptr_t)crib_token_new), CRIB_EDEADLOCK);
}

Test(token_expect, the_expectation_ends_with_the_last_reference) {
    EXPECT_RUN_RETURNS(run_autojump(wait_in_vain, (void *)(uintptr_t)crib_token_new_external), CRIB_EDEADLOCK);
}

static int wait_after_the_trigger(void *elsewhere) {
    crib_token *external = crib_token_new_external("external");
    if (elsewhere) {
        EXPECT_EQ(pthread_create(&thread, NULL, trigger_in_thread, crib_token_ref(external)), 0);
        EXPECT_EQ(crib_token_wait(external), 0);
        pthread_join(thread, NULL);
    } else {
        crib_token_trigger(external);
    }
    crib_token_trigger(external); /* the expectation ends once */
    EXPECT_EQ(crib_sleep_forever(), CRIB_ECANCELLED);
    crib_unref(external);
    return CRIB_ECANCELLED;
}

Test(token_expect, the_expectation_ends_with_the_trigger) {
    EXPECT_RUN_RETURNS(run_autojump(wait_after_the_trigger, NULL), CRIB_EDEADLOCK);
    EXPECT_RUN_RETURNS(run_autojump(wait_after_the_trigger, &thread), CRIB_EDEADLOCK);
}

/* --- several runs of one runtime */

static int make_for_later(void *arg) {
    (void)arg;
    token = crib_token_new_external("kept");
    return RAN;
}

static int wait_for_kept(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_token_wait(token), CRIB_ECANCELLED); /* the run that expected it is over */
    return CRIB_ECANCELLED;
}

static int wait_for_triggered(void *arg) {
    crib_token *chain = crib_token_chain(token, token);
    (void)arg;
    EXPECT_EQ(crib_token_wait(chain), 0);
    EXPECT_STR(crib_token_name(crib_token_triggered_token(chain)), "kept");
    crib_unref(chain);
    return RAN;
}

Test(token_expect, a_token_serves_the_next_run_which_does_not_expect_it) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP};
    crib_runtime *rt = crib_runtime_new(&options);
    EXPECT_RUN(crib_runtime_run(rt, make_for_later, NULL, NULL));
    EXPECT_RUN_RETURNS(crib_runtime_run(rt, wait_for_kept, NULL, NULL), CRIB_EDEADLOCK);
    crib_token_trigger(token); /* between runs */
    EXPECT(crib_token_triggered(token));
    EXPECT_RUN(crib_runtime_run(rt, wait_for_triggered, NULL, NULL));
    crib_unref(rt);
    EXPECT_STR(crib_token_name(token), "kept"); /* after it, too */
    crib_unref(token);
    EXPECT_NOTHING_UNEXPECTED();
}

/* --- misuse */

static int refuse(void *arg) {
    crib_token *own = crib_token_new("own");
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_MISUSE(crib_token_wait(NULL), "crib_token_wait", "main");
    EXPECT_MISUSE(crib_token_wait(token), "crib_token_wait", "main");
    EXPECT_NO_HANDLE(crib_token_chain(own, token), "crib_token_chain", "main");
    EXPECT_NO_HANDLE(crib_token_chain(NULL, own), "crib_token_chain", "main");
    EXPECT_MISUSE(crib_scope_link_token(scope, token), "crib_scope_link_token", "main");
    EXPECT_MISUSE(crib_scope_link_token(NULL, own), "crib_scope_link_token", "main");
    EXPECT_NO_HANDLE(crib_token_of_scope(NULL, "none"), "crib_token_of_scope", "main");
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_NO_HANDLE(crib_token_of_scope(scope, "stale"), "crib_token_of_scope", "main");
    crib_token_trigger(NULL);
    EXPECT_SAID("crib_token_trigger", "main");
    EXPECT(!crib_token_triggered(NULL));
    EXPECT(crib_token_triggered_token(NULL) == NULL);
    EXPECT(crib_token_error(NULL) == NULL);
    EXPECT(crib_token_ref(NULL) == NULL);
    EXPECT_QUIET();
    crib_unref(own);
    return RAN;
}

Test(token_expect, what_is_wrong_is_refused_with_a_message) {
    EXPECT_NO_HANDLE(crib_token_new("no run"), "crib_token_new", NULL);
    EXPECT_NO_HANDLE(crib_token_new_external("no run"), "crib_token_new_external", NULL);
    EXPECT_RUN(run_autojump(make_for_later, NULL));
    EXPECT_RUN(run_autojump(refuse, NULL));
    crib_unref(token);
}
