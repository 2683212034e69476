/* 8xx: select. */
#include "groups.hpp"

namespace {

/* Tells what comes out of a channel, or its end. */
auto tells(const char *what) {
    return [what](std::optional<int> item) { say(what, ": ", item ? std::to_string(*item) : "CRIB_EENDOFCHANNEL"); };
}

struct two_channels {
    crib::channel<int> a, b;
    explicit two_channels(size_t capacity) : a(capacity), b(capacity) {}
};

/* ---- 801, 802 */

task<> receive_a_or_b(const two_channels &c) {
    co_await crib::select_in_order(crib::when(c.a.rx, tells("a")), crib::when(c.b.rx, tells("b")));
}

task<> sends_to_both(const two_channels &c) {
    co_await crib::sleep(100ms);
    co_await c.a.send(1);
    co_await crib::sleep(100ms);
    co_await c.b.send(2);
}

task<> whichever_comes_first() {
    const two_channels c(0);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_to_both(c));
        co_await receive_a_or_b(c);
        co_await receive_a_or_b(c);
    });
}

task<> exactly_one() {
    const two_channels c(1);
    co_await c.a.send(1);
    co_await c.b.send(2);
    for (int i = 0; i < 2; i++) {
        co_await receive_a_or_b(c);
        say("b still has ", c.b.tx.statistics().buffered);
    }
}

/* ---- 803 */

task<> sends_after(milliseconds d, const crib::sender<int> &tx, int item) {
    co_await crib::sleep(d);
    co_await tx.send(item);
}

task<> receive_or_50_ms(const crib::receiver<int> &rx) {
    co_await crib::select_in_order(crib::when(rx, tells("a")),
                                   crib::when_after(50ms, [] { say("nothing for 50 ms"); }));
}

task<> select_with_deadline() {
    crib::channel<int> a;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_after(80ms, a.tx, 1));
        co_await receive_or_50_ms(a.rx);
        co_await receive_or_50_ms(a.rx);
    });
}

/* ---- 804 */

task<> ended_channel_is_an_outcome() {
    two_channels c(0);
    c.a.tx = {};
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", sends_after(100ms, c.b.tx, 2));
        co_await receive_a_or_b(c);
        c.a.rx = {};
        co_await receive_a_or_b(c);
    });
}

/* ---- 805 */

struct things {
    crib::event event;
    crib::token token{"demo"};
    crib::lock lock;
    crib::semaphore permits{0};
};

task<> does_one_thing_at_a_time(const things &t) {
    {
        const auto guard = co_await t.lock.acquire();
        co_await crib::sleep(100ms);
        t.event.set();
        co_await crib::sleep(100ms);
        t.token.trigger();
        co_await crib::sleep(100ms);
    }
    co_await crib::sleep(100ms);
    t.permits.release();
    co_await crib::sleep(100ms);
}

task<> wait_for_all(const things &t, const crib::spawned<void> &helper) {
    bool waits_for[5] = {true, true, true, true, true};
    crib::lock_guard mine;
    for (size_t chosen = 0; chosen < 4; waits_for[chosen] = false) {
        chosen = co_await crib::select_in_order(
            crib::only_if(waits_for[0], crib::when(t.event, [] { say("the event is set"); })),
            crib::only_if(waits_for[1], crib::when(t.token, [] { say("the token is triggered"); })),
            crib::only_if(waits_for[2], crib::when(t.lock,
                                                   [&](crib::lock_guard guard) {
                                                       say("the lock is mine");
                                                       mine = std::move(guard);
                                                   })),
            crib::only_if(waits_for[3], crib::when(t.permits,
                                                   [](crib::semaphore_guard permit) {
                                                       say("a permit is mine");
                                                       permit.keep();
                                                   })),
            crib::when(helper, [](bool well) { say("the task has ended: ", well ? "ok" : "failed"); }));
    }
}

task<> many_kinds() {
    const things t;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        const auto helper = n.spawn("helper", does_one_thing_at_a_time(t));
        co_await crib::checkpoint();
        co_await wait_for_all(t, helper);
    });
}

/* ---- 806 */

/* A value that can only be moved: it is in one place at a time. */
using parcel = std::unique_ptr<int>;

task<> receives_after_150(const crib::receiver<parcel> &rx) {
    co_await crib::sleep(150ms);
    const auto item = co_await rx.receive();
    say("got ", **item);
}

task<> send_or_100_ms(const crib::sender<parcel> &tx, parcel &item) {
    co_await crib::select_in_order(crib::when(tx, std::ref(item), [] { say("sent"); }),
                                   crib::when_after(100ms, [] { say("nobody took it"); }));
}

task<> send_by_select() {
    crib::channel<parcel> parcels;
    auto seven = std::make_unique<int>(7);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("receiver", receives_after_150(parcels.rx));
        co_await send_or_100_ms(parcels.tx, seven);
        co_await send_or_100_ms(parcels.tx, seven);
    });
}

/* ---- 807 */

task<> owns_the_lock(const crib::lock &l) {
    const auto guard = co_await l.acquire();
    co_await crib::sleep(200ms);
    say("releases the lock");
}

task<> cancelled_select() {
    crib::channel<int> values(1);
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("owner", owns_the_lock(l));
        co_await crib::checkpoint();
        co_await crib::move_on_after(100ms, [&]() -> task<> {
            const outcome chosen = co_await attempt(
                crib::select_in_order(crib::when(values.rx, tells("a")), crib::when(l, [](crib::lock_guard) {})));
            say(chosen);
            chosen.pass();
        });
        say(values.tx.statistics().waiting_receivers, " wait for a value");
        co_await crib::sleep(200ms);
        say("the lock is free: ", yes(static_cast<bool>(l.acquire_nowait())));
        co_await values.send(1);
        say("the value is there: ", *co_await values.receive());
    });
}

/* ---- 808 */

task<> select_without_waiting() {
    crib::channel<int> a(1);
    const auto try_a = [&] {
        if (!crib::select_nowait(crib::when(a.rx, tells("a")))) say("CRIB_EWOULDBLOCK");
    };
    try_a();
    co_await a.send(1);
    try_a();
    try_a();
}

constexpr scenario all[] = {
    {801, whichever_comes_first},
    {802, exactly_one},
    {803, select_with_deadline},
    {804, ended_channel_is_an_outcome},
    {805, many_kinds},
    {806, send_by_select},
    {807, cancelled_select},
    {808, select_without_waiting},
};

}  // namespace

const group selects = all;
