/* Several things awaited at once in one task. */
#include <stdexcept>

#include "claims.hpp"

namespace {

crib::task<int> after(std::chrono::milliseconds d, int n) {
    co_await crib::sleep(d);
    co_return n;
}

crib::task<int> fails_after(std::chrono::milliseconds d) {
    co_await crib::sleep(d);
    throw std::runtime_error("a part");
}

crib::task<> ends_after(std::chrono::milliseconds d) { co_await crib::sleep(d); }

}  // namespace

CLAIM(all_go_on_at_the_same_time) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        const auto results = co_await crib::when_all(after(3s, 1), ends_after(1s), after(2s, 3));
        CHECK_EQ_INT(std::get<0>(results), 1);
        CHECK_EQ_INT(std::get<2>(results), 3);
        CHECK_EQ_INT(ms_since(begin), 3000);
    });
}

CLAIM(operations_may_be_parts) {
    run_virtual([]() -> crib::task<> {
        crib::channel<std::string> ch(0);
        crib::event e;
        const auto results =
            co_await crib::when_all(ch.rx.receive(), ch.tx.send("to myself"), crib::sleep(1s), after(1ms, 4));
        CHECK(std::get<0>(results) == "to myself");
        CHECK_EQ_INT(std::get<3>(results), 4);
        e.set();
        co_await crib::when_all(e.wait());
        co_await crib::when_all();
    });
}

CLAIM(what_needs_no_wait_is_done_at_once) {
    run_virtual([]() -> crib::task<> {
        auto now = [](int n) -> crib::task<int> { co_return n; };
        const auto results = co_await crib::when_all(now(1), now(2));
        CHECK_EQ_INT(std::get<0>(results) + std::get<1>(results), 3);
    });
}

CLAIM(lists_keep_their_order) {
    run_virtual([]() -> crib::task<> {
        std::vector<crib::task<int>> parts;
        for (int i = 0; i < 200; i++) parts.push_back(after(std::chrono::milliseconds((i * 37) % 200), i));
        const std::vector<int> results = co_await crib::when_all(std::move(parts));
        for (int i = 0; i < 200; i++) CHECK_EQ_INT(results[static_cast<size_t>(i)], i);
        std::vector<crib::task<>> nothings;
        for (int i = 0; i < 3; i++) nothings.push_back(ends_after(1s));
        co_await crib::when_all(std::move(nothings));
        CHECK((co_await crib::when_all(std::vector<crib::task<int>>())).empty());
    });
}

CLAIM(parts_that_wait_alike_go_on_in_the_order_of_coming) {
    run_virtual([]() -> crib::task<> {
        std::vector<int> order;
        const auto part = [&](int n) -> crib::task<> {
            for (int i = 0; i < 3; i++) {
                co_await crib::sleep(1s);
                order.push_back(n);
            }
        };
        co_await crib::when_all(part(0), part(1), part(2));
        CHECK((order == std::vector<int>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
    });
}

CLAIM(they_nest) {
    run_virtual([]() -> crib::task<> {
        auto pair = [](int a, int b) -> crib::task<int> {
            const auto both = co_await crib::when_all(after(1s, a), after(2s, b));
            co_return std::get<0>(both) + std::get<1>(both);
        };
        const auto results = co_await crib::when_all(pair(1, 2), pair(3, 4), after(1s, 5));
        CHECK_EQ_INT(std::get<0>(results) + std::get<1>(results) + std::get<2>(results), 15);
        auto list = [&]() -> crib::task<> {
            std::vector<crib::task<int>> parts;
            for (int i = 0; i < 10; i++) parts.push_back(pair(i, i));
            CHECK_EQ_INT((co_await crib::when_all(std::move(parts)))[9], 18);
        };
        co_await crib::when_all(list(), list());
    });
}

CLAIM(the_first_failure_cancels_the_others) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        Counted kept(1);
        int caught = 0;
        try {
            co_await crib::when_all(after(1h, 1), fails_after(1s), crib::sleep(2h));
        } catch (const crib::error_group &g) {
            caught++;
            CHECK_EQ_INT(g.failures().size(), 1);
            CHECK(g.has<std::runtime_error>());
        }
        CHECK_EQ_INT(caught, 1);
        CHECK_EQ_INT(ms_since(begin), 1000);
        try {
            co_await crib::when_all(fails_after(0ms), fails_after(0ms));
        } catch (const crib::error_group &g) {
            caught += static_cast<int>(g.failures().size());
        }
        CHECK(caught >= 2);
        co_await crib::checkpoint(); /* the task is not cancelled */
    });
}

CLAIM(a_cancel_from_outside_reaches_all_parts) {
    run_virtual([]() -> crib::task<> {
        int unwound = 0;
        struct on_exit {
            int &count;
            ~on_exit() { count++; }
        };
        auto part = [&]() -> crib::task<> {
            on_exit e{unwound};
            co_await crib::sleep_forever();
        };
        CHECK(co_await crib::move_on_after(1s,
                                           [&]() -> crib::task<> { co_await crib::when_all(part(), part(), part()); }));
        CHECK_EQ_INT(unwound, 3);
    });
}

CLAIM(parts_have_scopes_and_nurseries_of_their_own) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        auto timed = [](std::chrono::milliseconds d) -> crib::task<int> {
            const bool late = co_await crib::move_on_after(d, []() -> crib::task<> { co_await crib::sleep(2s); });
            co_return late;
        };
        auto with_children = []() -> crib::task<int> {
            int sum = 0;
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("f", [&] { crib::sleep(1s), sum += 1; });
                n.start_soon("c", [&]() -> crib::task<> {
                    co_await crib::sleep(1500ms);
                    sum += 2;
                });
                co_return;
            });
            co_return sum;
        };
        const auto r = co_await crib::when_all(timed(1s), timed(3s), with_children());
        CHECK_EQ_INT(std::get<0>(r), 1);
        CHECK_EQ_INT(std::get<1>(r), 0);
        CHECK_EQ_INT(std::get<2>(r), 3);
        CHECK_EQ_INT(ms_since(begin), 2000);
    });
}

CLAIM(values_received_by_a_part_of_a_failed_whole_are_destroyed_once) {
    run_virtual([]() -> crib::task<> {
        crib::channel<Counted> ch(2);
        co_await ch.tx.send(Counted(1));
        int caught = 0;
        try {
            (void)co_await crib::when_all(ch.rx.receive(), fails_after(1s), ch.tx.send(Counted(2)));
        } catch (const crib::error_group &) {
            caught++;
        }
        CHECK_EQ_INT(caught, 1);
        CHECK_EQ_INT(Counted::alive, 1); /* the one that was sent */
    });
}
