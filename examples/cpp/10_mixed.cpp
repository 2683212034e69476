// Mixed: a fiber of C, a fiber of C++ and a C++ coroutine in one nursery: they share channels, deadlines and the
// first failure.
#include <crib.hpp>

#include <iostream>

using namespace std::chrono_literals;

struct ends {
    crib_receiver *rx;
    crib_sender *tx;
};

// Plain C: squares what it receives.
extern "C" int square_in_c(void *user_data) {
    const auto *e = static_cast<struct ends *>(user_data);
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(e->rx, &v)) == 0) {
        const int64_t n = crib_value_as_int(v, 0);
        rc = crib_sender_send(e->tx, crib_value_int(n * n));
        if (rc < 0) return rc;
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static crib::task<> count(crib::sender<int> tx) {
    for (int i = 1; i <= 5; i++) {
        co_await crib::sleep(100ms);
        co_await tx.send(i);
    }
}

int main() {
    crib::run([] {
        crib::channel<int> numbers, squares;
        ends of_c{numbers.rx.get(), squares.tx.get()};
        const bool late = crib::move_on_after(450ms, [&] {
            crib::nursery([&](crib::nursery_ref n) {
                n.start_soon("coroutine", count(std::move(numbers.tx)));
                crib_nursery_start_soon(n.get(), "c", square_in_c, &of_c, nullptr);
                n.start_soon("fiber", [&] {
                    for (int square : squares.rx) std::cout << square << "\n";
                });
            });
        });
        std::cout << (late ? "time is up\n" : "all of them\n");
    });
}
