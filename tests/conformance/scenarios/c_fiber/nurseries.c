/* 3xx: nurseries. */
#include "fiber.h"

/* ---- 361 */

static int second(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("ends");
    return rc;
}

static int first(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    say("starts a second");
    start(shared.nursery, "second", second);
    say("ends");
    return rc;
}

static int close_waits_for_all(void *unused) {
    int rc;
    (void)unused;
    shared.nursery = crib_nursery_open();
    start(shared.nursery, "first", first);
    say("the body ends");
    rc = crib_nursery_close(shared.nursery, 0);
    say("the nursery is closed");
    return rc;
}

const struct scenario nurseries[] = {{361, close_waits_for_all}, {0, NULL}};
