/* 0xx: the demo with two producers and a consumer, and what is told about it (S0). */
#include "groups.hpp"

namespace {

/* ---- 001, 002 */

struct pace {
    milliseconds pause, more;
    int modulus;
};

task<> produce(int items, pace p, crib::sender<int> tx) {
    try {
        for (int i = 1; i <= items; i++) {
            co_await tx.send(i * i);
            say("generated item ", i);
            co_await crib::sleep(p.pause + p.more * (i % p.modulus));
        }
    } catch (const crib::cancelled &) {
        say("cancelled");
        throw;
    }
}

task<> consume(crib::receiver<int> rx) {
    try {
        while (const auto value = co_await rx.receive()) {
            say("processed value ", *value);
            co_await crib::sleep(500ms);
        }
        say("no more");
    } catch (const crib::cancelled &) {
        say("cancelled");
        throw;
    }
}

task<> demo(int items) {
    say("App started.");
    crib::channel<int> values(10);
    const bool timed_out = co_await crib::move_on_after(5s, [&]() -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            n.start_soon("Prod 1", produce(items, {500ms, 300ms, 4}, values.tx.clone()));
            n.start_soon("Prod 2", produce(items, {500ms, 170ms, 6}, std::move(values.tx)));
            n.start_soon("Consumer", consume(std::move(values.rx)));
            co_return;
        });
    });
    say("timed out: ", yes(timed_out));
    say("App exiting.");
}

task<> five_seconds() { return demo(20); }
task<> ends_early() { return demo(2); }

/* ---- 003 */

task<> cleans_up() {
    const says_on_exit cleanup{"cleans up"};
    co_await crib::sleep_forever();
}

task<> has_children(const char *one, const char *another) {
    const says_on_exit cleanup{"cleans up"};
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon(one, cleans_up);
        n.start_soon(another, cleans_up);
        co_return;
    });
}

task<> descendants_are_cancelled() {
    const bool timed_out = co_await crib::move_on_after(5s, []() -> task<> {
        const says_on_exit after{"the nursery is closed"};
        co_await crib::nursery([](nursery_ref n) -> task<> {
            say("starts");
            n.start_soon("one", has_children("one.1", "one.2"));
            n.start_soon("two", has_children("two.1", "two.2"));
            co_return;
        });
    });
    say("timed out: ", yes(timed_out));
}

/* ---- 004 */

task<> sibling() {
    say("begins");
    co_await sleep_and_tell(60s);
}

task<> latecomer() {
    say("begins");
    const outcome looked = co_await attempt(crib::checkpoint());
    say(looked);
    looked.pass();
}

task<> failing(nursery_ref n) {
    co_await crib::sleep(1s);
    say("fails");
    n.start_soon("latecomer", latecomer);
    throw trouble("boom");
}

task<> one_child_fails() {
    outcome closed;
    const bool timed_out = co_await crib::move_on_after(5s, [&]() -> task<> {
        closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("sibling", sibling);
            n.start_soon("failing", failing(n));
            co_return;
        }));
        say("the nursery: ", closed);
    });
    say("timed out: ", yes(timed_out));
    closed.pass();
}

/* ---- 005 */

task<> sends_eleven(const crib::sender<int> &tx) {
    for (int i = 1; i <= 10; i++) co_await tx.send(i);
    say("sent 10 items");
    co_await tx.send(11);
    say("sent one more");
}

task<> full_buffer() {
    crib::channel<int> items(10);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_eleven(items.tx));
        co_await crib::sleep(3s);
        say("got ", *co_await items.rx.receive());
    });
}

/* ---- 006 */

task<> changes_its_name() {
    say("begins");
    say("gets another name");
    crib::this_task::set_name("Prod 2");
    say("goes on");
    co_await crib::sleep(1s);
}

task<> task_names() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        const auto child = n.spawn("Prod 1", changes_its_name);
        say("its name is ", child.name());
        co_await crib::checkpoint();
        say("now its name is ", child.name());
    });
}

/* ---- 007 */

task<> counts_sent(int &sent, crib::sender<int> tx) {
    for (int i = 1; i <= 20; i++) {
        co_await tx.send(i * i);
        sent++;
        co_await crib::sleep(700ms);
    }
}

task<> counts_received(int &received, crib::receiver<int> rx) {
    while (const auto value = co_await rx.receive()) {
        received++;
        co_await crib::sleep(500ms);
    }
}

task<> fixed_sleeps() {
    say("App started.");
    int sent[] = {0, 0}, received = 0;
    co_await crib::move_on_after(5s, [&]() -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            auto [tx, rx] = crib::channel<int>(10);
            n.start_soon("Prod 1", counts_sent(sent[0], tx.clone()));
            n.start_soon("Prod 2", counts_sent(sent[1], std::move(tx)));
            n.start_soon("Consumer", counts_received(received, std::move(rx)));
            co_return;
        });
    });
    say("generated ", sent[0], " and ", sent[1], ", processed ", received);
    say("App exiting.");
}

constexpr scenario all[] = {
    {1, five_seconds}, {2, ends_early},   {3, descendants_are_cancelled}, {4, one_child_fails}, {5, full_buffer},
    {6, task_names},   {7, fixed_sleeps},
};

}  // namespace

const group seeds_demo = all;
