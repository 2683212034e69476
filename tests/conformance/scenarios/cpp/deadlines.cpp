/* 1xx: deadlines and shields. */
#include "groups.hpp"

namespace {

/* ---- 106 */

task<> two_deadlines_at_once() {
    bool inner_cancelled = false, outer_cancelled = false, inner_absorbed = false;
    const bool absorbed = co_await crib::move_on_after(1s, [&](scope_ref outer) -> task<> {
        const outcome left = co_await attempt(crib::move_on_after(1s, [&](scope_ref inner) -> task<> {
            const outcome slept = co_await attempt(crib::sleep(10s));
            inner_cancelled = inner.cancel_called();
            slept.pass();
        }));
        inner_absorbed = left.ok();
        outer_cancelled = outer.cancel_called();
        left.pass();
    });
    say("inner: cancelled ", yes(inner_cancelled), ", absorbed ", yes(inner_absorbed));
    say("outer: cancelled ", yes(outer_cancelled), ", absorbed ", yes(absorbed));
}

/* ---- 115 */

task<> sleeps_and_tells(const char *what, milliseconds d) {
    const outcome slept = co_await attempt(crib::sleep(d));
    say(what, ": ", slept);
    slept.pass();
}

task<> moves_the_deadline_into_the_past(scope_ref scope) {
    co_await crib::sleep(500ms);
    scope.set_deadline(crib::clock::now() - 1ns);
}

task<> deadline_moves() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        co_await crib::move_on_after(1s, [](scope_ref scope) -> task<> {
            scope.set_timeout(3s);
            co_await sleeps_and_tells("to later", 10s);
        });
        co_await crib::move_on_after(10s, [&](scope_ref scope) -> task<> {
            n.start_soon("helper", moves_the_deadline_into_the_past(scope));
            co_await sleeps_and_tells("into the past", 10s);
        });
        co_await crib::move_on_after(1s, [](scope_ref scope) -> task<> {
            scope.set_deadline(crib::forever);
            co_await sleeps_and_tells("taken away", 2s);
        });
    });
}

/* ---- 116 */

task<> deadline_ends_with_scope() {
    const bool absorbed = co_await crib::move_on_after(1s, []() -> task<> { co_await crib::sleep(500ms); });
    say("closed, absorbed: ", yes(absorbed));
    co_await sleeps_and_tells("slept past the deadline", 1500ms);
}

/* ---- 117 */

task<> expiry_is_final() {
    const bool absorbed = co_await crib::move_on_after(1s, [](scope_ref scope) -> task<> {
        say("sleep: ", co_await attempt(crib::sleep(10s)));
        say("source ", text_of(scope.source()), ", moves the deadline");
        scope.set_timeout(10s);
        const outcome looked = co_await attempt(crib::checkpoint());
        say("checkpoint: ", looked);
        looked.pass();
    });
    say("absorbed: ", yes(absorbed));
}

/* ---- 120 */

task<> sleeps_until_moved_on() {
    co_await crib::move_on_after(2s, []() -> task<> { co_await crib::sleep_forever(); });
    say("moved on");
}

task<> timeout_counts_from_entry() {
    co_await sleeps_until_moved_on();
    co_await crib::sleep(1s);
    say("once more");
    co_await sleeps_until_moved_on();
}

/* ---- 123 */

task<> cancelled_by_the_clock() {
    co_await crib::move_on_after(1s, [](scope_ref scope) -> task<> {
        crib::testing::jump(999ms);
        say("cancelled: ", yes(scope.cancel_called()));
        crib::testing::jump(1ms);
        say("cancelled: ", yes(scope.cancel_called()));
        scope.set_timeout(10s);
        say("with a later deadline: ", yes(scope.cancel_called()));
        const outcome looked = co_await attempt(crib::checkpoint());
        say("checkpoint: ", looked);
        looked.pass();
    });
}

/* ---- 124 */

task<> looks_inside() {
    say("inside");
    const outcome looked = co_await attempt(crib::checkpoint());
    say("checkpoint: ", looked);
    looked.pass();
}

task<> entered_too_late() {
    co_await crib::sleep(1s);
    say("absorbed: ", yes(co_await crib::move_on_at(crib::clock::now() - 1s, looks_inside)));
    say("absorbed: ", yes(co_await crib::move_on_after(0s, looks_inside)));
}

/* ---- 126 */

crib::scope_options shield_with_timeout(milliseconds d) {
    crib::scope_options options;
    options.shield = crib::scope_options::shield_kind::full;
    options.timeout = d;
    return options;
}

task<> shields_twice() {
    co_await crib::shield([] { return sleeps_and_tells("shielded sleep", 2s); });
    say("checkpoint behind it: ", co_await attempt(crib::checkpoint()));
    const bool absorbed = co_await crib::with_scope(shield_with_timeout(500ms), []() -> task<> {
        const outcome slept = co_await attempt(crib::sleep_forever());
        say("sleep in a shield with a timeout: ", slept);
        slept.pass();
    });
    say("absorbed by the shielded scope: ", yes(absorbed));
    const outcome looked = co_await attempt(crib::checkpoint());
    say("checkpoint behind it: ", looked);
    looked.pass();
}

task<> shield() { say("absorbed by the outer scope: ", yes(co_await crib::move_on_after(1s, shields_twice))); }

/* ---- 127 */

task<> up_and_down() {
    co_await crib::with_scope([](scope_ref outer) -> task<> {
        co_await crib::with_scope([&](scope_ref inner) -> task<> {
            outer.cancel();
            say("shield down: ", co_await attempt(crib::checkpoint()));
            inner.shield();
            say("shield up: ", co_await attempt(crib::checkpoint()));
            inner.shield(false);
            const outcome looked = co_await attempt(crib::checkpoint());
            say("shield down: ", looked);
            looked.pass();
        });
    });
}

struct two_scopes {
    scope_ref inner{nullptr}, outer{nullptr};
};

task<> sleeps_in_a_shield(two_scopes &scopes) {
    const bool absorbed = co_await crib::with_scope([&](scope_ref outer) -> task<> {
        scopes.outer = outer;
        const outcome left = co_await attempt(crib::shield([&](scope_ref inner) -> task<> {
            scopes.inner = inner;
            const outcome slept = co_await attempt(crib::sleep_forever());
            say("sleep: ", slept);
            slept.pass();
        }));
        say("inner: ", yes(left.ok()));
        left.pass();
    });
    say("outer: ", yes(absorbed));
}

task<> cancels_and_lowers(two_scopes &scopes) {
    co_await crib::sleep(500ms);
    say("cancels");
    scopes.outer.cancel();
    co_await crib::sleep(500ms);
    say("lowers the shield");
    scopes.inner.shield(false);
}

task<> shield_goes_up_and_down() {
    co_await up_and_down();
    two_scopes scopes;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("child", sleeps_in_a_shield(scopes));
        n.start_soon("helper", cancels_and_lowers(scopes));
        co_return;
    });
}

/* ---- 129 */

task<> unshielded_on_the_way() {
    const bool absorbed = co_await crib::with_scope([](scope_ref outer) -> task<> {
        const outcome left = co_await attempt(crib::shield([&](scope_ref inner) -> task<> {
            outer.cancel();
            inner.cancel();
            const outcome looked = co_await attempt(crib::checkpoint());
            say("checkpoint: ", looked);
            inner.shield(false);
            looked.pass();
        }));
        say("inner: ", yes(left.ok()));
        left.pass();
    });
    say("outer: ", yes(absorbed));
}

/* ---- 130 */

auto tells_the_deadline(const char *where) {
    return [where]() -> task<> {
        say(where, ": ", text_of(crib::current_effective_deadline()));
        co_return;
    };
}

task<> effective_deadline() {
    co_await tells_the_deadline("no scope")();
    co_await crib::move_on_after(5s, [](scope_ref outer) -> task<> {
        co_await tells_the_deadline("5 s")();
        co_await crib::move_on_after(2s, tells_the_deadline("2 s inside"));
        co_await crib::move_on_after(9s, tells_the_deadline("9 s inside"));
        co_await crib::shield(tells_the_deadline("a shield inside"));
        co_await crib::with_scope(shield_with_timeout(9s), tells_the_deadline("a shield of 9 s inside"));
        outer.cancel();
        co_await tells_the_deadline("cancelled")();
    });
}

/* ---- 150 */

task<> connection(milliseconds goodbye) {
    const outcome slept = co_await attempt(crib::sleep_forever());
    say("closes");
    const bool cut_off =
        co_await crib::with_scope(shield_with_timeout(500ms), [&]() -> task<> { co_await crib::sleep(goodbye); });
    say("said goodbye: ", yes(!cut_off));
    slept.pass();
}

task<> bounded_cleanup() {
    const bool timed_out = co_await crib::move_on_after(1s, []() -> task<> {
        co_await crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("quick", connection, 100ms);
            n.start_soon("slow", connection, 10s);
            co_return;
        });
    });
    say("timed out: ", yes(timed_out));
}

constexpr scenario all[] = {
    {106, two_deadlines_at_once},     {115, deadline_moves},
    {116, deadline_ends_with_scope},  {117, expiry_is_final},
    {120, timeout_counts_from_entry}, {123, cancelled_by_the_clock},
    {124, entered_too_late},          {126, shield},
    {127, shield_goes_up_and_down},   {129, unshielded_on_the_way},
    {130, effective_deadline},        {150, bounded_cleanup},
};

}  // namespace

const group deadlines = all;
