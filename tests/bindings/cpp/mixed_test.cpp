/* Tasks of all kinds and of C in one nursery, talking over one channel. */
#include "claims.hpp"

namespace {

/* A fiber of C, which knows nothing of C++. */
int c_adds_ten(void *data) {
    auto **ends = static_cast<void **>(data);
    auto *rx = static_cast<crib_receiver *>(ends[0]);
    auto *tx = static_cast<crib_sender *>(ends[1]);
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(rx, &v)) == 0) {
        rc = crib_sender_send(tx, crib_value_int(crib_value_as_int(v, -1) + 10));
        if (rc < 0) return rc;
    }
    crib_sender_close(tx);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

}  // namespace

CLAIM(a_pipeline_of_three_kinds) {
    run_virtual([] {
        crib::channel<int> first, second;
        int sum = 0;
        crib::nursery([&](crib::nursery_ref n) {
            void *ends[] = {first.rx.get(), second.tx.get()};
            crib_nursery_start_soon(n.get(), "c", c_adds_ten, ends, nullptr);
            n.start_soon("fiber", [tx = std::move(first.tx)] {
                for (int i = 0; i < 5; i++) tx.send(i);
            });
            n.start_soon("coroutine", [&]() -> crib::task<> {
                while (auto item = co_await second.rx.receive()) sum += *item;
            });
            n.wait_idle();
        });
        CHECK_EQ_INT(sum, 60);
    });
}

CLAIM(one_failure_cancels_all_kinds) {
    run_virtual([] {
        crib::channel<int> ch;
        const auto begin = crib::clock::now();
        try {
            crib::nursery([&](crib::nursery_ref n) {
                void *ends[] = {ch.rx.get(), ch.tx.get()};
                crib_nursery_start_soon(n.get(), "c", c_adds_ten, ends, nullptr);
                n.start_soon("fiber", [] { crib::sleep(1h); });
                n.start_soon("coroutine", []() -> crib::task<> { co_await crib::sleep(1h); });
                n.start_soon("fails", []() -> crib::task<> {
                    co_await crib::sleep(1s);
                    throw std::runtime_error("now");
                });
                n.wait_idle();
            });
            CHECK(!"it went on");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.failures().size(), 1);
        }
        CHECK_EQ_INT(ms_since(begin), 1000);
    });
}

CLAIM(ten_thousand_of_both) {
    run_virtual([] {
        long sum = 0;
        crib::channel<int> ch(64);
        crib::nursery([&](crib::nursery_ref n) {
            for (int i = 0; i < 5000; i++) {
                n.start_soon("fiber", [&, i] {
                    crib::sleep(std::chrono::milliseconds(i % 100));
                    ch.tx.send(1);
                });
                n.start_soon("coroutine", [&, i]() -> crib::task<> {
                    co_await crib::sleep(std::chrono::milliseconds(i % 100));
                    co_await ch.tx.send(2);
                });
            }
            for (int i = 0; i < 10000; i++) sum += *ch.rx.receive();
        });
        CHECK_EQ_INT(sum, 15000);
    });
}

CLAIM(a_runtime_serves_one_run_after_another) {
    crib::runtime_options options;
    options.mock_clock = crib::runtime_options::clock_kind::mock_autojump;
    crib::runtime rt(options);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_INT(rt.run([i] { return i; }), i);
        CHECK_EQ_INT(rt.run([i]() -> crib::task<int> { co_return i; }), i);
        CHECK(throws<int>([&] { rt.run([i] { throw i; }); }));
    }
    rt.run([&] { CHECK(throws<crib::misuse>([&] { rt.run([] {}); })); });
    claims::said_something();
}
