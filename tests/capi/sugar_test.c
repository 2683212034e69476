/* The opt-in conveniences; this file includes nothing before them. */
#include <crib/sugar.h>

#include "capi/messages.h"

TestSuite(sugar, .init = listen_to_messages, .timeout = 20);

static int gives(int code, int *calls) {
    ++*calls;
    return code;
}

static int tries(int code, int *calls) {
    CRIB_TRY(gives(code, calls));
    return 100;
}

Test(sugar, try_returns_the_code_of_what_failed) {
    int calls = 0;
    cr_assert_eq(tries(CODE_A, &calls), CODE_A);
    cr_assert_eq(tries(-1, &calls), -1);
    cr_assert_eq(tries(INT32_MIN, &calls), INT32_MIN);
    cr_assert_eq(calls, 3, "the call is evaluated once");
}

Test(sugar, try_goes_on_after_success) {
    int calls = 0;
    cr_assert_eq(tries(0, &calls), 100);
    cr_assert_eq(tries(7, &calls), 100);
    cr_assert_eq(calls, 2);
}

static int try_is_one_statement(bool fails, int *calls) {
    if (fails)
        CRIB_TRY(gives(CODE_B, calls));
    else
        CRIB_TRY(gives(0, calls));
    return 1;
}

Test(sugar, try_is_one_statement) {
    int calls = 0;
    cr_assert_eq(try_is_one_statement(true, &calls), CODE_B);
    cr_assert_eq(try_is_one_statement(false, &calls), 1);
}

static int nested_tries(int *calls) {
    CRIB_TRY(tries(tries(0, calls) - 101, calls));
    return 2;
}

Test(sugar, a_try_may_stand_inside_another) {
    int calls = 0;
    cr_assert_eq(nested_tries(&calls), -1);
}

static int early_return(bool fails) {
    int calls = 0;
    CRIB_AUTO(crib_error) e = crib_error_new_payload(CODE_A, "on the stack", droppable());
    CRIB_TRY(gives(fails ? CODE_B : 0, &calls));
    return crib_error_code(e);
}

Test(sugar, auto_releases_on_every_way_out) {
    cr_assert_eq(early_return(true), CODE_B);
    cr_assert_eq(drops, 1);
    cr_assert_eq(early_return(false), CODE_A);
    cr_assert_eq(drops, 2);
}

Test(sugar, auto_takes_null) {
    {
        CRIB_AUTO(crib_portal) p = NULL;
        cr_assert_null(p);
    }
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

static int ends_close(void *arg) {
    (void)arg;
    CRIB_AUTO(crib_receiver) rx = NULL;
    crib_value v;
    {
        CRIB_AUTO(crib_sender) tx = NULL;
        CRIB_TRY(crib_channel_open(1, &tx, &rx));
        CRIB_TRY(crib_sender_send(tx, crib_value_int(9)));
    }
    CRIB_TRY(crib_receiver_receive(rx, &v));
    EXPECT_EQ(crib_value_as_int(v, 0), 9);
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    return RAN;
}

Test(sugar, auto_closes_the_end_of_a_channel) { EXPECT_RUN(run_autojump(ends_close, NULL)); }

static int body_tries(void *arg) {
    (void)arg;
    CRIB_TRY(crib_sleep(CRIB_SECONDS(5)));
    EXPECT(!"it slept");
    return 0;
}

static int try_in_closed_form(void *arg) {
    crib_scope_options o = scope_defaults();
    bool caught = false;
    (void)arg;
    o.timeout = CRIB_SECONDS(1);
    CRIB_TRY(crib_scope_run(&o, body_tries, NULL, &caught));
    EXPECT(caught);
    return RAN;
}

Test(sugar, an_early_return_is_safe_in_the_closed_forms) { EXPECT_RUN(run_autojump(try_in_closed_form, NULL)); }
