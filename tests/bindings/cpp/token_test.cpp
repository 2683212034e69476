/* Cancel tokens: in fibers, coroutines and other threads. */
#include <thread>

#include "claims.hpp"

CLAIM(a_token_is_waited_for_and_checked) {
    run_virtual([] {
        crib::token t("stop button");
        CHECK(t.name() == "stop button" && !t.triggered());
        t.check();
        int woken = 0;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("fiber", [&] { t.wait(), woken++; });
            n.start_soon("coroutine", [&]() -> crib::task<> {
                co_await t.wait();
                woken++;
            });
            crib::sleep(1s);
            t.trigger();
        });
        CHECK_EQ_INT(woken, 2);
        try {
            t.check();
            CHECK(!"nothing was thrown");
        } catch (const crib::op_cancelled &e) {
            CHECK(std::string(e.what()).find("stop button") != std::string::npos);
        }
        CHECK(crib_error_current() == nullptr);
    });
}

CLAIM(chains_know_which_part_it_was) {
    run_virtual([] {
        crib::token a("a"), b("b"), c("c");
        const crib::token chain = a | b | c;
        CHECK(chain.triggered_name().empty());
        b.trigger();
        CHECK(chain.triggered() && !a.triggered() && !c.triggered());
        CHECK(chain.triggered_name() == "b");
        const crib::token same = b.clone();
        CHECK(same.triggered() && same.get() == b.get());
    });
}

CLAIM(scopes_and_tokens_follow_each_other) {
    run_virtual([] {
        crib::token t("outside");
        CHECK(crib::with_scope({}, [&](crib::scope_ref s) {
            t.link(s);
            const auto of = crib::token::of(s, "of the scope");
            t.trigger();
            CHECK(of.triggered());
            CHECK(s.source() == crib::source::link && s.reason() == "outside");
            crib::checkpoint();
        }));
    });
}

CLAIM(another_thread_may_trigger) {
    crib::run([] {
        const auto t = crib::token::external("from a thread");
        std::thread thread([copy = t.clone()] { copy.trigger(); });
        t.wait();
        CHECK(t.triggered());
        thread.join();
    });
}
