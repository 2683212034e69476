/* Coroutines: tasks that await tasks, exceptions through them, and what happens to frames. */
#include <stdexcept>

#include "claims.hpp"

namespace {

crib::task<int> leaf(int n) { co_return n; }

crib::task<long> sum_of(int n) {
    long sum = 0;
    for (int i = 0; i < n; i++) sum += co_await leaf(i);
    co_return sum;
}

crib::task<int> depth(int n) {
    if (n == 0) {
        co_await crib::checkpoint();
        co_return 0;
    }
    co_return 1 + co_await depth(n - 1);
}

crib::task<Counted> made(int n) {
    co_await crib::sleep(1ms);
    co_return Counted(n);
}

crib::task<> fails(int levels) {
    Counted local(1);
    co_await crib::checkpoint();
    if (levels == 0) throw std::runtime_error("deep down");
    co_await fails(levels - 1);
}

crib::task<> waits_with(Counted c, crib::event &e) {
    Counted local(c.number);
    co_await e.wait();
}

}  // namespace

CLAIM(tasks_await_tasks) {
    CHECK_EQ_INT(run_virtual([]() -> crib::task<int> { co_return co_await leaf(40) + co_await leaf(2); }), 42);
    CHECK_EQ_INT(run_virtual([] { return made(7); }).number, 7);
    CHECK_EQ_INT(run_virtual([] { return crib::wait(made(8)).number; }), 8);
}

CLAIM(a_loop_of_awaits_needs_no_stack) {
    CHECK_EQ_INT(run_virtual([] { return sum_of(1000000); }), 499999500000);
}

CLAIM(deep_chains_unwind_without_recursion) {
    CHECK_EQ_INT(run_virtual([] { return depth(100000); }), 100000);
}

CLAIM(an_exception_passes_through_all_levels) {
    run_virtual([]() -> crib::task<> {
        int caught = 0;
        try {
            co_await fails(50);
        } catch (const std::runtime_error &e) {
            caught += std::string(e.what()) == "deep down";
        }
        CHECK_EQ_INT(caught, 1);
        CHECK_EQ_INT(Counted::alive, 0);
    });
}

CLAIM(a_cancel_unwinds_all_levels) {
    run_virtual([]() -> crib::task<> {
        crib::event never;
        CHECK(co_await crib::move_on_after(1s, [&]() -> crib::task<> { co_await waits_with(Counted(1), never); }));
        CHECK_EQ_INT(Counted::alive, 0);
        CHECK_EQ_INT(never.statistics().waiting, 0);
    });
}

CLAIM(a_task_that_is_never_awaited_never_runs) {
    run_virtual([]() -> crib::task<> {
        crib::event e;
        {
            auto idle = waits_with(Counted(1), e);
            CHECK_EQ_INT(Counted::alive, 1);
        }
        CHECK_EQ_INT(Counted::alive, 0);
        auto twice = leaf(1);
        CHECK_EQ_INT(co_await std::move(twice), 1);
        bool refused = false;
        try {
            co_await std::move(twice);
        } catch (const crib::misuse &) {
            refused = true;
        }
        CHECK(refused);
        bool failed = false;
        try {
            co_await crib::nursery([](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("empty", [] { return crib::task<int>(); });
                co_return;
            });
        } catch (const crib::error_group &g) {
            failed = g.has<crib::misuse>();
        }
        CHECK(failed);
    });
}

CLAIM(s2_3_an_operation_that_is_not_awaited_is_noticed) {
    run_virtual([]() -> crib::task<> {
        std::string what;
        try {
            crib::sleep(1s);
        } catch (const crib::misuse &e) {
            what = e.what();
        }
        CHECK(what.find("crib::sleep") != std::string::npos && what.find("co_await") != std::string::npos);
        crib::channel<Counted> ch(1);
        CHECK(throws<crib::misuse>([&] { ch.tx.send(Counted(1)); }));
        CHECK_EQ_INT(Counted::alive, 0);
        CHECK_EQ_INT(ch.tx.statistics().buffered, 0);
        /* Not while another exception is on its way. */
        CHECK(throws<std::runtime_error>([] {
            auto never = crib::sleep(1s);
            throw std::runtime_error("first");
        }));
        /* One that was kept and awaited later is fine. */
        auto later = ch.tx.send(Counted(2));
        co_await std::move(later);
        CHECK_EQ_INT((co_await ch.rx.receive())->number, 2);
    });
}

CLAIM(an_operation_in_a_fiber_stands_for_its_result) {
    run_virtual([] {
        crib::channel<std::string> ch(4);
        ch.tx.send("one");
        ch.tx.send("two");
        ch.tx.send("three");
        ch.tx = {};
        auto first = ch.rx.receive();
        CHECK(first && *first == "one" && first->size() == 3 && first.has_value());
        std::optional<std::string> second = ch.rx.receive();
        CHECK(second == "two");
        CHECK(ch.rx.receive().value() == "three");
        CHECK(ch.rx.receive().value_or("none") == "none");
        CHECK(!ch.rx.receive());
        CHECK(throws<std::bad_optional_access>([&] { ch.rx.receive().value(); }));
    });
}

/* --- a frame that is destroyed while it waits --- */

namespace {

/* A stackless task by hand, which begins a coroutine and gives it up when it is told to. */
struct destroyer {
    crib::detail::root root;
    crib::task<> body;
    void (*look)(void *); /* at what is left, once the coroutine is gone */
    void *at;
    crib::event *given_up;

    static void resume(crib_task *self, uintptr_t data) {
        auto &d = *reinterpret_cast<destroyer *>(data);
        d.root.enter(self);
        d.body.coroutine().promise().at = &d.root.main;
        crib::detail::run_strand(d.root.main, d.body.coroutine());
        CHECK(!d.body.coroutine().done());
        d.body = {};
        if (d.look != nullptr) d.look(d.at);
        d.given_up->set();
        crib_task_exit(self, nullptr);
    }
};

template <class F, class Look>
void destroy_while_waiting(F coroutine, Look look) {
    crib::nursery([&](crib::nursery_ref n) {
        crib::event given_up;
        destroyer d{{}, coroutine(), [](void *at) { (*static_cast<Look *>(at))(); }, &look, &given_up};
        CHECK(crib_nursery_start_stackless(n.get(), "d", destroyer::resume, reinterpret_cast<uintptr_t>(&d), nullptr));
        given_up.wait();
        n.wait_idle();
    });
    CHECK_EQ_INT(Counted::alive, 0);
}

template <class F>
void destroy_while_waiting(F coroutine) {
    destroy_while_waiting(coroutine, [] {});
}

}  // namespace

CLAIM(a_destroyed_coroutine_gives_up_what_it_waits_for) {
    run_virtual([] {
        crib::event e;
        crib::lock l;
        crib::channel<Counted> ch(0);
        const auto waiting = [&] {
            return e.statistics().waiting + l.statistics().waiting + ch.tx.statistics().waiting_senders +
                   ch.tx.statistics().waiting_receivers;
        };
        const auto nobody_waits = [&] { CHECK_EQ_INT(waiting(), 0); };
        destroy_while_waiting([&] { return waits_with(Counted(1), e); }, nobody_waits);
        destroy_while_waiting([&]() -> crib::task<> { co_await ch.tx.send(Counted(2)); }, nobody_waits);
        destroy_while_waiting([&]() -> crib::task<> { (void)co_await ch.rx.receive(); }, nobody_waits);
        {
            crib::lock_guard held = l.acquire();
            destroy_while_waiting([&]() -> crib::task<> { auto g = co_await l.acquire(); }, nobody_waits);
        }
        CHECK_EQ_INT(l.statistics().broken, 0);
        destroy_while_waiting(
            [&]() -> crib::task<> { (void)co_await crib::select(crib::when(e), crib::when(ch.tx, Counted(3))); },
            nobody_waits);
        destroy_while_waiting(
            [&]() -> crib::task<> { (void)co_await crib::when_all(waits_with(Counted(1), e), ch.rx.receive()); },
            nobody_waits);
    });
}

CLAIM(a_destroyed_coroutine_leaves_its_blocks) {
    run_virtual([] {
        crib::event e;
        int cancelled = 0;
        destroy_while_waiting([&]() -> crib::task<> {
            (void)co_await crib::move_on_after(1h, [&]() -> crib::task<> { co_await waits_with(Counted(1), e); });
        });
        destroy_while_waiting([&]() -> crib::task<> {
            (void)co_await crib::when_all(waits_with(Counted(1), e), waits_with(Counted(2), e), crib::sleep(1h));
        });
        destroy_while_waiting([&]() -> crib::task<> {
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                n.start_soon("child", [&cancelled] {
                    try {
                        crib::sleep(1h);
                    } catch (const crib::cancelled &) {
                        cancelled++;
                        throw;
                    }
                });
                co_await crib::sleep(1h);
            });
        });
        CHECK_EQ_INT(e.statistics().waiting, 0);
        claims::said_something(); /* a nursery that its task has left open is awaited, and reported */
    });
}

CLAIM(blocking_code_is_called_from_a_coroutine) {
    run_virtual([]() -> crib::task<> {
        auto work = [c = Counted(40)] {
            crib::sleep(1s);
            return c.number + 2;
        };
        CHECK_EQ_INT(co_await crib::call(std::ref(work)), 42);
        co_await crib::call(
            [] { crib::nursery([](crib::nursery_ref n) { n.start_soon("x", [] { crib::sleep(1s); }); }); });
        int caught = 0;
        try {
            co_await crib::call([] { throw std::runtime_error("in the call"); });
        } catch (const std::runtime_error &) {
            caught++;
        }
        CHECK_EQ_INT(caught, 1);
        CHECK(co_await crib::move_on_after(1s, []() -> crib::task<> {
            co_await crib::call([] {
                Counted local(1);
                crib::sleep_forever();
            });
        }));
    });
}

CLAIM(a_call_that_is_given_up_ends_by_itself) {
    run_virtual([] {
        int ended = 0;
        destroy_while_waiting([&]() -> crib::task<> {
            co_await crib::call([&] {
                Counted local(1);
                try {
                    crib::sleep_forever();
                } catch (const crib::cancelled &) {
                    ended++;
                    throw;
                }
            });
        });
        CHECK_EQ_INT(ended, 1);
    });
}
