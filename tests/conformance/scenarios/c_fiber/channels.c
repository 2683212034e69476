/* 5xx: channels. */
#include "fiber.h"

/* ---- 587 */

static int send_now(int i) {
    crib_value v = crib_value_int(i);
    return crib_sender_send_nowait(shared.tx, &v);
}

static int sends_to_who_receives(void *unused) {
    int rc;
    (void)unused;
    say("sends 1");
    rc = send_int(shared.tx, 1);
    say("sent 1: %s", outcome(rc));
    say("sending 2 without waiting: %s", outcome(send_now(2)));
    say("sending 3 without waiting: %s", outcome(send_now(3)));
    if (rc == 0) rc = sleep_ms(500);
    if (rc == 0) rc = send_int(shared.tx, 4);
    say("sent 4: %s", outcome(rc));
    return rc;
}

static int receives_three(void *unused) {
    int i, n, rc = sleep_ms(500);
    (void)unused;
    for (n = 0; n < 3 && rc == 0; n++) {
        rc = receive_int(shared.rx, &i);
        say("got %d", i);
    }
    return rc;
}

static int rendezvous(void *unused) {
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    channel(0);
    start(n, "sender", sends_to_who_receives);
    start(n, "receiver", receives_three);
    return crib_nursery_close(n, 0);
}

const struct scenario channels[] = {{587, rendezvous}, {0, NULL}};
