/* 0xx: the demo with two producers and a consumer, and what is told about it (S0). */
#include "fiber.h"

/* ---- 001, 002, 007 */

struct producer {
    int items, pause, more, modulus; /* after item i it pauses for pause + more * (i % modulus) ms */
    bool quiet;
    crib_sender *tx;
    int made;
};

static int produce(void *data) {
    struct producer *p = data;
    int i, rc = 0;
    for (i = 1; i <= p->items && rc == 0; i++) {
        rc = send_int(p->tx, (int64_t)i * i);
        if (rc < 0) break;
        p->made++;
        if (!p->quiet) say("generated item %d", i);
        rc = sleep_ms(p->pause + p->more * (i % p->modulus));
    }
    crib_sender_close(p->tx);
    if (rc < 0 && !p->quiet) say("cancelled");
    return rc;
}

struct consumer {
    bool quiet;
    int processed;
};

static int consume(void *data) {
    struct consumer *c = data;
    int value, rc;
    while ((rc = receive_int(shared.rx, &value)) == 0) {
        c->processed++;
        if (!c->quiet) say("processed value %d", value);
        if ((rc = sleep_ms(500)) < 0) break;
    }
    if (c->quiet) return rc;
    say("%s", rc == CRIB_EENDOFCHANNEL ? "no more" : "cancelled");
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int demo(struct producer *producers, struct consumer *consumer) {
    crib_scope *scope;
    crib_nursery *n;
    int rc;
    say("App started.");
    channel(10);
    shared.other_tx = crib_sender_clone(shared.tx);
    producers[0].tx = shared.tx;
    producers[1].tx = shared.other_tx;
    scope = move_on_after(5000);
    n = crib_nursery_open();
    start_with(n, "Prod 1", produce, &producers[0]);
    start_with(n, "Prod 2", produce, &producers[1]);
    start_with(n, "Consumer", consume, consumer);
    rc = crib_nursery_close(n, 0);
    return crib_scope_close(scope, rc, &shared.caught);
}

static int talking_demo(int items) {
    struct producer producers[] = {{items, 500, 300, 4, false, NULL, 0}, {items, 500, 170, 6, false, NULL, 0}};
    struct consumer consumer = {false, 0};
    int rc = demo(producers, &consumer);
    say("timed out: %s", yes(shared.caught));
    say("App exiting.");
    return rc;
}

static int five_seconds(void *unused) {
    (void)unused;
    return talking_demo(20);
}

static int ends_early(void *unused) {
    (void)unused;
    return talking_demo(2);
}

static int fixed_sleeps(void *unused) {
    struct producer producers[] = {{20, 700, 0, 1, true, NULL, 0}, {20, 700, 0, 1, true, NULL, 0}};
    struct consumer consumer = {true, 0};
    int rc = demo(producers, &consumer);
    (void)unused;
    say("generated %d and %d, processed %d", producers[0].made, producers[1].made, consumer.processed);
    say("App exiting.");
    return rc;
}

/* ---- 003 */

static int cleans_up(void *unused) {
    int rc = crib_sleep_forever();
    (void)unused;
    say("cleans up");
    return rc;
}

static int has_children(void *names) {
    const char *const *name = names;
    crib_nursery *n = crib_nursery_open();
    int rc;
    start(n, name[0], cleans_up);
    start(n, name[1], cleans_up);
    rc = crib_nursery_close(n, 0);
    say("cleans up");
    return rc;
}

static int descendants_are_cancelled(void *unused) {
    static const char *names[][2] = {{"one.1", "one.2"}, {"two.1", "two.2"}};
    crib_scope *scope = move_on_after(5000);
    crib_nursery *n = crib_nursery_open();
    bool caught;
    int rc;
    (void)unused;
    say("starts");
    start_with(n, "one", has_children, names[0]);
    start_with(n, "two", has_children, names[1]);
    rc = crib_nursery_close(n, 0);
    say("the nursery is closed");
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

/* ---- 004 */

static int sibling(void *unused) {
    int rc;
    (void)unused;
    say("begins");
    rc = sleep_ms(60000);
    say("%s", outcome(rc));
    return rc;
}

static int latecomer(void *unused) {
    int rc;
    (void)unused;
    say("begins");
    rc = crib_checkpoint();
    say("%s", outcome(rc));
    return rc;
}

static int failing(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    if (rc < 0) return rc;
    say("fails");
    start(shared.nursery, "latecomer", latecomer);
    return fail("boom");
}

static int one_child_fails(void *unused) {
    crib_scope *scope = move_on_after(5000);
    bool caught;
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "sibling", sibling);
    start(shared.nursery, "failing", failing);
    rc = crib_nursery_close(shared.nursery, 0);
    say("the nursery: %s", outcome(rc));
    rc = crib_scope_close(scope, rc, &caught);
    say("timed out: %s", yes(caught));
    return rc;
}

/* ---- 005 */

static int sends_eleven(void *unused) {
    int i, rc = 0;
    (void)unused;
    for (i = 1; i <= 10 && rc == 0; i++) rc = send_int(shared.tx, i);
    say("sent 10 items");
    if (rc == 0) rc = send_int(shared.tx, 11);
    say("sent one more");
    return rc;
}

static int full_buffer(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int value = 0, rc;
    (void)unused;
    channel(10);
    start(n, "sender", sends_eleven);
    rc = sleep_ms(3000);
    if (rc == 0) rc = receive_int(shared.rx, &value);
    say("got %d", value);
    return crib_nursery_close(n, rc);
}

/* ---- 006 */

static int changes_its_name(void *unused) {
    (void)unused;
    say("begins");
    say("gets another name");
    crib_task_set_name(crib_task_current(), "Prod 2");
    say("goes on");
    return sleep_ms(1000);
}

static int task_names(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    shared.task = crib_nursery_spawn(n, "Prod 1", changes_its_name, NULL, NULL);
    say("its name is %s", crib_task_name(shared.task));
    rc = crib_checkpoint();
    say("now its name is %s", crib_task_name(shared.task));
    return crib_nursery_close(n, rc);
}

const struct scenario seeds_demo[] = {
    {1, five_seconds},    {2, ends_early},  {3, descendants_are_cancelled},
    {4, one_child_fails}, {5, full_buffer}, {6, task_names},
    {7, fixed_sleeps},    {0, NULL},
};
