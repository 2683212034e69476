/* 3xx: nurseries with policies and limits, and handles of tasks. */
#include "groups.hpp"

namespace {

task<> sleeps(milliseconds d) { co_await crib::sleep(d); }

bool refused(const outcome &started) { return !started.ok(); }

/* ---- 301, 302 */

task<> late_job() {
    say("begins");
    co_await crib::sleep(1s);
}

task<> room_for_two() {
    crib::nursery_options options;
    options.max_children = 2;
    co_await crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("job 1", sleeps(1s));
        n.start_soon("job 2", sleeps(1s));
        say("job 3 is refused: ", yes(refused(attempt_now([&] { n.start_soon("job 3", late_job); }))));
        co_await n.wait_room();
        say("there is room");
        n.start_soon("job 3", late_job);
    });
    say("all done");
}

task<> wait_until_idle() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("short", sleeps(1s));
        n.start_soon("long", sleeps(2s));
        co_await n.wait_idle();
        say("no children, starts another");
        n.start_soon("another", sleeps(1s));
    });
    say("closed");
}

/* ---- 303, 304, 305 */

task<> quick() {
    co_await crib::sleep(1s);
    say("ends");
}

task<> slow() { return sleep_and_tell(10s); }

task<> fails_after(milliseconds d, const char *message) {
    co_await crib::sleep(d);
    say("fails");
    throw trouble(message);
}

task<> first_done() {
    crib::nursery_options options;
    options.policy = crib::policy::first_done;
    const outcome closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("quick", quick);
        n.start_soon("slow", slow);
        co_return;
    }));
    say("the nursery: ", closed);
}

task<> first_success() {
    crib::nursery_options options;
    options.policy = crib::policy::first_success;
    outcome closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("fails", fails_after(500ms, "boom"));
        n.start_soon("quick", quick);
        n.start_soon("slow", slow);
        co_return;
    }));
    say("the nursery: ", closed);
    closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("fails", fails_after(500ms, "boom"));
        n.start_soon("fails too", fails_after(1s, "bang"));
        co_return;
    }));
    say("the nursery: ", closed);
}

task<> supervise() {
    crib::nursery_options options;
    options.policy = crib::policy::supervise;
    options.on_failure = [](const crib::failure &f) { say("heard of ", text_of(f)); };
    const outcome closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("failing", fails_after(500ms, "boom"));
        n.start_soon("sibling", quick);
        co_return;
    }));
    say("the nursery: ", closed);
}

/* ---- 306 */

task<> service_nursery() {
    crib::nursery_options options;
    options.service = true;
    const bool timed_out = co_await crib::move_on_after(1s, [&]() -> task<> {
        co_await crib::nursery(options, [](nursery_ref n) -> task<> {
            n.start_soon("service", slow);
            const outcome slept = co_await attempt(crib::sleep(5s));
            say("the body is cancelled, cleans up");
            co_await crib::shield([] { return sleeps(500ms); });
            say("the body ends");
            slept.pass();
        });
    });
    say("timed out: ", yes(timed_out));
}

/* ---- 307 */

task<> drain() {
    crib::nursery_options options;
    options.drain = true;
    const outcome closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        say("not cancelled, refused: ", yes(refused(attempt_now([&] { n.start_soon("child", slow); }))));
        n.cancel();
        say("cancelled, refused: ", yes(refused(attempt_now([&] { n.start_soon("another", slow); }))));
        co_return;
    }));
    say("the nursery: ", closed);
}

/* ---- 308, 309 */

task<int> worker() {
    co_await crib::sleep(1s);
    co_return 42;
}

task<> wait_for_one_task() {
    std::optional<int> result;
    const outcome closed = co_await attempt(crib::nursery([&](nursery_ref n) -> task<> {
        const auto one = n.spawn("worker", worker);
        n.start_soon("sibling", sleeps(2s));
        result = co_await one.wait();
        say("the worker has ended: ", result ? "ok" : "failed");
    }));
    say("the nursery: ", closed);
    say("its result is ", result.value_or(0));
}

task<> cancel_one_task() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        const auto one = n.spawn("one", sleep_and_tell(1s));
        n.start_soon("two", sleep_and_tell(1s));
        co_await crib::sleep(500ms);
        say("cancels one");
        one.cancel();
    }));
    say("the nursery: ", closed);
}

constexpr scenario all[] = {
    {301, room_for_two},    {302, wait_until_idle}, {303, first_done},        {304, first_success},   {305, supervise},
    {306, service_nursery}, {307, drain},           {308, wait_for_one_task}, {309, cancel_one_task},
};

}  // namespace

const group policies = all;
