/* 5xx: the ends of channels. */
#include "groups.hpp"

namespace {

/* ---- 504 */

task<> close_with_an_error() {
    const auto [tx, rx] = crib::channel<int>(1);
    co_await tx.send(1);
    tx.close(std::make_exception_ptr(trouble("boom")));
    for (int i = 0; i < 3; i++) co_await attempt(receive_and_tell(rx));
}

/* ---- 590 */

task<> end_of_channel() {
    auto [tx, rx] = crib::channel<int>(2);
    co_await tx.send(1);
    co_await tx.send(2);
    tx = {};
    for (int i = 0; i < 4; i++) co_await receive_and_tell(rx);
}

/* ---- 591 */

task<> send_and_tell(const crib::sender<int> &tx, int i) { say(i, ": ", co_await attempt(tx.send(i))); }

task<> sends_two(const crib::sender<int> &tx) {
    co_await send_and_tell(tx, 1);
    co_await send_and_tell(tx, 2);
}

task<> no_receiver() {
    crib::channel<int> values(1);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_two(values.tx));
        co_await crib::checkpoint();
        say("closes the receiver");
        values.rx.close();
        co_await send_and_tell(values.tx, 3);
    });
}

/* ---- 592 */

task<> try_both(const crib::channel<int> &values) {
    say("receive: ", co_await attempt(values.rx.receive()));
    say("send: ", co_await attempt(values.tx.send(1)));
}

task<> receives_in_vain(const crib::receiver<int> &rx) { co_await attempt(receive_and_tell(rx)); }

task<> own_end_closed() {
    crib::channel<int> values(1);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("receiver", receives_in_vain(values.rx));
        co_await crib::checkpoint();
        say("closes the receiver");
        values.rx.close();
        co_await try_both(values);
        say("closes the sender");
        values.tx.close();
        co_await try_both(values);
    });
}

/* ---- 593 */

task<> clones() {
    const auto [tx, rx] = crib::channel<int>(1);
    const auto other = tx.clone();
    tx.close();
    say("the first sender is closed, the clone sends: ", co_await attempt(other.send(1)));
    co_await receive_and_tell(rx);
    other.close();
    const auto end = co_await rx.receive();
    say("the clone is closed: ", end ? "ok" : "CRIB_EENDOFCHANNEL");
    say("cloning it is refused: ", yes(!attempt_now([&] { return other.clone(); }).ok()));
}

/* ---- 598 */

task<> consumes(const crib::receiver<int> &rx, int &sum) {
    while (const auto item = co_await rx.receive()) {
        say("got ", *item);
        sum += *item;
    }
    say("no more");
}

task<> produces(crib::sender<int> tx, int first) {
    for (int i = 0; i < 3; i++) co_await tx.send(first + i);
}

task<> each_value_once() {
    crib::channel<int> values;
    int sum = 0;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        for (const char *name : {"c1", "c2", "c3"}) n.start_soon(name, consumes(values.rx, sum));
        n.start_soon("p1", produces(values.tx.clone(), 1));
        n.start_soon("p2", produces(std::move(values.tx), 11));
        co_return;
    });
    say("sum ", sum);
}

constexpr scenario all[] = {
    {504, close_with_an_error}, {590, end_of_channel}, {591, no_receiver},
    {592, own_end_closed},      {593, clones},         {598, each_value_once},
};

}  // namespace

const group channel_ends = all;
