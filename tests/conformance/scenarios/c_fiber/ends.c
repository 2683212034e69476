/* 5xx: the ends of channels. */
#include "fiber.h"

/* ---- 504 */

/* What fails in here is handled. */
static void receive_and_handle(void) {
    crib_scope *handler = crib_scope_open(NULL);
    receive_and_tell();
    crib_scope_close(handler, 0, NULL);
}

static int close_with_an_error(void *unused) {
    (void)unused;
    channel(1);
    send_int(shared.tx, 1);
    crib_sender_close_error(shared.tx, crib_error_new(SCENARIO_ERROR, "boom"));
    receive_and_handle();
    receive_and_handle();
    receive_and_handle();
    return 0;
}

/* ---- 590 */

static int end_of_channel(void *unused) {
    int i;
    (void)unused;
    channel(2);
    send_int(shared.tx, 1);
    send_int(shared.tx, 2);
    crib_sender_close(shared.tx);
    for (i = 0; i < 4; i++) receive_and_tell();
    return 0;
}

/* ---- 591 */

static int send_and_tell(int i) {
    int rc = send_int(shared.tx, i);
    say("%d: %s", i, outcome(rc));
    return rc;
}

static int sends_two(void *unused) {
    (void)unused;
    send_and_tell(1);
    send_and_tell(2);
    return 0;
}

static int no_receiver(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    channel(1);
    start(n, "sender", sends_two);
    rc = crib_checkpoint();
    say("closes the receiver");
    crib_receiver_close(shared.rx);
    send_and_tell(3);
    return crib_nursery_close(n, rc);
}

/* ---- 592 */

static void try_both(void) {
    say("receive: %s", outcome(crib_receiver_receive(shared.rx, NULL)));
    say("send: %s", outcome(send_int(shared.tx, 1)));
}

static int receives_in_vain(void *unused) {
    (void)unused;
    receive_and_tell();
    return 0;
}

static int own_end_closed(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    channel(1);
    start(n, "receiver", receives_in_vain);
    rc = crib_checkpoint();
    say("closes the receiver");
    crib_receiver_close(shared.rx);
    try_both();
    say("closes the sender");
    crib_sender_close(shared.tx);
    try_both();
    return crib_nursery_close(n, rc);
}

/* ---- 593 */

static int clones(void *unused) {
    (void)unused;
    channel(1);
    shared.other_tx = crib_sender_clone(shared.tx);
    crib_sender_close(shared.tx);
    say("the first sender is closed, the clone sends: %s", outcome(send_int(shared.other_tx, 1)));
    receive_and_tell();
    crib_sender_close(shared.other_tx);
    say("the clone is closed: %s", outcome(crib_receiver_receive(shared.rx, NULL)));
    say("cloning it is refused: %s", yes(crib_sender_clone(shared.other_tx) == NULL));
    return 0;
}

/* ---- 598 */

static int consumes(void *unused) {
    int i, rc;
    (void)unused;
    while ((rc = receive_int(shared.rx, &i)) == 0) {
        say("got %d", i);
        shared.count += i;
    }
    say("%s", rc == CRIB_EENDOFCHANNEL ? "no more" : outcome(rc));
    return 0;
}

static int produces(crib_sender *tx, int first) {
    int i, rc = 0;
    for (i = 0; i < 3 && rc == 0; i++) rc = send_int(tx, first + i);
    crib_sender_close(tx);
    return rc;
}

static int produces_ones(void *unused) {
    (void)unused;
    return produces(shared.tx, 1);
}

static int produces_elevens(void *unused) {
    (void)unused;
    return produces(shared.other_tx, 11);
}

static int each_value_once(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    channel(0);
    shared.other_tx = crib_sender_clone(shared.tx);
    start(n, "c1", consumes);
    start(n, "c2", consumes);
    start(n, "c3", consumes);
    start(n, "p1", produces_ones);
    start(n, "p2", produces_elevens);
    rc = crib_nursery_close(n, 0);
    say("sum %d", shared.count);
    return rc;
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
