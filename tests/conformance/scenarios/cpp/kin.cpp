/* 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers. */
#include "groups.hpp"

namespace {

/* ---- 602 */

task<> stays_a_second(const crib::semaphore &places) {
    const auto place = co_await places.acquire();
    say("in");
    co_await crib::sleep(1s);
    say("out");
}

task<> semaphore() {
    const crib::semaphore places(2, 2);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        for (const char *name : {"a", "b", "c"}) n.start_soon(name, stays_a_second(places));
        co_return;
    });
    say("one permit more: ", attempt_now([&] { places.release(); }));
}

/* ---- 603 */

struct watched {
    crib::lock lock;
    crib::condition changed{lock};
};

task<> waits(const watched &w) {
    const auto guard = co_await w.lock.acquire();
    co_await w.changed.wait();
    say("goes on, with the lock: ", yes(w.lock.held()));
}

task<> condition() {
    const watched w;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        for (const char *name : {"a", "b", "c"}) n.start_soon(name, waits(w));
        co_await crib::checkpoint();
        say("without the lock: ", attempt_now([&] { return w.changed.notify(); }));
        {
            const auto guard = co_await w.lock.acquire();
            say("notifies one: ", w.changed.notify());
        }
        co_await crib::sleep(1s);
        const auto guard = co_await w.lock.acquire();
        say("notifies all: ", w.changed.notify_all());
    });
}

/* ---- 604, 612 */

task<> borrows(const crib::limiter &tokens, bool twice) {
    const auto token = co_await tokens.acquire();
    say("in");
    if (twice) say("once more: ", co_await attempt(tokens.acquire()));
    co_await crib::sleep(1s);
    say("out");
}

task<> limiter() {
    const crib::limiter tokens(1);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", borrows(tokens, true));
        n.start_soon("b", borrows(tokens, false));
        co_await crib::sleep(500ms);
        say("total 2");
        tokens.set_total(2);
        tokens.set_total(0);
        say("total 0, lent ", tokens.statistics().borrowed);
        say("giving back what it has not: ", attempt_now([&] { tokens.release(); }));
    });
    say("lent ", tokens.statistics().borrowed);
}

task<> waits_for_the_guest(const crib::limiter &tokens, const int &guest) {
    const outcome acquired = co_await attempt(tokens.acquire_for(&guest));
    say(acquired);
    if (acquired.ok()) tokens.release_for(&guest);
}

task<> one_token_each() {
    const crib::limiter tokens(0);
    const int guest = 0;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", waits_for_the_guest(tokens, guest));
        n.start_soon("b", waits_for_the_guest(tokens, guest));
        co_await crib::sleep(1s);
        say("total 2");
        tokens.set_total(2);
    });
}

/* ---- 611 */

task<> waits_and_tells(const watched &w) {
    const auto guard = co_await w.lock.acquire();
    const outcome waited = co_await attempt(w.changed.wait());
    say(waited, ", with the lock: ", yes(w.lock.held()));
    waited.pass();
}

task<> notification_goes_on() {
    const watched w;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        const auto a = n.spawn("a", waits_and_tells(w));
        n.start_soon("b", waits_and_tells(w));
        co_await crib::sleep(1s);
        const auto guard = co_await w.lock.acquire();
        say("notifies one: ", w.changed.notify(), ", cancels a");
        a.cancel();
    });
}

/* ---- 613 */

task<> comes_twice(const crib::barrier &all, milliseconds d) {
    for (int i = 0; i < 2; i++) {
        co_await crib::sleep(d);
        const bool last = co_await all.wait();
        say("goes on, was last: ", yes(last));
    }
}

task<> barrier() {
    const crib::barrier all(3);
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", comes_twice(all, 100ms));
        n.start_soon("b", comes_twice(all, 200ms));
        n.start_soon("c", comes_twice(all, 300ms));
        co_return;
    });
}

/* ---- 699 */

task<> waits_for(const crib::event &e) {
    say("waits");
    co_await e.wait();
    say("goes on");
}

task<> event() {
    const crib::event e;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("a", waits_for(e));
        n.start_soon("b", waits_for(e));
        co_await crib::sleep(1s);
        say("is it set: ", yes(e.is_set()));
        e.set();
        e.set();
        say("is it set: ", yes(e.is_set()));
        say("waiting: ", co_await attempt(e.wait()));
    });
}

constexpr scenario all[] = {
    {602, semaphore},      {603, condition}, {604, limiter}, {611, notification_goes_on},
    {612, one_token_each}, {613, barrier},   {699, event},
};

}  // namespace

const group kin = all;
