/* Select: of any mix of clauses exactly one is carried out, and the others leave no trace. In fibers and by slots of
 * stackless tasks. */
#include "support/run.h"
#include "support/select_kit.h"

TestSuite(select, .timeout = 60);

/* --- every kind, and every two of them */

static bool flat; /* who selects */

static void by_both(int (*run)(crib_body_fn, void *), crib_body_fn body, void *arg) {
    flat = false;
    EXPECT_RUN(run(body, arg));
    flat = true;
    EXPECT_RUN(run(body, arg));
}

static int alone(void *waits_first) {
    int kind;
    for (kind = 0; kind < KINDS; ++kind) {
        select_kit k;
        kit_open(&k, flat);
        if (waits_first) {
            EXPECT_EQ(kit_select(&k), CRIB_PENDING);
            kit_make_ready(&k, kind);
        } else {
            kit_make_ready(&k, kind);
            EXPECT_EQ(kit_select(&k), kind);
        }
        EXPECT_EQ(kit_result(&k), kind);
        kit_check(&k, kind, 1u << kind);
        kit_close(&k);
    }
    return RAN;
}

Test(select, each_kind_of_clause_can_be_chosen_at_once) { by_both(run_autojump, alone, NULL); }

Test(select, each_kind_of_clause_can_be_chosen_after_waiting) { by_both(run_autojump, alone, &flat); }

/* Which of two is first: time is looked at later. */
static int first_of(int one, int other) { return one == DEADLINE ? other : one; }

static int two_in_one_pass(void *arg) {
    int one, other;
    (void)arg;
    for (one = 0; one < KINDS; ++one) {
        for (other = 0; other < KINDS; ++other) {
            select_kit k;
            if (one == other) continue;
            kit_open(&k, flat);
            EXPECT_EQ(kit_select(&k), CRIB_PENDING);
            kit_make_ready(&k, one);
            kit_make_ready(&k, other);
            EXPECT_EQ(kit_result(&k), first_of(one, other));
            kit_check(&k, first_of(one, other), 1u << one | 1u << other);
            kit_close(&k);
        }
    }
    return RAN;
}

Test(select, of_two_that_become_ready_in_one_pass_the_first_is_chosen) { by_both(run_autojump, two_in_one_pass, NULL); }

static int two_at_once(void *in_order) {
    int one, other;
    for (one = 0; one < KINDS; ++one) {
        for (other = one + 1; other < KINDS; ++other) {
            select_kit k;
            int chosen;
            kit_open(&k, flat);
            k.flags = in_order ? CRIB_SELECT_IN_ORDER : 0;
            kit_make_ready(&k, other);
            kit_make_ready(&k, one);
            kit_select(&k);
            chosen = kit_result(&k);
            EXPECT(chosen == one || (chosen == other && !in_order));
            kit_check(&k, chosen, 1u << one | 1u << other);
            kit_close(&k);
        }
    }
    return RAN;
}

Test(select, of_two_that_are_ready_one_is_chosen) {
    by_both(run_autojump, two_at_once, NULL);
    by_both(run_strict, two_at_once, NULL); /* the result waits in the op: the budget is spent */
}

Test(select, in_order_means_the_first_one) {
    by_both(run_autojump, two_at_once, &flat);
    by_both(run_strict, two_at_once, &flat);
}

/* --- cancels */

static int cancel_the_wait(void *arg) {
    select_kit k;
    int i;
    (void)arg;
    kit_open(&k, flat);
    EXPECT_EQ(kit_select(&k), CRIB_PENDING);
    EXPECT_EQ(crib_task_cancel(k.chooser, NULL), 0);
    for (i = 0; i < DEADLINE; ++i) kit_make_ready(&k, i); /* too late */
    EXPECT_EQ(kit_result(&k), CRIB_ECANCELLED);
    kit_check(&k, -1, (1u << DEADLINE) - 1);
    kit_close(&k);
    return RAN;
}

Test(select, a_cancelled_wait_has_no_effect) { by_both(run_autojump, cancel_the_wait, NULL); }

static int cancel_after_the_commit(void *arg) {
    int kind;
    (void)arg;
    for (kind = 0; kind < DEADLINE; ++kind) {
        select_kit k;
        kit_open(&k, flat);
        EXPECT_EQ(kit_select(&k), CRIB_PENDING);
        kit_make_ready(&k, kind);
        EXPECT_EQ(crib_task_cancel(k.chooser, NULL), 0);
        EXPECT_EQ(kit_result(&k), kind);
        kit_check(&k, kind, 1u << kind);
        kit_close(&k);
    }
    return RAN;
}

Test(select, what_was_chosen_stays_so_when_a_cancel_comes_in_the_same_pass) {
    by_both(run_autojump, cancel_after_the_commit, NULL);
}

static int select_when_cancelled(void *arg) {
    select_kit k;
    crib_scope *scope;
    (void)arg;
    kit_open(&k, false);
    kit_make_ready(&k, EVENT);
    scope = crib_scope_open(NULL);
    EXPECT_EQ(crib_scope_cancel(scope, NULL), 0);
    EXPECT_EQ(crib_select(k.clauses, KINDS, 0), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, NULL), 0);
    kit_check(&k, -1, 1u << EVENT);
    kit_close(&k);
    return RAN;
}

Test(select, in_a_cancelled_scope_nothing_is_chosen) {
    EXPECT_RUN(run_autojump(select_when_cancelled, NULL));
    EXPECT_RUN(run_strict(select_when_cancelled, NULL));
}

/* --- a fair choice */

#define ROUNDS 10000

struct draws {
    size_t ready;
    uint32_t flags;
    char chosen[ROUNDS];
    int count[5];
};

static int draw(void *arg) {
    struct draws *d = arg;
    crib_clause clauses[6];
    crib_event *set = crib_event_new(), *unset = crib_event_new();
    size_t i;
    int round;
    memset(d->count, 0, sizeof d->count);
    crib_event_set(set);
    for (i = 0; i < d->ready; ++i) clauses[i] = crib_clause_event(set);
    clauses[d->ready] = crib_clause_event(unset); /* has no part in it */
    for (round = 0; round < ROUNDS; ++round) {
        int chosen = crib_select(clauses, d->ready + 1, d->flags);
        EXPECT(chosen >= 0 && chosen < (int)d->ready);
        d->chosen[round] = (char)chosen;
        ++d->count[chosen];
    }
    crib_unref(set);
    crib_unref(unset);
    return RAN;
}

static int draw_with(uint64_t seed, struct draws *d) {
    crib_runtime_options options = {.size = sizeof options, .seed = seed, .mock_clock = MOCK_AUTOJUMP};
    return run_with(&options, draw, d);
}

/* Six standard deviations of a fair choice: 2 of 10,000 draws, 5 of them. */
Test(select, the_choice_is_fair) {
    static struct draws d;
    size_t i;
    d.ready = 2;
    EXPECT_RUN(draw_with(1, &d));
    for (i = 0; i < 2; ++i) cr_expect(d.count[i] > 4700 && d.count[i] < 5300, "%d", d.count[i]);
    d.ready = 5;
    EXPECT_RUN(draw_with(1, &d));
    for (i = 0; i < 5; ++i) cr_expect(d.count[i] > 1760 && d.count[i] < 2240, "%d", d.count[i]);
    EXPECT_RUN(draw_with(0, &d)); /* no seed: first in, first out, but not here */
    for (i = 0; i < 5; ++i) cr_expect(d.count[i] > 1760 && d.count[i] < 2240, "%d", d.count[i]);
    d.flags = CRIB_SELECT_IN_ORDER;
    EXPECT_RUN(draw_with(1, &d));
    cr_expect_eq(d.count[0], ROUNDS);
}

Test(select, the_same_seed_makes_the_same_choices) {
    static struct draws first, second;
    first.ready = second.ready = 5;
    EXPECT_RUN(draw_with(7, &first));
    EXPECT_RUN(draw_with(7, &second));
    cr_expect_arr_eq(first.chosen, second.chosen, ROUNDS);
    EXPECT_RUN(draw_with(8, &second));
    cr_expect_arr_neq(first.chosen, second.chosen, ROUNDS);
}
