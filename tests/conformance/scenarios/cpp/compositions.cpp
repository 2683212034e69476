/* 0xx (S4.8 to S4.13), 8xx: compositions. */
#include "groups.hpp"

namespace {

task<int> slow() {
    co_await sleep_and_tell(10s);
    co_return 0;
}

/* Takes so long and gives so much. */
auto does(milliseconds d, int gives) {
    return [=]() -> task<int> {
        co_await crib::sleep(d);
        say("ends");
        co_return gives;
    };
}

auto fails_after(milliseconds d) {
    return [=]() -> task<int> {
        if (d > 0ms) co_await crib::sleep(d);
        say("fails");
        throw trouble("boom");
    };
}

task<> ends_at_once() {
    say("ends");
    co_return;
}

/* ---- 058 to 063 */

task<> tell(task<outcome> trial) {
    const outcome tried = co_await std::move(trial);
    try {
        tried.pass();
        say(tried);
    } catch (const crib::op_cancelled &e) {
        say(e.name(), ", ", e.what());
    } catch (...) {
        say(tried);
    }
}

task<> cancellable_wait_times_out() { return tell(attempt(crib::cancellable_wait(100ms, crib::work("slow", slow)))); }

task<> triggers(const crib::token &stop) {
    co_await crib::sleep(1s);
    say("triggers");
    stop.trigger();
}

task<> cancellable_wait_triggered() {
    const crib::token demo("demo");
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("other", triggers(demo));
        co_await tell(attempt(crib::cancellable_wait(demo, crib::work("slow", slow))));
    });
}

task<> first_result() {
    const auto first = co_await crib::cancellable_wait(crib::work("slow", slow), crib::work("quick", does(1s, 1)));
    say("number ", first.index, " gave ", first.value);
}

task<> triggered_beats_success() {
    const crib::token demo("demo");
    demo.trigger();
    co_await tell(attempt(crib::cancellable_wait(demo, crib::work("at once", ends_at_once))));
}

task<> failure_beats_triggered() {
    const crib::token demo("demo");
    demo.trigger();
    co_await tell(attempt(crib::cancellable_wait(demo, crib::work("fails", fails_after(0ms)))));
}

task<> cancelled_from_outside() {
    const crib::token demo("demo");
    const bool absorbed = co_await crib::move_on_after(1s, [&]() -> task<> {
        const outcome waited = co_await attempt(crib::cancellable_wait(demo, crib::work("slow", slow)));
        say(waited);
        waited.pass();
    });
    say("absorbed: ", yes(absorbed));
}

/* ---- 820 to 823 */

task<> gather() {
    const auto all = co_await crib::gather(crib::at_most{2}, crib::work("a", does(300ms, 1)),
                                           crib::work("b", does(100ms, 2)), crib::work("c", does(100ms, 3)));
    const auto [a, b, c] = all;
    say(a, " ", b, " ", c);
}

task<> gather_fails() {
    return tell(attempt(crib::gather(crib::work("slow", slow), crib::work("fails", fails_after(500ms)))));
}

task<> first_success() {
    const auto first = co_await crib::first_success(crib::work("fails", fails_after(500ms)),
                                                    crib::work("quick", does(1s, 1)), crib::work("slow", slow));
    say("number ", first.index, " gave ", first.value);
}

task<> as_completed() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        const auto ended = crib::completed(n, crib::work("a", does(300ms, 1)), crib::work("b", does(100ms, 2)),
                                           crib::work("fails", fails_after(500ms)));
        while (auto one = co_await ended.receive()) {
            try {
                say("number ", one->index(), " gave ", one->value());
            } catch (const trouble &e) {
                say("number ", one->index(), ": ", e.what());
            }
        }
        say("CRIB_EENDOFCHANNEL");
    });
}

/* ---- 824 to 826 */

task<> retry() {
    std::vector<int> at;
    const outcome tried = co_await attempt(crib::retry({.delay = 100ms}, [&]() -> task<> {
        at.push_back(static_cast<int>(ms_since_begin(crib::clock::now())));
        if (at.size() < 3) throw trouble("boom");
        co_return;
    }));
    say(tried, ", attempts at", listed(at));
}

task<> ticker() {
    crib::ticker ticks(100ms);
    for (const auto pause : {250ms, 50ms, 0ms}) {
        say("missed ", co_await ticks.wait());
        co_await crib::sleep(pause);
    }
}

task<> map() {
    const int numbers[] = {0, 1, 2, 3};
    const std::vector<int> squares = co_await crib::map(crib::at_most{2}, numbers, [](int n) -> task<int> {
        co_await crib::sleep(100ms);
        co_return n *n;
    });
    say(listed(squares).substr(1));
}

constexpr scenario all[] = {
    {58, cancellable_wait_times_out},
    {59, cancellable_wait_triggered},
    {60, first_result},
    {61, triggered_beats_success},
    {62, failure_beats_triggered},
    {63, cancelled_from_outside},
    {820, gather},
    {821, gather_fails},
    {822, first_success},
    {823, as_completed},
    {824, retry},
    {825, ticker},
    {826, map},
};

}  // namespace

const group compositions = all;
