// Select: one task serves two channels, an event that tells it to stop and a time without work, and carries out exactly one
// of them at a time.
#include <crib.hpp>

#include <iostream>

using namespace std::chrono_literals;

static void produce(const crib::sender<int> &tx, int first, std::chrono::milliseconds every, int count) {
    for (int i = 0; i < count; i++) {
        crib::sleep(every);
        tx.send(first + i);
    }
}

int main() {
    crib::run([] {
        crib::channel<int> orders, news;
        crib::event stop;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("orders", produce, std::move(orders.tx), 100, 10ms, 4);
            n.start_soon("news", produce, std::move(news.tx), 200, 25ms, 2);
            for (bool on = true; on;) {
                crib::select(crib::when(orders.rx,
                                        [&](std::optional<int> order) {
                                            if (order) std::cout << "order " << *order << "\n";
                                            if (!order) orders.rx = {};  // has ended: an empty end is never chosen
                                        }),
                             crib::when(news.rx,
                                        [&](std::optional<int> item) {
                                            if (item) std::cout << "news " << *item << "\n";
                                            if (!item) news.rx = {};
                                        }),
                             crib::when(stop, [&] { on = false; }), crib::when_after(50ms, [&] {
                                 std::cout << "nothing for 50 ms\n";
                                 stop.set();
                             }));
            }
        });
        std::cout << "told to stop\n";
    });
}
