/* 1xx: scopes, what cancels them and who absorbs it. */
#include "groups.hpp"

namespace {

/* ---- 101 */

task<> looks_in_an_inner_scope() {
    co_await crib::with_scope([]() -> task<> {
        const outcome looked = co_await attempt(crib::checkpoint());
        say("checkpoint in an inner scope: ", looked);
        looked.pass();
    });
}

task<> every_checkpoint_fails() {
    crib::channel<int> values(1);
    co_await values.tx.send(1);
    const bool absorbed = co_await crib::with_scope([&](scope_ref scope) -> task<> {
        say("checkpoint: ", co_await attempt(crib::checkpoint()));
        say("cancels the scope");
        scope.cancel();
        say("checkpoint: ", co_await attempt(crib::checkpoint()));
        say("sleep: ", co_await attempt(crib::sleep(1s)));
        say("receive, though a value is there: ", co_await attempt(values.rx.receive()));
        const outcome left = co_await attempt(looks_in_an_inner_scope());
        say("the inner scope absorbed it: ", yes(left.ok()));
        left.pass();
    });
    say("the cancelled scope absorbed it: ", yes(absorbed));
    say("checkpoint behind it: ", co_await attempt(crib::checkpoint()));
}

/* ---- 102 */

/* Cancels the scopes in this order, 'i' the inner one and 'o' the outer one. */
task<> two_reasons(const char *what, std::string order) {
    co_await crib::with_scope([&](scope_ref outer) -> task<> {
        co_await crib::with_scope([&](scope_ref inner) -> task<> {
            for (const char which : order) {
                if (which == 'i') inner.cancel("inner's");
                if (which == 'o') outer.cancel("outer's");
            }
            say(what, ": ", reason_of(inner), " and ", reason_of(outer));
            co_return;
        });
    });
}

task<> first_reason_is_kept() {
    co_await crib::with_scope([](scope_ref scope) -> task<> {
        scope.cancel("first");
        scope.cancel("second");
        say("cancelled twice: ", reason_of(scope));
        co_return;
    });
    co_await two_reasons("inner, then outer", "io");
    co_await two_reasons("outer, then inner", "oi");
    co_await two_reasons("outer alone", "o");
    co_await two_reasons("neither", "");
}

/* ---- 103 */

task<> waits_for(const crib::event &e) {
    say("waits");
    const outcome waited = co_await attempt(e.wait());
    say(waited);
    waited.pass();
}

task<> cancel_is_synchronous() {
    const crib::event e;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", waits_for(e));
        n.start_soon("b", waits_for(e));
        co_await crib::checkpoint();
        say(e.statistics().waiting, " wait, cancels");
        n.cancel();
        say(e.statistics().waiting, " wait");
    });
    say("the nursery is closed");
}

/* ---- 104 */

task<bool> absorbs(bool cancelled, bool looks) {
    return crib::with_scope([=](scope_ref scope) -> task<> {
        if (cancelled) scope.cancel();
        if (looks) co_await crib::checkpoint();
    });
}

task<> absorbed_or_not() {
    say("cancelled and interrupted: ", yes(co_await absorbs(true, true)));
    say("cancelled, nothing interrupted: ", yes(co_await absorbs(true, false)));
    say("not cancelled: ", yes(co_await absorbs(false, true)));
}

/* ---- 105 */

task<> two_cancelled(bool shield) {
    bool caught_inside = false;
    const bool caught = co_await crib::with_scope([&](scope_ref outer) -> task<> {
        caught_inside = co_await crib::with_scope([&](scope_ref inner) -> task<> {
            inner.shield(shield);
            inner.cancel();
            outer.cancel();
            co_await crib::checkpoint();
        });
    });
    say(shield ? "shielded inner: " : "inner: ", yes(caught_inside));
    say("outer: ", yes(caught));
}

task<> outermost_absorbs() {
    co_await two_cancelled(false);
    co_await two_cancelled(true);
}

/* ---- 108 */

task<> is_cancelled() {
    const says_on_exit cleanup{"cancelled"};
    co_await crib::sleep_forever();
}

task<> fails_when_cancelled() {
    try {
        co_await crib::sleep_forever();
    } catch (const crib::cancelled &) {
        say("fails while it cleans up");
        throw trouble("boom");
    }
}

task<> has_a_failing_child() {
    return crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("b.1", fails_when_cancelled);
        co_return;
    });
}

task<> what_is_left() {
    bool absorbed = false;
    crib::scope_options options;
    options.timeout = 1s;
    options.absorbed = &absorbed;
    const outcome left = co_await attempt(crib::with_scope(options, []() -> task<> {
        co_await crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("a", is_cancelled);
            n.start_soon("b", has_a_failing_child);
            co_return;
        });
    }));
    say("left: ", left, ", absorbed: ", yes(absorbed));
}

/* ---- 109 */

task<> fails_at_once() {
    throw trouble("boom");
    co_return;
}

task<> failures_pass() {
    bool absorbed = true;
    crib::scope_options options;
    options.absorbed = &absorbed;
    const outcome alone = co_await attempt(crib::with_scope(options, [](scope_ref scope) -> task<> {
        scope.cancel();
        return fails_at_once();
    }));
    say("left: ", alone, ", absorbed: ", yes(absorbed));
    const outcome grouped = co_await attempt(crib::with_scope(options, [](scope_ref scope) -> task<> {
        const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("failing", fails_at_once);
            co_return;
        }));
        scope.cancel();
        closed.pass();
    }));
    say("left: ", grouped, ", absorbed: ", yes(absorbed));
}

/* ---- 112, 114 */

task<> cancels_after_a_second(scope_ref scope) {
    co_await crib::sleep(1s);
    say("cancels");
    scope.cancel();
}

task<> another_task_cancels() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        const bool absorbed = co_await crib::with_scope([&](scope_ref scope) -> task<> {
            n.start_soon("helper", cancels_after_a_second(scope));
            const outcome slept = co_await attempt(crib::sleep(10s));
            say("sleep: ", slept);
            slept.pass();
        });
        say("absorbed: ", yes(absorbed));
    });
}

task<> cancel_after_close() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        co_await crib::with_scope([&](scope_ref scope) -> task<> {
            n.start_soon("helper", cancels_after_a_second(scope));
            co_await crib::sleep(500ms);
        });
        say("closed");
        say("sleep: ", co_await attempt(crib::sleep(1500ms)));
    });
}

/* ---- 131 */

task<> generation(int i, int &cancelled) {
    try {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            if (i == 20) co_await crib::sleep_forever();
            n.start_soon("generation", generation(i + 1, cancelled));
        });
    } catch (const crib::cancelled &) {
        cancelled++;
        throw;
    }
}

task<> twenty_generations() {
    int cancelled = 0;
    const bool timed_out = co_await crib::move_on_after(1s, [&]() -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            n.start_soon("generation", generation(1, cancelled));
            co_return;
        });
    });
    say(cancelled, " were cancelled");
    say("timed out: ", yes(timed_out));
}

/* ---- 132 */

task<> sleeps_two_seconds() { say("sleep: ", co_await attempt(crib::sleep(2s))); }

task<> scopes_of_the_nursery() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        const bool absorbed = co_await crib::move_on_after(1s, [&]() -> task<> {
            n.start_soon("child", sleeps_two_seconds);
            const outcome slept = co_await attempt(crib::sleep(10s));
            say("its own sleep: ", slept);
            slept.pass();
        });
        say("absorbed: ", yes(absorbed));
    });
}

/* ---- 137 */

task<> asks_for_the_source(nursery_ref n) {
    try {
        co_await crib::sleep_forever();
    } catch (const crib::cancelled &) {
        say("source ", text_of(n.scope().source()));
        throw;
    }
}

task<> says_that_it_fails() {
    say("fails");
    return fails_at_once();
}

task<> source_and_reason() {
    co_await crib::with_scope([](scope_ref scope) -> task<> {
        scope.cancel("enough");
        say("source ", text_of(scope.source()), ", reason ", reason_of(scope));
        co_await crib::checkpoint();
    });
    co_await crib::move_on_after(1s, [](scope_ref scope) -> task<> {
        co_await attempt(crib::sleep(10s));
        say("source ", text_of(scope.source()));
    });
    say("the nursery: ", co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("sibling", asks_for_the_source(n));
            n.start_soon("failing", says_that_it_fails);
            co_return;
        })));
}

/* ---- 140 */

task<> no_forged_cancel() {
    outcome kept;
    const bool absorbed = co_await crib::with_scope([&](scope_ref scope) -> task<> {
        scope.cancel();
        kept = co_await attempt(crib::checkpoint());
        kept.pass();
    });
    say("absorbed: ", yes(absorbed));
    say("ends with what it kept");
    kept.pass();
}

constexpr scenario all[] = {
    {101, every_checkpoint_fails}, {102, first_reason_is_kept},  {103, cancel_is_synchronous},
    {104, absorbed_or_not},        {105, outermost_absorbs},     {108, what_is_left},
    {109, failures_pass},          {112, another_task_cancels},  {114, cancel_after_close},
    {131, twenty_generations},     {132, scopes_of_the_nursery}, {137, source_and_reason},
    {140, no_forged_cancel},
};

}  // namespace

const group scopes = all;
