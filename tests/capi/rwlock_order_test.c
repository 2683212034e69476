/* Read-write locks: who is in when. First come, first served; readers that wait next to each other go in together. */
#include "support/log.h"
#include "support/run.h"
#include "support/slots.h"

static crib_rwlock *lock;

static crib_rwlock_stats stats(void) {
    crib_rwlock_stats s = {.size = sizeof s};
    EXPECT_EQ(crib_rwlock_statistics(lock, &s), 0);
    return s;
}

struct visitor {
    const char *name; /* a capital writes */
    crib_task *task;
};

static bool writes(const struct visitor *v) { return v->name[0] >= 'A' && v->name[0] <= 'Z'; }

static void log_leaving(const char *name) {
    char word[8];
    snprintf(word, sizeof word, "/%s", name);
    log_add(word);
}

/* Comes, stays a second, goes. Its log is "x /x", or "x!" if it was cancelled while it waited. */
static int visits(void *visitor) {
    struct visitor *v = visitor;
    int rc = writes(v) ? crib_rwlock_acquire_write(lock) : crib_rwlock_acquire_read(lock);
    if (rc < 0) {
        log_add("cancelled");
        return rc;
    }
    log_add(v->name);
    rc = crib_sleep(CRIB_SECONDS(1));
    log_leaving(v->name);
    EXPECT_EQ(crib_rwlock_release(lock), 0);
    return rc;
}

static crib_nursery *visitors(struct visitor *v, size_t count) {
    crib_nursery *n = crib_nursery_open();
    size_t i;
    for (i = 0; i < count; i++) {
        v[i].task = crib_nursery_spawn(n, v[i].name, visits, &v[i], NULL);
        settle();
    }
    return n;
}

static void all_leave(crib_nursery *n, struct visitor *v, size_t count) {
    size_t i;
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    for (i = 0; i < count; i++) crib_unref(v[i].task);
    EXPECT(stats().readers == 0 && stats().writer == NULL);
    EXPECT(stats().waiting_readers == 0 && stats().waiting_writers == 0);
    crib_unref(lock);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int batches(void *arg) {
    struct visitor v[] = {{"a", NULL}, {"b", NULL}, {"C", NULL}, {"d", NULL}, {"e", NULL}, {"F", NULL}, {"G", NULL}};
    crib_nursery *n;
    (void)arg;
    lock = crib_rwlock_new();
    n = visitors(v, COUNT(v));
    EXPECT_LOG("a b");
    EXPECT_EQ(stats().readers, 2);
    EXPECT_EQ(stats().waiting_readers, 2);
    EXPECT_EQ(stats().waiting_writers, 3);
    EXPECT_EQ(crib_rwlock_acquire_read_nowait(lock), CRIB_EWOULDBLOCK); /* behind a writer that waits */
    EXPECT_EQ(crib_rwlock_acquire_write_nowait(lock), CRIB_EWOULDBLOCK);
    all_leave(n, v, COUNT(v));
    EXPECT_LOG("a b /a /b C /C d e /d /e F /F G /G");
    return RAN;
}

Test(rwlock_order, readers_go_in_together_and_nobody_overtakes_a_writer) { EXPECT_RUN(run_autojump(batches, NULL)); }

static int hands_over(void *arg) {
    struct visitor v[] = {{"a", NULL}, {"b", NULL}, {"C", NULL}};
    crib_nursery *n;
    (void)arg;
    lock = crib_rwlock_new();
    EXPECT_EQ(crib_rwlock_acquire_write(lock), 0);
    n = visitors(v, COUNT(v));
    EXPECT_EQ(crib_rwlock_release(lock), 0);
    EXPECT_EQ(stats().readers, 2); /* at once, before they run */
    EXPECT_EQ(stats().waiting_writers, 1);
    EXPECT_LOG("");
    EXPECT_EQ(crib_rwlock_acquire_read_nowait(lock), CRIB_EWOULDBLOCK);
    all_leave(n, v, COUNT(v));
    return RAN;
}

Test(rwlock_order, a_release_hands_over_at_once) { EXPECT_RUN(run_autojump(hands_over, NULL)); }

/* The writer that kept readers waiting behind readers goes away: they go in. */
static int writer_goes(void *arg) {
    struct visitor v[] = {{"a", NULL}, {"B", NULL}, {"c", NULL}, {"d", NULL}, {"E", NULL}, {"f", NULL}};
    crib_nursery *n;
    (void)arg;
    lock = crib_rwlock_new();
    n = visitors(v, COUNT(v));
    EXPECT_LOG("a");
    EXPECT_EQ(crib_task_cancel(v[1].task, NULL), 0);
    EXPECT_EQ(stats().readers, 3); /* c and d, but not f */
    EXPECT_EQ(stats().waiting_readers, 1);
    settle();
    EXPECT_LOG("a c d cancelled");
    all_leave(n, v, COUNT(v));
    EXPECT_LOG("a c d cancelled /a /c /d E /E f /f");
    return RAN;
}

Test(rwlock_order, a_writer_cancelled_in_front_of_readers_lets_them_in) { EXPECT_RUN(run_autojump(writer_goes, NULL)); }

static int writer_goes_behind_writer(void *arg) {
    struct visitor v[] = {{"A", NULL}, {"B", NULL}, {"c", NULL}};
    crib_nursery *n;
    (void)arg;
    lock = crib_rwlock_new();
    n = visitors(v, COUNT(v));
    EXPECT_EQ(crib_task_cancel(v[1].task, NULL), 0);
    EXPECT_EQ(stats().readers, 0);
    EXPECT_EQ(stats().waiting_readers, 1);
    all_leave(n, v, COUNT(v));
    EXPECT_LOG("A cancelled /A c /c");
    return RAN;
}

Test(rwlock_order, a_writer_cancelled_while_another_writes_lets_nobody_in) {
    EXPECT_RUN(run_autojump(writer_goes_behind_writer, NULL));
}

/* A whole queue is cancelled at once. Those that the cancel of a writer lets in first are in, and leave by themselves. */
static int all_cancelled(void *arg) {
    struct visitor v[] = {{"B", NULL}, {"c", NULL}, {"D", NULL}, {"e", NULL}};
    crib_nursery *n;
    int i;
    (void)arg;
    lock = crib_rwlock_new();
    EXPECT_EQ(crib_rwlock_acquire_read(lock), 0);
    n = visitors(v, COUNT(v));
    crib_nursery_cancel(n, NULL);
    EXPECT_EQ(stats().waiting_readers + stats().waiting_writers, 0);
    EXPECT_EQ(crib_rwlock_release(lock), 0);
    for (i = 0; i < 2; i++) EXPECT_EQ(crib_cancel_shielded_checkpoint(), 0);
    all_leave(n, v, COUNT(v));
    return RAN;
}

Test(rwlock_order, a_queue_that_is_cancelled_as_a_whole_is_empty) { EXPECT_RUN(run_autojump(all_cancelled, NULL)); }

/* Slots: an untaken read of several is undone by itself, and its slot may move on. */
static int one_of_several(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_task *tasks[3];
    crib_op *ops[3];
    crib_event *e = crib_event_new();
    int i;
    (void)arg;
    lock = crib_rwlock_new();
    EXPECT_EQ(crib_rwlock_acquire_write(lock), 0);
    for (i = 0; i < 3; i++) {
        tasks[i] = idle_task(n, "reader");
        ops[i] = crib_op_new(tasks[i], NULL);
        EXPECT_EQ(crib_begin_rwlock_acquire_read(ops[i], lock), CRIB_PENDING);
    }
    EXPECT_EQ(crib_rwlock_release(lock), 0);
    EXPECT_EQ(stats().readers, 3);
    EXPECT_EQ(crib_op_abort(ops[1]), 0);
    EXPECT_EQ(stats().readers, 2);
    EXPECT_EQ(slot_result(ops[0]), 0);
    EXPECT_EQ(crib_begin_event_wait(ops[0], e), CRIB_PENDING);
    EXPECT_EQ(crib_rwlock_release_by(lock, tasks[0]), 0);
    EXPECT_EQ(crib_rwlock_release_by(lock, tasks[2]), 0); /* not taken yet */
    EXPECT_EQ(crib_rwlock_acquire_write_nowait(lock), 0);
    EXPECT_EQ(crib_op_abort(ops[2]), 0);
    EXPECT(stats().writer == crib_task_current());
    crib_event_set(e);
    EXPECT_EQ(slot_result(ops[0]), 0);
    for (i = 0; i < 3; i++) idle_end(tasks[i]);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(e);
    crib_unref(lock);
    return RAN;
}

Test(rwlock_order, one_reader_of_a_batch_is_given_up_by_itself) { EXPECT_RUN(run_autojump(one_of_several, NULL)); }
