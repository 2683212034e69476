/* 0xx: the slides "Synchronous / Concurrent / Parallel" (S3). */
#include "fiber.h"

/* ---- 031 */

static int count(const char *name) {
    int i, rc = 0;
    for (i = 0; i < 5 && rc == 0; i++) {
        say("%s %d", name, i);
        rc = sleep_ms(1000);
    }
    return rc;
}

static int counts(void *unused) {
    (void)unused;
    return count(crib_task_name(crib_task_current()));
}

static int one_then_two(void *unused) {
    crib_nursery *n;
    int rc = count("first");
    (void)unused;
    say("DONE!");
    n = crib_nursery_open();
    start(n, "second", counts);
    start(n, "third", counts);
    return crib_nursery_close(n, rc);
}

/* ---- 032 */

static int hello(void *unused) {
    (void)unused;
    say("hello");
    return 0;
}

static int helper(void *nursery) {
    say("schedules one too");
    return start(nursery, "hello 3", hello);
}

static void schedule(crib_nursery *n) {
    start(n, "hello 1", hello);
    start_with(n, "helper", helper, n);
    start(n, "hello 2", hello);
}

static int nursery_as_parameter(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    schedule(n);
    say("scheduled");
    rc = crib_nursery_close(n, 0);
    say("closed");
    return rc;
}

/* ---- 033 */

static int raising(void *unused) {
    (void)unused;
    say("raises");
    return fail("raised in a started task");
}

static int failure_of_a_started_task(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "raising", raising);
    say("works");
    rc = sleep_ms(60000);
    say("its work: %s", outcome(rc));
    say("the nursery: %s", outcome(crib_nursery_close(n, rc)));
    return 0;
}

/* ---- 034 */

static int coroutine1(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("finished");
    return rc;
}

static int innermost(void *unused) {
    int rc = sleep_ms(2000);
    (void)unused;
    say("finished");
    return rc;
}

static int coroutine2(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "innermost", innermost);
    rc = crib_nursery_close(n, 0);
    say("finished");
    return rc;
}

static int both_finished(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    start(n, "coroutine1", coroutine1);
    start(n, "coroutine2", coroutine2);
    rc = crib_nursery_close(n, 0);
    say("both have finished");
    return rc;
}

/* ---- 035 */

static int update_at_will(void *unused) {
    int rc = sleep_ms(50);
    (void)unused;
    say("p1 leaves");
    shared.count--;
    return rc < 0 ? rc : crib_sleep_forever();
}

static int render_at_will(void *unused) {
    int i, players = shared.count;
    (void)unused;
    for (i = 0; i < players; i++) {
        int rc = sleep_ms(20);
        if (rc < 0) return rc;
        if (shared.count == players) continue;
        say("draws %d players, but there are %d", players, shared.count);
        return fail("the world changed");
    }
    return 0;
}

static int no_lock(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    shared.count = 5;
    say("plays without a lock");
    start(n, "render", render_at_will);
    start(n, "update", update_at_will);
    say("the game: %s", outcome(crib_nursery_close(n, 0)));
    return 0;
}

/* ---- 036 */

static int draw_frame(void) {
    int i, players = shared.count, rc = 0;
    for (i = 0; i < players && rc == 0; i++) rc = sleep_ms(22);
    if (rc == 0) say("drew %d players", players);
    return rc;
}

static int render(void *unused) {
    int rc = 0;
    (void)unused;
    while (rc == 0) {
        rc = crib_lock_acquire(shared.lock);
        if (rc < 0) break;
        rc = draw_frame();
        crib_lock_release(shared.lock);
    }
    return rc;
}

static int update(void *unused) {
    int i;
    (void)unused;
    for (i = 1; i <= 2; i++) {
        int rc = sleep_ms(50);
        if (rc == 0) rc = crib_lock_acquire(shared.lock);
        if (rc < 0) return rc;
        say("p%d leaves", i);
        shared.count--;
        crib_lock_release(shared.lock);
    }
    return 0;
}

static int with_lock(void *unused) {
    crib_scope *scope = move_on_after(300);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    shared.count = 5;
    shared.lock = crib_lock_new();
    say("plays with a lock");
    start(n, "render", render);
    start(n, "update", update);
    rc = crib_nursery_close(n, 0);
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    say("%d players are left, the lock is free: %s", shared.count, yes(crib_lock_acquire_nowait(shared.lock) == 0));
    crib_lock_release(shared.lock);
    return rc;
}

/* ---- 037, 038 */

static int says_hello_and_bye(void *unused) {
    int rc = crib_sender_send(shared.tx, text_value("hello"));
    (void)unused;
    if (rc == 0) rc = crib_sender_send(shared.tx, text_value("bye bye"));
    crib_sender_close(shared.tx);
    return rc;
}

static int receives_thrice(void *unused) {
    static const char *const times[] = {"first", "second", "third"};
    crib_value v;
    int i;
    (void)unused;
    for (i = 0; i < 3; i++) {
        int rc = crib_receiver_receive(shared.rx, &v);
        say("%s %s", times[i], rc == 0 ? text_of(v) : outcome(rc));
    }
    return 0;
}

static int iterates(void *unused) {
    crib_value v;
    int rc;
    (void)unused;
    while ((rc = crib_receiver_receive(shared.rx, &v)) == 0) say("got %s", text_of(v));
    if (rc != CRIB_EENDOFCHANNEL) return rc;
    say("channel closed!");
    return 0;
}

static int hello_and_bye(crib_body_fn receiver) {
    crib_nursery *n = crib_nursery_open();
    channel(0);
    start(n, "sender", says_hello_and_bye);
    start(n, "receiver", receiver);
    return crib_nursery_close(n, 0);
}

static int receive_until_closed(void *unused) {
    (void)unused;
    return hello_and_bye(receives_thrice);
}

static int iterate(void *unused) {
    (void)unused;
    return hello_and_bye(iterates);
}

/* ---- 039 */

static int given_away(void *unused) {
    int i, value = 0, rc = channel(5);
    (void)unused;
    for (i = 1; i <= 3 && rc == 0; i++) rc = send_int(shared.tx, i);
    if (rc == 0) rc = receive_int(shared.rx, &value);
    say("got %d", value);
    crib_receiver_close(shared.rx);
    say("dropped %d", (int)statistics_of(shared.tx).dropped);
    say("sending another: %s", outcome(send_int(shared.tx, 4)));
    return rc;
}

/* ---- 040, 042 */

static int move_on(void *unused) {
    crib_scope *scope = move_on_after(2000);
    bool caught;
    int rc = sleep_ms(10000);
    (void)unused;
    if (rc == CRIB_ECANCELLED) say("coroutine cancelled!");
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

static int never_yields(void *unused) {
    crib_scope *scope = move_on_after(2000);
    bool called, caught;
    int rc;
    (void)unused;
    compute_ms(4000);
    called = crib_scope_cancel_called(scope);
    rc = crib_scope_close(scope, 0, &caught);
    say("cancelled: %s, absorbed: %s", yes(called), yes(caught));
    if (rc == 0) rc = crib_checkpoint();
    say("checkpoint behind it: %s", outcome(rc));
    return rc;
}

const struct scenario seeds_slides[] = {
    {31, one_then_two},
    {32, nursery_as_parameter},
    {33, failure_of_a_started_task},
    {34, both_finished},
    {35, no_lock},
    {36, with_lock},
    {37, receive_until_closed},
    {38, iterate},
    {39, given_away},
    {40, move_on},
    {42, never_yields},
    {0, NULL},
};
