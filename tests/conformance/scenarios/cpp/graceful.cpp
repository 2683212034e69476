/* 7xx, and 043: graceful cancel. */
#include "groups.hpp"

namespace {

/* ---- tasks that are cut off */

auto sleeps(milliseconds d) {
    return [d] { return sleep_and_tell(d); };
}

task<> idle() { co_await crib::graceful(sleeps(1min)); }
task<> request(milliseconds d) { return sleep_and_tell(d); }
task<> saver(milliseconds d) { co_await crib::soft_shield(sleeps(d)); }
task<> keeper(milliseconds d) { co_await crib::shield(sleeps(d)); }

/* A nursery in a scope, and whether the scope absorbed something. */
template <class F>
task<bool> in_scope(F body) {
    return crib::with_scope([body](scope_ref scope) -> task<> {
        return crib::nursery([body, scope](nursery_ref n) { return body(n, scope); });
    });
}

template <class F>
task<> absorbs(F body) {
    const bool absorbed = co_await in_scope(body);
    say("absorbed: ", yes(absorbed));
}

/* ---- 043 */

task<> server(bool gracefully) {
    const bool absorbed = co_await in_scope([=](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("idle", idle);
        n.start_soon("request", request(1s));
        co_await crib::sleep(500ms);
        say(gracefully ? "asks it to end" : "cancels it");
        if (gracefully) {
            scope.cancel_soft(crib::soft::drain, 1min);
        } else {
            scope.cancel();
        }
    });
    say("absorbed by the server: ", yes(absorbed));
}

task<> graceful_and_hard() {
    co_await server(true);
    co_await server(false);
}

/* ---- 701 */

task<> does_a_request(int number) {
    co_await crib::sleep(300ms);
    say("did ", number);
}

task<> takes_requests(nursery_ref n, crib::receiver<int> rx) {
    co_await crib::graceful([&]() -> task<> {
        const says_on_exit end{"ends"};
        while (const auto number = co_await rx.receive()) {
            say("takes ", *number);
            n.start_soon("request", does_a_request(*number));
        }
    });
}

task<> sends_requests(crib::sender<int> tx) {
    for (int i = 1; i <= 3; i++) {
        const outcome sent = co_await attempt(tx.send(i));
        if (!sent.ok()) {
            say("sending ", i, ": ", sent);
            co_return;
        }
        co_await crib::sleep(400ms);
    }
}

task<> server_drains() {
    crib::channel<int> requests;
    co_await crib::nursery([&](nursery_ref outer) -> task<> {
        outer.start_soon("client", sends_requests(std::move(requests.tx)));
        co_await crib::with_scope([&](scope_ref scope) -> task<> {
            const outcome ended = co_await attempt(crib::nursery([&](nursery_ref n) -> task<> {
                n.start_soon("server", takes_requests(n, std::move(requests.rx)));
                co_await crib::sleep(500ms);
                say("drains");
                scope.cancel_soft(crib::soft::drain, 1s);
            }));
            say("the server has ended: ", ended);
            ended.pass();
        });
    });
}

/* ---- 702, 705, 706 */

task<> grace_is_over() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("request", request(10s));
        co_await crib::sleep(1s);
        say("drains");
        scope.cancel_soft(crib::soft::drain, 500ms);
    });
}

task<> hard_time_moves_earlier() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("request", request(10s));
        co_await crib::sleep(500ms);
        for (const auto grace : {2000ms, 5000ms, 500ms}) {
            co_await crib::sleep(500ms);
            scope.cancel_soft(crib::soft::drain, grace);
            say("hard in ", grace_left(scope), " ms");
        }
    });
}

task<> cancel_is_now() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("request", request(10s));
        co_await crib::sleep(1s);
        say("drains");
        scope.cancel_soft(crib::soft::drain, 5s);
        co_await crib::sleep(500ms);
        say("cancels");
        scope.cancel();
    });
}

/* ---- 703, 704, 707, 711 */

task<> interrupt_after_a_second(scope_ref scope, milliseconds grace) {
    co_await crib::sleep(1s);
    say("interrupts");
    scope.cancel_soft(crib::soft::interrupt, grace);
}

task<> interrupt() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("worker", request(10s));
        n.start_soon("saver", saver(1300ms));
        return interrupt_after_a_second(scope, 2s);
    });
}

task<> soft_and_full_shields() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("saver", saver(10s));
        n.start_soon("keeper", keeper(2s));
        return interrupt_after_a_second(scope, 500ms);
    });
}

task<> no_grace() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("saver", saver(10s));
        return interrupt_after_a_second(scope, 0ms);
    });
}

task<> cleans_up(const char *what) {
    co_await crib::soft_shield([what]() -> task<> {
        const outcome slept = co_await attempt(crib::sleep(600ms));
        say(what, " cleanup: ", slept);
        slept.pass();
    });
}

task<> cleans_up_twice() {
    const outcome slept = co_await attempt(crib::sleep_forever());
    say(slept);
    co_await attempt(cleans_up("first"));
    co_await attempt(cleans_up("second"));
    slept.pass();
}

task<> one_grace_for_all() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        n.start_soon("worker", cleans_up_twice);
        return interrupt_after_a_second(scope, 1s);
    });
}

/* ---- 708 */

task<> born_in_that_state() {
    return absorbs([](nursery_ref n, scope_ref scope) -> task<> {
        say("drains");
        scope.cancel_soft(crib::soft::drain, 1s);
        crib::nursery_options drains;
        drains.drain = true;
        co_await crib::nursery(drains, [](nursery_ref inner) -> task<> {
            const outcome started = attempt_now([&] { inner.start_soon("late", idle); });
            say("a nursery that drains refuses: ", yes(!started.ok()));
            co_return;
        });
        n.start_soon("idle", idle);
        n.start_soon("request", request(300ms));
    });
}

/* ---- 709 */

std::string until() { return text_of(crib::current_effective_deadline()); }

task<> state_of_a_scope() {
    const bool absorbed = co_await crib::with_scope([](scope_ref scope) -> task<> {
        say(text_of(scope.state()), ", until ", until());
        scope.cancel_soft(crib::soft::drain, 1s);
        say(text_of(scope.state()), ", hard in ", grace_left(scope), " ms, until ", until());
        co_await crib::graceful([]() -> task<> {
            say("in a graceful region: until ", until());
            co_return;
        });
        const outcome slept = co_await attempt(crib::sleep(10s));
        say("sleep: ", slept);
        say(text_of(scope.state()), ", hard in ", grace_left(scope), " ms, until ", until());
        slept.pass();
    });
    say("absorbed: ", yes(absorbed));
}

/* ---- 710 */

task<> deadline_with_grace() {
    crib::scope_options options;
    options.timeout = 1s;
    options.grace = 500ms;
    const bool absorbed = co_await crib::with_scope(options, []() -> task<> {
        co_await crib::nursery([](nursery_ref n) -> task<> {
            n.start_soon("worker", request(10s));
            n.start_soon("saver", saver(10s));
            co_return;
        });
    });
    say("absorbed: ", yes(absorbed));
}

/* ---- 712 */

task<> fails_after_a_second() {
    co_await crib::sleep(1s);
    say("fails");
    throw trouble("boom");
}

task<> nursery_with_grace() {
    crib::nursery_options options;
    options.grace = 500ms;
    const outcome closed = co_await attempt(crib::nursery(options, [](nursery_ref n) -> task<> {
        n.start_soon("failing", fails_after_a_second);
        n.start_soon("worker", request(10s));
        n.start_soon("saver", saver(1300ms));
        co_return;
    }));
    say("the nursery: ", closed);
}

/* ---- 713 */

task<> reason_stays() {
    const bool absorbed = co_await crib::with_scope([](scope_ref scope) -> task<> {
        scope.cancel_soft(crib::soft::drain, 1s, "maintenance");
        say("soft: ", text_of(scope.source()), ", ", reason_of(scope));
        scope.cancel("now");
        say("hard: ", text_of(scope.source()), ", ", reason_of(scope));
        const outcome looked = co_await attempt(crib::checkpoint());
        say("checkpoint: ", looked);
        looked.pass();
    });
    say("absorbed: ", yes(absorbed));
}

constexpr scenario all[] = {
    {43, graceful_and_hard},   {701, server_drains},         {702, grace_is_over},
    {703, interrupt},          {704, soft_and_full_shields}, {705, hard_time_moves_earlier},
    {706, cancel_is_now},      {707, one_grace_for_all},     {708, born_in_that_state},
    {709, state_of_a_scope},   {710, deadline_with_grace},   {711, no_grace},
    {712, nursery_with_grace}, {713, reason_stays},
};

}  // namespace

const group graceful = all;
