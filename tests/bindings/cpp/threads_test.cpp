/* Runs in different threads: shared channels, portals, what may cross. */
#include <numeric>
#include <thread>

#include "claims.hpp"

struct parcel {
    std::string text;
    std::vector<int> numbers;
    std::shared_ptr<int> nobody_elses;
};
template <>
inline constexpr bool crib::sendable<parcel> = true;

CLAIM(what_may_cross_is_known_at_compile_time) {
    static_assert(crib::sendable<int> && crib::sendable<std::string> && crib::sendable<std::vector<std::string>> &&
                  crib::sendable<std::unique_ptr<std::string>> && crib::sendable<std::tuple<int, std::string>> &&
                  crib::sendable<parcel>);
    static_assert(!crib::sendable<std::shared_ptr<int>> && !crib::sendable<int *> && !crib::sendable<Counted> &&
                  !crib::sendable<std::vector<Counted>> && !crib::sendable<std::unique_ptr<Counted>>);
}

CLAIM(values_cross_between_runs_in_two_threads) {
    crib::shared_channel<parcel> ch(4);
    std::thread producer([tx = std::move(ch.tx)]() mutable {
        crib::run([&] {
            for (int i = 0; i < 1000; i++) tx.send({"number " + std::to_string(i), {i, i}, std::make_shared<int>(i)});
            tx = {};
        });
    });
    const long sum = crib::run([&]() -> crib::task<long> {
        long total = 0;
        while (auto p = co_await ch.rx.receive()) {
            CHECK(p->text == "number " + std::to_string(p->numbers[0]));
            total += p->numbers[1] + *p->nobody_elses;
        }
        co_return total;
    });
    CHECK_EQ_INT(sum, 999000);
    producer.join();
}

CLAIM(what_is_left_in_a_shared_channel_is_destroyed) {
    auto ch = crib::shared_channel<std::unique_ptr<std::string>>(8);
    crib::run([&] {
        for (int i = 0; i < 5; i++) ch.tx.send(std::make_unique<std::string>(100, 'x'));
        CHECK_EQ_INT(ch.tx.statistics().buffered, 5);
    });
    std::thread([rx = std::move(ch.rx)] { CHECK(static_cast<bool>(rx)); }).join();
    crib::run([&] { CHECK(throws<crib::broken>([&] { ch.tx.send(nullptr); })); });
}

CLAIM(a_value_that_must_not_cross_is_refused) {
    crib::run([] {
        crib_sender *tx = nullptr;
        crib_receiver *rx = nullptr;
        CHECK_EQ_INT(crib_channel_open_shared(1, &tx, &rx), 0);
        const crib::sender<Counted> sender(tx);
        crib_unref(rx);
        CHECK(throws<crib::error>([&] { sender.send(Counted(1)); }));
    });
}

CLAIM(a_portal_brings_calls_from_other_threads) {
    const int sum = crib::run([] {
        crib::portal portal;
        crib::channel<int> ch(crib::unbounded);
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; i++) {
            threads.emplace_back([p = portal.clone(), &tx = ch.tx] {
                for (int k = 0; k < 100; k++)
                    p.post([&tx, item = std::make_unique<int>(k)] { CHECK(tx.send_nowait(int(*item))); });
                CHECK(p.wake());
            });
        }
        portal.wait();
        int total = 0;
        for (int i = 0; i < 300; i++) total += *ch.rx.receive();
        for (auto &t : threads) t.join();
        return total;
    });
    CHECK_EQ_INT(sum, 3 * 4950);
}

CLAIM(an_error_may_go_to_another_thread) {
    std::exception_ptr failed;
    std::thread([&] {
        try {
            crib::run([] {
                crib::nursery(
                    [](crib::nursery_ref n) { n.start_soon("t", [] { throw std::runtime_error("there"); }); });
            });
        } catch (...) {
            failed = std::current_exception();
        }
    }).join();
    CHECK(throws<crib::error_group>([&] { std::rethrow_exception(failed); }));
}
