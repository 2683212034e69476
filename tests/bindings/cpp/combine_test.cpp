/* Compositions: gather, map, first_success, cancellable_wait, completed, retry and tickers, by fibers and coroutines. */
#include <numeric>
#include <ranges>
#include <stdexcept>

#include "claims.hpp"

namespace {

auto after(std::chrono::milliseconds d, int n) {
    return [=]() -> crib::task<int> {
        co_await crib::sleep(d);
        co_return n;
    };
}

/* The same in a fiber. */
auto blocks(std::chrono::milliseconds d, int n) {
    return [=] {
        crib::sleep(d);
        return n;
    };
}

std::vector<int> numbers_below(int n) {
    std::vector<int> all(static_cast<size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

int fails() { throw std::runtime_error("fails"); }

crib::task<std::string> text_of(int n) {
    co_await crib::sleep(100ms);
    co_return std::to_string(n);
}

}  // namespace

CLAIM(gather_gives_results_in_order) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        const auto [a, b, c] =
            *crib::gather(after(2s, 1), crib::work("b", blocks(1s, 2)), [] { return std::string("c"); });
        CHECK_EQ_INT(a + b, 3);
        CHECK(c == "c");
        CHECK_EQ_INT(ms_since(begin), 2000);
        const std::tuple<std::monostate, Counted> both = crib::gather([] {}, [] { return Counted(1); });
        CHECK_EQ_INT(std::get<1>(both).number, 1);
    });
    run_virtual([]() -> crib::task<> {
        const auto both = co_await crib::gather(after(2s, 1), crib::work("b", blocks(1s, 2)));
        CHECK_EQ_INT(std::get<0>(both) + std::get<1>(both), 3);
    });
}

CLAIM(so_many_at_a_time) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        co_await crib::gather(crib::at_most{1}, after(1s, 1), blocks(2s, 2), after(3s, 3));
        CHECK_EQ_INT(ms_since(begin), 6000);
        int inside = 0, most = 0;
        co_await crib::map(crib::at_most{3}, numbers_below(10), [&](int) -> crib::task<> {
            most = std::max(most, ++inside);
            co_await crib::sleep(1s);
            inside--;
        });
        CHECK_EQ_INT(most, 3);
    });
}

CLAIM(the_first_failure_cancels_what_is_gathered) {
    run_virtual([] {
        int unwound = 0;
        const auto waits = [&] {
            try {
                crib::sleep_forever();
            } catch (const crib::cancelled &) {
                unwound++;
                throw;
            }
        };
        CHECK(throws<crib::error_group>([&] { crib::gather(waits, fails, waits); }));
        CHECK_EQ_INT(unwound, 2);
        CHECK(
            throws<crib::error_group>([] { crib::map(numbers_below(3), [](int n) { return n == 1 ? fails() : n; }); }));
    });
}

CLAIM(what_is_cancelled_before_it_begins_does_nothing) {
    run_virtual([] {
        int runs = 0;
        const auto count = [&] { return ++runs; };
        CHECK(crib::with_scope([&](crib::scope_ref scope) {
            scope.cancel();
            CHECK(throws<crib::cancelled>([&] { crib::gather(count); }));
            CHECK(throws<crib::cancelled>([&] { crib::map(numbers_below(3), [&](int) { count(); }); }));
            CHECK(throws<crib::cancelled>([&] { crib::first_success(count); }));
            CHECK(throws<crib::cancelled>([&] { crib::cancellable_wait(count); }));
            CHECK(throws<crib::cancelled>([&] { crib::retry(count); }));
            crib::checkpoint();
        }));
        CHECK_EQ_INT(runs, 0);
    });
}

CLAIM(map_takes_any_range_and_refers_to_its_items) {
    run_virtual([] {
        std::vector<int> numbers{1, 2, 3};
        const std::vector<std::string> texts = crib::map(numbers, text_of);
        CHECK((texts == std::vector<std::string>{"1", "2", "3"}));
        crib::map(numbers, [](int &n) { n *= 10; });
        CHECK_EQ_INT(numbers[2], 30);
        std::vector<Counted> counted;
        for (int i = 0; i < 3; i++) counted.emplace_back(i);
        const std::vector<bool> even = crib::map(counted, [](const Counted &c) { return c.number % 2 == 0; });
        CHECK(even[0] && !even[1] && even[2]);
        CHECK((*crib::map(std::vector<int>(), [](int n) { return n; })).empty());
    });
    run_virtual([]() -> crib::task<> {
        const auto texts = co_await crib::map(numbers_below(9), text_of);
        CHECK(texts.back() == "8");
    });
}

CLAIM(map_takes_what_comes_out_of_a_channel) {
    static_assert(std::ranges::input_range<crib::receiver<Counted>> &&
                  !std::ranges::forward_range<crib::receiver<int>>);
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        crib::channel<Counted> ch(0);
        co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
            n.start_soon("sender", [tx = std::move(ch.tx)]() -> crib::task<> {
                for (int i = 0; i < 10; i++) co_await tx.send(Counted(i));
            });
            const auto tripled = co_await crib::map(crib::at_most{5}, ch.rx, [](Counted c) -> crib::task<int> {
                co_await crib::sleep(1s);
                co_return 3 * c.number;
            });
            CHECK_EQ_INT(tripled.size(), 10);
            CHECK_EQ_INT(tripled[9], 27);
        });
        CHECK_EQ_INT(ms_since(begin), 2000);
    });
}

CLAIM(the_first_success_is_the_result) {
    run_virtual([] {
        const crib::winner<int> won = crib::first_success(fails, after(2s, 1), blocks(1s, 2));
        CHECK_EQ_INT(won.index, 2);
        CHECK_EQ_INT(won.value, 2);
        CHECK(throws<crib::error_group>([] { crib::first_success(fails, fails); }));
    });
    run_virtual([]() -> crib::task<> {
        const auto won = co_await crib::first_success(after(2s, 1), []() -> crib::task<long> { co_return 5; });
        CHECK_EQ_INT(won.value, 5);
    });
}

CLAIM(what_ends_a_cancellable_wait) {
    run_virtual([] {
        crib::token stop("stop");
        const crib::winner<int> won = crib::cancellable_wait(stop, 5s, after(2s, 1), blocks(1s, 2));
        CHECK_EQ_INT(won.value, 2);
        CHECK(throws<crib::too_slow>([] { crib::cancellable_wait(1s, after(2s, 1)); }));
        CHECK(throws<crib::too_slow>([] { crib::cancellable_wait(0s, after(2s, 1)); }));
        CHECK(throws<crib::error_group>([&] { crib::cancellable_wait(stop, fails, after(2s, 1)); }));
        stop.trigger();
        CHECK(throws<crib::op_cancelled>([&] { crib::cancellable_wait(stop, blocks(0s, 1)); }));
        CHECK(throws<crib::error_group>([&] { crib::cancellable_wait(stop, fails); }));
    });
}

CLAIM(completions_come_in_the_order_of_ends) {
    run_virtual([]() -> crib::task<> {
        co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
            std::vector<int> seen;
            const auto ends = crib::completed(n, after(3s, 1), blocks(1s, 2), crib::work("fails", fails), after(2s, 3));
            while (auto one = co_await ends.receive()) seen.push_back(one->exception() ? -1 : one->value());
            CHECK((seen == std::vector<int>{-1, 2, 3, 1}));
        });
    });
    run_virtual([] {
        const auto begin = crib::clock::now();
        size_t sum = 0;
        crib::nursery([&](crib::nursery_ref n) {
            for (auto &one : crib::completed(n, crib::at_most{1}, blocks(1s, 1), after(1s, 2), [] { return 3; })) {
                CHECK_EQ_INT(one.value(), one.index() + 1);
                sum += one.index();
            }
        });
        CHECK_EQ_INT(sum, 3);
        CHECK_EQ_INT(ms_since(begin), 2000);
    });
}

CLAIM(a_failure_that_nobody_takes_is_not_lost) {
    const auto gives_up = [](auto body) {
        try {
            crib::nursery([&](crib::nursery_ref n) {
                const auto ends = crib::completed(
                    n, body, [] { return 1; }, after(1s, 2));
                CHECK_EQ_INT(ends.receive()->index(), 1);
            });
        } catch (const crib::error_group &group) {
            return group.failures().size();
        }
        return size_t{0};
    };
    run_virtual([&] {
        CHECK_EQ_INT(gives_up([] { return crib::sleep(2s), fails(); }), 1);
        CHECK_EQ_INT(gives_up([]() -> crib::task<int> {
                         co_await crib::sleep(2s);
                         co_return fails();
                     }),
                     1);
        CHECK_EQ_INT(gives_up(after(2s, 3)), 0);
    });
    run_virtual([] {
        CHECK(throws<crib::error_group>([] {
            crib::nursery([](crib::nursery_ref n) {
                const auto ends = crib::completed(n, fails);
                crib::checkpoint();
                n.cancel(); /* while its failure waits to be taken */
                crib::checkpoint();
            });
        }));
    });
}

CLAIM(retry_tries_again) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        int attempts = 0;
        const int answer = crib::retry([&] { return ++attempts < 3 ? fails() : 42; });
        CHECK_EQ_INT(answer, 42);
        CHECK_EQ_INT(ms_since(begin), 300);
        attempts = 0;
        CHECK(throws<std::runtime_error>(
            [&] { crib::retry({.attempts = 2, .delay = 1s}, [&] { attempts++, fails(); }); }));
        CHECK_EQ_INT(attempts, 2);
        const auto is_of_library = [](const crib::failure &f) { return f.get_if<crib::error>() != nullptr; };
        CHECK(
            throws<std::runtime_error>([&] { crib::retry({.retries = is_of_library}, [&] { attempts++, fails(); }); }));
        CHECK_EQ_INT(attempts, 3);
        const auto is_would_block = [](const crib::failure &f) { return f.code() == CRIB_EWOULDBLOCK; };
        crib::retry({.retries = is_would_block}, [&] {
            if (++attempts < 6) throw crib::would_block();
        });
        CHECK_EQ_INT(attempts, 6);
        CHECK(throws<std::runtime_error>(
            [&] { crib::fail_after(250ms, [&] { crib::retry([&] { attempts++, fails(); }); }); }));
        CHECK_EQ_INT(attempts, 8); /* the second delay would reach the deadline */
    });
    run_virtual([]() -> crib::task<> {
        int attempts = 0;
        const auto text = co_await crib::retry([&]() -> crib::task<std::string> {
            co_await crib::sleep(1ms);
            if (++attempts < 3) throw std::runtime_error("not yet");
            co_return "at last";
        });
        CHECK(text == "at last");
    });
}

CLAIM(a_ticker_does_not_drift) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        crib::ticker ticks(100ms);
        CHECK_EQ_INT(*ticks.wait(), 0);
        crib::sleep(250ms);
        CHECK_EQ_INT(*ticks.wait(), 2);
        CHECK_EQ_INT(ms_since(begin), 400);
        CHECK(throws<crib::error>([] { crib::ticker none(0s); }));
    });
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        crib::ticker ticks(100ms);
        CHECK_EQ_INT(co_await ticks.wait(), 0);
        co_await crib::sleep(300ms);
        CHECK_EQ_INT(co_await ticks.wait(), 2); /* the one due now is not missed */
        CHECK_EQ_INT(ms_since(begin), 400);
        CHECK(co_await crib::move_on_after(50ms, [&]() -> crib::task<> { co_await ticks.wait(); }));
        CHECK_EQ_INT(co_await ticks.wait(), 0);
        CHECK_EQ_INT(ms_since(begin), 500);
    });
}
