/* Select: one of several operations, in fibers and in coroutines. */
#include "claims.hpp"

CLAIM(it_carries_out_what_is_ready) {
    run_virtual([] {
        crib::channel<std::string> words(1);
        crib::channel<int> numbers(1);
        crib::event stop;
        std::string got;
        auto turn = [&]() -> size_t {
            return crib::select(crib::when(words.rx, [&](std::optional<std::string> w) { got = w.value_or("end"); }),
                                crib::when(numbers.rx, [&](std::optional<int> n) { got = std::to_string(n.value()); }),
                                crib::when(stop, [&] { got = "stop"; }), crib::when_after(50ms, [&] { got = "idle"; }));
        };
        words.tx.send("hello");
        CHECK_EQ_INT(turn(), 0);
        CHECK(got == "hello");
        numbers.tx.send(7);
        CHECK_EQ_INT(turn(), 1);
        CHECK(got == "7");
        CHECK_EQ_INT(turn(), 3);
        CHECK(got == "idle");
        stop.set();
        CHECK_EQ_INT(turn(), 2);
        words.tx = {};
        CHECK_EQ_INT(
            crib::select_in_order(crib::when(words.rx, [&](auto w) { got = w.value_or("end"); }), crib::when(stop)), 0);
        CHECK(got == "end");
    });
}

CLAIM(coroutines_select_too) {
    run_virtual([]() -> crib::task<> {
        crib::channel<Counted> ch(0);
        crib::event stop;
        int sum = 0;
        co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
            n.start_soon("sends", [&] {
                for (int i = 1; i <= 3; i++) {
                    crib::sleep(1s);
                    ch.tx.send(Counted(i));
                }
                stop.set();
            });
            for (bool on = true; on;) {
                co_await crib::select(crib::when(ch.rx, [&](std::optional<Counted> c) { sum += c->number; }),
                                      crib::when(stop, [&] { on = false; }));
            }
        });
        CHECK_EQ_INT(sum, 6);
        CHECK(!crib::select_nowait(crib::when(ch.rx, [](auto) {})));
        CHECK_EQ_INT(crib::select_nowait(crib::when(ch.rx, [](auto) {}), crib::when(stop)).value(), 1);
    });
}

CLAIM(a_value_that_was_not_sent_is_destroyed_once) {
    run_virtual([] {
        crib::channel<Counted> ch(0);
        CHECK_EQ_INT(crib::select(crib::when(ch.tx, Counted(1)), crib::when_after(1s)), 1);
        CHECK_EQ_INT(Counted::alive, 0);
        CHECK(crib::move_on_after(1s, [&] { crib::select(crib::when(ch.tx, Counted(2))); }));
        CHECK(!crib::select_nowait(crib::when(ch.tx, Counted(2))));
        auto main = [&]() -> crib::task<> {
            CHECK_EQ_INT(co_await crib::select(crib::when(ch.tx, Counted(3)), crib::when_after(1s)), 1);
            CHECK(co_await crib::move_on_after(1s, [&]() -> crib::task<> {
                co_await crib::select(crib::when(ch.tx, Counted(4)), crib::when_at(crib::forever));
            }));
            bool sent = false;
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("receives", [&] { CHECK_EQ_INT(ch.rx.receive()->number, 5); });
                co_await crib::select(crib::when(ch.tx, Counted(5), [&] { sent = true; }), crib::when_after(1s));
            });
            CHECK(sent);
        };
        crib::wait(main());
        CHECK_EQ_INT(Counted::alive, 0);
        ch.rx = {};
        CHECK(throws<crib::broken>([&] { crib::select(crib::when(ch.tx, Counted(6))); }));
    });
}

CLAIM(a_value_given_by_reference_comes_back_unless_it_was_sent) {
    using item = std::unique_ptr<Counted>;
    run_virtual([] {
        crib::channel<item> ch(0);
        item one = std::make_unique<Counted>(1);
        Counted *const address = one.get();
        CHECK_EQ_INT(crib::select(crib::when(ch.tx, std::ref(one)), crib::when_after(1s)), 1);
        CHECK(one.get() == address);
        CHECK(!crib::select_nowait(crib::when(ch.tx, std::ref(one))));
        CHECK(crib::move_on_after(1s, [&] { crib::select(crib::when(ch.tx, std::ref(one))); }));
        CHECK(one.get() == address);
        auto main = [&]() -> crib::task<> {
            CHECK_EQ_INT(co_await crib::select(crib::when(ch.tx, std::ref(one)), crib::when_after(1s)), 1);
            CHECK(one.get() == address);
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("receives", [&] { CHECK((*ch.rx.receive()).get() == address); });
                CHECK_EQ_INT(co_await crib::select(crib::when(ch.tx, std::ref(one)), crib::when_after(1s)), 0);
            });
        };
        crib::wait(main());
        CHECK(one == nullptr);
        ch.rx = {};
        item two = std::make_unique<Counted>(2);
        CHECK(throws<crib::broken>([&] { crib::select(crib::when(ch.tx, std::ref(two))); }));
    });
}

CLAIM(a_clause_may_be_switched_off) {
    run_virtual([] {
        crib::channel<Counted> a(1), b(1);
        a.tx.send(Counted(1));
        b.tx.send(Counted(2));
        int got = 0;
        const auto take = [&](bool from_a) {
            const auto handler = [&](std::optional<Counted> c) { got = c->number; };
            return *crib::select_in_order(crib::only_if(from_a, crib::when(a.rx, handler)), crib::when(b.rx, handler));
        };
        CHECK_EQ_INT(take(false), 1);
        CHECK_EQ_INT(got, 2);
        CHECK_EQ_INT(take(true), 0);
        CHECK_EQ_INT(crib::select(crib::only_if(false, crib::when(a.tx, Counted(3))), crib::when_after(1s)), 1);
        CHECK_EQ_INT(Counted::alive, 0);
    });
}

CLAIM(what_is_acquired_comes_as_a_guard) {
    run_virtual([] {
        crib::lock l;
        crib::semaphore s(1);
        crib::lock_guard held;
        CHECK_EQ_INT(crib::select(crib::when(l, [&](crib::lock_guard g) { held = std::move(g); })), 0);
        CHECK(held && l.statistics().owner == crib_task_current());
        crib::select(crib::when(s, [&](crib::semaphore_guard) { CHECK_EQ_INT(s.statistics().value, 0); }));
        CHECK_EQ_INT(s.statistics().value, 1);
        held.release();
        CHECK(l.statistics().owner == nullptr);
    });
}

CLAIM(tasks_and_tokens_are_waited_for) {
    run_virtual([] {
        crib::token t("stop");
        crib::nursery([&](crib::nursery_ref n) {
            const auto answer = n.spawn("answer", [] {
                crib::sleep(1s);
                return 42;
            });
            int seen = 0;
            crib::select(crib::when(answer, [&](std::optional<int> r) { seen = r.value_or(-1); }), crib::when(t));
            CHECK_EQ_INT(seen, 42);
            n.start_soon("triggers", [&] { t.trigger(); });
            CHECK_EQ_INT(crib::select(crib::when(t), crib::when_after(1s)), 0);
        });
    });
}

CLAIM(a_channel_closed_with_an_error_throws_it) {
    run_virtual([] {
        crib::channel<int> ch(0);
        ch.tx.close(std::make_exception_ptr(std::runtime_error("the end")));
        CHECK(throws<std::runtime_error>([&] { crib::select(crib::when(ch.rx, [](auto) {})); }));
        auto main = [&]() -> crib::task<> { co_await crib::select(crib::when(ch.rx, [](auto) {})); };
        CHECK(throws<std::runtime_error>([&] { crib::wait(main()); }));
        crib_sender *tx = nullptr;
        crib_receiver *rx = nullptr;
        crib_channel_open(1, &tx, &rx);
        const crib::receiver<std::string> words(rx);
        crib_sender_send(tx, crib_value_int(1));
        CHECK(throws<crib::foreign_value>([&] { crib::select(crib::when(words, [](auto) {})); }));
        crib_unref(tx);
    });
}
