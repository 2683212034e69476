/* Events, locks and their kin, each by fibers and coroutines. */
#include "claims.hpp"

namespace {

/* Runs a fiber and a coroutine that do the same, and a body. */
template <class F, class C, class B>
void together(F fiber, C coroutine, B body) {
    crib::nursery([&](crib::nursery_ref n) {
        n.start_soon("fiber", fiber);
        n.start_soon("coroutine", coroutine);
        crib::checkpoint();
        body();
    });
}

}  // namespace

CLAIM(an_event_wakes_everybody) {
    run_virtual([] {
        crib::event e;
        int woken = 0;
        together([&] { e.wait(), woken++; },
                 [&]() -> crib::task<> {
                     co_await e.wait();
                     woken++;
                 },
                 [&] {
                     CHECK_EQ_INT(e.statistics().waiting, 2);
                     e.set();
                     CHECK(e.is_set());
                 });
        CHECK_EQ_INT(woken, 2);
    });
}

CLAIM(a_lock_is_held_by_one_task_and_given_back_on_every_way_out) {
    run_virtual([] {
        crib::lock l;
        int inside = 0, most = 0;
        auto enter = [&] { most = std::max(most, ++inside); };
        together(
            [&] {
                auto g = l.acquire();
                enter();
                crib::sleep(1s);
                inside--;
            },
            [&]() -> crib::task<> {
                auto g = co_await l.acquire();
                enter();
                co_await crib::sleep(1s);
                inside--;
            },
            [&] {
                CHECK(throws<int>([&] {
                    const crib::lock_guard g = l.acquire();
                    enter();
                    inside--;
                    throw 1;
                }));
                CHECK(l.acquire_nowait());
            });
        CHECK_EQ_INT(most, 1);
        CHECK(l.statistics().owner == nullptr);
        CHECK(crib::move_on_after(1s, [&] {
            auto g = l.acquire();
            crib::sleep_forever();
        }));
        CHECK(l.statistics().owner == nullptr);
    });
}

CLAIM(a_task_that_ends_with_a_lock_breaks_it) {
    run_virtual([] {
        crib::lock l;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("forgets", [&] {
                crib::lock_guard g = l.acquire();
                g.keep();
            });
        });
        CHECK(throws<crib::broken>([&] { (void)l.acquire(); }));
        CHECK(throws<crib::broken>([&] { (void)l.acquire_nowait(); }));
        { auto g = l.recover(); }
        auto g = l.acquire();
        CHECK(throws<crib::misuse>([&] { (void)l.acquire(); }));
        claims::said_something();
    });
}

CLAIM(what_a_guard_has_kept_is_released_by_hand) {
    run_virtual([] {
        crib::lock l;
        crib::limiter tokens(1);
        crib::rwlock rw;
        {
            crib::lock_guard g = l.acquire();
            crib::limiter_guard t = tokens.acquire();
            crib::rwlock_guard w = rw.acquire_write();
            g.keep(), t.keep(), w.keep();
        }
        CHECK(l.held());
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("other", [&] {
                CHECK(!l.held());
                CHECK(throws<crib::misuse>([&] { l.release(); }));
            });
        });
        l.release(), tokens.release(), rw.release();
        CHECK(!l.held() && l.acquire_nowait() && tokens.acquire_nowait() && rw.acquire_write_nowait());
        CHECK(throws<crib::misuse>([&] { l.release(); }));
        CHECK(throws<crib::misuse>([&] { tokens.release(); }));
        CHECK(throws<crib::misuse>([&] { rw.release(); }));
        claims::said_something();
    });
}

CLAIM(a_token_may_be_borrowed_for_something_else) {
    run_virtual([] {
        crib::limiter tokens(1);
        const int guest = 0, another = 0;
        CHECK(tokens.acquire_nowait_for(&guest));
        CHECK(!tokens.acquire_nowait_for(&another));
        CHECK(throws<crib::misuse>([&] { tokens.acquire_for(&guest); }));
        CHECK(crib::move_on_after(1s, [&] { tokens.acquire_for(&another); }));
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("waits", [&]() -> crib::task<> {
                co_await tokens.acquire_for(&another);
                CHECK_EQ_INT(tokens.statistics().borrowed, 1);
                tokens.release_for(&another);
            });
            crib::checkpoint();
            tokens.release_for(&guest);
        });
        CHECK_EQ_INT(tokens.statistics().borrowed, 0);
        CHECK(throws<crib::misuse>([&] { tokens.release_for(&guest); }));
        claims::said_something();
    });
}

CLAIM(permits_and_tokens_are_counted) {
    run_virtual([] {
        crib::semaphore s(2, 2);
        crib::limiter l(1);
        {
            auto a = s.acquire();
            crib::semaphore_guard b = s.acquire_nowait();
            CHECK(b && !s.acquire_nowait());
            b.keep();
        }
        CHECK_EQ_INT(s.statistics().value, 1);
        s.release();
        CHECK(throws<crib::error>([&] { s.release(); }));
        CHECK(throws<crib::error>([] { crib::semaphore(3, 2); }));
        CHECK(throws<crib::error>([] { crib::limiter(-1); }));
        CHECK(throws<crib::error>([] { crib::barrier(0); }));
        claims::said_something();
        int at_once = 0, most = 0;
        l.set_total(2);
        crib::nursery([&](crib::nursery_ref n) {
            for (int i = 0; i < 6; i++) {
                n.start_soon("worker", [&]() -> crib::task<> {
                    auto g = co_await l.acquire();
                    most = std::max(most, ++at_once);
                    co_await crib::sleep(1s);
                    at_once--;
                });
            }
        });
        CHECK_EQ_INT(most, 2);
        CHECK_EQ_INT(l.statistics().borrowed, 0);
        CHECK(l.acquire_nowait());
    });
}

CLAIM(readers_go_in_together) {
    run_virtual([] {
        crib::rwlock l;
        int readers = 0, most = 0;
        together(
            [&] {
                auto g = l.acquire_read();
                most = std::max(most, ++readers);
                crib::sleep(1s);
                readers--;
            },
            [&]() -> crib::task<> {
                auto g = co_await l.acquire_read();
                most = std::max(most, ++readers);
                co_await crib::sleep(1s);
                readers--;
            },
            [&] {
                CHECK(!l.acquire_write_nowait());
                auto g = l.acquire_write();
                CHECK_EQ_INT(readers, 0);
                CHECK(l.statistics().writer == crib_task_current());
            });
        CHECK_EQ_INT(most, 2);
        CHECK(l.acquire_read_nowait());
    });
}

CLAIM(a_condition_wakes_who_holds_its_lock_again) {
    run_virtual([] {
        crib::lock l;
        crib::condition changed(l);
        int value = 0, seen = 0;
        together(
            [&] {
                auto g = changed.acquire();
                while (value < 1) changed.wait();
                seen++;
            },
            [&]() -> crib::task<> {
                auto g = co_await l.acquire();
                while (value < 1) co_await changed.wait();
                seen++;
            },
            [&] {
                auto g = l.acquire();
                CHECK_EQ_INT(changed.statistics().waiting, 2);
                value = 1;
                CHECK_EQ_INT(changed.notify(), 1);
                CHECK_EQ_INT(changed.notify_all(), 1);
            });
        CHECK_EQ_INT(seen, 2);
        CHECK(throws<crib::misuse>([] { crib::condition().notify(); }));
        CHECK(crib::move_on_after(1s, [&] {
            auto g = changed.acquire();
            changed.wait();
        }));
        CHECK(l.statistics().owner == nullptr && !l.statistics().broken);
        claims::said_something();
    });
}

CLAIM(a_barrier_tells_who_came_last) {
    run_virtual([] {
        crib::barrier b(3);
        int last = 0;
        together([&] { last += b.wait(); }, [&]() -> crib::task<> { last += co_await b.wait(); },
                 [&] {
                     crib::sleep(1s);
                     if (b.wait()) last += 10;
                 });
        CHECK_EQ_INT(last, 10);
        CHECK_EQ_INT(b.statistics().rounds, 1);
    });
}

CLAIM(guards_and_handles_move) {
    run_virtual([] {
        crib::lock l;
        crib::lock_guard a = l.acquire();
        crib::lock_guard b = std::move(a);
        CHECK(!a && b);
        a = std::move(b);
        a = crib::lock_guard();
        CHECK(l.statistics().owner == nullptr);
        crib::event e;
        crib::event f = std::move(e);
        CHECK(!e && f);
        f = crib::event();
        static_assert(!std::is_copy_constructible_v<crib::event> && !std::is_copy_constructible_v<crib::sender<int>> &&
                      !std::is_copy_constructible_v<crib::token> && !std::is_copy_constructible_v<crib::lock_guard>);
    });
}
