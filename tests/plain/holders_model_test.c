/* Claim: a read-write lock and a limiter do what plain lists of who holds and who waits say, whatever random steps of
 * several tasks do to them: acquire, release, cancel, abort, free, take in any state, other totals, ends of tasks.
 * usage: holders_model_test [seed]; a failure names its seed and step. */
#include "support/lives.h"

#define TASKS 4
#define SLOTS 8 /* two a task: slot i is one of task i % TASKS */

/* ---- the model */

enum state { IDLE, WAITING, DONE };

static struct {
    bool limits; /* a limiter, where all read, and `total` is how many may; or a read-write lock */
    int total;
    enum state slots[SLOTS];
    bool writes[SLOTS]; /* what it waits for */
    int results[SLOTS];
    bool holds[TASKS], as_writer[TASKS];
    int untaken[TASKS]; /* the slot that got it and was not taken, or -1 */
    int waiting[SLOTS]; /* slots, the oldest first */
    int waiting_count;
    bool broken;
} model;

static int task_of(int slot) { return slot % TASKS; }

static int holders(bool writers) {
    int i, n = 0;
    for (i = 0; i < TASKS; i++) n += model.holds[i] && model.as_writer[i] == writers;
    return n;
}

static bool has_room(bool writes) {
    if (model.limits) return holders(false) < model.total;
    return holders(true) == 0 && (!writes || holders(false) == 0);
}

static bool waits(int task) {
    int i;
    for (i = 0; i < model.waiting_count; i++) {
        if (task_of(model.waiting[i]) == task) return true;
    }
    return false;
}

static void leave_line(int slot) {
    int i = 0;
    while (model.waiting[i] != slot) i++;
    model.waiting_count--;
    for (; i < model.waiting_count; i++) model.waiting[i] = model.waiting[i + 1];
}

static void enter(int slot, bool writes) {
    model.holds[task_of(slot)] = true;
    model.as_writer[task_of(slot)] = writes;
}

static void serve(void) {
    while (model.waiting_count > 0 && has_room(model.writes[model.waiting[0]])) {
        int slot = model.waiting[0];
        const bool again = model.holds[task_of(slot)];
        leave_line(slot);
        model.slots[slot] = DONE;
        model.results[slot] = again ? CRIB_EMISUSE : 0;
        if (again) continue;
        enter(slot, model.writes[slot]);
        model.untaken[task_of(slot)] = slot;
    }
}

static void leave(int task) {
    model.holds[task] = false;
    model.untaken[task] = -1;
    serve();
}

static void give_up(int slot) {
    enum state was = model.slots[slot];
    model.slots[slot] = IDLE;
    if (was == WAITING) {
        leave_line(slot);
        serve();
    } else if (was == DONE && model.untaken[task_of(slot)] == slot) {
        leave(task_of(slot));
    }
}

static int acquires(int slot, bool writes) {
    const int task = task_of(slot);
    if (model.slots[slot] != IDLE) return CRIB_EBUSY;
    if (model.broken) return CRIB_EBROKEN;
    if (model.holds[task] || (model.limits && waits(task))) return CRIB_EMISUSE;
    if (has_room(writes) && model.waiting_count == 0) {
        enter(slot, writes);
        return 0;
    }
    model.slots[slot] = WAITING;
    model.writes[slot] = writes;
    model.waiting[model.waiting_count++] = slot;
    return CRIB_PENDING;
}

static void task_ends(int task) {
    bool breaks;
    int slot;
    for (slot = task; slot < SLOTS; slot += TASKS) give_up(slot);
    breaks = !model.limits && model.holds[task] && model.as_writer[task];
    if (!breaks) {
        if (model.holds[task]) leave(task);
        return;
    }
    model.holds[task] = false;
    model.broken = true;
    while (model.waiting_count > 0) {
        slot = model.waiting[0];
        leave_line(slot);
        model.slots[slot] = DONE;
        model.results[slot] = CRIB_EBROKEN;
    }
}

/* ---- the steps, on both */

static crib_nursery *nursery;
static crib_rwlock *rwlock;
static crib_limiter *limiter;
static crib_task *tasks[TASKS];
static crib_op *ops[SLOTS];

static void acquire(int slot) {
    const bool writes = !model.limits && rnd(3) == 0;
    const int wanted = acquires(slot, writes);
    int rc;
    if (model.limits)
        rc = crib_begin_limiter_acquire(ops[slot], limiter, NULL);
    else if (writes)
        rc = crib_begin_rwlock_acquire_write(ops[slot], rwlock);
    else
        rc = crib_begin_rwlock_acquire_read(ops[slot], rwlock);
    CHECK_EQ_INT(rc, wanted);
}

static void release(int task) {
    const int wanted = model.holds[task] ? 0 : CRIB_EMISUSE;
    if (wanted == 0) leave(task);
    if (model.limits)
        CHECK_EQ_INT(crib_limiter_release_on_behalf_of(limiter, tasks[task]), wanted);
    else
        CHECK_EQ_INT(crib_rwlock_release_by(rwlock, tasks[task]), wanted);
}

static void recover(int task) {
    const int wanted = model.broken ? 0 : CRIB_EBUSY;
    if (model.limits) return;
    if (wanted == 0) {
        model.broken = false;
        enter(task, true);
    }
    CHECK_EQ_INT(crib_rwlock_recover_by(rwlock, tasks[task]), wanted);
}

static void change_total(void) {
    if (!model.limits) return;
    model.total = rnd(TASKS + 1);
    serve();
    CHECK_EQ_INT(crib_limiter_set_total(limiter, model.total), 0);
}

static void cancel_slot(int slot) {
    const uint64_t id = crib_op_id(ops[slot]);
    if (model.slots[slot] == WAITING) {
        leave_line(slot);
        model.slots[slot] = DONE;
        model.results[slot] = CRIB_ECANCELLED;
        serve();
    }
    CHECK_EQ_INT(crib_runtime_cancel_op(crib_runtime_current(), id), 0);
}

static void abort_slot(int slot) {
    give_up(slot);
    CHECK_EQ_INT(crib_op_abort(ops[slot]), 0);
}

static void free_slot(int slot) {
    give_up(slot);
    crib_op_free(ops[slot]);
    ops[slot] = crib_op_new(tasks[task_of(slot)], NULL);
}

static void take_slot(int slot) {
    crib_result result;
    if (model.slots[slot] != DONE) return;
    CHECK_EQ_INT(crib_op_take(ops[slot], &result), 0);
    CHECK_EQ_INT(result.status, model.results[slot]);
    model.slots[slot] = IDLE;
    if (model.untaken[task_of(slot)] == slot) model.untaken[task_of(slot)] = -1;
}

static void start(int task) {
    int slot;
    tasks[task] = idle_task(nursery);
    model.untaken[task] = -1;
    for (slot = task; slot < SLOTS; slot += TASKS) ops[slot] = crib_op_new(tasks[task], NULL);
}

static void end(int task) {
    task_ends(task);
    crib_task_exit(tasks[task], NULL);
    start(task);
}

static void compare_limiter(void) {
    crib_limiter_stats s;
    s.size = sizeof s;
    CHECK_EQ_INT(crib_limiter_statistics(limiter, &s), 0);
    CHECK_EQ_INT(s.waiting, model.waiting_count);
    CHECK_EQ_INT(s.borrowed, holders(false));
    CHECK_EQ_INT(crib_limiter_borrowers(limiter, NULL, 0), holders(false));
}

static void compare_rwlock(void) {
    crib_rwlock_stats s;
    int i, writers = 0;
    s.size = sizeof s;
    CHECK_EQ_INT(crib_rwlock_statistics(rwlock, &s), 0);
    for (i = 0; i < model.waiting_count; i++) writers += model.writes[model.waiting[i]];
    CHECK_EQ_INT(s.readers, holders(false));
    CHECK_EQ_INT(s.waiting_writers, writers);
    CHECK_EQ_INT(s.waiting_readers, model.waiting_count - writers);
    CHECK_EQ_INT(s.broken, model.broken);
    CHECK((s.writer != NULL) == (holders(true) == 1));
    for (i = 0; i < TASKS; i++) CHECK((s.writer == tasks[i]) == (model.holds[i] && model.as_writer[i]));
}

static void random_step(void) {
    const int slot = rnd(SLOTS);
    switch (rnd(24)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6: acquire(slot); break;
        case 7:
        case 8:
        case 9:
        case 10:
        case 11: release(task_of(slot)); break;
        case 12:
        case 13: abort_slot(slot); break;
        case 14: free_slot(slot); break;
        case 15:
        case 16: cancel_slot(slot); break;
        case 17: change_total(); break;
        case 18: end(task_of(slot)); break;
        case 19: recover(task_of(slot)); break;
        default: take_slot(slot); break;
    }
}

static int random_life(void *unused) {
    int i;
    (void)unused;
    memset(&model, 0, sizeof model);
    model.limits = life_seed % 2 == 0;
    model.total = 2;
    nursery = crib_nursery_open();
    rwlock = crib_rwlock_new();
    limiter = crib_limiter_new(model.total);
    for (i = 0; i < TASKS; i++) start(i);
    for (life_step = 0; life_step < STEPS; life_step++) {
        random_step();
        settle();
        if (model.limits)
            compare_limiter();
        else
            compare_rwlock();
    }
    for (i = 0; i < TASKS; i++) crib_task_exit(tasks[i], NULL);
    crib_unref(rwlock);
    crib_unref(limiter);
    return crib_nursery_close(nursery, 0);
}

int main(int argc, char **argv) { return lives_main(argc, argv, random_life); }
