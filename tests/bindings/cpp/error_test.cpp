/* Exceptions out of tasks: what travels in a crib_error, and comes out of it again. */
#include <memory>
#include <stdexcept>

#include "claims.hpp"

namespace {

struct parse_error : std::runtime_error {
    int line;
    parse_error(int n, const char *what) : std::runtime_error(what), line(n) {}
};

struct own_error : crib::error {
    std::shared_ptr<Counted> carried;
    explicit own_error(int n) : error(-1000007, "of my own"), carried(std::make_shared<Counted>(n)) {}
};

int c_fails(void *) { return crib_fail(-1000042, "said C"); }

/* What is thrown by a nursery with these tasks. */
template <class... F>
crib::error_group group_of(F... f) {
    try {
        crib::nursery([&](crib::nursery_ref n) { (n.start_soon("task", std::move(f)), ...); });
    } catch (const crib::error_group &g) {
        return g;
    }
    CHECK(!"nothing was thrown");
    abort();
}

}  // namespace

CLAIM(main_throws_what_it_threw_itself) {
    CHECK(throws<parse_error>([] { run_virtual([] { throw parse_error(3, "main"); }); }));
    CHECK(throws<parse_error>([] {
        run_virtual([]() -> crib::task<> {
            co_await crib::checkpoint();
            throw parse_error(4, "main");
        });
    }));
    CHECK(throws<int>([] { run_virtual([] { throw 5; }); }));
    CHECK(throws<crib::too_slow>([] { run_virtual([] { crib::fail_after(1s, [] { crib::sleep_forever(); }); }); }));
}

CLAIM(a_task_fails_as_a_member_of_a_group_even_alone) {
    run_virtual([] {
        const auto g = group_of([] { throw parse_error(7, "bad line"); });
        const auto found = g.find<parse_error>();
        CHECK(found && found->line == 7);
        CHECK(g.find<std::exception>() != nullptr);
        CHECK(!g.has<crib::too_slow>());
        CHECK_EQ_INT(g.failures().size(), 1);
        CHECK(std::string(g.failures()[0].task_name()) == "task");
        CHECK(std::string(g.what()).find("bad line") != std::string::npos);
        CHECK(g.report().find("bad line") != std::string::npos);
        CHECK_EQ_INT(g.code(), CRIB_EFOREIGN);
        CHECK(throws<parse_error>([&] { g.rethrow_if<parse_error>(); }));
        CHECK(throws<parse_error>([&] { g.rethrow_if<std::runtime_error>(); }));
        g.rethrow_if<crib::broken>();
    });
}

CLAIM(it_is_the_same_exception_object) {
    run_virtual([] {
        const void *thrown = nullptr;
        const auto g = group_of([&] {
            try {
                throw own_error(1);
            } catch (const own_error &e) {
                thrown = &e;
                throw;
            }
        });
        const auto found = g.find<own_error>();
        CHECK(found.get() == thrown);
        CHECK_EQ_INT(found->carried->number, 1);
        CHECK_EQ_INT(g.code(), -1000007); /* seen so by C */
    });
}

CLAIM(all_failures_are_kept_in_order_with_their_types) {
    run_virtual([] {
        const auto g = group_of([] { throw parse_error(1, "first"); }, [] { throw std::logic_error("second"); },
                                []() -> crib::task<> {
                                    throw 3;
                                    co_return;
                                },
                                [] { crib::sleep(1h); });
        const auto all = g.failures();
        CHECK_EQ_INT(all.size(), 3); /* what the first failure ended is none itself */
        CHECK(all[0].get_if<parse_error>() && all[1].get_if<std::logic_error>());
        CHECK_EQ_INT(*all[2].get_if<int>(), 3);
    });
}

CLAIM(handlers_take_what_is_theirs_and_the_rest_goes_on) {
    run_virtual([] {
        const auto g = group_of([] { throw parse_error(1, "one"); }, [] { throw std::bad_alloc(); },
                                [] { throw parse_error(2, "two"); });
        int lines = 0;
        try {
            g.handle([&](const parse_error &e) { lines += e.line; });
            CHECK(!"bad_alloc was lost");
        } catch (const crib::error_group &rest) {
            CHECK_EQ_INT(rest.failures().size(), 1);
            CHECK(rest.has<std::bad_alloc>());
        }
        CHECK_EQ_INT(lines, 3);
        int others = 0;
        g.handle([&](const parse_error &) { lines++; }, [&](const std::exception &) { others++; });
        CHECK_EQ_INT(lines, 5);
        CHECK_EQ_INT(others, 1);
        CHECK(throws<std::logic_error>(
            [&] { g.handle([](const parse_error &) { throw std::logic_error("in a handler"); }); }));
    });
}

CLAIM(groups_nest_and_are_searched_in_depth) {
    run_virtual([] {
        const auto g = group_of([] {
            crib::nursery([](crib::nursery_ref n) { n.start_soon("inner", [] { throw parse_error(9, "deep"); }); });
        });
        CHECK_EQ_INT(g.find<parse_error>()->line, 9);
        CHECK(std::string(g.what()).find("inner: deep") != std::string::npos);
        CHECK_EQ_INT(g.members().size(), 1);
        const crib::failure inner = g.members()[0];
        CHECK(inner.get_if<crib::error_group>() != nullptr);
        CHECK_EQ_INT(inner.members().size(), 1);
        CHECK(inner.members()[0].get_if<parse_error>() != nullptr && inner.members()[0].members().empty());
    });
}

CLAIM(errors_of_c_are_errors_with_code_and_message) {
    run_virtual([] {
        try {
            crib::nursery(
                [](crib::nursery_ref n) { crib_nursery_start_soon(n.get(), "c", c_fails, nullptr, nullptr); });
            CHECK(!"lost");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.code(), -1000042);
            const auto e = g.find<crib::error>();
            CHECK(std::string(e->what()) == "said C");
            CHECK(std::string(e->task_name()) == "c");
        }
    });
}

CLAIM(codes_that_matter_have_types) {
    run_virtual([] {
        crib::channel<int> ch(1);
        ch.rx = {};
        CHECK(throws<crib::broken>([&] { ch.tx.send(1); }));
        ch.tx.close();
        CHECK(throws<crib::closed>([&] { ch.tx.send(1); }));
        CHECK(throws<crib::end_of_channel>([] {
            crib::channel<int> c;
            c.tx = {};
            (void)c.rx.receive_nowait();
        }));
        CHECK(throws<crib::error>([&] { ch.tx.send(1); }));
        CHECK(throws<std::exception>([&] { ch.tx.send(1); }));
    });
}

CLAIM(cancelled_is_no_exception_of_the_standard_library) {
    static_assert(!std::is_base_of_v<std::exception, crib::cancelled>);
    run_virtual([] {
        int swallowed = 0;
        const bool late = crib::move_on_after(1s, [&] {
            for (int i = 0; i < 3; i++) {
                try {
                    crib::sleep(2s);
                } catch (const std::exception &) {
                    CHECK(!"a cancel is no failure");
                } catch (...) {
                    swallowed++; /* meets it again at the next operation */
                }
            }
            crib::checkpoint();
        });
        CHECK(late);
        CHECK_EQ_INT(swallowed, 3);
    });
}

CLAIM(a_cancelled_that_nobody_cancelled_is_a_failure) {
    run_virtual([] {
        CHECK(throws<crib::misuse>([] { (void)crib::move_on_after(1s, [] { throw crib::cancelled{}; }); }));
        CHECK(group_of([] { throw crib::cancelled{}; }).has<crib::misuse>());
        CHECK(group_of([]() -> crib::task<> {
                  throw crib::cancelled{};
                  co_return;
              }).has<crib::misuse>());
        CHECK(throws<crib::error_group>([] { crib::nursery([] { throw crib::cancelled{}; }); }));
        claims::said_something();
    });
}

CLAIM(what_was_handled_does_not_come_back) {
    run_virtual([] {
        crib::channel<int> ch(1);
        ch.tx.close(std::make_exception_ptr(parse_error(1, "the sender's")));
        for (int i = 0; i < 100; i++) CHECK(throws<parse_error>([&] { ch.rx.receive(); }));
        CHECK(throws<parse_error>([&] { (void)ch.rx.receive_nowait(); }));
        CHECK(crib_error_current() == nullptr);
        CHECK(throws<std::logic_error>([] { crib::fail_after(1s, [] { throw std::logic_error("another"); }); }));
        const auto g = group_of([] {
            crib::nursery([](crib::nursery_ref n) {
                CHECK(throws<parse_error>(
                    [&] { n.start<int>("s", [](crib::started<int>) { throw parse_error(2, "early"); }); }));
            });
            throw std::logic_error("later");
        });
        CHECK_EQ_INT(g.failures().size(), 1);
    });
}

CLAIM(a_scope_lets_an_exception_through_unchanged) {
    run_virtual([] {
        try {
            (void)crib::move_on_after(1s, [] { throw parse_error(5, "inside"); });
            CHECK(!"lost");
        } catch (const parse_error &e) {
            CHECK_EQ_INT(e.line, 5);
        }
    });
}

CLAIM(a_scope_takes_the_cancelled_members_out_of_a_group) {
    run_virtual([] {
        try {
            (void)crib::move_on_after(1s, [] {
                crib::nursery([](crib::nursery_ref n) {
                    n.start_soon("ends", [] { crib::sleep_forever(); });
                    n.start_soon("fails while it is cancelled", [] {
                        try {
                            crib::sleep_forever();
                        } catch (const crib::cancelled &) {
                            throw parse_error(6, "cleanup");
                        }
                    });
                });
            });
            CHECK(!"lost");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.failures().size(), 1);
            CHECK_EQ_INT(g.find<parse_error>()->line, 6);
        }
    });
}

CLAIM(an_exception_passes_through_c_unharmed) {
    struct middle {
        static int body(void *) {
            crib_nursery *n = crib_nursery_open();
            crib::nursery_ref(n).start_soon("cpp", [] { throw parse_error(8, "below C"); });
            return crib_nursery_close(n, 0);
        }
    };
    run_virtual([] {
        try {
            crib::nursery(
                [](crib::nursery_ref n) { crib_nursery_start_soon(n.get(), "c", middle::body, nullptr, nullptr); });
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.find<parse_error>()->line, 8);
            return;
        }
        CHECK(!"lost");
    });
}

CLAIM(exceptions_leave_every_kind_of_place) {
    run_virtual([] {
        auto boom = [](auto &&...) { throw parse_error(1, "boom"); };
        auto co_boom = [](auto &&...) -> crib::task<> {
            throw parse_error(1, "boom");
            co_return;
        };
        CHECK(throws<parse_error>([&] { (void)crib::move_on_after(1s, boom); }));
        CHECK(throws<parse_error>([&] { crib::fail_after(1s, boom); }));
        CHECK(throws<parse_error>([&] { crib::shield(boom); }));
        CHECK(throws<crib::error_group>([&] { crib::nursery(boom); }));
        CHECK(throws<parse_error>([&] { crib::wait(co_boom()); }));
        CHECK(throws<parse_error>([&] { crib::call(boom); }));
        CHECK(throws<parse_error>([&] { crib::wait([&]() -> crib::task<> { co_await crib::call(boom); }()); }));
        crib::nursery([&](crib::nursery_ref n) {
            CHECK(throws<parse_error>([&] { n.start("s", [&](crib::started<>) { boom(); }); }));
            CHECK(throws<crib::error_group>([&] { n.start("s", [&](crib::started<>) { return co_boom(); }); }));
        });
        crib::event e;
        e.set();
        CHECK(throws<parse_error>([&] { (void)crib::select(crib::when(e, boom)); }));
        auto from_coroutine = [&]() -> crib::task<> {
            int caught = 0;
            try {
                (void)co_await crib::move_on_after(1s, co_boom);
            } catch (const parse_error &) {
                caught++;
            }
            try {
                co_await crib::fail_after(1s, co_boom);
            } catch (const parse_error &) {
                caught++;
            }
            try {
                co_await crib::nursery(co_boom);
            } catch (const crib::error_group &g) {
                caught += g.has<parse_error>();
            }
            try {
                (void)co_await crib::when_all(co_boom(), crib::sleep(1h));
            } catch (const crib::error_group &g) {
                caught += g.has<parse_error>();
            }
            try {
                (void)co_await crib::select(crib::when(e, boom));
            } catch (const parse_error &) {
                caught++;
            }
            CHECK_EQ_INT(caught, 5);
        };
        crib::wait(from_coroutine());
    });
}

CLAIM(an_error_outlives_its_run_and_is_copied_freely) {
    std::exception_ptr kept;
    try {
        run_virtual([] { crib::nursery([](crib::nursery_ref n) { n.start_soon("t", [] { throw own_error(4); }); }); });
    } catch (const crib::error_group &g) {
        const crib::error_group copy = g;
        kept = std::make_exception_ptr(copy);
    }
    try {
        std::rethrow_exception(kept);
    } catch (const crib::error &e) {
        CHECK(std::string(e.name()) == "UNKNOWN");
        CHECK(static_cast<const crib::error_group &>(e).find<own_error>()->carried->number == 4);
    }
}

CLAIM(a_deadlock_is_thrown) {
    CHECK(throws<crib::error>([] { run_virtual([] { crib::event().wait(); }); }));
    CHECK(claims::said_something());
    CHECK(throws<crib::error>([] {
        run_virtual([]() -> crib::task<> {
            crib::event e;
            co_await e.wait();
        });
    }));
    CHECK(claims::said_something());
}

CLAIM(an_error_of_c_is_thrown_as_what_it_stands_for) {
    crib::throw_error(nullptr);
    CHECK(throws<crib::too_slow>([] { crib::throw_error(crib_error_new(CRIB_ETOOSLOW, nullptr)); }));
    run_virtual([] {
        crib_nursery *n = crib_nursery_open();
        crib::nursery_ref(n).start_soon("t", [] { throw own_error(9); });
        crib_error *e = crib_nursery_close_error(n, nullptr);
        CHECK(throws<crib::error_group>([&] { crib::throw_error(crib_error_ref(e)); }));
        try {
            crib::throw_error(e);
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.find<own_error>()->carried->number, 9);
        }
    });
}
