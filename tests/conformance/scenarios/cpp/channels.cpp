/* 5xx: channels. */
#include "groups.hpp"

namespace {

/* ---- 501 */

task<> overflow_by(const char *what, crib::overflow policy, size_t capacity) {
    const auto [tx, rx] = crib::channel<int>({capacity, policy});
    for (const int i : {1, 2, 3}) co_await tx.send(i);
    std::vector<int> values;
    while (const auto item = rx.receive_nowait()) values.push_back(*item);
    say(what, ":", listed(values), ", dropped ", tx.statistics().dropped);
}

task<> overflow() {
    co_await overflow_by("drop oldest", crib::overflow::drop_oldest, 2);
    co_await overflow_by("drop newest", crib::overflow::drop_newest, 2);
    co_await overflow_by("latest only", crib::overflow::latest, 0);
}

/* ---- 505 */

task<> sends_four_later(const crib::sender<int> &tx) {
    co_await crib::sleep(1s);
    co_await tx.send(4);
}

task<> receive_batch(const crib::receiver<int> &rx) {
    const std::vector<int> values = co_await rx.receive_batch(10);
    say("got ", values.size(), " at once:", listed(values));
}

task<> batch() {
    crib::channel<int> values(5);
    for (const int i : {1, 2, 3}) co_await values.send(i);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_four_later(values.tx));
        co_await receive_batch(values.rx);
        co_await receive_batch(values.rx);
    });
}

/* ---- 586 */

void send_now_and_tell(const crib::sender<int> &tx, int i) {
    say("sending ", i, " without waiting: ", would_block(tx.send_nowait(i)));
}

const char *receive_now(const crib::receiver<int> &rx) { return would_block(rx.receive_nowait().has_value()); }

task<> capacity() {
    const auto [tx, rx] = crib::channel<int>(2);
    for (const int i : {1, 2, 3}) send_now_and_tell(tx, i);
    co_await receive_and_tell(rx);
    send_now_and_tell(tx, 3);
    co_await receive_and_tell(rx);
    co_await receive_and_tell(rx);
    say("receiving without waiting: ", receive_now(rx));
}

/* ---- 587 */

task<> sends_to_who_receives(const crib::sender<int> &tx) {
    say("sends 1");
    say("sent 1: ", co_await attempt(tx.send(1)));
    send_now_and_tell(tx, 2);
    send_now_and_tell(tx, 3);
    co_await crib::sleep(500ms);
    say("sent 4: ", co_await attempt(tx.send(4)));
}

task<> receives_three(const crib::receiver<int> &rx) {
    co_await crib::sleep(500ms);
    for (int i = 0; i < 3; i++) co_await receive_and_tell(rx);
}

task<> rendezvous() {
    crib::channel<int> values;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_to_who_receives(values.tx));
        n.start_soon("receiver", receives_three(values.rx));
        co_return;
    });
}

/* ---- 588 */

task<> receives_one(const crib::receiver<int> &rx) { co_await receive_and_tell(rx); }

task<> oldest_receiver() {
    crib::channel<int> values(1);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("first", receives_one(values.rx));
        n.start_soon("second", receives_one(values.rx));
        co_await crib::checkpoint();
        co_await values.send(1);
        say("sent 1");
        say("receiving without waiting: ", receive_now(values.rx));
        co_await values.send(2);
        say("sent 2");
    });
}

/* ---- 589 */

task<> sends_one(const crib::sender<int> &tx, int i) {
    co_await tx.send(i);
    say("sent ", i);
}

task<> full_channel() {
    crib::channel<int> values(1);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", sends_one(values.tx, 1));
        n.start_soon("b", sends_one(values.tx, 2));
        n.start_soon("c", sends_one(values.tx, 3));
        co_await crib::checkpoint();
        for (int i = 0; i < 3; i++) {
            const auto got = co_await values.receive();
            const auto stats = values.tx.statistics();
            say("got ", *got, ", ", stats.buffered, " in the buffer, ", stats.waiting_senders, " waiting to send");
        }
    });
}

/* ---- 595 */

task<> receives_for_half_a_second(const crib::receiver<int> &rx) {
    co_await crib::move_on_after(500ms, [&] { return receives_one(rx); });
}

task<> cancelled_wait() {
    crib::channel<int> values(1);
    co_await values.send(1);
    co_await crib::move_on_after(1s, [&]() -> task<> {
        const outcome sent = co_await attempt(values.send(2));
        say("sending 2: ", sent);
        sent.pass();
    });
    co_await receive_and_tell(values.rx);
    say("receiving without waiting: ", receive_now(values.rx));
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", receives_for_half_a_second(values.rx));
        n.start_soon("b", receives_one(values.rx));
        co_await crib::sleep(1s);
        co_await values.send(3);
    });
}

/* ---- 596 */

task<> unbounded() {
    crib::channel<int> values(crib::unbounded);
    for (int i = 0; i < 50; i++) co_await values.send(i);
    say("sent 50 values");
    say(values.rx.statistics().buffered, " in the buffer");
}

/* ---- 597 */

void tell_statistics(const crib::sender<int> &tx) {
    const auto s = tx.statistics();
    say(s.buffered, " of ", s.capacity, " buffered, at most ", s.peak);
    say(s.senders, " senders, ", s.receivers, " receivers, ", s.waiting_receivers, " waiting to receive");
}

task<> receives_two(const crib::receiver<int> &rx) {
    co_await receive_and_tell(rx);
    co_await receive_and_tell(rx);
}

task<> statistics() {
    crib::channel<int> values(3);
    auto another = values.tx.clone();
    for (const int i : {1, 2, 3}) co_await values.send(i);
    for (int i = 0; i < 2; i++) co_await values.receive();
    tell_statistics(values.tx);
    another = {};
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("receiver", receives_two(values.rx));
        co_await crib::checkpoint();
        tell_statistics(values.tx);
        co_await values.send(4);
    });
}

constexpr scenario all[] = {
    {501, overflow},     {505, batch},          {586, capacity},  {587, rendezvous}, {588, oldest_receiver},
    {589, full_channel}, {595, cancelled_wait}, {596, unbounded}, {597, statistics},
};

}  // namespace

const group channels = all;
