/* Errors as objects: leaves, groups, codes, causes, payloads, text. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/run.h"

Test(error_tree, a_leaf_has_code_and_message) {
    crib_error *error = crib_error_new(E_ONE, "the disk is full");
    cr_assert_eq(crib_error_code(error), E_ONE);
    cr_assert_str_eq(crib_error_message(error), "the disk is full");
    cr_assert_eq(crib_error_count(error), 0);
    cr_assert_null(crib_error_child(error, 0));
    cr_assert_null(crib_error_cause(error));
    cr_assert_null(crib_error_task_name(error));
    cr_assert(is_nil(crib_error_payload(error)));
    cr_assert_eq(crib_error_find(error, E_ONE), error);
    cr_assert_null(crib_error_find(error, E_TWO));
    crib_unref(error);
}

Test(error_tree, a_leaf_without_message_has_its_codes_text) {
    crib_error *error = crib_error_new(CRIB_EBROKEN, NULL);
    cr_assert_str_eq(crib_error_message(error), crib_error_text(CRIB_EBROKEN));
    cr_assert_str_not_empty(crib_error_message(error));
    crib_unref(error);
}

Test(error_tree, the_message_is_copied) {
    char message[] = "before";
    crib_error *error = crib_error_new(E_ONE, message);
    memcpy(message, "after!", 6);
    cr_assert_str_eq(crib_error_message(error), "before");
    crib_unref(error);
}

Test(error_tree, success_is_no_error_and_cancelled_cannot_be_forged) {
    crib_error *forged = crib_error_new(CRIB_ECANCELLED, "not really");
    cr_assert_null(crib_error_new(0, "fine"));
    cr_assert_null(crib_error_new(5, "fine"));
    cr_assert_eq(crib_error_code(forged), CRIB_EMISUSE);
    crib_unref(forged);
}

Test(error_tree, null_is_no_error) {
    cr_assert_eq(crib_error_code(NULL), 0);
    cr_assert_eq(crib_error_count(NULL), 0);
    cr_assert_null(crib_error_child(NULL, 0));
    cr_assert_null(crib_error_find(NULL, E_ONE));
    cr_assert_null(crib_error_ref(NULL));
    crib_unref(NULL);
}

Test(error_tree, s065_a_groups_children_stand_in_order) {
    crib_error *members[] = {crib_error_new(E_ONE, "one"), NULL, crib_error_new(E_TWO, "two")};
    crib_error *group = crib_error_group("both", members, 3);
    cr_assert_eq(crib_error_count(group), 2, "NULL entries are skipped");
    cr_assert_str_eq(crib_error_message(group), "both");
    cr_assert_eq(crib_error_code(group), E_ONE);
    cr_assert_str_eq(crib_error_message(crib_error_child(group, 0)), "one");
    cr_assert_str_eq(crib_error_message(crib_error_child(group, 1)), "two");
    cr_assert_null(crib_error_child(group, 2));
    crib_unref(group);
    cr_assert_null(crib_error_group("none", members, 0));
}

Test(error_tree, s066_find_goes_depth_first_through_nested_groups) {
    crib_error *deep[] = {crib_error_new(E_TWO, "deep")};
    crib_error *members[2] = {NULL, NULL};
    crib_error *group;
    members[0] = crib_error_group("inner", deep, 1);
    members[1] = crib_error_new(E_TWO, "shallow");
    group = crib_error_group("outer", members, 2);
    cr_assert_str_eq(crib_error_message(crib_error_find(group, E_TWO)), "deep");
    cr_assert_eq(crib_error_code(group), E_TWO);
    cr_assert_eq(crib_error_count(crib_error_child(group, 0)), 1);
    crib_unref(group);
}

Test(error_tree, a_child_outlives_its_group_by_a_reference) {
    crib_error *members[] = {crib_error_new(E_ONE, "one")};
    crib_error *group = crib_error_group(NULL, members, 1);
    crib_error *child = crib_error_ref(crib_error_child(group, 0));
    crib_unref(group);
    cr_assert_str_eq(crib_error_message(child), "one");
    crib_unref(child);
}

Test(error_tree, a_deep_tree_is_handled_without_recursion) {
    crib_error *error = crib_error_new(E_ONE, "bottom");
    int i;
    for (i = 0; i < 100000; ++i) error = crib_error_group(NULL, &error, 1);
    cr_assert_eq(crib_error_code(error), E_ONE);
    cr_assert_str_eq(crib_error_message(crib_error_find(error, E_ONE)), "bottom");
    crib_unref(error);
}

/* The code of a tree. */

static int code_rule(void *arg) {
    crib_scope *scope = crib_scope_open(NULL);
    crib_error *members[2], *group;
    (void)arg;
    cr_expect_null(crib_error_cancelled(scope), "it is not cancelled");
    cr_expect_eq(crib_scope_cancel(scope, "the reason"), 0);
    members[0] = crib_error_cancelled(scope);
    cr_expect_eq(crib_error_code(members[0]), CRIB_ECANCELLED);
    cr_expect_neq(strstr(crib_error_message(members[0]), "the reason"), NULL, "%s", crib_error_message(members[0]));
    group = crib_error_group(NULL, members, 1);
    cr_expect_eq(crib_error_code(group), CRIB_ECANCELLED, "nothing else is in it");
    members[0] = group;
    members[1] = crib_error_new(E_TWO, NULL);
    group = crib_error_group(NULL, members, 2);
    cr_expect_eq(crib_error_code(group), E_TWO, "the first leaf that is not Cancelled");
    crib_unref(group);
    return crib_scope_close(scope, 0, NULL);
}

Test(error_tree, the_code_of_a_tree_is_that_of_its_first_leaf_that_is_not_cancelled) {
    cr_assert_eq(run_autojump(code_rule, NULL), 0);
}

/* Payloads. */

Test(error_tree, a_payload_is_dropped_with_the_last_reference) {
    crib_error *error = crib_error_new_payload(CRIB_EFOREIGN, "from elsewhere", counted_value(6));
    cr_assert_eq(crib_error_payload(error).vt, &counted_vtable);
    cr_assert_eq((intptr_t)crib_error_payload(error).p, 6);
    crib_error_ref(error);
    crib_unref(error);
    cr_assert_eq(counted_drops, 0);
    crib_unref(error);
    cr_assert_eq(counted_drops, 1);
    cr_assert_null(crib_error_new_payload(0, NULL, counted_value(7)));
    cr_assert_eq(counted_drops, 2, "consumed also when there is no error");
}

static int fails_with_payload(void *arg) {
    (void)arg;
    return crib_fail_error(crib_error_new_payload(CRIB_EFOREIGN, "from elsewhere", counted_value(6)));
}

static int payload_travels(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "child", fails_with_payload, NULL, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(error_tree, s066_a_childs_payload_arrives_untouched) {
    crib_error *leaf;
    cr_assert_eq(run_autojump(payload_travels, NULL), CRIB_EFOREIGN);
    leaf = crib_error_find(crib_error_current(), CRIB_EFOREIGN);
    cr_assert_eq((intptr_t)crib_error_payload(leaf).p, 6);
    cr_assert_str_eq(crib_error_message(leaf), "from elsewhere");
    cr_assert_eq(counted_drops, 0);
    cr_assert_eq(run_autojump(child_body, &(struct child){.name = "c"}), 0);
    cr_assert_eq(counted_drops, 1, "the next run forgets the last one's tree");
}

/* Text. */

static crib_error *sample(void) {
    crib_error *members[2];
    members[0] = crib_error_new(E_ONE, "first message");
    members[1] = crib_error_new(CRIB_EBROKEN, "second message");
    return crib_error_group("two things failed", members, 2);
}

Test(error_tree, format_writes_one_indented_line_an_error) {
    crib_error *group = sample();
    char text[1000];
    size_t length = crib_error_format(group, text, sizeof text);
    const char *line1 = strchr(text, '\n'), *line2 = line1 == NULL ? NULL : strchr(line1 + 1, '\n');
    cr_assert_eq(length, strlen(text));
    cr_assert_not_null(line1, "%s", text);
    cr_assert_not_null(line2, "%s", text);
    cr_assert(strstr(text, "two things failed") < line1, "%s", text);
    cr_assert(strstr(text, "first message") > line1 && strstr(text, "first message") < line2, "%s", text);
    cr_assert(strstr(text, "second message") > line2, "%s", text);
    cr_assert(strstr(text, "CRIB_EBROKEN") > line2, "%s", text);
    cr_assert_eq(line1[1], ' ', "members are indented: %s", text);
    crib_unref(group);
}

Test(error_tree, format_counts_what_it_cuts) {
    crib_error *group = sample();
    char whole[1000], cut[20];
    size_t length = crib_error_format(group, whole, sizeof whole);
    memset(cut, 'x', sizeof cut);
    cr_assert_eq(crib_error_format(group, NULL, 0), length);
    cr_assert_eq(crib_error_format(group, cut, 10), length);
    cr_assert_eq(strlen(cut), 9);
    cr_assert_eq(strncmp(cut, whole, 9), 0);
    cr_assert_eq(cut[10], 'x', "nothing is written behind the end");
    cr_assert_eq(crib_error_format(NULL, cut, sizeof cut), strlen(cut));
    crib_unref(group);
}

static int fails_with_cause(void *arg) {
    (void)arg;
    crib_fail(E_TWO, "the cause of it");
    return E_ONE;
}

Test(error_tree, format_shows_task_and_cause) {
    char text[1000];
    cr_assert_eq(run_autojump(fails_with_cause, NULL), E_ONE);
    crib_error_format(crib_error_current(), text, sizeof text);
    cr_assert_not_null(strstr(text, "the cause of it"), "%s", text);
    cr_assert_not_null(strstr(text, "-1000001"), "a code without a name is shown as a number: %s", text);
    cr_assert_not_null(strstr(text, "-1000002"), "%s", text);
}

Test(error_tree, codes_have_names_and_texts) {
    static const struct {
        int code;
        const char *name;
    } codes[] = {{0, "0"},
                 {CRIB_ECANCELLED, "CRIB_ECANCELLED"},
                 {CRIB_PENDING, "CRIB_PENDING"},
                 {CRIB_ENOTFIBER, "CRIB_ENOTFIBER"},
                 {CRIB_EMISUSE, "CRIB_EMISUSE"},
                 {CRIB_EWOULDBLOCK, "CRIB_EWOULDBLOCK"},
                 {CRIB_EENDOFCHANNEL, "CRIB_EENDOFCHANNEL"},
                 {CRIB_EBROKEN, "CRIB_EBROKEN"},
                 {CRIB_ECLOSED, "CRIB_ECLOSED"},
                 {CRIB_EBUSY, "CRIB_EBUSY"},
                 {CRIB_ETOOSLOW, "CRIB_ETOOSLOW"},
                 {CRIB_EOPCANCELLED, "CRIB_EOPCANCELLED"},
                 {CRIB_EDEADLOCK, "CRIB_EDEADLOCK"},
                 {CRIB_EINTERRUPTED, "CRIB_EINTERRUPTED"},
                 {CRIB_ERUNFINISHED, "CRIB_ERUNFINISHED"},
                 {CRIB_EFOREIGN, "CRIB_EFOREIGN"},
                 {CRIB_ENOTSTARTED, "CRIB_ENOTSTARTED"},
                 {CRIB_ENURSERYCANCELLED, "CRIB_ENURSERYCANCELLED"},
                 {-ECONNRESET, "UV_ECONNRESET"},
                 {-ENOMEM, "UV_ENOMEM"},
                 {E_ONE, "UNKNOWN"}};
    size_t i;
    for (i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
        cr_assert_str_eq(crib_error_name(codes[i].code), codes[i].name);
        cr_assert_str_not_empty(crib_error_text(codes[i].code));
    }
}
