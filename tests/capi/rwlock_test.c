/* Read-write locks: NULL, other runs, outside of tasks, statistics, handles that go while tasks wait, ends of holders. */
#include "capi/refusals.h"

TestSuite(rwlock, .init = listen_to_messages, .timeout = 20);

static int statistics(void *l, void *out) { return crib_rwlock_statistics(l, out); }

static int c_read(void *l) { return crib_rwlock_acquire_read(l); }
static int c_write(void *l) { return crib_rwlock_acquire_write(l); }
static int c_read_nowait(void *l) { return crib_rwlock_acquire_read_nowait(l); }
static int c_write_nowait(void *l) { return crib_rwlock_acquire_write_nowait(l); }
static int c_release(void *l) { return crib_rwlock_release(l); }
static int c_recover(void *l) { return crib_rwlock_recover(l); }
static int c_read_nowait_by(void *l) { return crib_rwlock_acquire_read_nowait_by(l, crib_task_current()); }
static int c_write_nowait_by(void *l) { return crib_rwlock_acquire_write_nowait_by(l, crib_task_current()); }
static int c_release_by(void *l) { return crib_rwlock_release_by(l, crib_task_current()); }
static int c_recover_by(void *l) { return crib_rwlock_recover_by(l, crib_task_current()); }
static int c_begin_read(void *l) { return crib_begin_rwlock_acquire_read(an_op(), l); }
static int c_begin_write(void *l) { return crib_begin_rwlock_acquire_write(an_op(), l); }
static int c_statistics(void *l) {
    crib_rwlock_stats s = {.size = sizeof s};
    return crib_rwlock_statistics(l, &s);
}

static const struct handle_call calls[] = {
    /* these need a task, */
    {"crib_rwlock_acquire_read", c_read},
    {"crib_rwlock_acquire_write", c_write},
    {"crib_rwlock_acquire_read_nowait", c_read_nowait},
    {"crib_rwlock_acquire_write_nowait", c_write_nowait},
    {"crib_rwlock_release", c_release},
    {"crib_rwlock_recover", c_recover},
    /* or are told which, */
    {"crib_rwlock_acquire_read_nowait_by", c_read_nowait_by},
    {"crib_rwlock_acquire_write_nowait_by", c_write_nowait_by},
    {"crib_rwlock_release_by", c_release_by},
    {"crib_rwlock_recover_by", c_recover_by},
    /* and these do not */
    {"crib_begin_rwlock_acquire_read", c_begin_read},
    {"crib_begin_rwlock_acquire_write", c_begin_write},
    {"crib_rwlock_statistics", c_statistics},
};
#define CALLS      (sizeof calls / sizeof calls[0])
#define NEED_TASKS 10

static crib_rwlock_stats stats_of(crib_rwlock *l) {
    crib_rwlock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_rwlock_statistics(l, &s), 0);
    return s;
}

static int strangers(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    (void)arg;
    expect_strangers_refused(calls, CALLS, l);
    expect_refused_outside_tasks(calls, NEED_TASKS, l);
    EXPECT_EQ(crib_rwlock_acquire_write(l), 0);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(rwlock, null_and_locks_of_other_runs_are_refused_by_name) { EXPECT_RUN(run_autojump(strangers, NULL)); }

static void no_rwlock(void *arg) {
    (void)arg;
    EXPECT_NO_HANDLE(crib_rwlock_new(), "crib_rwlock_new", NULL);
}

Test(rwlock, outside_a_run_there_is_no_new_one) {
    in_thread(no_rwlock, NULL);
    no_rwlock(NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

/* Held in one way, it is held: nothing is acquired on top of it. */
static int only_once(void *arg) {
    int (*const acquire[2])(void *) = {c_read, c_write};
    int i;
    size_t k;
    (void)arg;
    for (i = 0; i < 2; i++) {
        crib_rwlock *l = crib_rwlock_new();
        EXPECT_MISUSE(crib_rwlock_release(l), "crib_rwlock_release", "main");
        EXPECT_EQ(acquire[i](l), 0);
        EXPECT_QUIET();
        for (k = 0; k < 4; k++) EXPECT_MISUSE(calls[k].call(l), calls[k].name, "main");
        EXPECT_MISUSE(c_read_nowait_by(l), "crib_rwlock_acquire_read_nowait_by", "main");
        EXPECT_MISUSE(c_write_nowait_by(l), "crib_rwlock_acquire_write_nowait_by", "main");
        EXPECT_MISUSE(c_begin_read(l), "crib_begin_rwlock_acquire_read", "main");
        EXPECT_MISUSE(c_begin_write(l), "crib_begin_rwlock_acquire_write", "main");
        EXPECT_EQ(stats_of(l).readers, i == 0);
        EXPECT(stats_of(l).writer == (i == 0 ? NULL : crib_task_current()));
        EXPECT_EQ(i == 0 ? c_release_by(l) : c_release(l), 0);
        EXPECT_MISUSE(c_release_by(l), "crib_rwlock_release_by", "main");
        EXPECT_EQ(crib_rwlock_recover(l), CRIB_EBUSY);
        crib_unref(l);
    }
    return RAN;
}

Test(rwlock, a_task_holds_it_once_and_in_one_way) { EXPECT_RUN(run_autojump(only_once, NULL)); }

/* Two slots of one task wait; the second is refused when its turn comes, if the first is in by then. */
static int two_slots(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    crib_nursery *n = crib_nursery_open();
    crib_task *idle = idle_task(n, "idle");
    crib_op *first = crib_op_new(idle, NULL), *second = crib_op_new(idle, NULL), *third = crib_op_new(idle, NULL);
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_write(l), 0);
    EXPECT_EQ(crib_begin_rwlock_acquire_read(first, l), CRIB_PENDING);
    EXPECT_EQ(crib_begin_rwlock_acquire_read(second, l), CRIB_PENDING);
    EXPECT_EQ(crib_begin_rwlock_acquire_write(third, l), CRIB_PENDING);
    EXPECT_QUIET();
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_SAID("crib_begin_rwlock_acquire_read", "idle");
    EXPECT_EQ(slot_result(first), 0);
    EXPECT_EQ(slot_take(second), CRIB_EMISUSE);
    EXPECT_EQ(slot_take(third), CRIB_PENDING); /* not in the way yet */
    EXPECT_EQ(crib_rwlock_release_by(l, idle), 0);
    EXPECT_EQ(slot_result(third), 0);
    EXPECT(stats_of(l).writer == idle);
    EXPECT_EQ(crib_rwlock_release_by(l, idle), 0);
    EXPECT_QUIET();
    idle_end(idle);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(l);
    return RAN;
}

Test(rwlock, a_second_slot_of_a_holder_is_refused_when_its_turn_comes) { EXPECT_RUN(run_autojump(two_slots, NULL)); }

/* The refused one is a fiber, whose call has another name. */
static int reads(void *l) {
    EXPECT_EQ(crib_rwlock_acquire_read(l), CRIB_EMISUSE);
    EXPECT_SAID("crib_rwlock_acquire_read", "both");
    return 0;
}

static int slot_and_fiber(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    crib_nursery *n = crib_nursery_open();
    crib_task *both = crib_nursery_spawn(n, "both", reads, l, NULL);
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_write(l), 0);
    EXPECT_EQ(crib_begin_rwlock_acquire_read(crib_op_new(both, NULL), l), CRIB_PENDING);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(stats_of(l).waiting_readers, 2);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(stats_of(l).readers, 0); /* nobody took it: it went back at the end of the fiber */
    crib_unref(both);
    crib_unref(l);
    return RAN;
}

Test(rwlock, a_fiber_is_refused_by_the_name_of_its_own_call) { EXPECT_RUN(run_autojump(slot_and_fiber, NULL)); }

/* --- ends of holders --- */

static int reads_to_the_end(void *l) { return crib_rwlock_acquire_read(l); }
static int writes_to_the_end(void *l) { return crib_rwlock_acquire_write(l); }
static int expects_broken(void *l) {
    EXPECT_EQ(crib_rwlock_acquire_read(l), CRIB_EBROKEN);
    return 0;
}
static int expects_broken_to_write(void *l) {
    EXPECT_EQ(crib_rwlock_acquire_write(l), CRIB_EBROKEN);
    return 0;
}

static void one_after_another(crib_body_fn first, crib_body_fn second, void *l) {
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "first", first, l, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "second", second, l, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
}

static int reads_a_while(void *l) {
    int rc = crib_rwlock_acquire_read(l);
    return rc < 0 ? rc : crib_sleep(CRIB_SECONDS(1));
}

static int ended_reader(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    (void)arg;
    one_after_another(reads_to_the_end, reads_to_the_end, l);
    EXPECT_EQ(stats_of(l).readers, 0);
    EXPECT_EQ(stats_of(l).broken, 0);
    one_after_another(reads_a_while, writes_to_the_end, l); /* who waits for that gets it */
    EXPECT_EQ(stats_of(l).broken, 1);
    crib_unref(l);
    return RAN;
}

Test(rwlock, a_reader_that_ends_gives_it_back) { EXPECT_RUN(run_autojump(ended_reader, NULL)); }

static int ended_writer(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    crib_nursery *n;
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_read(l), 0);
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "writer", writes_to_the_end, l, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "reader", expects_broken, l, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "writer", expects_broken_to_write, l, NULL), 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(stats_of(l).broken == 1 && stats_of(l).writer == NULL && stats_of(l).waiting_readers == 0);
    EXPECT_EQ(crib_rwlock_acquire_read_nowait(l), CRIB_EBROKEN);
    EXPECT_EQ(crib_rwlock_acquire_write_nowait(l), CRIB_EBROKEN);
    EXPECT_EQ(crib_rwlock_recover(l), 0);
    EXPECT(stats_of(l).broken == 0 && stats_of(l).writer == crib_task_current());
    EXPECT_EQ(crib_rwlock_recover(l), CRIB_EBUSY);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    one_after_another(writes_to_the_end, expects_broken_to_write, l);
    EXPECT_EQ(c_recover_by(l), 0);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_EQ(crib_rwlock_acquire_read(l), 0);
    EXPECT_QUIET();
    crib_unref(l);
    return RAN;
}

Test(rwlock, a_writer_that_ends_breaks_it_until_it_is_recovered) { EXPECT_RUN(run_autojump(ended_writer, NULL)); }

/* For a task of which only the handle is there. */
static int for_another(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    crib_nursery *n = crib_nursery_open();
    crib_task *idle = idle_task(n, "idle");
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_read_nowait_by(l, idle), 0);
    EXPECT_EQ(crib_rwlock_acquire_read_nowait(l), 0);
    EXPECT_EQ(stats_of(l).readers, 2);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_EQ(crib_rwlock_acquire_write_nowait(l), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_rwlock_release_by(l, idle), 0);
    EXPECT_EQ(crib_rwlock_acquire_write_nowait_by(l, idle), 0);
    EXPECT(stats_of(l).writer == idle);
    EXPECT_EQ(crib_rwlock_acquire_read_nowait(l), CRIB_EWOULDBLOCK);
    EXPECT_EQ(crib_rwlock_release_by(l, idle), 0);
    EXPECT_QUIET();
    idle_end(idle);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(l);
    return RAN;
}

Test(rwlock, it_is_acquired_without_waiting_for_the_task_of_a_handle) { EXPECT_RUN(run_autojump(for_another, NULL)); }

static int the_dead(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    crib_nursery *n = crib_nursery_open();
    crib_task *task = crib_nursery_spawn(n, "over", writes_to_the_end, l, NULL);
    (void)arg;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_MISUSE(crib_rwlock_acquire_read_nowait_by(l, task), "crib_rwlock_acquire_read_nowait_by", "(ended)");
    EXPECT_MISUSE(crib_rwlock_acquire_write_nowait_by(l, NULL), "crib_rwlock_acquire_write_nowait_by", "main");
    EXPECT_MISUSE(crib_rwlock_recover_by(l, task), "crib_rwlock_recover_by", "(ended)");
    EXPECT_MISUSE(crib_rwlock_release_by(l, task), "crib_rwlock_release_by", "(ended)");
    EXPECT_MISUSE(crib_rwlock_release_by(l, NULL), "crib_rwlock_release_by", "main");
    crib_unref(task);
    crib_unref(l);
    return RAN;
}

Test(rwlock, a_task_that_has_ended_holds_nothing) { EXPECT_RUN(run_autojump(the_dead, NULL)); }

/* --- the rest --- */

static void in_flat_task(crib_task *self, void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_read(l), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_rwlock_acquire_write(l), CRIB_ENOTFIBER);
    EXPECT_EQ(crib_begin_rwlock_acquire_read(crib_task_op(self), l), 0);
    EXPECT_EQ(crib_rwlock_release(l), 0);
    EXPECT_EQ(crib_begin_rwlock_acquire_write(crib_task_op(self), l), 0);
    EXPECT_EQ(crib_rwlock_release_by(l, self), 0);
    EXPECT_QUIET();
    crib_unref(l);
}

Test(rwlock, a_stackless_task_acquires_by_a_slot) {
    in_stackless_task(in_flat_task, NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int sizes(void *arg) {
    crib_rwlock *l = crib_rwlock_new();
    (void)arg;
    EXPECT_EQ(crib_rwlock_acquire_write(l), 0);
    EXPECT_SIZED(statistics, l, crib_rwlock_stats);
    crib_unref(l);
    return RAN;
}

Test(rwlock, statistics_fill_in_what_fits) { EXPECT_RUN(run_autojump(sizes, NULL)); }

static int begin_read(crib_op *op, void *l) { return crib_begin_rwlock_acquire_read(op, l); }
static int begin_write(crib_op *op, void *l) { return crib_begin_rwlock_acquire_write(op, l); }

static void *make_written(void) {
    crib_rwlock *l = crib_rwlock_new();
    EXPECT_EQ(crib_rwlock_acquire_write(l), 0);
    return l;
}

static void *make_read(void) {
    crib_rwlock *l = crib_rwlock_new();
    EXPECT_EQ(crib_rwlock_acquire_read(l), 0);
    return l;
}

static int goes(void *arg) {
    (void)arg;
    expect_closed(c_read, begin_read, make_written());
    expect_closed(c_read, begin_write, make_written());
    expect_closed(c_write, begin_read, make_read());
    expect_closed_by_destroy(c_read, make_written());
    expect_closed_by_destroy(c_write, make_read());
    return RAN;
}

Test(rwlock, those_who_wait_for_one_that_goes_are_told) { EXPECT_RUN(run_autojump(goes, NULL)); }

Test(rwlock, it_may_outlive_its_runtime) {
    expect_outlives(make_written, calls[10]);
    expect_outlives(make_read, calls[0]);
}
