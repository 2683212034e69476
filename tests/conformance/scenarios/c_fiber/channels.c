/* 5xx: channels. */
#include "fiber.h"

static int send_now(int i) {
    crib_value v = crib_value_int(i);
    return crib_sender_send_nowait(shared.tx, &v);
}

static int receive_now(void) {
    crib_value v;
    return crib_receiver_receive_nowait(shared.rx, &v);
}

/* ---- 501 */

static void overflow_by(const char *what, int policy, size_t capacity) {
    crib_channel_options options = {.size = sizeof options};
    char values[20] = "";
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v;
    int i;
    options.overflow = policy;
    options.capacity = capacity;
    crib_channel_open_with(&options, &tx, &rx);
    for (i = 1; i <= 3; i++) send_int(tx, i);
    while (crib_receiver_receive_nowait(rx, &v) == 0) text_number(values, sizeof values, (int)crib_value_as_int(v, -1));
    say("%s:%s, dropped %d", what, values, (int)statistics_of(tx).dropped);
    crib_unref(tx);
    crib_unref(rx);
}

static int overflow(void *unused) {
    (void)unused;
    overflow_by("drop oldest", CRIB_OVERFLOW_DROP_OLDEST, 2);
    overflow_by("drop newest", CRIB_OVERFLOW_DROP_NEWEST, 2);
    overflow_by("latest only", CRIB_OVERFLOW_LATEST, 0);
    return 0;
}

/* ---- 505 */

static int sends_four_later(void *unused) {
    int rc = sleep_ms(1000);
    (void)unused;
    return rc < 0 ? rc : send_int(shared.tx, 4);
}

static void receive_batch(void) {
    char values[20] = "";
    crib_value v[10];
    int i, n = crib_receiver_receive_batch(shared.rx, v, 10);
    for (i = 0; i < n; i++) text_number(values, sizeof values, (int)crib_value_as_int(v[i], -1));
    say("got %d at once:%s", n, values);
}

static int batch(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)unused;
    channel(5);
    for (i = 1; i <= 3; i++) send_int(shared.tx, i);
    start(n, "sender", sends_four_later);
    receive_batch();
    receive_batch();
    return crib_nursery_close(n, 0);
}

/* ---- 586 */

static void send_now_and_tell(int i) { say("sending %d without waiting: %s", i, outcome(send_now(i))); }

static int capacity(void *unused) {
    (void)unused;
    channel(2);
    send_now_and_tell(1);
    send_now_and_tell(2);
    send_now_and_tell(3);
    receive_and_tell();
    send_now_and_tell(3);
    receive_and_tell();
    receive_and_tell();
    say("receiving without waiting: %s", outcome(receive_now()));
    return 0;
}

/* ---- 587 */

static int sends_to_who_receives(void *unused) {
    int rc;
    (void)unused;
    say("sends 1");
    rc = send_int(shared.tx, 1);
    say("sent 1: %s", outcome(rc));
    send_now_and_tell(2);
    send_now_and_tell(3);
    if (rc == 0) rc = sleep_ms(500);
    if (rc == 0) rc = send_int(shared.tx, 4);
    say("sent 4: %s", outcome(rc));
    return rc;
}

static int receives_three(void *unused) {
    int n, rc = sleep_ms(500);
    (void)unused;
    for (n = 0; n < 3 && rc == 0; n++) rc = receive_and_tell();
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

/* ---- 588 */

static int receives_one(void *unused) {
    (void)unused;
    return receive_and_tell();
}

static int oldest_receiver(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    channel(1);
    start(n, "first", receives_one);
    start(n, "second", receives_one);
    rc = crib_checkpoint();
    if (rc == 0) rc = send_int(shared.tx, 1);
    say("sent 1");
    say("receiving without waiting: %s", outcome(receive_now()));
    if (rc == 0) rc = send_int(shared.tx, 2);
    say("sent 2");
    return crib_nursery_close(n, rc);
}

/* ---- 589 */

static int sends_one(void *number) {
    int i = (int)(intptr_t)number, rc = send_int(shared.tx, i);
    say("sent %d", i);
    return rc;
}

static int full_channel(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i, got = -1, rc;
    (void)unused;
    channel(1);
    start_with(n, "a", sends_one, (void *)(intptr_t)1);
    start_with(n, "b", sends_one, (void *)(intptr_t)2);
    start_with(n, "c", sends_one, (void *)(intptr_t)3);
    rc = crib_checkpoint();
    for (i = 0; i < 3 && rc == 0; i++) {
        crib_channel_stats stats;
        rc = receive_int(shared.rx, &got);
        stats = statistics_of(shared.tx);
        say("got %d, %d in the buffer, %d waiting to send", got, (int)stats.buffered, (int)stats.waiting_senders);
    }
    return crib_nursery_close(n, rc);
}

/* ---- 595 */

static int receives_for_half_a_second(void *unused) {
    crib_scope *scope = move_on_after(500);
    (void)unused;
    return crib_scope_close(scope, receive_and_tell(), NULL);
}

static int cancelled_wait(void *unused) {
    crib_scope *scope;
    crib_nursery *n;
    int rc;
    (void)unused;
    channel(1);
    send_int(shared.tx, 1);
    scope = move_on_after(1000);
    rc = send_int(shared.tx, 2);
    say("sending 2: %s", outcome(rc));
    crib_scope_close(scope, rc, NULL);
    receive_and_tell();
    say("receiving without waiting: %s", outcome(receive_now()));
    n = crib_nursery_open();
    start(n, "a", receives_for_half_a_second);
    start(n, "b", receives_one);
    rc = sleep_ms(1000);
    if (rc == 0) rc = send_int(shared.tx, 3);
    return crib_nursery_close(n, rc);
}

/* ---- 596 */

static int unbounded(void *unused) {
    int i, rc = channel(CRIB_UNBOUNDED);
    (void)unused;
    for (i = 0; i < 50 && rc == 0; i++) rc = send_int(shared.tx, i);
    say("sent %d values", i);
    say("%d in the buffer", (int)statistics_of(shared.tx).buffered);
    return rc;
}

/* ---- 597 */

static void tell_statistics(void) {
    crib_channel_stats s = statistics_of(shared.tx);
    say("%d of %d buffered, at most %d", (int)s.buffered, (int)s.capacity, (int)s.peak);
    say("%d senders, %d receivers, %d waiting to receive", (int)s.senders, (int)s.receivers, (int)s.waiting_receivers);
}

static int receives_two(void *unused) {
    int rc = receive_and_tell();
    (void)unused;
    return rc < 0 ? rc : receive_and_tell();
}

static int statistics(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    (void)unused;
    channel(3);
    shared.other_tx = crib_sender_clone(shared.tx);
    for (i = 1; i <= 3; i++) send_int(shared.tx, i);
    for (i = 1; i <= 2; i++) crib_receiver_receive(shared.rx, NULL);
    tell_statistics();
    crib_sender_close(shared.other_tx);
    start(n, "receiver", receives_two);
    rc = crib_checkpoint();
    tell_statistics();
    if (rc == 0) rc = send_int(shared.tx, 4);
    return crib_nursery_close(n, rc);
}

const struct scenario channels[] = {
    {501, overflow},     {505, batch},          {586, capacity},  {587, rendezvous}, {588, oldest_receiver},
    {589, full_channel}, {595, cancelled_wait}, {596, unbounded}, {597, statistics}, {0, NULL},
};
