/* Fibers that wait in the midst of an exception: in handlers and in destructors, while others throw and catch. The chain of
 * exceptions being handled is each fiber's own. */
#include <stdexcept>

#include "claims.hpp"

namespace {

constexpr int rounds = 20;

/* Holds an exception in a handler while it waits, and throws the same one on. */
void holds_in_a_handler(int number) {
    for (int i = 0; i < rounds; i++) {
        const std::string text = std::to_string(number) + "." + std::to_string(i);
        try {
            try {
                crib::sleep(std::chrono::milliseconds(number));
                throw std::runtime_error(text);
            } catch (const std::exception &) {
                CHECK_EQ_INT(std::uncaught_exceptions(), 0);
                crib::sleep(7ms);
                throw;
            }
        } catch (const std::runtime_error &e) {
            CHECK(text == e.what());
        }
    }
    CHECK(std::current_exception() == nullptr);
}

/* Is destroyed on the way of an exception, and waits. */
struct waits_at_the_end {
    int uncaught;
    explicit waits_at_the_end(int expected) : uncaught(expected) {}
    ~waits_at_the_end() {
        CHECK_EQ_INT(std::uncaught_exceptions(), uncaught);
        crib::shield([] { crib::sleep(3ms); });
        CHECK_EQ_INT(std::uncaught_exceptions(), uncaught);
    }
};

void waits_in_destructors() {
    for (int i = 0; i < rounds; i++) {
        try {
            const waits_at_the_end outer(1), inner(1);
            throw i;
        } catch (int n) {
            CHECK_EQ_INT(n, i);
        }
        CHECK_EQ_INT(std::uncaught_exceptions(), 0);
    }
}

crib::task<> throws_and_catches() {
    for (int i = 0; i < rounds; i++) {
        int caught = -1;
        try {
            co_await crib::sleep(2ms);
            throw i;
        } catch (int n) {
            caught = n;
        }
        CHECK_EQ_INT(caught, i);
        CHECK_EQ_INT(std::uncaught_exceptions(), 0);
        CHECK(std::current_exception() == nullptr);
    }
}

}  // namespace

CLAIM(each_fiber_has_its_own_exceptions) {
    run_virtual([] {
        crib::nursery([](crib::nursery_ref n) {
            for (int i = 1; i <= 10; i++) n.start_soon("holds", holds_in_a_handler, i);
            for (int i = 0; i < 3; i++) n.start_soon("destructors", waits_in_destructors);
            for (int i = 0; i < 3; i++) n.start_soon("coroutine", throws_and_catches);
        });
    });
}

CLAIM(a_cancel_is_handled_with_waits) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        int cleaned = 0;
        CHECK(crib::move_on_after(1s, [&] {
            crib::nursery([&](crib::nursery_ref n) {
                for (int i = 1; i <= 5; i++) {
                    n.start_soon("fiber", [&, i] {
                        const waits_at_the_end last(1);
                        try {
                            crib::sleep_forever();
                        } catch (const crib::cancelled &) {
                            crib::shield([&] { crib::sleep(std::chrono::milliseconds(10 * i)); });
                            cleaned++;
                            throw;
                        }
                    });
                }
            });
        }));
        CHECK_EQ_INT(cleaned, 5);
        CHECK_EQ_INT(ms_since(begin), 1053);
    });
}

CLAIM(blocks_are_opened_in_handlers_and_destructors) {
    struct nursery_at_the_end {
        int &caught;
        ~nursery_at_the_end() {
            try {
                crib::nursery([](crib::nursery_ref n) {
                    n.start_soon("fails", [] { throw std::logic_error("while it unwinds"); });
                    n.start_soon("waits", []() -> crib::task<> { co_await crib::sleep_forever(); });
                });
            } catch (const crib::error_group &g) {
                caught += g.has<std::logic_error>();
            }
            CHECK_EQ_INT(std::uncaught_exceptions(), 1);
        }
    };
    run_virtual([] {
        int caught = 0;
        try {
            const nursery_at_the_end last{caught};
            throw std::runtime_error("first");
        } catch (const std::runtime_error &first) {
            try {
                crib::nursery(
                    [](crib::nursery_ref n) { n.start_soon("fails", [] { throw std::logic_error("in a handler"); }); });
            } catch (const crib::error_group &) {
                caught++;
            }
            CHECK(crib::move_on_after(1s, [] { crib::sleep_forever(); }));
            CHECK(std::string(first.what()) == "first");
            try {
                throw;
            } catch (const std::runtime_error &again) {
                CHECK(&again == &first);
            }
        }
        CHECK_EQ_INT(caught, 2);
        CHECK(std::current_exception() == nullptr);
    });
}

CLAIM(an_exception_is_handed_to_another_fiber) {
    run_virtual([] {
        crib::channel<std::exception_ptr> failures(0);
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("fails", [tx = std::move(failures.tx)] {
                try {
                    throw std::runtime_error("handed over");
                } catch (...) {
                    tx.send(std::current_exception());
                    CHECK(std::current_exception() != nullptr);
                }
            });
            for (const auto &e : failures.rx) {
                CHECK(throws<std::runtime_error>([&] { std::rethrow_exception(e); }));
            }
        });
    });
}
