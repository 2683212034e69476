/* 4xx: start and started. */
#include "player.h"

/* ---- 475 */

static void service(player *p) {
    switch (p->step++) {
        case 0:
            say("prepares");
            sleep_ms(p, 1000);
            break;
        case 1:
            say("says that it is started");
            crib_task_started(crib_value_int(42));
            say("goes on");
            sleep_ms(p, 1000);
            break;
        case 2:
            say("ends");
            leave(p);
            break;
    }
}

static void start_waits_until_started(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            say("waits for the service to start");
            start_and_wait(p, p->nursery, "service", service);
            break;
        case 1:
            say("the service started with %d", int_of(p));
            nursery_close(p);
            break;
        case 2:
            say("the nursery is closed");
            leave(p);
            break;
    }
}

const struct scenario starts[] = {{475, start_waits_until_started}, {0, NULL}};
