/* 0xx: the cells of the introductory notebook (S2). */
#include "groups.hpp"

namespace {

/* ---- 011, 012 */

task<int> doubled(int x) { co_return 2 * x; }

task<int> run_returns() { return doubled(3); }

task<> double_sleep() {
    say("sleeps");
    co_await crib::sleep(2 * 3s);
    say("slept");
}

/* ---- 014 */

task<> child(milliseconds d) {
    say("started, sleeping");
    co_await crib::sleep(d);
    say("exiting");
}

task<> parent_and_children() {
    say("started");
    co_await crib::nursery([](nursery_ref n) -> task<> {
        say("starting child1");
        n.start_soon("child1", child, 3s);
        say("starting child2");
        n.start_soon("child2", child, 1s);
        say("waiting for both");
        co_return;
    });
    say("all done");
}

/* ---- 015 */

task<> in_trouble() {
    co_await crib::sleep(1s);
    say("fails");
    throw trouble("a child's trouble");
}

task<> failure_reaches_the_parent() {
    try {
        co_await crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("child", in_trouble);
            say("waits for the child");
            co_return;
        });
    } catch (const crib::error_group &) {
        say("the nursery: ", text_of(std::current_exception()));
    }
    say("goes on");
}

/* ---- 017 */

task<> ten_thousand_tasks() {
    int slept = 0;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        say("starts 10000 tasks");
        for (int i = 0; i < 10000; i++) {
            n.start_soon("sleeper", [&]() -> task<> {
                co_await crib::sleep(1s);
                slept++;
            });
        }
        co_return;
    });
    say(slept, " have slept");
}

/* ---- 019 */

task<> computes(bool yields) {
    int rounds = 0;
    const bool timed_out = co_await crib::move_on_after(2s, [&]() -> task<> {
        while (rounds < 40) {
            rounds++;
            crib::testing::jump(100ms);
            if (yields) co_await crib::sleep(0s);
        }
    });
    say(rounds, " rounds, timed out: ", yes(timed_out));
}

task<> computing_loop() {
    say("computes, with sleep(0) in each round");
    co_await computes(true);
    say("computes, without");
    co_await computes(false);
}

/* ---- 020 */

task<> cancelled_until_handled() {
    const bool timed_out = co_await crib::move_on_after(1s, []() -> task<> {
        say("sleeps");
        outcome slept;
        for (int i = 0; i < 3; i++) {
            slept = co_await attempt(crib::sleep(10s));
            say("sleep: ", slept);
        }
        slept.pass();
    });
    say("timed out: ", yes(timed_out));
    say("sleep: ", co_await attempt(crib::sleep(1s)));
}

/* ---- 021 */

task<> fails() {
    throw trouble("boom");
    co_return;
}

task<> catch_all() {
    const bool timed_out = co_await crib::move_on_after(1s, []() -> task<> {
        say("handles ", co_await attempt(fails()));
        for (int i = 0; i < 2; i++) {
            try {
                co_await crib::sleep(10s);
            } catch (...) {
                say("handles ", text_of(std::current_exception()));
            }
        }
        say("gives up");
    });
    say("timed out: ", yes(timed_out));
}

/* ---- 022 */

task<> sleeps_in_two_seconds(milliseconds d) {
    return crib::fail_after(2s, [d]() -> task<> { co_await crib::sleep(d); });
}

task<> is_cancelled_by_hand() {
    return crib::fail_after(2s, [](scope_ref scope) -> task<> {
        co_await crib::sleep(1s);
        scope.cancel();
        co_await crib::sleep(1s);
    });
}

task<> fail_after() {
    say("in time: ", co_await attempt(sleeps_in_two_seconds(1s)));
    say("too late: ", co_await attempt(sleeps_in_two_seconds(10s)));
    say("cancelled by hand: ", co_await attempt(is_cancelled_by_hand()));
}

constexpr scenario all[] = {
    {11, nullptr, run_returns},       {12, double_sleep},       {14, parent_and_children},
    {15, failure_reaches_the_parent}, {17, ten_thousand_tasks}, {19, computing_loop},
    {20, cancelled_until_handled},    {21, catch_all},          {22, fail_after},
};

}  // namespace

const group seeds_notebook = all;
