/* Statements 15-20: deadlines. */
#include "support/expect.h"
#include "support/run.h"

TestSuite(scope, .timeout = 30);

static int64_t next_deadline(void) {
    crib_statistics statistics = {.size = sizeof statistics};
    EXPECT_EQ(crib_runtime_statistics(NULL, &statistics), 0);
    return statistics.next_deadline;
}

/* Moves the deadline of a scope whose task sleeps in it. */
typedef struct mover {
    crib_scope *scope;
    int64_t wait, deadline;
} mover;

static int move_deadline(void *arg) {
    mover *m = arg;
    EXPECT_EQ(crib_sleep(m->wait), 0);
    EXPECT_EQ(crib_scope_set_deadline(m->scope, m->deadline), 0);
    EXPECT_EQ(crib_scope_deadline(m->scope), m->deadline);
    return 0;
}

/* Sleeps `sleep` in a scope of `timeout` whose deadline is moved `wait` later; returns what the sleep did and when. */
static int sleep_while_moved(int64_t timeout, int64_t wait, int64_t deadline, int64_t sleep, int64_t *took) {
    int64_t start = crib_now();
    crib_nursery *n = crib_nursery_open();
    mover m = {crib_move_on_after(timeout), wait, deadline == CRIB_FOREVER ? deadline : start + deadline};
    int rc;
    crib_nursery_start_soon(n, "mover", move_deadline, &m, NULL);
    rc = crib_sleep(sleep);
    *took = crib_now() - start;
    EXPECT_EQ(crib_scope_close(m.scope, rc, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return rc;
}

static int move_deadlines(void *arg) {
    int64_t took = 0;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(2));
    (void)arg;
    EXPECT_EQ(crib_scope_deadline(scope), crib_now() + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    /* Nearer; into the past; farther; away. */
    EXPECT_EQ(sleep_while_moved(CRIB_SECONDS(9), CRIB_SECONDS(1), CRIB_SECONDS(3), CRIB_SECONDS(20), &took),
              CRIB_ECANCELLED);
    EXPECT_EQ(took, CRIB_SECONDS(3));
    EXPECT_EQ(sleep_while_moved(CRIB_SECONDS(9), CRIB_SECONDS(4), CRIB_SECONDS(1), CRIB_SECONDS(20), &took),
              CRIB_ECANCELLED);
    EXPECT_EQ(took, CRIB_SECONDS(4));
    EXPECT_EQ(sleep_while_moved(CRIB_SECONDS(5), CRIB_SECONDS(1), CRIB_SECONDS(8), CRIB_SECONDS(20), &took),
              CRIB_ECANCELLED);
    EXPECT_EQ(took, CRIB_SECONDS(8));
    EXPECT_EQ(sleep_while_moved(CRIB_SECONDS(5), CRIB_SECONDS(1), CRIB_FOREVER, CRIB_SECONDS(20), &took), 0);
    EXPECT_EQ(took, CRIB_SECONDS(20));
    return RAN;
}

Test(scope, s015_a_deadline_may_be_moved_at_any_time) { EXPECT_RUN(run_autojump(move_deadlines, NULL)); }

static int expire_now(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_scope_open(NULL);
    (void)arg;
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_set_deadline(scope, CRIB_EXPIRED), 0);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s015_a_deadline_moved_into_the_past_expires) { EXPECT_RUN(run_autojump(expire_now, NULL)); }

static int sleep_in_scope(void *scope) {
    *(crib_scope **)scope = crib_move_on_after(CRIB_SECONDS(5));
    return crib_scope_close(*(crib_scope **)scope, crib_sleep(CRIB_SECONDS(20)), NULL);
}

static int watch_what_is_armed(void *arg) {
    crib_scope *scope = NULL;
    crib_nursery *n = crib_nursery_open();
    int64_t start = crib_now();
    (void)arg;
    EXPECT_EQ(next_deadline(), CRIB_FOREVER);
    crib_nursery_start_soon(n, "sleeper", sleep_in_scope, &scope, NULL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(next_deadline(), start + CRIB_SECONDS(5));
    crib_scope_cancel(scope, NULL);
    EXPECT_EQ(next_deadline(), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_set_deadline(scope, start + CRIB_SECONDS(1)), 0);
    EXPECT_EQ(next_deadline(), CRIB_FOREVER);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);

    scope = crib_move_on_after(CRIB_SECONDS(5));
    EXPECT_EQ(crib_scope_close(scope, 0, NULL), 0);
    EXPECT_EQ(next_deadline(), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_set_deadline(scope, CRIB_EXPIRED), CRIB_EMISUSE);
    EXPECT_EQ(crib_scope_deadline(scope), CRIB_FOREVER);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_now(), start);
    return RAN;
}

Test(scope, s016_a_deadline_is_armed_only_while_its_scope_is_open_and_not_cancelled) {
    EXPECT_RUN(run_autojump(watch_what_is_armed, NULL));
}

static int move_after_expiry(void *arg) {
    bool caught = false;
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(1));
    (void)arg;
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_NONE);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(2)), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_source(scope), CRIB_SOURCE_DEADLINE);
    EXPECT_EQ(crib_scope_state(scope), CRIB_SCOPE_CANCELLED);
    EXPECT_EQ(crib_scope_set_deadline(scope, CRIB_FOREVER), 0);
    EXPECT(crib_scope_cancel_called(scope));
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(scope, CRIB_ECANCELLED, &caught), 0);
    EXPECT(caught);
    return RAN;
}

Test(scope, s017_expiry_is_a_cancel_by_deadline_that_nothing_takes_back) {
    EXPECT_RUN(run_autojump(move_after_expiry, NULL));
}

static int use_the_extremes(void *arg) {
    crib_scope *never = crib_move_on_at(CRIB_FOREVER);
    crib_scope *expired;
    crib_scope_options options = scope_defaults();
    (void)arg;
    EXPECT_EQ(crib_scope_deadline(never), CRIB_FOREVER);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1000000000)), 0);
    EXPECT_EQ(crib_scope_close(never, 0, NULL), 0);
    never = crib_move_on_after(CRIB_FOREVER);
    EXPECT_EQ(crib_scope_deadline(never), CRIB_FOREVER);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_close(never, 0, NULL), 0);
    never = crib_scope_open(&options);
    EXPECT_EQ(crib_scope_deadline(never), CRIB_FOREVER);
    EXPECT_EQ(crib_scope_close(never, 0, NULL), 0);
    expired = crib_move_on_at(CRIB_EXPIRED);
    EXPECT(crib_scope_cancel_called(expired));
    EXPECT_EQ(crib_scope_close(expired, crib_checkpoint(), NULL), 0);
    options.deadline = CRIB_EXPIRED;
    expired = crib_scope_open(&options);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    EXPECT_EQ(crib_scope_close(expired, CRIB_ECANCELLED, NULL), 0);
    return RAN;
}

Test(scope, s018_forever_is_no_deadline_and_expired_has_passed) { EXPECT_RUN(run_autojump(use_the_extremes, NULL)); }

static int give_negative_times(void *arg) {
    crib_scope *outer = crib_scope_open(NULL);
    crib_scope *past;
    (void)arg;
    EXPECT(crib_move_on_after(-1) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), CODE_EINVAL);
    EXPECT_EQ(crib_scope_close(outer, CODE_EINVAL, NULL), CODE_EINVAL);
    outer = crib_scope_open(NULL);
    EXPECT(crib_fail_after(-1) == NULL);
    EXPECT_EQ(crib_checkpoint(), CODE_EINVAL);
    EXPECT_EQ(crib_scope_close(outer, CODE_EINVAL, NULL), CODE_EINVAL);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_sleep(-1), CODE_EINVAL);
    past = crib_move_on_at(crib_now() - 1);
    EXPECT(past != NULL);
    EXPECT_EQ(crib_scope_close(past, crib_checkpoint(), NULL), 0);
    EXPECT_EQ(crib_sleep_until(crib_now() - 1), 0);
    return RAN;
}

Test(scope, s019_a_negative_timeout_is_refused_and_a_past_deadline_is_not) {
    EXPECT_RUN(run_autojump(give_negative_times, NULL));
}

static int count_from_entry(void *arg) {
    crib_scope_options options = scope_defaults();
    crib_scope *scope;
    int64_t start;
    (void)arg;
    options.timeout = CRIB_SECONDS(2);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(3)), 0);
    start = crib_now();
    scope = crib_scope_open(&options);
    EXPECT_EQ(crib_scope_deadline(scope), start + CRIB_SECONDS(2));
    EXPECT_EQ(crib_scope_close(scope, crib_sleep(CRIB_SECONDS(9)), NULL), 0);
    EXPECT_EQ(crib_now(), start + CRIB_SECONDS(2));
    return RAN;
}

Test(scope, s020_a_relative_timeout_counts_from_the_entry) { EXPECT_RUN(run_autojump(count_from_entry, NULL)); }
