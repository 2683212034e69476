/* crib_unref, the one release, and the memory functions. */
#include <stdlib.h>

#include "capi/messages.h"

TestSuite(types, .init = listen_to_messages);

static void unref_null(void *arg) { crib_unref(arg); }

Test(types, releasing_null_is_fine_anywhere) {
    crib_unref(NULL);
    in_thread(unref_null, NULL);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

Test(types, a_block_released_outside_a_run_is_misuse) {
    crib_unref((void *)(uintptr_t)3);
    EXPECT_SAID("crib_unref", NULL);
    EXPECT_NOTHING_UNEXPECTED();
}

static int ids(void *arg) {
    crib_task *self = crib_task_current();
    crib_op *op = crib_op_new(self, NULL);
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    (void)arg;
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    crib_unref(s); /* stale */
    crib_unref(crib_task_scope(self));
    crib_unref(op);
    crib_unref(crib_task_op(self));
    EXPECT(crib_op_id(op) != 0);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(types, op_slots_tasks_scopes_and_stale_ids_are_left_alone) { EXPECT_RUN(run_autojump(ids, NULL)); }

static int abandoned(void *arg) {
    crib_scope *outer = crib_move_on_after(CRIB_FOREVER), *inner = crib_move_on_after(CRIB_FOREVER);
    crib_nursery *n = crib_nursery_open();
    int ended = 0;
    (void)arg;
    EXPECT_EQ(crib_nursery_start_soon(n, "stays", stays, &ended, count_call), 0);
    crib_unref(n);
    EXPECT_EQ(crib_checkpoint(), CRIB_ECANCELLED);
    crib_unref(inner);
    EXPECT_STR(crib_scope_reason(inner), "released while open");
    EXPECT_EQ(crib_scope_close(outer, 0, NULL), 0);
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(crib_checkpoint(), 0);
    EXPECT_EQ(crib_scope_state(inner), CRIB_SCOPE_CLOSED);
    EXPECT_EQ(crib_nursery_count(n), 0);
    EXPECT_QUIET();
    return RAN;
}

Test(types, a_released_block_is_cancelled_and_left_to_the_one_around) { EXPECT_RUN(run_autojump(abandoned, NULL)); }

static int borrowed(void *arg) {
    crib_task *child;
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    child = crib_nursery_spawn(n, "child", ends, NULL, NULL);
    crib_unref(child);
    EXPECT_QUIET();
    crib_unref(child);
    EXPECT_SAID("crib_unref", "child");
    EXPECT_EQ(crib_task_state(child), CRIB_TASK_NEW);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    crib_unref(crib_task_current());
    EXPECT_SAID("crib_unref", "main");
    return RAN;
}

Test(types, a_borrowed_task_handle_is_reported_and_kept) { EXPECT_RUN(run_autojump(borrowed, NULL)); }

static int own_runtime(void *arg) {
    crib_unref(crib_runtime_current());
    EXPECT_EQ(said_count, 1);
    EXPECT_HAS(said_text, "crib: crib_unref: ");
    said_forget();
    EXPECT(crib_runtime_current() == arg);
    return RAN;
}

Test(types, a_runtime_released_during_its_run_is_reported_and_kept) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, own_runtime, rt, NULL));
    EXPECT_RUN(crib_runtime_run(rt, own_runtime, rt, NULL));
    crib_unref(rt);
}

static crib_task *kept_task;
static crib_sender *kept_tx;
static crib_receiver *kept_rx;
static crib_portal *kept_portal;
static crib_expectation *kept_expectation;

static int keeps_handles(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    kept_task = crib_nursery_spawn(n, "kept", ends, NULL, NULL);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(crib_channel_open(1, &kept_tx, &kept_rx), 0);
    EXPECT_EQ(crib_sender_send(kept_tx, droppable()), 0);
    kept_portal = crib_portal_open();
    kept_expectation = crib_runtime_expect(NULL, "nothing");
    return RAN;
}

static void release_kept(void *arg) {
    (void)arg;
    crib_unref(kept_task);
    crib_unref(kept_tx);
    crib_unref(kept_rx);
    crib_unref(kept_portal);
    crib_unref(kept_expectation);
}

Test(types, every_counted_handle_may_outlive_its_runtime) {
    EXPECT_RUN(run_autojump(keeps_handles, NULL));
    cr_assert_eq(crib_task_result_code(kept_task), 0);
    release_kept(NULL);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
    cr_assert_eq(drops, 1);
}

Test(types, what_outlived_its_runtime_is_released_in_any_thread) {
    EXPECT_RUN(run_autojump(keeps_handles, NULL));
    in_thread(release_kept, NULL);
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

static int released_elsewhere(void *arg) {
    (void)arg;
    EXPECT_EQ(keeps_handles(NULL), RAN);
    in_thread(release_kept, NULL);
    EXPECT_EQ(crib_sleep(1), 0);
    EXPECT_EQ(drops, 1);
    return RAN;
}

Test(types, the_loop_thread_frees_what_another_thread_released) {
    EXPECT_RUN(run_autojump(released_elsewhere, NULL));
    EXPECT_QUIET();
    EXPECT_NOTHING_UNEXPECTED();
}

/* Ids of one kind given where another is wanted. */
static int confused(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    void *ids[4], *wrong;
    int i;
    (void)arg;
    ids[0] = op;
    ids[1] = n;
    ids[2] = crib_task_op(crib_task_current());
    ids[3] = s;
    for (i = 0; i < 3; i++) {
        wrong = ids[i];
        EXPECT_MISUSE(crib_scope_cancel(wrong, NULL), "crib_scope_cancel", "main");
        EXPECT_MISUSE(crib_scope_close(wrong, 0, NULL), "crib_scope_close", "main");
        EXPECT_EQ(crib_scope_state(wrong), CRIB_SCOPE_CLOSED);
        EXPECT(crib_error_cancelled(wrong) == NULL);
    }
    for (i = 0; i < 4; i++) {
        wrong = ids[i];
        if (i != 1) {
            EXPECT_MISUSE(crib_nursery_cancel(wrong, NULL), "crib_nursery_cancel", "main");
            EXPECT_MISUSE(crib_nursery_close(wrong, 0), "crib_nursery_close", "main");
            EXPECT_EQ(crib_nursery_count(wrong), 0);
        }
        if (i == 1 || i == 3) {
            EXPECT_MISUSE(crib_op_abort(wrong), "crib_op_abort", "main");
            EXPECT_EQ(crib_op_id(wrong), 0);
            crib_op_free(wrong);
        }
    }
    EXPECT_QUIET();
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT(crib_op_id(op) != 0);
    return RAN;
}

Test(types, an_id_of_one_kind_is_not_taken_for_another) { EXPECT_RUN(run_autojump(confused, NULL)); }

static int flipped(void *arg) {
    crib_nursery *n = crib_nursery_open();
    crib_op *op = crib_op_new(crib_task_current(), NULL);
    crib_scope *s = crib_move_on_after(CRIB_FOREVER);
    int bit;
    (void)arg;
    for (bit = 1; bit < 64; bit++) {
        const uintptr_t flip = (uintptr_t)1 << bit;
        crib_scope *other = (crib_scope *)((uintptr_t)s ^ flip);
        EXPECT(crib_scope_reason(other) == NULL);
        EXPECT_EQ(crib_scope_deadline(other), CRIB_FOREVER);
        EXPECT_EQ(crib_nursery_count((crib_nursery *)((uintptr_t)n ^ flip)), 0);
        EXPECT(crib_nursery_parent_task((crib_nursery *)((uintptr_t)n ^ flip)) == NULL);
        EXPECT(crib_op_id((crib_op *)((uintptr_t)op ^ flip)) != crib_op_id(op));
    }
    EXPECT_QUIET();
    EXPECT_EQ(crib_scope_close(s, 0, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    return RAN;
}

Test(types, an_id_with_one_bit_changed_names_nothing) { EXPECT_RUN(run_autojump(flipped, NULL)); }

/* --- memory functions ------------------------------------------------------------------------- */

static struct { int taken, freed; } memory;

static void *take_memory(size_t bytes, void *user_data) {
    EXPECT(user_data == &memory);
    ++memory.taken;
    return malloc(bytes);
}
static void *resize_memory(void *p, size_t bytes, void *user_data) {
    EXPECT(user_data == &memory);
    if (p == NULL) ++memory.taken;
    return realloc(p, bytes);
}
static void free_memory(void *p, void *user_data) {
    EXPECT(user_data == &memory);
    EXPECT(p != NULL);
    ++memory.freed;
    free(p);
}

static crib_allocator counting(void) {
    crib_allocator a = {sizeof a, take_memory, resize_memory, free_memory, &memory};
    return a;
}

Test(types, an_allocator_without_a_function_is_refused) {
    crib_allocator a = counting();
    crib_error *e;
    a.alloc = NULL;
    cr_assert_eq(crib_set_allocator(&a), CODE_EINVAL);
    a = counting();
    a.resize = NULL;
    cr_assert_eq(crib_set_allocator(&a), CODE_EINVAL);
    a = counting();
    a.free = NULL;
    cr_assert_eq(crib_set_allocator(&a), CODE_EINVAL);
    e = crib_error_new(CODE_A, "from the memory there was before");
    cr_assert_eq(memory.taken, 0);
    crib_unref(e);
}

Test(types, an_allocator_whose_size_leaves_functions_out_is_refused) {
    crib_allocator a = counting();
    a.size = 0;
    cr_assert_eq(crib_set_allocator(&a), CODE_EINVAL);
    a.size = offsetof(crib_allocator, free);
    cr_assert_eq(crib_set_allocator(&a), CODE_EINVAL);
}

Test(types, all_memory_comes_from_the_allocator_and_goes_back) {
    crib_allocator a = counting();
    cr_assert_eq(crib_set_allocator(&a), 0);
    memset(&a, 0, sizeof a); /* it was copied */
    EXPECT_RUN(run_autojump(keeps_handles, NULL));
    release_kept(NULL);
    cr_assert_gt(memory.taken, 0);
    cr_assert_eq(memory.taken, memory.freed);
    cr_assert_eq(crib_set_allocator(NULL), 0);
    memory.taken = 0;
    EXPECT_RUN(run_autojump(keeps_handles, NULL));
    release_kept(NULL);
    cr_assert_eq(memory.taken, 0, "NULL is malloc again");
    EXPECT_NOTHING_UNEXPECTED();
}
