/* Cancel tokens used by stackless tasks (S4.2, S4.6, S4.7, S4.17). */
#include "support/log.h"
#include "support/run.h"
#include "support/slots.h"
#include "support/step_machine.h"

TestSuite(token_stackless, .timeout = 20);

static crib_token *token;

static int triggers_later(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    crib_token_trigger(token);
    log_add("triggered");
    return 0;
}

/* Runs a machine while a fiber triggers the token after a second. */
static int beside_a_trigger(void *step) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    memset(&m, 0, sizeof m);
    token = crib_token_new("demo");
    EXPECT(machine_start(n, "machine", &m, (machine_step)(uintptr_t)step) != NULL);
    EXPECT_EQ(crib_nursery_start_soon(n, "triggers", triggers_later, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(m.ended);
    crib_unref(token);
    return RAN;
}

static int run_beside(machine_step step) { return run_autojump(beside_a_trigger, (void *)(uintptr_t)step); }

/* S4.2 */

static int works_until_cancelled(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->inner = machine_scope(m, NULL, scope_defaults());
    EXPECT_EQ(crib_scope_link_token(m->inner, token), 0);
    EXPECT_EQ(crib_op_set_scope(m->op, m->inner), 0);
    log_add("started");
    MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_FOREVER));
    EXPECT_EQ(status, CRIB_ECANCELLED);
    EXPECT_STR(crib_scope_reason(m->inner), "demo");
    EXPECT_EQ(machine_close(m->inner, status, &m->caught), 0);
    EXPECT(m->caught);
    log_add("cancelled");
    MACHINE_END(m);
}

Test(token_stackless, s4_2_a_task_is_cancelled_by_its_token_stackless) {
    EXPECT_RUN(run_beside(works_until_cancelled));
    EXPECT_LOG("started triggered cancelled");
}

/* S4.6 */

static int checks_in_a_loop(machine *m, int status) {
    MACHINE_BEGIN(m);
    while (crib_token_check(token) == 0) {
        m->count++;
        MACHINE_WAIT(m, crib_begin_sleep(m->op, CRIB_MS(400)));
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(m->count, 3);
    EXPECT(crib_error_current() == NULL); /* nothing is held: the task goes on */
    MACHINE_END(m);
}

Test(token_stackless, s4_6_loops_end_when_the_token_is_triggered_stackless) {
    EXPECT_RUN(run_beside(checks_in_a_loop));
}

static int exits_with_the_error(machine *m, int status) {
    MACHINE_BEGIN(m);
    token = crib_token_new("demo");
    crib_token_trigger(token);
    MACHINE_WAIT(m, crib_begin_checkpoint(m->op));
    EXPECT_EQ(crib_token_check(token), CRIB_EOPCANCELLED);
    return machine_exit(m, crib_token_error(token));
    MACHINE_END(m);
}

static int fails_by_its_token(void *arg) {
    machine m;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    memset(&m, 0, sizeof m);
    EXPECT(machine_start(n, "machine", &m, exits_with_the_error) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EOPCANCELLED);
    EXPECT_STR(crib_error_message(crib_error_find(crib_error_current(), CRIB_EOPCANCELLED)),
               "Cancellation requested by demo token");
    crib_unref(token);
    return RAN;
}

Test(token_stackless, s4_6_the_error_of_a_check_leaves_with_the_task_stackless) {
    EXPECT_RUN(run_autojump(fails_by_its_token, NULL));
}

/* S4.7 */

static int waits(machine *m, int status) {
    MACHINE_BEGIN(m);
    m->time = crib_now();
    MACHINE_WAIT(m, crib_begin_token_wait(m->op, token));
    EXPECT_EQ(status, 0);
    EXPECT_EQ(crib_now() - m->time, CRIB_SECONDS(1));
    log_add("woke");
    EXPECT_EQ(crib_begin_token_wait(m->op, token), 0);
    MACHINE_END(m);
}

Test(token_stackless, s4_7_a_wait_ends_when_the_token_is_triggered_stackless) {
    EXPECT_RUN(run_beside(waits));
    EXPECT_LOG("triggered woke");
}

static int many_slots(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *flat = idle_task(n, "flat");
    crib_token *other = crib_token_new("other"), *chain;
    crib_op *ops[5];
    int i;
    (void)arg;
    token = crib_token_new("token");
    chain = crib_token_chain(other, token);
    for (i = 0; i < 5; ++i) {
        ops[i] = crib_op_new(flat, NULL);
        EXPECT_EQ(crib_begin_token_wait(ops[i], i < 3 ? chain : other), CRIB_PENDING);
    }
    slot_cancel(ops[0]);
    EXPECT_EQ(crib_op_abort(ops[1]), 0);
    crib_token_trigger(token);
    settle();
    EXPECT_EQ(slot_take(ops[0]), CRIB_ECANCELLED);
    EXPECT_EQ(slot_take(ops[1]), CRIB_EMISUSE); /* given up: it holds nothing */
    EXPECT_EQ(slot_take(ops[2]), 0);
    EXPECT_EQ(slot_take(ops[3]), CRIB_PENDING);
    crib_op_free(ops[3]);
    idle_end(flat); /* with the last one waiting */
    crib_token_trigger(other);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(other);
    crib_unref(token);
    crib_unref(chain);
    return RAN;
}

Test(token_stackless, s4_7_slots_that_were_cancelled_given_up_or_freed_leave_nothing_stackless) {
    EXPECT_RUN(run_autojump(many_slots, NULL));
}

/* S4.17. A callback of the cancel closes the scope, opens another one in its place and triggers the token that the first
 * was linked to. */

static struct {
    crib_task *task;
    crib_scope *scope, *next;
} swap;

static crib_scope *scope_of(crib_task *task) {
    crib_scope_options options = scope_defaults();
    options.parent = crib_task_scope(task);
    return crib_scope_open(&options);
}

static void opens(crib_task *self, uintptr_t data) {
    (void)data;
    swap.task = self;
    swap.scope = scope_of(self);
}

static void swaps(void *arg) {
    (void)arg;
    crib_unref(crib_scope_close_error(swap.scope, NULL, NULL));
    swap.next = scope_of(swap.task);
    crib_token_trigger(token);
}

static int swap_while_it_is_cancelled(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    EXPECT(crib_nursery_start_stackless(n, "flat", opens, 0, NULL) != NULL);
    settle();
    token = crib_token_new("token");
    EXPECT_EQ(crib_scope_on_cancel(swap.scope, swaps, NULL, NULL), 0);
    EXPECT_EQ(crib_scope_link_token(swap.scope, token), 0);
    EXPECT_EQ(crib_scope_cancel(swap.scope, NULL), 0);
    EXPECT(crib_token_triggered(token));
    EXPECT_EQ(crib_scope_state(swap.next), CRIB_SCOPE_OPEN);
    idle_end(swap.task);
    EXPECT_EQ(crib_nursery_close(n, 0), CRIB_EMISUSE); /* a scope was left open */
    crib_unref(token);
    return RAN;
}

Test(token_stackless, s4_17_the_link_ends_with_a_scope_that_closes_while_it_is_cancelled_stackless) {
    EXPECT_RUN(run_autojump(swap_while_it_is_cancelled, NULL));
}
