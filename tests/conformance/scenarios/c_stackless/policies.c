/* 3xx: nurseries with policies and limits, and handles of tasks. */
#include "player.h"

static crib_nursery *nursery_of(player *p, int policy) {
    crib_nursery_options options = nursery_options();
    options.policy = policy;
    return nursery_open_with(p, options);
}

static void tell_and_go(player *p) {
    say("the nursery: %s", outcome(p));
    well(p);
    leave(p);
}

/* ---- 301, 302 */

static void takes(player *p, int64_t ms) {
    switch (p->step++) {
        case 0: sleep_ms(p, ms); break;
        case 1: leave(p); break;
    }
}

static void job(player *p) { takes(p, 1000); }
static void long_job(player *p) { takes(p, 2000); }

static void late_job(player *p) {
    if (p->step == 0) say("begins");
    job(p);
}

static void room_for_two(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            options.max_children = 2;
            p->nursery = nursery_open_with(p, options);
            start(p->nursery, "job 1", job);
            start(p->nursery, "job 2", job);
            say("job 3 is refused: %s", yes(start(p->nursery, "job 3", late_job) == NULL));
            await(p, crib_begin_nursery_wait_room(p->op, p->nursery));
            break;
        case 1:
            say("there is room");
            start(p->nursery, "job 3", late_job);
            nursery_close(p);
            break;
        case 2:
            say("all done");
            leave(p);
            break;
    }
}

static void wait_until_idle(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            start(p->nursery, "short", job);
            start(p->nursery, "long", long_job);
            await(p, crib_begin_nursery_wait_idle(p->op, p->nursery));
            break;
        case 1:
            say("no children, starts another");
            start(p->nursery, "another", job);
            nursery_close(p);
            break;
        case 2:
            say("closed");
            leave(p);
            break;
    }
}

/* ---- 303, 304, 305 */

static void quick(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("ends");
            leave(p);
            break;
    }
}

static void slow(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 10000); break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void fails_after(player *p, int64_t ms, const char *message) {
    switch (p->step++) {
        case 0: sleep_ms(p, ms); break;
        case 1:
            say("fails");
            fail(p, message);
            leave(p);
            break;
    }
}

static void fails(player *p) { fails_after(p, 500, "boom"); }
static void fails_too(player *p) { fails_after(p, 1000, "bang"); }

static void first_done(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_of(p, CRIB_POLICY_FIRST_DONE);
            start(p->nursery, "quick", quick);
            start(p->nursery, "slow", slow);
            nursery_close(p);
            break;
        case 1: tell_and_go(p); break;
    }
}

static void first_success(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_of(p, CRIB_POLICY_FIRST_SUCCESS);
            start(p->nursery, "fails", fails);
            start(p->nursery, "quick", quick);
            start(p->nursery, "slow", slow);
            nursery_close(p);
            break;
        case 1:
            say("the nursery: %s", outcome(p));
            p->nursery = nursery_of(p, CRIB_POLICY_FIRST_SUCCESS);
            start(p->nursery, "fails", fails);
            start(p->nursery, "fails too", fails_too);
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

static void heard(crib_task *task, crib_error *error, void *unused) {
    (void)task;
    (void)unused;
    say("heard of %s", error_text(error));
}

static void supervise(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            options.policy = CRIB_POLICY_SUPERVISE;
            options.on_failure = heard;
            p->nursery = nursery_open_with(p, options);
            start(p->nursery, "failing", fails);
            start(p->nursery, "sibling", quick);
            nursery_close(p);
            break;
        case 1: tell_and_go(p); break;
    }
}

/* ---- 306 */

static void service_nursery(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            move_on_after(p, 1000);
            options.service = 1;
            start(nursery_open_with(p, options), "service", slow);
            sleep_ms(p, 5000);
            break;
        case 1:
            say("the body is cancelled, cleans up");
            p->n = p->status;
            scope_open(p, shield_options());
            sleep_ms(p, 500);
            break;
        case 2:
            scope_close(p);
            say("the body ends");
            p->status = p->n;
            nursery_close(p);
            break;
        case 3:
            scope_close(p);
            say("timed out: %s", yes(p->caught));
            leave(p);
            break;
    }
}

/* ---- 307 */

static void drain(player *p) {
    crib_nursery_options options = nursery_options();
    switch (p->step++) {
        case 0:
            options.drain = 1;
            p->nursery = nursery_open_with(p, options);
            say("not cancelled, refused: %s", yes(start(p->nursery, "child", slow) == NULL));
            crib_nursery_cancel(p->nursery, NULL);
            say("cancelled, refused: %s", yes(start(p->nursery, "another", slow) == NULL));
            nursery_close(p);
            break;
        case 1: tell_and_go(p); break;
    }
}

/* ---- 308, 309 */

static void worker(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            crib_task_set_result(crib_value_int(42));
            leave(p);
            break;
    }
}

static void wait_for_one_task(player *p) {
    crib_value result;
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            shared.task = crib_task_ref(start(p->nursery, "worker", worker));
            start(p->nursery, "sibling", long_job);
            await(p, crib_begin_task_wait(p->op, shared.task));
            break;
        case 1:
            p->status = int_of(p); /* what the task ended with */
            say("the worker has ended: %s", outcome(p));
            nursery_close(p);
            break;
        case 2:
            say("the nursery: %s", outcome(p));
            crib_task_result(shared.task, &result);
            say("its result is %d", (int)crib_value_as_int(result, -1));
            leave(p);
            break;
    }
}

static void sleeps_a_second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("%s", outcome(p));
            leave(p);
            break;
    }
}

static void cancel_one_task(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            shared.task = crib_task_ref(start(p->nursery, "one", sleeps_a_second));
            start(p->nursery, "two", sleeps_a_second);
            sleep_ms(p, 500);
            break;
        case 1:
            say("cancels one");
            crib_task_cancel(shared.task, NULL);
            nursery_close(p);
            break;
        case 2: tell_and_go(p); break;
    }
}

const struct scenario policies[] = {
    {301, room_for_two},    {302, wait_until_idle}, {303, first_done},        {304, first_success},   {305, supervise},
    {306, service_nursery}, {307, drain},           {308, wait_for_one_task}, {309, cancel_one_task}, {0, NULL},
};
