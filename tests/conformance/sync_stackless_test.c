/* Events, locks, semaphores, conditions and limiters (statements 99-104, D1, D5, D6), used by stackless tasks. */
#include "support/log.h"
#include "support/run.h"
#include "support/slots.h"
#include "support/strand.h"

static crib_event *event;
static crib_lock *lock;
static crib_semaphore *semaphore;
static crib_condition *condition;
static crib_limiter *limiter;

static void say_result(struct strand *s) {
    log_add(s->user_data);
    if (s->status < 0) log_add(crib_error_name(s->status));
}

/* A nursery with strands a, b and c, which have run as far as they could. */
static crib_nursery *three(struct strand strands[3], void (*run)(struct strand *s)) {
    static const char *const names[] = {"a", "b", "c"};
    crib_nursery *n = crib_nursery_open();
    int i;
    for (i = 0; i < 3; i++) {
        memset(&strands[i], 0, sizeof strands[i]);
        strands[i].run = run;
        strands[i].user_data = (void *)(uintptr_t)names[i];
        EXPECT(strand_start(n, names[i], &strands[i]) != NULL);
    }
    settle();
    return n;
}

/* --- events --- */

static void awaits_event(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_event_wait(s->op, event));
    say_result(s);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int sets_event(void *arg) {
    struct strand strands[3], late = {.run = awaits_event, .user_data = "late"};
    crib_nursery *n;
    (void)arg;
    event = crib_event_new();
    n = three(strands, awaits_event);
    EXPECT_EQ(crib_task_cancel(strands[1].task, NULL), 0);
    settle();
    EXPECT_LOG("b CRIB_ECANCELLED");
    crib_event_set(event);
    crib_event_set(event);
    EXPECT(strand_start(n, "late", &late) != NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("b CRIB_ECANCELLED a c late");
    crib_unref(event);
    return RAN;
}

Test(sync_stackless, s099_setting_an_event_wakes_everybody_stackless) { EXPECT_RUN(run_autojump(sets_event, NULL)); }

/* --- locks --- */

static crib_task *owner(void) {
    crib_lock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_lock_statistics(lock, &s), 0);
    return s.owner;
}

static void locks_a_second(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_lock_acquire(s->op, lock));
    say_result(s);
    if (s->status < 0) {
        strand_exit(s, NULL);
        return;
    }
    EXPECT(owner() == s->task);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_ENOTFIBER);
    AWAIT(s, crib_begin_sleep(s->op, CRIB_SECONDS(1)));
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), CRIB_EMISUSE);
    strand_exit(s, NULL);
    STRAND_END
}

static int hands_over(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    n = three(strands, locks_a_second);
    EXPECT_EQ(crib_task_cancel(strands[1].task, NULL), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_task_cancel(strands[0].task, NULL), 0); /* too late */
    EXPECT(owner() == strands[0].task);
    EXPECT_EQ(crib_lock_acquire_nowait(lock), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(owner() == NULL);
    crib_unref(lock);
    return RAN;
}

Test(sync_stackless, s100_a_release_hands_the_lock_to_the_oldest_waiter_at_once_stackless) {
    EXPECT_RUN(run_autojump(hands_over, NULL));
    cr_assert_str_eq(log_text, "b CRIB_ECANCELLED a c");
}

/* Whoever finds it broken recovers it, and leaves it like that once more. */
static void ends_with_lock(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_lock_acquire(s->op, lock));
    say_result(s);
    EXPECT_EQ(crib_lock_recover(lock), s->status == 0 ? CRIB_EBUSY : 0);
    strand_exit(s, NULL);
    STRAND_END
}

static int breaks(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    n = three(strands, ends_with_lock);
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b CRIB_EBROKEN c CRIB_EBROKEN");
    EXPECT_EQ(crib_lock_acquire(lock), CRIB_EBROKEN);
    EXPECT_EQ(crib_lock_recover(lock), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_stackless, s101_the_end_of_a_stackless_owner_breaks_the_lock_stackless) {
    EXPECT_RUN(run_autojump(breaks, NULL));
}

static int recovers_for(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    crib_task *idle;
    (void)arg;
    lock = crib_lock_new();
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    n = three(strands, ends_with_lock);
    EXPECT_EQ(crib_lock_release(lock), 0);
    settle();
    idle = idle_task(n, "idle");
    EXPECT_EQ(crib_lock_recover_by(lock, idle), 0);
    EXPECT(owner() == idle);
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, idle), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_release_by(lock, crib_task_current()), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_release_by(lock, idle), 0);
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, idle), 0);
    EXPECT_EQ(crib_lock_recover_by(lock, idle), CRIB_EBUSY);
    EXPECT_EQ(crib_lock_release_by(lock, idle), 0);
    idle_end(idle);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(lock);
    return RAN;
}

Test(sync_stackless, d05_a_broken_lock_is_recovered_for_a_task_stackless) {
    EXPECT_RUN(run_autojump(recovers_for, NULL));
}

/* --- semaphores --- */

static void takes_permit(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_semaphore_acquire(s->op, semaphore));
    say_result(s);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int gives_permits(void *arg) {
    struct strand strands[3];
    crib_semaphore_stats stats = {.size = sizeof stats};
    crib_nursery *n;
    (void)arg;
    semaphore = crib_semaphore_new(1, 1);
    n = three(strands, takes_permit);
    EXPECT_LOG("a");
    EXPECT_EQ(crib_semaphore_release(semaphore), 0);
    EXPECT_EQ(crib_semaphore_acquire_nowait(semaphore), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_task_cancel(strands[2].task, NULL), 0);
    EXPECT_EQ(crib_semaphore_release(semaphore), 0);
    EXPECT_EQ(crib_semaphore_release(semaphore), CODE_EINVAL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c CRIB_ECANCELLED");
    EXPECT_EQ(crib_semaphore_statistics(semaphore, &stats), 0);
    EXPECT_EQ(stats.value, 1);
    crib_unref(semaphore);
    return RAN;
}

Test(sync_stackless, s102_a_release_hands_the_permit_to_the_oldest_waiter_stackless) {
    EXPECT_RUN(run_autojump(gives_permits, NULL));
}

/* --- conditions --- */

static void awaits_notification(struct strand *s) {
    STRAND(s)
    EXPECT_EQ(crib_begin_condition_wait(s->op, condition), CRIB_EMISUSE);
    AWAIT(s, crib_begin_lock_acquire(s->op, lock));
    AWAIT(s, crib_begin_condition_wait(s->op, condition));
    say_result(s);
    EXPECT(owner() == s->task);
    EXPECT_EQ(crib_lock_release(lock), 0);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static void make_condition(void) {
    condition = crib_condition_new(NULL);
    lock = crib_condition_lock(condition);
}

static int notifies(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    (void)arg;
    make_condition();
    n = three(strands, awaits_notification);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(condition, 2), 2);
    settle();
    EXPECT_LOG("");
    EXPECT_EQ(crib_task_cancel(strands[2].task, NULL), 0);
    settle();
    EXPECT_LOG("");
    EXPECT_EQ(crib_lock_release(lock), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c CRIB_ECANCELLED");
    crib_unref(condition);
    return RAN;
}

Test(sync_stackless, s103_a_wait_ends_with_the_lock_held_stackless) { EXPECT_RUN(run_autojump(notifies, NULL)); }

static int notifies_for(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    crib_task *idle;
    (void)arg;
    make_condition();
    n = three(strands, awaits_notification);
    idle = idle_task(n, "idle");
    EXPECT_EQ(crib_condition_notify_by(condition, idle, 1), CRIB_EMISUSE);
    EXPECT_EQ(crib_lock_acquire_nowait_by(lock, idle), 0);
    EXPECT_EQ(crib_condition_notify_by(condition, idle, 1), 1);
    EXPECT_EQ(crib_condition_notify_by(condition, idle, SIZE_MAX), 2);
    EXPECT_EQ(crib_lock_release_by(lock, idle), 0);
    idle_end(idle);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a b c");
    crib_unref(condition);
    return RAN;
}

Test(sync_stackless, s103_a_task_is_named_where_none_is_current_stackless) {
    EXPECT_RUN(run_autojump(notifies_for, NULL));
}

static int passes_on(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    (void)arg;
    make_condition();
    n = three(strands, awaits_notification);
    EXPECT_EQ(crib_lock_acquire(lock), 0);
    EXPECT_EQ(crib_condition_notify(condition, 1), 1);
    EXPECT_EQ(crib_task_cancel(strands[0].task, NULL), 0);
    EXPECT_EQ(crib_lock_release(lock), 0);
    settle();
    EXPECT_LOG("a CRIB_ECANCELLED b");
    EXPECT_EQ(crib_task_cancel(strands[2].task, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a CRIB_ECANCELLED b c CRIB_ECANCELLED");
    crib_unref(condition);
    return RAN;
}

Test(sync_stackless, d01_a_waiter_cancelled_after_its_notification_passes_it_on_stackless) {
    EXPECT_RUN(run_autojump(passes_on, NULL));
}

/* --- limiters --- */

static void borrows(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_limiter_acquire(s->op, limiter, NULL));
    say_result(s);
    if (s->status == 0) EXPECT_EQ(crib_begin_limiter_acquire(s->op, limiter, NULL), CRIB_EMISUSE);
    strand_exit(s, strand_failure(s)); /* gives the token back */
    STRAND_END
}

static int lends(void *arg) {
    struct strand strands[3];
    crib_nursery *n;
    (void)arg;
    limiter = crib_limiter_new(0);
    n = three(strands, borrows);
    EXPECT_EQ(crib_task_cancel(strands[0].task, NULL), 0);
    EXPECT_EQ(crib_limiter_set_total(limiter, 1), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_LOG("a CRIB_ECANCELLED b c");
    EXPECT_EQ(crib_limiter_borrowers(limiter, NULL, 0), 0);
    crib_unref(limiter);
    return RAN;
}

Test(sync_stackless, s104_the_end_of_a_stackless_borrower_gives_its_token_back_stackless) {
    EXPECT_RUN(run_autojump(lends, NULL));
}

static int two_slots(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *task = idle_task(n, "two slots");
    crib_op *first = crib_op_new(task, NULL), *second = crib_op_new(task, NULL);
    (void)arg;
    limiter = crib_limiter_new(0);
    EXPECT_EQ(crib_begin_limiter_acquire(first, limiter, NULL), CRIB_PENDING);
    EXPECT_EQ(crib_begin_limiter_acquire(second, limiter, NULL), CRIB_EMISUSE);
    EXPECT_EQ(crib_begin_limiter_acquire(second, limiter, task), CRIB_EMISUSE); /* its handle is its name */
    EXPECT_EQ(crib_limiter_set_total(limiter, INT32_MAX), 0);
    EXPECT_EQ(slot_result(first), 0);
    EXPECT_EQ(crib_begin_limiter_acquire(second, limiter, NULL), CRIB_EMISUSE);
    idle_end(task);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_limiter_borrowers(limiter, NULL, 0), 0);
    crib_unref(limiter);
    return RAN;
}

Test(sync_stackless, d06_a_second_slot_of_a_borrower_cannot_wait_too_stackless) {
    EXPECT_RUN(run_autojump(two_slots, NULL));
}
