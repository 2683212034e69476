/* Everything the binding has, cancelled at each of its cancel points in turn, and without memory at each allocation:
 * whatever happens, it ends, nothing is left, nothing is misused. */
#include "sweeps.hpp"

namespace {

/* --- what is swept --- */

void channels() {
    crib::channel<Counted> ch(1);
    crib::nursery([&](crib::nursery_ref n) {
        n.start_soon("fiber sends", [tx = ch.tx.clone()] {
            for (int i = 0; i < 3; i++) tx.send(Counted(i));
        });
        n.start_soon("coroutine sends", [tx = std::move(ch.tx)]() -> crib::task<> {
            for (int i = 0; i < 3; i++) co_await tx.send(Counted(i));
        });
        n.start_soon("coroutine receives", [rx = ch.rx.clone()]() -> crib::task<> {
            for (int i = 0; i < 2; i++) (void)co_await rx.receive();
            (void)co_await rx.receive_batch(4);
        });
        for (const Counted &item : ch.rx) CHECK(item.number >= 0);
    });
}

void fiber_locks() {
    crib::lock l;
    crib::semaphore s(1);
    crib::limiter lim(1);
    crib::rwlock rw;
    crib::barrier b(2);
    auto work = [&] {
        for (int i = 0; i < 2; i++) {
            auto a = l.acquire();
            auto c = s.acquire();
            auto d = lim.acquire();
            auto e = rw.acquire_write();
            crib::checkpoint();
        }
        b.wait();
        auto r = rw.acquire_read();
    };
    crib::nursery([&](crib::nursery_ref n) {
        n.start_soon("a", work);
        n.start_soon("b", work);
    });
}

crib::task<> coroutine_locks() {
    crib::lock l;
    crib::condition changed(l);
    crib::event e;
    bool ready = false;
    co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
        n.start_soon("waits", [&]() -> crib::task<> {
            auto g = co_await l.acquire();
            while (!ready) co_await changed.wait();
            e.set();
        });
        n.start_soon("fiber waits", [&] {
            auto g = changed.acquire();
            while (!ready) changed.wait();
        });
        n.start_soon("says", [&]() -> crib::task<> {
            co_await crib::sleep(1ms);
            auto g = co_await l.acquire();
            ready = true;
            changed.notify_all();
        });
        co_await e.wait();
    });
}

void starts_and_results() {
    crib::nursery([&](crib::nursery_ref n) {
        auto serve = [](crib::started<int> ready) {
            crib::sleep(1ms);
            ready(1);
            crib::sleep(1ms);
        };
        auto co_serve = [c = std::make_shared<Counted>(1)](crib::started<Counted> ready) -> crib::task<> {
            co_await crib::sleep(1ms);
            ready(Counted(2));
        };
        CHECK_EQ_INT(n.start<int>("fiber", serve), 1);
        CHECK_EQ_INT(n.start<Counted>("coroutine", co_serve)->number, 2);
        const auto a = n.spawn("a", [] {
            crib::checkpoint();
            return Counted(3);
        });
        const auto b = n.spawn("b", []() -> crib::task<Counted> {
            co_await crib::checkpoint();
            co_return Counted(4);
        });
        a.wait();
        b.wait();
        n.wait_idle();
    });
}

crib::task<> blocks() {
    (void)co_await crib::move_on_after(1ms, []() -> crib::task<> { co_await crib::sleep_forever(); });
    co_await crib::shield([]() -> crib::task<> { co_await crib::sleep(1ms); });
    try {
        co_await crib::fail_after(1ms, []() -> crib::task<> { co_await crib::sleep_forever(); });
    } catch (const crib::too_slow &) {}
    auto part = [](int n) -> crib::task<Counted> {
        co_await crib::sleep(std::chrono::milliseconds(n));
        co_return Counted(n);
    };
    (void)co_await crib::when_all(part(2), part(1), crib::checkpoint());
    co_await crib::call(
        [] { crib::nursery([](crib::nursery_ref n) { n.start_soon("x", [] { crib::sleep(1ms); }); }); });
}

crib::task<> selects() {
    crib::channel<Counted> in(0), out(0);
    crib::event stop;
    co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
        n.start_soon("feeds", [&] {
            crib::select(crib::when(in.tx, Counted(1)), crib::when(stop));
            out.rx.receive();
            stop.set();
        });
        for (bool on = true; on;) {
            co_await crib::select(crib::when(in.rx, [](const std::optional<Counted> &) {}),
                                  crib::when(out.tx, Counted(2)), crib::when(stop, [&] { on = false; }),
                                  crib::when_after(1h));
        }
    });
}

void all_of_it() {
    channels();
    fiber_locks();
    starts_and_results();
    crib::wait(coroutine_locks());
    crib::wait(blocks());
    crib::wait(selects());
}

/* --- sweeping --- */

int body(void *) { return crib::detail::guarded(all_of_it); }

int co_body(void *) {
    return crib::detail::guarded([] {
        crib::wait([]() -> crib::task<> {
            co_await coroutine_locks();
            co_await blocks();
            co_await selects();
        }());
    });
}

}  // namespace

CLAIM(undisturbed_it_works) {
    run_virtual([] { all_of_it(); });
}

CLAIM(cancelled_anywhere_fibers_end_cleanly) {
    swept(crib_sweep_cancels, body);
    swept(crib_sweep_cancels, body, 7);
}

CLAIM(cancelled_anywhere_coroutines_end_cleanly) {
    swept(crib_sweep_cancels, co_body);
    swept(crib_sweep_cancels, co_body, 7);
}

CLAIM(without_memory_anywhere_it_ends_cleanly) { swept(crib_sweep_allocations, body); }
