/* 5xx: channels. */
#include "player.h"

/* ---- 587 */

static void send_now(player *p, int i) {
    crib_value v = crib_value_int(i);
    await(p, crib_sender_send_nowait(shared.tx, &v));
}

static void sends_to_who_receives(player *p) {
    switch (p->step++) {
        case 0:
            say("sends 1");
            send_int(p, shared.tx, 1);
            break;
        case 1:
            say("sent 1: %s", outcome(p));
            send_now(p, 2);
            say("sending 2 without waiting: %s", outcome(p));
            send_now(p, 3);
            say("sending 3 without waiting: %s", outcome(p));
            sleep_ms(p, 500);
            break;
        case 2: send_int(p, shared.tx, 4); break;
        case 3:
            say("sent 4: %s", outcome(p));
            leave(p);
            break;
    }
}

static void receives_three(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1: receive(p, shared.rx); break;
        case 2:
            say("got %d", int_of(p));
            if (++p->i < 3) p->step = 1;
            break;
        default: leave(p); break;
    }
}

static void rendezvous(player *p) {
    switch (p->step++) {
        case 0:
            p->nursery = nursery_open(p);
            channel(0);
            start(p->nursery, "sender", sends_to_who_receives);
            start(p->nursery, "receiver", receives_three);
            nursery_close(p);
            break;
        case 1: leave(p); break;
    }
}

const struct scenario channels[] = {{587, rendezvous}, {0, NULL}};
