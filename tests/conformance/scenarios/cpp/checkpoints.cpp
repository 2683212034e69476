/* 2xx: checkpoints and the order of tasks. */
#include "groups.hpp"

namespace {

/* ---- 243 */

task<> every_operation_looks() {
    crib::channel<int> values(2);
    co_await values.tx.send(1);
    const crib::event e;
    e.set();
    const crib::lock l;
    const crib::semaphore permits(1);
    co_await crib::with_scope([&](scope_ref scope) -> task<> {
        scope.cancel();
        say("send: ", co_await attempt(values.tx.send(2)));
        say("receive: ", co_await attempt(values.rx.receive()));
        say("wait for the event: ", co_await attempt(e.wait()));
        say("acquire the lock: ", co_await attempt(l.acquire()));
        say("acquire the semaphore: ", co_await attempt(permits.acquire()));
        say("sleep no time: ", co_await attempt(crib::sleep(0s)));
    });
    const auto guard = l.acquire_nowait();
    const auto permit = permits.acquire_nowait();
    say("values: ", values.tx.statistics().buffered, ", the lock is free: ", yes(static_cast<bool>(guard)),
        ", a permit is left: ", yes(static_cast<bool>(permit)));
}

/* ---- 247 */

task<> rounds(int most) {
    for (int i = 1; i <= most; i++) {
        say("round ", i);
        if (i < most) co_await crib::checkpoint();
    }
}

task<> yields() { co_await crib::checkpoint(); }

task<> three_checkpoints() {
    say("checkpoint_if_cancelled: ", attempt_now(crib::checkpoint_if_cancelled));
    say("cancel_shielded_checkpoint: ", co_await attempt(crib::shield(yields)));
    say("checkpoint: ", co_await attempt(crib::checkpoint()));
}

task<> halves_of_a_checkpoint() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("other", rounds(4));
        co_await three_checkpoints();
        co_await crib::with_scope([](scope_ref scope) -> task<> {
            scope.cancel();
            co_await three_checkpoints();
        });
    });
}

/* ---- 249 */

task<> does_nothing() { co_return; }

task<> what_blocks_schedule() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("other", rounds(2));
        co_await crib::with_scope(does_nothing);
        say("a scope was opened and closed");
        const outcome closed = co_await attempt(crib::nursery([](nursery_ref) -> task<> {
            say("a nursery was opened");
            co_return;
        }));
        say("and closed: ", closed);
        const bool absorbed = co_await crib::with_scope([](scope_ref scope) -> task<> {
            scope.cancel();
            say("a nursery in a cancelled scope: ", co_await attempt(crib::nursery(does_nothing)));
        });
        say("absorbed: ", yes(absorbed));
    });
}

/* ---- 250 */

task<> receives_nothing(const crib::receiver<int> &rx) { co_await receive_and_tell(rx); }

task<> close_in_a_cancelled_scope() {
    crib::channel<int> values;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("receiver", receives_nothing(values.rx));
        co_await crib::checkpoint();
        co_await crib::with_scope([&](scope_ref scope) -> task<> {
            scope.cancel();
            say("closes");
            values.tx.close();
            say("checkpoint: ", attempt_now(crib::checkpoint_if_cancelled));
            co_return;
        });
    });
}

/* ---- 251 */

task<> sleeps_for_nothing() {
    for (int i = 1; i <= 3; i++) {
        say(i);
        co_await crib::sleep(0s);
    }
}

task<> sleeps_until_past() {
    for (int i = 1; i <= 3; i++) {
        say(i);
        co_await crib::sleep_until(crib::clock::now() - 1s);
    }
}

task<> sleep_of_no_length() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("a", sleeps_for_nothing);
        n.start_soon("b", sleeps_until_past);
        co_return;
    });
}

/* ---- 254 */

task<> looks() {
    const outcome looked = co_await attempt(crib::checkpoint());
    say("checkpoint: ", looked);
    looked.pass();
}

task<> waits_for_an_event(const crib::event &e) {
    say("the event: ", co_await attempt(e.wait()));
    co_await looks();
}

task<> waits_for_a_value(const crib::receiver<int> &rx) {
    say("got ", *co_await rx.receive());
    co_await looks();
}

task<> handed_over_is_handed_over() {
    const crib::event e;
    crib::channel<int> values;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", waits_for_an_event(e));
        n.start_soon("b", waits_for_a_value(values.rx));
        co_await crib::checkpoint();
        e.set();
        co_await values.tx.send(7);
        n.cancel();
        say("has cancelled");
    });
}

/* ---- 257 */

task<> waits_and_runs(const crib::event &e) {
    say("waits");
    co_await e.wait();
    say("runs");
}

task<> runs() {
    say("runs");
    co_return;
}

task<> in_order_of_getting_ready() {
    const crib::event e;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("waiter", waits_and_runs(e));
        co_await crib::checkpoint();
        say("starts x, sets the event, starts y");
        n.start_soon("x", runs);
        e.set();
        n.start_soon("y", runs);
        say("goes on");
    });
}

/* ---- 259 */

task<> is_busy() {
    for (int i = 0; i < 10; i++) {
        crib::testing::jump(100ms);
        co_await crib::checkpoint();
    }
    say("done");
}

task<> sleeps_a_little() {
    co_await crib::sleep(250ms);
    say("woke");
}

task<> busy_task() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("sleeper", sleeps_a_little);
        n.start_soon("busy", is_busy);
        co_return;
    });
}

/* ---- 260 */

task<> far_future() {
    say("sleeps");
    co_await crib::sleep(100 * 24h);
    say("woke");
}

constexpr scenario all[] = {
    {243, every_operation_looks},
    {247, halves_of_a_checkpoint},
    {249, what_blocks_schedule},
    {250, close_in_a_cancelled_scope},
    {251, sleep_of_no_length},
    {254, handed_over_is_handed_over},
    {257, in_order_of_getting_ready},
    {259, busy_task},
    {260, far_future},
};

}  // namespace

const group checkpoints = all;
