/* Nurseries and cancellation: whose Cancelled is absorbed where, late and early children (statements 67-70, D11). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/run.h"
#include "support/strand.h"
#include "support/children.h"

/* Statement 67 */

static int own_cancel(void *stackless) {
    struct child a = {.name = "a", .ms = -1}, b = {.name = "b", .ms = 3000};
    crib_nursery *n = crib_nursery_open();
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_cancel(n, "enough"), 0);
    rc = crib_checkpoint();
    cr_expect_eq(rc, CRIB_ECANCELLED);
    rc = crib_nursery_close(n, rc);
    story_at("closed");
    return rc;
}

Test(nursery_cancel, s067_a_nursery_absorbs_its_own_cancel) {
    cr_assert_eq(run_autojump(own_cancel, NULL), 0);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000 closed@1000");
    cr_assert_null(crib_error_current());
}

Test(nursery_cancel, s067_a_nursery_absorbs_its_own_cancel_stackless) {
    cr_assert_eq(run_autojump(own_cancel, STACKLESS), 0);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000 closed@1000");
}

static int outer_cancel(void *stackless) {
    struct child a = {.name = "a", .ms = -1};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = crib_nursery_open();
    bool caught = false;
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, CRIB_ECANCELLED, "the child's Cancelled belongs to the outer scope");
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect(caught);
    story_at("closed");
    return rc;
}

Test(nursery_cancel, s067_an_outer_scopes_cancel_goes_out_to_it) {
    cr_assert_eq(run_autojump(outer_cancel, NULL), 0);
    cr_assert_str_eq(story_text, "a!@1000 closed@1000");
}

Test(nursery_cancel, s067_an_outer_scopes_cancel_goes_out_to_it_stackless) {
    cr_assert_eq(run_autojump(outer_cancel, STACKLESS), 0);
    cr_assert_str_eq(story_text, "a!@1000 closed@1000");
}

static int outer_cancel_with_failure(void *stackless) {
    struct child a = {.name = "a", .ms = -1}, b = {.name = "b", .ms = -1, .on_cancel = E_ONE};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = crib_nursery_open();
    bool caught = false;
    int rc;
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, E_ONE);
    cr_expect_not_null(crib_error_find(crib_error_current(), CRIB_ECANCELLED), "Cancelled leaves within the group");
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect(caught, "the scope absorbed the Cancelled leaf");
    cr_expect_null(crib_error_find(crib_error_current(), CRIB_ECANCELLED));
    return rc;
}

Test(nursery_cancel, s067_cancelled_leaves_the_nursery_beside_the_failure) {
    cr_assert_eq(run_autojump(outer_cancel_with_failure, NULL), E_ONE);
    cr_assert_not_null(crib_error_find(crib_error_current(), E_ONE));
    cr_assert_eq(run_autojump(outer_cancel_with_failure, STACKLESS), E_ONE);
}

/* Statement 68 */

static int children_end_well(void *stackless) {
    struct child a = {.name = "a", .ms = -1, .on_cancel = ENDS_WELL};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = crib_nursery_open();
    bool caught = true;
    int rc;
    story_begin();
    cr_expect_eq(child_start(n, &a, stackless), 0);
    rc = crib_nursery_close(n, 4);
    story_at("closed");
    cr_expect_eq(rc, 4, "waiting at the close adds no Cancelled of its own");
    cr_expect(crib_scope_cancel_called(outer));
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect_not(caught, "nothing was absorbed");
    return rc;
}

Test(nursery_cancel, s068_the_closing_wait_adds_no_cancelled) {
    cr_assert_eq(run_autojump(children_end_well, NULL), 4);
    cr_assert_str_eq(story_text, "a!@1000 closed@1000");
}

Test(nursery_cancel, s068_the_closing_wait_adds_no_cancelled_stackless) {
    cr_assert_eq(run_autojump(children_end_well, STACKLESS), 4);
    cr_assert_str_eq(story_text, "a!@1000 closed@1000");
}

static int empty_close_when_cancelled(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_nursery *n;
    bool caught = true;
    int rc;
    (void)arg;
    cr_expect_eq(crib_scope_cancel(scope, NULL), 0);
    n = crib_nursery_open();
    cr_expect_not_null(n, "opening is no checkpoint");
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, 0);
    rc = crib_scope_close(scope, rc, &caught);
    cr_expect_not(caught);
    return rc;
}

Test(nursery_cancel, s068_closing_an_empty_nursery_in_a_cancelled_scope_succeeds) {
    cr_assert_eq(run_autojump(empty_close_when_cancelled, NULL), 0);
}

/* Statement 69 */

static int ran;
static int never_runs(void *arg) {
    (void)arg;
    ++ran;
    return 0;
}

static int start_after_close(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int destroyed = 0;
    (void)arg;
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "late", never_runs, &destroyed, count_destroy), CRIB_EMISUSE);
    cr_expect_eq(destroyed, 1, "destroy runs also when the call fails");
    cr_expect_null(crib_nursery_spawn(n, "late", never_runs, &destroyed, count_destroy));
    cr_expect_eq(destroyed, 2);
    cr_expect_null(crib_nursery_start_stackless(n, "late", child_resume, 0, NULL));
    cr_expect_eq(crib_nursery_count(n), 0);
    return crib_sleep(CRIB_SECONDS(1));
}

Test(nursery_cancel, s069_a_closed_nursery_takes_no_children) {
    cr_assert_eq(run_autojump(start_after_close, NULL), 0);
    cr_assert_eq(ran, 0);
}

static int idle_nursery_is_open(void *arg) {
    struct child a = {.name = "a", .ms = 0}, b = {.name = "b", .ms = 0};
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(crib_sleep(CRIB_SECONDS(1)), 0);
    cr_expect_eq(crib_nursery_count(n), 0);
    cr_expect_eq(child_start(n, &b, NULL), 0, "without children, but its body has not left");
    return crib_nursery_close(n, 0);
}

Test(nursery_cancel, s069_an_idle_nursery_takes_children_while_its_body_runs) {
    cr_assert_eq(run_autojump(idle_nursery_is_open, NULL), 0);
    cr_assert_str_eq(story_text, "a@0 b@1000");
}

struct knocker {
    crib_nursery *nursery;
    int refused, accepted;
};

/* Every pass, for as long as the nursery has children or is refused; then once more. */
static int knock_until_refused(void *arg) {
    struct knocker *k = arg;
    int destroyed = 0;
    while (crib_nursery_count(k->nursery) > 0) {
        int rc = crib_checkpoint();
        if (rc < 0) return rc;
        ++k->accepted;
    }
    k->refused = crib_nursery_start_soon(k->nursery, "late", never_runs, &destroyed, count_destroy);
    return destroyed == 1 ? 0 : E_ONE;
}

static int close_inner(void *arg) {
    struct knocker *k = arg;
    struct child c = {.name = "c", .ms = 0};
    k->nursery = crib_nursery_open();
    cr_expect_eq(child_start(k->nursery, &c, NULL), 0);
    return crib_nursery_close(k->nursery, 0);
}

static int knock_at_closing_time(void *arg) {
    struct knocker *k = arg;
    crib_nursery *outer = crib_nursery_open();
    cr_expect_eq(crib_nursery_start_soon(outer, "owner", close_inner, k, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    cr_expect_eq(crib_nursery_start_soon(outer, "knocker", knock_until_refused, k, NULL), 0);
    return crib_nursery_close(outer, 0);
}

Test(nursery_cancel, s069_the_end_of_the_last_child_of_a_left_nursery_closes_it) {
    struct knocker k = {0};
    cr_assert_eq(run_autojump(knock_at_closing_time, &k), 0);
    cr_assert(k.refused == CRIB_ECLOSED || k.refused == CRIB_EMISUSE, "refused with %d", k.refused);
    cr_assert_eq(ran, 0);
}

/* Statement 70 */

static int first_checkpoint(void *arg) {
    (void)arg;
    story("runs");
    cr_expect_eq(crib_checkpoint(), CRIB_ECANCELLED);
    story("ends");
    return CRIB_ECANCELLED;
}

static void first_checkpoint_strand(struct strand *s) {
    STRAND(s)
    story("runs");
    AWAIT(s, crib_begin_sleep(s->op, 0));
    cr_expect_eq(s->status, CRIB_ECANCELLED);
    story("ends");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int start_in_cancelled(void *stackless) {
    struct strand late = {.run = first_checkpoint_strand};
    crib_nursery *n = crib_nursery_open();
    story_begin();
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    if (stackless) {
        cr_expect_not_null(strand_start(n, "late", &late));
    } else {
        cr_expect_eq(crib_nursery_start_soon(n, "late", first_checkpoint, NULL, NULL), 0);
    }
    story("started");
    return crib_nursery_close(n, 0);
}

Test(nursery_cancel, s070_a_child_of_a_cancelled_nursery_runs_to_its_first_checkpoint) {
    cr_assert_eq(run_autojump(start_in_cancelled, NULL), 0);
    cr_assert_str_eq(story_text, "started runs ends");
}

Test(nursery_cancel, s070_a_child_of_a_cancelled_nursery_runs_to_its_first_checkpoint_stackless) {
    cr_assert_eq(run_autojump(start_in_cancelled, STACKLESS), 0);
    cr_assert_str_eq(story_text, "started runs ends");
}

/* D11 */

static int compute_in_cancelled_nursery(void *answer) {
    struct child a = {.name = "a", .ms = -1};
    crib_nursery *n = crib_nursery_open();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    cr_expect_eq(crib_checkpoint(), 0);
    *(int *)answer = 42;
    cr_expect_eq(crib_nursery_cancel(n, NULL), 0);
    return crib_nursery_close(n, *(int *)answer);
}

Test(nursery_cancel, d11_the_bodys_result_survives_the_nurserys_own_cancel) {
    int answer = 0;
    cr_assert_eq(run_autojump(compute_in_cancelled_nursery, &answer), 42);
}

static int compute_under_outer_cancel(void *answer) {
    struct child a = {.name = "a", .ms = -1};
    crib_scope *outer = crib_move_on_after(CRIB_SECONDS(1));
    crib_nursery *n = crib_nursery_open();
    bool caught = false;
    int rc;
    cr_expect_eq(child_start(n, &a, NULL), 0);
    *(int *)answer = 42;
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(rc, CRIB_ECANCELLED, "the children's end is told apart from the body's result");
    rc = crib_scope_close(outer, rc, &caught);
    cr_expect(caught);
    return rc < 0 ? rc : *(int *)answer;
}

Test(nursery_cancel, d11_the_bodys_result_is_apart_from_an_outer_cancel) {
    int answer = 0;
    cr_assert_eq(run_autojump(compute_under_outer_cancel, &answer), 42);
}
