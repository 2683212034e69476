/* Errors: codes, trees, text. */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "capi/messages.h"

TestSuite(error, .init = listen_to_messages);

/* The numbers are the contract: they never change. */
static const struct {
    int code, number;
    const char *name;
} codes[] = {
    {CRIB_ECANCELLED, -20001, "CRIB_ECANCELLED"},
    {CRIB_PENDING, -20002, "CRIB_PENDING"},
    {CRIB_ENOTFIBER, -20003, "CRIB_ENOTFIBER"},
    {CRIB_EMISUSE, -20004, "CRIB_EMISUSE"},
    {CRIB_EWOULDBLOCK, -20005, "CRIB_EWOULDBLOCK"},
    {CRIB_EENDOFCHANNEL, -20006, "CRIB_EENDOFCHANNEL"},
    {CRIB_EBROKEN, -20007, "CRIB_EBROKEN"},
    {CRIB_ECLOSED, -20008, "CRIB_ECLOSED"},
    {CRIB_EBUSY, -20009, "CRIB_EBUSY"},
    {CRIB_ETOOSLOW, -20010, "CRIB_ETOOSLOW"},
    {CRIB_EOPCANCELLED, -20011, "CRIB_EOPCANCELLED"},
    {CRIB_EDEADLOCK, -20012, "CRIB_EDEADLOCK"},
    {CRIB_EINTERRUPTED, -20013, "CRIB_EINTERRUPTED"},
    {CRIB_ERUNFINISHED, -20014, "CRIB_ERUNFINISHED"},
    {CRIB_EFOREIGN, -20015, "CRIB_EFOREIGN"},
    {CRIB_ENOTSTARTED, -20016, "CRIB_ENOTSTARTED"},
    {CRIB_ENURSERYCANCELLED, -20017, "CRIB_ENURSERYCANCELLED"},
};
#define CODES (sizeof codes / sizeof codes[0])

Test(error, codes_and_names_are_stable) {
    size_t i;
    for (i = 0; i < CODES; i++) {
        cr_assert_eq(codes[i].code, codes[i].number, "%s", codes[i].name);
        cr_assert_str_eq(crib_error_name(codes[i].code), codes[i].name);
    }
}

Test(error, every_code_has_a_text_of_its_own) {
    size_t i, j;
    for (i = 0; i < CODES; i++) {
        cr_assert_neq(crib_error_text(codes[i].code)[0], '\0');
        for (j = 0; j < i; j++) cr_assert_str_neq(crib_error_text(codes[i].code), crib_error_text(codes[j].code));
    }
}

Test(error, codes_of_others_have_names_too) {
    const int none = -20018, mine = -1000001;
    cr_assert_str_eq(crib_error_name(0), "0");
    cr_assert_str_eq(crib_error_name(INT32_MAX), "0");
    cr_assert_str_eq(crib_error_name(CODE_EINVAL), "UV_EINVAL");
    cr_assert_str_eq(crib_error_name(-ECONNRESET), "UV_ECONNRESET");
    cr_assert_str_eq(crib_error_name(none), "UNKNOWN");
    cr_assert_str_eq(crib_error_name(mine), "UNKNOWN");
    cr_assert_str_eq(crib_error_name(INT32_MIN), "UNKNOWN");
    cr_assert_neq(crib_error_text(CODE_EINVAL)[0], '\0');
    cr_assert_neq(crib_error_text(mine)[0], '\0');
}

Test(error, null_has_no_parts) {
    cr_assert_null(crib_error_ref(NULL));
    cr_assert_eq(crib_error_code(NULL), 0);
    cr_assert_not_null(crib_error_message(NULL));
    cr_assert_null(crib_error_task_name(NULL));
    cr_assert_null(crib_error_cause(NULL));
    cr_assert_null(crib_error_payload(NULL).vt);
    cr_assert_eq(crib_error_count(NULL), 0);
    cr_assert_null(crib_error_child(NULL, 0));
    cr_assert_null(crib_error_find(NULL, CODE_A));
    cr_assert_eq(crib_fail_error(NULL), 0);
    cr_assert_null(crib_error_group("none", NULL, 0));
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

Test(error, success_is_no_error_and_cancelled_cannot_be_forged) {
    crib_error *forged = crib_error_new(CRIB_ECANCELLED, "not so");
    cr_assert_null(crib_error_new(0, "all is well"));
    cr_assert_null(crib_error_new(7, NULL));
    cr_assert_eq(crib_error_code(forged), CRIB_EMISUSE);
    crib_unref(forged);
}

Test(error, a_leaf_keeps_a_copy_of_its_message) {
    char message[] = "flood in the cellar";
    crib_error *e = crib_error_new(CODE_A, message), *plain = crib_error_new(CRIB_EBROKEN, NULL);
    message[0] = 'b';
    cr_assert_eq(crib_error_code(e), CODE_A);
    cr_assert_str_eq(crib_error_message(e), "flood in the cellar");
    cr_assert_str_eq(crib_error_message(plain), crib_error_text(CRIB_EBROKEN));
    cr_assert_null(crib_error_task_name(e), "made outside tasks");
    cr_assert_null(crib_error_cause(e));
    cr_assert_eq(crib_error_count(e), 0);
    cr_assert_null(crib_error_child(e, 0));
    crib_unref(plain);
    crib_unref(e);
}

Test(error, a_payload_is_consumed_whatever_is_returned) {
    crib_error *e = crib_error_new_payload(CRIB_EFOREIGN, "theirs", droppable());
    cr_assert_eq(crib_error_payload(e).vt, &droppable_table);
    cr_assert_eq(crib_error_ref(e), e);
    crib_unref(e);
    cr_assert_eq(drops, 0);
    crib_unref(e);
    cr_assert_eq(drops, 1);
    cr_assert_null(crib_error_new_payload(0, NULL, droppable()));
    cr_assert_eq(drops, 2);
}

Test(error, a_group_skips_nulls_and_takes_the_first_code) {
    crib_error *list[4] = {NULL, crib_error_new(CODE_B, "b"), NULL, crib_error_new(CODE_A, "a")};
    crib_error *nulls[2] = {NULL, NULL}, *group = crib_error_group("both", list, 4);
    cr_assert_eq(crib_error_count(group), 2);
    cr_assert_eq(crib_error_code(group), CODE_B);
    cr_assert_str_eq(crib_error_message(group), "both");
    cr_assert_eq(crib_error_code(crib_error_child(group, 1)), CODE_A);
    cr_assert_null(crib_error_child(group, 2));
    cr_assert_null(crib_error_child(group, SIZE_MAX));
    cr_assert_eq(crib_error_find(group, CODE_A), crib_error_child(group, 1));
    cr_assert_null(crib_error_find(group, CODE_C));
    cr_assert_null(crib_error_group(NULL, nulls, 2));
    crib_unref(group);
}

Test(error, text_is_cut_as_by_snprintf) {
    crib_error *list[2] = {crib_error_new(CODE_A, "a"), crib_error_new(CRIB_EBROKEN, NULL)};
    crib_error *group = crib_error_group("both", list, 2);
    char whole[400], part[400];
    size_t length = crib_error_format(group, NULL, 0), i;
    cr_assert_eq(crib_error_format(group, whole, sizeof whole), length);
    cr_assert_eq(strlen(whole), length);
    cr_assert_not_null(strstr(whole, "CRIB_EBROKEN"));
    cr_assert_not_null(strstr(whole, "-1000001"));
    cr_assert_eq(crib_error_format(group, NULL, 17), length);
    for (i = 1; i <= length + 2; i++) {
        size_t kept = i - 1 < length ? i - 1 : length;
        memset(part, '#', sizeof part);
        cr_assert_eq(crib_error_format(group, part, i), length);
        cr_assert_eq(strlen(part), kept);
        cr_assert_eq(strncmp(part, whole, kept), 0);
        cr_assert_eq(part[i], '#', "nothing is written behind the buffer");
    }
    memset(part, '#', sizeof part);
    cr_assert_eq(crib_error_format(group, part, 0), length);
    cr_assert_eq(part[0], '#');
    cr_assert_eq(crib_error_format(NULL, part, sizeof part), 0);
    cr_assert_str_eq(part, "");
    crib_unref(group);
}

static int fails_outright(void *arg) {
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    (void)arg;
    EXPECT(crib_error_current() == NULL);
    EXPECT_EQ(crib_fail(3, "three"), CRIB_EMISUSE);
    EXPECT_EQ(crib_error_code(crib_error_current()), CRIB_EMISUSE);
    EXPECT_STR(crib_error_message(crib_error_current()), "three");
    EXPECT_STR(crib_error_task_name(crib_error_current()), "main");
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT(crib_error_current() == NULL);
    s = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_fail(CRIB_ECANCELLED, NULL), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    s = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_fail_error(crib_error_new(CODE_A, "first")), CODE_A);
    EXPECT_EQ(crib_fail_error(crib_error_new(CODE_B, "second")), CODE_B);
    EXPECT_EQ(crib_error_count(crib_error_current()), 2);
    EXPECT_EQ(crib_scope_close(s, CODE_C, NULL), CODE_C);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_C);
    EXPECT_EQ(crib_error_code(crib_error_cause(crib_error_current())), CODE_A);
    EXPECT_EQ(crib_error_code(crib_error_find(crib_error_current(), CODE_C)), CODE_C);
    return RAN;
}

Test(error, a_fiber_fails_into_its_innermost_block) { EXPECT_RUN(run_autojump(fails_outright, NULL)); }

static int takes_what_is_held(void *arg) {
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    crib_error *e;
    (void)arg;
    EXPECT(crib_error_take() == NULL);
    EXPECT_EQ(crib_fail(CODE_A, "taken"), CODE_A);
    e = crib_error_take();
    EXPECT_EQ(crib_error_code(e), CODE_A);
    EXPECT(crib_error_current() == NULL);
    crib_unref(e);
    EXPECT_EQ(crib_scope_close(s, CODE_A, NULL), CODE_A);
    EXPECT(crib_error_current() == NULL); /* nothing was held: only the code goes on */
    return RAN;
}

Test(error, what_a_block_holds_can_be_taken_out_of_it) { EXPECT_RUN(run_autojump(takes_what_is_held, NULL)); }

Test(error, outside_a_fiber_nothing_is_recorded) {
    cr_assert_null(crib_error_take());
    cr_assert_eq(crib_fail(CODE_A, "nobody listens"), CODE_A);
    cr_assert_eq(crib_fail(5, NULL), 5);
    cr_assert_eq(crib_fail_error(crib_error_new(CODE_B, NULL)), CODE_B);
    cr_assert_null(crib_error_current());
}

static void fails_flat(crib_task *self, void *arg) {
    crib_error *e;
    (void)arg;
    EXPECT_EQ(crib_fail(CODE_A, "nobody listens"), CODE_A);
    EXPECT(crib_error_current() == NULL);
    EXPECT(crib_error_cancelled(crib_task_scope(self)) == NULL);
    EXPECT_EQ(crib_task_cancel(self, "enough"), 0);
    e = crib_error_cancelled(crib_task_scope(self));
    EXPECT_EQ(crib_error_code(e), CRIB_ECANCELLED);
    EXPECT_HAS(crib_error_message(e), "enough");
    EXPECT_HAS(crib_error_message(e), "explicit");
    crib_unref(e);
}

Test(error, a_stackless_task_has_no_current_error) {
    in_stackless_task(fails_flat, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int stale_scope(void *arg) {
    crib_scope *s = crib_move_on_after(0);
    (void)arg;
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT(crib_error_cancelled(s) == NULL);
    EXPECT(crib_error_cancelled(NULL) == NULL);
    return RAN;
}

Test(error, there_is_no_cancelled_error_without_a_cancelled_scope) {
    EXPECT_RUN(run_autojump(stale_scope, NULL));
    cr_assert_null(crib_error_cancelled((crib_scope *)(uintptr_t)1), "outside a run");
}

static int chain_of_causes(void *arg) {
    crib_scope *s[400];
    const crib_error *e;
    int i, depth = 0;
    (void)arg;
    for (i = 0; i < 400; i++) s[i] = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_fail(CODE_A, "at the root"), CODE_A);
    for (i = 399; i >= 0; i--) EXPECT_EQ(crib_scope_close(s[i], CODE_B - i, NULL), CODE_B - i);
    EXPECT_EQ(crib_error_code(crib_error_current()), CODE_B);
    for (e = crib_error_current(); e != NULL; e = crib_error_cause(e)) ++depth;
    EXPECT(depth > 10 && depth < 400);
    return RAN;
}

Test(error, a_chain_of_causes_ends_somewhere) { EXPECT_RUN(run_autojump(chain_of_causes, NULL)); }

static size_t stderr_of(void (*fn)(void), char *text, size_t size) {
    int ends_of[2], before = dup(STDERR_FILENO);
    ssize_t got;
    fflush(stderr);
    cr_assert_eq(pipe(ends_of), 0);
    dup2(ends_of[1], STDERR_FILENO);
    close(ends_of[1]);
    fn();
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    got = read(ends_of[0], text, size - 1);
    close(ends_of[0]);
    text[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

static void misuse(void) { cr_assert_eq(crib_checkpoint(), CRIB_EMISUSE); }

Test(error, misuse_goes_to_standard_error_only_if_asked_for) {
    char text[300];
    crib_set_diagnostics(NULL, NULL);
    unsetenv("CRIB_DEBUG");
    cr_assert_eq(stderr_of(misuse, text, sizeof text), 0);
    setenv("CRIB_DEBUG", "1", 1);
    cr_assert_gt(stderr_of(misuse, text, sizeof text), 0);
    cr_assert_not_null(strstr(text, "crib_checkpoint"));
}
