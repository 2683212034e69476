/* Nurseries opened and closed by stackless tasks (statements 61-70). */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/strand.h"

static struct child first, second;

/* Statement 61 */

static void closes_and_waits(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    first = (struct child){.name = "fiber", .ms = 1000};
    second = (struct child){.name = "stackless", .ms = 2000};
    cr_expect_eq(child_start(s->nursery, &first, NULL), 0);
    cr_expect_eq(child_start(s->nursery, &second, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    story_at("closed");
    cr_expect_eq(crib_begin_nursery_close(s->op, s->nursery, NULL), CRIB_EMISUSE, "the handle is stale");
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s061_a_stackless_close_waits_for_children_of_both_kinds_stackless) {
    struct strand s = {.run = closes_and_waits};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "fiber@1000 stackless@2000 closed@2000");
}

static void closes_empty(struct strand *s) {
    STRAND(s)
    s->nursery = strand_nursery(s);
    s->status = crib_begin_nursery_close(s->op, s->nursery, NULL);
    cr_expect_eq(s->status, CRIB_PENDING, "it schedules even without children");
    AWAIT(s, CRIB_PENDING);
    cr_expect_eq(s->status, 0);
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s061_closing_an_empty_nursery_schedules_once_stackless) {
    struct strand s = {.run = closes_empty};
    cr_assert_eq(strand_run(&s), 0);
}

/* Statement 62 */

static void child_fails_while_body_waits(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    cr_expect_eq(crib_op_set_scope(s->op, crib_nursery_scope(s->nursery)), 0);
    first = (struct child){.name = "fails", .ms = 1000, .code = E_ONE};
    second = (struct child){.name = "sibling", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &second, STACKLESS), 0);
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(10)));
    cr_expect_eq(s->status, CRIB_ECANCELLED, "the body waits in the nursery's scope");
    story_at("body");
    cr_expect_eq(crib_op_set_scope(s->op, NULL), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, crib_error_cancelled(crib_nursery_scope(s->nursery))));
    cr_expect_eq(s->status, E_ONE);
    cr_expect_eq(crib_error_code(s->error), E_ONE, "the tree comes with the op");
    cr_expect_null(crib_error_find(s->error, CRIB_ECANCELLED));
    story_at("closed");
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(nursery_stackless, s062_a_childs_error_wakes_a_stackless_body_stackless) {
    struct strand s = {.run = child_fails_while_body_waits};
    cr_assert_eq(strand_run(&s), E_ONE);
    cr_assert_eq(strncmp(story_text, "fails@1000 ", 11), 0, "%s", story_text);
    cr_assert_not_null(strstr(story_text, "sibling!@1000"));
    cr_assert_not_null(strstr(story_text, "body@1000"));
    cr_assert_not_null(strstr(story_text, "closed@1000"));
    cr_assert_str_eq(crib_error_task_name(crib_error_find(crib_error_current(), E_ONE)), "fails");
}

/* Statement 63 */

static void body_fails(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    first = (struct child){.name = "a", .ms = -1, .on_cancel = E_TWO};
    second = (struct child){.name = "b", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    cr_expect_eq(child_start(s->nursery, &second, NULL), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, crib_error_new(E_ONE, "the body's")));
    cr_expect_eq(s->status, E_ONE);
    cr_expect_eq(crib_error_count(s->error), 2);
    cr_expect_str_eq(crib_error_message(crib_error_child(s->error, 0)), "the body's");
    cr_expect_eq(crib_error_code(crib_error_child(s->error, 1)), E_TWO);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(nursery_stackless, s063_a_stackless_bodys_error_cancels_the_children_stackless) {
    struct strand s = {.run = body_fails};
    cr_assert_eq(strand_run(&s), E_ONE);
    cr_assert_str_eq(story_text, "a!@1000 b!@1000");
    cr_assert_eq(crib_error_count(crib_error_current()), 2, "the run's tree is what the main task exited with");
}

/* Statement 67 */

static void own_cancel(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    first = (struct child){.name = "a", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    cr_expect_eq(crib_nursery_cancel(s->nursery, "enough"), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    cr_expect_null(s->error);
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s067_a_stackless_tasks_nursery_absorbs_its_own_cancel_stackless) {
    struct strand s = {.run = own_cancel};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "a!@1000");
}

static void outer_cancel(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options};
    crib_scope_options timeout = {.size = sizeof timeout, .timeout = CRIB_SECONDS(1)};
    bool caught = false;
    STRAND(s)
    story_begin();
    timeout.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&timeout);
    options.parent = s->scope;
    s->nursery = crib_nursery_open_with(&options);
    first = (struct child){.name = "a", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    story_at("closed");
    cr_expect_eq(s->status, CRIB_ECANCELLED, "the child's Cancelled belongs to the outer scope");
    cr_expect_eq(crib_error_code(s->error), CRIB_ECANCELLED);
    s->error = crib_scope_close_error(s->scope, s->error, &caught);
    cr_expect(caught);
    cr_expect_null(s->error);
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s067_an_outer_scopes_cancel_leaves_a_stackless_tasks_nursery_stackless) {
    struct strand s = {.run = outer_cancel};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "a!@1000 closed@1000");
}

/* Statement 68 */

static void no_cancelled_of_its_own(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options};
    crib_scope_options timeout = {.size = sizeof timeout, .timeout = CRIB_SECONDS(1)};
    bool caught = true;
    STRAND(s)
    story_begin();
    timeout.parent = crib_task_scope(s->task);
    s->scope = crib_scope_open(&timeout);
    options.parent = s->scope;
    s->nursery = crib_nursery_open_with(&options);
    cr_expect_eq(crib_op_set_scope(s->op, s->scope), 0);
    first = (struct child){.name = "a", .ms = -1, .on_cancel = ENDS_WELL};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0, "closing is never a cancel point");
    cr_expect(crib_scope_cancel_called(s->scope));
    cr_expect_null(crib_scope_close_error(s->scope, NULL, &caught));
    cr_expect_not(caught);
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s068_a_stackless_close_adds_no_cancelled_stackless) {
    struct strand s = {.run = no_cancelled_of_its_own};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "a!@1000");
}

/* Statement 69 */

static void start_after_close(struct strand *s) {
    STRAND(s)
    s->nursery = strand_nursery(s);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    first = (struct child){.name = "late"};
    cr_expect_null(crib_nursery_start_stackless(s->nursery, "late", child_resume, (uintptr_t)&first, NULL));
    cr_expect_eq(crib_nursery_start_soon(s->nursery, "late", child_body, &first, NULL), CRIB_EMISUSE);
    cr_expect_eq(crib_nursery_close(s->nursery, 0), CRIB_ENOTFIBER);
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s069_a_nursery_closed_by_a_stackless_task_takes_no_children_stackless) {
    struct strand s = {.run = start_after_close};
    cr_assert_eq(strand_run(&s), 0);
}

/* Statement 73 */

static void exits_with_open_nursery(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    first = (struct child){.name = "a", .ms = -1};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless,
     s073_a_stackless_task_that_exits_with_an_open_nursery_fails_after_its_children_ended_stackless) {
    struct strand s = {.run = exits_with_open_nursery};
    cr_assert_eq(strand_run(&s), CRIB_EMISUSE);
    cr_assert_str_eq(story_text, "a!@1000");
}

static void closes_siblings_in_any_order(struct strand *s) {
    STRAND(s)
    story_begin();
    s->nursery = strand_nursery(s);
    s->user_data = strand_nursery(s);
    first = (struct child){.name = "a", .ms = 1000};
    second = (struct child){.name = "b", .ms = 2000};
    cr_expect_eq(child_start(s->nursery, &first, STACKLESS), 0);
    cr_expect_eq(child_start(s->user_data, &second, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    cr_expect_eq(s->status, 0);
    story_at("closed");
    AWAIT(s, crib_begin_nursery_close(s->op, s->user_data, NULL));
    cr_expect_eq(s->status, 0);
    story_at("closed");
    strand_exit(s, NULL);
    STRAND_END
}

Test(nursery_stackless, s073_siblings_of_a_stackless_task_close_in_any_order_stackless) {
    struct strand s = {.run = closes_siblings_in_any_order};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "a@1000 closed@1000 b@2000 closed@2000");
}
