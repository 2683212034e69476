/* 0xx: the seed examples. */
#include "fiber.h"

/* ---- 014 */

static int child1(void *unused) {
    int rc;
    (void)unused;
    say("started, sleeping");
    rc = sleep_ms(3000);
    say("exiting");
    return rc;
}

static int child2(void *unused) {
    int rc;
    (void)unused;
    say("started, sleeping");
    rc = sleep_ms(1000);
    say("exiting");
    return rc;
}

static int parent_and_children(void *unused) {
    crib_nursery *n;
    int rc;
    (void)unused;
    say("started");
    n = crib_nursery_open();
    say("starting child1");
    start(n, "child1", child1);
    say("starting child2");
    start(n, "child2", child2);
    say("waiting for both");
    rc = crib_nursery_close(n, 0);
    say("all done");
    return rc;
}

const struct scenario seeds[] = {{14, parent_and_children}, {0, NULL}};
