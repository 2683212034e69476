/* The part in C++: coroutines. */
#include "players.h"

#include <crib.hpp>

#include <iostream>
#include <stdexcept>

using namespace std::chrono_literals;

static crib::task<> play(crib::receiver<int> rx, crib::sender<int> tx) {
    try {
        while (const auto ball = co_await rx.receive()) {
            std::cout << "  c++: " << *ball + 1 << "\n";
            co_await crib::sleep(30ms);
            co_await tx.send(*ball + 1);
        }
    } catch (const crib::cancelled &) {
        std::cout << "  c++ goes home\n";
        throw;
    }
}

extern "C" void start_player_in_cpp(crib_nursery *n, const struct field *field) {
    crib::receiver<int> rx(crib_receiver_clone(field->rx));
    crib::sender<int> tx(crib_sender_clone(field->tx));
    crib::nursery_ref(n).start_soon("c++", play(std::move(rx), std::move(tx)));
}

struct fell : std::runtime_error {
    int times;
    explicit fell(int n) : runtime_error("c++ fell over its feet"), times(n) {}
};

static crib::task<> stumble() {
    co_await crib::sleep(50ms);
    throw fell(2);
}

extern "C" void start_clumsy_in_cpp(crib_nursery *n) { crib::nursery_ref(n).start_soon("clumsy", stumble()); }

extern "C" void explain_in_cpp(crib_error *borrowed) {
    try {
        crib::throw_error(crib_error_ref(borrowed));
    } catch (const crib::error_group &group) {
        if (const auto e = group.find<fell>()) {
            std::cout << "  c++ sees the exception it threw, falls: " << e->times << "\n";
        } else {
            std::cout << "  c++ sees: " << group.what() << "\n";
        }
    }
}
