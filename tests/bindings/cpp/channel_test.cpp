/* Typed channels: what travels, how, and that nothing is lost, doubled or misread. */
#include <array>
#include <map>
#include <memory>

#include "claims.hpp"

namespace {

enum class colour : uint8_t { red, green };
struct point {
    float x, y;
    bool operator==(const point &) const = default;
};
struct order {
    std::string what;
    std::unique_ptr<Counted> part;
};

template <class T>
T there_and_back(T item) {
    crib::channel<T> ch(1);
    ch.tx.send(std::move(item));
    return *ch.rx.receive();
}

}  // namespace

CLAIM(values_of_every_kind_arrive) {
    run_virtual([] {
        CHECK_EQ_INT(there_and_back(INT64_MIN), INT64_MIN);
        CHECK(there_and_back(UINT64_MAX) == UINT64_MAX);
        CHECK_EQ_INT(there_and_back<int8_t>(-7), -7);
        CHECK(there_and_back(true));
        CHECK_EQ_INT(there_and_back('x'), 'x');
        CHECK(there_and_back(colour::green) == colour::green);
        CHECK(there_and_back(2.5) == 2.5);
        CHECK((there_and_back(point{1, 2}) == point{1, 2}));
        const char *text = "text";
        CHECK(there_and_back(text) == text);
        CHECK(there_and_back(std::string(100, 'a')) == std::string(100, 'a'));
        CHECK((there_and_back(std::map<int, int>{{1, 2}}) == std::map<int, int>{{1, 2}}));
        CHECK_EQ_INT(there_and_back(std::make_unique<Counted>(3))->number, 3);
        CHECK(there_and_back(std::unique_ptr<Counted>()) == nullptr);
        CHECK_EQ_INT(*there_and_back(std::make_shared<const int>(4)), 4);
        CHECK_EQ_INT(there_and_back(Counted(5)).number, 5);
        const order o = there_and_back(order{"bolt", std::make_unique<Counted>(6)});
        CHECK(o.what == "bolt" && o.part->number == 6);
        CHECK((there_and_back(std::array<long, 20>{1, 2}) == std::array<long, 20>{1, 2}));
    });
}

CLAIM(small_things_travel_without_memory) {
    using crib::detail::box;
    static_assert(crib::detail::travels_in_pointer<point> && crib::detail::travels_in_pointer<double>);
    static_assert(!crib::detail::travels_in_pointer<std::array<long, 2>> && !crib::detail::travels_in_pointer<Counted>);
    CHECK(box(point{1, 2}).vt->drop == nullptr);
    CHECK_EQ_INT(crib_value_as_int(box(7), 0), 7);
    auto owned = std::make_unique<Counted>(1);
    Counted *raw = owned.get();
    const crib::value v(box(std::move(owned)));
    CHECK(v.get().p == raw);
    CHECK(std::string(v.kind()).find("Counted") != std::string::npos);
    CHECK(std::string(crib::detail::vtable_of<std::string>.kind).find("string") != std::string::npos);
}

CLAIM(a_range_ends_with_the_channel) {
    run_virtual([] {
        crib::channel<std::string> ch(0);
        std::string all;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("sends", [tx = std::move(ch.tx)] {
                for (const char *word : {"a", "b", "c"}) tx.send(word);
            });
            for (auto &item : ch.rx) all += std::move(item);
        });
        CHECK(all == "abc");
        for ([[maybe_unused]] auto &item : ch.rx) CHECK(!"it has ended");
    });
}

CLAIM(coroutines_receive_until_the_end) {
    run_virtual([]() -> crib::task<> {
        crib::channel<std::unique_ptr<Counted>> ch(2);
        int sum = 0;
        co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
            n.start_soon("sends", [tx = std::move(ch.tx)]() -> crib::task<> {
                for (int i = 1; i <= 10; i++) co_await tx.send(std::make_unique<Counted>(i));
            });
            while (auto item = co_await ch.rx.receive()) sum += (*item)->number;
        });
        CHECK_EQ_INT(sum, 55);
        CHECK(throws<crib::misuse>([&] {
            for ([[maybe_unused]] auto &item : ch.rx) {}
        }));
    });
}

CLAIM(a_value_nobody_received_is_destroyed_once) {
    run_virtual([] {
        crib::channel<Counted> ch(4);
        ch.tx.send(Counted(1));
        ch.tx.send(Counted(2));
        CHECK_EQ_INT(Counted::alive, 2);
        ch.rx = {};
        CHECK_EQ_INT(Counted::alive, 0);
        CHECK(throws<crib::broken>([&] { ch.tx.send(Counted(3)); }));
        CHECK_EQ_INT(Counted::alive, 0);
        crib::channel<std::unique_ptr<Counted>> idle(crib::unbounded);
        for (int i = 0; i < 100; i++) idle.tx.send(std::make_unique<Counted>(i));
        crib::channel<Counted> full(0);
        CHECK(crib::move_on_after(1s, [&] { full.tx.send(Counted(4)); }));
        crib::wait([](crib::channel<Counted> &f) -> crib::task<> {
            CHECK(co_await crib::move_on_after(1s, [&]() -> crib::task<> { co_await f.tx.send(Counted(4)); }));
        }(full));
        CHECK_EQ_INT(Counted::alive, 100);
    });
}

CLAIM(a_send_that_cannot_be_done_at_once_leaves_the_item) {
    run_virtual([] {
        crib::channel<Counted> ch(1);
        Counted item(1);
        CHECK(ch.tx.send_nowait(item));
        CHECK_EQ_INT(item.number, -1);
        item = Counted(2);
        CHECK(!ch.tx.send_nowait(item));
        CHECK_EQ_INT(item.number, 2);
        CHECK(!ch.tx.send_nowait(Counted(3)));
        CHECK_EQ_INT(ch.rx.receive_nowait()->number, 1);
        CHECK(!ch.rx.receive_nowait());
        ch.rx = {};
        CHECK(throws<crib::broken>([&] { ch.tx.send_nowait(item); }));
        CHECK_EQ_INT(item.number, 2);
    });
}

CLAIM(what_is_of_another_type_is_refused_and_kept) {
    run_virtual([] {
        auto receive_as_string = [](crib_value v) {
            crib::channel<std::string> ch(1);
            CHECK_EQ_INT(crib_sender_send(ch.tx.get(), v), 0);
            try {
                ch.rx.receive();
                CHECK(!"misread");
            } catch (const crib::foreign_value &e) {
                CHECK_EQ_INT(e.code(), CRIB_EFOREIGN);
                CHECK(std::string(e.what()).find("string") != std::string::npos);
                return e.get_value().release();
            }
            return crib_value{nullptr, nullptr};
        };
        CHECK_EQ_INT(crib_value_as_int(receive_as_string(crib_value_int(5)), 0), 5);
        const crib::value kept(receive_as_string(crib::detail::box(Counted(1))));
        CHECK(crib::detail::holds<Counted>(kept.get()));
        crib_value_drop(receive_as_string(crib_value{nullptr, nullptr}));
        crib::channel<Counted> dropped(1);
        crib_sender_send(dropped.tx.get(), crib::detail::box(std::make_unique<Counted>(2)));
        CHECK(throws<crib::foreign_value>([&] { dropped.rx.receive(); }));
        CHECK_EQ_INT(Counted::alive, 1);
    });
}

CLAIM(an_integer_that_does_not_fit_is_refused) {
    run_virtual([] {
        crib::channel<int8_t> small(1);
        crib_sender_send(small.tx.get(), crib_value_int(127));
        CHECK_EQ_INT(*small.rx.receive(), 127);
        crib_sender_send(small.tx.get(), crib_value_int(128));
        CHECK(throws<crib::foreign_value>([&] { small.rx.receive(); }));
        crib::channel<bool> flag(1);
        crib_sender_send(flag.tx.get(), crib_value_int(2));
        CHECK(throws<crib::foreign_value>([&] { flag.rx.receive(); }));
        crib::channel<double> real(1);
        crib_sender_send(real.tx.get(), crib_value_int(2));
        CHECK(throws<crib::foreign_value>([&] { real.rx.receive(); }));
    });
}

CLAIM(a_channel_of_values_takes_everything) {
    run_virtual([] {
        crib::channel<crib::value> ch(4);
        ch.tx.send(crib::value(crib_value_int(1)));
        ch.tx.send(crib::value(crib::detail::box(Counted(2))));
        ch.tx.send(crib::value());
        CHECK_EQ_INT(crib_value_as_int(ch.rx.receive()->get(), 0), 1);
        const crib::value v = *ch.rx.receive();
        CHECK(crib::detail::holds<Counted>(v.get()));
        CHECK(std::string((*ch.rx.receive()).kind()) == "nil");
    });
}

CLAIM(batches_take_what_is_there) {
    run_virtual([] {
        crib::channel<Counted> ch(10);
        for (int i = 0; i < 5; i++) ch.tx.send(Counted(i));
        std::vector<Counted> three = ch.rx.receive_batch(3);
        CHECK_EQ_INT(three.size(), 3);
        CHECK_EQ_INT(three[2].number, 2);
        CHECK_EQ_INT(ch.rx.receive_batch(100)->size(), 2);
        ch.tx.send(Counted(9));
        ch.tx.send(Counted(9));
        crib_value odd = crib_value_int(1);
        crib_sender_send_nowait(ch.tx.get(), &odd);
        ch.tx.send(Counted(10));
        CHECK(throws<crib::foreign_value>([&] { ch.rx.receive_batch(10); }));
        crib::wait([](crib::channel<Counted> &c) -> crib::task<> {
            co_await c.tx.send(Counted(1));
            co_await c.tx.send(Counted(2));
            CHECK_EQ_INT((co_await c.rx.receive_batch(5)).size(), 2);
            c.tx = {};
            CHECK((co_await c.rx.receive_batch(5)).empty());
        }(ch));
    });
}

CLAIM(clones_and_policies) {
    run_virtual([] {
        crib::channel<int> ch(crib::channel_options{2, crib::overflow::drop_oldest});
        const auto other = ch.tx.clone();
        for (int i = 0; i < 5; i++) other.send(i);
        CHECK_EQ_INT(ch.rx.statistics().dropped, 3);
        CHECK_EQ_INT(ch.rx.statistics().senders, 2);
        const auto rx = ch.rx.clone();
        CHECK_EQ_INT(*rx.receive(), 3);
        CHECK_EQ_INT(*ch.rx.receive(), 4);
        CHECK(throws<crib::error>([] { crib::channel<int>(crib::channel_options{0, crib::overflow::drop_oldest}); }));
        ch.tx.close();
        CHECK(throws<crib::closed>([&] { ch.tx.send(1); }));
        CHECK(throws<crib::error>([&] { (void)ch.tx.clone(); }));
        other.close(std::make_exception_ptr(std::runtime_error("no more")));
        CHECK(throws<std::runtime_error>([&] { rx.receive(); }));
        crib::wait([](const crib::receiver<int> &end) -> crib::task<> {
            int caught = 0;
            try {
                co_await end.receive();
            } catch (const std::runtime_error &) {
                caught++;
            }
            CHECK_EQ_INT(caught, 1);
        }(rx));
    });
}

CLAIM(outside_a_run_there_are_no_channels) {
    CHECK(throws<crib::misuse>([] { crib::channel<int> ch(1); }));
    CHECK(throws<crib::misuse>([] { crib::event e; }));
    CHECK(throws<crib::misuse>([] { crib::sleep(1s); }));
    CHECK(throws<crib::misuse>([] { crib::nursery([] {}); }));
    claims::said_something();
}
