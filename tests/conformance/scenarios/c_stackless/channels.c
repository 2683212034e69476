/* 5xx: channels. */
#include "player.h"

static void send_now(player *p, int i) {
    crib_value v = crib_value_int(i);
    await(p, crib_sender_send_nowait(shared.tx, &v));
}

static void receive_now(player *p) {
    crib_value v;
    await(p, crib_receiver_receive_nowait(shared.rx, &v));
}

/* ---- 501 */

static void overflow_by(player *p, int policy, size_t capacity) {
    crib_channel_options options = {.size = sizeof options};
    crib_unref(shared.tx);
    crib_unref(shared.rx);
    options.overflow = policy;
    options.capacity = capacity;
    crib_channel_open_with(&options, &shared.tx, &shared.rx);
    p->i = 0;
}

static void tell_what_is_left(const char *what) {
    char values[20] = "";
    crib_value v;
    while (crib_receiver_receive_nowait(shared.rx, &v) == 0)
        text_number(values, sizeof values, (int)crib_value_as_int(v, -1));
    say("%s:%s, dropped %d", what, values, (int)statistics_of(shared.tx).dropped);
}

static void overflow(player *p) {
    switch (p->step++) {
        case 0: overflow_by(p, CRIB_OVERFLOW_DROP_OLDEST, 2); break;
        case 1:
        case 3:
        case 5:
            send_int(p, shared.tx, ++p->i);
            if (p->i < 3) p->step--;
            break;
        case 2:
            tell_what_is_left("drop oldest");
            overflow_by(p, CRIB_OVERFLOW_DROP_NEWEST, 2);
            break;
        case 4:
            tell_what_is_left("drop newest");
            overflow_by(p, CRIB_OVERFLOW_LATEST, 0);
            break;
        case 6:
            tell_what_is_left("latest only");
            leave(p);
            break;
    }
}

/* ---- 505 */

static void sends_four_later(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 1000); break;
        case 1: send_int(p, shared.tx, 4); break;
        case 2: leave(p); break;
    }
}

/* After the first value, the rest. */
static void tell_batch(player *p) {
    char values[20] = "";
    crib_value v[9];
    int i, n = crib_receiver_receive_batch_nowait(shared.rx, v, 9);
    text_number(values, sizeof values, int_of(p));
    for (i = 0; i < n; i++) text_number(values, sizeof values, (int)crib_value_as_int(v[i], -1));
    say("got %d at once:%s", n > 0 ? n + 1 : 1, values);
}

static void batch(player *p) {
    switch (p->step++) {
        case 0:
            channel(5);
            start(nursery_open(p), "sender", sends_four_later);
            break;
        case 1:
            send_int(p, shared.tx, ++p->i);
            if (p->i < 3) p->step = 1;
            break;
        case 2: receive(p, shared.rx); break;
        case 3:
            tell_batch(p);
            receive(p, shared.rx);
            break;
        case 4:
            tell_batch(p);
            nursery_close(p);
            break;
        case 5: leave(p); break;
    }
}

/* ---- 586 */

static void send_now_and_tell(player *p, int i) {
    send_now(p, i);
    say("sending %d without waiting: %s", i, outcome(p));
}

static void receive_now_and_tell(player *p) {
    receive_now(p);
    say("receiving without waiting: %s", outcome(p));
}

static void capacity(player *p) {
    switch (p->step++) {
        case 0:
            channel(2);
            send_now_and_tell(p, 1);
            send_now_and_tell(p, 2);
            send_now_and_tell(p, 3);
            receive(p, shared.rx);
            break;
        case 1:
            tell_received(p);
            send_now_and_tell(p, 3);
            receive(p, shared.rx);
            break;
        case 2:
            tell_received(p);
            receive(p, shared.rx);
            break;
        case 3:
            tell_received(p);
            receive_now_and_tell(p);
            well(p);
            leave(p);
            break;
    }
}

/* ---- 587 */

static void sends_to_who_receives(player *p) {
    switch (p->step++) {
        case 0:
            say("sends 1");
            send_int(p, shared.tx, 1);
            break;
        case 1:
            say("sent 1: %s", outcome(p));
            send_now_and_tell(p, 2);
            send_now_and_tell(p, 3);
            sleep_ms(p, 500);
            break;
        case 2: send_int(p, shared.tx, 4); break;
        case 3:
            say("sent 4: %s", outcome(p));
            leave(p);
            break;
    }
}

static void receives(player *p, int most) {
    switch (p->step++) {
        case 0: receive(p, shared.rx); break;
        case 1:
            tell_received(p);
            if (p->status == 0 && ++p->i < most)
                p->step = 0;
            else
                leave(p);
            break;
    }
}

static void receives_three(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 500); break;
        case 1: receive(p, shared.rx); break;
        case 2:
            tell_received(p);
            if (++p->i < 3)
                p->step = 1;
            else
                leave(p);
            break;
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

/* ---- 588 */

static void receives_one(player *p) { receives(p, 1); }
static void receives_two(player *p) { receives(p, 2); }

static void oldest_receiver(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            p->nursery = nursery_open(p);
            start(p->nursery, "first", receives_one);
            start(p->nursery, "second", receives_one);
            checkpoint(p);
            break;
        case 1: send_int(p, shared.tx, 1); break;
        case 2:
            say("sent 1");
            receive_now_and_tell(p);
            send_int(p, shared.tx, 2);
            break;
        case 3:
            say("sent 2");
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 589 */

static void sends_one(player *p) {
    int i = (int)(intptr_t)p->data;
    switch (p->step++) {
        case 0: send_int(p, shared.tx, i); break;
        case 1:
            say("sent %d", i);
            leave(p);
            break;
    }
}

static void tell_how_full(player *p) {
    crib_channel_stats stats = statistics_of(shared.tx);
    say("got %d, %d in the buffer, %d waiting to send", int_of(p), (int)stats.buffered, (int)stats.waiting_senders);
}

static void full_channel(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            p->nursery = nursery_open(p);
            start_with(p->nursery, "a", sends_one, (void *)(intptr_t)1);
            start_with(p->nursery, "b", sends_one, (void *)(intptr_t)2);
            start_with(p->nursery, "c", sends_one, (void *)(intptr_t)3);
            checkpoint(p);
            break;
        case 1: receive(p, shared.rx); break;
        case 2:
            tell_how_full(p);
            if (++p->i < 3)
                p->step = 1;
            else
                nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 595 */

static void receives_for_half_a_second(player *p) {
    switch (p->step++) {
        case 0:
            move_on_after(p, 500);
            receive(p, shared.rx);
            break;
        case 1:
            tell_received(p);
            scope_close(p);
            leave(p);
            break;
    }
}

static void cancelled_wait(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            send_int(p, shared.tx, 1);
            break;
        case 1:
            move_on_after(p, 1000);
            send_int(p, shared.tx, 2);
            break;
        case 2:
            say("sending 2: %s", outcome(p));
            scope_close(p);
            receive(p, shared.rx);
            break;
        case 3:
            tell_received(p);
            receive_now_and_tell(p);
            well(p);
            p->nursery = nursery_open(p);
            start(p->nursery, "a", receives_for_half_a_second);
            start(p->nursery, "b", receives_one);
            sleep_ms(p, 1000);
            break;
        case 4: send_int(p, shared.tx, 3); break;
        case 5: nursery_close(p); break;
        case 6: leave(p); break;
    }
}

/* ---- 596 */

static void unbounded(player *p) {
    switch (p->step++) {
        case 0: channel(CRIB_UNBOUNDED); break;
        case 1:
            send_int(p, shared.tx, p->i);
            if (++p->i < 50) p->step = 1;
            break;
        case 2:
            say("sent %d values", p->i);
            say("%d in the buffer", (int)statistics_of(shared.tx).buffered);
            leave(p);
            break;
    }
}

/* ---- 597 */

static void tell_statistics(void) {
    crib_channel_stats s = statistics_of(shared.tx);
    say("%d of %d buffered, at most %d", (int)s.buffered, (int)s.capacity, (int)s.peak);
    say("%d senders, %d receivers, %d waiting to receive", (int)s.senders, (int)s.receivers, (int)s.waiting_receivers);
}

static void statistics(player *p) {
    switch (p->step++) {
        case 0:
            channel(3);
            shared.other_tx = crib_sender_clone(shared.tx);
            break;
        case 1:
            send_int(p, shared.tx, ++p->i);
            if (p->i < 3) p->step = 1;
            break;
        case 2:
        case 3: receive(p, shared.rx); break;
        case 4:
            tell_statistics();
            crib_sender_close(shared.other_tx);
            start(nursery_open(p), "receiver", receives_two);
            checkpoint(p);
            break;
        case 5:
            tell_statistics();
            send_int(p, shared.tx, 4);
            break;
        case 6: nursery_close(p); break;
        case 7: leave(p); break;
    }
}

const struct scenario channels[] = {
    {501, overflow},     {505, batch},          {586, capacity},  {587, rendezvous}, {588, oldest_receiver},
    {589, full_channel}, {595, cancelled_wait}, {596, unbounded}, {597, statistics}, {0, NULL},
};
