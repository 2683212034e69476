/* 0xx: the seed examples. */
#include "player.h"

/* ---- 014 */

static void child1(player *p) {
    switch (p->step++) {
        case 0:
            say("started, sleeping");
            sleep_ms(p, 3000);
            break;
        case 1:
            say("exiting");
            leave(p);
            break;
    }
}

static void child2(player *p) {
    switch (p->step++) {
        case 0:
            say("started, sleeping");
            sleep_ms(p, 1000);
            break;
        case 1:
            say("exiting");
            leave(p);
            break;
    }
}

static void parent_and_children(player *p) {
    switch (p->step++) {
        case 0:
            say("started");
            p->nursery = nursery_open(p);
            say("starting child1");
            start(p->nursery, "child1", child1);
            say("starting child2");
            start(p->nursery, "child2", child2);
            say("waiting for both");
            nursery_close(p);
            break;
        case 1:
            say("all done");
            leave(p);
            break;
    }
}

const struct scenario seeds[] = {{14, parent_and_children}, {0, NULL}};
