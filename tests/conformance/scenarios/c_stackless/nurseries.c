/* 3xx: nurseries. */
#include "player.h"

/* ---- 361 */

static void second(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("ends");
            leave(p);
            break;
    }
}

static void first(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1:
            say("starts a second");
            start(shared.nursery, "second", second);
            say("ends");
            leave(p);
            break;
    }
}

static void close_waits_for_all(player *p) {
    switch (p->step++) {
        case 0:
            shared.nursery = nursery_open(p);
            start(shared.nursery, "first", first);
            say("the body ends");
            nursery_close(p);
            break;
        case 1:
            say("the nursery is closed");
            leave(p);
            break;
    }
}

const struct scenario nurseries[] = {{361, close_waits_for_all}, {0, NULL}};
