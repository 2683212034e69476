/* Claim: a lock and its condition do what a plain list of who waits says, whatever a thousand random steps of several
 * tasks do to them: acquire, wait, notify, release, cancel, abort, free, take, in any state, ends of owners.
 * usage: condition_model_test [seed]; a failure names its seed and step. */
#include "support/lives.h"

#define TASKS 4
#define SLOTS 8 /* two a task: slot i is one of task i % TASKS */

/* ---- the model */

enum state { IDLE, ACQUIRING, WAITING, NOTIFIED, SHIELDED, DONE };

struct list {
    int items[SLOTS];
    int count;
};

static struct {
    enum state slots[SLOTS];
    int results[SLOTS];
    bool was_notified[SLOTS]; /* done, by a notification */
    int owner;                /* task, or -1 */
    int untaken;              /* the slot that got the lock and was not taken, or -1 */
    bool broken;
    struct list lock, condition;
} model;

static int task_of(int slot) { return slot % TASKS; }

static void append(struct list *l, int slot) { l->items[l->count++] = slot; }

static void drop(struct list *l, int slot) {
    int i = 0, k;
    while (l->items[i] != slot) i++;
    l->count--;
    for (k = i; k < l->count; k++) l->items[k] = l->items[k + 1];
}

static int take_first(struct list *l) {
    int slot = l->items[0];
    drop(l, slot);
    return slot;
}

static void is_done(int slot, int result) {
    model.slots[slot] = DONE;
    model.results[slot] = result;
}

static void give_lock(int slot) {
    model.owner = task_of(slot);
    model.untaken = slot;
    model.was_notified[slot] = model.slots[slot] == NOTIFIED;
    is_done(slot, model.slots[slot] == SHIELDED ? CRIB_ECANCELLED : 0);
}

static void hand_over(void) {
    model.owner = model.untaken = -1;
    if (model.lock.count > 0) give_lock(take_first(&model.lock));
}

static bool notify(void) {
    int slot;
    if (model.condition.count == 0) return false;
    slot = take_first(&model.condition);
    model.slots[slot] = NOTIFIED;
    append(&model.lock, slot);
    return true;
}

/* A wait that is cancelled: from the condition's list into the lock's, or where it is. */
static void shield(int slot) {
    enum state was = model.slots[slot];
    model.slots[slot] = SHIELDED;
    if (was == NOTIFIED) {
        notify();
    } else if (was == WAITING) {
        drop(&model.condition, slot);
        if (model.broken)
            is_done(slot, CRIB_EBROKEN);
        else if (model.owner < 0)
            give_lock(slot);
        else
            append(&model.lock, slot);
    }
}

/* What a slot has or waits for goes back. */
static void give_up(int slot) {
    enum state was = model.slots[slot];
    model.slots[slot] = IDLE;
    if (was == WAITING) drop(&model.condition, slot);
    if (was == ACQUIRING || was == NOTIFIED || was == SHIELDED) drop(&model.lock, slot);
    if (was == NOTIFIED) notify();
    if (was != DONE || model.untaken != slot) return;
    if (model.was_notified[slot]) notify();
    hand_over();
}

static void task_ends(int task) {
    int slot;
    for (slot = task; slot < SLOTS; slot += TASKS) give_up(slot);
    if (model.owner != task) return;
    model.owner = -1;
    model.broken = true;
    while (model.lock.count > 0) is_done(take_first(&model.lock), CRIB_EBROKEN);
}

/* ---- the steps, on both */

static crib_nursery *nursery;
static crib_condition *condition;
static crib_lock *lock;
static crib_task *tasks[TASKS];
static crib_op *ops[SLOTS];

static void acquire(int slot) {
    int wanted = CRIB_PENDING;
    if (model.slots[slot] != IDLE) {
        wanted = CRIB_EBUSY;
    } else if (model.broken) {
        wanted = CRIB_EBROKEN;
    } else if (model.owner == task_of(slot)) {
        wanted = CRIB_EMISUSE;
    } else if (model.owner < 0) {
        model.owner = task_of(slot);
        wanted = 0;
    } else {
        model.slots[slot] = ACQUIRING;
        append(&model.lock, slot);
    }
    CHECK_EQ_INT(crib_begin_lock_acquire(ops[slot], lock), wanted);
}

static void wait(int slot) {
    int wanted = CRIB_PENDING;
    if (model.slots[slot] != IDLE) {
        wanted = CRIB_EBUSY;
    } else if (model.owner != task_of(slot)) {
        wanted = CRIB_EMISUSE;
    } else {
        model.slots[slot] = WAITING;
        append(&model.condition, slot);
        hand_over();
    }
    CHECK_EQ_INT(crib_begin_condition_wait(ops[slot], condition), wanted);
}

static void release(int task) {
    int wanted = model.owner == task ? 0 : CRIB_EMISUSE;
    if (wanted == 0) hand_over();
    CHECK_EQ_INT(crib_lock_release_by(lock, tasks[task]), wanted);
}

static void notify_some(int task) {
    int n = rnd(4), wanted = 0;
    if (model.owner != task) {
        wanted = CRIB_EMISUSE;
    } else {
        while (wanted < n && notify()) wanted++;
    }
    CHECK_EQ_INT(crib_condition_notify_by(condition, tasks[task], (size_t)n), wanted);
}

static void abort_slot(int slot) {
    enum state was = model.slots[slot];
    const bool goes_on = was == NOTIFIED || was == SHIELDED || (was == WAITING && model.owner >= 0);
    if (goes_on)
        shield(slot);
    else
        give_up(slot);
    CHECK_EQ_INT(crib_op_abort(ops[slot]), goes_on ? CRIB_EBUSY : 0);
}

static void free_slot(int slot) {
    give_up(slot);
    crib_op_free(ops[slot]);
    ops[slot] = crib_op_new(tasks[task_of(slot)], NULL);
}

static void cancel_slot(int slot) {
    uint64_t id = crib_op_id(ops[slot]);
    if (model.slots[slot] == ACQUIRING) {
        drop(&model.lock, slot);
        is_done(slot, CRIB_ECANCELLED);
    } else if (model.slots[slot] == WAITING || model.slots[slot] == NOTIFIED) {
        shield(slot);
    }
    CHECK_EQ_INT(crib_runtime_cancel_op(crib_runtime_current(), id), 0);
}

static void take_slot(int slot) {
    crib_result result;
    if (model.slots[slot] != DONE) return;
    CHECK_EQ_INT(crib_op_take(ops[slot], &result), 0);
    CHECK_EQ_INT(result.status, model.results[slot]);
    model.slots[slot] = IDLE;
    if (model.untaken == slot) model.untaken = -1;
}

static void recover(int task) {
    CHECK_EQ_INT(crib_lock_recover_by(lock, tasks[task]), model.broken ? 0 : CRIB_EBUSY);
    if (model.broken) model.owner = task;
    model.broken = false;
}

static void start(int task) {
    int slot;
    tasks[task] = idle_task(nursery);
    for (slot = task; slot < SLOTS; slot += TASKS) ops[slot] = crib_op_new(tasks[task], NULL);
}

static void end(int task) {
    task_ends(task);
    crib_task_exit(tasks[task], NULL);
    start(task);
}

static void compare(void) {
    crib_lock_stats l;
    crib_condition_stats c;
    crib_result result;
    int i;
    l.size = sizeof l;
    c.size = sizeof c;
    CHECK_EQ_INT(crib_lock_statistics(lock, &l), 0);
    CHECK_EQ_INT(crib_condition_statistics(condition, &c), 0);
    CHECK_EQ_INT(l.waiting, model.lock.count);
    CHECK_EQ_INT(c.waiting, model.condition.count);
    CHECK_EQ_INT(l.broken, model.broken);
    CHECK(l.owner == (model.owner < 0 ? NULL : tasks[model.owner]));
    for (i = 0; i < SLOTS; i++) {
        if (model.slots[i] == IDLE || model.slots[i] == DONE) continue;
        CHECK_EQ_INT(crib_op_take(ops[i], &result), CRIB_PENDING);
    }
}

static void random_step(void) {
    int slot = rnd(SLOTS);
    switch (rnd(26)) {
        case 0:
        case 1:
        case 2:
        case 3: acquire(slot); break;
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
        case 9: wait(slot); break;
        case 10:
        case 11:
        case 12:
        case 13: release(model.owner >= 0 && rnd(4) ? model.owner : task_of(slot)); break;
        case 14:
        case 15: notify_some(model.owner >= 0 && rnd(4) ? model.owner : task_of(slot)); break;
        case 16:
        case 17: abort_slot(slot); break;
        case 18:
        case 19: free_slot(slot); break;
        case 20:
        case 21: cancel_slot(slot); break;
        case 22: recover(task_of(slot)); break;
        case 23: end(task_of(slot)); break;
        default: take_slot(slot); break;
    }
}

static int random_life(void *unused) {
    int i;
    (void)unused;
    memset(&model, 0, sizeof model);
    model.owner = model.untaken = -1;
    nursery = crib_nursery_open();
    condition = crib_condition_new(NULL);
    lock = crib_condition_lock(condition);
    for (i = 0; i < TASKS; i++) start(i);
    for (life_step = 0; life_step < STEPS; life_step++) {
        random_step();
        settle();
        compare();
    }
    for (i = 0; i < TASKS; i++) crib_task_exit(tasks[i], NULL);
    crib_unref(condition);
    return crib_nursery_close(nursery, 0);
}

int main(int argc, char **argv) { return lives_main(argc, argv, random_life); }
