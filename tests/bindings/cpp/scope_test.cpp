/* Cancel scopes as calls with a body, in fibers and in coroutines. */
#include "claims.hpp"

CLAIM(move_on_after_says_whether_time_was_up) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        CHECK(crib::move_on_after(2s, [] { crib::sleep(1h); }));
        CHECK_EQ_INT(ms_since(begin), 2000);
        CHECK(!crib::move_on_after(2s, [] { crib::sleep(1s); }));
        CHECK_EQ_INT(ms_since(begin), 3000);
        CHECK(crib::move_on_after(0s, [] { crib::checkpoint(); }));
        CHECK(crib::move_on_after(-1s, [] { crib::checkpoint(); }));
        CHECK(!crib::move_on_after(std::chrono::hours::max(), [] { crib::sleep(1h); }));
    });
}

CLAIM(a_body_with_a_result_gives_an_optional) {
    run_virtual([] {
        const std::optional<int> in_time = crib::move_on_after(2s, [] { return 5; });
        CHECK_EQ_INT(in_time.value(), 5);
        const auto late = crib::move_on_after(2s, [] {
            crib::sleep_forever();
            return Counted(1);
        });
        CHECK(!late);
        CHECK_EQ_INT(crib::fail_after(2s, [] { return Counted(6); }).number, 6);
    });
}

CLAIM(fail_after_fails_with_too_slow_and_only_of_its_own_deadline) {
    run_virtual([] {
        CHECK(throws<crib::too_slow>([] { crib::fail_after(1s, [] { crib::sleep_forever(); }); }));
        CHECK(throws<crib::too_slow>([] { crib::with_timeout(1s, [] { crib::sleep_forever(); }); }));
        CHECK(throws<crib::too_slow>([] { crib::fail_at(crib::clock::now(), [] { crib::sleep_forever(); }); }));
        CHECK(crib::move_on_after(1s, [] { crib::fail_after(2s, [] { crib::sleep_forever(); }); }));
        crib::fail_after(1s, [](crib::scope_ref s) {
            s.cancel();
            crib::checkpoint();
        });
        CHECK(throws<crib::op_cancelled>([] {
            crib::fail_after(1s, [](crib::scope_ref s) {
                s.cancel();
                crib::checkpoint();
                return 1;
            });
        }));
    });
}

CLAIM(a_scope_is_told_apart_by_who_cancelled_it_and_why) {
    run_virtual([] {
        CHECK(crib::with_scope({}, [](crib::scope_ref s) {
            CHECK(s.state() == crib::scope_state::open);
            CHECK(s.source() == crib::source::none);
            CHECK(s.deadline() == crib::forever);
            s.cancel("enough");
            CHECK(s.cancel_called());
            CHECK(s.state() == crib::scope_state::cancelled);
            CHECK(s.source() == crib::source::explicit_call);
            CHECK(s.reason() == "enough");
            crib::checkpoint();
        }));
        CHECK(crib::move_on_after(1s, [](crib::scope_ref s) {
            CHECK_EQ_INT((s.deadline() - crib::clock::now()) / 1ms, 1000);
            CHECK(crib::current_effective_deadline() == s.deadline());
            try {
                crib::sleep_forever();
            } catch (const crib::cancelled &) {
                CHECK(s.source() == crib::source::deadline);
                throw;
            }
        }));
    });
}

CLAIM(deadlines_can_be_moved) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        CHECK(crib::move_on_after(1s, [](crib::scope_ref s) {
            s.set_timeout(10s);
            crib::sleep(5s);
            s.set_deadline(crib::clock::now() + 1s);
            crib::sleep(1h);
        }));
        CHECK_EQ_INT(ms_since(begin), 6000);
        CHECK(!crib::move_on_after(1s, [](crib::scope_ref s) {
            s.set_timeout(std::chrono::years(100000));
            s.set_deadline(crib::forever);
            crib::sleep(2s);
        }));
    });
}

CLAIM(a_shield_hides_cancels_from_cleanup) {
    run_virtual([] {
        bool cleaned = false;
        CHECK(crib::move_on_after(1s, [&] {
            try {
                crib::sleep_forever();
            } catch (const crib::cancelled &) {
                crib::shield([&] { crib::sleep(1s); });
                cleaned = true;
                throw;
            }
        }));
        CHECK(cleaned);
    });
}

CLAIM(a_soft_shield_holds_as_long_as_the_grace) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        bool saved = false, saved_more = true;
        CHECK(crib::with_scope([&](crib::scope_ref scope) {
            scope.cancel_soft(crib::soft::interrupt, 2s);
            saved = !crib::soft_shield([] { crib::sleep(1s); });
            crib::wait([](bool &more) -> crib::task<> {
                more = false;
                co_await crib::soft_shield([]() -> crib::task<> { co_await crib::sleep(1h); });
                more = true;
            }(saved_more));
        }));
        CHECK(saved && !saved_more);
        CHECK_EQ_INT(ms_since(begin), 2000);
    });
}

CLAIM(what_was_absorbed_is_told_also_when_a_failure_is_left) {
    const auto both = [](auto scope) {
        bool absorbed = false;
        crib::scope_options options;
        options.timeout = 1s;
        options.absorbed = &absorbed;
        CHECK(throws<crib::error_group>([&] { scope(options); }));
        CHECK(absorbed);
        options.timeout = 1h;
        CHECK(throws<crib::error_group>([&] { scope(options); }));
        CHECK(!absorbed);
    };
    const auto fails = [](crib::nursery_ref n) {
        n.start_soon("cancelled", [] { crib::sleep(1min); });
        n.start_soon("fails", [] {
            try {
                crib::sleep(1min);
            } catch (const crib::cancelled &) {}
            throw 1;
        });
    };
    run_virtual([&] {
        both([&](const crib::scope_options &o) { crib::with_scope(o, [&] { crib::nursery(fails); }); });
        both([&](const crib::scope_options &o) {
            crib::wait(crib::with_scope(o, [&]() -> crib::task<> {
                co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                    fails(n);
                    co_return;
                });
            }));
        });
    });
}

CLAIM(a_soft_cancel_ends_graceful_regions_first) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        long long idle_ended = 0, busy_ended = 0;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("idle", [&] {
                CHECK(crib::graceful([] { crib::sleep_forever(); }));
                idle_ended = ms_since(begin);
            });
            n.start_soon("busy", [&] {
                try {
                    crib::sleep_forever();
                } catch (...) {
                    busy_ended = ms_since(begin);
                    throw;
                }
            });
            crib::sleep(1s);
            n.scope().cancel_soft(crib::soft::drain, 3s, "closing");
            CHECK(n.scope().state() == crib::scope_state::soft_cancelled);
            CHECK_EQ_INT(n.scope().remaining_grace() / 1ms, 3000);
        });
        CHECK_EQ_INT(idle_ended, 1000);
        CHECK_EQ_INT(busy_ended, 4000);
    });
}

CLAIM(a_link_and_a_callback_follow_a_cancel) {
    run_virtual([] {
        int called = 0;
        Counted kept(1);
        CHECK(!crib::with_scope({}, [&](crib::scope_ref outer) {
            CHECK(crib::with_scope({}, [&](crib::scope_ref inner) {
                crib::nursery([&](crib::nursery_ref n) {
                    n.scope().link_to(inner);
                    inner.on_cancel([&called, counted = Counted(2)] { called += counted.number; });
                    n.cancel();
                });
                crib::checkpoint();
            }));
            CHECK_EQ_INT(called, 2);
            outer.on_cancel([counted = Counted(3)] { CHECK(!"not cancelled"); });
        }));
    });
}

CLAIM(a_reference_to_a_closed_scope_is_harmless) {
    run_virtual([] {
        crib::scope_ref kept(nullptr);
        CHECK(!crib::with_scope({}, [&](crib::scope_ref s) { kept = s; }));
        kept.cancel();
        CHECK(kept.state() == crib::scope_state::closed);
        CHECK(!kept.cancel_called());
        CHECK(throws<crib::misuse>([&] { kept.shield(); }));
        claims::said_something();
    });
}

CLAIM(checkpoint_if_cancelled_never_waits) {
    run_virtual([] {
        crib::checkpoint_if_cancelled();
        CHECK(crib::with_scope({}, [](crib::scope_ref s) {
            s.cancel();
            crib::checkpoint_if_cancelled();
            CHECK(!"it went on");
        }));
    });
}

/* --- the same in coroutines --- */

static crib::task<int> answer_after(std::chrono::milliseconds d) {
    co_await crib::sleep(d);
    co_return 42;
}

CLAIM(coroutines_have_the_same_scopes) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        CHECK(co_await crib::move_on_after(2s, []() -> crib::task<> { co_await crib::sleep(1h); }));
        CHECK_EQ_INT(ms_since(begin), 2000);
        CHECK(!co_await crib::move_on_after(2s, []() -> crib::task<> { co_await crib::sleep(1s); }));
        const auto in_time = co_await crib::move_on_after(2s, [] { return answer_after(1s); });
        CHECK_EQ_INT(in_time.value(), 42);
        const auto late = co_await crib::move_on_after(2s, [] { return answer_after(3s); });
        CHECK(!late.has_value());
        CHECK_EQ_INT(co_await crib::with_timeout(2s, [] { return answer_after(1s); }), 42);
        int caught = 0;
        try {
            co_await crib::fail_after(1s, [] { return answer_after(2s); });
        } catch (const crib::too_slow &) {
            caught++;
        }
        CHECK_EQ_INT(caught, 1);
        CHECK(co_await crib::with_scope({}, [](crib::scope_ref s) -> crib::task<> {
            s.cancel("by hand");
            co_await crib::checkpoint();
        }));
    });
}

CLAIM(scopes_of_coroutines_nest_and_the_outermost_absorbs) {
    run_virtual([]() -> crib::task<> {
        bool inner = true;
        const bool outer = co_await crib::move_on_after(1s, [&]() -> crib::task<> {
            inner = co_await crib::move_on_after(2s, []() -> crib::task<> { co_await crib::sleep_forever(); });
            CHECK(!"it went on");
        });
        CHECK(outer && inner);
        co_await crib::checkpoint(); /* the task itself is not cancelled */
        bool cleaned = false;
        CHECK(co_await crib::move_on_after(1s, [&]() -> crib::task<> {
            bool ended = false;
            try {
                co_await crib::sleep_forever();
            } catch (const crib::cancelled &) {
                ended = true;
            }
            CHECK(ended);
            co_await crib::shield([&]() -> crib::task<> {
                co_await crib::sleep(1s);
                cleaned = true;
            });
            co_await crib::checkpoint();
        }));
        CHECK(cleaned);
    });
}

CLAIM(a_time_runs_from_when_the_scope_is_awaited) {
    run_virtual([]() -> crib::task<> {
        auto later = crib::move_on_after(2s, []() -> crib::task<> { co_await crib::sleep(1s); });
        co_await crib::sleep(5s);
        CHECK(!co_await std::move(later));
    });
}

CLAIM(a_blocking_form_in_a_coroutine_is_refused) {
    run_virtual([]() -> crib::task<> {
        CHECK(throws<crib::misuse>([] { (void)crib::move_on_after(1s, [] {}); }));
        CHECK(throws<crib::misuse>([] { crib::fail_after(1s, [] {}); }));
        CHECK(throws<crib::misuse>([] { crib::nursery([] {}); }));
        co_await crib::checkpoint(); /* nothing was begun, nothing is poisoned */
    });
}
