/* 3xx: nurseries. */
#include "groups.hpp"

namespace {

/* ---- 361 */

task<> second() {
    co_await crib::sleep(1s);
    say("ends");
}

task<> first(nursery_ref n) {
    co_await crib::sleep(1s);
    say("starts a second");
    n.start_soon("second", second);
    say("ends");
}

task<> close_waits_for_all() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("first", first(n));
        say("the body ends");
        co_return;
    });
    say("the nursery is closed");
}

/* ---- 362, 363 */

task<> sleeps_long() { return sleep_and_tell(10s); }

task<> fails_after_a_second() {
    co_await crib::sleep(1s);
    say("fails");
    throw trouble("boom");
}

task<> child_fails() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("sibling", sleeps_long);
        n.start_soon("failing", fails_after_a_second);
        const outcome slept = co_await attempt(crib::sleep(10s));
        say("the body: ", slept);
        slept.pass();
    }));
    say("the nursery: ", closed);
}

task<> body_fails() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("child", sleeps_long);
        co_await crib::sleep(500ms);
        say("the body fails");
        throw trouble("boom");
    }));
    say("the nursery: ", closed);
}

/* ---- 364 */

task<> fails_at_once() {
    throw trouble("boom");
    co_return;
}

task<> has_one_that_fails() {
    return crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("failing", fails_at_once);
        co_return;
    });
}

task<> nursery_with(task<> (*child)()) {
    return crib::nursery([child](nursery_ref n) -> task<> {
        if (child != nullptr) n.start_soon("child", child);
        co_return;
    });
}

task<> groups_nest() {
    say("nobody failed: ", co_await attempt(nursery_with(nullptr)));
    say("one nursery: ", co_await attempt(nursery_with(fails_at_once)));
    say("two nurseries: ", co_await attempt(nursery_with(has_one_that_fails)));
}

/* ---- 365 */

task<> one() {
    co_await crib::sleep(1s);
    say("fails");
    throw trouble("one");
}

/* Fails when it is cancelled. */
task<> fails_in_turn(const char *name) {
    try {
        co_await crib::sleep_forever();
    } catch (const crib::cancelled &) {
        say("fails");
        throw trouble(name);
    }
}

task<> three() {
    co_await attempt(crib::sleep_forever());
    co_await crib::shield([]() -> task<> { co_await crib::sleep(500ms); });
    say("fails");
    throw trouble("three");
}

task<> no_failure_is_lost() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("one", one);
        n.start_soon("two", fails_in_turn("two"));
        n.start_soon("three", three);
        return fails_in_turn("body");
    }));
    say("the nursery: ", closed);
}

/* ---- 367 */

task<> sleeps_for_ever() { co_await crib::sleep_forever(); }

task<> whose_cancel() {
    const outcome own = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("child", sleeps_for_ever);
        co_await crib::sleep(500ms);
        n.cancel();
    }));
    say("the nursery's own: ", own);
    const bool absorbed = co_await crib::with_scope([](scope_ref scope) -> task<> {
        const outcome outer = co_await attempt(crib::nursery([&](nursery_ref n) -> task<> {
            n.start_soon("child", sleeps_for_ever);
            co_await crib::sleep(500ms);
            scope.cancel();
        }));
        say("the scope's: ", outer);
        outer.pass();
    });
    say("absorbed by the scope: ", yes(absorbed));
}

/* ---- 368 */

task<> ends_well() {
    try {
        co_await crib::sleep_forever();
    } catch (const crib::cancelled &) {
        say("ends well");
    }
}

task<> close_adds_nothing() {
    const bool absorbed = co_await crib::move_on_after(1s, []() -> task<> {
        const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("child", ends_well);
            co_return;
        }));
        say("the nursery: ", closed);
        closed.pass();
    });
    say("absorbed: ", yes(absorbed));
}

/* ---- 370 */

task<> runs_to_a_checkpoint() {
    say("runs");
    const outcome looked = co_await attempt(crib::checkpoint());
    say("checkpoint: ", looked);
    looked.pass();
}

task<> start_in_a_cancelled_nursery() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.cancel();
        const outcome started = attempt_now([&] { n.start_soon("child", runs_to_a_checkpoint); });
        say("cancels, starts a child: ", started);
        co_return;
    }));
    say("the nursery: ", closed);
}

/* ---- 371 */

void count_children(nursery_ref n) { say(n.count(), " children, opened by ", n.opener()); }

task<> sleeps(milliseconds d) { co_await crib::sleep(d); }

task<> starts_one_more(nursery_ref n) {
    count_children(n);
    co_await crib::sleep(1s);
    n.start_soon("third", sleeps(2500ms));
    count_children(n);
}

task<> task_tree() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("short", starts_one_more(n));
        n.start_soon("long", sleeps(3s));
        count_children(n);
        co_await crib::sleep(1500ms);
        count_children(n);
        co_await n.wait_idle();
        count_children(n);
    });
}

/* ---- 374 */

task<> main_fails() {
    say("fails");
    throw trouble("boom");
    co_return;
}

constexpr scenario all[] = {
    {361, close_waits_for_all}, {362, child_fails},  {363, body_fails},         {364, groups_nest},
    {365, no_failure_is_lost},  {367, whose_cancel}, {368, close_adds_nothing}, {370, start_in_a_cancelled_nursery},
    {371, task_tree},           {374, main_fails},
};

}  // namespace

const group nurseries = all;
