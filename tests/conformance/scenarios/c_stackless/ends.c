/* 5xx: the ends of channels. */
#include "player.h"

/* ---- 504 */

static void close_with_an_error(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            send_int(p, shared.tx, 1);
            break;
        case 1:
            crib_sender_close_error(shared.tx, crib_error_new(SCENARIO_ERROR, "boom"));
            receive(p, shared.rx);
            break;
        case 2:
        case 3:
            tell_received(p);
            receive(p, shared.rx);
            break;
        case 4:
            tell_received(p);
            well(p);
            leave(p);
            break;
    }
}

/* ---- 590 */

static void end_of_channel(player *p) {
    switch (p->step++) {
        case 0:
            channel(2);
            send_int(p, shared.tx, 1);
            break;
        case 1: send_int(p, shared.tx, 2); break;
        case 2:
            crib_sender_close(shared.tx);
            receive(p, shared.rx);
            break;
        case 3:
        case 4:
        case 5:
            tell_received(p);
            receive(p, shared.rx);
            break;
        case 6:
            tell_received(p);
            well(p);
            leave(p);
            break;
    }
}

/* ---- 591 */

static void sends_two(player *p) {
    switch (p->step++) {
        case 0: send_int(p, shared.tx, 1); break;
        case 1:
            say("1: %s", outcome(p));
            send_int(p, shared.tx, 2);
            break;
        case 2:
            say("2: %s", outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void no_receiver(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            start(nursery_open(p), "sender", sends_two);
            checkpoint(p);
            break;
        case 1:
            say("closes the receiver");
            crib_receiver_close(shared.rx);
            send_int(p, shared.tx, 3);
            break;
        case 2:
            say("3: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 592 */

static void receives_in_vain(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            tell_received(p);
            well(p);
            leave(p);
            break;
    }
}

static void own_end_closed(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            start(nursery_open(p), "receiver", receives_in_vain);
            checkpoint(p);
            break;
        case 1:
            say("closes the receiver");
            crib_receiver_close(shared.rx);
            receive(p, shared.rx);
            break;
        case 2:
        case 4:
            say("receive: %s", outcome(p));
            send_int(p, shared.tx, 1);
            break;
        case 3:
            say("send: %s", outcome(p));
            say("closes the sender");
            crib_sender_close(shared.tx);
            receive(p, shared.rx);
            break;
        case 5:
            say("send: %s", outcome(p));
            well(p);
            nursery_close(p);
            break;
        case 6: leave(p); break;
    }
}

/* ---- 593 */

static void clones(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            shared.other_tx = crib_sender_clone(shared.tx);
            crib_sender_close(shared.tx);
            send_int(p, shared.other_tx, 1);
            break;
        case 1:
            say("the first sender is closed, the clone sends: %s", outcome(p));
            receive(p, shared.rx);
            break;
        case 2:
            tell_received(p);
            crib_sender_close(shared.other_tx);
            receive(p, shared.rx);
            break;
        case 3:
            say("the clone is closed: %s", outcome(p));
            say("cloning it is refused: %s", yes(crib_sender_clone(shared.other_tx) == NULL));
            well(p);
            leave(p);
            break;
    }
}

/* ---- 598 */

static void consumes(player *p) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            if (p->status == 0) {
                tell_received(p);
                shared.count += int_of(p);
                p->step = 0;
                break;
            }
            say("%s", p->status == CRIB_EENDOFCHANNEL ? "no more" : outcome(p));
            well(p);
            leave(p);
            break;
    }
}

static void produces(player *p, crib_sender *tx, int first) {
    if (p->i < 3) {
        send_int(p, tx, first + p->i++);
        return;
    }
    crib_sender_close(tx);
    leave(p);
}

static void produces_ones(player *p) { produces(p, shared.tx, 1); }
static void produces_elevens(player *p) { produces(p, shared.other_tx, 11); }

static void each_value_once(player *p) {
    switch (p->step++) {
        case 0:
            channel(0);
            shared.other_tx = crib_sender_clone(shared.tx);
            p->nursery = nursery_open(p);
            start(p->nursery, "c1", consumes);
            start(p->nursery, "c2", consumes);
            start(p->nursery, "c3", consumes);
            start(p->nursery, "p1", produces_ones);
            start(p->nursery, "p2", produces_elevens);
            nursery_close(p);
            break;
        case 1:
            say("sum %d", shared.count);
            leave(p);
            break;
    }
}

const struct scenario channel_ends[] = {
    {504, close_with_an_error},
    {590, end_of_channel},
    {591, no_receiver},
    {592, own_end_closed},
    {593, clones},
    {598, each_value_once},
    {0, NULL},
};
