/* How many children a nursery has: limits, waiting for room, waiting until it is idle. */
#include <criterion/criterion.h>
#include <crib.h>

#include "support/children.h"
#include "support/strand.h"
#include "support/run.h"

static crib_nursery *open_limited(uint32_t max_children) {
    crib_nursery_options options = {.size = sizeof options, .max_children = max_children};
    return crib_nursery_open_with(&options);
}

static int limit(void *stackless) {
    struct child a = {.name = "a", .ms = 1000}, b = {.name = "b", .ms = 2000}, c = {.name = "c", .ms = 100};
    crib_nursery *n = open_limited(2);
    int destroyed = 0, rc;
    story_begin();
    cr_expect_eq(crib_nursery_wait_room(n), 0, "there is room");
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "c", child_body, &destroyed, count_destroy), CRIB_EWOULDBLOCK);
    cr_expect_eq(destroyed, 1);
    cr_expect_null(crib_nursery_spawn(n, "c", child_body, &destroyed, count_destroy));
    cr_expect_eq(destroyed, 2);
    cr_expect_null(crib_nursery_start_stackless(n, "c", child_resume, (uintptr_t)&c, NULL));
    cr_expect_eq(crib_nursery_count(n), 2);
    cr_expect_eq(crib_nursery_wait_room(n), 0);
    story_at("room");
    cr_expect_eq(child_start(n, &c, stackless), 0);
    rc = crib_nursery_close(n, 0);
    story_at("closed");
    return rc;
}

Test(nursery_room, a_full_nursery_refuses_children_until_one_ends) {
    cr_assert_eq(run_autojump(limit, NULL), 0);
    cr_assert_str_eq(story_text, "a@1000 room@1000 c@1100 b@2000 closed@2000");
}

Test(nursery_room, a_full_nursery_refuses_children_until_one_ends_stackless) {
    cr_assert_eq(run_autojump(limit, STACKLESS), 0);
    cr_assert_str_eq(story_text, "a@1000 room@1000 c@1100 b@2000 closed@2000");
}

static int cancelled_wait(void *arg) {
    struct child a = {.name = "a", .ms = 5000};
    crib_nursery *n = open_limited(1);
    crib_scope *scope;
    bool caught = false;
    (void)arg;
    story_begin();
    cr_expect_eq(child_start(n, &a, NULL), 0);
    scope = crib_move_on_after(CRIB_SECONDS(1));
    cr_expect_eq(crib_nursery_wait_room(n), CRIB_ECANCELLED);
    cr_expect_eq(crib_nursery_wait_idle(n), CRIB_ECANCELLED);
    cr_expect_eq(crib_scope_close(scope, CRIB_ECANCELLED, &caught), 0);
    cr_expect(caught);
    cr_expect_eq(story_ms(), 1000);
    cr_expect_eq(crib_nursery_count(n), 1, "the child is untouched");
    return crib_nursery_close(n, 0);
}

Test(nursery_room, waiting_for_room_can_be_cancelled) {
    cr_assert_eq(run_autojump(cancelled_wait, NULL), 0);
    cr_assert_str_eq(story_text, "a@5000");
}

struct queue {
    crib_nursery *nursery;
    struct child child;
};

static int start_when_there_is_room(void *arg) {
    struct queue *q = arg;
    int rc;
    do {
        rc = crib_nursery_wait_room(q->nursery);
        if (rc < 0) return rc;
        rc = child_start(q->nursery, &q->child, NULL);
    } while (rc == CRIB_EWOULDBLOCK);
    return rc;
}

static int many_wait_for_room(void *arg) {
    struct queue queues[4];
    crib_nursery *pool = open_limited(1);
    crib_nursery *n = crib_nursery_open();
    static const char *const names[] = {"a", "b", "c", "d"};
    int i, rc;
    (void)arg;
    story_begin();
    for (i = 0; i < 4; ++i) {
        queues[i] = (struct queue){.nursery = pool, .child = {.name = names[i], .ms = 1000}};
        cr_expect_eq(crib_nursery_start_soon(n, "queue", start_when_there_is_room, &queues[i], NULL), 0);
    }
    rc = crib_nursery_close(n, 0);
    cr_expect_eq(story_ms(), 3000, "the last one found room when the third ended");
    return crib_nursery_close(pool, rc);
}

Test(nursery_room, several_tasks_may_wait_for_room) {
    cr_assert_eq(run_autojump(many_wait_for_room, NULL), 0);
    cr_assert_str_eq(story_text, "a@1000 b@2000 c@3000 d@4000");
}

static int wait_idle(void *stackless) {
    struct child a = {.name = "a", .ms = 1000}, b = {.name = "b", .ms = 2000}, c = {.name = "c", .ms = 500};
    crib_nursery *n = crib_nursery_open();
    story_begin();
    cr_expect_eq(crib_nursery_wait_idle(n), 0, "it has no children yet");
    cr_expect_eq(story_ms(), 0);
    cr_expect_eq(child_start(n, &a, stackless), 0);
    cr_expect_eq(child_start(n, &b, stackless), 0);
    cr_expect_eq(crib_nursery_wait_idle(n), 0);
    story_at("idle");
    cr_expect_eq(child_start(n, &c, stackless), 0, "it is still open");
    return crib_nursery_close(n, 0);
}

Test(nursery_room, waiting_until_idle_leaves_the_nursery_open) {
    cr_assert_eq(run_autojump(wait_idle, NULL), 0);
    cr_assert_str_eq(story_text, "a@1000 b@2000 idle@2000 c@2500");
    cr_assert_eq(run_autojump(wait_idle, STACKLESS), 0);
    cr_assert_str_eq(story_text, "a@1000 b@2000 idle@2000 c@2500");
}

static int wait_for_myself(void *nursery) {
    cr_expect_eq(crib_nursery_wait_idle(nursery), CRIB_EMISUSE);
    return 0;
}

static int grandchild_waits(void *nursery) {
    crib_nursery *inner = crib_nursery_open();
    cr_expect_eq(crib_nursery_start_soon(inner, "grandchild", wait_for_myself, nursery, NULL), 0);
    return crib_nursery_close(inner, 0);
}

static int child_waits_until_idle(void *arg) {
    crib_nursery *n = crib_nursery_open();
    (void)arg;
    cr_expect_eq(crib_nursery_start_soon(n, "child", wait_for_myself, n, NULL), 0);
    cr_expect_eq(crib_nursery_start_soon(n, "child", grandchild_waits, n, NULL), 0);
    return crib_nursery_close(n, 0);
}

Test(nursery_room, a_child_cannot_wait_until_its_own_nursery_is_idle) {
    cr_assert_eq(run_autojump(child_waits_until_idle, NULL), 0);
}

static int stale_handle(void *arg) {
    crib_nursery *n = open_limited(1);
    (void)arg;
    cr_expect_eq(crib_nursery_close(n, 0), 0);
    cr_expect_eq(crib_nursery_wait_idle(n), CRIB_EMISUSE);
    cr_expect_lt(crib_nursery_wait_room(n), 0);
    return 0;
}

Test(nursery_room, a_closed_nursery_has_no_room) { cr_assert_eq(run_autojump(stale_handle, NULL), 0); }

static struct child room_a, room_b;
static void use_room(struct strand *s) {
    crib_nursery_options options = {.size = sizeof options, .max_children = 1};
    STRAND(s)
    story_begin();
    options.parent = crib_task_scope(s->task);
    s->nursery = crib_nursery_open_with(&options);
    room_a = (struct child){.name = "a", .ms = 1000};
    room_b = (struct child){.name = "b", .ms = 1000};
    cr_expect_eq(child_start(s->nursery, &room_a, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_wait_room(s->op, s->nursery));
    cr_expect_eq(s->status, 0);
    story_at("room");
    cr_expect_eq(child_start(s->nursery, &room_b, STACKLESS), 0);
    AWAIT(s, crib_begin_nursery_wait_idle(s->op, s->nursery));
    cr_expect_eq(s->status, 0);
    story_at("idle");
    AWAIT(s, crib_begin_nursery_close(s->op, s->nursery, NULL));
    strand_exit(s, strand_failure(s));
    STRAND_END
}

Test(nursery_room, waits_for_room_and_until_idle_stackless) {
    struct strand s = {.run = use_room};
    cr_assert_eq(strand_run(&s), 0);
    cr_assert_str_eq(story_text, "a@1000 room@1000 b@2000 idle@2000");
}
