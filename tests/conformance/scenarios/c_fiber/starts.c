/* 4xx: start and started. */
#include "fiber.h"

/* ---- 475 */

static int service(void *unused) {
    int rc;
    (void)unused;
    say("prepares");
    rc = sleep_ms(1000);
    say("says that it is started");
    if (rc == 0) rc = crib_task_started(crib_value_int(42));
    say("goes on");
    if (rc == 0) rc = sleep_ms(1000);
    say("ends");
    return rc;
}

static int start_waits_until_started(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value v;
    int rc;
    (void)unused;
    say("waits for the service to start");
    rc = crib_nursery_start(n, "service", service, NULL, NULL, &v);
    say("the service started with %d", (int)crib_value_as_int(v, -1));
    rc = crib_nursery_close(n, rc);
    say("the nursery is closed");
    return rc;
}

const struct scenario starts[] = {{475, start_waits_until_started}, {0, NULL}};
