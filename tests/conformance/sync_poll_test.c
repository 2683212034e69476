/* Locks of all kinds in a run that hands out ready records: a record takes the result it tells of (statement 54). */
#include "support/locks.h"

/* A run whose main task, a record's data 1, has two slots. */
struct scene {
    const struct lock_kind *k;
    void *lock;
    crib_runtime *rt;
    crib_task *main;
    crib_op *a, *b;
};

static crib_ready next_record(struct scene *s) {
    crib_ready record;
    memset(&record, 0, sizeof record);
    EXPECT_EQ(crib_runtime_poll_ready(s->rt, &record, 1, 0), 1);
    EXPECT_EQ(record.kind, CRIB_READY_RESUME);
    return record;
}

static struct scene scene_open(const struct lock_kind *k) {
    crib_runtime_options options = {.size = sizeof options, .mock_clock = 2};
    struct scene s = {.k = k};
    s.rt = crib_runtime_new(&options);
    EXPECT_EQ(crib_runtime_start_stackless(s.rt, "main", NULL, 1, NULL, &s.main), 0);
    next_record(&s);
    s.lock = k->make();
    s.a = crib_op_new(s.main, NULL);
    s.b = crib_op_new(s.main, NULL);
    return s;
}

static void scene_close(struct scene *s) {
    crib_ready record;
    crib_task_exit(s->main, NULL);
    EXPECT_EQ(crib_runtime_poll_ready(s->rt, &record, 1, 0), 0);
    s->k->release_handle(s->lock);
    EXPECT_EQ(crib_runtime_finish(s->rt), 0);
    crib_unref(s->rt);
    cr_expect(expect_failures == 0, "%s: %s", s->k->name, expect_report);
    expect_failures = 0;
}

static void record_takes(const struct lock_kind *k) {
    struct scene s = scene_open(k);
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(s.main)};
    crib_nursery *n = crib_nursery_open_with(&options);
    crib_task *other = crib_nursery_start_stackless(n, "other", NULL, 2, NULL);
    crib_op *op;
    uint64_t id;
    crib_ready record = next_record(&s);
    EXPECT_EQ(record.data, 2);
    op = crib_op_new(other, NULL);
    EXPECT_EQ(s.k->begin(s.a, s.lock), 0);
    EXPECT_EQ(s.k->begin(op, s.lock), CRIB_PENDING);
    id = crib_op_id(op);
    EXPECT_EQ(s.k->release_by(s.lock, s.main), 0);
    record = next_record(&s);
    EXPECT_EQ(record.op_id, id);
    EXPECT_EQ(record.status, 0);
    EXPECT_EQ(crib_op_abort(op), 0); /* nothing is left to undo */
    EXPECT_EQ(s.k->begin(s.b, s.lock), CRIB_PENDING);
    crib_op_free(op);
    EXPECT_EQ(s.k->release_by(s.lock, other), 0);
    EXPECT_EQ(next_record(&s).data, 1);
    EXPECT_EQ(s.k->release_by(s.lock, s.main), 0);
    crib_task_exit(other, NULL);
    EXPECT_EQ(crib_begin_nursery_close(crib_task_op(s.main), n, NULL), CRIB_PENDING);
    EXPECT_EQ(next_record(&s).status, 0);
    scene_close(&s);
}

Test(sync_poll, s054_a_record_takes_what_it_tells_of_stackless) {
    size_t i;
    for (i = 0; i < UNDONE_KINDS; i++) record_takes(&lock_kinds[i]);
}

/* Ready, but no record yet. */
static void undone_before_record(const struct lock_kind *k) {
    struct scene s = scene_open(k);
    crib_nursery_options options = {.size = sizeof options, .parent = crib_task_scope(s.main)};
    crib_nursery *n = crib_nursery_open_with(&options);
    crib_task *other = crib_nursery_start_stackless(n, "other", NULL, 2, NULL);
    next_record(&s);
    EXPECT_EQ(s.k->begin(s.a, s.lock), 0);
    EXPECT_EQ(s.k->begin(crib_task_op(other), s.lock), CRIB_PENDING);
    EXPECT_EQ(s.k->release_by(s.lock, s.main), 0);
    crib_task_exit(other, NULL);
    EXPECT_EQ(s.k->begin(s.b, s.lock), 0); /* free, and not broken */
    EXPECT_EQ(s.k->release_by(s.lock, s.main), 0);
    EXPECT_EQ(crib_begin_nursery_close(crib_task_op(s.main), n, NULL), CRIB_PENDING);
    EXPECT_EQ(next_record(&s).status, 0);
    scene_close(&s);
}

Test(sync_poll, s054_what_no_record_has_told_of_is_undone_by_the_end_of_the_task_stackless) {
    size_t i;
    for (i = 0; i < UNDONE_KINDS; i++) undone_before_record(&lock_kinds[i]);
}
