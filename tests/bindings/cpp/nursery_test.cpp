/* Nurseries and the tasks in them: fibers and coroutines, results, start, limits, policies. */
#include <stdexcept>

#include "claims.hpp"

namespace {

crib::task<int> twice(int n) {
    co_await crib::sleep(10ms);
    co_return 2 * n;
}

crib::task<> note(std::vector<int> &log, int n) {
    log.push_back(n);
    co_return;
}

int plain_function_calls = 0;
void plain_function() { plain_function_calls++; }

}  // namespace

CLAIM(it_returns_when_all_tasks_have_ended) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        int ended = 0;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("fiber", [&] {
                crib::sleep(2s);
                ended++;
            });
            n.start_soon("coroutine", [&]() -> crib::task<> {
                co_await crib::sleep(3s);
                ended++;
            });
            CHECK_EQ_INT(n.count(), 2);
        });
        CHECK_EQ_INT(ended, 2);
        CHECK_EQ_INT(ms_since(begin), 3000);
    });
}

CLAIM(what_can_be_started) {
    run_virtual([] {
        std::vector<int> log;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("function", plain_function);
            n.start_soon(plain_function);
            n.start_soon("small lambda", [&log] { log.push_back(1); });
            n.start_soon("moved", [&log, c = Counted(2)] { log.push_back(c.number); });
            n.start_soon(
                "arguments", [&log](int a, Counted b) { log.push_back(a + b.number); }, 1, Counted(2));
            n.start_soon("coroutine", note(log, 4));
            n.start_soon(note(log, 5));
            n.start_soon("its function", note, std::ref(log), 6);
            n.start_soon("mutable", [&log, i = 6]() mutable { log.push_back(++i); });
            n.start_soon("result is not wanted", [] { return Counted(9); });
        });
        CHECK((log == std::vector<int>{1, 2, 3, 4, 5, 6, 7}));
        CHECK_EQ_INT(plain_function_calls, 2);
    });
}

CLAIM(a_coroutine_lambda_keeps_its_captures) {
    run_virtual([] {
        int sum = 0;
        crib::nursery([&](crib::nursery_ref n) {
            for (int i = 0; i < 3; i++) {
                n.start_soon("captures", [&sum, i, c = Counted(i), text = std::string(100, 'x')]() -> crib::task<> {
                    co_await crib::sleep(1s);
                    CHECK_EQ_INT(c.number, i);
                    CHECK_EQ_INT(text.size(), 100);
                    sum += i;
                });
            }
        });
        CHECK_EQ_INT(sum, 3);
    });
}

CLAIM(what_a_task_holds_is_given_up_when_it_ends) {
    run_virtual([] {
        crib::channel<int> ch(0);
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("fiber", [tx = ch.tx.clone()] { tx.send(1); });
            n.start_soon("coroutine", [tx = std::move(ch.tx)]() -> crib::task<> { co_await tx.send(2); });
            int sum = 0;
            for (int item : ch.rx) sum += item; /* ends: no sender is left */
            CHECK_EQ_INT(sum, 3);
        });
    });
}

CLAIM(what_a_task_holds_is_destroyed_inside_the_task) {
    struct looks_around {
        bool active = true;
        looks_around() = default;
        looks_around(looks_around &&other) noexcept : active(std::exchange(other.active, false)) {}
        ~looks_around() {
            if (active) CHECK(std::string(crib_task_name(crib_task_current())) == "holds");
        }
    };
    struct waits {
        std::unique_ptr<int> active = std::make_unique<int>(1);
        waits() = default;
        waits(waits &&) = default;
        ~waits() {
            if (active) crib::sleep(1s);
        }
    };
    run_virtual([] {
        const auto begin = crib::clock::now();
        crib::nursery([](crib::nursery_ref n) {
            n.start_soon("holds", [held = looks_around()] { crib::checkpoint(); });
            n.start_soon("holds", [held = looks_around()]() -> crib::task<> { co_await crib::checkpoint(); });
            n.start_soon("holds", [held = waits()] {});
        });
        CHECK_EQ_INT(ms_since(begin), 1000);
    });
}

CLAIM(what_never_ran_is_destroyed_too) {
    run_virtual([] {
        crib::nursery_options options;
        options.max_children = 1;
        crib::nursery(options, [](crib::nursery_ref n) {
            n.start_soon("one", [c = Counted(1)] {});
            CHECK(throws<crib::would_block>([&] { n.start_soon("two", [c = Counted(2)] {}); }));
            CHECK(throws<crib::would_block>(
                [&] { n.start_soon("two", [c = Counted(2)]() -> crib::task<> { co_return; }); }));
            CHECK(throws<crib::would_block>([&] { (void)n.spawn("two", [c = Counted(2)] { return 1; }); }));
            CHECK(throws<crib::would_block>([&] { (void)n.spawn("two", twice(2)); }));
            n.wait_room();
            n.start_soon("two", [c = Counted(2)] {});
            n.wait_idle();
            CHECK_EQ_INT(n.count(), 0);
        });
        crib::nursery([](crib::nursery_ref n) {
            n.start_soon("cancelled first", [c = Counted(3)] { crib::checkpoint(); });
            n.start_soon("cancelled first", [c = Counted(3)]() -> crib::task<> { co_await crib::checkpoint(); });
            n.cancel("at once");
        });
    });
}

CLAIM(names_are_kept_as_long_as_they_are_needed) {
    run_virtual([] {
        auto name_of = [] { return std::string(crib_task_name(crib_task_current())); };
        crib::nursery([&](crib::nursery_ref n) {
            for (int i = 0; i < 3; i++) {
                const std::string name = "worker number " + std::to_string(i);
                n.start_soon(name, [name, name_of] { CHECK(name_of() == name); });
                n.start_soon(std::string_view(name).substr(0, 6), [name_of] { CHECK(name_of() == "worker"); });
                n.start_soon(name.c_str(), [name, name_of]() -> crib::task<> {
                    CHECK(name_of() == name);
                    co_return;
                });
                char buffer[8] = "buffer";
                n.start_soon(buffer, [name_of] { CHECK(name_of() == "buffer"); });
                buffer[0] = '\0';
                const auto t = n.spawn(name, [] { return 1; });
                CHECK(t.name() == name);
            }
        });
    });
}

CLAIM(the_first_failure_cancels_the_rest) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        int cleaned = 0;
        struct on_exit {
            int &count;
            ~on_exit() { count++; }
        };
        CHECK(throws<crib::error_group>([&] {
            crib::nursery([&](crib::nursery_ref n) {
                n.start_soon("a", [&] {
                    on_exit e{cleaned};
                    crib::sleep(1h);
                });
                n.start_soon("b", [&]() -> crib::task<> {
                    on_exit e{cleaned};
                    co_await crib::sleep(1h);
                });
                n.start_soon("c", [] {
                    crib::sleep(1s);
                    throw std::runtime_error("c");
                });
                crib::sleep(1h);
            });
        }));
        CHECK_EQ_INT(cleaned, 2);
        CHECK_EQ_INT(ms_since(begin), 1000);
    });
}

CLAIM(a_body_gives_a_result_unless_it_was_cut_off) {
    run_virtual([] {
        CHECK_EQ_INT(crib::nursery([](crib::nursery_ref) { return Counted(3); }).number, 3);
        CHECK_EQ_INT(crib::with_nursery([] { return 4; }), 4);
        CHECK(throws<crib::op_cancelled>([] {
            crib::nursery([](crib::nursery_ref n) {
                n.cancel();
                crib::checkpoint();
                return 5;
            });
        }));
    });
}

CLAIM(a_spawned_task_gives_its_result_to_who_waits) {
    run_virtual([] {
        crib::nursery([](crib::nursery_ref n) {
            const auto fiber = n.spawn("fiber", [] { return Counted(1); });
            const auto coroutine = n.spawn("coroutine", twice(21));
            const auto nothing = n.spawn("nothing", [] {});
            CHECK(!fiber.ended());
            CHECK_EQ_INT(fiber.wait()->number, 1);
            CHECK_EQ_INT(*coroutine.wait(), 42);
            CHECK(nothing.wait());
            CHECK(fiber.ended());
            CHECK(!fiber.wait()); /* it was taken */
            const auto arguments = n.spawn(
                "sum", [](int a, int b) { return a + b; }, 1, 2);
            CHECK_EQ_INT(*arguments.wait(), 3);
        });
    });
}

CLAIM(a_spawned_task_is_cancelled_alone) {
    run_virtual([] {
        crib::nursery([](crib::nursery_ref n) {
            const auto a = n.spawn("a", [] {
                crib::sleep(1h);
                return 1;
            });
            const auto b = n.spawn("b", [] { crib::sleep(1h); });
            const auto c = n.spawn("c", []() -> crib::task<int> {
                co_await crib::sleep(1h);
                co_return 1;
            });
            crib::checkpoint();
            a.cancel("not needed");
            b.cancel();
            c.cancel();
            CHECK(!a.wait());
            CHECK(!b.wait());
            CHECK(!c.wait());
        });
        CHECK(throws<crib::error_group>([] {
            crib::nursery([](crib::nursery_ref n) {
                const auto bad = n.spawn("bad", []() -> int { throw std::runtime_error("bad"); });
                try {
                    crib::shield([&] { CHECK(!bad.wait()); });
                } catch (const crib::cancelled &) {}
            });
        }));
    });
}

CLAIM(start_waits_until_the_task_is_ready) {
    run_virtual([] {
        crib::nursery([](crib::nursery_ref n) {
            auto serve = [](crib::started<int> ready) {
                crib::sleep(1s);
                ready(8080);
                crib::sleep(1h);
            };
            auto co_serve = [](crib::started<std::string> ready) -> crib::task<> {
                co_await crib::sleep(1s);
                ready("listening");
                co_await crib::sleep(1h);
            };
            const auto begin = crib::clock::now();
            const int port = n.start<int>("fiber", serve);
            CHECK_EQ_INT(port, 8080);
            const std::string text = n.start<std::string>("coroutine", co_serve);
            CHECK(text == "listening");
            n.start("nothing to say", [](crib::started<> ready) { ready(); });
            CHECK_EQ_INT(ms_since(begin), 2000);
            CHECK(throws<crib::not_started>([&] { n.start("never", [](crib::started<>) {}); }));
            n.cancel();
        });
        auto main = []() -> crib::task<> {
            co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
                const int a = co_await n.start<int>("fiber", [](crib::started<int> ready) { ready(1); });
                const int b = co_await n.start<int>("coroutine", [](crib::started<int> ready) -> crib::task<> {
                    ready(2);
                    co_return;
                });
                CHECK_EQ_INT(a + b, 3);
            });
        };
        crib::wait(main());
    });
}

CLAIM(policies) {
    run_virtual([] {
        crib::nursery_options options;
        options.policy = crib::policy::first_done;
        const auto begin = crib::clock::now();
        crib::nursery(options, [](crib::nursery_ref n) {
            n.start_soon("fast", [] { crib::sleep(1s); });
            n.start_soon("slow", [] { crib::sleep(1h); });
        });
        CHECK_EQ_INT(ms_since(begin), 1000);
        std::vector<std::string> told;
        options.policy = crib::policy::supervise;
        options.on_failure = [&](const crib::failure &f) {
            told.emplace_back(std::string(f.task_name()) + ": " + f.message());
        };
        crib::nursery(options, [](crib::nursery_ref n) {
            n.start_soon("a", [] { throw std::runtime_error("one"); });
            n.start_soon("b", []() -> crib::task<> {
                co_await crib::sleep(1s);
                throw std::runtime_error("two");
            });
            n.start_soon("c", [] { crib::sleep(2s); });
        });
        CHECK((told == std::vector<std::string>{"a: one", "b: two"}));
        auto main = [&]() -> crib::task<> {
            co_await crib::nursery(options, [](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("d", [] { throw std::runtime_error("three"); });
                co_return;
            });
        };
        crib::wait(main());
        CHECK(told.back() == "d: three");
    });
}

CLAIM(nurseries_of_coroutines_do_the_same) {
    run_virtual([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        const int result = co_await crib::with_nursery([](crib::nursery_ref n) -> crib::task<int> {
            n.start_soon("fiber", [] { crib::sleep(1s); });
            n.start_soon("coroutine", []() -> crib::task<> { co_await crib::sleep(2s); });
            co_return 7;
        });
        CHECK_EQ_INT(result, 7);
        CHECK_EQ_INT(ms_since(begin), 2000);
        int caught = 0;
        try {
            co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("bad", [] { throw std::runtime_error("bad"); });
                co_await crib::sleep(1h);
            });
        } catch (const crib::error_group &g) {
            caught += g.has<std::runtime_error>();
        }
        CHECK_EQ_INT(caught, 1);
        CHECK(co_await crib::move_on_after(1s, []() -> crib::task<> {
            co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("f", [] { crib::sleep(1h); });
                n.start_soon("c", []() -> crib::task<> { co_await crib::sleep(1h); });
                co_return;
            });
        }));
        co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
            n.cancel();
            co_await crib::sleep(1h);
        });
    });
}

CLAIM(a_nursery_that_is_over_takes_no_tasks) {
    run_virtual([] {
        crib::nursery_ref kept(nullptr);
        crib::nursery([&](crib::nursery_ref n) { kept = n; });
        CHECK(throws<crib::misuse>([&] { kept.start_soon("late", [c = Counted(1)] {}); }));
        CHECK(
            throws<crib::misuse>([&] { kept.start_soon("late", [c = Counted(1)]() -> crib::task<> { co_return; }); }));
        CHECK(throws<crib::misuse>([&] { (void)kept.spawn("late", [] {}); }));
        kept.cancel();
        CHECK_EQ_INT(kept.count(), 0);
        claims::said_something();
        crib::nursery_options options;
        options.drain = true;
        crib::nursery(options, [](crib::nursery_ref n) {
            n.cancel();
            CHECK(throws<crib::closed>([&] { n.start_soon("late", [] {}); }));
            CHECK(throws<crib::closed>([&] { n.start_soon("late", []() -> crib::task<> { co_return; }); }));
        });
    });
}
