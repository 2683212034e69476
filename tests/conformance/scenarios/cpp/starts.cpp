/* 4xx: start and started. */
#include "groups.hpp"

namespace {

/* ---- 475 */

task<> service(crib::started<int> ready) {
    say("prepares");
    co_await crib::sleep(1s);
    say("says that it is started");
    ready(42);
    say("goes on");
    co_await crib::sleep(1s);
    say("ends");
}

task<> start_waits_until_started() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        say("waits for the service to start");
        const int answer = co_await n.start<int>("service", service);
        say("the service started with ", answer);
    });
    say("the nursery is closed");
}

/* ---- 476, 483 */

task<> works_after_it_is_started(crib::started<> ready) {
    co_await crib::sleep(500ms);
    ready();
    co_await crib::sleep(2s);
    say("ends");
}

task<> helper() {
    co_await crib::sleep(2s);
    say("ends");
}

task<> has_a_helper_when_started(crib::started<> ready) {
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("helper", helper);
        co_await crib::sleep(500ms);
        ready();
    });
    say("ends");
}

using service_fn = task<> (*)(crib::started<>);

task<> started_in_time(service_fn body) {
    const outcome closed = co_await attempt(crib::nursery([&](nursery_ref n) -> task<> {
        co_await crib::move_on_after(1s, [&]() -> task<> {
            say("start: ", co_await attempt(n.start("service", body)));
            const outcome slept = co_await attempt(crib::sleep(10s));
            say("its own sleep: ", slept);
            slept.pass();
        });
    }));
    say("the nursery: ", closed);
}

task<> scopes_before_and_after() { return started_in_time(works_after_it_is_started); }
task<> subtree_moves() { return started_in_time(has_a_helper_when_started); }

/* ---- 477, 478, 479 */

task<> sibling() {
    co_await crib::sleep(1s);
    say("ends");
}

task<> broken(crib::started<>) {
    co_await crib::sleep(500ms);
    say("fails");
    throw trouble("boom");
}

task<> fails_before_started() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("sibling", sibling);
        say("start: ", co_await attempt(n.start("broken", broken)));
    }));
    say("the nursery: ", closed);
}

task<> ends(crib::started<>) {
    say("ends");
    co_return;
}

task<> never_started() {
    const outcome closed = co_await attempt(
        crib::nursery([](nursery_ref n) -> task<> { say("start: ", co_await attempt(n.start("child", ends))); }));
    say("the nursery: ", closed);
}

task<> says_so_twice(crib::started<int> ready) {
    for (const int i : {1, 2}) say("started with ", i, ": ", attempt_now([&] { ready(i); }));
    co_return;
}

task<> started_twice() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        const int answer = co_await n.start<int>("service", says_so_twice);
        say("the service started with ", answer);
    });
}

/* ---- 480, 481 */

auto sleeps(milliseconds d) {
    return [d]() -> task<> { co_await crib::sleep(d); };
}

task<> never_ready(crib::started<>) {
    const outcome slept = co_await attempt(crib::sleep(10s));
    say(slept, ", cleans up");
    co_await crib::shield(sleeps(500ms));
    say("ends");
    slept.pass();
}

task<> ready_too_late(crib::started<> ready) {
    co_await crib::shield(sleeps(1500ms));
    say("started: ", attempt_now(ready));
    const outcome looked = co_await attempt(crib::checkpoint());
    say("checkpoint: ", looked);
    looked.pass();
}

task<> start_within_a_second(service_fn body) {
    const outcome closed = co_await attempt(crib::nursery([&](nursery_ref n) -> task<> {
        const bool absorbed = co_await crib::move_on_after(1s, [&]() -> task<> {
            const outcome started = co_await attempt(n.start("service", body));
            say("start: ", started);
            started.pass();
        });
        say("absorbed: ", yes(absorbed));
    }));
    say("the nursery: ", closed);
}

task<> start_is_cancelled() { return start_within_a_second(never_ready); }
task<> started_too_late() { return start_within_a_second(ready_too_late); }

/* ---- 402, 482 */

task<> starts(nursery_ref n, service_fn body) { say("start: ", co_await attempt(n.start("service", body))); }

task<> prepares_long(crib::started<>) { return sleep_and_tell(10s); }

task<> target_is_cancelled() {
    co_await crib::nursery([](nursery_ref outer) -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            outer.start_soon("starter", starts(n, prepares_long));
            co_await crib::sleep(1s);
            say("cancels the nursery");
            n.cancel();
        });
    });
    say("all closed");
}

task<> prepares_and_works(crib::started<> ready) {
    co_await crib::sleep(1s);
    say("is started");
    ready();
    co_await crib::sleep(1s);
    say("ends");
}

task<> pending_start() {
    co_await crib::nursery([](nursery_ref outer) -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            outer.start_soon("starter", starts(n, prepares_and_works));
            co_await crib::checkpoint();
            say("the body ends");
        });
        say("the nursery is closed");
    });
}

constexpr scenario all[] = {
    {402, target_is_cancelled},     {475, start_waits_until_started},
    {476, scopes_before_and_after}, {477, fails_before_started},
    {478, never_started},           {479, started_twice},
    {480, start_is_cancelled},      {481, started_too_late},
    {482, pending_start},           {483, subtree_moves},
};

}  // namespace

const group start_and_started = all;
