/* SIGINT (statement 117). */
#include <criterion/criterion.h>
#include <crib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/children.h"
#include "support/host.h"
#include "support/run.h"
#include "support/strand.h"

static void set_action(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(number, &action, NULL);
}

static void (*current_action(int number))(int) {
    struct sigaction action;
    sigaction(number, NULL, &action);
    return action.sa_handler;
}

static int run_taking(int32_t interrupt, crib_body_fn body, void *arg) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = MOCK_AUTOJUMP, .interrupt = interrupt};
    return run_with(&options, body, arg);
}

static int raise_after(void *ms) {
    int rc = crib_sleep(CRIB_MS(*(int *)ms));
    if (rc < 0) return rc;
    raise(SIGINT);
    return 0;
}

struct interrupted {
    int ms;        /* when the signal comes */
    int main_code; /* 0: main passes on what it got */
    int inner_scope_caught;
    int source;
};

static int main_interrupted(void *arg) {
    struct interrupted *i = arg;
    struct child sibling = {.name = "sibling", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    crib_scope *inner;
    bool caught = true;
    int rc;
    story_begin();
    cr_expect_eq(crib_nursery_start_soon(n, "raise", raise_after, &i->ms, NULL), 0);
    cr_expect_eq(child_start(n, &sibling, NULL), 0);
    inner = crib_move_on_after(CRIB_SECONDS(60));
    rc = crib_sleep_forever();
    i->source = crib_scope_source(inner);
    rc = crib_scope_close(inner, rc, &caught);
    i->inner_scope_caught = caught;
    story_at("main!");
    if (i->main_code != 0) rc = i->main_code == ENDS_WELL ? 0 : i->main_code;
    return crib_nursery_close(n, rc);
}

Test(run_interrupt, s117_sigint_cancels_main_and_ends_the_run) {
    struct interrupted i = {.ms = 1000};
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(run_autojump(main_interrupted, &i), CRIB_EINTERRUPTED);
    cr_assert_not_null(strstr(story_text, "main!@1000"), "%s", story_text);
    cr_assert_not_null(strstr(story_text, "sibling!@1000"), "%s", story_text);
    cr_assert_not(i.inner_scope_caught, "no scope of main's eats it");
    cr_assert_eq(i.source, CRIB_SOURCE_INTERRUPT);
    cr_assert_not_null(crib_error_find(crib_error_current(), CRIB_EINTERRUPTED));
}

Test(run_interrupt, s117_a_failure_that_came_of_it_outranks_the_interrupt) {
    struct interrupted i = {.ms = 1000, .main_code = E_ONE};
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(run_autojump(main_interrupted, &i), E_ONE);
}

Test(run_interrupt, s117_the_old_action_is_back_after_the_run) {
    struct interrupted i = {.ms = 0};
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(run_autojump(main_interrupted, &i), CRIB_EINTERRUPTED);
    cr_assert_eq(current_action(SIGINT), SIG_DFL);
    cr_assert_eq(run_autojump(main_interrupted, &i), CRIB_EINTERRUPTED, "and the next run takes it again");
    cr_assert_eq(current_action(SIGINT), SIG_DFL);
}

static int raise_and_return(void *arg) {
    (void)arg;
    raise(SIGINT);
    return 0;
}

Test(run_interrupt, s117_an_interrupt_that_main_never_met_is_the_runs_result) {
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(run_autojump(raise_and_return, NULL), CRIB_EINTERRUPTED);
}

static int raise_while_closing(void *arg) {
    struct child c = {.name = "c", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    int ms = 1000;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &c, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "raise", raise_after, &ms, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(run_interrupt, s117_an_interrupt_reaches_a_main_that_waits_at_its_nurserys_close) {
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(run_autojump(raise_while_closing, NULL), CRIB_EINTERRUPTED);
    cr_assert_str_eq(story_text, "c!@1000");
}

static int signals_seen;
static void count_signal(int number) {
    (void)number;
    ++signals_seen;
}

static int raise_and_go_on(void *arg) {
    (void)arg;
    raise(SIGINT);
    return crib_sleep(CRIB_SECONDS(1));
}

Test(run_interrupt, s117_an_applications_own_handler_is_left_alone) {
    set_action(SIGINT, count_signal);
    cr_assert_eq(run_autojump(raise_and_go_on, NULL), 0);
    cr_assert_eq(signals_seen, 1);
    cr_assert_eq(current_action(SIGINT), count_signal);
}

Test(run_interrupt, s117_the_option_takes_it_whatever_the_action) {
    set_action(SIGINT, count_signal);
    cr_assert_eq(run_taking(1, raise_and_go_on, NULL), CRIB_EINTERRUPTED);
    cr_assert_eq(signals_seen, 0);
    cr_assert_eq(current_action(SIGINT), count_signal, "restored");
}

/* What ends the process is tried in a child. */

static int raise_twice(void *arg) {
    crib_scope_options shielded = {.size = sizeof shielded, .shield = 1};
    crib_scope *scope = crib_scope_open(&shielded);
    (void)arg;
    raise(SIGINT);
    crib_sleep(CRIB_SECONDS(1));
    raise(SIGINT);
    crib_sleep(CRIB_SECONDS(1));
    return crib_scope_close(scope, 0, NULL);
}

static int exit_status_of(int32_t interrupt, crib_body_fn body) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        set_action(SIGINT, SIG_DFL);
        _exit(run_taking(interrupt, body, NULL) == CRIB_EINTERRUPTED ? 17 : 18);
    }
    waitpid(pid, &status, 0);
    return status;
}

Test(run_interrupt, s117_a_second_interrupt_is_left_to_the_default) {
    int status = exit_status_of(0, raise_twice);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(WTERMSIG(status), SIGINT);
    status = exit_status_of(0, raise_and_go_on);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 17, "the first one only ends the run");
}

Test(run_interrupt, s117_the_option_never_leaves_it_to_the_default) {
    int status = exit_status_of(-1, raise_and_go_on);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(WTERMSIG(status), SIGINT);
}

static int kill_process(void *arg) {
    (void)arg;
    kill(getpid(), SIGINT);
    return crib_sleep_forever();
}

Test(run_interrupt, s117_a_signal_from_outside_the_thread_counts_too) {
    int status = exit_status_of(0, kill_process);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 17);
}

static void interrupted_stackless(struct strand *s) {
    STRAND(s)
    story_begin();
    raise(SIGINT);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_FOREVER));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_source(crib_task_scope(s->task)), CRIB_SOURCE_INTERRUPT);
    story_at("main!");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(run_interrupt, s117_sigint_cancels_a_stackless_main_stackless) {
    struct strand s = {.run = interrupted_stackless};
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(strand_run(&s), CRIB_EINTERRUPTED);
    cr_assert_str_eq(story_text, "main!@0");
}

/* A host keeps its own SIGINT. */

static void (*seen_action)(int);
static int look_at_action(void *arg) {
    (void)arg;
    seen_action = current_action(SIGINT);
    return 0;
}

Test(run_interrupt, s117_a_guest_run_leaves_sigint_to_its_host) {
    struct host h = {.rt = crib_runtime_new(NULL)};
    set_action(SIGINT, SIG_DFL);
    cr_assert_eq(host_start(&h, look_at_action, NULL), 0);
    cr_assert_eq(host_run(&h), 0);
    cr_assert_eq(h.result, 0);
    cr_assert_eq(seen_action, SIG_DFL);
    cr_assert_eq(crib_runtime_run(h.rt, look_at_action, NULL, NULL), 0);
    cr_assert_neq(seen_action, SIG_DFL, "a run of its own takes it");
    cr_assert_eq(current_action(SIGINT), SIG_DFL);
    crib_unref(h.rt);
}
