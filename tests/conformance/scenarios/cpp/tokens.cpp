/* 0xx: cancel tokens (S4). */
#include "groups.hpp"

namespace {

/* ---- 051, 052 */

task<> token_has_a_name() {
    const crib::token demo("demo");
    say(demo.name(), ", triggered: ", yes(demo.triggered()));
    co_return;
}

task<> works_until_triggered(const crib::token &stop) {
    say("started task");
    co_await stop.wait();
    say("task cancelled");
}

task<> run_and_cancel() {
    const crib::token demo("demo");
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("worker", works_until_triggered(demo));
        co_await crib::sleep(1s);
        say("triggers");
        demo.trigger();
    });
}

/* ---- 053, 054, 055 */

void tell_which(const crib::token &chain) { say("triggered by ", chain.triggered() ? chain.triggered_name() : "none"); }

task<> chain() {
    const crib::token b("token-b"), a("token-a"), both = b | a;
    say("the chain is ", both.name());
    say("before: part ", yes(a.triggered()), ", chain ", yes(both.triggered()));
    a.trigger();
    say("after: part ", yes(a.triggered()), ", chain ", yes(both.triggered()));
    tell_which(both);
    co_return;
}

task<> trigger_a_chain() {
    const crib::token x("x"), y("y"), both = x | y;
    both.trigger();
    say("x ", yes(x.triggered()), ", y ", yes(y.triggered()), ", chain ", yes(both.triggered()));
    tell_which(both);
    co_return;
}

task<> which_token() {
    const crib::token x("x"), y("y"), both = x | y;
    tell_which(both);
    y.trigger();
    tell_which(both);
    x.trigger();
    tell_which(both);
    co_return;
}

/* ---- 056 */

task<> looks(const crib::token &stop) {
    while (!stop.triggered()) co_await crib::sleep(100ms);
    say("ends");
}

task<> checks(const crib::token &stop) {
    try {
        for (;;) {
            stop.check();
            co_await crib::sleep(100ms);
        }
    } catch (const crib::op_cancelled &e) {
        say(e.name(), ", ", e.what());
    }
}

task<> look_at_a_token() {
    const crib::token demo("demo");
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("looks", looks(demo));
        n.start_soon("checks", checks(demo));
        co_await crib::sleep(250ms);
        say("triggers");
        demo.trigger();
    });
}

/* ---- 057 */

task<> waits(const crib::token &stop) {
    const outcome waited = co_await attempt(stop.wait());
    say(waited);
    waited.pass();
}

task<> waits_for_the_chain(const crib::token &chain) {
    co_await chain.wait();
    co_await sleep_and_tell(100ms);
}

task<> waits_half_a_second(const crib::token &stop) {
    co_await crib::move_on_after(500ms, [&] { return waits(stop); });
}

task<> wait_for_a_token() {
    const crib::token demo("demo"), another("another"), either = demo | another;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("alone", waits(demo));
        n.start_soon("also", waits(demo));
        n.start_soon("chain", waits_for_the_chain(either));
        n.start_soon("timed", waits_half_a_second(demo));
        co_await crib::sleep(1s);
        say("triggers");
        demo.trigger();
        say("waiting afterwards: ", co_await attempt(demo.wait()));
    });
}

/* ---- 067 */

task<> triggers_after_a_second(const crib::token &stop) {
    co_await crib::sleep(1s);
    say("triggers");
    stop.trigger();
}

task<> sleeps_until_linked(scope_ref scope, const crib::token &stop) {
    stop.link(scope);
    const outcome slept = co_await attempt(crib::sleep(10s));
    say("sleep: ", slept);
    say("source ", text_of(scope.source()), ", reason ", reason_of(scope));
    slept.pass();
}

task<> tokens_and_scopes() {
    const crib::token demo("demo");
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("helper", triggers_after_a_second(demo));
        const bool absorbed =
            co_await crib::with_scope([&](scope_ref scope) { return sleeps_until_linked(scope, demo); });
        say("absorbed: ", yes(absorbed));
        co_await crib::with_scope([](scope_ref scope) -> task<> {
            const auto of_it = crib::token::of(scope, "of a scope");
            say("the scope's token: ", yes(of_it.triggered()));
            scope.cancel();
            say("the scope's token: ", yes(of_it.triggered()));
            co_return;
        });
    });
}

constexpr scenario all[] = {
    {51, token_has_a_name}, {52, run_and_cancel},    {53, chain},
    {54, trigger_a_chain},  {55, which_token},       {56, look_at_a_token},
    {57, wait_for_a_token}, {67, tokens_and_scopes},
};

}  // namespace

const group tokens = all;
