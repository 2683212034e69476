/* 6xx: locks. */
#include "groups.hpp"

namespace {

/* ---- 600 */

task<> holds_it_a_little(const crib::lock &l) {
    const auto guard = co_await l.acquire();
    say("has it");
    co_await crib::sleep(100ms);
}

task<> lock_is_handed_over() {
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        {
            const auto guard = co_await l.acquire();
            n.start_soon("a", holds_it_a_little(l));
            n.start_soon("b", holds_it_a_little(l));
            co_await crib::checkpoint();
            say("releases it");
        }
        say("acquiring without waiting: ", would_block(static_cast<bool>(l.acquire_nowait())));
        say("acquiring: ", co_await attempt(l.acquire()));
    });
}

/* ---- 601, 610 */

task<> ends_with_the_lock(const crib::lock &l, milliseconds d) {
    auto guard = co_await l.acquire();
    if (d > 0ms) co_await crib::sleep(d);
    say("ends");
    guard.keep();
}

task<> waits_for_it(const crib::lock &l) { say(co_await attempt(l.acquire())); }

task<> owner_ends() {
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("owner", ends_with_the_lock(l, 1s));
        n.start_soon("waiter", waits_for_it(l));
        co_await n.wait_idle();
        say("acquiring: ", co_await attempt(l.acquire()));
        say("acquiring without waiting: ", attempt_now([&] { return l.acquire_nowait(); }));
    });
}

task<> acquires_it(const crib::lock &l) { say("acquiring: ", co_await attempt(l.acquire())); }

task<> recover() {
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        say("taking over what is not broken: ", attempt_now([&] { return l.recover(); }));
        n.start_soon("owner", ends_with_the_lock(l, 0ms));
        co_await n.wait_idle();
        say("taking over: ", attempt_now([&] { return l.recover(); }));
        n.start_soon("other", acquires_it(l));
    });
}

/* ---- 605 */

struct visits {
    std::string order;
    int inside = 0, most = 0;
};

template <class L>
task<> stays_a_little(const L &l, visits &v) {
    const auto guard = co_await l.acquire();
    v.order += crib::this_task::name();
    v.most = std::max(v.most, ++v.inside);
    co_await crib::sleep(100ms);
    v.inside--;
}

template <class L>
task<> three_stay(const char *what, L l) {
    visits v;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        for (const char *name : {"a", "b", "c"}) n.start_soon(name, stays_a_little(l, v));
        co_return;
    });
    say(what, ": ", v.order, ", at most ", v.most, " inside");
}

task<> one_at_a_time() {
    co_await three_stay("lock", crib::lock());
    co_await three_stay("semaphore", crib::semaphore(1));
    co_await three_stay("limiter", crib::limiter(1));
}

/* ---- 606 */

task<> takes_its_turn(const crib::lock &l) {
    try {
        const auto guard = co_await l.acquire();
        say("has it");
    } catch (const crib::cancelled &) {
        say("CRIB_ECANCELLED");
        throw;
    }
}

task<> waiters_in_order() {
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        const auto guard = co_await l.acquire();
        n.start_soon("a", takes_its_turn(l));
        const auto b = n.spawn("b", takes_its_turn(l));
        n.start_soon("c", takes_its_turn(l));
        co_await crib::sleep(500ms);
        b.cancel();
        co_await crib::sleep(500ms);
        say("releases it");
    });
}

/* ---- 614 */

task<> reads(const crib::rwlock &l) {
    const auto guard = co_await l.acquire_read();
    say("reads");
    co_await crib::sleep(1s);
}

task<> writes(const crib::rwlock &l) {
    const auto guard = co_await l.acquire_write();
    say("writes");
    co_await crib::sleep(1s);
}

task<> read_write_lock() {
    const crib::rwlock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("r1", reads(l));
        n.start_soon("r2", reads(l));
        co_await crib::sleep(100ms);
        n.start_soon("writer", writes(l));
        co_await crib::sleep(100ms);
        n.start_soon("r3", reads(l));
    });
}

/* ---- 620 */

task<> releases_it(const crib::lock &l) {
    say("releasing: ", attempt_now([&] { l.release(); }));
    co_return;
}

task<> lock_knows_its_owner() {
    const crib::lock l;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        auto guard = co_await l.acquire();
        say("acquiring: ", guard ? "ok" : "no");
        guard.keep();
        say("once more: ", co_await attempt(l.acquire()));
        n.start_soon("other", releases_it(l));
        co_await n.wait_idle();
        say("releasing: ", attempt_now([&] { l.release(); }));
        say("once more: ", attempt_now([&] { l.release(); }));
    });
}

constexpr scenario all[] = {
    {600, lock_is_handed_over},  {601, owner_ends}, {605, one_at_a_time},
    {606, waiters_in_order},     {610, recover},    {614, read_write_lock},
    {620, lock_knows_its_owner},
};

}  // namespace

const group locks = all;
